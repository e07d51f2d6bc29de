"""Real processes: a server and a worker on a database of their own, for all tests that do not break them."""

from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest

from complaints.accounts import NewPerson, add_person
from complaints.policy import SYSTEM
from rules.vocabulary import Role
from server.embedded import Server
from server.keys import vault_keys
from server.runtime import open_runtime
from server.settings import Settings
from tests.e2e.support import ROOT, House, environment
from tests.support import PASSWORD

STAFF = {
    "admin.semarang": (Role.AGENCY_ADMIN, "KOTA_SEMARANG"),
    "dpu.semarang": (Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU"),
    "admin.pln": (Role.AGENCY_ADMIN, "PLN"),
    "pusat": (Role.NATIONAL_ADMIN, None),
    "warga": (Role.REPORTER, None),
}


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house")


@pytest.fixture(scope="session")
def house_url(postgres: Server, template: str) -> str:
    """The database of the shared house."""
    with postgres.connect() as connection:
        connection.execute(f"create database house template {template}")
    return postgres.url("house")


@pytest.fixture(scope="session")
async def house(house_url: str, data_dir: Path) -> AsyncIterator[House]:
    """A server and a worker with an account for every role of the journey."""
    settings = Settings(database_url=house_url, data_dir=data_dir)
    async with (
        open_runtime(settings, house_url, vault_keys(settings)) as runtime,
        runtime.workshop.work(SYSTEM) as work,
    ):
        for login, (role, agency) in STAFF.items():
            await add_person(work, NewPerson(login, f"Nama {login}", PASSWORD, role, agency))
    async with House.open(house_url, data_dir, SALUR_RATE__LOG_IN="5/minute") as opened:
        yield opened


_numbers = count()


@pytest.fixture
def empty_url(postgres: Server) -> Iterator[str]:
    """A database without anything in it."""
    name = f"empty_{next(_numbers)}"
    postgres.create_database(name)
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The variables of a command on a database with reference data."""
    return environment(tmp_path, database_url)


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    """Sixty complaints about electricity and streets: enough to learn something from in two seconds."""
    rows: list[str] = []
    for name in ("esdm", "pupr"):
        lines = (ROOT / "ml" / "corpus" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        rows += [line for line in lines if '"ESDM.LISTRIK' in line or '"PUPR.INFRASTRUKTUR_JALAN' in line][:30]
    file = tmp_path / "kecil.jsonl"
    file.write_text("\n".join(rows), encoding="utf-8")
    return file
