"""A clock near its end is announced, each step once; and what is old is forgotten."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from complaints.jobs import escalate, prune
from complaints.policy import SYSTEM
from models import ComplaintClock, ComplaintEvent, Session, new_id
from rules.vocabulary import Audience, Clock, Role, Status
from server.runtime import Runtime
from tests.integration.given import Rows, State
from tests.support import MONDAY, ActorOf, Complaints, EventsOf, WorkAs
from tests.support import Clock as WallClock


async def test_the_ladder_is_climbed_step_by_step_each_once(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, events_of: EventsOf
) -> None:
    complaint = await a_complaint()  # due at the end of Thursday the 16th
    announced = []

    for day in range(13, 30):
        clock.now = MONDAY.replace(day=day)
        announced.append((day, await escalate(runtime.workshop), await escalate(runtime.workshop)))

    # A reminder a working day before, then one, three and seven working days late.
    assert [entry for entry in announced if entry[1:] != (0, 0)] == [(15, 1, 0), (17, 1, 0), (21, 1, 0), (27, 1, 0)]
    escalated = [event for event in await events_of(complaint) if event.kind == "Escalated"]
    assert [event.data for event in escalated] == [{"clock": "VERIFICATION", "level": level} for level in (-1, 1, 2, 3)]
    assert {(event.actor_role, event.audience) for event in escalated} == {(Role.SYSTEM, Audience.INTERNAL)}


async def test_steps_that_were_slept_through_are_one_announcement(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, events_of: EventsOf, rows: Rows
) -> None:
    complaint = await a_complaint()
    clock.now = MONDAY.replace(day=30)

    assert await escalate(runtime.workshop) == 1
    assert (await events_of(complaint))[-1].data == {"clock": "VERIFICATION", "level": 3}
    assert [row.announced_level for row in await rows(ComplaintClock)] == [5]


async def test_a_paused_clock_is_not_announced(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, rows: Rows
) -> None:
    await a_complaint(Status.DEFERRED)
    clock.now = MONDAY.replace(day=22)

    await escalate(runtime.workshop)

    assert await rows(ComplaintEvent, ComplaintEvent.kind == "Escalated") == []


async def test_a_stopped_clock_is_not_announced(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, state: State
) -> None:
    await a_complaint(Status.CLOSED)
    clock.now = MONDAY.replace(month=6)
    before = await state()

    assert await escalate(runtime.workshop) == 0
    assert await state() == before


async def test_each_running_clock_has_a_ladder_of_its_own(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, events_of: EventsOf
) -> None:
    complaint = await a_complaint(Status.DISPATCHED)
    clock.now = MONDAY.replace(month=5, day=5)  # the first response is late, completion one day

    assert await escalate(runtime.workshop) == 2
    escalated = {
        event.data["clock"]: event.data["level"] for event in await events_of(complaint) if "level" in event.data
    }
    assert escalated == {Clock.FIRST_RESPONSE: 3, Clock.COMPLETION: 1}


async def test_a_due_date_far_away_is_left_alone(runtime: Runtime, a_complaint: Complaints, state: State) -> None:
    await a_complaint()
    before = await state()

    assert await escalate(runtime.workshop) == 0
    assert await state() == before


@pytest.mark.parametrize(("days", "kept"), [(30, 1), (31, 0)])
async def test_sessions_are_forgotten_a_month_after_they_ended(
    days: int, kept: int, runtime: Runtime, work_as: WorkAs, an_actor: ActorOf, clock: WallClock, rows: Rows
) -> None:
    somebody = await an_actor(Role.REPORTER)
    async with work_as(SYSTEM) as work:
        work.session.add(
            Session(
                id=new_id(),
                person_id=somebody.id,
                token_hash=b"x",
                created_at=MONDAY,
                expires_at=MONDAY,
            )
        )
    clock.forward(days=days)

    await prune(runtime.workshop)

    assert len(await rows(Session)) == kept


async def test_a_reminder_still_comes_before_a_long_holiday(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, work_as: WorkAs, events_of: EventsOf
) -> None:
    # Eid 2026: the last working day before the 25th of March is the 18th at the latest.
    complaint = await a_complaint()
    async with work_as(SYSTEM) as work:
        due = MONDAY.replace(month=3, day=25, hour=16, minute=59, second=59)
        await work.session.execute(update(ComplaintClock).values(due_at=due))
    first = None

    for day in range(10, 26):
        clock.now = MONDAY.replace(month=3, day=day)
        if await escalate(runtime.workshop) and first is None:
            first = clock.now.date()

    assert first is not None
    assert timedelta(days=1) < MONDAY.replace(month=3, day=25).date() - first <= timedelta(days=9)
    assert (await events_of(complaint))[-1].data["level"] == -1
