"""Starting Salur's own programs for a bench, waiting until they answer, and what a process has used."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path


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


def peak_mb(pid: int) -> int:
    """The most memory a process ever held, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0


def forget_peak() -> None:
    """Let `peak_mb` of this process count from now on."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def cpu_seconds(pid: int) -> float:
    """How long a process has used a core so far."""
    # The name of the program stands in brackets and may hold anything; user and system time are the 14th and 15th.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
