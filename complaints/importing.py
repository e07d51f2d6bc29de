"""Bringing in many complaints at once from CSV or JSONL: restartable, idempotent, each advised and routed."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path

import anyio
import anyio.to_thread
from anyio.streams.memory import MemoryObjectSendStream
from sqlalchemy import select

from complaints.knowledge import Knowledge
from complaints.policy import SYSTEM
from complaints.refusals import Invalid
from complaints.submit import Draft, checked_draft, file, key_digest
from complaints.suggest import Advice, Question
from complaints.work import Work, Workshop
from ml.dataset import Example, load
from models import Complaint
from rules.deadlines import JAKARTA
from rules.vocabulary import Channel, ReportType, TermKind

# One transaction each: large enough to write fast, small enough to lose little when the process is killed.
BATCH = 250
# A report known only by its day starts its clocks when offices open.
OPENING = time(8, 0, tzinfo=JAKARTA)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not brought in: where it stands, and what would have to change."""

    file: str
    row: str
    reason: str


@dataclass(slots=True)
class Tally:
    """How an import stands."""

    added: int = 0
    known: int = 0
    rejected: int = 0


class Importer:
    """Brings rows in, a batch a transaction; while one batch is written the next one is advised."""

    def __init__(
        self,
        workshop: Workshop,
        *,
        advise: Callable[[Sequence[Question]], Awaitable[Sequence[Advice]]],
        reject: Callable[[Rejected], None],
        expect: Callable[[int], None],
        progress: Callable[[int], None],
    ) -> None:
        """`advise` answers a batch, or nothing when no classifier serves.

        `reject` hears of each row that stays out, `expect` how many rows there are, `progress` how many are done.
        """
        self._workshop = workshop
        self._advise = advise
        self._reject = reject
        self._expect = expect
        self._progress = progress
        self._expected = 0
        self._seen: set[bytes] = set()
        self.tally = Tally()

    async def bring_in(self, path: Path) -> None:
        """All rows of one file. Killed at any moment and run again, it goes on where it was."""
        loaded = await anyio.to_thread.run_sync(load, [path])
        for problem in loaded.problems:
            self._refuse(path, str(problem.line), problem.reason)
        self._expected += len(loaded.examples)
        self._expect(self._expected)
        send, receive = anyio.create_memory_object_stream[tuple[Sequence[Example], Sequence[Advice]]](1)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._advise_ahead, loaded.examples, send)
            async with receive:
                async for examples, advice in receive:
                    await self._write(path, examples, advice)

    async def _advise_ahead(
        self,
        examples: Sequence[Example],
        send: MemoryObjectSendStream[tuple[Sequence[Example], Sequence[Advice]]],
    ) -> None:
        async with send:
            for batch in _batches(examples):
                fresh = await self._unknown(batch)
                questions = [Question(example.text, example.title, example.location) for example in fresh]
                advice = await self._advise(questions) if fresh else ()
                self.tally.known += len(batch) - len(fresh)
                self._progress(len(batch) - len(fresh))
                await send.send((fresh, advice))

    async def _unknown(self, batch: Sequence[Example]) -> Sequence[Example]:
        """The rows of a batch that were not brought in before, each once."""
        # A batch that is still being written is not in the database yet, so what this run has seen counts as well.
        keys = {key_digest(SYSTEM, import_key(example)): example for example in reversed(batch)}
        keys = {key: example for key, example in keys.items() if key not in self._seen}
        self._seen.update(keys)
        async with self._workshop.work(SYSTEM) as work:
            statement = select(Complaint.idempotency_key).where(Complaint.idempotency_key.in_(list(keys)))
            known = set((await work.session.scalars(statement)).all())
        return [example for key, example in reversed(keys.items()) if key not in known]

    async def _write(self, path: Path, examples: Sequence[Example], advice: Sequence[Advice]) -> None:
        added = 0
        async with self._workshop.work(SYSTEM) as work:
            work.is_quiet = True
            for position, example in enumerate(examples):
                try:
                    draft = checked_draft(work, _draft(work.knowledge, example))
                except Invalid as invalid:
                    self._refuse(path, example.id, str(invalid))
                    continue
                answer = advice[position] if advice else None
                file(work, draft, answer, submitted_at=_submitted_at(work, example))
                added += 1
        self.tally.added += added
        self._progress(len(examples))

    def _refuse(self, path: Path, row: str, reason: str) -> None:
        self.tally.rejected += 1
        self._reject(Rejected(path.name, row, reason))


def _batches(examples: Sequence[Example]) -> Iterator[Sequence[Example]]:
    rows = iter(examples)
    while batch := list(islice(rows, BATCH)):
        yield batch


def import_key(example: Example) -> str:
    """The idempotency key of a row: its source and its id."""
    return f"imported complaint|{example.source or ''}|{example.id}"


def _draft(knowledge: Knowledge, example: Example) -> Draft:
    return Draft(
        text=example.text,
        title=None if example.title is None else example.title[:150],
        report_type=_report_type(knowledge, example.report_type),
        place=None if example.location is None else example.location[:300],
        channel=Channel.API,
        idempotency_key=import_key(example),
    )


def _report_type(knowledge: Knowledge, label: str | None) -> ReportType:
    """The report type by code or Indonesian label; what is neither is a complaint, the admin sees the text."""
    wanted = "" if label is None else label.casefold()
    for row in knowledge.term_rows:
        if row.kind is TermKind.REPORT_TYPE and wanted in (row.code.casefold(), row.label_id.casefold()):
            return ReportType(row.code)
    return ReportType.COMPLAINT


def _submitted_at(work: Work, example: Example) -> datetime:
    if example.date is None:
        return work.now
    return min(datetime.combine(date.fromisoformat(example.date), OPENING), work.now)
