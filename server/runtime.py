"""Everything a process of Salur is made of, built once from the settings: server, worker and command line alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import procrastinate

from complaints.jobs import Staff, add_jobs
from complaints.knowledge import KnowledgeSource
from complaints.suggest import Adviser
from complaints.vault import Vault
from complaints.work import Allowances, Workshop
from server.database import Database, libpq_url, open_database
from server.serving import Serving
from server.settings import Settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts, wired."""

    settings: Settings
    url: str
    database: Database
    knowledge: KnowledgeSource
    workshop: Workshop
    adviser: Adviser
    serving: Serving
    jobs: procrastinate.App


def wall_clock() -> datetime:
    """Now, in UTC; the only place that asks."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_runtime(settings: Settings, url: str, vault_keys: tuple[str, ...]) -> AsyncIterator[Runtime]:
    """The parts for as long as the block lasts. Nothing listens and nothing serves yet."""
    database = open_database(url, settings.database)
    knowledge = KnowledgeSource(database.write, timedelta(seconds=settings.knowledge_seconds))
    jobs = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=libpq_url(url), min_size=0, max_size=4))
    workshop = Workshop(
        sessions=database.sessions,
        knowledge=knowledge,
        vault=Vault(vault_keys),
        jobs=jobs,
        allowances=Allowances(**settings.limits.model_dump()),
        clock=wall_clock,
    )
    adviser = Adviser(budget_seconds=settings.classifier.budget_seconds, threads=settings.classifier.threads)
    serving = Serving(database.write, settings.store_dir, adviser)
    add_jobs(jobs, Staff(workshop, adviser))
    try:
        async with jobs.open_async():
            yield Runtime(settings, url, database, knowledge, workshop, adviser, serving, jobs)
    finally:
        await database.close()
