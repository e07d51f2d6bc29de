"""Cleaning up behind uploads that were never attached, and taking up again what a dead worker left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import procrastinate
import structlog
from procrastinate.jobs import Status
from sqlalchemy import delete, or_, select, text

from complaints.files.desk import Files
from complaints.files.keeping import ERASE_FILE
from complaints.files.processing import PENDING
from complaints.files.store import Stored, is_key
from complaints.files.uploads import PROCESS_FILE
from complaints.policy import SYSTEM
from complaints.work import Workshop
from models import Attachment, Upload
from rules.vocabulary import AttachmentState

log = structlog.get_logger()

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Tidied:
    """How many permissions ran out, and how many files belonged to nobody."""

    uploads: int
    files: int


async def tidy_files(workshop: Workshop, files: Files) -> Tidied:
    """Remove what nobody will ask for. Bytes go before rows, so that whatever was cut off is found again.

    Raises `StorageDown`; the next run goes on.
    """
    done = Tidied(await _forget_uploads(workshop, files), await _remove_strays(workshop, files))
    if done != Tidied(0, 0):
        log.info("files.tidied", uploads=done.uploads, files=done.files)
    return done


async def _forget_uploads(workshop: Workshop, files: Files) -> int:
    forgotten = 0
    while True:
        async with workshop.work(SYSTEM) as work:
            over = work.now - timedelta(seconds=files.limits.orphan_seconds)
            statement = (
                select(Upload.id, Upload.storage_key)
                .where(Upload.adopted_at.is_(None), or_(Upload.expires_at < over, Upload.discarded_at < over))
                .limit(_BATCH)
            )
            found = (await work.session.execute(statement)).all()
        if not found:
            return forgotten
        for _, key in found:
            await files.store.remove(key)
        async with workshop.work(SYSTEM) as work:
            await work.session.execute(delete(Upload).where(Upload.id.in_([row_id for row_id, _ in found])))
        forgotten += len(found)


async def _remove_strays(workshop: Workshop, files: Files) -> int:
    removed = 0
    async for batch in files.store.listed():
        settled = workshop.clock() - timedelta(seconds=files.limits.orphan_seconds)
        old = [stored for stored in batch if stored.modified_at < settled and _is_ours(stored.key)]
        wanted = await _wanted(workshop, old)
        for stored in old:
            if stored.key not in wanted:
                await files.store.remove(stored.key)
                removed += 1
    return removed


def _is_ours(key: str) -> bool:
    """A bucket may hold other things, and those are not for us to judge."""
    return is_key(key) and key.partition("/")[0] in ("arriving", "incoming", "objects")


async def _wanted(workshop: Workshop, found: Sequence[Stored]) -> frozenset[str]:
    """Those of the keys that somebody may still ask for, or that are still to be processed."""
    keys = [stored.key for stored in found]
    owners = {key: _owner(key) for key in keys}
    async with workshop.work(SYSTEM) as work:
        waiting = select(Upload.storage_key).where(
            Upload.storage_key.in_(keys),
            Upload.adopted_at.is_(None),
            Upload.discarded_at.is_(None),
            Upload.expires_at > work.now,
        )
        taken = select(Attachment.storage_key).where(Attachment.storage_key.in_(keys))
        living = select(Attachment.id).where(
            Attachment.id.in_([owner for owner in owners.values() if owner is not None]),
            Attachment.state.in_((*PENDING, AttachmentState.READY)),
        )
        plain = {*await work.session.scalars(waiting), *await work.session.scalars(taken)}
        alive = set(await work.session.scalars(living))
    return frozenset(key for key, owner in owners.items() if key in plain or owner in alive)


def _owner(key: str) -> UUID | None:
    """The attachment whose sizes lie in this folder, if it is one of those folders."""
    parts = key.split("/")
    try:
        return UUID(hex=parts[2]) if parts[0] == "objects" and len(parts) == 4 else None
    except ValueError:
        return None


_LEFT = text(
    "not exists (select from procrastinate_jobs job where job.task_name = :task and job.status in ('todo', 'doing')"
    " and job.args ->> 'attachment_id' = attachment.id::text)"
).bindparams(task=PROCESS_FILE)


async def mend_file_jobs(app: procrastinate.App, workshop: Workshop) -> int:
    """Defer again what waits without a job, because its worker died or the scanner was away for too long."""
    for job in await app.job_manager.get_stalled_jobs():
        if job.id is None or job.task_name not in (PROCESS_FILE, ERASE_FILE):
            continue
        log.warning("files.job_stalled", task=job.task_name, job=job.id)
        # What an unfinished erasing left behind has no living row: the clean-up finds it.
        await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=False)
    async with workshop.work(SYSTEM) as work:
        statement = select(Attachment.id).where(Attachment.state.in_(PENDING), _LEFT).limit(_BATCH)
        left = list(await work.session.scalars(statement))
        for attachment_id in left:
            await work.later(PROCESS_FILE, lock=str(attachment_id), attachment_id=str(attachment_id))
    return len(left)
