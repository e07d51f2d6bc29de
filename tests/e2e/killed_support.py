"""What tests that kill workers speak with: where a job stands still, kill -9, and another worker that goes on."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from procrastinate.exceptions import AlreadyEnqueued
from psycopg.rows import dict_row

from complaints.figures.exporting import WRITE_EXPORT
from complaints.finding.jobs import FILL
from complaints.rule_desk.replays import REPLAY
from complaints.rule_desk.suggestions import SUGGEST
from complaints.telling.jobs import MEND
from complaints.work import TELL
from server.runtime import Runtime
from tests.e2e.support import ROOT, environment, until
from tests.support import VAULT_KEY

# Which job takes up again what a dead worker left; the others come again by themselves, every minute or five.
MENDS = {WRITE_EXPORT: "figures.mend", FILL: "finding.mend", REPLAY: "rules.mend", SUGGEST: "rules.mend", TELL: MEND}
# Somebody waits for what this connection holds.
WAITS = "select from pg_stat_activity where %(holder)s = any(pg_blocking_pids(pid))"
# What tells workers of a new job; of one that is to be done again they hear by looking every five seconds.
NUDGE = """select pg_notify('procrastinate_any_queue_v1', '{"type": "job_inserted", "job_id": 0}')"""


class Nursery:
    """Starts workers, each a process of its own."""

    def __init__(self, child: "subprocess.Popen[str]") -> None:
        self._child = child

    @classmethod
    @contextmanager
    def open(cls) -> Iterator["Nursery"]:
        """For as long as the block lasts."""
        command = [sys.executable, "-m", "tests.e2e.nursery"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, bufsize=1) as child:
            yield cls(child)
            child.kill()

    def start(self, env: dict[str, str], log: Path) -> int:
        """One more worker; gives its pidfd, which speaks of this process whatever becomes of its number."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps({"env": env, "log": str(log)}) + "\n")
        return os.pidfd_open(int(self._child.stdout.readline()))


class Killer:
    """Kills workers where a job stands still, and lets others go on."""

    def __init__(self, nursery: Nursery, runtime: Runtime, folder: Path) -> None:
        self._nursery = nursery
        self._runtime = runtime
        self._folder = folder
        self._numbers = count()
        self._workers: list[int] = []
        timeouts = {f"SALUR_DATABASE__{name}_TIMEOUT_MS": "60000" for name in ("LOCK", "STATEMENT")}
        more = {"SALUR_VAULT_KEYS": VAULT_KEY, "SALUR_LOG_FORMAT": "json", **timeouts}
        self._env = environment(folder, runtime.settings.url(), **more)

    async def within(self, job: str, held: str, begun: str = WAITS) -> None:
        """Start a worker, wait until the job has begun and cannot go on without what `held` locks, kill the worker."""
        async with await self._connection() as holder:
            await holder.execute(held.encode())
            await self._start(job)
            await self._stands(holder, begun)
            self.kill()

    async def at_its_end(self, job: str, held: str, begun: str = WAITS) -> None:
        """The same, but let it go on, and kill the worker when all is written and the job not yet crossed off."""
        mine = b"select id from procrastinate_jobs where task_name = %s and status = 'doing' and worker_id is not null"
        async with await self._connection() as listed:
            async with await self._connection() as holder:
                await holder.execute(held.encode())
                await self._start(job)
                await self._stands(holder, begun)
                # Of a worker that was killed before, the row is not its own any more.
                assert len(await (await listed.execute(mine + b" for update", [job])).fetchall()) == 1
            await self._stands(listed, WAITS)
            self.kill()

    async def finish(self, *jobs: str) -> None:
        """Start a worker, wait until it has done what was begun, and end it: the test itself does the rest."""
        await self._start(*jobs)
        left = b"""
            select from procrastinate_jobs where task_name = any(%(jobs)s)
            and (status = 'todo' or status = 'doing' and (worker_id is not null or task_name = any(%(mended)s)))
        """

        async def are_done() -> bool:
            async with await self._connection() as connection:
                await connection.execute(NUDGE)
                found = await connection.execute(left, {"jobs": list(jobs), "mended": list(MENDS)})
                return await found.fetchone() is None

        await until(are_done, 60)
        self.kill()

    async def _start(self, *jobs: str) -> None:
        # The one before has been silent for long.
        async with await self._connection() as connection:
            await connection.execute("update procrastinate_workers set last_heartbeat = now() - interval '1 minute'")
        for name in {MENDS.get(job, job) for job in jobs}:
            # Without waiting for the next full minute.
            with suppress(AlreadyEnqueued):
                await self._runtime.jobs.configure_task(name).defer_async(timestamp=0)
        log = self._folder / f"worker.{next(self._numbers)}.log"
        self._workers.append(self._nursery.start(self._env, log))

    async def _stands(self, holder: psycopg.AsyncConnection[Any], begun: str) -> None:
        async def stands() -> bool:
            assert self._lives(self._workers[-1])
            async with await self._connection() as watcher:
                await watcher.execute(NUDGE)
                found = await watcher.execute(begun.encode(), {"holder": holder.info.backend_pid})
                return await found.fetchone() is not None

        await until(stands, 60)

    def kill(self) -> None:
        """kill -9 for every worker that lives, wherever it is."""
        for worker in self._workers:
            if self._lives(worker):
                signal.pidfd_send_signal(worker, signal.SIGKILL)
                select.select([worker], [], [], 15)
            assert not self._lives(worker)

    def close(self) -> None:
        """Make sure that nothing stays behind."""
        self.kill()
        for worker in self._workers:
            os.close(worker)

    async def rows(self, statement: str) -> list[dict[str, Any]]:
        """A statement for its rows."""
        async with await self._connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            return await (await cursor.execute(statement.encode())).fetchall()

    def _lives(self, worker: int) -> bool:
        return not select.select([worker], [], [], 0)[0]

    async def _connection(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self._runtime.settings.url())
