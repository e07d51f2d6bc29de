"""A complaint ends, by an outcome or by silence, is judged, and may come back for a while."""

import pytest

from complaints.close import close, rate, reopen
from complaints.dispatch import handle
from complaints.jobs import expire
from complaints.policy import Actor
from complaints.refusals import Invalid, NotAllowed, Problem
from models import Message
from rules.vocabulary import Audience, Clock, Role, Status
from server.runtime import Runtime
from tests.integration.given import Again, Rows, RunningClocks, Staff, State
from tests.support import MONDAY, NATIONAL, Complaints, EventsOf, WorkAs
from tests.support import Clock as WallClock


async def test_an_outcome_closes_for_everyone_to_read(
    work_as: WorkAs, a_complaint: Complaints, rows: Rows, running_clocks: RunningClocks, events_of: EventsOf
) -> None:
    complaint = await a_complaint(Status.IN_PROGRESS)

    async with work_as(NATIONAL) as work:
        closed = await close(work, complaint.id, "Lampu sudah diganti.", seen_version=complaint.version)

    outcome = (await rows(Message))[-1]
    assert (closed.status, closed.closed_at, closed.closed_by_silence) == (Status.CLOSED, MONDAY, False)
    assert closed.due_at is None
    assert await running_clocks(complaint) == {}
    assert (outcome.body, outcome.audience) == ("Lampu sudah diganti.", Audience.EVERYONE)
    assert (await events_of(complaint))[-1].data == {"by_silence": False, "message_id": str(outcome.id)}


async def test_an_outcome_without_a_word_before_is_the_first_response(
    work_as: WorkAs, a_complaint: Complaints, clock: WallClock
) -> None:
    complaint = await a_complaint(Status.VERIFIED)
    async with work_as(NATIONAL) as work:
        complaint = await handle(work, complaint.id, seen_version=complaint.version)
    clock.forward(hours=3)

    async with work_as(NATIONAL) as work:
        closed = await close(work, complaint.id, "Lampu sudah diganti.", seen_version=complaint.version)

    assert (complaint.responded_at, closed.responded_at) == (None, clock.now)


async def test_silence_after_an_answer_closes_once(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, again: Again, events_of: EventsOf
) -> None:
    complaint = await a_complaint(Status.IN_PROGRESS)
    clock.now = MONDAY.replace(day=27, hour=17)  # one second after ten working days

    ended = [await expire(runtime.workshop), await expire(runtime.workshop)]

    closed = await again(complaint)
    last = (await events_of(complaint))[-1]
    assert ended == [1, 0]
    assert (closed.status, closed.closed_at, closed.closed_by_silence) == (Status.CLOSED, clock.now, True)
    assert (last.kind, last.data, last.actor_role) == ("Closed", {"by_silence": True}, Role.SYSTEM)


async def test_nobody_is_silent_before_the_window_ends(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, state: State
) -> None:
    await a_complaint(Status.IN_PROGRESS)
    clock.now = MONDAY.replace(day=27, hour=16, minute=59, second=59)
    before = await state()

    assert await expire(runtime.workshop) == 0
    assert await state() == before


async def test_a_report_that_was_never_completed_is_archived(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, again: Again, events_of: EventsOf
) -> None:
    complaint = await a_complaint(Status.DEFERRED)
    clock.now = MONDAY.replace(month=5, hour=17)

    ended = [await expire(runtime.workshop), await expire(runtime.workshop)]

    archived = await again(complaint)
    assert ended == [1, 0]
    assert (archived.status, archived.archive_reason) == (Status.ARCHIVED, "TIDAK_DILENGKAPI")
    assert (await events_of(complaint))[-1].data == {"reason": "TIDAK_DILENGKAPI"}


async def test_one_that_moved_on_does_not_keep_the_others_from_expiring(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, again: Again, work_as: WorkAs
) -> None:
    odd, silent = await a_complaint(Status.IN_PROGRESS), await a_complaint(Status.IN_PROGRESS)
    async with work_as(NATIONAL) as work:
        # As if somebody had closed it between the job's look and its turn.
        (await work.session.get_one(type(odd), odd.id)).status = Status.CLOSED
    clock.now = MONDAY.replace(day=28)

    assert await expire(runtime.workshop) == 1
    assert (await again(silent)).status is Status.CLOSED


