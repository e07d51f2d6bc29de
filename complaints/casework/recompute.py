"""When the calendar or a limit changed, every running clock is worked out again, with a trace of what moved."""

import hashlib
import json
from importlib.metadata import version
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from complaints.clocks import Clocks
from complaints.events import DueMoved
from complaints.knowledge import Knowledge
from complaints.policy import SYSTEM
from complaints.refusals import Busy
from complaints.work import Workshop
from models import ClockBasis, ComplaintClock
from rules.vocabulary import Action

log = structlog.get_logger()

_ONLY = 1


def fingerprint(knowledge: Knowledge) -> str:
    """What all due dates hang on: the holidays, the decrees that differ from them, and the limits."""
    said = {
        "holidays": version("holidays"),
        "overrides": sorted((day.isoformat(), works) for day, works in knowledge.calendar.overrides.items()),
        "limits": sorted(
            [
                limit.code,
                limit.clock,
                limit.limit.value,
                limit.limit.unit,
                sorted(limit.classifications),
                limit.mechanism or "",
                limit.valid_from.isoformat(),
                "" if limit.valid_to is None else limit.valid_to.isoformat(),
            ]
            for limit in knowledge.clocks
        ),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


async def recompute(workshop: Workshop) -> int:
    """Work out the running clocks again, if calendar or limits changed since last time; gives how many moved.

    Idempotent and restartable: each complaint is a transaction, and one that agrees is left alone. What is standing
    still or was announced before stays so.
    """
    async with workshop.work(SYSTEM) as work:
        current = fingerprint(work.knowledge)
        basis = await work.session.get(ClockBasis, _ONLY)
        if basis is not None and basis.fingerprint == current and basis.is_settled:
            return 0
        is_second = basis is not None and basis.fingerprint == current
        statement = select(ComplaintClock.complaint_id).where(ComplaintClock.stopped_at.is_(None)).distinct()
        waiting = list((await work.session.scalars(statement)).all())
    moved, is_complete = 0, True
    for complaint_id in waiting:
        number = await _work_out(workshop, complaint_id, current)
        is_complete = is_complete and number is not None
        moved += number or 0
    async with workshop.work(SYSTEM) as work:
        # Another process may have started clocks by the old calendar until its knowledge was read anew: the first
        # complete pass is followed by a second.
        values = {"fingerprint": current, "is_settled": is_complete and is_second, "at": work.now}
        if is_complete:
            settled = insert(ClockBasis).values(id=_ONLY, **values)
            await work.session.execute(settled.on_conflict_do_update(index_elements=["id"], set_=values))
    if moved:
        log.info("clocks.recomputed", moved=moved)
    return moved


async def _work_out(workshop: Workshop, complaint_id: UUID, basis: str) -> int | None:
    """How many clocks of one complaint moved; None when it could not be done now."""
    try:
        async with workshop.work(SYSTEM) as work:
            if fingerprint(work.knowledge) != basis:
                return None
            complaint = await work.complaint(complaint_id, Action.ESCALATE)
            moved = (await Clocks.of(work, complaint)).work_out()
            for clock, before in moved:
                event = DueMoved(clock.clock, clock.rule_code, before.isoformat(), clock.due_at.isoformat())
                work.record(complaint, event)
            return len(moved)
    except Busy:
        return None
