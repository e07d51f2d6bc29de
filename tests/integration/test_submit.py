"""A report enters once, with everything that belongs to it, or not at all."""

from dataclasses import replace
from datetime import timedelta

import anyio
import pytest

from complaints.policy import ANYONE, Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, Problem
from complaints.submit import Draft, Receipt, checked_draft, file, submit
from complaints.vault import Contact
from models import Complaint, ComplaintReporter, ComplaintText, ComplaintTicket, Message, new_id
from rules.vocabulary import Action, Channel, Role, Status
from server.runtime import Runtime
from tests.integration.given import Rows, Staff, State, Waiting
from tests.support import MONDAY, ActorOf, Complaints, EventsOf, WorkAs

KEY = "kunci-acak-0123456789"
DRAFT = Draft("Air PDAM keruh sejak kemarin", idempotency_key=KEY)


async def test_a_report_is_stored_with_its_first_events_and_its_clock(
    runtime: Runtime, rows: Rows, events_of: EventsOf
) -> None:
    receipt = await submit(runtime.workshop, ANYONE, Draft("  Air PDAM keruh sejak kemarin "), None, "r1")

    complaint = receipt.complaint
    (text,) = await rows(ComplaintText)
    assert (text.original_body, text.original_title, text.title) == ("Air PDAM keruh sejak kemarin", None, None)
    assert (complaint.status, complaint.version, complaint.submitted_at) == (Status.UNVERIFIED, 2, MONDAY)
    assert [(event.seq, event.kind, event.request_id) for event in await events_of(complaint)] == [
        (1, "Submitted", "r1"),
        (2, "Routed", "r1"),
    ]
    # Three working days after Monday, in the last second of the day in Jakarta.
    assert complaint.due_at == MONDAY.replace(hour=16, minute=59, second=59) + timedelta(days=3)


async def test_a_repeat_with_the_same_key_gets_the_first_receipt(runtime: Runtime, state: State) -> None:
    first = await submit(runtime.workshop, ANYONE, DRAFT, None, None)
    before = await state()

    second = await submit(runtime.workshop, ANYONE, DRAFT, None, None)

    assert (first.is_repeat, second.is_repeat) == (False, True)
    assert (second.complaint.id, second.pin) == (first.complaint.id, first.pin)
    assert await state() == before


async def test_a_key_used_again_for_something_else_is_refused(runtime: Runtime, state: State) -> None:
    await submit(runtime.workshop, ANYONE, DRAFT, None, None)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        await submit(runtime.workshop, ANYONE, Draft("Sampah menumpuk di pasar", idempotency_key=KEY), None, None)

    assert refusal.value.problems == (Problem("idempotencyKey", "KEY_REUSED"),)
    assert await state() == before


async def test_keys_of_two_accounts_never_meet(runtime: Runtime, an_actor: ActorOf) -> None:
    siti, budi = await an_actor(Role.REPORTER), await an_actor(Role.REPORTER)

    first = await submit(runtime.workshop, siti, DRAFT, None, None)
    second = await submit(runtime.workshop, budi, DRAFT, None, None)

    assert not second.is_repeat
    assert second.complaint.id != first.complaint.id


async def test_two_at_the_same_moment_become_one(
    runtime: Runtime, work_as: WorkAs, waiting: Waiting, rows: Rows
) -> None:
    receipts: list[Receipt] = []

    async def send_again() -> None:
        receipts.append(await submit(runtime.workshop, ANYONE, DRAFT, None, None))

    async with anyio.create_task_group() as tasks, work_as(ANYONE) as work:
        first = file(work, checked_draft(work, DRAFT), None)
        await work.session.flush()  # in the database, but not committed: the second request must wait
        tasks.start_soon(send_again)
        await waiting()

    assert [(receipt.complaint.id, receipt.is_repeat) for receipt in receipts] == [(first.id, True)]
    assert [complaint.id for complaint in await rows(Complaint)] == [first.id]


async def test_every_problem_of_a_draft_is_named_and_nothing_is_written(runtime: Runtime, state: State) -> None:
    before = await state()
    draft = Draft(
        "pendek",
        title="x" * 151,
        region_code="99.99",
        latitude=91.0,
        incident_on=(MONDAY + timedelta(days=1)).date(),
        contact=Contact(name="A\x00", email="bukan surel", phone="0" * 41),
        idempotency_key="terlalu pendek",
    )

    with pytest.raises(Invalid) as refusal:
        await submit(runtime.workshop, ANYONE, draft, None, None)

    assert {(problem.field, problem.code) for problem in refusal.value.problems} == {
        ("text", "TOO_SHORT"),
        ("title", "TOO_LONG"),
        ("regionCode", "UNKNOWN_REGION"),
        ("longitude", "POINT_INCOMPLETE"),
        ("latitude", "OUT_OF_RANGE"),
        ("incidentOn", "IN_FUTURE"),
        ("contact.name", "CONTROL_CHARACTER"),
        ("contact.email", "NOT_AN_EMAIL"),
        ("contact.phone", "TOO_LONG"),
        ("idempotencyKey", "KEY_LENGTH"),
    }
    assert await state() == before


