"""A verified complaint goes to whoever mends it, becomes public, and its clocks change."""

import pytest

from complaints.dispatch import Destination, dispatch, handle
from complaints.refusals import Invalid, NotAllowed, NotFound, Problem
from complaints.verify import Verdict, verify
from models import ComplaintClock, ComplaintCopy, ComplaintText, new_id
from rules.vocabulary import Clock, Role, Status
from tests.integration.given import Rows, RunningClocks, Staff, State
from tests.support import MONDAY, NATIONAL, Complaints, EventsOf, WorkAs
from tests.support import Clock as WallClock


async def test_dispatch_publishes_and_starts_the_agencys_clocks(
    work_as: WorkAs, a_complaint: Complaints, running_clocks: RunningClocks, events_of: EventsOf
) -> None:
    ids = a_complaint.knowledge.agency_ids
    complaint = await a_complaint(Status.VERIFIED, agency="KOTA_SEMARANG")

    async with work_as(NATIONAL) as work:
        to_unit = Destination(ids["KOTA_SEMARANG.DPU"])
        sent = await dispatch(work, complaint.id, to_unit, seen_version=complaint.version)

    assert (sent.status, sent.unit_id) == (Status.DISPATCHED, ids["KOTA_SEMARANG.DPU"])
    assert (sent.dispatched_at, sent.published_at) == (MONDAY, MONDAY)
    running = await running_clocks(complaint)
    assert {clock: row.due_at for clock, row in running.items()} == {
        Clock.FIRST_RESPONSE: MONDAY.replace(day=20, hour=16, minute=59, second=59),
        # Fourteen working days over 1 May, a public holiday.
        Clock.COMPLETION: MONDAY.replace(month=5, day=4, hour=16, minute=59, second=59),
    }
    assert sent.due_at == running[Clock.FIRST_RESPONSE].due_at
    last = (await events_of(complaint))[-1]
    assert (last.kind, last.data) == (
        "Dispatched",
        {"agency_id": str(ids["KOTA_SEMARANG"]), "unit_id": str(ids["KOTA_SEMARANG.DPU"])},
    )


@pytest.mark.parametrize(
    ("destination", "unit"),
    [(Destination(), "KOTA_SEMARANG.DPU"), ("KOTA_SEMARANG.DLH", "KOTA_SEMARANG.DLH")],
    ids=["the named unit", "another unit said in so many words"],
)
async def test_a_verdict_that_names_a_unit_means_its_agency_and_goes_to_the_unit(
    destination: Destination | str, unit: str, work_as: WorkAs, a_complaint: Complaints
) -> None:
    knowledge = a_complaint.knowledge
    ids = knowledge.agency_ids
    complaint = await a_complaint()
    verdict = Verdict("Jalan Berlubang", knowledge.category_ids["PUPR"], ids["KOTA_SEMARANG.DPU"])
    where = Destination(ids[destination]) if isinstance(destination, str) else destination

    async with work_as(NATIONAL) as work:
        sent = await verify(work, complaint.id, verdict, seen_version=complaint.version, destination=where)

    assert (sent.agency_id, sent.unit_id) == (ids["KOTA_SEMARANG"], ids[unit])


async def test_what_the_public_reads_is_masked_when_it_is_published(a_complaint: Complaints, rows: Rows) -> None:
    await a_complaint(Status.DISPATCHED, text="Hubungi saya di 081234567890, lampu jalan mati")

    (text,) = await rows(ComplaintText)
    assert text.public_body == "Hubungi saya di <TELEPON>, lampu jalan mati"
    assert text.public_title == "Lampu Jalan Mati"


async def test_a_unit_of_another_agency_is_refused(work_as: WorkAs, a_complaint: Complaints, state: State) -> None:
    ids = a_complaint.knowledge.agency_ids
    complaint = await a_complaint(Status.VERIFIED, agency="PLN")
    before = await state()

    for agency_id in (ids["KOTA_SEMARANG.DPU"], ids["KAI"]):
        with pytest.raises(Invalid) as refusal:
            async with work_as(NATIONAL) as work:
                await dispatch(work, complaint.id, Destination(agency_id), seen_version=complaint.version)

        assert refusal.value.problems == (Problem("unitId", "NOT_A_UNIT_OF_AGENCY"),)

    assert await state() == before


async def test_an_unknown_copy_is_not_found(work_as: WorkAs, a_complaint: Complaints, state: State) -> None:
    complaint = await a_complaint(Status.VERIFIED)
    before = await state()
    copies = (a_complaint.knowledge.agency_ids["ESDM"], new_id())

    with pytest.raises(NotFound) as refusal:
        async with work_as(NATIONAL) as work:
            await dispatch(work, complaint.id, Destination(None, copies), seen_version=complaint.version)

    assert (refusal.value.what, refusal.value.field) == ("Agency", "copyIds")
    assert await state() == before


