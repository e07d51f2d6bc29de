"""What the gate refused serves when two people say so, and nobody else decides what serves."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from complaints.classifiers import (
    decide_release,
    promote,
    propose_release,
    roll_back,
    start_shadow,
    stop_shadow,
)
from complaints.policy import SYSTEM, Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, NotSignedIn, Problem, Refusal
from models import ClassifierRelease, ReleaseProposal, new_id
from rules.vocabulary import ReleaseKind, Role
from tests.integration import release_given
from tests.integration.given import Rows, State
from tests.integration.release_given import FIRST, PASSED, REFUSED, SECOND, RegisterVersion, States
from tests.support import ActorOf, Clock, WorkAs

registered, serving, states, proposal = (
    release_given.registered,
    release_given.serving,
    release_given.states,
    release_given.proposal,
)


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
