"""What nobody means to do and somebody does: odd texts, odd actors, odd moments."""

import pytest

from complaints.accounts import log_in
from complaints.desk import Objection, return_
from complaints.dispatch import Destination, dispatch, handle
from complaints.policy import ANYONE, Actor, is_handler, is_reporter
from complaints.refusals import IllegalStep, Invalid, NotFound, NotSignedIn, Problem
from complaints.submit import Draft, submit
from complaints.tracking import admit
from complaints.verify import Verdict, verify
from rules.vocabulary import Action, Role, Status
from server.runtime import Runtime
from tests.support import NATIONAL, ActorOf, Clock, Complaints, WorkAs

VAGUE = "Mohon bantuannya, sudah lama menunggu tanpa kabar"
HALF = "\ud800"


async def test_unverified_complaint_cannot_be_dispatched(work_as: WorkAs, a_complaint: Complaints) -> None:
    complaint = await a_complaint(text=VAGUE)

    with pytest.raises(IllegalStep):
        async with work_as(NATIONAL) as work:
            await dispatch(work, complaint.id, Destination(), seen_version=complaint.version)


async def test_unverified_complaint_cannot_be_handled(work_as: WorkAs, a_complaint: Complaints) -> None:
    complaint = await a_complaint(text=VAGUE)

    with pytest.raises(IllegalStep):
        async with work_as(NATIONAL) as work:
            await handle(work, complaint.id, seen_version=complaint.version)


@pytest.mark.parametrize(("login", "password"), [(HALF, "x"), ("sari", HALF), ("sa\x00ri", "x")])
async def test_credentials_that_cannot_be_stored_are_wrong(
    work_as: WorkAs, an_actor: ActorOf, login: str, password: str
) -> None:
    await an_actor(Role.REPORTER, login="sari")

    with pytest.raises(NotSignedIn):
        async with work_as(ANYONE) as work:
            await log_in(work, login, password)


async def test_pin_with_half_a_character_is_wrong(runtime: Runtime, a_complaint: Complaints) -> None:
    complaint = await a_complaint()

    with pytest.raises(NotFound):
        await admit(runtime.workshop, complaint.tracking_code, HALF)


async def test_key_with_half_a_character_is_refused(runtime: Runtime) -> None:
    with pytest.raises(Invalid) as refused:
        await submit(runtime.workshop, ANYONE, Draft(VAGUE, idempotency_key=HALF * 16), None, None)

    assert refused.value.problems == (Problem("idempotencyKey", "CONTROL_CHARACTER"),)


async def test_title_with_nul_is_one_problem(work_as: WorkAs, a_complaint: Complaints) -> None:
    knowledge, complaint = a_complaint.knowledge, await a_complaint()
    verdict = Verdict("a\x00", knowledge.category_ids["TIK"], knowledge.agency_ids["PLN"])

    with pytest.raises(Invalid) as refused:
        async with work_as(NATIONAL) as work:
            await verify(work, complaint.id, verdict, seen_version=complaint.version)

    assert refused.value.problems == (Problem("title", "CONTROL_CHARACTER"),)


async def test_agency_of_the_future_cannot_be_chosen(work_as: WorkAs, a_complaint: Complaints, clock: Clock) -> None:
    clock.now = clock.now.replace(year=2020)
    knowledge, complaint = a_complaint.knowledge, await a_complaint()
    verdict = Verdict("Situs Judi", knowledge.category_ids["TIK"], knowledge.agency_ids["KOMDIGI"])

    with pytest.raises(Invalid) as refused:
        async with work_as(NATIONAL) as work:
            await verify(work, complaint.id, verdict, seen_version=complaint.version)

    assert refused.value.problems == (Problem("agencyId", "NOT_YET", {"on": "2024-10-21"}),)


@pytest.mark.parametrize(
    "role",
    [
        Role.UNIT_OFFICER,
        Role.AGENCY_ADMIN,
        Role.INSPECTORATE,
        Role.HUB,
        Role.REPORTER,
        Role.CHANNEL_OFFICER,
    ],
)
def test_actor_without_a_place_is_not_asked_about_rows_without_one(role: Role) -> None:
    nobody = Actor(role)

    conditions = [str(condition.compile()).upper() for condition in (is_handler(nobody), is_reporter(nobody))]

    assert not [condition for condition in conditions if "IS NULL" in condition]


async def test_unit_officer_of_an_agency_sees_nothing(work_as: WorkAs, a_complaint: Complaints) -> None:
    complaint = await a_complaint(text=VAGUE)
    odd = Actor(Role.UNIT_OFFICER, agency_id=a_complaint.knowledge.agency_ids["PLN"])

    with pytest.raises(NotFound):
        async with work_as(odd) as work:
            await work.complaint(complaint.id, Action.FOLLOW_UP)


async def test_service_key_of_an_agency_does_not_decide_for_another(work_as: WorkAs, a_complaint: Complaints) -> None:
    knowledge = a_complaint.knowledge
    complaint = await a_complaint(text=VAGUE, agency_id=knowledge.agency_ids["KEMENKES"])
    verdict = Verdict("Token Listrik", knowledge.category_ids["TIK"], knowledge.agency_ids["PLN"])

    with pytest.raises(Invalid) as refused:
        async with work_as(Actor(Role.SERVICE, agency_id=knowledge.agency_ids["KEMENKES"])) as work:
            await verify(work, complaint.id, verdict, seen_version=complaint.version)

    assert refused.value.problems == (Problem("agencyId", "NOT_YOUR_AGENCY"),)


async def test_returning_with_a_unit_proposes_its_agency(work_as: WorkAs, a_complaint: Complaints) -> None:
    ids = a_complaint.knowledge.agency_ids
    complaint = await a_complaint(Status.DISPATCHED, agency="KOTA_SEMARANG")
    objection = Objection("BUKAN_WEWENANG", proposed_agency_id=ids["KOTA_SEMARANG.DLH"])

    async with work_as(NATIONAL) as work:
        complaint = await return_(work, complaint.id, objection, seen_version=complaint.version)

    assert complaint.agency_id == ids["KOTA_SEMARANG"]
