"""What admins see of rule sets, their history and proposals: statements, limited to what each may see."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import anyio
from sqlalchemy import Executable, Select, func, select
from sqlalchemy.orm import aliased

from complaints.policy import Actor
from complaints.reader import Listing, Order
from complaints.refusals import NotFound
from complaints.rule_desk.rows import read_set
from complaints.visibility import visible_proposals, visible_rule_sets
from complaints.work import Work
from models import Agency, Person, RoutingRule, RuleProposal, RuleSet, RuleSetEvent, SpecialMechanism
from rules.documents import RuleChanges, diff, to_yaml
from rules.language import RuleDocument
from rules.vocabulary import Action, ProposalState, RuleSetState


def rule_sets(actor: Actor, states: Sequence[RuleSetState] = ()) -> Listing:
    """Every version this actor may see, the newest first, each with the number of its base and of its rules."""
    statement = _sets(actor)
    if states:
        statement = statement.where(RuleSet.state.in_(states))
    return Listing(statement, Order(RuleSet.created_at, RuleSet.id, descending=True))


def rule_set(actor: Actor, set_id: UUID) -> Select[Any]:
    """One version."""
    return _sets(actor).where(RuleSet.id == set_id)


def rule_set_by_number(actor: Actor, number: int) -> Select[Any]:
    """The version with this number."""
    return _sets(actor).where(RuleSet.number == number)


def active_rule_set(actor: Actor) -> Select[Any]:
    """The version that decides now."""
    return _sets(actor).where(RuleSet.state == RuleSetState.ACTIVE)


def rules_of_sets(set_ids: Sequence[UUID]) -> Executable:
    """The rules of some versions, in the order they are asked; `rule_desk.rows` makes a document of them."""
    return (
        select(RoutingRule.__table__)
        .where(RoutingRule.rule_set_id.in_(set_ids))
        .order_by(RoutingRule.rule_set_id, RoutingRule.position, RoutingRule.code)
    )


def rule_in_set(set_id: UUID, code: str) -> Select[Any]:
    """One rule of a version."""
    return select(RoutingRule.__table__).where(RoutingRule.rule_set_id == set_id, RoutingRule.code == code)


def history(set_ids: Sequence[UUID], count: int) -> Executable:
    """Who did what to some versions, the newest first, with the names of whoever it was."""
    return (
        select(RuleSetEvent.__table__, Person.name.label("actor_name"))
        .join(Person, Person.id == RuleSetEvent.actor_id, isouter=True)
        .where(RuleSetEvent.rule_set_id.in_(set_ids))
        .order_by(RuleSetEvent.at.desc(), RuleSetEvent.id.desc())
        .limit(count)
    )


def rule_proposals(actor: Actor, states: Sequence[ProposalState] = (ProposalState.OPEN,)) -> Listing:
    """Proposed rules that this actor may see, the newest first."""
    statement = _rule_proposals(actor)
    if states:
        statement = statement.where(RuleProposal.state.in_(states))
    return Listing(statement, Order(RuleProposal.proposed_at, RuleProposal.id, descending=True))


def rule_proposal(actor: Actor, proposal_id: UUID) -> Select[Any]:
    """One proposed rule."""
    return _rule_proposals(actor).where(RuleProposal.id == proposal_id)


async def export_yaml(work: Work, set_id: UUID) -> str:
    """A set as a file, for review and to be imported elsewhere. Raises `NotFound` for one the actor may not see."""
    work.require(Action.READ_RULES)
    # Seconds for some thousand rules: other requests go on meanwhile.
    return await anyio.to_thread.run_sync(to_yaml, await _visible_document(work, set_id, "id"))


async def compare_sets(work: Work, before_id: UUID, after_id: UUID) -> RuleChanges:
    """What one set does otherwise than another. Raises `NotFound` for one the actor may not see."""
    work.require(Action.READ_RULES)
    before = await _visible_document(work, before_id, "beforeId")
    return diff(before, await _visible_document(work, after_id, "afterId"))


async def _visible_document(work: Work, set_id: UUID, field: str) -> RuleDocument:
    statement = select(RuleSet).where(RuleSet.id == set_id, visible_rule_sets(work.actor))
    row = (await work.session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound("RuleSet", field)
    return await read_set(work, row)


def mechanisms() -> Select[Any]:
    """Every special mechanism, the newest first."""
    return select(SpecialMechanism.__table__).order_by(SpecialMechanism.valid_from.desc(), SpecialMechanism.code)


def _sets(actor: Actor) -> Select[Any]:
    base, creator, proposer, agreer = aliased(RuleSet), aliased(Person), aliased(Person), aliased(Person)
    rules = select(func.count()).where(RoutingRule.rule_set_id == RuleSet.id).scalar_subquery()
    return (
        select(
            RuleSet.__table__,
            base.number.label("base_number"),
            rules.label("rule_count"),
            creator.name.label("created_by_name"),
            proposer.name.label("proposed_by_name"),
            agreer.name.label("agreed_by_name"),
        )
        .join(base, base.id == RuleSet.base_id, isouter=True)
        .join(creator, creator.id == RuleSet.created_by_id, isouter=True)
        .join(proposer, proposer.id == RuleSet.proposed_by_id, isouter=True)
        .join(agreer, agreer.id == RuleSet.agreed_by_id, isouter=True)
        .where(visible_rule_sets(actor))
    )


def _rule_proposals(actor: Actor) -> Select[Any]:
    proposer, settler = aliased(Person), aliased(Person)
    return (
        select(
            RuleProposal.__table__,
            Agency.code.label("agency_code"),
            proposer.name.label("proposed_by_name"),
            settler.name.label("settled_by_name"),
        )
        .join(Agency, Agency.id == RuleProposal.agency_id, isouter=True)
        .join(proposer, proposer.id == RuleProposal.proposed_by_id, isouter=True)
        .join(settler, settler.id == RuleProposal.settled_by_id, isouter=True)
        .where(visible_proposals(actor))
    )
