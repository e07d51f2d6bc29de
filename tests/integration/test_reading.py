"""Which complaints each role finds: in its queue, and at all."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import pytest

from complaints.dispatch import Destination
from complaints.policy import Actor
from complaints.reader import Reader, Window, count, read_page
from complaints.reading import Desk, QueueFilter, QueueOrder, filed_by, one, public, queue
from complaints.verify import Verdict, verify
from models import Complaint
from rules.vocabulary import Classification, Role, Status
from server.runtime import Runtime
from tests.integration.given import Staff
from tests.support import MONDAY, NATIONAL, ActorOf, Clock, Complaints, WorkAs


@pytest.fixture
async def reader(runtime: Runtime) -> AsyncIterator[Reader]:
    opened = Reader(runtime.database.read)
    yield opened
    await opened.close()


@pytest.fixture
async def cases(
    a_complaint: Complaints, an_actor: ActorOf, work_as: WorkAs, clock: Clock
) -> dict[str, Complaint | Actor]:
    """One complaint of each kind that matters, by name, and who filed two of them."""
    ids, topics = a_complaint.knowledge.agency_ids, a_complaint.knowledge.category_ids
    at_dpu: dict[str, Any] = {"agency": "KOTA_SEMARANG", "unit": "KOTA_SEMARANG.DPU"}
    citizen = await an_actor(Role.REPORTER)
    officer = await an_actor(Role.CHANNEL_OFFICER, "KOTA_SEMARANG")
    made: dict[str, Complaint | Actor] = {
        "in our queue": await a_complaint(agency_id=ids["KOTA_SEMARANG"]),
        "proposed": await a_complaint(text="Token listrik tidak bisa diisi"),
        "at a unit": await a_complaint(Status.DISPATCHED, **at_dpu),
        "secret at a unit": await a_complaint(Status.DISPATCHED, is_secret=True, **at_dpu),
        "secret elsewhere": await a_complaint(Status.DISPATCHED, agency="PLN", is_secret=True),
        "archived": await a_complaint(Status.ARCHIVED),
        "filed by account": await a_complaint(by=citizen),
        "entered": await a_complaint(by=officer),
    }
    for name, classification in (("supervision", Classification.SUPERVISION), ("copied", Classification.ORDINARY)):
        complaint = await a_complaint(is_secret=True)
        verdict = Verdict("Judul", topics["TIK"], ids["KOTA_SEMARANG"], classification=classification)
        copies = (ids["KEMENSOS"], ids["KOTA_SEMARANG.DISHUB"]) if name == "copied" else ()
        async with work_as(NATIONAL) as work:
            made[name] = await verify(
                work,
                complaint.id,
                verdict,
                seen_version=complaint.version,
                destination=Destination(None, copies),
            )
        clock.forward(minutes=1)
    return made | {"citizen": citizen, "officer": officer}


@pytest.fixture
def names(cases: dict[str, Complaint | Actor]) -> dict[UUID, str]:
    return {case.id: name for name, case in cases.items() if isinstance(case, Complaint)}


SEEN_BY_ALL = {"at a unit"}
DISPATCHED_HERE = {"at a unit", "secret at a unit", "copied"}


LISTED: Sequence[tuple[Role, str | None, set[str]]] = (
    (Role.AGENCY_ADMIN, "KOTA_SEMARANG", {"in our queue", *DISPATCHED_HERE}),
    (Role.SERVICE, "KOTA_SEMARANG", {"in our queue", *DISPATCHED_HERE}),
    (Role.AGENCY_ADMIN, "PLN", {"secret elsewhere"}),
    (Role.AGENCY_ADMIN, "KEMENSOS", {"copied"}),
    (Role.AGENCY_ADMIN, "KAI", set()),
    (Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU", {"at a unit", "secret at a unit"}),
    (Role.UNIT_OFFICER, "KOTA_SEMARANG.DISHUB", {"copied"}),
    (Role.INSPECTORATE, "KOTA_SEMARANG", {"supervision"}),
    (Role.HUB, "PROV_JATENG", DISPATCHED_HERE),
    (Role.HUB, "PROV_JABAR", set()),
    (Role.PUBLIC, None, set()),
    (Role.DATA_STAFF, None, set()),
)


async def test_a_queue_lists_what_the_actor_works_on_or_watches(
    reader: Reader, staff: Staff, names: dict[UUID, str], a_complaint: Complaints
) -> None:
    for role, agency, listed in LISTED:
        actor = staff(role, agency)
        listing = queue(actor, QueueFilter(), QueueOrder.NEWEST, a_complaint.knowledge)

        page = await read_page(reader, listing, Window(100))
        found = {names[row_id] for row_id in names if await reader.one(one(actor, row_id)) is not None}

        assert (role, agency, {names[row.id] for row in page.rows}) == (role, agency, listed)
        # Beyond the queue there is only what everybody may read.
        assert (role, agency, found) == (role, agency, listed | SEEN_BY_ALL)


async def test_the_nation_wide_roles_list_everything(
    reader: Reader, names: dict[UUID, str], a_complaint: Complaints
) -> None:
    for role in (Role.NATIONAL_ADMIN, Role.OVERSEER, Role.AUDITOR, Role.SERVICE):
        listing = queue(Actor(role), QueueFilter(), QueueOrder.OLDEST, a_complaint.knowledge)

        assert {names[row.id] for row in (await read_page(reader, listing, Window(100))).rows} == set(names.values())
        assert await count(reader, listing, 100) == len(names)
        # Counted up to a ceiling.
        assert await count(reader, listing, 3) == 3


async def test_a_channel_officer_lists_what_was_entered(
    reader: Reader, cases: dict[str, Complaint | Actor], names: dict[UUID, str], a_complaint: Complaints
) -> None:
    officer = cases["officer"]
    assert isinstance(officer, Actor)

    listing = queue(officer, QueueFilter(), QueueOrder.NEWEST, a_complaint.knowledge)
    page = await read_page(reader, listing, Window(100))

    assert [names[row.id] for row in page.rows] == ["entered"]


async def test_a_citizen_finds_the_own_reports_and_the_public_ones(
    reader: Reader, cases: dict[str, Complaint | Actor], names: dict[UUID, str]
) -> None:
    citizen = cases["citizen"]
    assert isinstance(citizen, Actor)

    own = await read_page(reader, filed_by(citizen), Window(100))
    found = {names[row_id] for row_id in names if await reader.one(one(citizen, row_id)) is not None}

    assert [(names[row.id], row.is_reporter, row.is_handler) for row in own.rows] == [("filed by account", True, False)]
    assert found == {"filed by account", *SEEN_BY_ALL}


async def test_the_public_list_holds_what_was_published_and_is_not_secret(
    reader: Reader, names: dict[UUID, str]
) -> None:
    page = await read_page(reader, public(Actor(Role.PUBLIC)), Window(100))

    assert {names[row.id] for row in page.rows} == SEEN_BY_ALL


NARROWED: Sequence[tuple[QueueFilter, set[str]]] = (
    (QueueFilter(desk=Desk.VERIFICATION), {"proposed", "filed by account", "entered"}),
    (
        QueueFilter(desk=Desk.HANDLING),
        {"at a unit", "secret at a unit", "secret elsewhere", "supervision", "copied"},
    ),
    (QueueFilter(statuses=(Status.ARCHIVED,)), {"archived"}),
    (QueueFilter(classification=Classification.SUPERVISION), {"supervision"}),
    (QueueFilter(tag="listrik"), {"proposed"}),
    (QueueFilter(submitted_from=MONDAY.replace(minute=1), submitted_to=MONDAY.replace(minute=2)), {"copied"}),
    (QueueFilter(overdue_at=MONDAY), set()),
)


async def test_the_national_desk_narrows_its_queue(
    reader: Reader, names: dict[UUID, str], a_complaint: Complaints
) -> None:
    for wanted, listed in NARROWED:
        listing = queue(NATIONAL, wanted, QueueOrder.NEWEST, a_complaint.knowledge)

        page = await read_page(reader, listing, Window(100))

        assert (wanted, {names[row.id] for row in page.rows}) == (wanted, listed)


async def test_a_region_covers_what_lies_in_it(reader: Reader, a_complaint: Complaints) -> None:
    inside = {(await a_complaint(region_code=code)).id for code in ("33", "33.74", "33.74.01")}
    for code in ("32.73", "34"):
        await a_complaint(region_code=code)
    listing = queue(NATIONAL, QueueFilter(region_code="33"), QueueOrder.NEWEST, a_complaint.knowledge)

    page = await read_page(reader, listing, Window(100))

    assert {row.id for row in page.rows} == inside


async def test_a_category_covers_what_stands_below_it(reader: Reader, a_complaint: Complaints) -> None:
    topics = a_complaint.knowledge.category_ids
    inside = {(await a_complaint(category_id=topics[code])).id for code in ("ESDM", "ESDM.LISTRIK")}
    await a_complaint(category_id=topics["TIK"])
    listing = queue(NATIONAL, QueueFilter(category_id=topics["ESDM"]), QueueOrder.NEWEST, a_complaint.knowledge)

    page = await read_page(reader, listing, Window(100))

    assert {row.id for row in page.rows} == inside
