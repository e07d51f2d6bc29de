"""What tests of releases are given: versions with what the gate said, one that serves, one that is proposed."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from complaints.classifiers import (
    Gate,
    Trained,
    WantedVersions,
    promote,
    propose_release,
    register,
    wanted_versions,
)
from complaints.learning.labels import Lesson, give_label
from complaints.policy import SYSTEM
from models import ClassifierVersion, ReleaseProposal
from rules.vocabulary import Role
from server.runtime import Runtime
from tests.integration.given import Rows
from tests.support import ActorOf, Complaints, WorkAs

FIRST, SECOND, THIRD = "a" * 16, "b" * 16, "c" * 16
PASSED = Gate(passed=True, needs_human=False, reasons=(), against=FIRST)
REFUSED = Gate(passed=False, needs_human=True, reasons=("agency: accuracy", "noise: ECE"), against=FIRST)

RegisterVersion = Callable[[str, Gate | None], Awaitable[ClassifierVersion]]
States = Callable[[], Awaitable[dict[str, str]]]
Wanted = Callable[[], Awaitable[WantedVersions]]


@pytest.fixture
def registered(work_as: WorkAs) -> RegisterVersion:
    """A candidate with what the gate said of it."""

    async def run(version: str, gate: Gate | None = None) -> ClassifierVersion:
        async with work_as(SYSTEM) as work:
            return await register(work, Trained(version, "0" * 64, {}, gate))

    return run


@pytest.fixture
async def serving(work_as: WorkAs, registered: RegisterVersion) -> str:
    """The first version, which serves."""
    await registered(FIRST, None)
    async with work_as(SYSTEM) as work:
        await promote(work, FIRST, "versi awal")
    return FIRST


@pytest.fixture
def states(rows: Rows) -> States:
    async def read() -> dict[str, str]:
        return {row.version: row.state for row in await rows(ClassifierVersion)}

    return read


@pytest.fixture
def wanted(runtime: Runtime) -> Wanted:
    async def read() -> WantedVersions:
        async with runtime.database.read.connect() as connection:
            return await wanted_versions(connection)

    return read


@pytest.fixture
async def a_label(work_as: WorkAs, a_complaint: Complaints) -> UUID:
    """What data staff said about a complaint."""
    complaint = await a_complaint()
    async with work_as(SYSTEM) as work:
        return (await give_label(work, complaint.id, Lesson(is_excluded=True))).id


@pytest.fixture
async def proposal(work_as: WorkAs, an_actor: ActorOf, serving: str, registered: RegisterVersion) -> ReleaseProposal:
    """A refused version that somebody wants all the same."""
    await registered(SECOND, REFUSED)
    proposer = await an_actor(Role.DATA_STAFF, login="pengusul")
    async with work_as(proposer) as work:
        return await propose_release(work, SECOND, "lebih baik untuk desa")
