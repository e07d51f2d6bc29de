"""The jobs of telling: from events to deliveries, attempts, and taking up what a dead worker left."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import procrastinate
import structlog
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status
from sqlalchemy import and_, or_, select

from complaints.policy import SYSTEM
from complaints.telling.delivering import deliver
from complaints.telling.fan_out import DELIVER, attempt_later, tell
from complaints.telling.outlets import Outlets
from complaints.work import TELL, Workshop
from models import Delivery
from rules.telling import DeliveryState

log = structlog.get_logger()

MEND = "telling.mend"
# How many forgotten deliveries one run takes up; the next run goes on.
BATCH = 1_000
# A delivery that is due for so long has no job that will come to it.
_FORGOTTEN = timedelta(minutes=2)


def add_telling_jobs(app: procrastinate.App, workshop: Workshop, outlets: Outlets) -> None:
    """Register the jobs with the queue's app."""

    # 4, 16, 64 ... seconds: nine attempts outlast a day without a database.
    @app.task(name=TELL, retry=procrastinate.RetryStrategy(max_attempts=9, exponential_wait=4))
    async def _tell(event_ids: Sequence[str]) -> None:
        await tell(workshop, outlets, [UUID(event_id) for event_id in event_ids])

    # Its retries are rows of `delivery` with jobs of their own; this is for a database that is away. After the others:
    # a server that does not answer keeps a worker waiting, and there may be a thousand letters for it.
    @app.task(name=DELIVER, priority=-1, retry=procrastinate.RetryStrategy(max_attempts=3, exponential_wait=4))
    async def _deliver(delivery_id: str) -> None:
        await deliver(workshop, outlets, UUID(delivery_id))

    @app.periodic(cron="* * * * *")
    @app.task(name=MEND, queueing_lock=MEND)
    async def _mend(timestamp: int) -> None:
        del timestamp
        await mend_jobs(app)
        await mend_deliveries(workshop)


async def mend_jobs(app: procrastinate.App) -> None:
    """Take up again the jobs whose worker died. Both kinds may be done twice: what was written stays as it is."""
    for job in await app.job_manager.get_stalled_jobs():
        if job.id is None or job.task_name not in (TELL, DELIVER):
            continue
        log.warning("telling.job_stalled", task=job.task_name, job=job.id)
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:
            # The same attempt waits already.
            await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=False)


async def mend_deliveries(workshop: Workshop) -> int:
    """Give a job to every delivery that should have left and to every one that somebody began and did not settle.

    Gives how many. The rows say what is to be sent; a lost job loses nothing.
    """
    async with workshop.work(SYSTEM) as work:
        statement = (
            select(Delivery.id, Delivery.attempts)
            .where(
                or_(
                    and_(
                        Delivery.state.in_([DeliveryState.QUEUED, DeliveryState.FAILED]),
                        Delivery.next_attempt_at < work.now - _FORGOTTEN,
                    ),
                    and_(Delivery.state == DeliveryState.SENDING, Delivery.lease_until < work.now),
                )
            )
            .order_by(Delivery.next_attempt_at)
            .limit(BATCH)
        )
        forgotten = (await work.session.execute(statement)).all()
        for delivery_id, attempts in forgotten:
            await attempt_later(work, delivery_id, attempts)
    return len(forgotten)
