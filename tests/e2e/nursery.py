"""Workers by forking: to import what a worker is made of takes ten times as long as to start one."""

import json
import os
import signal
import sys

from server import cli, runtime, worker
from server.commands import run

# What a worker imports only once it runs is there before the first one is forked.
READY = (cli, run, runtime, worker)


def main() -> None:
    """For every line on standard input, which tells environment and log, one `salur worker`; tells its id."""
    # Whoever ends is waited for by nobody.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            become_worker(**json.loads(line))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def become_worker(env: dict[str, str], log: str) -> None:
    """Go on as if started from a shell; comes back never."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(env)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream, file in enumerate((os.open(os.devnull, os.O_RDONLY), written, written)):
        os.dup2(file, stream)
    sys.argv = ["salur", "worker"]
    cli.main()
    sys.exit()


if __name__ == "__main__":
    main()
