"""The worker: takes jobs from the queue in the database, until it is told to stop."""

from server.runtime import Runtime


async def run_worker(runtime: Runtime) -> None:
    """Work until cancelled; a job that runs then is finished or given back."""
    await runtime.jobs.run_worker_async(
        concurrency=2,
        install_signal_handlers=False,
        listen_notify=True,
        shutdown_graceful_timeout=10,
        delete_jobs="successful",
    )
