"""Training runs: asked for, taken up once, stopped when told to, and never left hanging."""

from typing import Any
from uuid import UUID

import pytest

from complaints.classifiers import Gate, Trained
from complaints.learning.runs import (
    SILENCE,
    TRAIN,
    Assignment,
    TrainingOptions,
    begin_run,
    cancel_run,
    end_run,
    finish_run,
    gate_of,
    mend_runs,
    note_progress,
    request_run,
)
from complaints.policy import SYSTEM, Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, NotSignedIn, Problem, Refusal
from models import ClassifierVersion, TrainingRun, TrainingRunLine, new_id
from rules.vocabulary import JobState, Role
from tests.integration.given import DatasetOf, Jobs, Rows, State
from tests.support import MONDAY, ActorOf, Clock, WorkAs

OPTIONS = TrainingOptions()


@pytest.fixture
async def queued(work_as: WorkAs, a_dataset: DatasetOf) -> UUID:
    """A run that waits."""
    dataset = await a_dataset()
    async with work_as(SYSTEM) as work:
        return (await request_run(work, dataset.id, OPTIONS, most_threads=1)).id


@pytest.fixture
async def running(work_as: WorkAs, queued: UUID) -> UUID:
    """A run that a worker took up."""
    async with work_as(SYSTEM) as work:
        await begin_run(work, queued)
    return queued


async def test_a_request_leaves_a_row_and_its_job(
    work_as: WorkAs, an_actor: ActorOf, a_dataset: DatasetOf, rows: Rows, jobs: Jobs
) -> None:
    analyst, dataset, source = await an_actor(Role.DATA_STAFF), await a_dataset(), await a_dataset()
    options = TrainingOptions(("agency", "noise"), (source.id,), with_corpus=False, with_time_split=False, threads=2)

    async with work_as(analyst) as work:
        await request_run(work, dataset.id, options, most_threads=2)

    (row,) = await rows(TrainingRun)
    assert (row.dataset_id, row.state, row.fraction) == (dataset.id, JobState.QUEUED, 0.0)
    assert (row.requested_by_id, row.requested_at) == (analyst.id, MONDAY)
    assert TrainingOptions.of(row.options) == options
    assert await jobs() == [(TRAIN, {"run_id": str(row.id)})]


@pytest.mark.parametrize("threads", [0, -1, 3])
async def test_wrong_options_are_told_at_once(
    threads: int, work_as: WorkAs, a_dataset: DatasetOf, state: State
) -> None:
    dataset = await a_dataset()
    options = TrainingOptions(targets=("agency", "cuaca"), threads=threads)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await request_run(work, dataset.id, options, most_threads=2)

    targets = "category, category_main, agency, report_type, urgency, noise"
    assert refusal.value.problems == (
        Problem("targets", "UNKNOWN_CODE", {"allowed": targets}),
        Problem("threads", "OUT_OF_RANGE", {"min": 1, "max": 2}),
    )
    assert await state() == before


async def test_data_sets_have_to_be_there_and_ready(work_as: WorkAs, a_dataset: DatasetOf, state: State) -> None:
    ready, waiting = await a_dataset(), await a_dataset(JobState.QUEUED)
    before = await state()
    found = []

    for dataset_id, source_ids in (
        (new_id(), ()),
        (waiting.id, ()),
        (ready.id, (new_id(),)),
        (ready.id, (ready.id, waiting.id)),
    ):
        with pytest.raises((Invalid, NotFound)) as refusal:
            async with work_as(SYSTEM) as work:
                await request_run(work, dataset_id, TrainingOptions(source_ids=source_ids), most_threads=1)
        found.append(refusal.value)

    assert [type(refusal) for refusal in found] == [NotFound, Invalid, NotFound, Invalid]
    assert [refusal.problems for refusal in found if isinstance(refusal, Invalid)] == [
        (Problem("datasetId", "NOT_READY", {"state": "QUEUED"}),),
        (Problem("sourceIds", "NOT_READY", {"state": "QUEUED"}),),
    ]
    assert await state() == before


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [(Actor(Role.PUBLIC), NotSignedIn), (Actor(Role.NATIONAL_ADMIN), NotAllowed), (Actor(Role.OVERSEER), NotAllowed)],
)
async def test_only_data_staff_train_and_cancel(
    actor: Actor, refusal: type[Refusal], queued: UUID, work_as: WorkAs, rows: Rows, state: State
) -> None:
    (run,) = await rows(TrainingRun)
    before = await state()

    with pytest.raises(refusal):
        async with work_as(actor) as work:
            await request_run(work, run.dataset_id, OPTIONS, most_threads=1)
    with pytest.raises(refusal):
        async with work_as(actor) as work:
            await cancel_run(work, queued)

    assert await state() == before


