"""Versions of the classifier: registered once, promoted by a person, one at a time."""

import pytest
from sqlalchemy.exc import IntegrityError

from complaints.classifiers import Gate, Trained, WantedVersions, promote, register, wanted_versions
from complaints.policy import SYSTEM, Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, NotSignedIn, Problem, Refusal
from models import ClassifierVersion, new_id
from rules.vocabulary import Role
from server.runtime import Runtime
from tests.integration.given import Rows, State
from tests.support import MONDAY, ActorOf, WorkAs

FIRST = Trained("a" * 16, "1" * 64, {"category": {"top_1": 0.71}})
SECOND = Trained("b" * 16, "2" * 64, {"category": {"top_1": 0.74}}, Gate(True, False, (), FIRST.version))


@pytest.fixture(autouse=True)
async def registered(work_as: WorkAs) -> None:
    """Two candidates."""
    for trained in (FIRST, SECOND):
        async with work_as(SYSTEM) as work:
            await register(work, trained)


async def test_a_folder_registered_twice_is_one_candidate(work_as: WorkAs, rows: Rows) -> None:
    async with work_as(SYSTEM) as work:
        await register(work, FIRST)

    assert [(row.version, row.state, row.metrics) for row in await rows(ClassifierVersion)] == [
        (FIRST.version, "CANDIDATE", FIRST.metrics),
        (SECOND.version, "CANDIDATE", SECOND.metrics),
    ]


async def test_promotion_names_who_and_why_and_retires_the_one_before(
    runtime: Runtime, work_as: WorkAs, an_actor: ActorOf, rows: Rows
) -> None:
    analyst = await an_actor(Role.DATA_STAFF)
    for version, reason in ((FIRST.version, "versi awal"), (SECOND.version, "lebih baik")):
        async with work_as(analyst) as work:
            await promote(work, version, reason)

    before, serving = await rows(ClassifierVersion)
    assert (before.state, before.reason) == ("RETIRED", "versi awal")
    assert (serving.state, serving.reason, serving.promoted_by_id, serving.promoted_at) == (
        "ACTIVE",
        "lebih baik",
        analyst.id,
        MONDAY,
    )
    async with runtime.database.read.connect() as connection:
        active = (await wanted_versions(connection)).active
    assert active is not None
    assert (active.version, active.manifest_sha256) == (SECOND.version, SECOND.manifest_sha256)


@pytest.mark.parametrize(
    ("actor", "version", "reason", "refusal"),
    [
        (Actor(Role.AGENCY_ADMIN), FIRST.version, "uji", NotAllowed),
        (Actor(Role.AUDITOR), FIRST.version, "uji", NotAllowed),
        (Actor(Role.PUBLIC), FIRST.version, "uji", NotSignedIn),
        (SYSTEM, "c" * 16, "uji", NotFound),
        (SYSTEM, FIRST.version, " ", Invalid),
    ],
    ids=["agency admin", "auditor", "nobody", "unknown version", "no reason"],
)
async def test_what_is_refused_changes_nothing(
    actor: Actor, version: str, reason: str, refusal: type[Refusal], work_as: WorkAs, state: State
) -> None:
    before = await state()

    with pytest.raises(refusal):
        async with work_as(actor) as work:
            await promote(work, version, reason)

    assert await state() == before


async def test_a_promotion_needs_a_reason_by_name(work_as: WorkAs) -> None:
    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await promote(work, FIRST.version, "")

    assert refusal.value.problems == (Problem("reason", "REQUIRED", {"min": 1, "length": 0}),)


async def test_the_database_allows_one_active_version(work_as: WorkAs) -> None:
    async with work_as(SYSTEM) as work:
        await promote(work, FIRST.version, "uji")

    with pytest.raises(IntegrityError, match="uq_classifier_version_active"):
        async with work_as(SYSTEM) as work:
            work.session.add(
                ClassifierVersion(
                    id=new_id(),
                    version="c" * 16,
                    manifest_sha256="",
                    metrics={},
                    state="ACTIVE",
                    registered_at=MONDAY,
                )
            )


async def test_without_a_promotion_none_serves(runtime: Runtime) -> None:
    async with runtime.database.read.connect() as connection:
        assert await wanted_versions(connection) == WantedVersions()
