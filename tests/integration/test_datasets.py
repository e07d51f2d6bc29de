"""Data sets: asked for, built once, masked, and read back as they were built or not at all."""

import gzip
import json
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import psycopg
import pytest

from complaints.learning.datasets import (
    BUILD_DATASET,
    DatasetFolder,
    DatasetLost,
    build_dataset,
    ready_dataset,
    request_dataset,
)
from complaints.learning.jobs import mend_jobs
from complaints.learning.labels import CHECK_LABELS
from complaints.learning.recipes import Recipe
from complaints.learning.runs import TRAIN
from complaints.policy import SYSTEM, Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, NotSignedIn, Problem, Refusal
from ml.dataset import Example, fingerprint, load
from models import Dataset, new_id
from rules.vocabulary import JobState, Role, Status
from server.runtime import Runtime
from tests.integration.given import DatasetOf, Jobs, Rows, State
from tests.support import MONDAY, ActorOf, Clock, Complaints, WorkAs

Build = Callable[[Recipe], Awaitable[Dataset]]


@pytest.fixture
def build(runtime: Runtime, work_as: WorkAs, rows: Rows) -> Build:
    """Ask for a data set and build it at once."""

    async def run(recipe: Recipe) -> Dataset:
        async with work_as(SYSTEM) as work:
            row = await request_dataset(work, recipe)
        await build_dataset(runtime.workshop, runtime.datasets, row.id)
        (built,) = await rows(Dataset, Dataset.id == row.id)
        return built

    return run


async def test_a_request_leaves_a_row_and_its_job(work_as: WorkAs, an_actor: ActorOf, rows: Rows, jobs: Jobs) -> None:
    analyst = await an_actor(Role.DATA_STAFF)
    recipe = Recipe(agencies=("PLN",), day_from=date(2026, 1, 1))

    async with work_as(analyst) as work:
        await request_dataset(work, recipe)

    (row,) = await rows(Dataset)
    assert (row.state, row.requested_by_id, row.requested_at) == (JobState.QUEUED, analyst.id, MONDAY)
    assert Recipe.of(row.recipe) == recipe
    assert await jobs() == [(BUILD_DATASET, {"dataset_id": str(row.id)})]


async def test_a_request_that_is_rolled_back_leaves_nothing(work_as: WorkAs, state: State) -> None:
    before = await state()

    with pytest.raises(RuntimeError, match="rolled back"):  # noqa: PT012 - the block is the transaction
        async with work_as(SYSTEM) as work:
            await request_dataset(work, Recipe())
            raise RuntimeError("rolled back")

    assert await state() == before


async def test_everything_wrong_with_a_recipe_is_told_at_once(work_as: WorkAs, state: State) -> None:
    before = await state()
    recipe = Recipe(
        day_from=date(2026, 4, 1),
        day_to=date(2026, 4, 1),
        agencies=("PLN", "SIAPA"),
        with_work=False,
        excluded_categories=("APA", "TIK"),
    )

    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await request_dataset(work, recipe)

    assert refusal.value.problems == (
        Problem("agencies", "UNKNOWN_AGENCY", {"given": "SIAPA"}),
        Problem("excludedCategories", "UNKNOWN_CATEGORY", {"given": "APA"}),
        Problem("dayTo", "BEFORE_START"),
        Problem("withWork", "NOTHING_CHOSEN"),
    )
    assert await state() == before


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (Actor(Role.PUBLIC), NotSignedIn),
        (Actor(Role.AGENCY_ADMIN), NotAllowed),
        (Actor(Role.NATIONAL_ADMIN), NotAllowed),
        (Actor(Role.OVERSEER), NotAllowed),
    ],
)
async def test_only_data_staff_ask_for_data(
    actor: Actor, refusal: type[Refusal], work_as: WorkAs, state: State
) -> None:
    before = await state()

    with pytest.raises(refusal):
        async with work_as(actor) as work:
            await request_dataset(work, Recipe())

    assert await state() == before


