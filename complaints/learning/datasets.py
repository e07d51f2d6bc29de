"""Data sets: asked for by data staff, built by the worker, kept as files that training reads and nobody changes."""

import gzip
import hashlib
import io
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import anyio.to_process
import anyio.to_thread
import orjson
import structlog

from complaints.inputs import Problems
from complaints.learning.recipes import (
    Recipe,
    example_of_history,
    example_of_work,
    history_statement,
    label_counts,
    work_statement,
)
from complaints.policy import SYSTEM
from complaints.refusals import NotFound
from complaints.work import Work, Workshop
from ml.dataset import COLUMNS, TARGETS, Example, fingerprint
from models import Dataset
from rules.masking import masked
from rules.vocabulary import Action, JobState

log = structlog.get_logger()

BUILD_DATASET = "learning.build_dataset"
# Masked in one go by the process beside this one: large enough to keep it busy, small enough to hand over at once.
_CHUNK = 1_000


class DatasetLost(Exception):
    """The file of a data set is not there or is not the one that was built."""


@dataclass(frozen=True, slots=True)
class DatasetFolder:
    """Where the files of data sets are kept; only their owner may read them."""

    path: Path

    def file(self, fingerprint_: str) -> Path:
        """The file of the data set with this fingerprint."""
        return self.path / f"{fingerprint_}.jsonl.gz"

    def write(self, examples: Sequence[Example], fingerprint_: str) -> str:
        """Write the rows whole or not at all; gives the SHA-256 (hex) of the file. The same rows give the same file."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Sorted, as the fingerprint is: one fingerprint is one file, whatever order the rows came in.
        lines = sorted(orjson.dumps({column: getattr(example, column) for column in COLUMNS}) for example in examples)
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream:
            stream.writelines(line + b"\n" for line in lines)
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(packed.getvalue())
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self.file(fingerprint_))
        finally:
            # Gone already, unless writing failed.
            Path(temporary).unlink(missing_ok=True)
        return hashlib.sha256(packed.getvalue()).hexdigest()

    def checked(self, fingerprint_: str, sha256: str) -> Path:
        """The file, if it is what was built; raises `DatasetLost`."""
        file = self.file(fingerprint_)
        try:
            found = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError as error:
            raise DatasetLost(file.name) from error
        if found != sha256:
            raise DatasetLost(file.name)
        return file


async def request_dataset(work: Work, recipe: Recipe, *, is_queued: bool = True) -> Dataset:
    """Note what is wanted; the worker builds it, or the caller when it is not `is_queued`.

    Raises `Invalid` with every unknown code and an empty period.
    """
    work.require(Action.TRAIN_CLASSIFIER)
    problems = Problems()
    for code in recipe.agencies:
        if code not in work.knowledge.agency_ids:
            problems.add("agencies", "UNKNOWN_AGENCY", given=code)
    for code in recipe.excluded_categories:
        if code not in work.knowledge.category_ids:
            problems.add("excludedCategories", "UNKNOWN_CATEGORY", given=code)
    if recipe.day_from is not None and recipe.day_to is not None and recipe.day_to <= recipe.day_from:
        problems.add("dayTo", "BEFORE_START")
    if not recipe.with_work and not recipe.history:
        problems.add("withWork", "NOTHING_CHOSEN")
    problems.settle()
    row = Dataset(
        id=work.new_id(),
        recipe=recipe.data(),
        state=JobState.QUEUED,
        requested_by_id=work.actor.id,
        requested_at=work.now,
    )
    work.session.add(row)
    if is_queued:
        await work.later(BUILD_DATASET, lock=str(row.id), dataset_id=str(row.id))
    return row


async def build_dataset(workshop: Workshop, folder: DatasetFolder, dataset_id: UUID) -> None:
    """Collect, mask, count and write; idempotent, a data set that is done stays as it is."""
    async with workshop.work(SYSTEM) as work:
        row = await work.session.get_one(Dataset, dataset_id, with_for_update=True)
        if row.state in (JobState.DONE, JobState.FAILED):
            return
        row.state = JobState.RUNNING
        recipe = Recipe.of(row.recipe)
    # Masking takes minutes for a large desk: no transaction stays open for it.
    examples = await _masked(await _collected(workshop, recipe))
    key = await anyio.to_thread.run_sync(fingerprint, examples)
    sha256, failure = None, "NO_ROWS"
    if examples:
        try:
            sha256 = await anyio.to_thread.run_sync(folder.write, examples, key)
        except OSError:
            log.exception("dataset.not_written", dataset=str(dataset_id))
            failure = "DATASET_LOST"
    async with workshop.work(SYSTEM) as work:
        row = await work.session.get_one(Dataset, dataset_id)
        row.rows, row.finished_at = len(examples), work.now
        if sha256 is None:
            row.state, row.failure = JobState.FAILED, failure
        else:
            row.state, row.fingerprint, row.sha256 = JobState.DONE, key, sha256
            row.labels = label_counts(examples, TARGETS)
    log.info("dataset.ended", dataset=str(dataset_id), rows=len(examples))


async def ready_dataset(work: Work, dataset_id: UUID, *, field: str) -> Dataset:
    """A data set that was built; raises `NotFound`, or `Invalid` while it is not ready."""
    row = await work.session.get(Dataset, dataset_id)
    if row is None:
        raise NotFound("Dataset", field)
    if row.state is not JobState.DONE:
        problems = Problems()
        problems.add(field, "NOT_READY", state=str(row.state))
        problems.settle()
    return row


async def _collected(workshop: Workshop, recipe: Recipe) -> list[Example]:
    async with workshop.work(SYSTEM) as work:
        examples: list[Example] = []
        if recipe.with_work:
            rows = await work.session.execute(work_statement(recipe, work.knowledge))
            examples.extend(example_of_work(row, work.knowledge) for row in rows)
        if recipe.history:
            examples.extend(example_of_history(row) for row in await work.session.execute(history_statement(recipe)))
        return examples


async def _masked(examples: Sequence[Example]) -> list[Example]:
    done: list[Example] = []
    for start in range(0, len(examples), _CHUNK):
        chunk = examples[start : start + _CHUNK]
        # Masking twice changes nothing, so history that was masked when it came in is safe here.
        texts = await anyio.to_process.run_sync(mask_all, [example.text for example in chunk])
        titles = await anyio.to_process.run_sync(mask_all, [example.title for example in chunk])
        done.extend(
            replace(example, text=text, title=title)
            for example, text, title in zip(chunk, texts, titles, strict=True)
            if text and text.strip()
        )
    return done


def mask_all(texts: Sequence[str | None]) -> list[str | None]:
    """The texts masked, in order: for a process of its own, because a thousand take seconds."""
    return [None if text is None else masked(text) for text in texts]
