"""Everything a process of Salur is made of, built once from the settings: server, worker and command line alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import procrastinate

from complaints.casework.jobs import add_casework_jobs
from complaints.figures.exporting import ExportFolder
from complaints.figures.jobs import ExportDesk, add_figure_jobs
from complaints.files.desk import Files
from complaints.files.jobs import add_file_jobs
from complaints.finding.jobs import add_finding_jobs
from complaints.jobs import Staff, add_jobs
from complaints.knowledge import KnowledgeSource
from complaints.learning.datasets import DatasetFolder
from complaints.learning.jobs import Laboratory, add_learning_jobs
from complaints.reader import Reader
from complaints.rule_desk.jobs import add_rule_jobs
from complaints.rule_desk.replaying import ReplayLimits
from complaints.suggest import Adviser
from complaints.telling.jobs import add_telling_jobs
from complaints.telling.outlets import Outlets
from complaints.vault import Vault
from complaints.work import Allowances, Workshop
from server.database import Database, libpq_url, open_database
from server.file_parts import file_allowances, open_files
from server.keys import classifier_key_file
from server.serving import Serving
from server.settings import Settings
from server.telling_settings import outlets_of
from server.training import Trainer


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
    datasets: DatasetFolder
    trainer: Trainer
    files: Files
    outlets: Outlets
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
        allowances=Allowances(
            **settings.limits.model_dump(),
            two_person_activation=settings.rules.two_person_activation,
            rule_limits=settings.rules.limits(),
            webhooks=settings.webhooks.limits(),
            **file_allowances(settings.files),
        ),
        clock=wall_clock,
    )
    adviser = Adviser(budget_seconds=settings.classifier.budget_seconds, threads=settings.classifier.threads)
    key_file = classifier_key_file(settings)
    serving = Serving(database.write, workshop, settings.store_dir, key_file.read_bytes().strip(), adviser)
    datasets = DatasetFolder(settings.dataset_dir)
    trainer = Trainer(workshop, settings.store_dir, datasets, key_file, lambda: adviser.version)
    add_jobs(jobs, Staff(workshop, adviser))
    add_casework_jobs(jobs, workshop)
    add_learning_jobs(jobs, Laboratory(workshop, adviser, datasets, trainer.train))
    rules = settings.rules
    add_rule_jobs(jobs, workshop, ReplayLimits(rules.replay_batch, rules.replay_processes, rules.replay_moves))
    add_finding_jobs(jobs, workshop)
    exports = ExportFolder(settings.export_dir)
    add_figure_jobs(jobs, ExportDesk(workshop, exports, lambda: Reader(database.read)))
    outlets = outlets_of(settings.mail, settings.webhooks, settings.telling)
    add_telling_jobs(jobs, workshop, outlets)
    files = open_files(settings, vault_keys)
    add_file_jobs(jobs, workshop, files)
    try:
        async with jobs.open_async():
            yield Runtime(
                settings, url, database, knowledge, workshop, adviser, serving, datasets, trainer, files, outlets, jobs
            )
    finally:
        await database.close()
