"""Replays: a draft asked about past complaints, carried out by the worker, stopped when somebody says so."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from complaints.inputs import Problems
from complaints.refusals import Invalid, NotFound, Problem
from complaints.rule_desk.judging import Sides
from complaints.rule_desk.rows import read_set
from complaints.rule_desk.sets import OPEN
from complaints.work import Work
from models import ClassifierVersion, Complaint, RuleReplay, RuleReplayMove, RuleSet
from rules.deadlines import JAKARTA
from rules.documents import plain
from rules.language import Rule
from rules.replay import Move
from rules.vocabulary import Action, JobState

REPLAY = "rules.replay"
# A worker writes a heartbeat every second or so; one that is silent for so long is gone.
SILENCE = timedelta(seconds=60)
_ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
_MOVES_AT_ONCE = 1_000
# As in `ml.heads`: with fewer decisions of people behind it, no answer of the classifier acts by itself.
DECISIONS_THAT_PROVE = 1_000


async def request_replay(
    work: Work, set_id: UUID, day_from: date | None = None, day_to: date | None = None
) -> RuleReplay:
    """Ask what a draft or checked set would have done with the complaints of some days (`day_to` is the day after).

    The same question that still waits or runs is asked once. Raises `NotFound`, and `Invalid` for a set that acts or
    acted, or an empty period.
    """
    work.require(Action.MANAGE_RULES)
    asked = await work.session.get(RuleSet, set_id)
    if asked is None:
        raise NotFound("RuleSet", "ruleSetId")
    problems = Problems()
    if asked.state not in OPEN:
        problems.add("ruleSetId", "NOT_A_DRAFT", state=str(asked.state))
    if day_from is not None and day_to is not None and day_to <= day_from:
        problems.add("dayTo", "BEFORE_START")
    problems.settle()
    same = select(RuleReplay).where(
        RuleReplay.rule_set_id == set_id,
        RuleReplay.rule_set_version == asked.version,
        RuleReplay.day_from.is_not_distinct_from(day_from),
        RuleReplay.day_to.is_not_distinct_from(day_to),
        RuleReplay.state.in_([JobState.QUEUED, JobState.RUNNING]),
        RuleReplay.cancel_requested_at.is_(None),
    )
    waiting = (await work.session.scalars(same.limit(1))).one_or_none()
    if waiting is not None:
        return waiting
    row = RuleReplay(
        id=work.new_id(),
        rule_set_id=set_id,
        rule_set_version=asked.version,
        against_id=work.knowledge.rule_set_id,
        day_from=day_from,
        day_to=day_to,
        state=JobState.QUEUED,
        requested_by_id=work.actor.id,
        requested_at=work.now,
    )
    work.session.add(row)
    await work.later(REPLAY, lock=str(row.id), replay_id=str(row.id))
    return row


async def cancel_replay(work: Work, replay_id: UUID) -> RuleReplay:
    """Stop it: at once when it waits, within seconds when it runs. Raises `NotFound`, `Invalid` when it ended."""
    work.require(Action.MANAGE_RULES)
    row = await _locked(work, replay_id)
    if row.state in _ENDED:
        raise Invalid(Problem("id", "ALREADY_ENDED", {"state": str(row.state)}))
    if row.cancel_requested_at is None:
        row.cancel_requested_at = work.now
    if row.state is JobState.QUEUED:
        row.state, row.finished_at = JobState.CANCELLED, work.now
    return row


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is to be replayed. `started_at` tells this attempt from an earlier one whose worker was given up.

    `rules` are those of the draft, `codes` and `owners` tell each agency's code and that of the agency above a
    unit by id, `proven` the targets of each version of the classifier that rest on enough decisions of people.
    """

    replay_id: UUID
    started_at: datetime
    complaints: int
    period: tuple[datetime | None, datetime | None]
    rules: tuple[Rule, ...]
    sides: Sides
    codes: Mapping[UUID, str]
    owners: Mapping[UUID, str | None]
    categories: Mapping[UUID, str]
    proven: Mapping[UUID, tuple[str, ...]]

    @property
    def key(self) -> str:
        """Names the compiled rules inside the processes that judge."""
        return f"{self.replay_id} {self.started_at.isoformat()}"


async def begin_replay(work: Work, replay_id: UUID) -> Assignment | None:
    """Take a queued replay up, from nothing; None when it was cancelled meanwhile or somebody else has it.

    Raises `ValidationError` for a rule that this version cannot read.
    """
    row = await _locked(work, replay_id)
    if row.state is not JobState.QUEUED:
        return None
    asked = await work.session.get_one(RuleSet, row.rule_set_id)
    against = await work.session.get_one(RuleSet, row.against_id)
    row.state, row.fraction, row.failure, row.report = JobState.RUNNING, 0.0, None, None
    row.started_at = row.heartbeat_at = work.now
    # What is judged is the draft as it is now; somebody may have changed it while the replay waited.
    row.rule_set_version = asked.version
    draft, active = (await read_set(work, asked)).rules, (await read_set(work, against)).rules
    period = (_midnight(row.day_from), _midnight(row.day_to))
    count = select(func.count()).select_from(Complaint).where(*within(period))
    row.complaints = await work.session.scalar(count) or 0
    knowledge = work.knowledge
    owners = {row_id: knowledge.directory.owner(facts.code) for row_id, facts in knowledge.agencies.items()}
    return Assignment(
        replay_id=row.id,
        started_at=work.now,
        complaints=row.complaints,
        period=period,
        rules=draft,
        sides=Sides(
            draft=tuple(map(plain, draft)),
            draft_policy=asked.classifier,
            active=tuple(map(plain, active)),
            active_policy=against.classifier,
            agencies=tuple(knowledge.agencies.values()),
        ),
        codes={row_id: facts.code for row_id, facts in knowledge.agencies.items()},
        owners={row_id: None if owner is None else owner.code for row_id, owner in owners.items()},
        categories=dict(knowledge.category_codes),
        proven=await _proven(work),
    )


