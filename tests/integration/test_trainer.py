"""A training as the worker carries it out: in a process of its own, and whatever happens is written to the run."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from uuid import UUID

import anyio
import pytest

from complaints.classifiers import promote
from complaints.learning.datasets import build_dataset, request_dataset
from complaints.learning.recipes import Recipe
from complaints.learning.runs import TrainingOptions, cancel_run, request_run
from complaints.policy import SYSTEM
from ml import store as registry
from ml.dataset import Example, load
from ml.store import versions
from models import ClassifierVersion, Dataset, HistoryExample, TrainingRun, TrainingRunLine, new_id
from rules.vocabulary import JobState
from server.runtime import Runtime
from server.training import CORPUS
from tests.integration.given import Rows
from tests.support import MONDAY, Clock, WorkAs

OPTIONS = TrainingOptions(targets=("category_main",), with_corpus=False, with_time_split=False)
NOBODY_LABELLED = replace(OPTIONS, targets=("urgency",))

DatasetWith = Callable[[Sequence[Example]], Awaitable[Dataset]]
Requested = Callable[[Dataset, TrainingOptions], Awaitable[UUID]]


@pytest.fixture
def a_dataset_with(runtime: Runtime, work_as: WorkAs, rows: Rows) -> DatasetWith:
    """A data set of these rows, each with its main topic only."""

    async def make(examples: Sequence[Example]) -> Dataset:
        async with work_as(SYSTEM) as work:
            for number, example in enumerate(examples):
                work.session.add(
                    HistoryExample(
                        id=new_id(),
                        source="kota",
                        external_id=str(number),
                        body=example.text,
                        title=example.title,
                        category=example.category_main,
                        imported_at=MONDAY,
                    )
                )
        async with work_as(SYSTEM) as work:
            requested = await request_dataset(work, Recipe(with_work=False, history=("kota",)))
        await build_dataset(runtime.workshop, runtime.datasets, requested.id)
        (built,) = await rows(Dataset, Dataset.id == requested.id)
        assert built.state is JobState.DONE
        return built

    return make


@pytest.fixture
def requested(work_as: WorkAs) -> Requested:
    async def run(dataset: Dataset, options: TrainingOptions) -> UUID:
        async with work_as(SYSTEM) as work:
            return (await request_run(work, dataset.id, options, most_threads=1)).id

    return run


@pytest.fixture(scope="module")
def two_topics() -> Sequence[Example]:
    """Thirty rows of two topics."""
    return load([CORPUS / "mudik.jsonl", CORPUS / "p4gn.jsonl"]).examples


async def test_a_changed_data_set_is_not_trained_on(
    runtime: Runtime, a_dataset_with: DatasetWith, requested: Requested, two_topics: Sequence[Example], rows: Rows
) -> None:
    dataset = await a_dataset_with(two_topics)
    run_id = await requested(dataset, OPTIONS)
    runtime.datasets.file(dataset.fingerprint or "").write_bytes(b"something else")

    await runtime.trainer.train(run_id)

    (run,) = await rows(TrainingRun)
    assert (run.state, run.failure, run.finished_at) == (JobState.FAILED, "DATASET_LOST", MONDAY)
    assert versions(runtime.settings.store_dir) == []


async def test_data_that_teaches_nothing_fails_with_the_reason_in_its_log(
    runtime: Runtime, a_dataset_with: DatasetWith, requested: Requested, two_topics: Sequence[Example], rows: Rows
) -> None:
    dataset = await a_dataset_with(two_topics[:1])
    run_id = await requested(dataset, NOBODY_LABELLED)

    await runtime.trainer.train(run_id)

    (run,) = await rows(TrainingRun)
    assert (run.state, run.failure, run.version_id) == (JobState.FAILED, "NOT_TRAINABLE", None)
    assert len(await rows(TrainingRunLine)) > 0
    assert versions(runtime.settings.store_dir) == []


async def test_a_run_that_was_taken_up_before_is_left_alone(
    runtime: Runtime,
    a_dataset_with: DatasetWith,
    requested: Requested,
    two_topics: Sequence[Example],
    rows: Rows,
    clock: Clock,
) -> None:
    dataset = await a_dataset_with(two_topics[:1])
    run_id = await requested(dataset, NOBODY_LABELLED)
    await runtime.trainer.train(run_id)
    (before,) = await rows(TrainingRun)
    clock.forward(minutes=1)

    await runtime.trainer.train(run_id)

    (after,) = await rows(TrainingRun)
    assert (after.state, after.finished_at, after.heartbeat_at) == (
        before.state, before.finished_at, before.heartbeat_at,
    )  # fmt: skip


async def test_a_run_leaves_a_signed_candidate_a_report_and_a_log(
    runtime: Runtime, a_dataset_with: DatasetWith, requested: Requested, two_topics: Sequence[Example], rows: Rows
) -> None:
    run_id = await requested(await a_dataset_with(two_topics), OPTIONS)

    await runtime.trainer.train(run_id)

    (run,), (version,) = await rows(TrainingRun), await rows(ClassifierVersion)
    lines = await rows(TrainingRunLine)
    assert (run.state, run.failure, run.fraction, run.version_id) == (JobState.DONE, None, 1.0, version.id)
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    assert run.stage == lines[-1].text
    assert run.report is not None
    assert (run.report["version"], run.report["active"]) == (version.version, None)
    assert (version.state, version.gate, set(version.metrics)) == ("CANDIDATE", None, {"category_main"})
    key = runtime.trainer.key_file.read_bytes().strip()
    assert registry.load(runtime.settings.store_dir, version.version, key=key).version == version.version


async def test_the_next_one_is_compared_with_what_serves(
    runtime: Runtime,
    a_dataset_with: DatasetWith,
    requested: Requested,
    two_topics: Sequence[Example],
    work_as: WorkAs,
    rows: Rows,
) -> None:
    dataset = await a_dataset_with(two_topics)
    await runtime.trainer.train(await requested(dataset, OPTIONS))
    (first,) = await rows(ClassifierVersion)
    async with work_as(SYSTEM) as work:
        await promote(work, first.version, "versi awal")
    await runtime.serving.refresh()

    await runtime.trainer.train(await requested(dataset, replace(OPTIONS, targets=("category_main", "category"))))

    _, second = await rows(ClassifierVersion)
    assert second.gate is not None
    assert second.gate["against"] == first.version


async def test_the_same_data_gives_the_same_version(
    runtime: Runtime, a_dataset_with: DatasetWith, requested: Requested, two_topics: Sequence[Example], rows: Rows
) -> None:
    dataset = await a_dataset_with(two_topics)
    for _ in range(2):
        await runtime.trainer.train(await requested(dataset, OPTIONS))

    assert len(await rows(ClassifierVersion)) == 1
    assert {run.version_id for run in await rows(TrainingRun)} == {(await rows(ClassifierVersion))[0].id}


async def test_a_run_stops_when_told_and_leaves_no_version(
    runtime: Runtime, a_dataset_with: DatasetWith, requested: Requested, work_as: WorkAs, rows: Rows
) -> None:
    run_id = await requested(await a_dataset_with(load([CORPUS]).examples), OPTIONS)

    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runtime.trainer.train, run_id)
            while not await rows(TrainingRunLine):  # noqa: ASYNC110 - another process cannot set an event
                await anyio.sleep(0.1)
            async with work_as(SYSTEM) as work:
                await cancel_run(work, run_id)

    (run,) = await rows(TrainingRun)
    assert (run.state, run.failure, run.version_id) == (JobState.CANCELLED, None, None)
    assert versions(runtime.settings.store_dir) == []


async def test_a_worker_that_stops_ends_its_run(
    runtime: Runtime, a_dataset_with: DatasetWith, requested: Requested, rows: Rows
) -> None:
    run_id = await requested(await a_dataset_with(load([CORPUS]).examples), OPTIONS)

    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runtime.trainer.train, run_id)
            while not await rows(TrainingRunLine):  # noqa: ASYNC110 - another process cannot set an event
                await anyio.sleep(0.1)
            tasks.cancel_scope.cancel()

    (run,) = await rows(TrainingRun)
    assert (run.state, run.failure) == (JobState.FAILED, "WORKER_STOPPED")
    assert versions(runtime.settings.store_dir) == []
