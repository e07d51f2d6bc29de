"""Carries out a training run: in a process of its own, watched, told to stop when somebody says so."""

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import anyio.abc
import anyio.to_thread
import orjson
import structlog
from anyio.streams.text import TextReceiveStream
from sqlalchemy.exc import SQLAlchemyError

from complaints.classifiers import Trained
from complaints.learning.datasets import DatasetFolder, DatasetLost
from complaints.learning.descriptions import label_descriptions
from complaints.learning.runs import (
    Assignment,
    begin_run,
    end_run,
    finish_run,
    gate_of,
    note_progress,
)
from complaints.policy import SYSTEM
from complaints.refusals import Busy
from complaints.work import Workshop
from ml.store import StoreError, manifest
from rules.vocabulary import JobState
from server.serving import manifest_sha256

log = structlog.get_logger()

CORPUS = Path(__file__).parents[1] / "ml" / "corpus"
# How often progress is written and the wish to stop is read.
_BEAT_SECONDS = 1.0
# How long a process may take to stop by itself.
_GRACE_SECONDS = 5.0
_LONGEST_LINE = 2_000
_LIMITED_TO = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(slots=True)
class _Heard:
    """What the process said since the last beat."""

    fraction: float = 0.0
    lines: list[str] = field(default_factory=list)
    output: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Trainer:
    """What training needs: where versions and data sets are, and the key that signs what is trained.

    `serving` tells which version to compare a candidate with.
    """

    workshop: Workshop
    store: Path
    datasets: DatasetFolder
    key_file: Path
    serving: Callable[[], str | None]

    async def train(self, run_id: UUID) -> None:
        """One run from start to end. Whatever happens is written to the run; nothing is raised but cancellation."""
        async with self.workshop.work(SYSTEM) as work:
            assignment = await begin_run(work, run_id)
            descriptions = label_descriptions(work.knowledge)
        if assignment is None:
            return
        with tempfile.TemporaryDirectory(prefix="salur-training-") as scratch:
            try:
                report = Path(scratch) / "report.json"
                labels = Path(scratch) / "labels.jsonl"
                labels.write_bytes(descriptions)
                command = await anyio.to_thread.run_sync(self._command, assignment, labels, report)
                await self._carry_out(run_id, command, assignment.options.threads, report)
            except DatasetLost:
                await self._end(run_id, JobState.FAILED, "DATASET_LOST")
            except (OSError, StoreError, ValueError, LookupError):
                log.exception("training.failed", run=str(run_id))
                await self._end(run_id, JobState.FAILED, "BROKEN_RESULT")
            except anyio.get_cancelled_exc_class():
                with anyio.CancelScope(shield=True):
                    await self._end(run_id, JobState.FAILED, "WORKER_STOPPED")
                raise

    def _command(self, assignment: Assignment, labels: Path, report: Path) -> list[str]:
        options = assignment.options
        command = [sys.executable, "-m", "ml.train", "--json", "--progress-json", "--keep-loser"]
        command += ["--data", str(self.datasets.checked(*assignment.dataset)), "--store", str(self.store)]
        command += ["--key-file", str(self.key_file), "--labels", str(labels), "--report", str(report)]
        command += ["--threads", str(options.threads)]
        for source in assignment.sources:
            command += ["--source", str(self.datasets.checked(*source))]
        if options.with_corpus:
            command += ["--source", str(CORPUS)]
        for target in options.targets:
            command += ["--target", target]
        if not options.with_time_split:
            command.append("--no-time-split")
        baseline = self.serving()
        if baseline is not None:
            command += ["--baseline", baseline]
        return command

    async def _carry_out(self, run_id: UUID, command: Sequence[str], threads: int, report: Path) -> None:
        limits = dict.fromkeys(_LIMITED_TO, str(threads))
        heard = _Heard()
        # A session of its own: Ctrl-C for the worker is no Ctrl-C for the training, which is told in its own time.
        async with (
            await anyio.open_process(command, env=os.environ | limits, start_new_session=True) as process,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(_read_progress, process, heard)
            tasks.start_soon(_read_output, process, heard)
            try:
                goes_on = await self._watch(run_id, process, heard)
            finally:
                with anyio.CancelScope(shield=True):
                    await _stop(process)
        if not goes_on:
            await self._end(run_id, JobState.CANCELLED)
        elif process.returncode != 0:
            log.error("training.failed", run=str(run_id), returncode=process.returncode)
            await self._end(run_id, JobState.FAILED, "NOT_TRAINABLE" if process.returncode == 2 else "PROCESS_DIED")
        else:
            await self._register(run_id, heard, report)

    async def _watch(self, run_id: UUID, process: anyio.abc.Process, heard: _Heard) -> bool:
        while process.returncode is None:
            with anyio.move_on_after(_BEAT_SECONDS):
                await process.wait()
            if not await self._beat(run_id, heard):
                return False
        return True

    async def _beat(self, run_id: UUID, heard: _Heard) -> bool:
        told = tuple(heard.lines)
        try:
            async with self.workshop.work(SYSTEM) as work:
                goes_on = await note_progress(work, run_id, heard.fraction, told)
        except (Busy, SQLAlchemyError, OSError):
            # A database that is away for a moment is no reason to throw an hour of training away.
            log.exception("training.progress_not_noted", run=str(run_id))
            return True
        del heard.lines[: len(told)]
        return goes_on

    async def _register(self, run_id: UUID, heard: _Heard, report: Path) -> None:
        result = orjson.loads("".join(heard.output).splitlines()[-1])
        told = orjson.loads(await anyio.Path(report).read_bytes())
        version = str(result["version"])
        trained = await anyio.to_thread.run_sync(self._trained, version, told)
        async with self.workshop.work(SYSTEM) as work:
            await note_progress(work, run_id, 1.0, heard.lines)
            await finish_run(work, run_id, trained, told)
        log.info("training.done", run=str(run_id), version=version)

    def _trained(self, version: str, report: dict[str, Any]) -> Trained:
        return trained_version(self.store, self.key_file, version, report)

    async def _end(self, run_id: UUID, state: JobState, failure: str | None = None) -> None:
        async with self.workshop.work(SYSTEM) as work:
            await end_run(work, run_id, state, failure)


def trained_version(store: Path, key_file: Path, version: str, report: dict[str, Any]) -> Trained:
    """What is registered of a version in the store; raises `StoreError` when it is not what was written."""
    found = manifest(store, version, key=key_file.read_bytes().strip())
    # How many decisions of people a target rests on says whether its answers may act.
    metrics = {
        target: known["metrics"] | {"decided_rows": known["decided_rows"]} for target, known in found.targets.items()
    }
    return Trained(version, manifest_sha256(store, version), metrics, gate_of(report))


async def _read_progress(process: anyio.abc.Process, heard: _Heard) -> None:
    if process.stderr is None:
        return
    rest = ""
    async for part in TextReceiveStream(process.stderr, errors="replace"):
        *lines, rest = (rest + part).split("\n")
        for line in lines:
            _hear(line, heard)
    # Whoever dies in the middle of a line leaves it without an end.
    _hear(rest, heard)


def _hear(line: str, heard: _Heard) -> None:
    try:
        told = orjson.loads(line)
        heard.fraction = float(told["fraction"])
        heard.lines.append(str(told["text"]))
    except (ValueError, KeyError, TypeError):
        # What a library or an error writes there belongs into the log of the run as it is.
        if line.strip():
            heard.lines.append(line[:_LONGEST_LINE])


async def _read_output(process: anyio.abc.Process, heard: _Heard) -> None:
    if process.stdout is not None:
        async for part in TextReceiveStream(process.stdout, errors="replace"):
            heard.output.append(part)


async def _stop(process: anyio.abc.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        with anyio.move_on_after(_GRACE_SECONDS):
            await process.wait()
    # With all it started: what is left of the session would hold its output open, and the run would never end.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
