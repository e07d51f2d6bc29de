"""Who filed a complaint is opened with a reason and leaves a trace; nobody else learns it."""

import pytest

from complaints.identity import Reporter, disclose_reporter
from complaints.policy import Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, NotSignedIn, Problem, Refusal
from complaints.vault import Contact
from models import AccessEvent, Person, new_id
from rules.vocabulary import Action, Role, Status
from tests.integration.given import Rows, Staff, State
from tests.support import MONDAY, NATIONAL, ActorOf, Complaints, WorkAs

WHY = "Permintaan Ombudsman nomor 12/2026"


async def test_a_look_at_the_reporter_leaves_a_trace(
    work_as: WorkAs, a_complaint: Complaints, an_actor: ActorOf, rows: Rows
) -> None:
    auditor = await an_actor(Role.AUDITOR)
    complaint = await a_complaint(contact=Contact("Siti", "siti@contoh.id", "0812"), is_anonymous=True)

    async with work_as(auditor) as work:
        reporter = await disclose_reporter(work, complaint.id, f"  {WHY} ")

    (trace,) = await rows(AccessEvent)
    assert reporter == Reporter("Siti", "siti@contoh.id", "0812")
    assert (trace.kind, trace.complaint_id, trace.reason) == ("REPORTER_IDENTITY", complaint.id, WHY)
    assert (trace.person_id, trace.actor_role, trace.at) == (auditor.id, Role.AUDITOR, MONDAY)


async def test_an_account_is_shown_where_no_contact_was_given(
    work_as: WorkAs, a_complaint: Complaints, an_actor: ActorOf, rows: Rows
) -> None:
    citizen = await an_actor(Role.REPORTER, login="siti@contoh.id")
    complaint = await a_complaint(by=citizen, contact=Contact(phone="0812"))
    (person,) = await rows(Person)

    async with work_as(NATIONAL) as work:
        reporter = await disclose_reporter(work, complaint.id, WHY)

    assert reporter == Reporter(person.name, "siti@contoh.id", "0812")


async def test_who_filed_without_a_word_stays_unknown(work_as: WorkAs, a_complaint: Complaints, rows: Rows) -> None:
    complaint = await a_complaint()

    async with work_as(NATIONAL) as work:
        reporter = await disclose_reporter(work, complaint.id, WHY)

    assert reporter == Reporter(None, None, None)
    assert len(await rows(AccessEvent)) == 1


async def test_a_reason_is_needed(work_as: WorkAs, a_complaint: Complaints, state: State) -> None:
    complaint = await a_complaint()
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await disclose_reporter(work, complaint.id, " ")

    assert refusal.value.problems == (Problem("reason", "REQUIRED", {"min": 1, "length": 0}),)
    assert await state() == before


async def test_handlers_are_refused(work_as: WorkAs, a_complaint: Complaints, staff: Staff, state: State) -> None:
    complaint = await a_complaint(Status.DISPATCHED, agency="KOTA_SEMARANG", unit="KOTA_SEMARANG.DPU")
    before = await state()
    handlers = [
        staff(Role.AGENCY_ADMIN, "KOTA_SEMARANG"),
        staff(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU"),
        staff(Role.INSPECTORATE, "KOTA_SEMARANG"),
        staff(Role.HUB, "PROV_JATENG"),
        Actor(Role.OVERSEER),
        Actor(Role.DATA_STAFF),
        Actor(Role.SERVICE),
        a_complaint.ticket(complaint),
    ]

    for actor in handlers:
        with pytest.raises(NotAllowed) as refusal:
            async with work_as(actor) as work:
                await disclose_reporter(work, complaint.id, WHY)

        assert refusal.value.action is Action.READ_REPORTER

    assert await state() == before


@pytest.mark.parametrize(
    ("actor", "refusal"), [(Actor(Role.PUBLIC), NotSignedIn), (NATIONAL, NotFound)], ids=["nobody", "unknown id"]
)
async def test_nothing_is_traced_where_nothing_is_shown(
    actor: Actor, refusal: type[Refusal], work_as: WorkAs, state: State
) -> None:
    before = await state()

    with pytest.raises(refusal):
        async with work_as(actor) as work:
            await disclose_reporter(work, new_id(), WHY)

    assert await state() == before
