"""What happens later and by itself: late advice, escalation, closing by silence, tidying up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import procrastinate
import structlog
from sqlalchemy import delete, or_, select

from complaints.clocks import STAFF_CLOCKS, Clocks
from complaints.close import close_by_silence
from complaints.desk import archive
from complaints.events import Escalated
from complaints.policy import SYSTEM
from complaints.refusals import Busy, IllegalStep
from complaints.routing import decide_route
from complaints.submit import SUGGEST_LATER
from complaints.suggest import Adviser, keep_suggestion, question_about
from complaints.work import Work, Workshop
from models import ComplaintClock, ComplaintCopy, ComplaintReporter, Session, Suggestion
from rules.deadlines import local_date
from rules.ladder import LAST_REMINDER, MARGIN, TOP, rung_at, step_reached
from rules.vocabulary import Action, Clock, Status

log = structlog.get_logger()

# How many complaints one run of a periodic job takes; the next run goes on.
BATCH = 500
COMPLETION_EXPIRED = "TIDAK_DILENGKAPI"


@dataclass(frozen=True, slots=True)
class Staff:
    """What the jobs work with."""

    workshop: Workshop
    adviser: Adviser


def add_jobs(app: procrastinate.App, staff: Staff) -> None:
    """Register all jobs with the queue's app."""

    @app.task(name=SUGGEST_LATER, retry=procrastinate.RetryStrategy(max_attempts=10, exponential_wait=4))
    async def _suggest_later(complaint_id: str) -> None:
        await suggest_later(staff, UUID(complaint_id))

    @app.periodic(cron="*/5 * * * *")
    @app.task(name="complaints.escalate", queueing_lock="complaints.escalate")
    async def _escalate(timestamp: int) -> None:
        del timestamp
        await escalate(staff.workshop)

    @app.periodic(cron="*/5 * * * *")
    @app.task(name="complaints.expire", queueing_lock="complaints.expire")
    async def _expire(timestamp: int) -> None:
        del timestamp
        await expire(staff.workshop)

    @app.periodic(cron="17 19 * * *")
    @app.task(name="complaints.prune", queueing_lock="complaints.prune")
    async def _prune(timestamp: int) -> None:
        del timestamp
        await prune(staff.workshop)


class NoClassifier(Exception):
    """No version serves yet; the job is tried again."""


async def suggest_later(staff: Staff, complaint_id: UUID) -> None:
    """Advice for a complaint that was filed without; routes again only what the first route left to the desk.

    Idempotent: a complaint that has a suggestion of the serving version keeps it. Raises `NoClassifier`.
    """
    async with staff.workshop.work(SYSTEM) as work:
        question = await question_about(work, complaint_id)
    advice = await staff.adviser.advise(question)
    if advice is None:
        raise NoClassifier
    async with staff.workshop.work(SYSTEM) as work:
        complaint = await work.complaint(complaint_id, Action.SUGGEST)
        existing = select(Suggestion.id).where(
            Suggestion.complaint_id == complaint_id, Suggestion.classifier_version_id == advice.version_id
        )
        if complaint.status is not Status.UNVERIFIED or (await work.session.execute(existing)).first() is not None:
            return
        keep_suggestion(work, complaint, advice)
        if complaint.queue_agency_id is None and complaint.hops == 0 and complaint.merged_into_id is None:
            reporter = await work.session.get_one(ComplaintReporter, complaint_id)
            decision = decide_route(work, complaint, reporter, question.text, advice)
            for code in decision.copies:
                agency_id = work.knowledge.agency_ids[code]
                await work.session.merge(ComplaintCopy(complaint_id=complaint_id, agency_id=agency_id))
            (await Clocks.of(work, complaint)).govern_anew(Clock.VERIFICATION)