async def test_a_built_data_set_is_what_training_reads(a_complaint: Complaints, build: Build, runtime: Runtime) -> None:
    first = await a_complaint(Status.VERIFIED, text="Listrik padam sejak pagi di kampung kami")
    second = await a_complaint(Status.ARCHIVED, text="Halo apa kabar semua")

    built = await build(Recipe())

    file = runtime.datasets.checked(built.fingerprint or "", built.sha256 or "")
    loaded = load([file])
    assert loaded.problems == ()
    assert {example.id: (example.text, example.noise) for example in loaded.examples} == {
        str(first.id): ("Listrik padam sejak pagi di kampung kami", "GENUINE"),
        str(second.id): ("Halo apa kabar semua", "EMPTY"),
    }
    assert (built.state, built.rows, built.failure, built.finished_at) == (JobState.DONE, 2, None, MONDAY)
    assert built.fingerprint == fingerprint(loaded.examples)
    assert built.labels == {
        "category": {"ESDM.LISTRIK": 1},
        "category_main": {"ESDM": 1},
        "agency": {"PLN": 1},
        "report_type": {"COMPLAINT": 1},
        "urgency": {"NORMAL": 1},
        "noise": {"EMPTY": 1, "GENUINE": 1},
    }


async def test_no_personal_data_reaches_the_file(a_complaint: Complaints, build: Build, runtime: Runtime) -> None:
    text = "Hubungi saya di 081234567890 atau budi.santoso@contoh.id, jalan di depan pasar berlubang"
    await a_complaint(Status.VERIFIED, text=text)

    built = await build(Recipe())

    written = gzip.decompress(runtime.datasets.file(built.fingerprint or "").read_bytes()).decode()
    assert json.loads(written)["text"] == ("Hubungi saya di <TELEPON> atau <SUREL>, jalan di depan pasar berlubang")
    assert not [secret for secret in ("081234567890", "budi.santoso", "contoh.id") if secret in written]


async def test_only_the_owner_reads_the_files(a_complaint: Complaints, build: Build, runtime: Runtime) -> None:
    await a_complaint(Status.VERIFIED)

    built = await build(Recipe())

    folder, file = runtime.datasets.path, runtime.datasets.file(built.fingerprint or "")
    assert [oct(path.stat().st_mode & 0o777) for path in (folder, file)] == ["0o700", "0o600"]
    assert list(folder.iterdir()) == [file]


def test_the_same_rows_in_any_order_are_one_file(tmp_path: Path) -> None:
    examples = [Example(str(number), f"Laporan {number}", category="TIK") for number in range(50)]
    forwards, backwards = DatasetFolder(tmp_path / "a"), DatasetFolder(tmp_path / "b")
    key = fingerprint(examples)

    hashes = forwards.write(examples, key), backwards.write(examples[::-1], key)

    assert fingerprint(examples[::-1]) == key
    assert hashes[0] == hashes[1]
    assert forwards.checked(key, hashes[0]).read_bytes() == backwards.checked(key, hashes[1]).read_bytes()


def test_one_changed_word_is_another_fingerprint() -> None:
    examples = [Example("1", "Laporan"), Example("2", "Laporan")]

    assert fingerprint(examples) != fingerprint([examples[0], Example("2", "laporan")])


def test_a_changed_or_missing_file_is_refused(tmp_path: Path) -> None:
    folder = DatasetFolder(tmp_path)
    sha256 = folder.write([Example("1", "Laporan")], "abc")
    file = folder.checked("abc", sha256)
    whole = file.read_bytes()

    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(DatasetLost, match=r"abc\.jsonl\.gz"):
        folder.checked("abc", sha256)
    file.unlink()
    with pytest.raises(DatasetLost, match=r"abc\.jsonl\.gz"):
        folder.checked("abc", sha256)


