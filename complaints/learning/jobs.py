"""The jobs of learning: data sets, label checks, training, shadowing, watching."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import anyio.to_process
import anyio.to_thread
import procrastinate
import structlog
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status
from sqlalchemy import select

from complaints.learning.datasets import BUILD_DATASET, DatasetFolder, DatasetLost, build_dataset
from complaints.learning.labels import CHECK_LABELS, keep_doubts
from complaints.learning.runs import TRAIN, mend_runs
from complaints.learning.shadow import answer_in_shadow
from complaints.learning.watching import watch
from complaints.policy import SYSTEM
from complaints.submit import SUGGEST_LATER
from complaints.suggest import Adviser
from complaints.work import Work, Workshop
from ml.dataset import load
from models import ComplaintEvent, Dataset

if TYPE_CHECKING:
    from ml.quality import Doubt

log = structlog.get_logger()

# Which labels are looked at, and how many doubts of each a person is shown.
CHECKED_TARGETS = ("category_main", "agency")
DOUBTS_OF_A_TARGET = 200
# One at a time: a second training would take the core that citizens' requests are answered with.
_ONE_AT_A_TIME = "learning"


@dataclass(frozen=True, slots=True)
class Laboratory:
    """What the jobs of learning work with; `train` carries a run out in a process of its own."""

    workshop: Workshop
    adviser: Adviser
    datasets: DatasetFolder
    train: Callable[[UUID], Awaitable[None]]


def add_learning_jobs(app: procrastinate.App, laboratory: Laboratory) -> None:
    """Register the jobs with the queue's app."""

    @app.task(name=BUILD_DATASET, retry=procrastinate.RetryStrategy(max_attempts=3, exponential_wait=4))
    async def _build_dataset(dataset_id: str) -> None:
        await build_dataset(laboratory.workshop, laboratory.datasets, UUID(dataset_id))

    @app.task(name=CHECK_LABELS, lock=_ONE_AT_A_TIME)
    async def _check_labels(dataset_id: str) -> None:
        await check_labels(laboratory.workshop, laboratory.datasets, UUID(dataset_id))

    @app.task(name=TRAIN, lock=_ONE_AT_A_TIME)
    async def _train(run_id: str) -> None:
        await laboratory.train(UUID(run_id))

    @app.periodic(cron="* * * * *")
    @app.task(name="learning.shadow", queueing_lock="learning.shadow")
    async def _shadow(timestamp: int) -> None:
        del timestamp
        await answer_in_shadow(laboratory.workshop, laboratory.adviser)

    @app.periodic(cron="* * * * *")
    @app.task(name="learning.mend", queueing_lock="learning.mend")
    async def _mend(timestamp: int) -> None:
        del timestamp
        async with laboratory.workshop.work(SYSTEM) as work:
            await mend_runs(work)
        await mend_jobs(app)

    @app.periodic(cron="7 * * * *")
    @app.task(name="learning.watch", queueing_lock="learning.watch")
    async def _watch(timestamp: int) -> None:
        del timestamp
        async with laboratory.workshop.work(SYSTEM) as work:
            for kind in await watch(work):
                log.warning("classifier.alarm", kind=str(kind))


async def mend_jobs(app: procrastinate.App) -> None:
    """Take up again the jobs whose worker died: the next training waits for the lock that such a one holds.

    All of them may be done twice: a run that was taken up before is not taken up again, and a complaint that was
    advised keeps its advice.
    """
    for job in await app.job_manager.get_stalled_jobs():
        if job.id is None or job.task_name not in (BUILD_DATASET, CHECK_LABELS, TRAIN, SUGGEST_LATER):
            continue
        log.warning("learning.job_stalled", task=job.task_name, job=job.id)
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:
            # Somebody asked for the same again, so it is done anyway.
            await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=False)


async def check_labels(workshop: Workshop, folder: DatasetFolder, dataset_id: UUID) -> None:
    """Look for labels of a data set that are probably wrong and keep them for people to answer."""
    async with workshop.work(SYSTEM) as work:
        row = await work.session.get_one(Dataset, dataset_id)
        labellers = await _labellers(work)
    try:
        file = await anyio.to_thread.run_sync(folder.checked, row.fingerprint or "", row.sha256 or "")
    except DatasetLost:
        log.exception("dataset.lost", dataset=str(dataset_id))
        return
    doubts = await anyio.to_process.run_sync(find_doubts, file, labellers)
    async with workshop.work(SYSTEM) as work:
        await keep_doubts(work, dataset_id, doubts)


def find_doubts(file: Path, labellers: dict[str, str]) -> "list[tuple[str, Doubt]]":
    """The doubts about every checked target that the data has, each with its target."""
    # Here, because it brings scikit-learn along: a second and 80 MB that a server never needs.
    from ml.quality import doubtful

    examples = load([file]).examples
    return [
        (target, doubt)
        for target in CHECKED_TARGETS
        if any(example.label(target) for example in examples)
        for doubt in doubtful(examples, target, labellers=labellers, count=DOUBTS_OF_A_TARGET)
    ]


async def _labellers(work: Work) -> dict[str, str]:
    """Who verified each complaint last, so that people who judge alike texts differently are found."""
    statement = (
        select(ComplaintEvent.complaint_id, ComplaintEvent.actor_id)
        .where(ComplaintEvent.kind == "Verified", ComplaintEvent.actor_id.is_not(None))
        .order_by(ComplaintEvent.complaint_id, ComplaintEvent.seq)
    )
    return {str(row.complaint_id): str(row.actor_id) for row in await work.session.execute(statement)}
