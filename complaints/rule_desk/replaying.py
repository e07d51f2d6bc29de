"""Carrying a replay out: complaints read in batches, judged in two processes, counted in their order."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import anyio
import anyio.to_process
import orjson
import structlog
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from pydantic import ValidationError
from sqlalchemy import Executable, Row, Text, cast, func, select, true, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by, array
from sqlalchemy.exc import SQLAlchemyError

from complaints.policy import SYSTEM
from complaints.refusals import Busy
from complaints.rule_desk.judging import Past, judge
from complaints.rule_desk.replays import Assignment, begin_replay, end_replay, finish_replay, note_replay, within
from complaints.work import Workshop
from models import Complaint, ComplaintEvent, ComplaintReporter, ComplaintText, Suggestion
from rules.language import ReporterFlag
from rules.replay import Tally
from rules.vocabulary import JobState

log = structlog.get_logger()

# How often progress is written and the wish to stop is read.
_BEAT_SECONDS = 1.0

_Batch = tuple[int, list[Past]]


@dataclass(frozen=True, slots=True)
class ReplayLimits:
    """How a replay is carried out: complaints judged in one go, processes that judge, moves kept as examples."""

    batch: int = 1_000
    processes: int = 2
    moves: int = 10_000


@dataclass(slots=True)
class _Progress:
    """What was judged so far. Batches may come back in another order than they went; they are counted in order."""

    whole: Tally
    done: int = 0
    counted: int = 0
    early: dict[int, Tally] = field(default_factory=dict)
    goes_on: bool = True

    def take(self, number: int, tally: Tally, complaints: int) -> None:
        self.early[number] = tally
        self.done += complaints
        while (ready := self.early.pop(self.counted, None)) is not None:
            self.whole.merge(ready)
            self.counted += 1


async def run_replay(workshop: Workshop, replay_id: UUID, limits: ReplayLimits | None = None) -> None:
    """One replay from start to end. Whatever happens is written to it; nothing is raised but cancellation.

    Safe to run twice: one that was done stays, one that is taken up again starts from nothing.
    """
    limits = limits or ReplayLimits()
    try:
        async with workshop.work(SYSTEM) as work:
            assignment = await begin_replay(work, replay_id)
    except ValidationError:
        log.exception("replay.unreadable_rules", replay=str(replay_id))
        await _ended(workshop, replay_id, JobState.FAILED, "BROKEN_RULES")
        return
    if assignment is None:
        return
    progress = _Progress(Tally(limits.moves))
    try:
        await _carried_out(workshop, assignment, limits, progress)
    except anyio.get_cancelled_exc_class():
        with anyio.CancelScope(shield=True):
            await _ended(workshop, replay_id, JobState.FAILED, "WORKER_STOPPED")
        raise


async def _carried_out(workshop: Workshop, assignment: Assignment, limits: ReplayLimits, progress: _Progress) -> None:
    replay_id = assignment.replay_id
    try:
        await _judge_all(workshop, assignment, limits, progress)
        if not progress.goes_on:
            await _ended(workshop, replay_id, JobState.CANCELLED)
            return
        report = progress.whole.report(assignment.rules)
        async with workshop.work(SYSTEM) as work:
            await finish_replay(work, assignment, report, progress.whole.moves)
        log.info("replay.done", replay=str(replay_id), complaints=progress.done)
    except* (anyio.BrokenWorkerProcess, Busy, SQLAlchemyError, OSError, ValueError, TypeError, LookupError):
        log.exception("replay.failed", replay=str(replay_id))
        await _ended(workshop, replay_id, JobState.FAILED, "PROCESS_DIED")


async def _ended(workshop: Workshop, replay_id: UUID, state: JobState, failure: str | None = None) -> None:
    async with workshop.work(SYSTEM) as work:
        await end_replay(work, replay_id, state, failure)


async def _judge_all(workshop: Workshop, assignment: Assignment, limits: ReplayLimits, progress: _Progress) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_beat, workshop, assignment, progress, tasks.cancel_scope)
        send, receive = anyio.create_memory_object_stream[_Batch](0)
        async with anyio.create_task_group() as judges:
            judges.start_soon(_read, workshop, assignment, limits, send)
            packed, limiter = assignment.sides.packed(), anyio.CapacityLimiter(limits.processes)
            for _ in range(limits.processes):
                judges.start_soon(_judge, assignment.key, packed, limits, limiter, receive.clone(), progress)
            receive.close()
        tasks.cancel_scope.cancel()


async def _beat(workshop: Workshop, assignment: Assignment, progress: _Progress, everything: anyio.CancelScope) -> None:
    while True:
        try:
            async with workshop.work(SYSTEM) as work:
                fraction = progress.done / max(assignment.complaints, 1)
                progress.goes_on = await note_replay(work, assignment, fraction)
        except (Busy, SQLAlchemyError, OSError):
            # A database that is away for a moment is no reason to throw minutes of judging away.
            log.exception("replay.progress_not_noted", replay=str(assignment.replay_id))
        if not progress.goes_on:
            everything.cancel()
            return
        await anyio.sleep(_BEAT_SECONDS)


async def _read(
    workshop: Workshop, assignment: Assignment, limits: ReplayLimits, send: MemoryObjectSendStream[_Batch]
) -> None:
    async with send:
        number = 0
        async for batch in past_complaints(workshop, assignment, limits.batch):
            await send.send((number, batch))
            number += 1


async def _judge(
    key: str,
    packed: bytes,
    limits: ReplayLimits,
    limiter: anyio.CapacityLimiter,
    receive: MemoryObjectReceiveStream[_Batch],
    progress: _Progress,
) -> None:
    async with receive:
        async for number, batch in receive:
            tally = await anyio.to_process.run_sync(
                judge, key, packed, batch, limits.moves, cancellable=True, limiter=limiter
            )
            progress.take(number, tally, len(batch))


async def past_complaints(workshop: Workshop, assignment: Assignment, size: int) -> AsyncIterator[list[Past]]:
    """The complaints of the period in batches, oldest first; each batch is a transaction of its own."""
    after: tuple[datetime, UUID] | None = None
    while True:
        async with workshop.work(SYSTEM) as work:
            rows = (await work.session.execute(batch_statement(assignment.period, after, size))).all()
        if rows:
            yield [_past(row, assignment) for row in rows]
        if len(rows) < size:
            return
        after = (rows[-1].submitted_at, rows[-1].id)


def batch_statement(
    period: tuple[datetime | None, datetime | None], after: tuple[datetime, UUID] | None, size: int
) -> Executable:
    """One page by key of the complaints with what routing looks at: text, first answer, what people corrected.

    JSON stays text: the process that judges reads it.
    """
    page = select(Complaint.__table__).where(*within(period)).order_by(Complaint.submitted_at, Complaint.id).limit(size)
    if after is not None:
        page = page.where(tuple_(Complaint.submitted_at, Complaint.id) > tuple_(*after))
    case = page.subquery("page")
    # The first answer that people saw: the one that routing had.
    answer = (
        select(
            Suggestion.classifier_version_id,
            cast(Suggestion.categories, Text).label("categories"),
            cast(Suggestion.agencies, Text).label("agencies"),
            Suggestion.is_sure_of_agency,
        )
        .where(Suggestion.complaint_id == case.c.id, ~Suggestion.is_shadow)
        .order_by(Suggestion.at, Suggestion.id)
        .limit(1)
        .lateral("answer")
    )
    corrected = ComplaintEvent.data["corrected"]
    corrections = (
        select(cast(func.jsonb_agg(aggregate_order_by(corrected, ComplaintEvent.seq)), Text).label("corrected"))
        .where(
            ComplaintEvent.complaint_id == case.c.id,
            ComplaintEvent.kind == "Verified",
            corrected.has_any(array(["category", "region", "secret"])),
        )
        .lateral("corrections")
    )
    return (
        select(
            case.c.id,
            case.c.category_id,
            case.c.chosen_agency_id,
            case.c.entry_agency_id,
            case.c.agency_id,
            case.c.region_code,
            case.c.channel,
            case.c.report_type,
            case.c.submitted_at,
            case.c.verified_at,
            case.c.hops,
            case.c.is_anonymous,
            case.c.is_secret,
            ComplaintText.original_body,
            ComplaintReporter.person_id,
            ComplaintReporter.entered_by_id,
            answer.c.classifier_version_id,
            answer.c.categories,
            answer.c.agencies,
            answer.c.is_sure_of_agency,
            corrections.c.corrected,
        )
        .join(ComplaintText, ComplaintText.complaint_id == case.c.id)
        .join(ComplaintReporter, ComplaintReporter.complaint_id == case.c.id, isouter=True)
        .join(answer, true(), isouter=True)
        .join(corrections, true(), isouter=True)
        .order_by(case.c.submitted_at, case.c.id)
    )


def _past(row: Row[Any], assignment: Assignment) -> Past:
    codes = assignment.codes
    category = None if row.category_id is None else assignment.categories[row.category_id]
    region, is_secret = row.region_code, row.is_secret
    if row.corrected is not None:
        # What people changed in the end was not what routing saw: the first correction tells what stood there before.
        for change in reversed(orjson.loads(row.corrected)):
            category = change["category"][0] if "category" in change else category
            region = change["region"][0] if "region" in change else region
            is_secret = change["secret"][0] == "True" if "secret" in change else is_secret
    flags = (
        (ReporterFlag.ANONYMOUS, row.is_anonymous),
        (ReporterFlag.SECRET, is_secret),
        (ReporterFlag.WITH_ACCOUNT, row.person_id is not None),
        (ReporterFlag.ON_BEHALF, row.entered_by_id is not None),
    )
    return Past(
        id=row.id.hex,
        body=row.original_body,
        category=category,
        chosen_agency=None if row.chosen_agency_id is None else codes[row.chosen_agency_id],
        entry_agency=None if row.entry_agency_id is None else codes[row.entry_agency_id],
        region=region,
        channel=row.channel,
        report_type=row.report_type,
        submitted_at=row.submitted_at,
        flags=tuple(str(flag) for flag, is_true in flags if is_true),
        categories=row.categories,
        agencies=row.agencies,
        is_sure=bool(row.is_sure_of_agency),
        proven=assignment.proven.get(row.classifier_version_id, ()),
        decided=None if row.verified_at is None or row.agency_id is None else assignment.owners[row.agency_id],
        hops=row.hops,
    )