async def test_too_many_copies_are_refused(work_as: WorkAs, a_complaint: Complaints, state: State) -> None:
    complaint = await a_complaint(Status.VERIFIED)
    before = await state()
    copies = list(a_complaint.knowledge.agency_ids.values())[:11]

    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await dispatch(work, complaint.id, Destination(None, copies), seen_version=complaint.version)

    assert refusal.value.problems == (Problem("copyIds", "TOO_MANY", {"max": 10, "length": 11}),)
    assert await state() == before


async def test_copies_are_kept_once_and_may_be_named_again(
    work_as: WorkAs, a_complaint: Complaints, rows: Rows
) -> None:
    ids = a_complaint.knowledge.agency_ids
    complaint = await a_complaint(Status.VERIFIED)
    for copies in ((ids["ESDM"], ids["ESDM"]), (ids["ESDM"], ids["KEMENDAGRI"])):
        async with work_as(NATIONAL) as work:
            complaint = await dispatch(work, complaint.id, Destination(None, copies), seen_version=complaint.version)

    copied = {row.agency_id for row in await rows(ComplaintCopy)}
    assert copied == {ids["ESDM"], ids["KEMENDAGRI"]}


async def test_a_copy_reads_a_secret_complaint_but_does_not_act(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff
) -> None:
    complaint = await a_complaint(Status.VERIFIED, is_secret=True)
    copies = (a_complaint.knowledge.agency_ids["ESDM"],)
    async with work_as(NATIONAL) as work:
        complaint = await dispatch(work, complaint.id, Destination(None, copies), seen_version=complaint.version)

    # Seen, hence "not allowed" instead of "not found".
    with pytest.raises(NotAllowed):
        async with work_as(staff(Role.AGENCY_ADMIN, "ESDM")) as work:
            await dispatch(work, complaint.id, Destination(), seen_version=complaint.version)


async def test_the_agencys_admin_passes_it_to_another_unit_while_nobody_answered(
    work_as: WorkAs,
    a_complaint: Complaints,
    staff: Staff,
    clock: WallClock,
    running_clocks: RunningClocks,
    events_of: EventsOf,
) -> None:
    ids = a_complaint.knowledge.agency_ids
    complaint = await a_complaint(Status.DISPATCHED, agency="KOTA_SEMARANG", unit="KOTA_SEMARANG.DPU")
    before = {name: row.due_at for name, row in (await running_clocks(complaint)).items()}
    clock.forward(days=1)

    async with work_as(staff(Role.AGENCY_ADMIN, "KOTA_SEMARANG")) as work:
        to_unit = Destination(ids["KOTA_SEMARANG.DISHUB"])
        sent = await dispatch(work, complaint.id, to_unit, seen_version=complaint.version)

    assert (sent.unit_id, sent.published_at) == (ids["KOTA_SEMARANG.DISHUB"], MONDAY)
    assert {name: row.due_at for name, row in (await running_clocks(complaint)).items()} == before
    assert (await events_of(complaint))[-1].kind == "Dispatched"


async def test_an_agency_admin_does_not_dispatch_for_another_agency(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff, state: State
) -> None:
    complaint = await a_complaint(Status.DISPATCHED, agency="PLN")
    before = await state()

    with pytest.raises(NotAllowed):
        async with work_as(staff(Role.AGENCY_ADMIN, "KAI")) as work:
            await dispatch(work, complaint.id, Destination(), seen_version=complaint.version)

    assert await state() == before


async def test_the_admin_may_answer_at_the_own_desk(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff, running_clocks: RunningClocks, events_of: EventsOf
) -> None:
    ids = a_complaint.knowledge.agency_ids
    complaint = await a_complaint(Status.VERIFIED, agency="KEMENKES", category="KESEHATAN", agency_id=ids["KEMENKES"])

    async with work_as(staff(Role.AGENCY_ADMIN, "KEMENKES")) as work:
        handled = await handle(work, complaint.id, seen_version=complaint.version)

    assert (handled.status, handled.unit_id) == (Status.IN_PROGRESS, None)
    assert handled.published_at == MONDAY
    assert set(await running_clocks(complaint)) == {Clock.FIRST_RESPONSE, Clock.COMPLETION}
    last = (await events_of(complaint))[-1]
    assert (last.kind, last.data) == ("Handled", {"agency_id": str(ids["KEMENKES"])})


async def test_the_verification_clock_stops(a_complaint: Complaints, rows: Rows) -> None:
    await a_complaint(Status.DISPATCHED)

    (verification,) = await rows(ComplaintClock, ComplaintClock.clock == Clock.VERIFICATION)
    assert verification.stopped_at == MONDAY