async def test_a_run_is_taken_up_once(work_as: WorkAs, a_dataset: DatasetOf, rows: Rows, clock: Clock) -> None:
    dataset, source = await a_dataset(), await a_dataset()
    options = TrainingOptions(source_ids=(source.id,))
    async with work_as(SYSTEM) as work:
        run_id = (await request_run(work, dataset.id, options, most_threads=1)).id
    clock.forward(minutes=1)

    async with work_as(SYSTEM) as work:
        first = await begin_run(work, run_id)
    async with work_as(SYSTEM) as work:
        second = await begin_run(work, run_id)

    assert first == Assignment((dataset.id.hex, "0" * 64), ((source.id.hex, "0" * 64),), options)
    assert second is None
    assert [(row.state, row.started_at, row.heartbeat_at) for row in await rows(TrainingRun)] == [
        (JobState.RUNNING, clock.now, clock.now)
    ]


async def test_a_waiting_run_is_cancelled_at_once(queued: UUID, work_as: WorkAs, an_actor: ActorOf, rows: Rows) -> None:
    analyst = await an_actor(Role.DATA_STAFF)
    async with work_as(analyst) as work:
        await cancel_run(work, queued)

    async with work_as(SYSTEM) as work:
        assignment = await begin_run(work, queued)

    (row,) = await rows(TrainingRun)
    assert assignment is None
    assert (row.state, row.finished_at, row.started_at) == (JobState.CANCELLED, MONDAY, None)
    assert (row.cancel_requested_at, row.cancel_requested_by_id) == (MONDAY, analyst.id)


async def test_a_running_one_hears_at_its_next_beat_that_it_should_stop(
    running: UUID, work_as: WorkAs, rows: Rows, clock: Clock
) -> None:
    async with work_as(SYSTEM) as work:
        goes_on = await note_progress(work, running, 0.5, [])
    async with work_as(SYSTEM) as work:
        await cancel_run(work, running)
    clock.forward(seconds=1)
    async with work_as(SYSTEM) as work:
        # Told twice is told once: the first one counts.
        await cancel_run(work, running)
        stops = await note_progress(work, running, 0.6, [])
    (before,) = await rows(TrainingRun)
    async with work_as(SYSTEM) as work:
        await end_run(work, running, JobState.CANCELLED)

    (row,) = await rows(TrainingRun)
    assert (goes_on, stops) == (True, False)
    assert (before.state, before.cancel_requested_at) == (JobState.RUNNING, MONDAY)
    assert (row.state, row.failure, row.finished_at) == (JobState.CANCELLED, None, clock.now)


async def test_an_ended_run_cannot_be_cancelled(running: UUID, work_as: WorkAs, state: State) -> None:
    async with work_as(SYSTEM) as work:
        await end_run(work, running, JobState.FAILED, "PROCESS_DIED")
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await cancel_run(work, running)
    with pytest.raises(NotFound):
        async with work_as(SYSTEM) as work:
            await cancel_run(work, new_id())

    assert refusal.value.problems == (Problem("id", "ALREADY_ENDED", {"state": "FAILED"}),)
    assert await state() == before


async def test_lines_are_numbered_through_and_the_share_done_never_falls(
    running: UUID, work_as: WorkAs, rows: Rows, clock: Clock
) -> None:
    told: list[tuple[float, list[str]]] = [
        (0.25, ["membaca", "melatih agency"]), (0.125, []), (7.0, ["putus\x00us"]), (-1.0, ["selesai"]),
    ]  # fmt: skip
    shares = []
    for fraction, lines in told:
        clock.forward(seconds=1)
        async with work_as(SYSTEM) as work:
            await note_progress(work, running, fraction, lines)
        (row,) = await rows(TrainingRun)
        shares.append((row.fraction, row.stage))

    assert shares == [(0.25, "melatih agency"), (0.25, "melatih agency"), (1.0, "putusus"), (1.0, "selesai")]
    assert [(line.number, line.text) for line in await rows(TrainingRunLine)] == [
        (1, "membaca"), (2, "melatih agency"), (3, "putusus"), (4, "selesai"),
    ]  # fmt: skip
    assert [row.heartbeat_at for row in await rows(TrainingRun)] == [clock.now]


