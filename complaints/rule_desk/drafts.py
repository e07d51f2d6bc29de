"""Writing drafts: rules are put and removed one by one, or all of them replaced from a file."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

import anyio
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from complaints.inputs import required_text
from complaints.refusals import Invalid, NotFound, Problem
from complaints.rule_desk.rows import columns_of, document_of, fingerprint_of, policy_of, rule_rows
from complaints.rule_desk.sets import OPEN, active_set, bad_rules, leave_trace, open_set, seen_set, take_rules_turn
from complaints.work import Work
from models import RoutingRule, RuleSet
from rules.checking import BadRules, RuleFault, read_policy, read_rule
from rules.documents import from_yaml, plain
from rules.language import Rule
from rules.vocabulary import Action, RuleSetState, RuleStep


async def draft_rules(work: Work, reason: str, base_id: UUID | None = None) -> RuleSet:
    """A draft with the rules of the active set, or of any other one to go back to. Raises `NotFound`, `Invalid`."""
    work.require(Action.MANAGE_RULES)
    why = required_text(reason, "reason", _REASON_MAX)
    await take_rules_turn(work)
    active = await active_set(work)
    base = active if base_id is None else await work.session.get(RuleSet, base_id)
    if base is None:
        raise NotFound("RuleSet", "baseId")
    number = await work.session.scalar(select(func.max(RuleSet.number)))
    copied = await rule_rows(work, base.id)
    row = RuleSet(
        id=work.new_id(),
        number=(number or 0) + 1,
        state=RuleSetState.DRAFT,
        version=0,
        base_id=active.id,
        reason=why,
        classifier=plain(policy_of(base.classifier)),
        fingerprint=fingerprint_of(document_of(base, copied)),
        created_at=work.now,
        created_by_id=work.actor.id,
    )
    work.session.add(row)
    await work.session.flush()
    if copied:
        kept = ("code", "position", "name", "reason", "conditions", "outcome", "valid_from", "valid_to")
        values = [
            {"id": work.new_id(), "rule_set_id": row.id, "version": 0, **{name: getattr(rule, name) for name in kept}}
            for rule in copied
        ]
        await work.session.execute(insert(RoutingRule), values)
    leave_trace(work, row, RuleStep.DRAFTED, reason=why)
    return row


async def put_rule(work: Work, set_id: UUID, data: Mapping[str, Any], *, seen_version: int | None) -> RoutingRule:
    """Add a rule to a draft, or change the one with this code.

    `seen_version` is None for a new one, else the version of the rule, or of the set, when it was looked at. Raises
    `NotFound`; `Invalid` for what is no rule, for a set that is no draft, and naming the rule when somebody else
    changed or removed it meanwhile, or used the code: what others do to other rules is no hindrance.
    """
    work.require(Action.MANAGE_RULES)
    try:
        rule = read_rule(data, work.allowances.rule_limits)
    except BadRules as bad:
        raise bad_rules(bad.problems) from bad
    row = await open_set(work, set_id)
    return await write_rule(work, row, rule, seen_version=seen_version)


async def write_rule(work: Work, row: RuleSet, rule: Rule, *, seen_version: int | None) -> RoutingRule:
    """Put a rule into a draft that is locked already; raises as `put_rule` does."""
    stored = await _stored_rule(work, row.id, rule.code)
    if stored is not None and seen_version is None:
        raise Invalid(Problem(f"rules.{rule.code}", "CODE_TAKEN"))
    if seen_version is not None:
        _refuse_changed(rule.code, stored, seen_version)
    row.version += 1
    if stored is None:
        await _refuse_too_many(work, row.id)
        stored = RoutingRule(id=work.new_id(), rule_set_id=row.id)
        work.session.add(stored)
    for name, value in columns_of(rule).items():
        setattr(stored, name, value)
    stored.version = row.version
    leave_trace(work, row, RuleStep.RULE_PUT, rule=rule.code)
    return stored


async def remove_rule(work: Work, set_id: UUID, code: str, *, seen_version: int) -> RuleSet:
    """Take a rule out of a draft. Raises as `put_rule` does."""
    work.require(Action.MANAGE_RULES)
    row = await open_set(work, set_id)
    stored = await _stored_rule(work, row.id, code)
    if stored is None:
        raise NotFound("RoutingRule", "code")
    _refuse_changed(code, stored, seen_version)
    await work.session.delete(stored)
    row.version += 1
    leave_trace(work, row, RuleStep.RULE_REMOVED, rule=code)
    return row


async def set_policy(work: Work, set_id: UUID, data: Mapping[str, Any], *, seen_version: int) -> RuleSet:
    """Say what the classifier may do beside the rules of a draft. Raises `NotFound`, `Invalid`, `Stale`."""
    work.require(Action.MANAGE_RULES)
    try:
        policy = read_policy(data, work.allowances.rule_limits)
    except BadRules as bad:
        raise bad_rules(bad.problems) from bad
    row = await seen_set(work, set_id, seen_version)
    row.classifier, row.version = plain(policy), row.version + 1
    leave_trace(work, row, RuleStep.POLICY_SET)
    return row


async def import_yaml(work: Work, set_id: UUID, text: str, *, seen_version: int) -> RuleSet:
    """Replace everything a draft says by a file: all of it, or nothing. Raises `NotFound`, `Invalid`, `Stale`.

    A rule that the file leaves as it was keeps its version. The draft keeps the reason it was begun for: the one in
    the file may be that of the set it was exported from, and goes into the history.
    """
    work.require(Action.MANAGE_RULES)
    try:
        # Seconds for some thousand rules: other requests go on meanwhile.
        document = await anyio.to_thread.run_sync(partial(from_yaml, text, work.allowances.rule_limits))
    except BadRules as bad:
        raise bad_rules(bad.problems) from bad
    row = await seen_set(work, set_id, seen_version)
    stored = {rule.code: rule for rule in await rule_rows(work, row.id)}
    row.version, row.classifier = row.version + 1, plain(document.classifier)
    for rule in document.rules:
        kept = stored.pop(rule.code, None)
        columns = columns_of(rule)
        if kept is None:
            work.session.add(RoutingRule(id=work.new_id(), rule_set_id=row.id, version=row.version, **columns))
        elif any(getattr(kept, name) != value for name, value in columns.items()):
            for name, value in columns.items():
                setattr(kept, name, value)
            kept.version = row.version
    if stored:
        gone = [rule.id for rule in stored.values()]
        await work.session.execute(delete(RoutingRule).where(RoutingRule.id.in_(gone)))
    leave_trace(work, row, RuleStep.IMPORTED, reason=document.reason)
    return row


async def discard_rules(work: Work, set_id: UUID, reason: str, *, seen_version: int) -> RuleSet:
    """Give a draft up; it can be read and drafted from, and never acts. Raises `NotFound`, `Invalid`, `Stale`."""
    work.require(Action.MANAGE_RULES)
    why = required_text(reason, "reason", _REASON_MAX)
    row = await seen_set(work, set_id, seen_version, OPEN)
    row.state, row.effective_from = RuleSetState.DISCARDED, None
    leave_trace(work, row, RuleStep.DISCARDED, reason=why)
    return row


# As long as the reason of a document may be.
_REASON_MAX = 500


async def _stored_rule(work: Work, set_id: UUID, code: str) -> RoutingRule | None:
    statement = select(RoutingRule).where(RoutingRule.rule_set_id == set_id, RoutingRule.code == code)
    return (await work.session.scalars(statement.execution_options(populate_existing=True))).one_or_none()


def _refuse_changed(code: str, stored: RoutingRule | None, seen_version: int) -> None:
    if stored is None:
        raise Invalid(Problem(f"rules.{code}", "REMOVED_MEANWHILE"))
    if stored.version > seen_version:
        raise Invalid(Problem(f"rules.{code}", "CHANGED_MEANWHILE", {"version": stored.version}))


async def _refuse_too_many(work: Work, set_id: UUID) -> None:
    most = work.allowances.rule_limits.rules
    statement = select(func.count()).select_from(RoutingRule).where(RoutingRule.rule_set_id == set_id)
    if (await work.session.scalar(statement) or 0) >= most:
        raise Invalid(Problem("rules", str(RuleFault.TOO_MANY_RULES), {"max": most, "length": most + 1}))
