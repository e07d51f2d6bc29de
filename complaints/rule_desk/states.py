"""From draft to active and on: checked by the machine, agreed on by a second person, replaced as a whole."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from complaints.inputs import optional_text, required_text
from complaints.refusals import Invalid, NotFound, Problem
from complaints.rule_desk.rows import fingerprint_of, read_set
from complaints.rule_desk.sets import active_set, bad_rules, facts_of, leave_trace, seen_set, take_rules_turn
from complaints.work import Work
from models import RuleSet
from rules.checking import RuleProblem, problems_of, warnings_of
from rules.documents import diff
from rules.language import RuleDocument
from rules.vocabulary import Action, RuleSetState, RuleStep

_CHECKED = (RuleSetState.CHECKED,)
_REASON_MAX = 500
# More names than these help nobody.
_MOST_NAMED = 20


async def findings(work: Work, set_id: UUID) -> tuple[list[RuleProblem], list[RuleProblem]]:
    """What keeps a set from acting today, and which of its rules never decide. Raises `NotFound`."""
    work.require(Action.MANAGE_RULES)
    row = await work.session.get(RuleSet, set_id)
    if row is None:
        raise NotFound("RuleSet", "id")
    document = await read_set(work, row)
    return problems_of(document, await facts_of(work), work.allowances.rule_limits), warnings_of(document.rules)


async def check_rules(work: Work, set_id: UUID, *, seen_version: int) -> RuleSet:
    """Close a draft that may act. Raises `NotFound`, `Stale`, and `Invalid` with everything that is wrong with it."""
    work.require(Action.MANAGE_RULES)
    row = await seen_set(work, set_id, seen_version)
    document = await _sound_document(work, row)
    row.state, row.checked_at, row.fingerprint = RuleSetState.CHECKED, work.now, fingerprint_of(document)
    leave_trace(work, row, RuleStep.CHECKED)
    return row


async def reopen_rules(work: Work, set_id: UUID, *, seen_version: int) -> RuleSet:
    """Make a checked set a draft again; who agreed to it agreed to something else. Raises as `check_rules` does."""
    work.require(Action.MANAGE_RULES)
    row = await seen_set(work, set_id, seen_version, _CHECKED)
    _withdraw(row)
    row.state, row.checked_at = RuleSetState.DRAFT, None
    leave_trace(work, row, RuleStep.REOPENED)
    return row


async def activate_rules(
    work: Work, set_id: UUID, reason: str, *, seen_version: int, effective_from: datetime | None = None
) -> RuleSet:
    """Let a checked set act, now or from a moment on; where two people are needed, propose it to the second.

    Raises `NotFound`, `Stale`, and `Invalid` for a set that is not checked or was proposed already, for one whose
    base is not active any more (naming the rules that changed), and with everything that has become wrong since.
    """
    work.require(Action.ACTIVATE_RULES)
    why = required_text(reason, "reason", _REASON_MAX)
    await take_rules_turn(work)
    row = await seen_set(work, set_id, seen_version, _CHECKED)
    if row.proposed_at is not None:
        raise Invalid(Problem("id", "ALREADY_PROPOSED"))
    if work.allowances.two_person_activation and work.actor.id is None:
        # Two people means two accounts: the command line has none.
        raise Invalid(Problem("id", "TWO_PEOPLE"))
    active = await active_set(work)
    await _refuse_unfit(work, row, active)
    row.proposed_at, row.proposed_by_id, row.effective_from = work.now, work.actor.id, effective_from
    leave_trace(work, row, RuleStep.ACTIVATION_PROPOSED, reason=why)
    if not work.allowances.two_person_activation and _is_due(row, work.now):
        await _switch(work, row, active)
    return row


async def decide_activation(
    work: Work, set_id: UUID, *, agrees: bool, seen_version: int, reason: str | None = None
) -> RuleSet:
    """The second person's answer. Agreeing lets the set act, from its moment on.

    Raises `NotFound`, `Stale`, and `Invalid` when nobody proposed it, for the one who did, when somebody agreed
    already, and when agreeing for what `activate_rules` refuses.
    """
    work.require(Action.ACTIVATE_RULES)
    why = optional_text(reason, "reason", _REASON_MAX)
    await take_rules_turn(work)
    row = await seen_set(work, set_id, seen_version, _CHECKED)
    if row.proposed_at is None:
        raise Invalid(Problem("id", "NOT_PROPOSED"))
    if row.agreed_by_id is not None:
        raise Invalid(Problem("id", "ALREADY_DECIDED"))
    if work.actor.id in (None, row.proposed_by_id):
        raise Invalid(Problem("id", "TWO_PEOPLE"))
    if not agrees:
        _withdraw(row)
        leave_trace(work, row, RuleStep.ACTIVATION_DECLINED, reason=why)
        return row
    active = await active_set(work)
    await _refuse_unfit(work, row, active)
    row.agreed_by_id = work.actor.id
    if _is_due(row, work.now):
        await _switch(work, row, active, reason=why)
    return row


async def activate_due(work: Work) -> list[int]:
    """Let the sets act whose moment has come; gives their numbers. One that does not fit any more is declined."""
    work.require(Action.ROUTE)
    await take_rules_turn(work)
    waiting = select(RuleSet).where(
        RuleSet.state == RuleSetState.CHECKED, RuleSet.proposed_at.is_not(None), RuleSet.effective_from <= work.now
    )
    if work.allowances.two_person_activation:
        waiting = waiting.where(RuleSet.agreed_by_id.is_not(None))
    activated = []
    for row in await work.session.scalars(waiting.order_by(RuleSet.effective_from, RuleSet.number).with_for_update()):
        active = await active_set(work)
        try:
            await _refuse_unfit(work, row, active)
        except Invalid as unfit:
            _withdraw(row)
            named = ", ".join(sorted({problem.code for problem in unfit.problems}))
            leave_trace(work, row, RuleStep.ACTIVATION_DECLINED, reason=named)
            continue
        await _switch(work, row, active)
        activated.append(row.number)
    return activated


def _is_due(row: RuleSet, now: datetime) -> bool:
    return row.effective_from is None or row.effective_from <= now


def _withdraw(row: RuleSet) -> None:
    row.proposed_at = row.proposed_by_id = row.agreed_by_id = row.effective_from = None


async def _sound_document(work: Work, row: RuleSet) -> RuleDocument:
    document = await read_set(work, row)
    problems = problems_of(document, await facts_of(work), work.allowances.rule_limits)
    if problems:
        raise bad_rules(problems)
    return document


async def _refuse_unfit(work: Work, row: RuleSet, active: RuleSet) -> None:
    """Between check and activation others activated something, agencies ended, mechanisms were shortened."""
    document = await _sound_document(work, row)
    if row.base_id == active.id:
        return
    base = None if row.base_id is None else await work.session.get(RuleSet, row.base_id)
    before = document.model_copy(update={"rules": ()}) if base is None else await read_set(work, base)
    changed = sorted(diff(before, await read_set(work, active)).codes)
    told: dict[str, str | int] = {"active": active.number, "rules": ", ".join(changed[:_MOST_NAMED])}
    raise Invalid(Problem("id", "BASE_OUTDATED", told))


async def _switch(work: Work, row: RuleSet, active: RuleSet, *, reason: str | None = None) -> None:
    active.state, active.retired_at = RuleSetState.RETIRED, work.now
    leave_trace(work, active, RuleStep.RETIRED, reason=f"#{row.number}")
    # One set is active at a time, also between two statements of one transaction.
    await work.session.flush()
    row.state, row.activated_at = RuleSetState.ACTIVE, work.now
    row.activated_by_id = row.agreed_by_id or row.proposed_by_id
    leave_trace(work, row, RuleStep.ACTIVATED, reason=reason)
