"""What keeps complaints findable: words for rows that have none yet, and how frequent each word is."""

import procrastinate
import structlog
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status
from sqlalchemy import delete, func, or_, select, text

from complaints.finding.vectors import METHOD, keep_words
from complaints.policy import SYSTEM
from complaints.work import Work, Workshop
from models import Complaint, ComplaintText, ComplaintWords, WordFrequency

log = structlog.get_logger()

FILL = "finding.fill"
# "words" in ASCII: one count at a time.
_TURN = 0x776F726473
# One transaction each: large enough to be fast, small enough to hold no row long.
BATCH = 250
# Frequencies are those of the newest complaints: language moves, and counting all of them takes a minute.
COUNTED = 30_000
# A stem in fewer of them says nothing about how frequent it is.
LEAST_COUNT = 3

_COUNT = text("""
    with newest as materialized (
        select complaint_id from complaint_words order by complaint_id desc limit :counted
    ), total as (
        select count(*) as n, extract(epoch from max(submitted_at) - min(submitted_at)) / 2629800 as months
        from newest
        join complaint on id = complaint_id
    )
    insert into word_frequency (stem, share)
    select word, count(*)::float / total.n
    from newest
    join complaint_words using (complaint_id)
    cross join total
    cross join lateral unnest(tsvector_to_array(words) || keys) word
    where word not like '@%'
    group by word, total.n
    having count(*) >= :least
    union all
    select '@', n / greatest(months, 1) from total where n > 0
""")


def add_finding_jobs(app: procrastinate.App, workshop: Workshop) -> None:
    """Register the jobs with the queue's app."""

    @app.periodic(cron="23 * * * *")
    @app.task(name=FILL, queueing_lock=FILL, lock=FILL)
    async def _fill(timestamp: int) -> None:
        del timestamp
        await fill(workshop)

    @app.periodic(cron="* * * * *")
    @app.task(name="finding.mend", queueing_lock="finding.mend")
    async def _mend(timestamp: int) -> None:
        del timestamp
        await mend_fill(app)

    @app.periodic(cron="41 18 * * *")
    @app.task(name="finding.count_words", queueing_lock="finding.count_words")
    async def _count(timestamp: int) -> None:
        del timestamp
        await count_words(workshop)


async def mend_fill(app: procrastinate.App) -> None:
    """Go on with filling whose worker died: its job holds the lock that every later one waits for."""
    for job in await app.job_manager.get_stalled_jobs(task_name=FILL):
        if job.id is None:
            continue
        log.warning("finding.job_stalled", task=job.task_name, job=job.id)
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:
            # The next hour's waits already, for this one alone.
            await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=False)


async def fill(workshop: Workshop) -> int:
    """Make words for every complaint that has none or old ones, newest first; gives how many were made.

    Idempotent and restartable: each batch is a transaction, and what has words of today's method is left alone.
    """
    made = 0
    while True:
        async with workshop.work(SYSTEM) as work:
            batch = await _fill_batch(work)
        if not batch:
            break
        made += batch
    if made:
        log.info("finding.filled", complaints=made)
        await count_words(workshop)
    return made


async def _fill_batch(work: Work) -> int:
    statement = (
        select(Complaint, ComplaintText)
        .join(ComplaintText, ComplaintText.complaint_id == Complaint.id)
        .outerjoin(ComplaintWords, ComplaintWords.complaint_id == Complaint.id)
        .where(or_(ComplaintWords.complaint_id.is_(None), ComplaintWords.method != METHOD))
        .order_by(Complaint.id.desc())
        .limit(BATCH)
        # The words must be those of the texts at commit; whoever holds a row just now writes them anyway.
        .with_for_update(of=Complaint, skip_locked=True)
    )
    rows = list(await work.session.execute(statement))
    for complaint, words in rows:
        await keep_words(work, complaint, words)
    return len(rows)


async def count_words(workshop: Workshop) -> None:
    """Count anew in which share of the newest complaints each stem occurs."""
    async with workshop.work(SYSTEM) as work:
        # The daily count and the one after filling would each put in what the other does not see yet.
        await work.session.execute(select(func.pg_advisory_xact_lock(_TURN)))
        await work.session.execute(delete(WordFrequency))
        await work.session.execute(_COUNT, {"counted": COUNTED, "least": LEAST_COUNT})
