"""What fault tests of the classifier speak with: an installation, a steady load, and a process that keeps saving."""

import json
import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import anyio
import httpx
import numpy as np
import orjson
from sqlalchemy import select

from complaints.classifiers import Gate, Trained, promote, register, roll_back
from complaints.learning.datasets import build_dataset, request_dataset
from complaints.learning.recipes import Recipe
from complaints.learning.runs import TrainingOptions, request_run
from complaints.policy import SYSTEM
from ml import store as registry
from ml.dataset import Example
from models import ClassifierRelease, ClassifierVersion, HistoryExample, TrainingRun, TrainingRunLine, new_id
from server.runtime import Runtime
from server.serving import manifest_sha256
from tests.e2e.support import until
from tests.integration.given import Row
from tests.support import MONDAY

PER_SECOND = 50
# The stage after the last file, the manifest, was written.
NAMED = len(registry.FILES) + 2
SUGGEST = '{ suggest(text: "Bus mudik terlambat berangkat dari terminal") { version titles categories { label } } }'


@dataclass(frozen=True, slots=True)
class Installation:
    """The database and the store that processes share, as somebody sees them who stands beside."""

    runtime: Runtime

    @property
    def store(self) -> Path:
        """The folder of versions."""
        return self.runtime.settings.store_dir

    async def rows(self, model: type[Row], *conditions: Any) -> Sequence[Row]:
        """Rows as stored."""
        async with self.runtime.workshop.work(SYSTEM) as work:
            return list(await work.session.scalars(select(model).where(*conditions)))

    async def register(self, version: str, against: str | None) -> None:
        """Make a version a candidate that the gate compared with another one and let pass."""
        gate = None if against is None else Gate(passed=True, needs_human=False, reasons=(), against=against)
        # A version that no process is to load needs no folder.
        pin = manifest_sha256(self.store, version) if (self.store / version).exists() else "0" * 64
        async with self.runtime.workshop.work(SYSTEM) as work:
            await register(work, Trained(version, pin, {}, gate))

    async def promote(self, version: str) -> None:
        """Let a version serve."""
        async with self.runtime.workshop.work(SYSTEM) as work:
            await promote(work, version, "lebih baik")

    async def roll_back(self) -> str:
        """Let the version before serve again; gives its name."""
        async with self.runtime.workshop.work(SYSTEM) as work:
            return (await roll_back(work, "ternyata tidak")).version

    async def active(self) -> str:
        """The one version that is active, after a look whether the releases tell the same."""
        (active,) = await self.rows(ClassifierVersion, ClassifierVersion.state == "ACTIVE")
        releases = sorted(await self.rows(ClassifierRelease), key=lambda release: (release.at, release.id))
        assert releases[-1].version_id == active.id
        before = [release.previous_version_id for release in releases]
        assert before == [None, *(release.version_id for release in releases[:-1])]
        return active.version

    async def ask_for_training(self, source: str, examples: Sequence[Example], *, is_long: bool) -> UUID:
        """A training on the main topics of these rows, for the worker to carry out; a long one judges the newest."""
        async with self.runtime.workshop.work(SYSTEM) as work:
            for number, example in enumerate(examples):
                work.session.add(
                    HistoryExample(
                        id=new_id(),
                        source=source,
                        external_id=str(number),
                        body=example.text,
                        title=example.title,
                        category=example.category_main,
                        imported_at=MONDAY,
                    )
                )
        async with self.runtime.workshop.work(SYSTEM) as work:
            dataset = await request_dataset(work, Recipe(with_work=False, history=(source,)), is_queued=False)
        await build_dataset(self.runtime.workshop, self.runtime.datasets, dataset.id)
        async with self.runtime.workshop.work(SYSTEM) as work:
            options = TrainingOptions(("category_main",), with_corpus=False, with_time_split=is_long)
            return (await request_run(work, dataset.id, options, most_threads=1)).id

    async def process_of(self, run_id: UUID) -> int:
        """The id of the process that trains, once the run is in the middle of it."""

        async def tells() -> Sequence[TrainingRunLine]:
            return await self.rows(TrainingRunLine, TrainingRunLine.training_run_id == run_id)

        await until(tells, 60)
        (process,) = self.training_processes()
        return process

    def training_processes(self) -> list[int]:
        """Ids of the processes that train for this store; one that ended and was not fetched counts no more."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:  # it ended meanwhile
                continue
            if b"ml.train" in command and str(self.store).encode() in command:
                found.append(int(folder.name))
        return found

    async def ended(self, run_id: UUID) -> TrainingRun:
        """The run once it has ended, however it did."""

        async def has_ended() -> Sequence[TrainingRun]:
            return await self.rows(TrainingRun, TrainingRun.id == run_id, TrainingRun.finished_at.is_not(None))

        run: TrainingRun
        (run,) = await until(has_ended, 60)
        return run


def whole_versions(store: Path, key: bytes) -> list[str]:
    """Every version that the store lists, each loaded and its signature compared; raises `StoreError`."""
    return [registry.load(store, name, key=key).version for name in registry.versions(store)]


def stages(store: Path, known: Collection[str]) -> set[int]:
    """How far the folders are that were not `known`: how many files those without a name have, NAMED for a version."""
    found = set()
    for folder in store.iterdir():
        if folder.name in known:
            continue
        try:
            found.add(len(list(folder.iterdir())) if folder.name.startswith(".") else NAMED)
        except FileNotFoundError:  # it became a version meanwhile
            continue
    return found


@dataclass
class Load:
    """Asks for advice so many times a second, whatever becomes of the requests before; notes every answer."""

    http: httpx.AsyncClient
    answers: list[tuple[str, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    goes_on: bool = True

    async def run(self) -> None:
        """Ask until `goes_on` is false, then wait for the answers that are out."""
        start = anyio.current_time()
        async with anyio.create_task_group() as tasks:
            for number in count():
                await anyio.sleep_until(start + number / PER_SECOND)
                if not self.goes_on:
                    return
                tasks.start_soon(self._ask)

    async def _ask(self) -> None:
        try:
            response = await self.http.post("/graphql", json={"query": SUGGEST})
            answer: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError) as error:
            self.failures.append(repr(error))
            return
        suggestion = (answer.get("data") or {}).get("suggest")
        if response.status_code != 200 or "errors" in answer or suggestion is None:
            self.failures.append(f"{response.status_code}: {response.text}")
            return
        self.answers.append((suggestion.pop("version"), json.dumps(suggestion, sort_keys=True)))

    async def hears(self, version: str) -> None:
        """Wait until a second's worth of answers is of this version; ten seconds may pass before the first."""
        before = self._of(version)

        async def answers() -> bool:
            return self._of(version) > before and self.answers[-1][0] == version

        async def answers_much() -> bool:
            return self._of(version) >= before + PER_SECOND

        # Five seconds are the promise, ten are for a machine that runs tests beside.
        await until(answers, 10)
        await until(answers_much)

    def _of(self, version: str) -> int:
        return sum(answered_by == version for answered_by, _ in self.answers)


def keep_saving(source: Path, store: Path, key: bytes) -> None:
    """Save a version like `source` under a new name again and again, each of them twice, until killed."""
    content = json.loads((source / registry.MANIFEST).read_bytes())["content"]
    content = {name: value for name, value in content.items() if name not in ("files", "format")}
    meta = orjson.loads((source / registry.META).read_bytes())
    pipeline = (source / registry.PIPELINE).read_bytes()
    with np.load(source / registry.ARRAYS) as stored:
        arrays = {name: stored[name] for name in stored.files}
    while True:
        another = content | {"origin": uuid4().hex}
        for _ in range(2):
            registry.save(store, meta=meta, arrays=arrays, pipeline=pipeline, content=another, key=key)


def main() -> None:
    """For every line on standard input one process that keeps saving; tells its id, and once more when it is gone."""
    source, store, key_file = map(Path, sys.argv[1:])
    for _ in sys.stdin:
        # Forked, because to import what saves takes thirty times as long as to save.
        victim = os.fork()
        if victim == 0:
            keep_saving(source, store, key_file.read_bytes().strip())
        sys.stdout.write(f"{victim}\n")
        sys.stdout.flush()
        os.waitpid(victim, 0)
        sys.stdout.write(f"{victim}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
