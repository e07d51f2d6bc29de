"""The jobs of the rule desk: replays, proposals from past decisions, activation at its hour, watching."""

from uuid import UUID

import procrastinate
import structlog
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from complaints.policy import SYSTEM
from complaints.rule_desk.replaying import ReplayLimits, run_replay
from complaints.rule_desk.replays import REPLAY, mend_replays, requeue_replay
from complaints.rule_desk.states import activate_due
from complaints.rule_desk.suggestions import SUGGEST, settings_of, suggest_rules
from complaints.rule_desk.watching import watch_rules
from complaints.work import Workshop

log = structlog.get_logger()

# One at a time: each keeps two cores busy that citizens' requests are answered with.
_ONE_AT_A_TIME = "rules"
# What kills its worker so often will do so again.
MOST_ATTEMPTS = 3


def add_rule_jobs(app: procrastinate.App, workshop: Workshop, replay: ReplayLimits | None = None) -> None:
    """Register the jobs with the queue's app; `replay` says how much a replay may take."""

    @app.task(name=REPLAY, lock=_ONE_AT_A_TIME)
    async def _replay(replay_id: str) -> None:
        await run_replay(workshop, UUID(replay_id), replay)

    @app.task(name=SUGGEST, lock=_ONE_AT_A_TIME)
    async def _suggest(**settings: str) -> None:
        await suggest_rules(workshop, settings_of(**settings))

    @app.periodic(cron="* * * * *")
    @app.task(name="rules.mend", queueing_lock="rules.mend")
    async def _mend(timestamp: int) -> None:
        del timestamp
        await mend_rule_jobs(app, workshop)

    @app.periodic(cron="* * * * *")
    @app.task(name="rules.activate_due", queueing_lock="rules.activate_due")
    async def _activate_due(timestamp: int) -> None:
        del timestamp
        async with workshop.work(SYSTEM) as work:
            for number in await activate_due(work):
                log.info("rules.activated", number=number)

    @app.periodic(cron="11 * * * *")
    @app.task(name="rules.watch", queueing_lock="rules.watch")
    async def _watch(timestamp: int) -> None:
        del timestamp
        async with workshop.work(SYSTEM) as work:
            for kind, code in await watch_rules(work):
                log.warning("rules.alarm", kind=str(kind), rule=code)


async def mend_rule_jobs(app: procrastinate.App, workshop: Workshop) -> None:
    """Take up again the jobs whose worker died, and fail the replays that nobody takes up.

    All of them may be done twice: a replay starts from nothing, a rule that was proposed is not proposed again. One
    that lost several workers is given up.
    """
    for job in await app.job_manager.get_stalled_jobs():
        if job.id is None or job.task_name not in (REPLAY, SUGGEST):
            continue
        log.warning("rules.job_stalled", task=job.task_name, job=job.id, attempts=job.attempts)
        if job.attempts >= MOST_ATTEMPTS:
            await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=False)
            continue
        if job.task_name == REPLAY:
            async with workshop.work(SYSTEM) as work:
                await requeue_replay(work, UUID(str(job.task_kwargs["replay_id"])))
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:
            # Somebody asked for the same again, so it is done anyway.
            await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=False)
    async with workshop.work(SYSTEM) as work:
        await mend_replays(work)
