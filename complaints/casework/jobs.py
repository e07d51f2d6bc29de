"""The jobs around cases: clocks worked out again, consent asked for, leases forgotten."""

import procrastinate

from complaints.casework.ombudsman import ask_for_consent
from complaints.casework.presence import sweep
from complaints.casework.recompute import recompute
from complaints.policy import SYSTEM
from complaints.work import Workshop


def add_casework_jobs(app: procrastinate.App, workshop: Workshop) -> None:
    """Register the jobs with the queue's app."""

    @app.periodic(cron="2-59/5 * * * *")
    @app.task(name="casework.recompute", queueing_lock="casework.recompute")
    async def _recompute(timestamp: int) -> None:
        del timestamp
        await recompute(workshop)

    @app.periodic(cron="37 * * * *")
    @app.task(name="casework.ask_for_consent", queueing_lock="casework.ask_for_consent")
    async def _ask_for_consent(timestamp: int) -> None:
        del timestamp
        await ask_for_consent(workshop)

    @app.periodic(cron="* * * * *")
    @app.task(name="casework.sweep", queueing_lock="casework.sweep")
    async def _sweep(timestamp: int) -> None:
        del timestamp
        async with workshop.work(SYSTEM) as work:
            await sweep(work)