@pytest.mark.parametrize("ended", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
async def test_an_ended_run_stays_as_it_ended(
    ended: JobState, running: UUID, work_as: WorkAs, state: State, clock: Clock
) -> None:
    async with work_as(SYSTEM) as work:
        await end_run(work, running, ended)
    before = await state()
    clock.forward(minutes=5)

    async with work_as(SYSTEM) as work:
        await end_run(work, running, JobState.FAILED, "WORKER_STOPPED")
        goes_on = await note_progress(work, running, 0.9, ["masih ada"])
        again = await begin_run(work, running)
        mended = await mend_runs(work)

    assert (goes_on, again, mended) == (False, None, 0)
    assert await state() == before


async def test_a_run_whose_worker_is_silent_fails(
    running: UUID, work_as: WorkAs, a_dataset: DatasetOf, rows: Rows, clock: Clock
) -> None:
    dataset = await a_dataset()
    async with work_as(SYSTEM) as work:
        waiting = await request_run(work, dataset.id, OPTIONS, most_threads=1)
    clock.now += SILENCE
    async with work_as(SYSTEM) as work:
        early = await mend_runs(work)
    clock.forward(microseconds=1)
    async with work_as(SYSTEM) as work:
        late = await mend_runs(work)

    assert (early, late) == (0, 1)
    assert {row.id: (row.state, row.failure, row.finished_at) for row in await rows(TrainingRun)} == {
        running: (JobState.FAILED, "WORKER_LOST", clock.now),
        waiting.id: (JobState.QUEUED, None, None),
    }


async def test_a_finished_run_registers_its_version_with_what_the_gate_said(
    running: UUID, work_as: WorkAs, rows: Rows
) -> None:
    gate = Gate(passed=False, needs_human=True, reasons=("agency: accuracy",), against="a" * 16)
    trained = Trained("b" * 16, "1" * 64, {"agency": {"rows": 10}}, gate)

    async with work_as(SYSTEM) as work:
        await finish_run(work, running, trained, {"version": "b" * 16, "targets": {}})

    (version,), (run,) = await rows(ClassifierVersion), await rows(TrainingRun)
    assert (version.version, version.state, version.manifest_sha256) == ("b" * 16, "CANDIDATE", "1" * 64)
    assert (version.metrics, version.gate) == (
        {"agency": {"rows": 10}},
        {"passed": False, "needs_human": True, "reasons": ["agency: accuracy"], "against": "a" * 16},
    )
    assert (run.state, run.fraction, run.finished_at, run.version_id) == (JobState.DONE, 1.0, MONDAY, version.id)
    assert run.report == {"version": "b" * 16, "targets": {}}


PASSED = {"passed": True, "needs_human": False, "reasons": []}
REFUSED = {"passed": False, "needs_human": True, "reasons": ["accuracy", "ECE"]}


@pytest.mark.parametrize(
    ("report", "gate"),
    [
        ({}, None),
        ({"active": None, "missing": [], "targets": {"agency": {"gate": PASSED}}}, None),
        ({"active": "a", "missing": [], "targets": {"agency": {"gate": None}}}, None),
        (
            {"active": "a", "missing": [], "targets": {"agency": {"gate": PASSED}, "noise": {"gate": None}}},
            Gate(True, False, (), "a"),
        ),
        (
            {"active": "a", "missing": [], "targets": {"noise": {"gate": PASSED}, "agency": {"gate": REFUSED}}},
            Gate(False, True, ("agency: accuracy", "agency: ECE"), "a"),
        ),
    ],
)
def test_the_gate_passes_when_every_target_does(report: dict[str, Any], gate: Gate | None) -> None:
    assert gate_of(report) == gate
