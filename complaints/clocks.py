"""Starting, pausing and stopping what a complaint waits for."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import select

from complaints.knowledge import Knowledge
from complaints.work import Work
from models import Complaint, ComplaintClock, new_id
from rules.clock_words import Pause, due_after
from rules.deadlines import due_at, local_date, resume
from rules.vocabulary import Clock

# The clocks that staff answer for; the others wait for the reporter and do not sort a queue.
STAFF_CLOCKS = frozenset({Clock.VERIFICATION, Clock.FIRST_RESPONSE, Clock.COMPLETION})


def new_clock(knowledge: Knowledge, complaint: Complaint, clock: Clock, started_at: datetime) -> ComplaintClock:
    """A clock that starts now, due by the limit that governs this complaint today."""
    day = local_date(started_at)
    limit = knowledge.limit(clock, complaint.classification, complaint.mechanism, day)
    return ComplaintClock(
        id=new_id(),
        complaint_id=complaint.id,
        clock=clock,
        rule_code=limit.code,
        started_at=started_at,
        due_at=due_at(started_at, limit.limit, knowledge.calendar),
        announced_level=0,
        pauses=[],
    )


def pauses_of(pauses: Sequence[Mapping[str, str]]) -> list[Pause]:
    """The pauses of a clock that are over, oldest first, as its row holds them."""
    return [Pause(datetime.fromisoformat(one["from"]), datetime.fromisoformat(one["until"])) for one in pauses]


def worked_out(knowledge: Knowledge, complaint: Complaint, row: ComplaintClock) -> tuple[str, datetime]:
    """The rule that governs a running clock and when it is due, from its start and its pauses alone."""
    day = local_date(row.started_at)
    limit = knowledge.limit(row.clock, complaint.classification, complaint.mechanism, day)
    return limit.code, due_after(row.started_at, limit.limit, pauses_of(row.pauses), knowledge.calendar)


class Clocks:
    """The clocks of one complaint that still run, and its `due_at` kept in step with them."""

    def __init__(self, work: Work, complaint: Complaint, running: list[ComplaintClock]) -> None:
        self._work = work
        self._complaint = complaint
        self._running = running

    @classmethod
    async def of(cls, work: Work, complaint: Complaint) -> Self:
        """Read the running clocks; the complaint's row is locked already."""
        statement = select(ComplaintClock).where(
            ComplaintClock.complaint_id == complaint.id, ComplaintClock.stopped_at.is_(None)
        )
        return cls(work, complaint, list((await work.session.scalars(statement)).all()))

    def is_overdue(self, clock: Clock) -> bool:
        """Whether this clock runs and its time is over."""
        return any(row.clock is clock and row.due_at < self._work.now for row in self._running)

    def start(self, *clocks: Clock) -> None:
        """Start what does not run yet."""
        running = {row.clock for row in self._running}
        for clock in clocks:
            if clock not in running:
                row = new_clock(self._work.knowledge, self._complaint, clock, self._work.now)
                self._work.session.add(row)
                self._running.append(row)
        self._settle()

    async def restart(self, clock: Clock) -> None:
        """Start from the beginning, whether it runs or not."""
        self.stop(clock)
        # Only one clock of a kind may run (partial unique index): the stop must reach the database first.
        await self._work.session.flush()
        self.start(clock)

    def stop(self, *clocks: Clock) -> None:
        """Stop these, or all when none is named."""
        for row in self._running:
            if not clocks or row.clock in clocks:
                self._end_pause(row)
                row.stopped_at = self._work.now
        self._running = [row for row in self._running if row.stopped_at is None]
        self._settle()

    def pause(self) -> None:
        """Stand still while the reporter is asked; only staff clocks pause."""
        for row in self._running:
            if row.clock in STAFF_CLOCKS and row.paused_at is None:
                row.paused_at = self._work.now
        self._settle()

    def resume(self) -> None:
        """Go on; what is due moves by the working days that passed meanwhile.

        Not while the complaint follows another one: nothing is owed for it then.
        """
        if self._complaint.merged_into_id is None:
            self.go_on([row.id for row in self._running])

    def stand_still(self) -> list[UUID]:
        """Stop the time of every clock, the reporter's as well; gives those that did not stand still before."""
        moving = [row for row in self._running if row.paused_at is None]
        for row in moving:
            row.paused_at = self._work.now
        self._settle()
        return [row.id for row in moving]

    def go_on(self, clock_ids: Collection[UUID]) -> None:
        """Let these go on, if they still run; what is due moves by the time that passed meanwhile."""
        for row in self._running:
            if row.id in clock_ids and row.paused_at is not None:
                knowledge = self._work.knowledge
                unit = knowledge.unit_of(row.rule_code)
                row.due_at = resume(row.due_at, row.paused_at, self._work.now, knowledge.calendar, unit)
                self._end_pause(row)
        self._settle()

    def govern_anew(self, *clocks: Clock) -> None:
        """Work out the due date again from the start: the classification or mechanism changed."""
        for row in self._running:
            if row.clock in clocks:
                row.rule_code, row.due_at = worked_out(self._work.knowledge, self._complaint, row)
        self._settle()

    def work_out(self) -> list[tuple[ComplaintClock, datetime]]:
        """Work out every due date again from its start and its pauses; gives what moved, with what it was before."""
        moved = []
        for row in self._running:
            before = row.due_at
            row.rule_code, row.due_at = worked_out(self._work.knowledge, self._complaint, row)
            if row.due_at != before:
                moved.append((row, before))
        self._settle()
        return moved

    def _end_pause(self, row: ComplaintClock) -> None:
        if row.paused_at is not None:
            pause = {"from": row.paused_at.isoformat(), "until": self._work.now.isoformat()}
            row.pauses = [*row.pauses, pause]
            row.paused_at = None

    def _settle(self) -> None:
        self._complaint.due_at = min(
            (row.due_at for row in self._running if row.clock in STAFF_CLOCKS and row.paused_at is None),
            default=None,
        )