@pytest.mark.parametrize(
    ("field", "what"),
    [("category_id", "Category"), ("agency_id", "Agency"), ("entry_agency_id", "Agency")],
)
async def test_an_unknown_row_of_the_catalogue_is_not_found(
    runtime: Runtime, state: State, field: str, what: str
) -> None:
    before = await state()
    draft = replace(DRAFT, **{field: new_id()})  # type: ignore[arg-type]

    with pytest.raises(NotFound) as refusal:
        await submit(runtime.workshop, ANYONE, draft, None, None)

    assert refusal.value.what == what
    assert await state() == before


async def test_an_agency_that_ended_cannot_be_addressed(
    runtime: Runtime, a_complaint: Complaints, state: State
) -> None:
    before = await state()
    draft = Draft(DRAFT.text, agency_id=a_complaint.knowledge.agency_ids["KOMINFO"])

    with pytest.raises(Invalid) as refusal:
        await submit(runtime.workshop, ANYONE, draft, None, None)

    assert refusal.value.problems == (Problem("agencyId", "ENDED", {"on": "2024-10-21"}),)
    assert await state() == before


async def test_contact_data_is_stored_sealed(runtime: Runtime, rows: Rows) -> None:
    contact = Contact("Siti Rahayu", "siti@contoh.id", "081234567890")

    await submit(runtime.workshop, ANYONE, Draft(DRAFT.text, contact=contact), None, None)

    (reporter,) = await rows(ComplaintReporter)
    assert reporter.contact_encrypted is not None
    assert not any(part in reporter.contact_encrypted for part in (b"Siti", b"siti@contoh.id", b"081234567890"))
    assert runtime.workshop.vault.open(reporter.contact_encrypted) == contact


async def test_whoever_files_without_an_account_leaves_no_person(a_complaint: Complaints, rows: Rows) -> None:
    await a_complaint(by=ANYONE)
    await a_complaint(by=Actor(Role.TICKET, ticket=new_id()))

    assert [(row.person_id, row.entered_by_id, row.contact_encrypted) for row in await rows(ComplaintReporter)] == [
        (None, None, None),
        (None, None, None),
    ]


async def test_a_citizen_with_an_account_is_the_reporter(
    a_complaint: Complaints, an_actor: ActorOf, rows: Rows, events_of: EventsOf
) -> None:
    citizen = await an_actor(Role.REPORTER)

    complaint = await a_complaint(by=citizen)

    (reporter,) = await rows(ComplaintReporter)
    assert (reporter.person_id, reporter.entered_by_id) == (citizen.id, None)
    submitted = (await events_of(complaint))[0]
    assert (submitted.actor_id, submitted.actor_role) == (citizen.id, Role.REPORTER)


async def test_a_channel_officer_enters_for_somebody_else(
    a_complaint: Complaints, an_actor: ActorOf, rows: Rows
) -> None:
    officer = await an_actor(Role.CHANNEL_OFFICER, "KOTA_SEMARANG")

    complaint = await a_complaint(by=officer, channel=Channel.WALK_IN, contact=Contact(name="Siti"))

    (reporter,) = await rows(ComplaintReporter)
    assert (reporter.person_id, reporter.entered_by_id) == (None, officer.id)
    assert complaint.channel is Channel.WALK_IN


async def test_who_may_not_file_writes_nothing(runtime: Runtime, staff: Staff, state: State) -> None:
    before = await state()

    with pytest.raises(NotAllowed) as refusal:
        await submit(runtime.workshop, staff(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU"), DRAFT, None, None)

    assert refusal.value.action is Action.SUBMIT
    assert await state() == before


async def test_the_place_in_the_text_becomes_the_region(a_complaint: Complaints) -> None:
    complaint = await a_complaint(text="Jalan berlubang di Kota Semarang dekat pasar")

    assert complaint.region_code == "33.74"


async def test_every_report_has_a_ticket_that_its_pin_opens(
    runtime: Runtime, a_complaint: Complaints, rows: Rows
) -> None:
    complaint = await a_complaint()

    (ticket,) = await rows(ComplaintTicket)
    assert (ticket.complaint_id, ticket.failures, ticket.locked_until) == (complaint.id, 0, None)
    assert runtime.workshop.vault.is_pin(complaint.id, a_complaint.receipts[complaint.id].pin)


async def test_a_report_has_no_message_of_its_own(a_complaint: Complaints, rows: Rows) -> None:
    await a_complaint()

    assert await rows(Message) == []