async def test_a_recipe_that_nothing_fits_fails_and_writes_no_file(
    a_complaint: Complaints, build: Build, runtime: Runtime
) -> None:
    await a_complaint()

    built = await build(Recipe())

    assert (built.state, built.failure, built.rows) == (JobState.FAILED, "NO_ROWS", 0)
    assert (built.fingerprint, built.sha256, built.labels) == (None, None, None)
    assert not runtime.datasets.path.exists()


async def test_a_folder_that_cannot_be_written_fails_with_words(
    a_complaint: Complaints, build: Build, runtime: Runtime
) -> None:
    await a_complaint(Status.VERIFIED)
    runtime.datasets.path.write_text("not a folder")

    built = await build(Recipe())

    assert (built.state, built.failure, built.sha256) == (JobState.FAILED, "DATASET_LOST", None)


async def test_building_twice_changes_nothing(
    a_complaint: Complaints, build: Build, runtime: Runtime, clock: Clock, state: State
) -> None:
    await a_complaint(Status.VERIFIED)
    built = await build(Recipe())
    before, written = await state(), runtime.datasets.file(built.fingerprint or "").stat().st_mtime_ns
    clock.forward(hours=1)
    await a_complaint(Status.VERIFIED)
    after_the_second = await state()

    await build_dataset(runtime.workshop, runtime.datasets, built.id)

    assert before["dataset"] == after_the_second["dataset"]
    assert await state() == after_the_second
    assert runtime.datasets.file(built.fingerprint or "").stat().st_mtime_ns == written


async def test_a_build_that_was_interrupted_goes_on(
    a_complaint: Complaints, a_dataset: DatasetOf, runtime: Runtime, rows: Rows
) -> None:
    await a_complaint(Status.VERIFIED)
    interrupted = await a_dataset(JobState.RUNNING)

    await build_dataset(runtime.workshop, runtime.datasets, interrupted.id)

    assert [(row.state, row.rows) for row in await rows(Dataset)] == [(JobState.DONE, 1)]


async def test_the_worker_builds_what_was_asked_for(
    a_complaint: Complaints, work_as: WorkAs, runtime: Runtime, rows: Rows
) -> None:
    await a_complaint(Status.VERIFIED)
    async with work_as(SYSTEM) as work:
        await request_dataset(work, Recipe())

    await runtime.jobs.run_worker_async(wait=False, install_signal_handlers=False, delete_jobs="successful")

    assert [(row.state, row.rows) for row in await rows(Dataset)] == [(JobState.DONE, 1)]


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.FAILED])
async def test_a_data_set_is_used_only_once_it_is_built(state: JobState, a_dataset: DatasetOf, work_as: WorkAs) -> None:
    row, ready = await a_dataset(state), await a_dataset()

    async with work_as(SYSTEM) as work:
        with pytest.raises(Invalid) as refusal:
            await ready_dataset(work, row.id, field="datasetId")
        with pytest.raises(NotFound):
            await ready_dataset(work, new_id(), field="datasetId")
        found = await ready_dataset(work, ready.id, field="datasetId")

    assert refusal.value.problems == (Problem("datasetId", "NOT_READY", {"state": str(state)}),)
    assert found.id == ready.id


@pytest.mark.parametrize("name", [BUILD_DATASET, CHECK_LABELS, TRAIN])
@pytest.mark.parametrize(("asked_again", "statuses"), [(False, ["todo"]), (True, ["failed", "todo"])])
async def test_the_job_of_a_dead_worker_frees_what_it_held(
    name: str, asked_again: bool, statuses: list[str], work_as: WorkAs, runtime: Runtime, database_url: str
) -> None:
    async with work_as(SYSTEM) as work:
        await work.later(name, lock="x")
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        # As a worker leaves it that was killed: taken, and nobody's.
        await connection.execute("update procrastinate_jobs set status = 'doing'")
        if asked_again:
            async with work_as(SYSTEM) as work:
                await work.later(name, lock="x")

        await mend_jobs(runtime.jobs)

        found = await connection.execute("select status::text from procrastinate_jobs order by id")
        assert [status for (status,) in await found.fetchall()] == statuses
