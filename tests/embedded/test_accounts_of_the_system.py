"""Started by root, the embedded PostgreSQL runs as somebody else and lets nobody else in."""

import functools
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from server import embedded_account
from tests.embedded.support import (
    HOLD_A_SERVER,
    NOBODY,
    Make,
    Modes,
    only_root,
)


@only_root
def test_roots_server_has_another_account_and_changes_nothing_of_others(
    postgres: Make, folder: Path, wheel: Path, modes: Callable[..., Modes]
) -> None:
    others = [folder, *folder.parents, wheel, *wheel.parents, *wheel.rglob("*")]
    before, accounts = modes(*others), Path("/etc/passwd").read_bytes()

    with postgres() as server:
        account = (server.socket_dir / ".s.PGSQL.5432").stat().st_uid
        private = [stat.S_IMODE(path.stat().st_mode) for path in folder.glob("data/*") if path.is_dir()]

    assert account != 0
    assert private == [0o700] * 3
    assert (modes(*others), Path("/etc/passwd").read_bytes()) == (before, accounts)


@only_root
def test_another_account_cannot_connect(postgres: Make) -> None:
    embedded = postgres()
    server = embedded.start()
    assert embedded.place is not None
    assert embedded.place.account is not None
    ask = [str(embedded.place.binaries / "psql"), server.url(), "-Atc", "SELECT 1"]

    owner, stranger = (
        embedded_account.run_as(embedded_account.Account(uid, uid), ask) for uid in (embedded.place.account.uid, 54321)
    )

    assert (owner.returncode, owner.stdout) == (0, "1\n")
    assert (stranger.returncode, stranger.stdout) == (2, "")
    assert "Permission denied" in stranger.stderr


@only_root
@pytest.mark.usefixtures("private_umask")
def test_below_a_private_home_binaries_and_data_go_to_the_state_folder(
    postgres: Make, folder: Path, wheel: Path, modes: Callable[..., Modes], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, state = folder / "root", folder / "state"
    home.mkdir()
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(part, home / part.name)
    for path in home.rglob("*"):
        path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o700)
    monkeypatch.syspath_prepend(home)
    monkeypatch.chdir(home)
    before = modes(home, *home.rglob("*"))

    for embedded in (postgres(home / "data"), postgres(home / "data")):
        with embedded as server:
            server.connect().close()
        assert embedded.place is not None
        assert embedded.place.binaries.is_relative_to(state)
        assert embedded.place.home.parent == state

    assert modes(*before) == before
    assert {owner for _, owner, _ in modes(*state.glob("binaries-*/**/*")).values()} == {0}
    assert len(list(state.iterdir())) == 2


@only_root
def test_a_users_server_and_data_stay_the_users_even_when_root_starts_it_in_between(
    postgres: Make, folder: Path, nobodys_python: list[str]
) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY, NOBODY)
    run_as_nobody = functools.partial(
        subprocess.run,
        [*nobodys_python, "-c", HOLD_A_SERVER, str(home / "data"), str(folder / "nowhere")],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        env={"HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    first = run_as_nobody()
    with postgres(home / "data") as server, server.connect() as connection:
        assert connection.execute("SELECT count(*) FROM starts").fetchone() == (1,)
    second = run_as_nobody()

    assert (first.returncode, first.stderr, first.stdout.split()[:2]) == (0, "", ["1", "0o40700"])
    assert (second.returncode, second.stderr, second.stdout.split()[:2]) == (0, "", ["2", "0o40700"])
    assert {path.stat().st_uid for path in home.rglob("*")} == {NOBODY}
    assert not (folder / "nowhere").exists()
