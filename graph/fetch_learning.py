"""Turning statements about the classifier into types: pages, what hangs on their rows, and masked texts."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import anyio.to_thread
from sqlalchemy import Executable, Row
from strawberry import relay

from complaints.inputs import required_text
from complaints.learning import reading
from complaints.learning.labels import uncertain_first
from complaints.learning.shadow import shadow_figures_of, shadow_statement
from complaints.reader import Listing, Page, cursor_of, read_page, window_of
from graph.context import Info
from graph.selection import selected_names
from graph.types.classifier import ClassifierVersion
from graph.types.figures import ShadowFigures
from graph.types.learning import Dataset, LabelDoubt, TrainingRun, UncertainComplaint
from rules.masking import masked

# The fields of runs and versions that are read from a report, and those of a version that need the run it came from.
_OF_THE_REPORT = frozenset({"report", "card"})
_OF_THE_RUN = _OF_THE_REPORT | {"run"}
_VERSION_LENGTH = 100


def version_name(version: str) -> str:
    """The name of a version as a client writes it. Raises `Invalid` for what can be no name."""
    return required_text(version, "version", _VERSION_LENGTH)


def size_of(info: Info, first: int) -> int:
    """The length of a list. Raises `Invalid` for one out of range."""
    return window_of(first, None, None, None, largest=info.context.tools.limits.largest).size


async def page_of(
    info: Info, listing: Listing, first: int | None, after: str | None, last: int | None, before: str | None
) -> tuple[Page, relay.PageInfo]:
    """One page of a listing and what there is around it. Raises `Invalid` for a bad size or cursor."""
    window = window_of(first, after, last, before, largest=info.context.tools.limits.largest)
    page = await read_page(info.context.reader, listing, window)
    return page, relay.PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=cursor_of(page.rows[0]) if page.rows else None,
        end_cursor=cursor_of(page.rows[-1]) if page.rows else None,
    )


def shows_report(info: Info) -> bool:
    """Whether the document asks for anything that is read from a report."""
    return bool(selected_names(info) & _OF_THE_REPORT)


async def versions_of(info: Info, rows: Sequence[Row[Any]]) -> list[ClassifierVersion]:
    """Versions with what the document asks for of them."""
    asked, reader = selected_names(info), info.context.reader
    runs: Mapping[UUID, TrainingRun] = {}
    if rows and asked & _OF_THE_RUN:
        version_ids = [row.id for row in rows]
        left = await reader.rows(reading.runs_of_versions(version_ids, with_report=shows_report(info)))
        made = await runs_of(info, left)
        runs = {row.version_id: run for row, run in zip(left, made, strict=True)}
    figures: dict[UUID, ShadowFigures] = {}
    if "shadowFigures" in asked:
        for row in rows:
            # Few versions ever were a shadow, each counted over complaints of its own time.
            counted = None if row.shadow_since is None else await reader.one(shadow_statement(row.version))
            if counted is not None:
                figures[row.id] = ShadowFigures.of(shadow_figures_of(counted))
    return [ClassifierVersion.of(row, runs.get(row.id), figures.get(row.id)) for row in rows]


async def one_version(info: Info, statement: Executable) -> ClassifierVersion | None:
    """The only version of a statement, or None."""
    return next(iter(await versions_of(info, await info.context.reader.rows(statement))), None)


async def known_version(info: Info, version: str) -> ClassifierVersion | None:
    """A version by its name, or None."""
    return await one_version(info, reading.version(version))


async def runs_of(info: Info, rows: Sequence[Row[Any]]) -> list[TrainingRun]:
    """Training runs with their data sets."""
    if not rows:
        return []
    found = await info.context.reader.rows(reading.datasets_among(list({row.dataset_id for row in rows})))
    datasets = {row.id: Dataset.of(row) for row in found}
    return [TrainingRun.of(row, datasets[row.dataset_id]) for row in rows]


async def one_run(info: Info, run_id: UUID) -> TrainingRun | None:
    """A training run, or None."""
    rows = await info.context.reader.rows(reading.run(run_id, with_report=shows_report(info)))
    return next(iter(await runs_of(info, rows)), None)


async def one_dataset(info: Info, dataset_id: UUID) -> Dataset | None:
    """A data set, or None."""
    row = await info.context.reader.one(reading.dataset(dataset_id))
    return None if row is None else Dataset.of(row)


async def doubts_of(info: Info, rows: Sequence[Row[Any]]) -> list[LabelDoubt]:
    """Doubtful labels with their masked texts and those of their neighbours."""
    example_ids = {row.example_id for row in rows} | {near["id"] for row in rows for near in row.neighbours}
    texts = await _masked_examples(info, sorted(example_ids))
    return [LabelDoubt.of(row, texts) for row in rows]


async def uncertain_complaints(info: Info, count: int) -> list[UncertainComplaint]:
    """What a label would teach most of, with masked texts."""
    rows = await info.context.reader.rows(uncertain_first(count))
    texts = await _masked_examples(info, [str(row.id) for row in rows])
    return [
        UncertainComplaint(
            complaint_id=relay.GlobalID("Complaint", str(row.id)),
            text=texts[str(row.id)],
            label=row.label,
            confidence=row.confidence,
            at=row.at,
        )
        for row in rows
    ]


async def _masked_examples(info: Info, example_ids: Sequence[str]) -> dict[str, str]:
    """The masked texts of rows of a data set by their ids: ids of our complaints, or "source:id" of history."""
    reader = info.context.reader
    own, foreign = [], []
    for example_id in example_ids:
        try:
            own.append(UUID(example_id))
        except ValueError:
            foreign.append(example_id)
    found: dict[str, str] = {}
    if own:
        found |= {str(row.complaint_id): row.original_body for row in await reader.rows(reading.texts_of(own))}
    if foreign:
        rows = await reader.rows(reading.history_texts(foreign))
        found |= {f"{row.source}:{row.external_id}": row.body for row in rows}
    # Two milliseconds a text: the loop goes on answering others.
    return await anyio.to_thread.run_sync(_all_masked, found)


def _all_masked(texts: Mapping[str, str]) -> dict[str, str]:
    return {example_id: masked(text) for example_id, text in texts.items()}
