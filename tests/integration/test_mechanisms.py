"""Special mechanisms: written down with their limits, led into by rules, ended by a day."""

from datetime import date
from typing import Any

import pytest

from complaints.policy import Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, Problem
from complaints.rule_desk.mechanisms import MechanismLimit, NewMechanism, create_mechanism, end_mechanism
from models import ClockRule, SpecialMechanism
from rules.deadlines import LimitUnit
from rules.vocabulary import Classification, Clock, Role
from server.runtime import Runtime
from tests.integration.given import Rows, State
from tests.integration.rule_sets import RuleDesk, a_rule
from tests.support import MONDAY, NATIONAL, ActorOf, WorkAs

TODAY = date(2026, 4, 13)


def a_mechanism(**given: Any) -> NewMechanism:
    plain: dict[str, Any] = {
        "code": "BANJIR",
        "label_id": "Tanggap darurat banjir",
        "label_en": "Flood emergency",
        "basis": "SK Contoh 1/2026",
        "valid_from": date(2026, 4, 1),
        "valid_to": date(2026, 7, 1),
        "limits": (
            MechanismLimit(Clock.VERIFICATION, 6, LimitUnit.HOUR),
            MechanismLimit(Clock.FIRST_RESPONSE, 1, LimitUnit.WORKING_DAY),
        ),
    }
    return NewMechanism(**{**plain, **given})


@pytest.fixture
async def mechanism(work_as: WorkAs) -> SpecialMechanism:
    async with work_as(NATIONAL) as work:
        return await create_mechanism(work, a_mechanism())


async def test_a_mechanism_has_limits_of_its_own(mechanism: SpecialMechanism, runtime: Runtime) -> None:
    runtime.knowledge.forget()
    knowledge = await runtime.knowledge.current(MONDAY)

    limits = [
        knowledge.limit(clock, Classification.ORDINARY, code, on)
        for clock, code, on in (
            (Clock.VERIFICATION, "BANJIR", TODAY),
            (Clock.VERIFICATION, None, TODAY),
            (Clock.VERIFICATION, "BANJIR", date(2026, 7, 1)),
            (Clock.FIRST_RESPONSE, "BANJIR", TODAY),
        )
    ]

    assert [(limit.code, limit.limit.value) for limit in limits] == [
        ("BANJIR_VERIFICATION", 6),
        ("VERIFICATION", 3),
        ("VERIFICATION", 3),
        ("BANJIR_FIRST_RESPONSE", 1),
    ]


async def test_rules_lead_into_it_as_long_as_it_holds(
    mechanism: SpecialMechanism, work_as: WorkAs, an_actor: ActorOf
) -> None:
    desk = RuleDesk(work_as, await an_actor(Role.NATIONAL_ADMIN), await an_actor(Role.NATIONAL_ADMIN))
    then = {"queue": "PLN", "mechanism": "BANJIR"}
    await desk.checked(a_rule(then=then, validFrom="2026-04-01", validTo="2026-07-01"))

    with pytest.raises(Invalid) as refusal:
        await desk.checked(a_rule(then=then, validFrom="2026-04-01", validTo="2026-07-02"))

    told = {"mechanism": "BANJIR", "from": "2026-04-01", "to": "2026-07-01"}
    assert refusal.value.problems == (Problem("rules.TOKEN.validTo", "OUTSIDE_MECHANISM", told),)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"code": "BANJIR"}, Problem("code", "CODE_TAKEN")),
        ({"code": "kecil"}, Problem("code", "BAD_MECHANISM_CODE")),
        ({"code": "X", "label_id": " "}, Problem("labelId", "REQUIRED", {"min": 1, "length": 0})),
        ({"code": "X", "valid_to": date(2026, 4, 1)}, Problem("validTo", "BEFORE_START")),
        ({"code": "X", "limits": ()}, Problem("limits", "REQUIRED")),
        (
            {"code": "X", "limits": (MechanismLimit(Clock.VERIFICATION, 0, LimitUnit.DAY),)},
            Problem("limits.0.value", "OUT_OF_RANGE", {"min": 1, "max": 1000}),
        ),
        (
            {"code": "X", "limits": (MechanismLimit(Clock.VERIFICATION, 1, LimitUnit.DAY),) * 2},
            Problem("limits.1.clock", "TWICE"),
        ),
    ],
    ids=["taken", "bad code", "no label", "ends before", "no limits", "no time", "clock twice"],
)
async def test_what_is_no_mechanism_is_not_written(
    given: dict[str, Any], problem: Problem, mechanism: SpecialMechanism, work_as: WorkAs, state: State
) -> None:
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await create_mechanism(work, a_mechanism(**given))

    assert refusal.value.problems == (problem,)
    assert await state() == before


async def test_a_mechanism_ends_with_its_limits(mechanism: SpecialMechanism, work_as: WorkAs, rows: Rows) -> None:
    async with work_as(NATIONAL) as work:
        ended = await end_mechanism(work, "BANJIR", date(2026, 5, 1))

    limits = await rows(ClockRule, ClockRule.mechanism == "BANJIR")
    assert ended.valid_to == date(2026, 5, 1)
    assert {limit.valid_to for limit in limits} == {date(2026, 5, 1)}


@pytest.mark.parametrize(
    ("code", "day", "problem"),
    [
        ("BANJIR", date(2026, 4, 12), Problem("validTo", "DAY_OVER", {"today": "2026-04-13"})),
        ("NANTI", date(2026, 4, 20), Problem("validTo", "BEFORE_START")),
        ("DULU", date(2026, 5, 1), Problem("code", "ENDED", {"on": "2026-04-01"})),
    ],
    ids=["past", "before its start", "ended already"],
)
async def test_what_is_over_stays_as_it_was(
    code: str, day: date, problem: Problem, mechanism: SpecialMechanism, work_as: WorkAs, state: State
) -> None:
    spans = {"NANTI": (date(2026, 5, 1), None), "DULU": (date(2026, 3, 1), date(2026, 4, 1))}
    for other, (since, until) in spans.items():
        async with work_as(NATIONAL) as work:
            await create_mechanism(work, a_mechanism(code=other, valid_from=since, valid_to=until))
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await end_mechanism(work, code, day)

    assert refusal.value.problems == (problem,)
    assert await state() == before


async def test_what_is_not_there_does_not_end(work_as: WorkAs) -> None:
    with pytest.raises(NotFound) as refusal:
        async with work_as(NATIONAL) as work:
            await end_mechanism(work, "TIADA", TODAY)

    assert (refusal.value.what, refusal.value.field) == ("SpecialMechanism", "code")


@pytest.mark.parametrize("role", [Role.AGENCY_ADMIN, Role.OVERSEER, Role.SYSTEM])
async def test_mechanisms_are_made_by_the_national_desk_only(
    role: Role, mechanism: SpecialMechanism, work_as: WorkAs, state: State
) -> None:
    before = await state()

    with pytest.raises(NotAllowed):
        async with work_as(Actor(role)) as work:
            await create_mechanism(work, a_mechanism(code="X"))
    with pytest.raises(NotAllowed):
        async with work_as(Actor(role)) as work:
            await end_mechanism(work, "BANJIR", TODAY)

    assert await state() == before
