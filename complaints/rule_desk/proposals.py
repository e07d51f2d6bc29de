"""Rules that an agency, or history, proposes: they act once a national admin took them into a set that is activated."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from complaints.inputs import required_text
from complaints.refusals import Invalid, NotFound, Problem
from complaints.rule_desk.drafts import write_rule
from complaints.rule_desk.rows import rule_of
from complaints.rule_desk.sets import bad_rules, facts_of, open_set, take_rules_turn
from complaints.visibility import may_propose_for
from complaints.work import Work
from models import RoutingRule, RuleProposal
from rules.checking import BadRules, RuleProblem, problems_of, read_rule
from rules.documents import plain
from rules.language import Rule
from rules.vocabulary import Action, ProposalSource, ProposalState

__all__ = ["adopt_proposal", "dismiss_proposal", "fingerprint_of_proposal", "propose_rule", "proposed_rule", "rule_of"]

# A proposal has neither code nor place in a set yet; while it is read it stands under this one.
UNPLACED: Mapping[str, Any] = {"code": "USULAN", "position": 0}
_REASON_MAX = 500


def proposed_rule(stored: Mapping[str, Any], *, code: str = "USULAN", position: int = 0) -> Rule:
    """The rule that `rule_proposal.rule` holds, under a code and at a position."""
    return Rule.model_validate({**stored, "code": code, "position": position})


def stored_proposal(rule: Rule) -> dict[str, Any]:
    """A rule as `rule_proposal.rule` holds it."""
    return {key: value for key, value in plain(rule).items() if key not in UNPLACED}


def fingerprint_of_proposal(rule: Rule) -> str:
    """The same for two rules that ask the same and lead to the same queue."""
    asked = [None if rule.when is None else plain(rule.when), rule.then.queue]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


async def propose_rule(work: Work, data: Mapping[str, Any], reason: str) -> RuleProposal:
    """Propose a rule (without code and position); an agency admin only for the own agency and its units.

    Raises `Invalid` for what is no rule or speaks of nobody, for somebody else's queue, and for what was proposed
    before.
    """
    work.require(Action.PROPOSE_RULES)
    why = required_text(reason, "reason", _REASON_MAX)
    try:
        rule = read_rule({**data, **UNPLACED}, work.allowances.rule_limits)
    except BadRules as bad:
        raise _refusal(bad.problems) from bad
    agency_id = _refuse_foreign(work, rule)
    problems = problems_of([rule], await facts_of(work), work.allowances.rule_limits)
    if problems:
        raise _refusal(tuple(problems))
    await take_rules_turn(work)
    fingerprint = fingerprint_of_proposal(rule)
    same = select(RuleProposal.state).where(
        RuleProposal.source == ProposalSource.PERSON, RuleProposal.fingerprint == fingerprint
    )
    before = (await work.session.scalars(same)).one_or_none()
    if before is not None:
        raise Invalid(Problem("when", "ALREADY_PROPOSED" if before is ProposalState.OPEN else "ALREADY_DECIDED"))
    row = RuleProposal(
        id=work.new_id(),
        source=ProposalSource.PERSON,
        state=ProposalState.OPEN,
        rule=stored_proposal(rule),
        fingerprint=fingerprint,
        reason=why,
        agency_id=agency_id,
        proposed_by_id=work.actor.id,
        proposed_at=work.now,
    )
    work.session.add(row)
    return row


async def adopt_proposal(work: Work, proposal_id: UUID, set_id: UUID, *, code: str, position: int) -> RoutingRule:
    """Take a proposal into a draft as a rule of this code. Raises `NotFound`, and `Invalid` for one that is settled, a
    set that is no draft, a code that is no code or taken."""
    work.require(Action.MANAGE_RULES)
    proposal = await _open_proposal(work, proposal_id)
    try:
        rule = read_rule({**proposal.rule, "code": code, "position": position}, work.allowances.rule_limits)
    except BadRules as bad:
        raise _refusal(bad.problems) from bad
    row = await open_set(work, set_id, field="ruleSetId")
    written = await write_rule(work, row, rule, seen_version=None)
    _settle(work, proposal, ProposalState.ADOPTED, None)
    proposal.rule_set_id = row.id
    return written


async def dismiss_proposal(work: Work, proposal_id: UUID, reason: str) -> RuleProposal:
    """Say no to a proposal, and why. Raises `NotFound`, and `Invalid` without a reason or for one that is settled."""
    work.require(Action.MANAGE_RULES)
    why = required_text(reason, "reason", _REASON_MAX)
    proposal = await _open_proposal(work, proposal_id)
    _settle(work, proposal, ProposalState.DISMISSED, why)
    return proposal


def _refusal(problems: tuple[RuleProblem, ...]) -> Invalid:
    """A proposal is one rule: its fields are named as the client knows them, without a code before them."""
    return bad_rules([RuleProblem("", problem.field or "rule", problem.code, problem.data) for problem in problems])


def _refuse_foreign(work: Work, rule: Rule) -> UUID | None:
    """Whose rule it is: the agency above the queue, where there is one."""
    owner = None if rule.then.queue is None else work.knowledge.directory.owner(rule.then.queue)
    agency_id = None if owner is None else work.knowledge.agency_ids[owner.code]
    if not may_propose_for(work.actor, agency_id):
        raise Invalid(Problem("then.queue", "NOT_YOUR_QUEUE"))
    return agency_id


async def _open_proposal(work: Work, proposal_id: UUID) -> RuleProposal:
    row = await work.session.get(RuleProposal, proposal_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("RuleProposal", "id")
    if row.state is not ProposalState.OPEN:
        raise Invalid(Problem("id", "ALREADY_DECIDED"))
    return row


def _settle(work: Work, row: RuleProposal, state: ProposalState, reason: str | None) -> None:
    row.state, row.settled_reason = state, reason
    row.settled_by_id, row.settled_at = work.actor.id, work.now
