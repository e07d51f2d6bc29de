"""What an admin does instead of verifying: return, defer, archive, restore."""

import pytest

from complaints.desk import Objection, archive, defer, restore, return_
from complaints.dispatch import Destination
from complaints.follow_up import reply
from complaints.refusals import Invalid, NotFound, Problem
from complaints.verify import Verdict, verify
from models import ComplaintClock, Message, new_id
from rules.vocabulary import Audience, Clock, Role, Status
from tests.integration.given import Again, Rows, RunningClocks, Staff, State
from tests.support import MONDAY, NATIONAL, Complaints, EventsOf, WorkAs
from tests.support import Clock as WallClock

NOT_OURS = Objection("BUKAN_WEWENANG", note="Ini jalan nasional.")


async def test_a_unit_returns_to_its_agencys_admin(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff, rows: Rows, events_of: EventsOf
) -> None:
    ids = a_complaint.knowledge.agency_ids
    complaint = await a_complaint(Status.DISPATCHED, agency="KOTA_SEMARANG", unit="KOTA_SEMARANG.DPU")

    async with work_as(staff(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU")) as work:
        back = await return_(work, complaint.id, NOT_OURS, seen_version=complaint.version)

    (note,) = await rows(Message)
    assert (back.status, back.queue_agency_id, back.agency_id) == (
        Status.UNVERIFIED,
        ids["KOTA_SEMARANG"],
        ids["KOTA_SEMARANG"],
    )
    assert (back.unit_id, back.verified_at, back.dispatched_at, back.published_at) == (None, None, None, None)
    assert (note.body, note.audience) == ("Ini jalan nasional.", Audience.INTERNAL)
    assert (await events_of(complaint))[-1].data == {
        "reason": "BUKAN_WEWENANG",
        "from_agency_id": str(ids["KOTA_SEMARANG.DPU"]),
        "hops": 1,
        "note_id": str(note.id),
    }


async def test_an_agency_returns_to_the_national_desk_and_may_say_whose_it_is(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff, events_of: EventsOf
) -> None:
    ids = a_complaint.knowledge.agency_ids
    complaint = await a_complaint(Status.DISPATCHED, agency="KOTA_SEMARANG")
    objection = Objection("WEWENANG_PUSAT", proposed_agency_id=ids["PU"])

    async with work_as(staff(Role.AGENCY_ADMIN, "KOTA_SEMARANG")) as work:
        back = await return_(work, complaint.id, objection, seen_version=complaint.version)

    assert (back.queue_agency_id, back.agency_id, back.hops) == (None, ids["PU"], 1)
    assert (await events_of(complaint))[-1].data == {
        "reason": "WEWENANG_PUSAT",
        "from_agency_id": str(ids["KOTA_SEMARANG"]),
        "proposed_agency_id": str(ids["PU"]),
        "hops": 1,
    }


async def test_an_agency_returns_from_its_own_queue(work_as: WorkAs, a_complaint: Complaints, staff: Staff) -> None:
    kemenkes = a_complaint.knowledge.agency_ids["KEMENKES"]
    complaint = await a_complaint(agency_id=kemenkes)

    async with work_as(staff(Role.AGENCY_ADMIN, "KEMENKES")) as work:
        back = await return_(work, complaint.id, NOT_OURS, seen_version=complaint.version)

    assert (back.status, back.queue_agency_id, back.agency_id) == (Status.UNVERIFIED, None, None)
    # What the reporter chose stays on record.
    assert back.chosen_agency_id == kemenkes


async def test_after_a_second_return_only_the_national_desk_decides(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff
) -> None:
    ids = a_complaint.knowledge.agency_ids
    complaint = await a_complaint(Status.DISPATCHED, agency="KOTA_SEMARANG", unit="KOTA_SEMARANG.DPU")
    async with work_as(staff(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU")) as work:
        complaint = await return_(work, complaint.id, NOT_OURS, seen_version=complaint.version)
    async with work_as(staff(Role.AGENCY_ADMIN, "KOTA_SEMARANG")) as work:
        verdict = Verdict("Jalan Berlubang", a_complaint.knowledge.category_ids["PUPR"])
        again = Destination(ids["KOTA_SEMARANG.DISPERKIM"])
        complaint = await verify(work, complaint.id, verdict, seen_version=complaint.version, destination=again)

    async with work_as(staff(Role.UNIT_OFFICER, "KOTA_SEMARANG.DISPERKIM")) as work:
        back = await return_(work, complaint.id, NOT_OURS, seen_version=complaint.version)

    assert (back.queue_agency_id, back.agency_id, back.hops) == (None, None, 2)


async def test_a_return_starts_the_verification_anew(
    work_as: WorkAs, a_complaint: Complaints, running_clocks: RunningClocks, clock: WallClock
) -> None:
    complaint = await a_complaint(Status.DISPATCHED)
    clock.forward(days=1)

    async with work_as(NATIONAL) as work:
        back = await return_(work, complaint.id, NOT_OURS, seen_version=complaint.version)

    running = await running_clocks(complaint)
    assert {name: row.started_at for name, row in running.items()} == {Clock.VERIFICATION: clock.now}
    assert back.due_at == MONDAY.replace(day=17, hour=16, minute=59, second=59)


async def test_a_return_for_an_unknown_reason_is_refused_with_the_known_ones(
    work_as: WorkAs, a_complaint: Complaints, state: State
) -> None:
    complaint = await a_complaint(Status.DISPATCHED)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await return_(work, complaint.id, Objection("TIDAK_ADA"), seen_version=complaint.version)

    codes = "BUKAN_WEWENANG, SALAH_WILAYAH, WEWENANG_DAERAH, WEWENANG_PUSAT"
    assert refusal.value.problems == (Problem("reason", "UNKNOWN_CODE", {"allowed": codes}),)
    assert await state() == before


async def test_a_proposed_agency_must_exist(work_as: WorkAs, a_complaint: Complaints, state: State) -> None:
    complaint = await a_complaint(Status.DISPATCHED)
    before = await state()

    objection = Objection("BUKAN_WEWENANG", proposed_agency_id=new_id())

    with pytest.raises(NotFound) as refusal:
        async with work_as(NATIONAL) as work:
            await return_(work, complaint.id, objection, seen_version=complaint.version)

    assert (refusal.value.what, refusal.value.field) == ("Agency", "proposedAgencyId")
    assert await state() == before


async def test_a_deferred_report_waits_for_its_reporter(
    work_as: WorkAs, a_complaint: Complaints, rows: Rows, running_clocks: RunningClocks, events_of: EventsOf
) -> None:
    complaint = await a_complaint()

    async with work_as(NATIONAL) as work:
        deferred = await defer(
            work, complaint.id, "LOKASI_TIDAK_JELAS", "Di jalan mana?", seen_version=complaint.version
        )

    (question,) = await rows(Message)
    running = await running_clocks(complaint)
    assert (deferred.status, deferred.defer_reason, deferred.due_at) == (Status.DEFERRED, "LOKASI_TIDAK_JELAS", None)
    assert (question.body, question.audience) == ("Di jalan mana?", Audience.PARTIES)
    assert running[Clock.VERIFICATION].paused_at == MONDAY
    # Thirty calendar days to complete it.
    assert running[Clock.REPORTER_COMPLETION].due_at == MONDAY.replace(month=5, hour=16, minute=59, second=59)
    assert (await events_of(complaint))[-1].data == {
        "reason": "LOKASI_TIDAK_JELAS",
        "question_id": str(question.id),
    }


async def test_the_answer_moves_what_is_due_by_the_working_days_that_passed(
    work_as: WorkAs, a_complaint: Complaints, running_clocks: RunningClocks, clock: WallClock, events_of: EventsOf
) -> None:
    complaint = await a_complaint(Status.DEFERRED)
    clock.forward(days=7)  # five working days and a weekend

    async with work_as(a_complaint.ticket(complaint)) as work:
        answered = await reply(work, complaint.id, "Di Jalan Pahlawan nomor 3.")

    running = await running_clocks(complaint)
    assert (answered.status, answered.defer_reason) == (Status.UNVERIFIED, None)
    assert set(running) == {Clock.VERIFICATION}
    assert running[Clock.VERIFICATION].paused_at is None
    # Due on Thursday the 16th, moved by five working days.
    assert running[Clock.VERIFICATION].due_at == MONDAY.replace(day=23, hour=16, minute=59, second=59)
    assert answered.due_at == running[Clock.VERIFICATION].due_at
    assert (await events_of(complaint))[-1].kind == "Replied"


async def test_an_archived_report_has_a_reason_and_no_clock(
    work_as: WorkAs, a_complaint: Complaints, rows: Rows, running_clocks: RunningClocks, events_of: EventsOf
) -> None:
    complaint = await a_complaint(Status.DEFERRED)

    async with work_as(NATIONAL) as work:
        archived = await archive(
            work, complaint.id, "DICABUT", "Pelapor menarik laporannya.", seen_version=complaint.version
        )

    note = (await rows(Message))[-1]
    assert (archived.status, archived.archive_reason, archived.due_at) == (Status.ARCHIVED, "DICABUT", None)
    assert await running_clocks(complaint) == {}
    assert {row.paused_at for row in await rows(ComplaintClock)} == {None}
    assert (note.body, note.audience) == ("Pelapor menarik laporannya.", Audience.PARTIES)
    assert (await events_of(complaint))[-1].data == {"reason": "DICABUT", "note_id": str(note.id)}


async def test_a_note_for_the_archive_may_be_left_out(
    work_as: WorkAs, a_complaint: Complaints, rows: Rows, events_of: EventsOf
) -> None:
    complaint = await a_complaint()

    async with work_as(NATIONAL) as work:
        await archive(work, complaint.id, "ISENG_SPAM", None, seen_version=complaint.version)

    assert await rows(Message) == []
    assert (await events_of(complaint))[-1].data == {"reason": "ISENG_SPAM"}


async def test_a_restored_report_is_verified_from_the_start(
    work_as: WorkAs, a_complaint: Complaints, running_clocks: RunningClocks, clock: WallClock, again: Again
) -> None:
    complaint = await a_complaint(Status.ARCHIVED)
    clock.forward(days=1)

    async with work_as(NATIONAL) as work:
        await restore(work, complaint.id, "Ternyata jelas.", seen_version=complaint.version)

    restored, running = await again(complaint), await running_clocks(complaint)
    assert (restored.status, restored.archive_reason) == (Status.UNVERIFIED, None)
    assert {name: row.started_at for name, row in running.items()} == {Clock.VERIFICATION: clock.now}


async def test_defer_and_archive_ask_for_a_known_reason(work_as: WorkAs, a_complaint: Complaints, state: State) -> None:
    complaint = await a_complaint()
    before = await state()

    with pytest.raises(Invalid, match="reason: UNKNOWN_CODE"):
        async with work_as(NATIONAL) as work:
            await defer(work, complaint.id, "TIDAK_ADA", "Di mana?", seen_version=complaint.version)
    with pytest.raises(Invalid, match="reason: UNKNOWN_CODE"):
        async with work_as(NATIONAL) as work:
            await archive(work, complaint.id, "TIDAK_ADA", None, seen_version=complaint.version)

    assert await state() == before


@pytest.mark.parametrize("text", ["", " \n ", "a\x00b", "x" * 10_001], ids=["empty", "blank", "NUL", "long"])
async def test_a_question_must_be_a_text(text: str, work_as: WorkAs, a_complaint: Complaints, state: State) -> None:
    complaint = await a_complaint()
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await defer(work, complaint.id, "LOKASI_TIDAK_JELAS", text, seen_version=complaint.version)

    assert [problem.field for problem in refusal.value.problems] == ["question"]
    assert await state() == before
