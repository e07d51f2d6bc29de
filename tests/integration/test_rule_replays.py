"""Replays: asked for, taken up once, stopped when told to, and never left hanging."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text

from complaints.policy import SYSTEM, Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, NotSignedIn, Problem, Refusal
from complaints.rule_desk.jobs import mend_rule_jobs
from complaints.rule_desk.replaying import run_replay
from complaints.rule_desk.replays import (
    REPLAY,
    SILENCE,
    Assignment,
    begin_replay,
    cancel_replay,
    end_replay,
    finish_replay,
    mend_replays,
    moves_csv,
    note_replay,
    request_replay,
    requeue_replay,
)
from models import RuleReplay, RuleSet, new_id
from rules.replay import Tally
from rules.vocabulary import JobState, Role, Status
from server.runtime import Runtime
from tests.integration import replay_given
from tests.integration.given import Jobs, Rows, State
from tests.integration.replay_given import LAMP
from tests.integration.rule_sets import RuleDesk
from tests.support import MONDAY, Clock, Complaints, WorkAs

desk, draft, queued, running = replay_given.desk, replay_given.draft, replay_given.queued, replay_given.running


async def test_a_request_leaves_a_row_and_its_job_once(
    work_as: WorkAs, desk: RuleDesk, draft: RuleSet, rows: Rows, jobs: Jobs
) -> None:
    days = date(2026, 1, 1), date(2026, 4, 1)
    for _ in range(2):
        async with work_as(desk.admin) as work:
            await request_replay(work, draft.id, *days)
    async with work_as(desk.admin) as work:
        other = await request_replay(work, draft.id)

    first, second = await rows(RuleReplay)
    assert (first.rule_set_id, first.rule_set_version, first.state) == (draft.id, draft.version, JobState.QUEUED)
    assert (first.day_from, first.day_to, second.id) == (*days, other.id)
    assert (first.requested_by_id, first.requested_at, first.fraction) == (desk.admin.id, MONDAY, 0.0)
    assert await jobs() == [(REPLAY, {"replay_id": str(row.id)}) for row in (first, second)]


async def test_what_acts_or_acted_and_an_empty_period_are_refused(
    work_as: WorkAs, desk: RuleDesk, draft: RuleSet, rows: Rows, state: State
) -> None:
    (active,) = await rows(RuleSet, RuleSet.state == "ACTIVE")
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.admin) as work:
            await request_replay(work, active.id, date(2026, 4, 1), date(2026, 4, 1))
    with pytest.raises(NotFound):
        async with work_as(desk.admin) as work:
            await request_replay(work, new_id())

    assert refusal.value.problems == (
        Problem("ruleSetId", "NOT_A_DRAFT", {"state": "ACTIVE"}),
        Problem("dayTo", "BEFORE_START"),
    )
    assert await state() == before


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (Actor(Role.PUBLIC), NotSignedIn),
        (Actor(Role.AGENCY_ADMIN), NotAllowed),
        (Actor(Role.OVERSEER), NotAllowed),
        (Actor(Role.DATA_STAFF), NotAllowed),
        (SYSTEM, NotAllowed),
    ],
)
async def test_only_who_manages_rules_replays(
    actor: Actor, refusal: type[Refusal], queued: UUID, draft: RuleSet, work_as: WorkAs, state: State
) -> None:
    before = await state()

    with pytest.raises(refusal):
        async with work_as(actor) as work:
            await request_replay(work, draft.id)
    with pytest.raises(refusal):
        async with work_as(actor) as work:
            await cancel_replay(work, queued)
    with pytest.raises(refusal):
        async with work_as(actor) as work:
            await anext(moves_csv(work, queued))

    assert await state() == before


async def test_a_replay_is_taken_up_once(running: Assignment, work_as: WorkAs, rows: Rows) -> None:
    async with work_as(SYSTEM) as work:
        again = await begin_replay(work, running.replay_id)

    (row,) = await rows(RuleReplay)
    assert again is None
    assert (row.state, row.started_at, row.heartbeat_at) == (JobState.RUNNING, MONDAY, MONDAY)


async def test_the_draft_is_judged_as_it_is_when_the_replay_begins(
    queued: UUID, desk: RuleDesk, draft: RuleSet, work_as: WorkAs, rows: Rows
) -> None:
    async with work_as(SYSTEM) as work:
        row = await work.session.get_one(RuleSet, draft.id)
        row.version += 3

    async with work_as(SYSTEM) as work:
        await begin_replay(work, queued)

    (replay,) = await rows(RuleReplay)
    assert replay.rule_set_version == draft.version + 3


async def test_a_waiting_replay_is_cancelled_at_once(queued: UUID, desk: RuleDesk, work_as: WorkAs, rows: Rows) -> None:
    async with work_as(desk.admin) as work:
        await cancel_replay(work, queued)

    async with work_as(SYSTEM) as work:
        assignment = await begin_replay(work, queued)

    (row,) = await rows(RuleReplay)
    assert assignment is None
    assert (row.state, row.finished_at, row.cancel_requested_at) == (JobState.CANCELLED, MONDAY, MONDAY)


async def test_one_that_ended_is_not_cancelled_and_stays_as_it_ended(
    running: Assignment, desk: RuleDesk, work_as: WorkAs, state: State, clock: Clock
) -> None:
    async with work_as(SYSTEM) as work:
        await end_replay(work, running.replay_id, JobState.CANCELLED)
    before = await state()
    clock.forward(minutes=5)

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.admin) as work:
            await cancel_replay(work, running.replay_id)
    async with work_as(SYSTEM) as work:
        await end_replay(work, running.replay_id, JobState.FAILED, "PROCESS_DIED")
        await requeue_replay(work, running.replay_id)
        kept = await finish_replay(work, running, Tally().report(()), [])
        mended = await mend_replays(work)

    assert refusal.value.problems == (Problem("id", "ALREADY_ENDED", {"state": "CANCELLED"}),)
    assert (kept, mended) == (False, 0)
    assert await state() == before


async def test_the_share_done_never_falls_and_the_beat_tells_to_stop(
    running: Assignment, desk: RuleDesk, work_as: WorkAs, rows: Rows, clock: Clock
) -> None:
    told = []
    for fraction in (0.5, 0.25, 7.0):
        clock.forward(seconds=1)
        async with work_as(SYSTEM) as work:
            goes_on = await note_replay(work, running, fraction)
        (row,) = await rows(RuleReplay)
        told.append((goes_on, row.fraction, row.heartbeat_at == clock.now))

    async with work_as(desk.admin) as work:
        await cancel_replay(work, running.replay_id)
    async with work_as(SYSTEM) as work:
        stops = await note_replay(work, running, 1.0)
        kept = await finish_replay(work, running, Tally().report(()), [])

    (row,) = await rows(RuleReplay)
    assert told == [(True, 0.5, True), (True, 0.5, True), (True, 1.0, True)]
    assert (stops, kept, row.state, row.report) == (False, False, JobState.CANCELLED, None)


async def test_one_whose_worker_is_silent_fails(running: Assignment, work_as: WorkAs, rows: Rows, clock: Clock) -> None:
    clock.now += SILENCE
    async with work_as(SYSTEM) as work:
        early = await mend_replays(work)
    clock.forward(microseconds=1)
    async with work_as(SYSTEM) as work:
        late = await mend_replays(work)

    (row,) = await rows(RuleReplay)
    assert (early, late) == (0, 1)
    assert (row.state, row.failure, row.finished_at) == (JobState.FAILED, "WORKER_LOST", clock.now)


@pytest.mark.parametrize(
    ("attempts", "wanted_stop", "job", "replay"),
    [
        (1, False, "todo", JobState.QUEUED),
        (1, True, "todo", JobState.CANCELLED),
        (3, False, "failed", JobState.RUNNING),
    ],
)
async def test_a_job_that_lost_its_worker_is_taken_up_again_a_few_times(
    attempts: int,
    wanted_stop: bool,
    job: str,
    replay: JobState,
    running: Assignment,
    desk: RuleDesk,
    runtime: Runtime,
    work_as: WorkAs,
    rows: Rows,
) -> None:
    dead = text(
        "with gone as (insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour')"
        " returning id) update procrastinate_jobs set status = 'doing', attempts = :attempts, worker_id = gone.id"
        " from gone where task_name = :task"
    )
    async with work_as(desk.admin) as work:
        if wanted_stop:
            await cancel_replay(work, running.replay_id)
        await work.session.execute(dead, {"attempts": attempts, "task": REPLAY})

    await mend_rule_jobs(runtime.jobs, runtime.workshop)

    async with work_as(SYSTEM) as work:
        status = await work.session.scalar(text("select status::text from procrastinate_jobs"))
    (row,) = await rows(RuleReplay)
    assert (status, row.state) == (job, replay)


async def test_moves_are_written_as_csv(
    queued: UUID, desk: RuleDesk, a_complaint: Complaints, runtime: Runtime, work_as: WorkAs
) -> None:
    complaint = await a_complaint(Status.VERIFIED, text=LAMP)
    await run_replay(runtime.workshop, queued)

    async with work_as(desk.admin) as work:
        lines = [line async for line in moves_csv(work, queued)]
    with pytest.raises(NotFound):
        async with work_as(desk.admin) as work:
            await anext(moves_csv(work, new_id()))

    assert lines == [
        "number,tracking_code,from_agency,to_agency,from_rule,to_rule,decided_agency\n",
        f"1,{complaint.tracking_code},,PLN,LAMPU-JALAN,LAMPU,PLN\n",
    ]
