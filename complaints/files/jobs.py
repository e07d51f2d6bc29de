"""The jobs of files: processing, erasing, mending and the hourly clean-up."""

from uuid import UUID

import procrastinate

from complaints.files.desk import Files
from complaints.files.keeping import ERASE_FILE
from complaints.files.processing import process_file
from complaints.files.tidying import mend_file_jobs, tidy_files
from complaints.files.uploads import PROCESS_FILE
from complaints.work import Workshop


def add_file_jobs(app: procrastinate.App, workshop: Workshop, files: Files) -> None:
    """Register the jobs with the queue's app. Storage or scanner down: again in 2, 4, 8 seconds and so on."""
    patient = procrastinate.RetryStrategy(max_attempts=9, exponential_wait=2)

    @app.task(name=PROCESS_FILE, retry=patient)
    async def _process(attachment_id: str) -> None:
        await process_file(workshop, files, UUID(attachment_id))

    @app.task(name=ERASE_FILE, retry=patient)
    async def _erase(attachment_id: str, key: str) -> None:
        await files.erase(UUID(attachment_id), [key] if key else [])

    @app.periodic(cron="* * * * *")
    @app.task(name="files.mend", queueing_lock="files.mend")
    async def _mend(timestamp: int) -> None:
        del timestamp
        await mend_file_jobs(app, workshop)

    @app.periodic(cron="41 * * * *")
    @app.task(name="files.tidy", queueing_lock="files.tidy")
    async def _tidy(timestamp: int) -> None:
        del timestamp
        await tidy_files(workshop, files)
