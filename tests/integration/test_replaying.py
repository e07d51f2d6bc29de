"""Carrying a replay out: what it counts, beside the rules in use, and how it ends when it cannot go on."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import anyio
import pytest
from sqlalchemy import text, update

from complaints.policy import SYSTEM
from complaints.rule_desk.replaying import ReplayLimits, run_replay
from complaints.rule_desk.replays import (
    Assignment,
    cancel_replay,
    finish_replay,
    note_replay,
    request_replay,
    requeue_replay,
)
from complaints.verify import Verdict, verify
from models import ClassifierVersion, Complaint, RoutingRule, RuleReplay, RuleReplayMove, RuleSet, Suggestion, new_id
from rules.replay import Move, Tally
from rules.vocabulary import JobState, Status
from server.runtime import Runtime
from tests.integration import replay_given
from tests.integration.given import AdviceOf, Rows, State, Waiting, sure
from tests.integration.replay_given import LAMP, VAGUE
from tests.integration.rule_sets import RuleDesk, a_rule
from tests.support import MONDAY, NATIONAL, Clock, Complaints, WorkAs

desk, draft, queued, running = replay_given.desk, replay_given.draft, replay_given.queued, replay_given.running


async def test_a_draft_is_asked_about_past_complaints_beside_the_rules_in_use(
    queued: UUID, a_complaint: Complaints, runtime: Runtime, rows: Rows
) -> None:
    verified = await a_complaint(Status.VERIFIED, text=LAMP)
    waiting = await a_complaint(text=LAMP)
    await a_complaint(text=VAGUE)

    await run_replay(runtime.workshop, queued, ReplayLimits(batch=1))

    (row,) = await rows(RuleReplay)
    moves = await rows(RuleReplayMove)
    report = row.report or {}
    assert (row.state, row.failure, row.fraction, row.complaints) == (JobState.DONE, None, 1.0, 3)
    assert [report[name] for name in ("complaints", "decided", "moved", "improved")] == [3, 1, 2, 1]
    assert report["rules"] == [
        {"code": "LAMPU", "holds": 2, "wins": 2, "decided": 1, "agreed": 1, "precision": 1.0, "recall": 1.0}
    ]
    # Without a known place the active rule for street lamps leads to nobody.
    assert [(move.number, move.complaint_id, move.decided_agency) for move in moves] == [
        (1, verified.id, "PLN"),
        (2, waiting.id, None),
    ]
    assert {(move.from_agency, move.to_agency, move.from_rule, move.to_rule) for move in moves} == {
        (None, "PLN", "LAMPU-JALAN", "LAMPU")
    }


async def test_only_so_many_moves_are_kept_as_examples(
    queued: UUID, a_complaint: Complaints, runtime: Runtime, rows: Rows
) -> None:
    for _ in range(3):
        await a_complaint(text=LAMP)

    await run_replay(runtime.workshop, queued, ReplayLimits(batch=1, moves=2))

    (row,) = await rows(RuleReplay)
    assert (row.report or {})["moved"] == 3
    assert [move.number for move in await rows(RuleReplayMove)] == [1, 2]


async def test_a_period_holds_the_days_from_its_first_to_before_its_last_in_jakarta(
    desk: RuleDesk, draft: RuleSet, a_complaint: Complaints, work_as: WorkAs, runtime: Runtime, rows: Rows, clock: Clock
) -> None:
    # 16:59 and 17:00 UTC: a minute before and at midnight in Jakarta.
    for hours, minutes in ((14, 59), (0, 1), (23, 59), (0, 1)):
        clock.forward(hours=hours, minutes=minutes)
        await a_complaint(text=LAMP)
    async with work_as(desk.admin) as work:
        replay = await request_replay(work, draft.id, date(2026, 4, 14), date(2026, 4, 15))

    await run_replay(runtime.workshop, replay.id)

    (row,) = await rows(RuleReplay)
    assert row.complaints == 2
    assert [(move.number) for move in await rows(RuleReplayMove)] == [1, 2]


async def test_what_people_corrected_later_was_not_there_when_rules_decided(
    desk: RuleDesk, a_complaint: Complaints, work_as: WorkAs, runtime: Runtime, rows: Rows
) -> None:
    categories = (await runtime.knowledge.current(MONDAY)).category_ids
    await a_complaint(
        Status.VERIFIED, text=VAGUE, category_id=categories["PUPR"], region_code="33.74", category="ESDM.LISTRIK"
    )
    twice = await a_complaint(Status.VERIFIED, text=VAGUE)
    async with work_as(NATIONAL) as work:
        (await work.session.get_one(Complaint, twice.id)).status = Status.UNVERIFIED
        await work.session.flush()
        verdict = Verdict(region_code="31.71", category_id=categories["PUPR"])
        await verify(work, twice.id, verdict, seen_version=twice.version)
    asked: Mapping[str, Any] = {
        "GIVEN": {"category": {"codes": ["PUPR"]}},
        "PLACE": {"region": ["33.74"]},
        "LATER": {"category": {"codes": ["ESDM.LISTRIK"]}},
        "MOVED": {"region": ["31.71"]},
    }
    draft = await desk.draft(*(a_rule(code, when=when) for code, when in asked.items()))
    async with work_as(desk.admin) as work:
        replay = await request_replay(work, draft.id)

    await run_replay(runtime.workshop, replay.id)

    (row,) = await rows(RuleReplay)
    held = {rule["code"]: rule["holds"] for rule in (row.report or {})["rules"]}
    assert held == {"GIVEN": 1, "PLACE": 1, "LATER": 0, "MOVED": 0}


@pytest.mark.parametrize(
    ("rows_of_people", "stage"), [(1_000, "CLASSIFIER"), (999, "NATIONAL_DESK"), (None, "NATIONAL_DESK")]
)
async def test_the_classifier_decides_where_it_was_sure_and_proven(
    rows_of_people: int | None,
    stage: str,
    queued: UUID,
    a_complaint: Complaints,
    an_advice: AdviceOf,
    work_as: WorkAs,
    runtime: Runtime,
    rows: Rows,
) -> None:
    advice = await an_advice(agency=sure("PLN"), category=sure("ESDM.LISTRIK"))
    figures = {} if rows_of_people is None else {"agency": {"rows": 5_000, "decided_rows": rows_of_people}}
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(ClassifierVersion).values(metrics=figures))
    complaint = await a_complaint(text=VAGUE, advice=advice)
    async with work_as(SYSTEM) as work:
        # What a candidate answered, unseen and before, was not followed.
        work.session.add(
            Suggestion(
                complaint_id=complaint.id,
                classifier_version_id=(await _shadow(work)).id,
                at=MONDAY - timedelta(hours=1),
                titles=[],
                categories=[],
                agencies=[{"id": None, "label": "BPN", "confidence": 0.99, "words": []}],
                report_types=[],
                urgencies=[],
                screening=[],
                is_sure_of_category=True,
                is_sure_of_agency=True,
                is_shadow=True,
            )
        )

    await run_replay(runtime.workshop, queued)

    (row,) = await rows(RuleReplay)
    assert (row.report or {})["stages"] == {"draft": {stage: 1}, "active": {stage: 1}}


async def _shadow(work: Any) -> ClassifierVersion:
    row = ClassifierVersion(
        id=new_id(), version="calon", state="CANDIDATE", manifest_sha256="0" * 64, metrics={}, registered_at=MONDAY
    )
    work.session.add(row)
    await work.session.flush()
    return row


async def test_one_whose_worker_died_starts_from_nothing_and_replaces_what_was_left(
    running: Assignment, a_complaint: Complaints, runtime: Runtime, work_as: WorkAs, rows: Rows, clock: Clock
) -> None:
    complaint = await a_complaint(text=LAMP)
    left = Move(complaint.id.hex, "BPN", None, "LEFT", None, None)
    async with work_as(SYSTEM) as work:
        work.session.add(RuleReplayMove(rule_replay_id=running.replay_id, number=7, complaint_id=complaint.id))
        await requeue_replay(work, running.replay_id)
    clock.forward(minutes=1)

    await run_replay(runtime.workshop, running.replay_id)
    async with work_as(SYSTEM) as work:
        # The worker that was given up comes back after all: what it found is of an attempt that does not count.
        goes_on = await note_replay(work, running, 0.1)
        kept = await finish_replay(work, running, Tally().report(()), [left])

    (row,), moves = await rows(RuleReplay), await rows(RuleReplayMove)
    assert (goes_on, kept) == (False, False)
    assert (row.state, row.started_at, row.complaints) == (JobState.DONE, clock.now, 1)
    assert [(move.number, move.to_rule) for move in moves] == [(1, "LAMPU")]


async def test_one_that_was_done_is_not_done_again(
    queued: UUID, a_complaint: Complaints, runtime: Runtime, state: State, clock: Clock
) -> None:
    await a_complaint(text=LAMP)
    await run_replay(runtime.workshop, queued)
    before = await state()
    clock.forward(minutes=1)

    await run_replay(runtime.workshop, queued)

    assert await state() == before


async def test_a_running_replay_stops_within_seconds_when_somebody_says_so(
    queued: UUID,
    desk: RuleDesk,
    a_complaint: Complaints,
    runtime: Runtime,
    work_as: WorkAs,
    rows: Rows,
    waiting: Waiting,
) -> None:
    await a_complaint(text=LAMP)

    async with runtime.database.write.connect() as other, anyio.create_task_group() as tasks:
        # While nobody may read the texts, the replay cannot end by itself.
        await other.execute(text("lock table complaint_text in access exclusive mode"))
        tasks.start_soon(run_replay, runtime.workshop, queued)
        await waiting()
        async with work_as(desk.admin) as work:
            await cancel_replay(work, queued)

    (row,) = await rows(RuleReplay)
    assert (row.state, row.failure, row.report) == (JobState.CANCELLED, None, None)


async def test_a_worker_that_is_stopped_tells_so(
    queued: UUID, a_complaint: Complaints, runtime: Runtime, rows: Rows, waiting: Waiting
) -> None:
    await a_complaint(text=LAMP)

    async with runtime.database.write.connect() as other, anyio.create_task_group() as tasks:
        await other.execute(text("lock table complaint_text in access exclusive mode"))
        tasks.start_soon(run_replay, runtime.workshop, queued)
        await waiting()
        tasks.cancel_scope.cancel()

    (row,) = await rows(RuleReplay)
    assert (row.state, row.failure) == (JobState.FAILED, "WORKER_STOPPED")


async def test_what_cannot_be_judged_fails_the_replay_and_no_other(
    queued: UUID, a_complaint: Complaints, an_advice: AdviceOf, runtime: Runtime, work_as: WorkAs, rows: Rows
) -> None:
    await a_complaint(text=LAMP, advice=await an_advice(agency=sure("PLN")))
    async with work_as(SYSTEM) as work:
        await work.session.execute(text("""update suggestion set agencies = '{"label": "PLN"}'"""))

    await run_replay(runtime.workshop, queued)

    (row,) = await rows(RuleReplay)
    assert (row.state, row.failure, row.report) == (JobState.FAILED, "PROCESS_DIED", None)


async def test_rules_that_this_version_cannot_read_fail_the_replay(
    queued: UUID, draft: RuleSet, runtime: Runtime, work_as: WorkAs, rows: Rows
) -> None:
    async with work_as(SYSTEM) as work:
        mine = RoutingRule.rule_set_id == draft.id
        await work.session.execute(update(RoutingRule).where(mine).values(conditions={"moon": "full"}))

    await run_replay(runtime.workshop, queued)

    (row,) = await rows(RuleReplay)
    assert (row.state, row.failure) == (JobState.FAILED, "BROKEN_RULES")