async def test_the_reporter_reopens_within_the_window(
    work_as: WorkAs,
    a_complaint: Complaints,
    clock: WallClock,
    rows: Rows,
    running_clocks: RunningClocks,
    events_of: EventsOf,
) -> None:
    complaint = await a_complaint(Status.CLOSED)
    async with work_as(a_complaint.ticket(complaint)) as work:
        await rate(work, complaint.id, 1, is_solved=False)
    clock.forward(days=30)

    async with work_as(a_complaint.ticket(complaint)) as work:
        reopened = await reopen(work, complaint.id, "Mati lagi.")

    reason = (await rows(Message))[-1]
    assert reopened.status is Status.IN_PROGRESS
    assert (reopened.closed_at, reopened.rating, reopened.is_solved) == (None, None, None)
    assert set(await running_clocks(complaint)) == {Clock.COMPLETION}
    assert (reason.body, reason.audience) == ("Mati lagi.", Audience.PARTIES)
    assert (await events_of(complaint))[-1].data == {"message_id": str(reason.id)}


async def test_reopening_forgets_that_it_was_silence(
    runtime: Runtime, work_as: WorkAs, a_complaint: Complaints, clock: WallClock
) -> None:
    complaint = await a_complaint(Status.IN_PROGRESS)
    clock.forward(days=20)
    await expire(runtime.workshop)

    async with work_as(a_complaint.ticket(complaint)) as work:
        reopened = await reopen(work, complaint.id, "Maaf baru membaca.")

    assert reopened.closed_by_silence is False


async def test_after_the_window_it_stays_closed(
    work_as: WorkAs, a_complaint: Complaints, clock: WallClock, state: State
) -> None:
    complaint = await a_complaint(Status.CLOSED)
    clock.forward(days=30, seconds=1)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(a_complaint.ticket(complaint)) as work:
            await reopen(work, complaint.id, "Mati lagi.")

    assert refusal.value.problems == (Problem("complaint", "REOPEN_WINDOW_PASSED", {"days": 30}),)
    assert await state() == before


@pytest.mark.parametrize("role", [Role.NATIONAL_ADMIN, Role.OVERSEER])
async def test_the_national_desk_and_the_overseers_may_reopen(
    role: Role, work_as: WorkAs, a_complaint: Complaints
) -> None:
    complaint = await a_complaint(Status.CLOSED)

    async with work_as(Actor(role)) as work:
        reopened = await reopen(work, complaint.id, "Belum tuntas.")

    assert reopened.status is Status.IN_PROGRESS


async def test_the_agency_does_not_reopen_its_own_case(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff, state: State
) -> None:
    complaint = await a_complaint(Status.CLOSED, agency="PLN")
    before = await state()

    with pytest.raises(NotAllowed):
        async with work_as(staff(Role.AGENCY_ADMIN, "PLN")) as work:
            await reopen(work, complaint.id, "Belum tuntas.")

    assert await state() == before


async def test_the_reporter_judges_and_may_judge_again(
    work_as: WorkAs, a_complaint: Complaints, again: Again, events_of: EventsOf
) -> None:
    complaint = await a_complaint(Status.CLOSED)

    for rating, is_solved in ((2, False), (5, True)):
        async with work_as(a_complaint.ticket(complaint)) as work:
            await rate(work, complaint.id, rating, is_solved=is_solved)

    rated = await again(complaint)
    assert (rated.status, rated.rating, rated.is_solved) == (Status.CLOSED, 5, True)
    assert [event.data for event in (await events_of(complaint))[-2:]] == [
        {"rating": 2, "is_solved": False},
        {"rating": 5, "is_solved": True},
    ]


@pytest.mark.parametrize("rating", [0, 6])
async def test_a_rating_is_one_to_five(rating: int, work_as: WorkAs, a_complaint: Complaints, state: State) -> None:
    complaint = await a_complaint(Status.CLOSED)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(a_complaint.ticket(complaint)) as work:
            await rate(work, complaint.id, rating, is_solved=True)

    assert refusal.value.problems == (Problem("rating", "OUT_OF_RANGE", {"min": 1, "max": 5}),)
    assert await state() == before


async def test_an_inspectorate_closes_what_is_supervision_and_nothing_else(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff
) -> None:
    complaint = await a_complaint(Status.IN_PROGRESS, agency="PLN")

    with pytest.raises(NotAllowed):
        async with work_as(staff(Role.INSPECTORATE, "PLN")) as work:
            await close(work, complaint.id, "Selesai.", seen_version=complaint.version)
