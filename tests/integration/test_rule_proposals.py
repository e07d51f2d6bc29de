"""Rules that agencies propose for themselves: taken into a draft by the national desk, or declined with a reason."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from complaints.policy import Actor
from complaints.reader import Reader, Window, read_page
from complaints.refusals import Invalid, NotAllowed, NotFound, Problem
from complaints.rule_desk.proposals import adopt_proposal, dismiss_proposal, propose_rule, proposed_rule
from complaints.rule_desk.reading import (
    compare_sets,
    export_yaml,
    history,
    rule_proposal,
    rule_proposals,
    rule_set,
    rule_sets,
    rules_of_sets,
)
from complaints.rule_desk.rows import document_of
from complaints.work import Work
from models import RoutingRule, RuleProposal, RuleSetEvent, new_id
from rules.vocabulary import ProposalSource, ProposalState, Role, RuleSetState, RuleStep
from server.runtime import Runtime
from tests.integration.given import Rows, State
from tests.integration.rule_sets import RuleDesk, a_file, a_rule
from tests.support import MONDAY, ActorOf, Clock, WorkAs

WANTED: Mapping[str, Any] = {
    key: value for key, value in a_rule().items() if key not in ("code", "position")
}  # fmt: skip


@pytest.fixture
async def desk(work_as: WorkAs, an_actor: ActorOf) -> RuleDesk:
    return RuleDesk(work_as, await an_actor(Role.NATIONAL_ADMIN), await an_actor(Role.NATIONAL_ADMIN))


@pytest.fixture
async def agency_admin(an_actor: ActorOf) -> Actor:
    return await an_actor(Role.AGENCY_ADMIN, "PLN")


@pytest.fixture
async def proposal(work_as: WorkAs, agency_admin: Actor) -> RuleProposal:
    async with work_as(agency_admin) as work:
        return await propose_rule(work, WANTED, " Sering salah masuk ke ESDM ")


async def test_an_agency_proposes_a_rule_for_its_own_queue(proposal: RuleProposal, agency_admin: Actor) -> None:
    assert (proposal.source, proposal.state, proposal.reason) == (
        ProposalSource.PERSON,
        ProposalState.OPEN,
        "Sering salah masuk ke ESDM",
    )
    assert (proposal.agency_id, proposal.proposed_by_id) == (agency_admin.agency_id, agency_admin.id)
    assert proposal.rule == WANTED
    assert proposed_rule(proposal.rule, code="TOKEN", position=7).position == 7


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"then": {"queue": "ESDM"}}, Problem("then.queue", "NOT_YOUR_QUEUE")),
        ({"then": {"queue": "NATIONAL"}}, Problem("then.queue", "NOT_YOUR_QUEUE")),
        ({"then": {"queue": "PEMDA.PU"}}, Problem("then.queue", "NOT_YOUR_QUEUE")),
        ({"then": {"continue": True, "urgency": "HIGH"}}, Problem("then.queue", "NOT_YOUR_QUEUE")),
        ({"when": {"any": []}}, Problem("when.any", "REQUIRED")),
        ({"when": {"region": ["99"]}}, Problem("when.region.0", "UNKNOWN_REGION", {"given": "99"})),
        ({"extra": 1}, Problem("extra", "UNKNOWN_FIELD")),
    ],
    ids=["another agency", "national", "local office", "everybody", "no rule", "unknown region", "unknown field"],
)
async def test_an_agency_proposes_nothing_else(
    given: dict[str, Any], problem: Problem, agency_admin: Actor, work_as: WorkAs, state: State
) -> None:
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(agency_admin) as work:
            await propose_rule(work, {**WANTED, **given}, "uji")

    assert refusal.value.problems == (problem,)
    assert await state() == before


async def test_an_agency_proposes_for_its_units_as_well(an_actor: ActorOf, work_as: WorkAs) -> None:
    semarang = await an_actor(Role.AGENCY_ADMIN, "KOTA_SEMARANG")

    async with work_as(semarang) as work:
        unit = next(row.code for row in work.knowledge.agency_rows.values() if row.parent_id == semarang.agency_id)
        row = await propose_rule(work, {**WANTED, "then": {"queue": unit}}, "uji")

    assert row.agency_id == semarang.agency_id


async def test_the_national_desk_proposes_for_anybody(desk: RuleDesk, work_as: WorkAs) -> None:
    async with work_as(desk.admin) as work:
        row = await propose_rule(work, {**WANTED, "then": {"queue": "NATIONAL"}}, "uji")

    assert row.agency_id is None


async def test_the_same_is_proposed_once(
    proposal: RuleProposal, desk: RuleDesk, agency_admin: Actor, work_as: WorkAs
) -> None:
    codes = []
    again = {**WANTED, "name": "Nama lain"}
    with pytest.raises(Invalid) as refusal:
        async with work_as(agency_admin) as work:
            await propose_rule(work, again, "sekali lagi")
    codes.append(refusal.value.problems[0].code)
    async with work_as(desk.admin) as work:
        await dismiss_proposal(work, proposal.id, "sudah ada")
    with pytest.raises(Invalid) as refusal:
        async with work_as(agency_admin) as work:
            await propose_rule(work, again, "sekali lagi")
    codes.append(refusal.value.problems[0].code)

    assert codes == ["ALREADY_PROPOSED", "ALREADY_DECIDED"]


async def test_a_proposal_becomes_a_rule_of_a_draft(
    proposal: RuleProposal, desk: RuleDesk, work_as: WorkAs, clock: Clock, rows: Rows
) -> None:
    draft = await desk.draft(a_rule("LAIN"))
    clock.forward(hours=1)

    async with work_as(desk.admin) as work:
        await adopt_proposal(work, proposal.id, draft.id, code="TOKEN", position=30)

    (settled,) = await rows(RuleProposal)
    (written,) = await rows(RoutingRule, RoutingRule.rule_set_id == draft.id, RoutingRule.code == "TOKEN")
    last = (await rows(RuleSetEvent, RuleSetEvent.rule_set_id == draft.id))[-1]
    assert (written.position, written.outcome, written.version) == (30, {"queue": "PLN"}, 2)
    assert (settled.state, settled.rule_set_id) == (ProposalState.ADOPTED, draft.id)
    assert (settled.settled_by_id, settled.settled_at) == (desk.admin.id, clock.now)
    assert (last.step, last.rule_code) == (RuleStep.RULE_PUT, "TOKEN")


async def test_a_proposal_is_declined_with_a_reason(proposal: RuleProposal, desk: RuleDesk, work_as: WorkAs) -> None:
    async with work_as(desk.admin) as work:
        row = await dismiss_proposal(work, proposal.id, " terlalu luas ")

    assert (row.state, row.settled_reason, row.settled_at) == (ProposalState.DISMISSED, "terlalu luas", MONDAY)


@pytest.mark.parametrize(
    ("attempt", "problem"),
    [
        (lambda work, row, draft: dismiss_proposal(work, row.id, ""),
         Problem("reason", "REQUIRED", {"min": 1, "length": 0})),
        (lambda work, row, draft: adopt_proposal(work, row.id, draft.id, code="LAIN", position=1),
         Problem("rules.LAIN", "CODE_TAKEN")),
        (lambda work, row, draft: adopt_proposal(work, row.id, draft.id, code="kecil", position=-1),
         Problem("code", "BAD_RULE_CODE")),
        (lambda work, row, draft: adopt_proposal(work, row.id, work.knowledge.rule_set_id, code="X", position=1),
         Problem("ruleSetId", "NOT_A_DRAFT", {"state": "ACTIVE"})),
    ],
    ids=["no reason", "code taken", "bad code", "no draft"],
)  # fmt: skip
async def test_what_cannot_be_settled_stays_open(
    attempt: Callable[[Work, RuleProposal, Any], Awaitable[Any]],
    problem: Problem,
    proposal: RuleProposal,
    desk: RuleDesk,
    work_as: WorkAs,
    state: State,
) -> None:
    draft = await desk.draft(a_rule("LAIN"))
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.admin) as work:
            await attempt(work, proposal, draft)

    assert refusal.value.problems[0] == problem
    assert await state() == before


async def test_what_is_settled_is_settled(proposal: RuleProposal, desk: RuleDesk, work_as: WorkAs) -> None:
    draft = await desk.draft(a_rule("LAIN"))
    async with work_as(desk.admin) as work:
        await dismiss_proposal(work, proposal.id, "tidak")

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.second) as work:
            await adopt_proposal(work, proposal.id, draft.id, code="TOKEN", position=1)

    assert refusal.value.problems == (Problem("id", "ALREADY_DECIDED"),)


async def test_what_is_not_there_is_not_settled(desk: RuleDesk, work_as: WorkAs) -> None:
    with pytest.raises(NotFound) as refusal:
        async with work_as(desk.admin) as work:
            await dismiss_proposal(work, new_id(), "tidak")

    assert refusal.value.what == "RuleProposal"


@pytest.mark.parametrize("role", [Role.UNIT_OFFICER, Role.OVERSEER, Role.DATA_STAFF, Role.SERVICE])
async def test_others_propose_nothing(role: Role, work_as: WorkAs, state: State) -> None:
    before = await state()

    with pytest.raises(NotAllowed):
        async with work_as(Actor(role)) as work:
            await propose_rule(work, WANTED, "uji")

    assert await state() == before


async def test_an_agency_settles_nothing(
    proposal: RuleProposal, agency_admin: Actor, desk: RuleDesk, work_as: WorkAs, state: State
) -> None:
    draft = await desk.draft(a_rule("LAIN"))
    before = await state()

    with pytest.raises(NotAllowed):
        async with work_as(agency_admin) as work:
            await dismiss_proposal(work, proposal.id, "tidak")
    with pytest.raises(NotAllowed):
        async with work_as(agency_admin) as work:
            await adopt_proposal(work, proposal.id, draft.id, code="TOKEN", position=1)

    assert await state() == before


async def test_everybody_sees_the_proposals_that_concern_them(
    proposal: RuleProposal, agency_admin: Actor, desk: RuleDesk, an_actor: ActorOf, runtime: Runtime
) -> None:
    reader = Reader(runtime.database.read)
    other = await an_actor(Role.AGENCY_ADMIN, "ESDM")
    overseer = await an_actor(Role.OVERSEER)

    seen = {
        actor.role + str(actor is other): [
            (row.id, row.agency_code, row.proposed_by_name)
            for row in (await read_page(reader, rule_proposals(actor), Window(5))).rows
        ]
        for actor in (agency_admin, other, overseer, desk.admin)
    }
    single = await reader.one(rule_proposal(other, proposal.id))
    await reader.close()

    mine = [(proposal.id, "PLN", seen["AGENCY_ADMINFalse"][0][2])]
    assert list(seen.values()) == [mine, [], [], mine]
    assert single is None


async def test_drafts_are_seen_by_those_who_write_them(desk: RuleDesk, agency_admin: Actor, runtime: Runtime) -> None:
    active = await desk.active(a_rule("SATU"))
    draft = await desk.draft(a_rule("DUA"), a_rule("TIGA"))
    reader = Reader(runtime.database.read)

    pages = {
        actor.role: [
            (row.number, row.state, row.base_number, row.rule_count)
            for row in (await read_page(reader, rule_sets(actor), Window(2))).rows
        ]
        for actor in (desk.admin, agency_admin)
    }
    hidden = await reader.one(rule_set(agency_admin, draft.id))
    shown = await reader.one(rule_set(desk.admin, draft.id))
    rules = await reader.rows(rules_of_sets([draft.id]))
    events = await reader.rows(history([draft.id], 1))
    await reader.close()

    assert pages[Role.NATIONAL_ADMIN] == [
        (draft.number, RuleSetState.DRAFT, active.number, 2),
        (active.number, RuleSetState.ACTIVE, active.number - 1, 1),
    ]
    assert [number for number, *_ in pages[Role.AGENCY_ADMIN]] == [active.number, active.number - 1]
    assert hidden is None
    assert shown is not None
    assert [rule.code for rule in document_of(shown, rules).rules] == ["DUA", "TIGA"]
    assert [(event.step, event.actor_id) for event in events] == [(RuleStep.IMPORTED, desk.admin.id)]


async def test_what_is_exported_is_what_was_imported(desk: RuleDesk, agency_admin: Actor, work_as: WorkAs) -> None:
    text = a_file(a_rule("SATU"), a_rule("DUA", position=5))
    active = await desk.active(a_rule("SATU"), a_rule("DUA", position=5))
    draft = await desk.draft(a_rule("SATU", name="Lain"))

    async with work_as(agency_admin) as work:
        exported = await export_yaml(work, active.id)
    async with work_as(desk.admin) as work:
        changes = await compare_sets(work, active.id, draft.id)

    assert exported == text
    assert (changes.removed, [change.code for change in changes.changed]) == (("DUA",), ["SATU"])


async def test_an_agency_exports_no_draft(desk: RuleDesk, agency_admin: Actor, work_as: WorkAs) -> None:
    draft = await desk.draft()
    fields = []

    for question in (
        lambda work: export_yaml(work, draft.id),
        lambda work: compare_sets(work, work.knowledge.rule_set_id, draft.id),
    ):
        with pytest.raises(NotFound) as refusal:
            async with work_as(agency_admin) as work:
                await question(work)
        fields.append(refusal.value.field)

    assert fields == ["id", "afterId"]
