"""Starting Salur's own programs for a bench, and waiting until they answer."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def run_salur(environment: Mapping[str, str], *command: str) -> None:
    """Run one command of `salur` to its end; what it prints goes to standard error."""
    subprocess.run([sys.executable, "-m", "server", *command], env=dict(environment), check=True, stdout=sys.stderr)


def wait_until_ready(port: int, seconds: float = 60) -> None:
    """Return when the server answers; raises the last error when it does not in time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
