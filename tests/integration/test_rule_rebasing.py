"""Two drafts at a time: what the other changed is taken over, what both changed is named."""

import pytest

from complaints.refusals import Invalid, Problem
from complaints.rule_desk.rebasing import rebase_rules
from models import RoutingRule
from rules.language import ClassifierPolicy
from rules.vocabulary import Role
from tests.integration.given import Rows, State
from tests.integration.rule_sets import RuleDesk, a_rule
from tests.support import ActorOf, WorkAs


@pytest.fixture
async def desk(work_as: WorkAs, an_actor: ActorOf) -> RuleDesk:
    return RuleDesk(work_as, await an_actor(Role.NATIONAL_ADMIN), await an_actor(Role.NATIONAL_ADMIN))


async def test_a_draft_takes_over_what_others_changed_meanwhile(desk: RuleDesk, work_as: WorkAs, rows: Rows) -> None:
    await desk.active(a_rule("SAMA"), a_rule("UBAH"), a_rule("HILANG"), a_rule("SAYA"))
    mine = await desk.draft(a_rule("SAMA"), a_rule("UBAH"), a_rule("HILANG"), a_rule("SAYA", name="Milik saya"))
    theirs = await desk.active(
        a_rule("SAMA"), a_rule("UBAH", name="Baru"), a_rule("SAYA"), a_rule("TAMBAH"), classifier={"unlikelyBelow": 0.5}
    )

    async with work_as(desk.admin) as work:
        row = await rebase_rules(work, mine.id, seen_version=mine.version)

    document = await desk.document(mine.id)
    assert {rule.code: rule.name for rule in document.rules} == {
        "SAMA": "Token listrik",
        "UBAH": "Baru",
        "SAYA": "Milik saya",
        "TAMBAH": "Token listrik",
    }
    assert document.classifier == ClassifierPolicy(unlikely_below=0.5)
    assert (row.base_id, row.version) == (theirs.id, mine.version + 1)
    versions = {rule.code: rule.version for rule in await rows(RoutingRule, RoutingRule.rule_set_id == mine.id)}
    assert versions == {"SAMA": 0, "SAYA": 1, "UBAH": 2, "TAMBAH": 2}


async def test_what_both_changed_is_named_until_somebody_decides(desk: RuleDesk, work_as: WorkAs, state: State) -> None:
    await desk.active(a_rule("SATU"), a_rule("DUA"))
    mine = await desk.draft(a_rule("SATU", name="Milik saya"), classifier={"unlikelyBelow": 0.1})
    theirs = await desk.active(
        a_rule("SATU", name="Milik orang lain"), a_rule("DUA", name="Baru"), classifier={"unlikelyBelow": 0.2}
    )
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.admin) as work:
            await rebase_rules(work, mine.id, seen_version=mine.version)
    after = await state()
    async with work_as(desk.admin) as work:
        kept = await rebase_rules(work, mine.id, seen_version=mine.version, keep=["SATU", "DUA", "classifier"])

    told: dict[str, str | int] = {"version": theirs.number}
    assert refusal.value.problems == tuple(
        Problem(field, "CHANGED_MEANWHILE", told) for field in ("rules.DUA", "rules.SATU", "classifier")
    )
    assert before == after
    assert kept.base_id == theirs.id
    document = await desk.document(mine.id)
    assert [(rule.code, rule.name) for rule in document.rules] == [("SATU", "Milik saya")]
    assert document.classifier == ClassifierPolicy(unlikely_below=0.1)


async def test_a_draft_on_the_active_set_has_nothing_to_take_over(
    desk: RuleDesk, work_as: WorkAs, state: State
) -> None:
    row = await desk.draft()
    before = await state()

    async with work_as(desk.admin) as work:
        await rebase_rules(work, row.id, seen_version=row.version)

    assert await state() == before
