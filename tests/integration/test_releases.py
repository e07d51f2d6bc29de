"""What serves: let in by the gate or by two people, taken back in one step, one version at a time."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import anyio
import psycopg
import pytest

from complaints.classifiers import (
    Gate,
    Trained,
    WantedVersions,
    decide_release,
    promote,
    propose_release,
    register,
    roll_back,
    start_shadow,
    stop_shadow,
    wanted_versions,
)
from complaints.learning.labels import Lesson, give_label
from complaints.policy import SYSTEM, Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, NotSignedIn, Problem, Refusal
from models import ClassifierRelease, ClassifierVersion, ReleaseProposal, new_id
from rules.vocabulary import ReleaseKind, Role
from server.runtime import Runtime
from tests.integration.given import Rows, State, Waiting
from tests.support import MONDAY, ActorOf, Clock, Complaints, WorkAs

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


async def test_the_first_version_needs_no_gate(serving: str, states: States, rows: Rows) -> None:
    (release,) = await rows(ClassifierRelease)
    assert await states() == {FIRST: "ACTIVE"}
    assert (release.kind, release.previous_version_id, release.reason, release.at) == (
        ReleaseKind.PROMOTED, None, "versi awal", MONDAY,
    )  # fmt: skip


async def test_a_version_that_the_gate_passed_serves(
    serving: str, registered: RegisterVersion, work_as: WorkAs, an_actor: ActorOf, states: States, rows: Rows
) -> None:
    second = await registered(SECOND, PASSED)
    analyst = await an_actor(Role.DATA_STAFF)

    async with work_as(analyst) as work:
        await promote(work, SECOND, " lebih baik ")

    release = (await rows(ClassifierRelease))[-1]
    (first,) = await rows(ClassifierVersion, ClassifierVersion.version == FIRST)
    assert await states() == {FIRST: "RETIRED", SECOND: "ACTIVE"}
    assert (release.kind, release.version_id, release.previous_version_id) == (
        ReleaseKind.PROMOTED, second.id, first.id,
    )  # fmt: skip
    assert (release.decided_by_id, release.proposed_by_id, release.reason) == (analyst.id, None, "lebih baik")


@pytest.mark.parametrize(
    ("version", "gate", "problem"),
    [
        (SECOND, REFUSED, Problem("version", "GATE_REFUSED", {"reasons": "agency: accuracy; noise: ECE"})),
        (SECOND, None, Problem("version", "NOT_COMPARED", {"serving": FIRST})),
        (SECOND, replace(PASSED, against=THIRD), Problem("version", "NOT_COMPARED", {"serving": FIRST})),
        (FIRST, PASSED, Problem("version", "SERVES_ALREADY")),
    ],
    ids=["refused", "not compared", "compared with another", "serves already"],
)
async def test_what_the_gate_did_not_pass_is_not_promoted(
    version: str,
    gate: Gate | None,
    problem: Problem,
    serving: str,
    registered: RegisterVersion,
    work_as: WorkAs,
    state: State,
) -> None:
    await registered(version, gate)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await promote(work, version, "uji")

    assert refusal.value.problems == (problem,)
    assert await state() == before


async def test_a_version_that_nobody_can_load_is_replaced_without_comparison(
    serving: str, registered: RegisterVersion, work_as: WorkAs, states: States
) -> None:
    await registered(SECOND, None)

    async with work_as(SYSTEM) as work:
        await promote(work, SECOND, "rilis baru", replaces_unreadable=True)

    assert await states() == {FIRST: "RETIRED", SECOND: "ACTIVE"}


async def test_a_version_trained_again_is_judged_by_the_newer_comparison(
    serving: str, registered: RegisterVersion, rows: Rows
) -> None:
    await registered(SECOND, REFUSED)
    await registered(SECOND, None)
    kept = (await rows(ClassifierVersion, ClassifierVersion.version == SECOND))[0].gate
    await registered(SECOND, PASSED)
    await registered(SECOND, replace(REFUSED, against=SECOND))

    (row,) = await rows(ClassifierVersion, ClassifierVersion.version == SECOND)
    assert (kept, row.gate) == (REFUSED.data(), PASSED.data())


async def test_one_step_back_and_forth(
    serving: str, registered: RegisterVersion, work_as: WorkAs, clock: Clock, states: States, rows: Rows
) -> None:
    await registered(SECOND, PASSED)
    found = []
    clock.forward(minutes=1)
    async with work_as(SYSTEM) as work:
        await promote(work, SECOND, "lebih baik")
    for reason in ("banyak koreksi", "ternyata bukan itu"):
        clock.forward(minutes=1)
        async with work_as(SYSTEM) as work:
            await roll_back(work, reason)
        found.append(await states())

    assert found == [{FIRST: "ACTIVE", SECOND: "RETIRED"}, {FIRST: "RETIRED", SECOND: "ACTIVE"}]
    assert [(row.kind, row.reason) for row in await rows(ClassifierRelease)] == [
        (ReleaseKind.PROMOTED, "versi awal"),
        (ReleaseKind.PROMOTED, "lebih baik"),
        (ReleaseKind.ROLLED_BACK, "banyak koreksi"),
        (ReleaseKind.ROLLED_BACK, "ternyata bukan itu"),
    ]


async def test_there_is_nothing_before_the_first_version(serving: str, work_as: WorkAs, state: State) -> None:
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await roll_back(work, "uji")

    assert refusal.value.problems == (Problem("version", "NOTHING_BEFORE"),)
    assert await state() == before


async def test_nothing_is_rolled_back_where_nothing_serves(work_as: WorkAs) -> None:
    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await roll_back(work, "uji")

    assert refusal.value.problems == (Problem("version", "NOTHING_BEFORE"),)


async def test_two_people_overrule_the_gate(
    proposal: ReleaseProposal, work_as: WorkAs, an_actor: ActorOf, clock: Clock, states: States, rows: Rows
) -> None:
    second_person = await an_actor(Role.NATIONAL_ADMIN)
    waiting = await states()
    clock.forward(days=1)

    async with work_as(second_person) as work:
        await decide_release(work, proposal.id, agrees=True)

    (decided,) = await rows(ReleaseProposal)
    release = (await rows(ClassifierRelease))[-1]
    assert waiting == {FIRST: "ACTIVE", SECOND: "CANDIDATE"}
    assert await states() == {FIRST: "RETIRED", SECOND: "ACTIVE"}
    assert (decided.is_agreed, decided.decided_by_id, decided.decided_at) == (True, second_person.id, clock.now)
    assert (release.kind, release.reason) == (ReleaseKind.OVERRULED, "lebih baik untuk desa")
    assert (release.proposed_by_id, release.decided_by_id) == (proposal.proposed_by_id, second_person.id)


async def test_the_second_person_may_refuse_and_it_may_be_proposed_again(
    proposal: ReleaseProposal, work_as: WorkAs, an_actor: ActorOf, states: States, rows: Rows
) -> None:
    second_person = await an_actor(Role.DATA_STAFF)
    async with work_as(second_person) as work:
        await decide_release(work, proposal.id, agrees=False)
    after = await states()
    async with work_as(second_person) as work:
        await propose_release(work, SECOND, "sekali lagi")

    assert after == {FIRST: "ACTIVE", SECOND: "CANDIDATE"}
    assert [(row.is_agreed, row.reason) for row in await rows(ReleaseProposal)] == [
        (False, "lebih baik untuk desa"),
        (None, "sekali lagi"),
    ]
    assert len(await rows(ClassifierRelease)) == 1


async def test_one_person_is_not_two(proposal: ReleaseProposal, work_as: WorkAs, state: State) -> None:
    before = await state()

    refused = []
    for actor in (Actor(Role.DATA_STAFF, id=proposal.proposed_by_id), SYSTEM):
        with pytest.raises(Invalid) as refusal:
            async with work_as(actor) as work:
                await decide_release(work, proposal.id, agrees=True)
        refused.append(refusal.value.problems)

    assert refused == [(Problem("id", "TWO_PEOPLE"),)] * 2
    assert await state() == before


async def test_the_command_line_proposes_nothing(
    serving: str, registered: RegisterVersion, work_as: WorkAs, state: State
) -> None:
    await registered(SECOND, REFUSED)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await propose_release(work, SECOND, "uji")

    assert refusal.value.problems == (Problem("version", "TWO_PEOPLE"),)
    assert await state() == before


async def test_a_proposal_is_decided_once(
    proposal: ReleaseProposal, work_as: WorkAs, an_actor: ActorOf, state: State
) -> None:
    second_person, third_person = await an_actor(Role.DATA_STAFF), await an_actor(Role.DATA_STAFF)
    async with work_as(second_person) as work:
        await decide_release(work, proposal.id, agrees=False)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(third_person) as work:
            await decide_release(work, proposal.id, agrees=True)
    with pytest.raises(NotFound):
        async with work_as(third_person) as work:
            await decide_release(work, new_id(), agrees=True)

    assert refusal.value.problems == (Problem("id", "ALREADY_DECIDED"),)
    assert await state() == before


@pytest.mark.parametrize(
    ("version", "reason", "problem"),
    [
        (SECOND, "lagi", Problem("version", "ALREADY_PROPOSED")),
        (FIRST, "lagi", Problem("version", "SERVES_ALREADY")),
        (SECOND, " ", Problem("reason", "REQUIRED", {"min": 1, "length": 0})),
    ],
)
async def test_a_version_is_proposed_once_with_a_reason(
    version: str,
    reason: str,
    problem: Problem,
    proposal: ReleaseProposal,
    work_as: WorkAs,
    an_actor: ActorOf,
    state: State,
) -> None:
    other = await an_actor(Role.DATA_STAFF)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(other) as work:
            await propose_release(work, version, reason)

    assert refusal.value.problems == (problem,)
    assert await state() == before


async def test_a_proposal_for_what_serves_by_now_changes_nothing(
    proposal: ReleaseProposal, registered: RegisterVersion, work_as: WorkAs, an_actor: ActorOf, state: State
) -> None:
    second_person = await an_actor(Role.DATA_STAFF)
    await registered(SECOND, PASSED)
    async with work_as(SYSTEM) as work:
        await promote(work, SECOND, "dilatih ulang")
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(second_person) as work:
            await decide_release(work, proposal.id, agrees=True)

    assert refusal.value.problems == (Problem("version", "SERVES_ALREADY"),)
    assert await state() == before


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (Actor(Role.PUBLIC), NotSignedIn),
        (Actor(Role.AGENCY_ADMIN), NotAllowed),
        (Actor(Role.OVERSEER), NotAllowed),
        (Actor(Role.AUDITOR), NotAllowed),
    ],
)
async def test_who_may_not_promote_may_do_none_of_it(
    actor: Actor, refusal: type[Refusal], proposal: ReleaseProposal, work_as: WorkAs, state: State
) -> None:
    before = await state()

    steps: Sequence[Callable[[Any], Awaitable[object]]] = (
        lambda work: promote(work, SECOND, "uji"),
        lambda work: roll_back(work, "uji"),
        lambda work: propose_release(work, SECOND, "uji"),
        lambda work: decide_release(work, proposal.id, agrees=True),
        lambda work: start_shadow(work, SECOND),
        stop_shadow,
    )
    for step in steps:
        with pytest.raises(refusal):
            async with work_as(actor) as work:
                await step(work)

    assert await state() == before


@pytest.mark.parametrize(
    "statement",
    [
        "update {table} set reason = 'x'",
        "update {table} set reason = reason",
        "delete from {table}",
        "truncate {table}",
    ],
)
@pytest.mark.parametrize("table", ["classifier_release", "training_label"])
async def test_releases_and_labels_are_written_once(
    statement: str, table: str, serving: str, a_label: UUID, database_url: str, state: State
) -> None:
    before = await state()

    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.RestrictViolation, match=f"{table} is append-only"):
            await connection.execute(statement.format(table=table).encode())

    assert await state() == before


@pytest.mark.parametrize("is_first", [False, True], ids=["one serves", "none serves"])
async def test_two_promotions_at_once_take_turns(
    is_first: bool,
    work_as: WorkAs,
    registered: RegisterVersion,
    waiting: Waiting,
    states: States,
    rows: Rows,
) -> None:
    if not is_first:
        await registered(FIRST, None)
        async with work_as(SYSTEM) as work:
            await promote(work, FIRST, "versi awal")
    for version in (SECOND, THIRD):
        await registered(version, PASSED)
    refused: list[Sequence[Problem]] = []

    async def promote_third() -> None:
        with pytest.raises(Invalid) as refusal:
            async with work_as(SYSTEM) as work:
                await promote(work, THIRD, "kedua")
        refused.append(refusal.value.problems)

    async with anyio.create_task_group() as tasks, work_as(SYSTEM) as work:
        await promote(work, SECOND, "pertama")
        tasks.start_soon(promote_third)
        await waiting()

    # The second one was compared with what served before, not with what serves now.
    assert refused == [(Problem("version", "NOT_COMPARED", {"serving": SECOND}),)]
    assert {version: state for version, state in (await states()).items() if state == "ACTIVE"} == {SECOND: "ACTIVE"}
    assert [row.reason for row in await rows(ClassifierRelease)][-1] == "pertama"


async def test_one_candidate_at_most_answers_unseen(
    serving: str, registered: RegisterVersion, work_as: WorkAs, clock: Clock, wanted: Wanted, rows: Rows
) -> None:
    names = []
    for version in (SECOND, THIRD):
        await registered(version, None)
        clock.forward(hours=1)
        async with work_as(SYSTEM) as work:
            await start_shadow(work, version)
        shadow = (await wanted()).shadow
        names.append(shadow and shadow.version)
    async with work_as(SYSTEM) as work:
        await stop_shadow(work)

    assert names == [SECOND, THIRD]
    assert (await wanted()).shadow is None
    assert [(row.version, row.is_shadow, row.shadow_since) for row in await rows(ClassifierVersion)][1:] == [
        (SECOND, False, MONDAY.replace(hour=3)),
        (THIRD, False, MONDAY.replace(hour=4)),
    ]


async def test_what_serves_does_not_shadow_itself(serving: str, work_as: WorkAs, state: State) -> None:
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await start_shadow(work, FIRST)
    with pytest.raises(NotFound):
        async with work_as(SYSTEM) as work:
            await start_shadow(work, THIRD)

    assert refusal.value.problems == (Problem("version", "SERVES_ALREADY"),)
    assert await state() == before


async def test_a_promoted_shadow_is_a_shadow_no_more(
    serving: str, registered: RegisterVersion, work_as: WorkAs, wanted: Wanted
) -> None:
    await registered(SECOND, PASSED)
    async with work_as(SYSTEM) as work:
        await start_shadow(work, SECOND)

    async with work_as(SYSTEM) as work:
        await promote(work, SECOND, "terbukti")

    now = await wanted()
    assert (now.active and now.active.version, now.shadow) == (SECOND, None)


async def test_two_shadows_at_once_leave_one(
    serving: str, registered: RegisterVersion, work_as: WorkAs, waiting: Waiting, wanted: Wanted
) -> None:
    for version in (SECOND, THIRD):
        await registered(version, None)

    async def shadow_third() -> None:
        async with work_as(SYSTEM) as work:
            await start_shadow(work, THIRD)

    async with anyio.create_task_group() as tasks, work_as(SYSTEM) as work:
        await start_shadow(work, SECOND)
        tasks.start_soon(shadow_third)
        await waiting()

    shadow = (await wanted()).shadow
    assert shadow is not None
    assert shadow.version == THIRD
