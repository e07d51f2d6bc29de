"""Calendar and limits change while clocks run: each is worked out again, once, with a trace."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update

from complaints.casework.ombudsman import answer_consent, ask_for_consent
from complaints.casework.recompute import recompute
from complaints.clocks import pauses_of
from complaints.follow_up import reply
from complaints.policy import SYSTEM, Actor
from complaints.reading import Desk, QueueFilter, QueueOrder, queue
from complaints.refusals import Invalid
from models import CalendarOverride, ClockRule, ComplaintClock, OmbudsmanConsent
from rules.clock_words import explain
from rules.deadlines import Limit, local_date
from rules.vocabulary import Clock, Role, Status
from server.runtime import Runtime
from tests.integration.given import Again, Rows, RunningClocks, State
from tests.support import MONDAY, NATIONAL, Complaints, EventsOf, WorkAs
from tests.support import Clock as WallClock

DECREE = date(2026, 4, 15)


@pytest.fixture
async def settled(runtime: Runtime) -> None:
    """As after the first quiet night: what runs was worked out by what holds."""
    await recompute(runtime.workshop)
    await recompute(runtime.workshop)


async def decree(runtime: Runtime, work_as: WorkAs, day: date = DECREE) -> None:
    async with work_as(NATIONAL) as work:
        work.session.add(CalendarOverride(day=day, is_working=False, reason="cuti bersama tambahan"))
    runtime.knowledge.forget()


async def test_a_decree_moves_what_runs_and_says_so(
    runtime: Runtime,
    a_complaint: Complaints,
    work_as: WorkAs,
    events_of: EventsOf,
    again: Again,
    settled: None,
) -> None:
    complaint = await a_complaint()  # due on Thursday the 16th
    await decree(runtime, work_as)

    moved = [await recompute(runtime.workshop) for _ in range(3)]

    after = await again(complaint)
    assert moved == [1, 0, 0]
    assert after.due_at == datetime(2026, 4, 17, 16, 59, 59, tzinfo=UTC)
    assert (await events_of(complaint))[-1].data == {
        "clock": "VERIFICATION",
        "rule": "VERIFICATION",
        "before": "2026-04-16T16:59:59+00:00",
        "after": "2026-04-17T16:59:59+00:00",
    }


async def test_nothing_is_looked_at_while_nothing_changed(
    runtime: Runtime, a_complaint: Complaints, state: State, settled: None
) -> None:
    await a_complaint()
    before = await state()

    assert await recompute(runtime.workshop) == 0
    assert await state() == before


async def test_what_has_stopped_keeps_its_date(
    runtime: Runtime, a_complaint: Complaints, work_as: WorkAs, rows: Rows, settled: None
) -> None:
    await a_complaint(Status.CLOSED)
    before = [row.due_at for row in await rows(ComplaintClock)]
    await decree(runtime, work_as)

    assert await recompute(runtime.workshop) == 0
    assert [row.due_at for row in await rows(ComplaintClock)] == before


async def test_a_changed_limit_moves_what_began_under_it(
    runtime: Runtime, a_complaint: Complaints, work_as: WorkAs, again: Again, settled: None
) -> None:
    complaint = await a_complaint()
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(ClockRule).where(ClockRule.code == "VERIFICATION").values(value=5))
    runtime.knowledge.forget()

    assert await recompute(runtime.workshop) == 1
    assert local_date((await again(complaint)).due_at or MONDAY) == date(2026, 4, 20)


async def test_pauses_are_kept_and_counted_again(
    runtime: Runtime,
    a_complaint: Complaints,
    work_as: WorkAs,
    clock: WallClock,
    running_clocks: RunningClocks,
    settled: None,
) -> None:
    complaint = await a_complaint(Status.DEFERRED)
    clock.now = MONDAY.replace(day=16)
    async with work_as(a_complaint.ticket(complaint)) as work:
        await reply(work, complaint.id, "Di Jalan Melati nomor 5.")
    before = (await running_clocks(complaint))[Clock.VERIFICATION]
    await decree(runtime, work_as, date(2026, 4, 20))

    await recompute(runtime.workshop)

    after = (await running_clocks(complaint))[Clock.VERIFICATION]
    knowledge = await runtime.knowledge.current(clock.now)
    said = explain(after.started_at, Limit(3), pauses_of(after.pauses), None, knowledge.calendar)
    assert (local_date(before.due_at), local_date(after.due_at)) == (date(2026, 4, 21), date(2026, 4, 22))
    assert said.due == after.due_at
    assert said.sentence_id == (
        "Jatuh tempo 22 April 2026: 3 hari kerja, 20 April libur, berhenti 13 – 16 April (mundur 3 hari kerja)."
    )


async def test_what_stands_still_is_worked_out_as_before_its_pause(
    runtime: Runtime, a_complaint: Complaints, work_as: WorkAs, running_clocks: RunningClocks, settled: None
) -> None:
    complaint = await a_complaint(Status.DEFERRED)
    await decree(runtime, work_as)

    await recompute(runtime.workshop)

    standing = (await running_clocks(complaint))[Clock.VERIFICATION]
    assert (standing.paused_at, local_date(standing.due_at)) == (MONDAY, date(2026, 4, 17))


# ---- after sixty days


async def test_after_sixty_days_the_reporter_is_asked_once(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, events_of: EventsOf
) -> None:
    complaint = await a_complaint(Status.IN_PROGRESS)
    asked = []

    for days in (59, 60, 61, 62):
        clock.now = MONDAY
        clock.forward(days=days)
        asked.append(await ask_for_consent(runtime.workshop))

    assert asked == [0, 0, 1, 0]
    assert (await events_of(complaint))[-1].kind == "ConsentAsked"


async def test_a_case_that_ended_asks_for_nothing(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, state: State
) -> None:
    for status in (Status.CLOSED, Status.ARCHIVED, Status.UNVERIFIED):
        await a_complaint(status)
    clock.forward(days=90)
    before = await state()

    assert await ask_for_consent(runtime.workshop) == 0
    assert await state() == before


async def test_with_consent_the_overseers_have_the_case(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, work_as: WorkAs, events_of: EventsOf, rows: Rows
) -> None:
    complaint, other = await a_complaint(Status.IN_PROGRESS), await a_complaint(Status.IN_PROGRESS)
    clock.forward(days=61)
    await ask_for_consent(runtime.workshop)

    for case, consents in ((complaint, True), (other, False)):
        async with work_as(a_complaint.ticket(case)) as work:
            await answer_consent(work, case.id, consents=consents)

    async with work_as(SYSTEM) as work:
        desk = QueueFilter(desk=Desk.OVERSIGHT)
        listing = queue(Actor(Role.OVERSEER), desk, QueueOrder.NEWEST, work.knowledge)
        found = [row.id for row in await work.session.execute(listing.statement)]
    assert found == [complaint.id]
    assert [event.kind for event in (await events_of(complaint))[-2:]] == ["ConsentAnswered", "Escalated"]
    assert (await events_of(complaint))[-1].data == {"clock": "OMBUDSMAN", "level": 4}
    assert [row.consents for row in await rows(OmbudsmanConsent)] == [True, False]


async def test_nobody_consents_to_what_was_not_asked_or_twice(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, work_as: WorkAs
) -> None:
    complaint = await a_complaint(Status.IN_PROGRESS)

    with pytest.raises(Invalid, match="CONSENT_NOT_ASKED"):
        async with work_as(a_complaint.ticket(complaint)) as work:
            await answer_consent(work, complaint.id, consents=True)

    clock.forward(days=61)
    await ask_for_consent(runtime.workshop)
    async with work_as(a_complaint.ticket(complaint)) as work:
        await answer_consent(work, complaint.id, consents=True)
    with pytest.raises(Invalid, match="CONSENT_GIVEN"):
        async with work_as(a_complaint.ticket(complaint)) as work:
            await answer_consent(work, complaint.id, consents=False)
