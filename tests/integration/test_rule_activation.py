"""How a rule set comes to act: one at a time, agreed on by two people, at its hour, on the base it was made for."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import anyio
import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from complaints.policy import SYSTEM, Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, Problem, Stale
from complaints.rule_desk.drafts import put_rule
from complaints.rule_desk.rebasing import rebase_rules
from complaints.rule_desk.states import activate_due, activate_rules, check_rules, decide_activation, reopen_rules
from complaints.work import Work
from models import Agency, RuleSet, RuleSetEvent, new_id
from rules.vocabulary import Role, RuleSetState, RuleStep
from server.runtime import Runtime
from tests.integration.given import Rows, State
from tests.integration.rule_sets import RuleDesk, a_rule
from tests.support import MONDAY, ActorOf, Clock, WorkAs

LATER = MONDAY + timedelta(hours=3)


@pytest.fixture
async def desk(work_as: WorkAs, an_actor: ActorOf) -> RuleDesk:
    return RuleDesk(work_as, await an_actor(Role.NATIONAL_ADMIN), await an_actor(Role.NATIONAL_ADMIN))


@pytest.fixture
def alone(runtime: Runtime) -> None:
    """One person is enough here."""
    runtime.workshop.allowances = replace(runtime.workshop.allowances, two_person_activation=False)


async def test_two_people_make_a_set_active(desk: RuleDesk, rows: Rows, work_as: WorkAs, clock: Clock) -> None:
    row = await desk.proposed()
    before = await desk.number()
    clock.forward(hours=1)

    async with work_as(desk.second) as work:
        await decide_activation(work, row.id, agrees=True, seen_version=row.version, reason="setuju")

    old, new = await rows(RuleSet)
    assert before == old.number
    assert (old.state, old.retired_at) == (RuleSetState.RETIRED, clock.now)
    assert (new.state, new.activated_at, new.proposed_at) == (RuleSetState.ACTIVE, clock.now, MONDAY)
    assert (new.proposed_by_id, new.agreed_by_id, new.activated_by_id) == (
        desk.admin.id,
        desk.second.id,
        desk.second.id,
    )
    events = await rows(RuleSetEvent, RuleSetEvent.at >= MONDAY, RuleSetEvent.rule_set_id.in_([old.id, new.id]))
    assert [(event.step, event.reason, event.actor_id) for event in events][-5:] == [
        (RuleStep.IMPORTED, "Aturan uji", desk.admin.id),
        (RuleStep.CHECKED, None, desk.admin.id),
        (RuleStep.ACTIVATION_PROPOSED, "lebih baik", desk.admin.id),
        (RuleStep.RETIRED, f"#{new.number}", desk.second.id),
        (RuleStep.ACTIVATED, "setuju", desk.second.id),
    ]


async def test_what_is_active_decides_about_the_next_complaint(desk: RuleDesk, runtime: Runtime) -> None:
    row = await desk.active(a_rule("SATU"))

    runtime.knowledge.forget()
    knowledge = await runtime.knowledge.current(MONDAY)

    assert knowledge.rule_set_id == row.id
    assert [rule.code for rule in knowledge.rules.rules] == ["SATU"]


@pytest.mark.usefixtures("alone")
async def test_where_one_person_is_enough_it_acts_at_once(desk: RuleDesk) -> None:
    row = await desk.proposed()

    assert (row.state, row.activated_by_id, row.agreed_by_id) == (RuleSetState.ACTIVE, desk.admin.id, None)
    assert await desk.number() == row.number


async def test_the_second_person_may_decline_and_it_may_be_proposed_again(
    desk: RuleDesk, work_as: WorkAs, rows: Rows
) -> None:
    row = await desk.proposed()
    before = await desk.number()
    async with work_as(desk.second) as work:
        declined = await decide_activation(work, row.id, agrees=False, seen_version=row.version, reason="belum")
    assert (declined.state, declined.proposed_at, declined.proposed_by_id) == (RuleSetState.CHECKED, None, None)
    async with work_as(desk.second) as work:
        await activate_rules(work, row.id, "sekali lagi", seen_version=row.version)

    async with work_as(desk.admin) as work:
        await decide_activation(work, row.id, agrees=True, seen_version=row.version)

    assert (before, await desk.number()) == (row.number - 1, row.number)
    reasons = {event.step: event.reason for event in await rows(RuleSetEvent, RuleSetEvent.rule_set_id == row.id)}
    assert reasons[RuleStep.ACTIVATION_DECLINED] == "belum"


ATTEMPTS: list[tuple[str, Callable[[Work, RuleSet], Awaitable[Any]], Problem]] = [
    (
        "again",
        lambda work, row: activate_rules(work, row.id, "uji", seen_version=row.version),
        Problem("id", "ALREADY_PROPOSED"),
    ),
    (
        "by the one who proposed",
        lambda work, row: decide_activation(work, row.id, agrees=True, seen_version=row.version),
        Problem("id", "TWO_PEOPLE"),
    ),
    (
        "without a reason",
        lambda work, row: activate_rules(work, row.id, "", seen_version=row.version),
        Problem("reason", "REQUIRED", {"min": 1, "length": 0}),
    ),
]


@pytest.mark.parametrize(("attempt", "problem"), [case[1:] for case in ATTEMPTS], ids=[case[0] for case in ATTEMPTS])
async def test_a_second_person_is_another_person(
    attempt: Callable[[Work, RuleSet], Awaitable[Any]],
    problem: Problem,
    desk: RuleDesk,
    work_as: WorkAs,
    state: State,
) -> None:
    row = await desk.proposed()
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.admin) as work:
            await attempt(work, row)

    assert refusal.value.problems == (problem,)
    assert await state() == before


async def test_somebody_without_an_account_is_no_second_person(desk: RuleDesk, work_as: WorkAs) -> None:
    nobody = Actor(Role.NATIONAL_ADMIN)
    proposed, checked = await desk.proposed(), await desk.checked()

    with pytest.raises(Invalid) as as_second:
        async with work_as(nobody) as work:
            await decide_activation(work, proposed.id, agrees=True, seen_version=proposed.version)
    with pytest.raises(Invalid) as as_first:
        async with work_as(nobody) as work:
            await activate_rules(work, checked.id, "uji", seen_version=checked.version)

    assert as_second.value.problems == as_first.value.problems == (Problem("id", "TWO_PEOPLE"),)


async def test_nobody_agrees_to_what_nobody_proposed(desk: RuleDesk, work_as: WorkAs) -> None:
    row = await desk.checked()

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.second) as work:
            await decide_activation(work, row.id, agrees=True, seen_version=row.version)

    assert refusal.value.problems == (Problem("id", "NOT_PROPOSED"),)


async def test_a_draft_does_not_act_before_it_is_checked(desk: RuleDesk, work_as: WorkAs, state: State) -> None:
    row = await desk.draft()
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.admin) as work:
            await activate_rules(work, row.id, "uji", seen_version=row.version)

    assert refusal.value.problems == (Problem("id", "NOT_A_DRAFT", {"state": "DRAFT"}),)
    assert await state() == before


async def test_who_agrees_agrees_to_what_was_seen(desk: RuleDesk, work_as: WorkAs, state: State) -> None:
    seen = await desk.proposed()
    async with work_as(desk.admin) as work:
        await reopen_rules(work, seen.id, seen_version=seen.version)
        await put_rule(work, seen.id, a_rule("SELUNDUPAN", then={"queue": "ESDM"}), seen_version=None)
        changed = await check_rules(work, seen.id, seen_version=seen.version + 1)
        await activate_rules(work, seen.id, "lebih baik", seen_version=changed.version)
    before = await state()

    with pytest.raises(Stale) as refusal:
        async with work_as(desk.second) as work:
            await decide_activation(work, seen.id, agrees=True, seen_version=seen.version)

    assert refusal.value.current_version == seen.version + 1
    assert await state() == before


async def test_what_is_not_there_is_not_activated(desk: RuleDesk, work_as: WorkAs) -> None:
    with pytest.raises(NotFound):
        async with work_as(desk.admin) as work:
            await activate_rules(work, new_id(), "uji", seen_version=0)


async def test_of_two_sets_on_one_base_the_second_is_told_what_changed(
    desk: RuleDesk, work_as: WorkAs, state: State
) -> None:
    await desk.active(a_rule("SATU"), a_rule("DUA"))
    mine = await desk.proposed(a_rule("SATU"), a_rule("DUA", name="Milik saya"))
    theirs = await desk.active(a_rule("SATU", name="Milik orang lain"), a_rule("TIGA"))
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.second) as work:
            await decide_activation(work, mine.id, agrees=True, seen_version=mine.version)

    told: dict[str, str | int] = {"active": theirs.number, "rules": "DUA, SATU, TIGA"}
    assert refusal.value.problems == (Problem("id", "BASE_OUTDATED", told),)
    assert await state() == before


async def test_what_became_wrong_since_the_check_does_not_act(
    desk: RuleDesk, work_as: WorkAs, runtime: Runtime, state: State
) -> None:
    row = await desk.proposed()
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(Agency).where(Agency.code == "PLN").values(valid_to=date(2026, 4, 1)))
    runtime.knowledge.forget()
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.second) as work:
            await decide_activation(work, row.id, agrees=True, seen_version=row.version)

    told = {"given": "PLN", "on": "2026-04-01", "successors": ""}
    assert refusal.value.problems == (Problem("rules.TOKEN.then.queue", "AGENCY_ENDED", told),)
    assert await state() == before


async def test_a_set_waits_for_its_hour(desk: RuleDesk, work_as: WorkAs, clock: Clock, rows: Rows) -> None:
    checked = await desk.checked()
    found = []
    async with work_as(desk.admin) as work:
        await activate_rules(work, checked.id, "mulai siang", seen_version=checked.version, effective_from=LATER)
    clock.forward(hours=3, seconds=-1)
    async with work_as(SYSTEM) as work:
        found.append(await activate_due(work))
    async with work_as(desk.second) as work:
        waiting = await decide_activation(work, checked.id, agrees=True, seen_version=checked.version)
    async with work_as(SYSTEM) as work:
        found.append(await activate_due(work))
    clock.forward(seconds=1)

    async with work_as(SYSTEM) as work:
        found.append(await activate_due(work))

    (row,) = await rows(RuleSet, RuleSet.id == checked.id)
    assert waiting.state is RuleSetState.CHECKED
    assert found == [[], [], [checked.number]]
    assert (row.state, row.activated_at, row.activated_by_id) == (RuleSetState.ACTIVE, LATER, desk.second.id)


async def test_without_a_second_person_no_hour_makes_it_act(desk: RuleDesk, work_as: WorkAs, clock: Clock) -> None:
    checked = await desk.checked()
    async with work_as(desk.admin) as work:
        await activate_rules(work, checked.id, "mulai siang", seen_version=checked.version, effective_from=LATER)
    clock.forward(days=1)

    async with work_as(SYSTEM) as work:
        activated = await activate_due(work)

    assert activated == []
    assert await desk.number() == checked.number - 1


@pytest.mark.usefixtures("alone")
async def test_where_one_person_is_enough_the_hour_is_enough(desk: RuleDesk, work_as: WorkAs, clock: Clock) -> None:
    checked = await desk.checked()
    async with work_as(desk.admin) as work:
        await activate_rules(work, checked.id, "mulai siang", seen_version=checked.version, effective_from=LATER)
    clock.forward(hours=3)

    async with work_as(SYSTEM) as work:
        activated = await activate_due(work)

    assert activated == [checked.number]
    assert await desk.number() == checked.number


async def test_at_its_hour_a_set_on_an_old_base_is_declined(
    desk: RuleDesk, work_as: WorkAs, clock: Clock, rows: Rows
) -> None:
    checked = await desk.checked()
    async with work_as(desk.admin) as work:
        await activate_rules(work, checked.id, "mulai siang", seen_version=checked.version, effective_from=LATER)
    async with work_as(desk.second) as work:
        await decide_activation(work, checked.id, agrees=True, seen_version=checked.version)
    other = await desk.active(a_rule("LAIN"))
    clock.forward(hours=4)

    async with work_as(SYSTEM) as work:
        activated = await activate_due(work)

    (row,) = await rows(RuleSet, RuleSet.id == checked.id)
    last = (await rows(RuleSetEvent, RuleSetEvent.rule_set_id == checked.id))[-1]
    assert (activated, await desk.number()) == ([], other.number)
    assert (row.state, row.proposed_at, row.effective_from) == (RuleSetState.CHECKED, None, None)
    assert (last.step, last.reason) == (RuleStep.ACTIVATION_DECLINED, "BASE_OUTDATED")


async def test_two_second_people_at_once_make_it_active_once(
    desk: RuleDesk, work_as: WorkAs, an_actor: ActorOf, rows: Rows
) -> None:
    row = await desk.proposed()
    third = await an_actor(Role.NATIONAL_ADMIN)
    codes: list[str] = []

    async def agree(who: Actor) -> None:
        try:
            async with work_as(who) as work:
                await decide_activation(work, row.id, agrees=True, seen_version=row.version)
        except Invalid as refusal:
            codes.append(refusal.problems[0].code)

    async with anyio.create_task_group() as group:
        for who in (desk.second, third):
            group.start_soon(agree, who)

    assert codes == ["NOT_A_DRAFT"]
    assert len(await rows(RuleSet, RuleSet.state == RuleSetState.ACTIVE)) == 1


@pytest.mark.parametrize("statement", ["update routing_rule set name = 'x'", "delete from routing_rule"])
async def test_the_database_keeps_the_rules_that_act_or_acted(statement: str, desk: RuleDesk, work_as: WorkAs) -> None:
    row = await desk.active()

    with pytest.raises(IntegrityError, match="never changes"):
        async with work_as(SYSTEM) as work:
            await work.session.execute(text(f"{statement} where rule_set_id = :id"), {"id": row.id})


@pytest.mark.parametrize("role", [Role.AGENCY_ADMIN, Role.OVERSEER, Role.DATA_STAFF])
@pytest.mark.parametrize(
    "attempt",
    [
        lambda work, row: activate_rules(work, row.id, "uji", seen_version=row.version),
        lambda work, row: decide_activation(work, row.id, agrees=True, seen_version=row.version),
        lambda work, row: rebase_rules(work, row.id, seen_version=row.version),
        lambda work, row: activate_due(work),
    ],
    ids=["activate", "decide", "rebase", "due"],
)
async def test_rules_are_activated_by_the_national_desk_only(
    role: Role,
    attempt: Callable[[Work, RuleSet], Awaitable[Any]],
    desk: RuleDesk,
    work_as: WorkAs,
    state: State,
) -> None:
    row = await desk.proposed()
    before = await state()

    with pytest.raises(NotAllowed):
        async with work_as(Actor(role, id=new_id())) as work:
            await attempt(work, row)

    assert await state() == before