async def escalate(workshop: Workshop) -> int:
    """Announce each rung of `rules.ladder.LADDER` once: reminders before the due date, then escalations after it.

    Gives how many were announced. Idempotent: what was announced is noted on the clock.
    """
    async with workshop.work(SYSTEM) as work:
        statement = (
            select(
                ComplaintClock.id,
                ComplaintClock.complaint_id,
                ComplaintClock.clock,
                ComplaintClock.rule_code,
                ComplaintClock.started_at,
                ComplaintClock.due_at,
                ComplaintClock.announced_level,
            )
            .where(
                ComplaintClock.stopped_at.is_(None),
                ComplaintClock.paused_at.is_(None),
                # Half of it is over, or will be within the margin.
                ComplaintClock.due_at - (work.now + MARGIN) < (work.now + MARGIN) - ComplaintClock.started_at,
                # The second rung is a working day before the end: so many days away at most, whatever holidays lie
                # between.
                or_(ComplaintClock.announced_level == 0, ComplaintClock.due_at < work.now + MARGIN),
                ComplaintClock.announced_level < TOP,
            )
            .order_by(ComplaintClock.due_at, ComplaintClock.id)
        )
        reached = [
            (row.id, row.complaint_id)
            async for row in await work.session.stream(statement)
            if _step(work, row) > row.announced_level
        ]
    return sum([await _announce(workshop, *pair) for pair in reached])


class _Running(Protocol):
    @property
    def clock(self) -> Clock: ...
    @property
    def rule_code(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime: ...


def _step(work: Work, clock: _Running) -> int:
    limit = work.knowledge.limit_of(clock.rule_code, local_date(clock.started_at))
    step = step_reached(clock.due_at, limit, work.now, work.knowledge.calendar)
    # Nobody is late whose time to answer is over: what follows then, `expire` does.
    return step if clock.clock in STAFF_CLOCKS else min(step, LAST_REMINDER)


async def _announce(workshop: Workshop, clock_id: UUID, complaint_id: UUID) -> bool:
    try:
        async with workshop.work(SYSTEM) as work:
            complaint = await work.complaint(complaint_id, Action.ESCALATE)
            clock = await work.session.get_one(ComplaintClock, clock_id)
            step = _step(work, clock)
            if clock.stopped_at is not None or clock.paused_at is not None or step <= clock.announced_level:
                return False
            clock.announced_level = step
            work.record(complaint, Escalated(clock.clock, rung_at(step).level))
            return True
    except Busy:
        # Whoever holds it may be just answering; the next run looks again, and the others are not kept waiting.
        log.info("complaint.busy", complaint_id=str(complaint_id))
        return False


async def expire(workshop: Workshop) -> int:
    """Close what the reporter left without a reply, and archive what was never completed."""
    async with workshop.work(SYSTEM) as work:
        statement = (
            select(ComplaintClock.complaint_id, ComplaintClock.clock)
            .where(
                ComplaintClock.stopped_at.is_(None),
                ComplaintClock.clock.in_([Clock.REPLY_WINDOW, Clock.REPORTER_COMPLETION]),
                # What follows another complaint waits for nobody.
                ComplaintClock.paused_at.is_(None),
                ComplaintClock.due_at < work.now,
            )
            .limit(BATCH)
        )
        due = list(await work.session.execute(statement))
    return sum([await _end_unanswered(workshop, complaint_id, clock) for complaint_id, clock in due])


async def _end_unanswered(workshop: Workshop, complaint_id: UUID, clock: Clock) -> bool:
    action = Action.AUTO_CLOSE if clock is Clock.REPLY_WINDOW else Action.ARCHIVE
    try:
        async with workshop.work(SYSTEM) as work:
            complaint = await work.complaint(complaint_id, action)
            # The reporter may have answered between the search and the lock.
            if not (await Clocks.of(work, complaint)).is_overdue(clock):
                return False
            if action is Action.AUTO_CLOSE:
                await close_by_silence(work, complaint_id)
            else:
                await archive(work, complaint_id, COMPLETION_EXPIRED, None, seen_version=None)
    except (Busy, IllegalStep) as refusal:
        log.info("complaint.moved_on", complaint_id=str(complaint_id), refusal=type(refusal).__name__)
        return False
    return True


async def prune(workshop: Workshop) -> None:
    """Forget sessions that ended a month ago."""
    async with workshop.work(SYSTEM) as work:
        await work.session.execute(delete(Session).where(Session.expires_at < work.now - timedelta(days=30)))
