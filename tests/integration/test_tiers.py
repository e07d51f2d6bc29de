"""From the agency to its units and the units below them, and back up one level at a time."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from complaints.casework.conversation import note
from complaints.close import reopen
from complaints.desk import Objection, return_
from complaints.dispatch import Destination, dispatch, handle
from complaints.follow_up import follow_up
from complaints.policy import Actor, is_handler
from complaints.refusals import Invalid, NotAllowed, NotFound
from complaints.verify import Verdict, verify
from models import Agency, Complaint, new_id
from rules.vocabulary import Action, AgencyLevel, Audience, Classification, Connection, Role, Status
from server.runtime import Runtime
from tests.integration.given import Again, Rows, Staff, State
from tests.support import NATIONAL, Complaints, EventsOf, WorkAs

CITY, UNIT, SUB_UNIT, DEEPEST = "KOTA_SEMARANG", "KOTA_SEMARANG.DPU", "KOTA_SEMARANG.DPU.JALAN", "KOTA_SEMARANG.DPU.J1"


@pytest.fixture
async def tree(runtime: Runtime, work_as: WorkAs, a_complaint: Complaints) -> dict[str, Actor]:
    """The heads of a unit, of a unit below it, and of one below that; and the admin of the city."""
    above, heads = a_complaint.knowledge.agency_ids[UNIT], {}
    city_id = a_complaint.knowledge.agency_ids[CITY]
    heads[UNIT] = Actor(Role.UNIT_OFFICER, agency_id=city_id, unit_id=above)
    async with work_as(NATIONAL) as work:
        for code in (SUB_UNIT, DEEPEST):
            unit = Agency(
                id=new_id(), code=code, name=code, short_name=code, level=AgencyLevel.UNIT,
                connection=Connection.FULL, parent_id=above, aliases=[],
            )  # fmt: skip
            work.session.add(unit)
            above = unit.id
            heads[code] = Actor(Role.UNIT_OFFICER, agency_id=city_id, unit_id=unit.id)
    runtime.knowledge.forget()
    heads[CITY] = Actor(Role.AGENCY_ADMIN, agency_id=city_id, connection=Connection.FULL)
    return heads


async def sees(work_as: WorkAs, actor: Actor, complaint: Complaint) -> bool:
    async with work_as(NATIONAL) as work:
        found = await work.session.execute(select(Complaint.id).where(Complaint.id == complaint.id, is_handler(actor)))
        return found.first() is not None


async def sent_to(work_as: WorkAs, a_complaint: Complaints, unit_id: UUID | None) -> Complaint:
    complaint = await a_complaint(Status.VERIFIED, agency=CITY)
    async with work_as(NATIONAL) as work:
        return await dispatch(work, complaint.id, Destination(unit_id), seen_version=complaint.version)


async def test_a_unit_at_any_depth_answers(work_as: WorkAs, a_complaint: Complaints, tree: dict[str, Actor]) -> None:
    complaint = await sent_to(work_as, a_complaint, tree[DEEPEST].unit_id)

    async with work_as(tree[DEEPEST]) as work:
        answered = await follow_up(work, complaint.id, "Besok.", Audience.EVERYONE, seen_version=complaint.version)

    assert (answered.status, answered.agency_id) == (Status.IN_PROGRESS, tree[CITY].agency_id)


async def test_heads_pass_on_downwards_and_keep_what_they_passed_on_in_sight(
    work_as: WorkAs, a_complaint: Complaints, tree: dict[str, Actor]
) -> None:
    complaint = await sent_to(work_as, a_complaint, tree[UNIT].unit_id)

    for head, below in ((UNIT, SUB_UNIT), (SUB_UNIT, DEEPEST)):
        async with work_as(tree[head]) as work:
            complaint = await dispatch(
                work, complaint.id, Destination(tree[below].unit_id), seen_version=complaint.version
            )

    assert complaint.unit_id == tree[DEEPEST].unit_id
    assert [await sees(work_as, tree[code], complaint) for code in (UNIT, SUB_UNIT, DEEPEST)] == [True] * 3
    with pytest.raises(NotAllowed):
        async with work_as(tree[UNIT]) as work:
            await follow_up(work, complaint.id, "Kami saja.", Audience.EVERYONE, seen_version=complaint.version)


async def test_a_unit_does_not_see_what_lies_beside_or_above_it(
    work_as: WorkAs, a_complaint: Complaints, tree: dict[str, Actor], staff: Staff
) -> None:
    complaint = await sent_to(work_as, a_complaint, tree[UNIT].unit_id)

    beside = staff(Role.UNIT_OFFICER, "KOTA_SEMARANG.DLH")
    assert [await sees(work_as, actor, complaint) for actor in (tree[SUB_UNIT], beside)] == [False, False]


@pytest.mark.parametrize("where", [None, "KOTA_SEMARANG.DLH", UNIT])
async def test_a_head_passes_on_to_no_other_place(
    where: str | None, work_as: WorkAs, a_complaint: Complaints, tree: dict[str, Actor], state: State
) -> None:
    complaint = await sent_to(work_as, a_complaint, tree[UNIT].unit_id)
    destination = Destination(None if where is None else a_complaint.knowledge.agency_ids[where])
    before = await state()

    with pytest.raises(Invalid, match="unitId: NOT_BELOW_YOUR_UNIT"):
        async with work_as(tree[UNIT]) as work:
            await dispatch(work, complaint.id, destination, seen_version=complaint.version)

    assert await state() == before


async def test_a_return_goes_one_level_up_and_the_second_to_the_national_desk(
    work_as: WorkAs, a_complaint: Complaints, tree: dict[str, Actor], events_of: EventsOf
) -> None:
    complaint = await sent_to(work_as, a_complaint, tree[DEEPEST].unit_id)

    async with work_as(tree[DEEPEST]) as work:
        up = await return_(work, complaint.id, Objection("SALAH_WILAYAH"), seen_version=complaint.version)
    first = (up.status, up.unit_id, up.hops, up.due_at)
    async with work_as(tree[SUB_UNIT]) as work:
        up = await return_(work, complaint.id, Objection("BUKAN_WEWENANG"), seen_version=up.version)

    assert first == (Status.DISPATCHED, tree[SUB_UNIT].unit_id, 1, complaint.due_at)
    assert (up.status, up.queue_agency_id, up.agency_id, up.hops) == (Status.UNVERIFIED, None, None, 2)
    assert [event.kind for event in (await events_of(complaint))[-2:]] == ["HandedUp", "Returned"]


async def test_nothing_is_handed_up_that_is_being_worked_on(
    work_as: WorkAs, a_complaint: Complaints, tree: dict[str, Actor], state: State
) -> None:
    complaint = await sent_to(work_as, a_complaint, tree[DEEPEST].unit_id)
    async with work_as(tree[DEEPEST]) as work:
        complaint = await follow_up(work, complaint.id, "Besok.", Audience.EVERYONE, seen_version=complaint.version)
    before = await state()

    with pytest.raises(Exception, match="complaint:hand_up while IN_PROGRESS"):
        async with work_as(tree[DEEPEST]) as work:
            await return_(work, complaint.id, Objection("BUKAN_WEWENANG"), seen_version=complaint.version)

    assert await state() == before


async def test_the_account_of_a_unit_belongs_to_the_agency_at_the_top(
    runtime: Runtime, tree: dict[str, Actor], a_complaint: Complaints
) -> None:
    knowledge = await runtime.knowledge.current(runtime.workshop.clock())
    deepest = tree[DEEPEST].unit_id
    assert deepest is not None

    assert knowledge.owner_id(deepest) == tree[CITY].agency_id
    assert knowledge.unit_above(deepest) == tree[SUB_UNIT].unit_id
    assert knowledge.is_below(deepest, knowledge.agency_ids[UNIT])
    assert not knowledge.is_below(knowledge.agency_ids[UNIT], deepest)


async def test_copies_do_not_change_whose_the_case_is(
    work_as: WorkAs, a_complaint: Complaints, tree: dict[str, Actor], events_of: EventsOf
) -> None:
    complaint = await a_complaint(Status.VERIFIED, agency=CITY)
    other = a_complaint.knowledge.agency_ids["PLN"]

    async with work_as(NATIONAL) as work:
        destination = Destination(tree[UNIT].unit_id, [other])
        await dispatch(work, complaint.id, destination, seen_version=complaint.version)

    last = (await events_of(complaint))[-1]
    assert last.data == {"agency_id": str(tree[CITY].agency_id), "unit_id": str(tree[UNIT].unit_id)}


# ---- supervision


async def supervised(work_as: WorkAs, a_complaint: Complaints, **where: Any) -> Complaint:
    complaint = await a_complaint()
    ids = a_complaint.knowledge
    verdict = Verdict(
        "Pungutan Liar", ids.category_ids["ESDM.LISTRIK"], ids.agency_ids[CITY],
        classification=Classification.SUPERVISION,
    )  # fmt: skip
    sent = Destination(**where)
    async with work_as(NATIONAL) as work:
        return await verify(work, complaint.id, verdict, seen_version=complaint.version, destination=sent)


async def test_what_is_about_the_agency_is_for_its_inspectorate_and_secret(
    work_as: WorkAs, a_complaint: Complaints, tree: dict[str, Actor], staff: Staff
) -> None:
    complaint = await supervised(work_as, a_complaint)
    inspector = staff(Role.INSPECTORATE, CITY)

    seeing = {
        actor.role: await sees(work_as, actor, complaint)
        for actor in (tree[CITY], tree[UNIT], inspector, NATIONAL, Actor(Role.OVERSEER), Actor(Role.AUDITOR))
    }

    assert complaint.is_secret
    assert {role for role, does in seeing.items() if does} == {
        Role.INSPECTORATE,
        Role.NATIONAL_ADMIN,
        Role.OVERSEER,
        Role.AUDITOR,
    }
    with pytest.raises(NotFound):
        async with work_as(tree[CITY]) as work:
            await work.complaint(complaint.id, Action.FOLLOW_UP)
    async with work_as(inspector) as work:
        await follow_up(work, complaint.id, "Diperiksa.", Audience.PARTIES, seen_version=complaint.version)


@pytest.mark.parametrize("field", ["unit_id", "copy_ids"])
async def test_neither_a_unit_nor_a_copy_gets_it(
    field: str, work_as: WorkAs, a_complaint: Complaints, tree: dict[str, Actor]
) -> None:
    unit_id = tree[UNIT].unit_id

    with pytest.raises(Invalid, match="INSPECTORATE_ONLY"):
        await supervised(work_as, a_complaint, **{field: unit_id if field == "unit_id" else [unit_id]})


async def test_the_agency_does_not_handle_a_case_about_itself(
    work_as: WorkAs, a_complaint: Complaints, tree: dict[str, Actor]
) -> None:
    complaint = await a_complaint(agency_id=tree[CITY].agency_id)
    verdict = Verdict("Pungutan Liar", a_complaint.knowledge.category_ids["ESDM.LISTRIK"], tree[CITY].agency_id,
                      classification=Classification.WHISTLEBLOWING)  # fmt: skip
    async with work_as(tree[CITY]) as work:
        complaint = await verify(work, complaint.id, verdict, seen_version=complaint.version)

    with pytest.raises(NotAllowed):
        async with work_as(tree[CITY]) as work:
            await handle(work, complaint.id, seen_version=complaint.version)


async def test_the_inspectorate_returns_what_is_not_its_own(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff, again: Again
) -> None:
    complaint = await supervised(work_as, a_complaint)

    async with work_as(staff(Role.INSPECTORATE, CITY)) as work:
        await return_(work, complaint.id, Objection("WEWENANG_PUSAT"), seen_version=complaint.version)

    back = await again(complaint)
    assert (back.status, back.queue_agency_id, back.hops) == (Status.UNVERIFIED, None, 1)


# ---- overseers


async def test_an_overseer_notes_and_reopens_with_a_reason(
    work_as: WorkAs, a_complaint: Complaints, rows: Rows, events_of: EventsOf
) -> None:
    complaint = await a_complaint(Status.CLOSED, is_secret=True)

    async with work_as(Actor(Role.OVERSEER)) as work:
        await note(work, complaint.id, "Mohon diperhatikan.")
        with pytest.raises(Invalid):
            await reopen(work, complaint.id, "   ")
        await reopen(work, complaint.id, "Belum tuntas menurut pemeriksaan.")

    assert [(event.kind, event.actor_role) for event in (await events_of(complaint))[-2:]] == [
        ("Noted", Role.OVERSEER),
        ("Reopened", Role.OVERSEER),
    ]
