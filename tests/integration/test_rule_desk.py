"""Writing drafts: one rule at a time beside others who do the same, or all of them from a file."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from complaints.policy import Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, Problem, Stale
from complaints.rule_desk.drafts import discard_rules, draft_rules, import_yaml, put_rule, remove_rule, set_policy
from complaints.rule_desk.states import check_rules, findings, reopen_rules
from complaints.work import Work
from models import RoutingRule, RuleSet, RuleSetEvent, new_id
from rules.checking import RuleFault, RuleProblem
from rules.language import ClassifierPolicy
from rules.vocabulary import Role, RuleSetState, RuleStep
from tests.integration.given import Rows, State, Waiting
from tests.integration.rule_sets import RuleDesk, a_file, a_rule
from tests.support import ActorOf, WorkAs


@pytest.fixture
async def desk(work_as: WorkAs, an_actor: ActorOf) -> RuleDesk:
    return RuleDesk(work_as, await an_actor(Role.NATIONAL_ADMIN), await an_actor(Role.NATIONAL_ADMIN))


@pytest.fixture
def steps(rows: Rows) -> Callable[[RuleSet], Awaitable[list[tuple[RuleStep, str | None]]]]:
    async def read(row: RuleSet) -> list[tuple[RuleStep, str | None]]:
        return [(e.step, e.rule_code) for e in await rows(RuleSetEvent, RuleSetEvent.rule_set_id == row.id)]

    return read


Steps = Callable[[RuleSet], Awaitable[list[tuple[RuleStep, str | None]]]]


async def test_a_draft_says_what_the_active_set_says(desk: RuleDesk, work_as: WorkAs, rows: Rows) -> None:
    (active,) = await rows(RuleSet)

    async with work_as(desk.admin) as work:
        draft = await draft_rules(work, " Banyak salah alamat ")

    assert (draft.number, draft.state, draft.version) == (active.number + 1, RuleSetState.DRAFT, 0)
    assert (draft.base_id, draft.reason, draft.created_by_id) == (active.id, "Banyak salah alamat", desk.admin.id)
    before, after = await desk.document(active.id), await desk.document(draft.id)
    assert (before.rules, before.classifier) == (after.rules, after.classifier)
    assert len(after.rules) > 20


async def test_a_draft_may_go_back_to_an_older_set(desk: RuleDesk, work_as: WorkAs) -> None:
    old = await desk.active(a_rule("LAMA"), classifier={"minConfidence": 0.9})
    newer = await desk.active(a_rule("BARU"))

    async with work_as(desk.admin) as work:
        draft = await draft_rules(work, "kembali", old.id)

    document = await desk.document(draft.id)
    assert [rule.code for rule in document.rules] == ["LAMA"]
    assert document.classifier == ClassifierPolicy(min_confidence=0.9)
    assert draft.base_id == newer.id


async def test_nothing_is_drafted_from_what_is_not_there(desk: RuleDesk, work_as: WorkAs, state: State) -> None:
    before = await state()

    with pytest.raises(NotFound) as refusal:
        async with work_as(desk.admin) as work:
            await draft_rules(work, "uji", new_id())

    assert refusal.value.field == "baseId"
    assert await state() == before


async def test_a_rule_is_added_changed_and_removed(desk: RuleDesk, work_as: WorkAs, rows: Rows, steps: Steps) -> None:
    draft = await desk.draft(a_rule("SATU"))
    found = []
    for data, seen in ((a_rule("DUA", position=5), None), (a_rule("DUA", name="Lain"), 2)):
        async with work_as(desk.admin) as work:
            found.append((await put_rule(work, draft.id, data, seen_version=seen)).version)
    async with work_as(desk.second) as work:
        await remove_rule(work, draft.id, "SATU", seen_version=1)

    (row,) = await rows(RoutingRule, RoutingRule.rule_set_id == draft.id)
    (stored,) = await rows(RuleSet, RuleSet.id == draft.id)
    assert found == [2, 3]
    assert (row.code, row.position, row.name, row.version) == ("DUA", 10, "Lain", 3)
    assert (row.conditions, row.outcome) == ({"text": {"words": "token listrik"}}, {"queue": "PLN"})
    assert stored.version == 4
    assert await steps(draft) == [
        (RuleStep.DRAFTED, None),
        (RuleStep.IMPORTED, None),
        (RuleStep.RULE_PUT, "DUA"),
        (RuleStep.RULE_PUT, "DUA"),
        (RuleStep.RULE_REMOVED, "SATU"),
    ]


async def test_whoever_saves_a_rule_that_changed_meanwhile_is_told_which(
    desk: RuleDesk, work_as: WorkAs, state: State
) -> None:
    draft = await desk.draft(a_rule("SATU"), a_rule("DUA"))
    async with work_as(desk.admin) as work:
        await put_rule(work, draft.id, a_rule("SATU", name="Punya orang lain"), seen_version=1)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.second) as work:
            await put_rule(work, draft.id, a_rule("SATU", name="Punya saya"), seen_version=1)

    assert refusal.value.problems == (Problem("rules.SATU", "CHANGED_MEANWHILE", {"version": 2}),)
    assert await state() == before


async def test_what_others_do_to_other_rules_is_no_hindrance(desk: RuleDesk, work_as: WorkAs) -> None:
    draft = await desk.draft(a_rule("SATU"), a_rule("DUA"))
    async with work_as(desk.admin) as work:
        await put_rule(work, draft.id, a_rule("SATU", name="Punya orang lain"), seen_version=1)

    async with work_as(desk.second) as work:
        await put_rule(work, draft.id, a_rule("DUA", name="Punya saya"), seen_version=1)

    names = {rule.code: rule.name for rule in (await desk.document(draft.id)).rules}
    assert names == {"SATU": "Punya orang lain", "DUA": "Punya saya"}


async def test_two_who_save_one_rule_at_the_same_moment_do_not_overwrite_each_other(
    desk: RuleDesk, work_as: WorkAs, waiting: Waiting
) -> None:
    draft = await desk.draft(a_rule("SATU"))
    refused: list[Invalid] = []

    async def save_second() -> None:
        try:
            async with work_as(desk.second) as work:
                await put_rule(work, draft.id, a_rule("SATU", name="Kedua"), seen_version=1)
        except Invalid as refusal:
            refused.append(refusal)

    async with anyio.create_task_group() as group, work_as(desk.admin) as work:
        await put_rule(work, draft.id, a_rule("SATU", name="Pertama"), seen_version=1)
        group.start_soon(save_second)
        await waiting()

    assert [refusal.problems[0].code for refusal in refused] == ["CHANGED_MEANWHILE"]
    assert [rule.name for rule in (await desk.document(draft.id)).rules] == ["Pertama"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            lambda work, row: put_rule(work, row.id, a_rule("SATU"), seen_version=None),
            Problem("rules.SATU", "CODE_TAKEN"),
        ),
        (
            lambda work, row: put_rule(work, row.id, a_rule("TIADA"), seen_version=1),
            Problem("rules.TIADA", "REMOVED_MEANWHILE"),
        ),
        (
            lambda work, row: remove_rule(work, row.id, "SATU", seen_version=0),
            Problem("rules.SATU", "CHANGED_MEANWHILE", {"version": 1}),
        ),
        (
            lambda work, row: put_rule(work, row.id, a_rule("SATU", then={}), seen_version=1),
            Problem("rules.SATU.then.queue", "REQUIRED"),
        ),
        (
            lambda work, row: put_rule(
                work, row.id, a_rule("SATU", when={"any": [{"text": {"words": "a " * 13}}]}), seen_version=1
            ),
            Problem("rules.SATU.when.any.0.text.words", "TOO_MANY_WORDS", {"max": 12, "length": 13}),
        ),
        (
            lambda work, row: set_policy(work, row.id, {"minConfidence": 2}, seen_version=1),
            Problem("classifier.minConfidence", "OUT_OF_RANGE", {"min": 0, "max": 1}),
        ),
        (
            lambda work, row: import_yaml(work, row.id, a_file() + "reason: lagi\n", seen_version=1),
            Problem("rules", "DUPLICATE_KEY", {"line": 12, "given": "reason"}),
        ),
        (
            lambda work, row: discard_rules(work, row.id, " ", seen_version=1),
            Problem("reason", "REQUIRED", {"min": 1, "length": 0}),
        ),
    ],
    ids=["code taken", "removed", "changed", "no queue", "long phrase", "policy", "file", "no reason"],
)  # fmt: skip
async def test_what_cannot_be_saved_changes_nothing(
    change: Callable[[Work, RuleSet], Awaitable[Any]],
    problem: Problem,
    desk: RuleDesk,
    work_as: WorkAs,
    state: State,
) -> None:
    draft = await desk.draft(a_rule("SATU"))
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.admin) as work:
            await change(work, draft)

    assert refusal.value.problems == (problem,)
    assert await state() == before


async def test_a_rule_that_is_not_there_is_not_removed(desk: RuleDesk, work_as: WorkAs) -> None:
    draft = await desk.draft()

    with pytest.raises(NotFound) as refusal:
        async with work_as(desk.admin) as work:
            await remove_rule(work, draft.id, "TIADA", seen_version=1)

    assert refusal.value.field == "code"


CHANGES: list[Callable[[Work, RuleSet], Awaitable[Any]]] = [
    lambda work, row: put_rule(work, row.id, a_rule("BARU"), seen_version=None),
    lambda work, row: remove_rule(work, row.id, "TOKEN", seen_version=row.version),
    lambda work, row: set_policy(work, row.id, {}, seen_version=row.version),
    lambda work, row: import_yaml(work, row.id, a_file(), seen_version=row.version),
    lambda work, row: check_rules(work, row.id, seen_version=row.version),
]


@pytest.mark.parametrize("change", CHANGES, ids=["put", "remove", "policy", "import", "check"])
@pytest.mark.parametrize("status", [RuleSetState.CHECKED, RuleSetState.ACTIVE, RuleSetState.DISCARDED])
async def test_only_a_draft_changes(
    change: Callable[[Work, RuleSet], Awaitable[Any]],
    status: RuleSetState,
    desk: RuleDesk,
    work_as: WorkAs,
    state: State,
) -> None:
    row = await (desk.active() if status is RuleSetState.ACTIVE else desk.checked())
    if status is RuleSetState.DISCARDED:
        async with work_as(desk.admin) as work:
            row = await discard_rules(work, row.id, "tidak jadi", seen_version=row.version)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.admin) as work:
            await change(work, row)

    assert refusal.value.problems == (Problem("id", "NOT_A_DRAFT", {"state": str(status)}),)
    assert await state() == before


@pytest.mark.parametrize(
    "change",
    [
        CHANGES[2],
        CHANGES[3],
        CHANGES[4],
        lambda work, row: discard_rules(work, row.id, "tidak jadi", seen_version=row.version),
    ],
    ids=["policy", "import", "check", "discard"],
)
async def test_what_concerns_the_whole_set_wants_to_know_all_of_it(
    change: Callable[[Work, RuleSet], Awaitable[Any]], desk: RuleDesk, work_as: WorkAs, state: State
) -> None:
    seen = await desk.draft()
    async with work_as(desk.second) as work:
        await put_rule(work, seen.id, a_rule("LAIN"), seen_version=None)
    before = await state()

    with pytest.raises(Stale) as refusal:
        async with work_as(desk.admin) as work:
            await change(work, seen)

    assert refusal.value.current_version == 2
    assert await state() == before


async def test_a_file_replaces_all_rules_and_leaves_alone_what_it_does_not_change(
    desk: RuleDesk, work_as: WorkAs, rows: Rows
) -> None:
    draft = await desk.draft(a_rule("TETAP"), a_rule("UBAH"), a_rule("HILANG"))
    text = a_file(
        a_rule("TETAP"),
        a_rule("UBAH", name="Lain"),
        a_rule("BARU"),
        classifier={"unlikelyBelow": 0.1},
        reason="Dari berkas",
    )

    async with work_as(desk.admin) as work:
        row = await import_yaml(work, draft.id, text, seen_version=1)

    last = (await rows(RuleSetEvent, RuleSetEvent.rule_set_id == draft.id))[-1]
    assert (row.reason, last.step, last.reason) == ("Aturan uji", RuleStep.IMPORTED, "Dari berkas")
    stored = await rows(RoutingRule, RoutingRule.rule_set_id == draft.id)
    assert {row.code: (row.name, row.version) for row in stored} == {
        "TETAP": ("Token listrik", 1),
        "UBAH": ("Lain", 2),
        "BARU": ("Token listrik", 2),
    }
    assert (await desk.document(draft.id)).classifier == ClassifierPolicy(unlikely_below=0.1)


async def test_the_policy_of_the_classifier_belongs_to_the_set(desk: RuleDesk, work_as: WorkAs, steps: Steps) -> None:
    draft = await desk.draft()

    async with work_as(desk.admin) as work:
        await set_policy(work, draft.id, {"agencies": {"PLN": 0.9}}, seen_version=1)

    assert (await desk.document(draft.id)).classifier == ClassifierPolicy(agencies={"PLN": 0.9})
    assert (await steps(draft))[-1] == (RuleStep.POLICY_SET, None)


async def test_a_check_names_everything_that_is_wrong(desk: RuleDesk, work_as: WorkAs, state: State) -> None:
    draft = await desk.draft(
        a_rule("SATU", then={"queue": "TIADA"}),
        a_rule("DUA", when={"any": [{"region": ["99"]}, {"text": {"words": "!!"}}]}),
        classifier={"agencies": {"TIADA": 0.9}},
    )
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.admin) as work:
            await check_rules(work, draft.id, seen_version=1)

    assert refusal.value.problems == (
        Problem("classifier.agencies.TIADA", "UNKNOWN_AGENCY", {"given": "TIADA"}),
        Problem("rules.DUA.when.any.0.region.0", "UNKNOWN_REGION", {"given": "99"}),
        Problem("rules.DUA.when.any.1.text.words", "NO_WORDS", {"given": "!!"}),
        Problem("rules.SATU.then.queue", "UNKNOWN_AGENCY", {"given": "TIADA"}),
    )
    assert await state() == before


async def test_findings_are_told_before_the_check(desk: RuleDesk, work_as: WorkAs) -> None:
    draft = await desk.draft(a_rule("SATU"), a_rule("SEMUA", position=5, when=None, then={"queue": "TIADA"}))

    async with work_as(desk.admin) as work:
        problems, warnings = await findings(work, draft.id)

    assert problems == [RuleProblem("SEMUA", "then.queue", RuleFault.UNKNOWN_AGENCY, {"given": "TIADA"})]
    assert warnings == [RuleProblem("SATU", "when", RuleFault.BELOW_ALWAYS, {"by": "SEMUA"})]


async def test_a_checked_set_becomes_a_draft_again(desk: RuleDesk, work_as: WorkAs, steps: Steps) -> None:
    checked = await desk.proposed()

    async with work_as(desk.second) as work:
        row = await reopen_rules(work, checked.id, seen_version=checked.version)

    assert (row.state, row.checked_at, row.proposed_at, row.proposed_by_id) == (RuleSetState.DRAFT, None, None, None)
    assert (await steps(row))[-1] == (RuleStep.REOPENED, None)


@pytest.mark.parametrize("role", [Role.AGENCY_ADMIN, Role.OVERSEER, Role.DATA_STAFF])
@pytest.mark.parametrize(
    "change",
    [lambda work, row: draft_rules(work, "uji"), *CHANGES,
     lambda work, row: discard_rules(work, row.id, "uji", seen_version=1),
     lambda work, row: reopen_rules(work, row.id, seen_version=1),
     lambda work, row: findings(work, row.id)],
)  # fmt: skip
async def test_rules_are_written_by_the_national_desk_only(
    role: Role,
    change: Callable[[Work, RuleSet], Awaitable[Any]],
    desk: RuleDesk,
    work_as: WorkAs,
    state: State,
) -> None:
    draft = await desk.draft()
    before = await state()

    with pytest.raises(NotAllowed):
        async with work_as(Actor(role)) as work:
            await change(work, draft)

    assert await state() == before
