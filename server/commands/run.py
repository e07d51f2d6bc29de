"""Commands that keep running: the server, the worker, and both with a database of their own."""

import os
import signal
import sys
import threading
from typing import Annotated

import anyio
import typer
import uvicorn

from server.app import create_app
from server.commands.session import run, runtime
from server.logs import set_up_logs
from server.settings import Settings, read_settings
from server.up import Startup
from server.worker import run_worker

_WithParent = Annotated[bool, typer.Option("--with-parent", hidden=True, help="Stop when standard input ends.")]


def serve(with_parent: _WithParent = False) -> None:
    """Serve GraphQL over HTTP and WebSocket at SALUR_HTTP__HOST and SALUR_HTTP__PORT. Needs DATABASE_URL."""
    settings = read_settings()
    if with_parent:
        _stop_with_parent()
    uvicorn.run(
        create_app(settings),
        host=settings.http.host,
        port=settings.http.port,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=settings.http.max_body_bytes,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


def worker(with_parent: _WithParent = False) -> None:
    """Work on jobs: late advice, escalation, closing by silence. Needs DATABASE_URL; run as many as you like."""
    settings = read_settings()
    if with_parent:
        _stop_with_parent()
    run(lambda: _work(settings))


async def _work(settings: Settings) -> None:
    async with runtime(settings) as opened, anyio.create_task_group() as tasks:
        await opened.serving.refresh()
        tasks.start_soon(opened.serving.follow, settings.classifier.poll_seconds)
        tasks.start_soon(run_worker, opened)
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                break
        tasks.cancel_scope.cancel()


def _stop_with_parent() -> None:
    """End this process when its parent is gone: the parent holds the other end of our standard input."""

    def wait() -> None:
        # Not through sys.stdin: its lock, held while waiting, would make the interpreter abort at exit.
        while os.read(0, 1024):
            pass
        signal.raise_signal(signal.SIGTERM)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()


def up(
    demo: Annotated[
        bool | None, typer.Option(help="Load demonstration accounts and complaints. Never in production.")
    ] = None,
) -> None:
    """Start everything: database, schema, reference data, first classifier, demonstration, server and worker.

    Without DATABASE_URL a PostgreSQL of Salur's own runs on the data folder (SALUR_DATA_DIR, .salur by default);
    the next start uses the same data again. Ctrl-C stops everything.
    """
    settings = read_settings()
    set_up_logs(settings.log_format)
    wanted = settings.demo if demo is None else demo
    sys.exit(Startup(settings, with_demo=wanted and not settings.is_production).run())
