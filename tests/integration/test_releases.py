"""What serves: let in by the gate, taken back in one step, one version at a time."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import anyio
import psycopg
import pytest

from complaints.classifiers import (
    Gate,
    promote,
    roll_back,
    start_shadow,
    stop_shadow,
)
from complaints.policy import SYSTEM
from complaints.refusals import Invalid, NotFound, Problem
from models import ClassifierRelease, ClassifierVersion
from rules.vocabulary import ReleaseKind, Role
from tests.integration import release_given
from tests.integration.given import Rows, State, Waiting
from tests.integration.release_given import FIRST, PASSED, REFUSED, SECOND, THIRD, RegisterVersion, States, Wanted
from tests.support import MONDAY, ActorOf, Clock, WorkAs

registered, serving, states = release_given.registered, release_given.serving, release_given.states
wanted, a_label = release_given.wanted, release_given.a_label


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
