"""Two drafts at a time: taking into one what the other changed once it became active."""

from collections.abc import Collection, Iterator
from uuid import UUID

from complaints.refusals import Invalid, Problem
from complaints.rule_desk.rows import columns_of, document_of, read_set, rule_of, rule_rows
from complaints.rule_desk.sets import active_set, leave_trace, seen_set, take_rules_turn
from complaints.work import Work
from models import RoutingRule, RuleSet
from rules.documents import diff, plain
from rules.language import Rule, RuleDocument
from rules.vocabulary import Action, RuleStep

# How the policy is called among the codes of rules, which are written in capitals.
POLICY = "classifier"


async def rebase_rules(work: Work, set_id: UUID, *, seen_version: int, keep: Collection[str] = ()) -> RuleSet:
    """Take into a draft what changed in the active set since it was drafted, so that it can act again.

    Raises `NotFound`, `Stale`, and `Invalid` naming every rule, or the policy ("classifier"), that both changed in
    different ways, but for those in `keep`: there the draft prevails.
    """
    work.require(Action.MANAGE_RULES)
    await take_rules_turn(work)
    row = await seen_set(work, set_id, seen_version)
    active = await active_set(work)
    if row.base_id is None or row.base_id == active.id:
        return row
    base = await read_set(work, await work.session.get_one(RuleSet, row.base_id))
    theirs = await read_set(work, active)
    stored = {rule.code: rule for rule in await rule_rows(work, row.id)}
    ours = document_of(row, stored.values())
    problems = [
        Problem(POLICY if name == POLICY else f"rules.{name}", "CHANGED_MEANWHILE", {"version": active.number})
        for name in _conflicts(base, theirs, ours)
        if name not in keep
    ]
    if problems:
        raise Invalid(*problems)
    row.version, row.base_id = row.version + 1, active.id
    if ours.classifier == base.classifier:
        row.classifier = plain(theirs.classifier)
    old, wanted = _by_code(base), _by_code(theirs)
    for code in diff(base, theirs).codes:
        kept = stored.get(code)
        if (None if kept is None else rule_of(kept)) == old.get(code):
            await _take(work, row, kept, wanted.get(code))
    leave_trace(work, row, RuleStep.DRAFTED, reason=f"#{active.number}")
    return row


async def _take(work: Work, row: RuleSet, kept: RoutingRule | None, wanted: Rule | None) -> None:
    if wanted is None:
        if kept is not None:
            await work.session.delete(kept)
        return
    if kept is None:
        kept = RoutingRule(id=work.new_id(), rule_set_id=row.id)
        work.session.add(kept)
    for name, value in columns_of(wanted).items():
        setattr(kept, name, value)
    kept.version = row.version


def _by_code(document: RuleDocument) -> dict[str, Rule]:
    return {rule.code: rule for rule in document.rules}


def _conflicts(base: RuleDocument, theirs: RuleDocument, ours: RuleDocument) -> Iterator[str]:
    old, active, draft = _by_code(base), _by_code(theirs), _by_code(ours)
    for code in sorted(diff(base, theirs).codes):
        if draft.get(code) not in (old.get(code), active.get(code)):
            yield code
    if theirs.classifier != base.classifier and ours.classifier not in (base.classifier, theirs.classifier):
        yield POLICY