def within(period: tuple[datetime | None, datetime | None]) -> list[ColumnElement[bool]]:
    """The complaints submitted in a period, its end excluded."""
    since, until = period
    conditions = []
    if since is not None:
        conditions.append(Complaint.submitted_at >= since)
    if until is not None:
        conditions.append(Complaint.submitted_at < until)
    return conditions


async def note_replay(work: Work, assignment: Assignment, fraction: float) -> bool:
    """Write how far it is; gives whether it should go on."""
    row = await _locked(work, assignment.replay_id)
    if row.state is not JobState.RUNNING or row.started_at != assignment.started_at:
        return False
    row.heartbeat_at = work.now
    row.fraction = max(row.fraction, min(max(fraction, 0.0), 1.0))
    return row.cancel_requested_at is None


async def finish_replay(work: Work, assignment: Assignment, report: Mapping[str, Any], moves: Sequence[Move]) -> bool:
    """Keep what came out, in the place of what an earlier attempt left; gives whether this attempt still counts.

    Nothing is kept of one that somebody stopped meanwhile.
    """
    row = await _locked(work, assignment.replay_id)
    if row.started_at != assignment.started_at or row.state not in (JobState.RUNNING, JobState.FAILED):
        return False
    if row.cancel_requested_at is not None:
        row.state, row.finished_at = JobState.CANCELLED, work.now
        return False
    await work.session.execute(delete(RuleReplayMove).where(RuleReplayMove.rule_replay_id == row.id))
    for start in range(0, len(moves), _MOVES_AT_ONCE):
        await work.session.execute(
            insert(RuleReplayMove),
            [
                {
                    "rule_replay_id": row.id,
                    "number": number,
                    "complaint_id": UUID(move.id),
                    "from_agency": move.from_agency,
                    "to_agency": move.to_agency,
                    "from_rule": move.from_rule,
                    "to_rule": move.to_rule,
                    "decided_agency": move.decided,
                }
                for number, move in enumerate(moves[start : start + _MOVES_AT_ONCE], start=start + 1)
            ],
        )
    row.report, row.complaints = dict(report), report["complaints"]
    # A worker that was slow to answer may have been given up meanwhile; it was not lost after all.
    row.state, row.failure, row.fraction, row.finished_at = JobState.DONE, None, 1.0, work.now
    return True


async def end_replay(work: Work, replay_id: UUID, state: JobState, failure: str | None = None) -> None:
    """Cancelled, or failed with a code that the door has words for; one that ended stays as it ended."""
    row = await _locked(work, replay_id)
    if row.state not in _ENDED:
        row.state, row.failure, row.finished_at = state, failure, work.now


async def requeue_replay(work: Work, replay_id: UUID) -> None:
    """Its worker died and its job is taken up again: it starts from nothing, unless somebody wants it stopped."""
    row = await _locked(work, replay_id)
    if row.state is not JobState.RUNNING:
        return
    if row.cancel_requested_at is not None:
        row.state, row.finished_at = JobState.CANCELLED, work.now
    else:
        row.state, row.fraction = JobState.QUEUED, 0.0


async def mend_replays(work: Work) -> int:
    """Fail the replays whose worker is gone and whose job nobody takes up again; gives how many."""
    lost = (
        update(RuleReplay)
        .where(RuleReplay.state == JobState.RUNNING, RuleReplay.heartbeat_at < work.now - SILENCE)
        .values(state=JobState.FAILED, failure="WORKER_LOST", finished_at=work.now)
        .returning(RuleReplay.id)
    )
    return len((await work.session.scalars(lost)).all())


async def moves_csv(work: Work, replay_id: UUID) -> AsyncIterator[str]:
    """The moves of a replay as lines of CSV with a header, as they come from the database.

    Raises `NotSignedIn`, `NotAllowed` and `NotFound` at the first line.
    """
    work.require(Action.MANAGE_RULES)
    if await work.session.get(RuleReplay, replay_id) is None:
        raise NotFound("RuleReplay", "id")
    columns = ("from_agency", "to_agency", "from_rule", "to_rule", "decided_agency")
    statement = (
        select(RuleReplayMove.number, Complaint.tracking_code, *(getattr(RuleReplayMove, name) for name in columns))
        .join(Complaint, Complaint.id == RuleReplayMove.complaint_id)
        .where(RuleReplayMove.rule_replay_id == replay_id)
        .order_by(RuleReplayMove.number)
    )
    yield _line(("number", "tracking_code", *columns))
    async for row in await work.session.stream(statement):
        yield _line(row)


def _line(values: Sequence[Any]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(["" if value is None else value for value in values])
    return written.getvalue()


async def _proven(work: Work) -> dict[UUID, tuple[str, ...]]:
    """The targets of each version that rest on enough decisions of people for a condition to count on them."""
    versions = await work.session.execute(select(ClassifierVersion.id, ClassifierVersion.metrics))
    return {
        version_id: tuple(
            target
            for target, figures in metrics.items()
            if figures.get("decided_rows", figures.get("rows", 0)) >= DECISIONS_THAT_PROVE
        )
        for version_id, metrics in versions
    }


async def _locked(work: Work, replay_id: UUID) -> RuleReplay:
    row = await work.session.get(RuleReplay, replay_id, with_for_update=True)
    if row is None:
        raise NotFound("RuleReplay", "id")
    return row


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=JAKARTA)
