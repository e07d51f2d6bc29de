"""How each rule does in daily work: what people took of it, where that fell, and what it refers to that ended."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

import pytest
from sqlalchemy import insert, text, update

from complaints.learning.watching import Share
from complaints.policy import SYSTEM, Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, NotSignedIn, Problem, Refusal
from complaints.rule_desk.watching import (
    LEAST_CASES,
    NEWEST_CASES,
    RuleFigure,
    acknowledge_rule_alarm,
    figures_of,
    figures_statement,
    watch_rules,
)
from models import Agency, Category, Complaint, RouteDecision, RuleAlarm, new_id
from rules.vocabulary import Role, RuleAlarmKind
from server.runtime import Runtime
from tests.integration.given import Rows, State
from tests.integration.rule_sets import RuleDesk, a_rule
from tests.support import MONDAY, ActorOf, Clock, Complaints, WorkAs

# One of the rules that ship.
CODE = "LISTRIK"
COPIES = text(
    "insert into complaint select (jsonb_populate_record(c, jsonb_build_object("
    "'id', gen_random_uuid(), 'tracking_code', 'SALINAN-' || gen_random_uuid(), 'idempotency_key', null))).*"
    " from complaint c, generate_series(1, :count) where c.id = :id returning id"
)


class Decisions(Protocol):
    """Complaints that a rule gave to PLN; verified for `agency` at `verified_at`, or not yet."""

    async def __call__(
        self,
        count: int,
        *,
        agency: str = "PLN",
        code: str | None = CODE,
        decided_at: datetime = MONDAY,
        verified_at: datetime | None = MONDAY,
        hops: int = 0,
    ) -> None: ...


FiguresOf = Callable[..., Awaitable[dict[str, tuple[int, int, int, int]]]]
Watched = Callable[[], Awaitable[Sequence[tuple[RuleAlarmKind, str]]]]


@pytest.fixture
async def desk(work_as: WorkAs, an_actor: ActorOf) -> RuleDesk:
    return RuleDesk(work_as, await an_actor(Role.NATIONAL_ADMIN), await an_actor(Role.NATIONAL_ADMIN))


@pytest.fixture
async def decisions(work_as: WorkAs, a_complaint: Complaints) -> Decisions:
    template = await a_complaint(text="Mohon bantuannya, sudah lama menunggu tanpa kabar")
    ids = a_complaint.knowledge.agency_ids

    async def make(
        count: int,
        *,
        agency: str = "PLN",
        code: str | None = CODE,
        decided_at: datetime = MONDAY,
        verified_at: datetime | None = MONDAY,
        hops: int = 0,
    ) -> None:
        async with work_as(SYSTEM) as work:
            made = (await work.session.scalars(COPIES, {"count": count, "id": template.id})).all()
            values = {"agency_id": ids[agency], "verified_at": verified_at, "hops": hops}
            await work.session.execute(update(Complaint).where(Complaint.id.in_(made)).values(**values))
            await work.session.execute(
                insert(RouteDecision),
                [
                    {
                        "id": new_id(),
                        "complaint_id": complaint_id,
                        "rule_set_id": a_complaint.knowledge.rule_set_id,
                        "rule_code": code,
                        "kind": "KEYWORD_TAG",
                        "queue_agency_id": ids["PLN"],
                        "proposed_agency_id": ids["PLN"],
                        "reasons": [],
                        "decided_at": decided_at,
                    }
                    for complaint_id in made
                ],
            )

    return make


@pytest.fixture
def figures(work_as: WorkAs) -> FiguresOf:
    """By code: fires, verified, as is, returned; of the rules that fired."""

    async def read(
        since: datetime | None = None, until: datetime | None = None
    ) -> dict[str, tuple[int, int, int, int]]:
        async with work_as(SYSTEM) as work:
            found = (await work.session.execute(figures_statement(since, until))).all()
        return {row.code: (row.fires, row.verified, row.as_is, row.returned) for row in found}

    return read


@pytest.fixture
def watched(work_as: WorkAs, runtime: Runtime) -> Watched:
    """What one turn of the job raised."""

    async def turn() -> Sequence[tuple[RuleAlarmKind, str]]:
        runtime.knowledge.forget()
        async with work_as(SYSTEM) as work:
            return await watch_rules(work)

    return turn


async def test_a_rule_is_judged_by_what_people_made_of_its_complaints(decisions: Decisions, work_as: WorkAs) -> None:
    late = MONDAY + timedelta(hours=2)
    await decisions(6)
    await decisions(2, agency="ESDM", hops=1, decided_at=late)
    await decisions(2, verified_at=None)
    await decisions(1, verified_at=None, hops=2)

    async with work_as(SYSTEM) as work:
        found = figures_of((await work.session.execute(figures_statement())).all(), ["SILENT", CODE])

    nothing = Share(0, 0, None, None, None)
    assert found == [
        RuleFigure("SILENT", 0, nothing, nothing, None),
        RuleFigure(CODE, 11, Share.of(6, 8), Share.of(3, 11), late),
    ]


async def test_figures_are_of_a_time_its_end_excluded(decisions: Decisions, figures: FiguresOf) -> None:
    for days in (0, 1, 2):
        await decisions(days + 1, decided_at=MONDAY + timedelta(days=days))

    found = await figures(MONDAY + timedelta(days=1), MONDAY + timedelta(days=2))

    assert found == {CODE: (2, 2, 2, 0)}


async def test_what_was_routed_again_counts_for_the_rule_that_decided_last(
    decisions: Decisions, figures: FiguresOf, work_as: WorkAs
) -> None:
    await decisions(3)
    again = text(
        "insert into route_decision select (jsonb_populate_record(d, jsonb_build_object("
        "'id', 'ffffffff-0000-7000-8000-00000000000' || row_number() over (order by id), 'rule_code', cast(:code as"
        " text)))).* from route_decision d where rule_code is not null order by id limit :count"
    )
    async with work_as(SYSTEM) as work:
        await work.session.execute(again, {"code": "LATER", "count": 1})
    moved = await figures()

    assert moved == {CODE: (2, 2, 2, 0), "LATER": (1, 1, 1, 0)}


async def test_an_alarm_tells_of_a_rule_that_people_follow_less_than_before(
    decisions: Decisions, watched: Watched, rows: Rows
) -> None:
    await decisions(100, verified_at=MONDAY - timedelta(days=30))
    await decisions(NEWEST_CASES - 15)
    await decisions(15, agency="ESDM")

    first = await watched()
    again = await watched()

    (alarm,) = await rows(RuleAlarm)
    assert (first, again) == ([(RuleAlarmKind.AGREEMENT_FELL, CODE)], [])
    assert alarm.data == {"share": 0.7, "cases": NEWEST_CASES, "before": 1.0, "cases_before": 100}
    assert (alarm.raised_at, alarm.acknowledged_at) == (MONDAY, None)


@pytest.mark.parametrize(
    ("before", "new_right", "new_wrong", "code"),
    [
        (LEAST_CASES - 1, NEWEST_CASES - 15, 15, CODE),
        (100, NEWEST_CASES - 1, 1, CODE),
        (100, NEWEST_CASES, 0, CODE),
        (100, NEWEST_CASES - 15, 15, "NOT-ACTIVE"),
    ],
)
async def test_few_cases_chance_and_rules_that_do_not_act_raise_nothing(
    before: int, new_right: int, new_wrong: int, code: str, decisions: Decisions, watched: Watched
) -> None:
    await decisions(before, code=code, verified_at=MONDAY - timedelta(days=30))
    await decisions(new_right, code=code)
    await decisions(new_wrong or 1, code=code, agency="ESDM" if new_wrong else "PLN")

    assert await watched() == []


async def test_a_fall_that_somebody_looked_at_is_told_again_only_by_newer_cases(
    decisions: Decisions, desk: RuleDesk, watched: Watched, work_as: WorkAs, rows: Rows, clock: Clock
) -> None:
    await decisions(100, verified_at=MONDAY - timedelta(days=30))
    await decisions(NEWEST_CASES, agency="ESDM")
    await watched()
    (alarm,) = await rows(RuleAlarm)
    clock.forward(hours=1)
    async with work_as(desk.admin) as work:
        await acknowledge_rule_alarm(work, alarm.id)
    looked_at = await watched()

    await decisions(LEAST_CASES, agency="ESDM", verified_at=MONDAY + timedelta(hours=2))

    assert looked_at == []
    assert await watched() == [(RuleAlarmKind.AGREEMENT_FELL, CODE)]


async def test_an_alarm_tells_what_a_rule_refers_to_that_ended_and_who_follows(
    desk: RuleDesk, watched: Watched, work_as: WorkAs, rows: Rows
) -> None:
    await desk.active(
        a_rule("GOES", when={"category": {"codes": ["ESDM.LISTRIK", "PUPR"]}}, then={"queue": "PLN"}),
        a_rule("STAYS", position=20, when={"category": {"codes": ["PUPR"]}}, then={"queue": "PU"}),
    )
    ended = date(2026, 4, 1)
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(Agency).where(Agency.code == "PLN").values(valid_to=ended))
        await work.session.execute(update(Category).where(Category.code == "ESDM.LISTRIK").values(valid_to=ended))

    first = await watched()
    again = await watched()

    (alarm,) = await rows(RuleAlarm)
    assert (first, again) == ([(RuleAlarmKind.REFERENCE_ENDED, "GOES")], [])
    assert {tuple(sorted(reference.items())) for reference in alarm.data["references"]} == {
        (
            ("fault", "AGENCY_ENDED"),
            ("field", "then.queue"),
            ("given", "PLN"),
            ("on", "2026-04-01"),
            ("successors", ""),
        ),
        (
            ("fault", "CATEGORY_ENDED"),
            ("field", "when.category.codes.0"),
            ("given", "ESDM.LISTRIK"),
            ("on", "2026-04-01"),
            ("successors", "ESDM"),
        ),
    }


async def test_an_ended_reference_that_somebody_looked_at_is_told_again_only_with_another(
    desk: RuleDesk, watched: Watched, work_as: WorkAs, rows: Rows
) -> None:
    await desk.active(a_rule("GOES", when={"category": {"codes": ["PUPR"]}}, then={"queue": "PLN"}))
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(Agency).where(Agency.code == "PLN").values(valid_to=date(2026, 4, 1)))
    await watched()
    (alarm,) = await rows(RuleAlarm)
    async with work_as(desk.admin) as work:
        await acknowledge_rule_alarm(work, alarm.id)
    looked_at = await watched()
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(Category).where(Category.code == "PUPR").values(valid_to=date(2026, 4, 2)))

    another = await watched()

    assert (looked_at, another) == ([], [(RuleAlarmKind.REFERENCE_ENDED, "GOES")])


async def test_the_shipped_rules_raise_nothing(watched: Watched) -> None:
    assert await watched() == []


async def test_an_alarm_is_acknowledged_once_by_who_manages_rules(
    decisions: Decisions, desk: RuleDesk, watched: Watched, work_as: WorkAs, rows: Rows, state: State
) -> None:
    await decisions(100, verified_at=MONDAY - timedelta(days=30))
    await decisions(NEWEST_CASES, agency="ESDM")
    await watched()
    (alarm,) = await rows(RuleAlarm)
    before = await state()
    others: list[tuple[Actor, type[Refusal]]] = [
        (Actor(Role.PUBLIC), NotSignedIn), (Actor(Role.AGENCY_ADMIN), NotAllowed), (SYSTEM, NotAllowed),
    ]  # fmt: skip
    for actor, refusal in others:
        with pytest.raises(refusal):
            async with work_as(actor) as work:
                await acknowledge_rule_alarm(work, alarm.id)
    untouched = await state()

    async with work_as(desk.admin) as work:
        await acknowledge_rule_alarm(work, alarm.id)
    with pytest.raises(Invalid) as twice:
        async with work_as(desk.second) as work:
            await acknowledge_rule_alarm(work, alarm.id)
    with pytest.raises(NotFound):
        async with work_as(desk.admin) as work:
            await acknowledge_rule_alarm(work, new_id())

    (row,) = await rows(RuleAlarm)
    assert untouched == before
    assert (row.acknowledged_at, row.acknowledged_by_id) == (MONDAY, desk.admin.id)
    assert twice.value.problems == (Problem("id", "ALREADY_DECIDED"),)
