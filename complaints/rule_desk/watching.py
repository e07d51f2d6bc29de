"""How each rule does in daily work: what people took of it, where that fell, and what it refers to that ended."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, Integer, Row, and_, cast, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import aliased

from complaints.learning.watching import Share
from complaints.refusals import Invalid, NotFound, Problem
from complaints.rule_desk.sets import facts_of
from complaints.work import Work
from models import Complaint, RouteDecision, RuleAlarm
from rules.checking import RuleFault, problems_of
from rules.vocabulary import Action, RuleAlarmKind

# What a rule did lately, against what it did in the year before.
NEWEST_CASES = 50
# Fewer on either side say nothing about shares.
LEAST_CASES = 30
LOOKED_BACK = timedelta(days=365)
_ENDED = (RuleFault.AGENCY_ENDED, RuleFault.CATEGORY_ENDED)


@dataclass(frozen=True, slots=True)
class RuleFigure:
    """How one rule did. `fires` is how many complaints it decided; the shares are of those.

    `as_is` is the share of verified ones whose agency people left as the rule proposed it, `returned` the share of all
    that somebody sent back.
    """

    code: str
    fires: int
    as_is: Share
    returned: Share
    last_fired_at: datetime | None


def figures_statement(since: datetime | None = None, until: datetime | None = None) -> Executable:
    """Counts per rule of the complaints it decided in a time (end excluded); give the rows to `figures_of`.

    What was routed again counts for the rule that decided last.
    """
    decision = _last_decisions(since, until)
    verified = Complaint.verified_at.is_not(None)
    return (
        select(
            decision.c.rule_code.label("code"),
            func.count().label("fires"),
            func.sum(cast(verified, Integer)).label("verified"),
            func.sum(cast(and_(verified, _as_proposed(decision)), Integer)).label("as_is"),
            func.sum(cast(Complaint.hops > 0, Integer)).label("returned"),
            func.max(decision.c.decided_at).label("last_fired_at"),
        )
        .join(Complaint, Complaint.id == decision.c.complaint_id)
        .group_by(decision.c.rule_code)
        .order_by(decision.c.rule_code)
    )


def figures_of(rows: Sequence[Row[Any]], codes: Sequence[str]) -> list[RuleFigure]:
    """The figures of `figures_statement` for these rules, in their order; one that never fired has zeros."""
    found = {row.code: row for row in rows}
    figures = []
    for code in codes:
        row = found.get(code)
        if row is None:
            figures.append(RuleFigure(code, 0, Share.of(0, 0), Share.of(0, 0), None))
            continue
        figures.append(
            RuleFigure(
                code=code,
                fires=row.fires,
                as_is=Share.of(row.as_is, row.verified),
                returned=Share.of(row.returned, row.fires),
                last_fired_at=row.last_fired_at,
            )
        )
    return figures


def _last_decisions(since: datetime | None, until: datetime | None) -> Any:
    later = aliased(RouteDecision)
    routed_again = select(later.id).where(later.complaint_id == RouteDecision.complaint_id, later.id > RouteDecision.id)
    conditions = [RouteDecision.rule_code.is_not(None), ~routed_again.exists()]
    if since is not None:
        conditions.append(RouteDecision.decided_at >= since)
    if until is not None:
        conditions.append(RouteDecision.decided_at < until)
    return (
        select(
            RouteDecision.complaint_id,
            RouteDecision.rule_code,
            RouteDecision.proposed_agency_id,
            RouteDecision.decided_at,
        )
        .where(*conditions)
        .subquery("decision")
    )


def _as_proposed(decision: Any) -> ColumnElement[bool]:
    return Complaint.agency_id.is_not_distinct_from(decision.c.proposed_agency_id)


def verified_statement(now: datetime) -> Executable:
    """Per rule the verified cases that are the newest, counted since somebody last looked, and those before.

    Rows are (code, is_new, cases, as_is); give them to `fallen`.
    """
    decision = _last_decisions(now - LOOKED_BACK, None)
    looked = (
        select(RuleAlarm.rule_code, func.max(RuleAlarm.acknowledged_at).label("at"))
        .where(RuleAlarm.kind == RuleAlarmKind.AGREEMENT_FELL)
        .group_by(RuleAlarm.rule_code)
        .subquery("looked")
    )
    newest = func.row_number().over(
        partition_by=decision.c.rule_code, order_by=(Complaint.verified_at.desc(), Complaint.id.desc())
    )
    # What somebody looked at before belongs to neither side: the same fall is told once, and does not hide the next.
    case = (
        select(
            decision.c.rule_code.label("code"),
            (newest <= NEWEST_CASES).label("is_new"),
            and_(looked.c.at.is_not(None), Complaint.verified_at <= looked.c.at).label("is_old_news"),
            _as_proposed(decision).label("as_is"),
        )
        .join(Complaint, Complaint.id == decision.c.complaint_id)
        .join(looked, looked.c.rule_code == decision.c.rule_code, isouter=True)
        .where(Complaint.verified_at.is_not(None))
        .subquery("case_of")
    )
    return (
        select(
            case.c.code,
            case.c.is_new,
            func.count().label("cases"),
            func.sum(cast(case.c.as_is, Integer)).label("as_is"),
        )
        .where(~and_(case.c.is_new, case.c.is_old_news))
        .group_by(case.c.code, case.c.is_new)
        .order_by(case.c.code, case.c.is_new)
    )


def fallen(rows: Sequence[Row[Any]]) -> dict[str, dict[str, Any]]:
    """The rules whose newest cases certainly agree less with people than those before.

    The Wilson intervals (95 %) do not touch. A single bound would raise its hand for one rule in forty by chance, every
    hour anew.
    """
    sides: defaultdict[str, dict[bool, Share]] = defaultdict(dict)
    for row in rows:
        sides[row.code][row.is_new] = Share.of(int(row.as_is), row.cases)
    found: dict[str, dict[str, Any]] = {}
    for code, shares in sorted(sides.items()):
        new, before = shares.get(True), shares.get(False)
        if new is None or before is None or min(new.cases, before.cases) < LEAST_CASES:
            continue
        if (new.high or 0.0) < (before.low or 0.0):
            found[code] = {
                "share": new.share,
                "cases": new.cases,
                "before": before.share,
                "cases_before": before.cases,
            }
    return found


async def ended_references(work: Work) -> dict[str, dict[str, Any]]:
    """What the active rules speak of that has ended: per rule the fields, codes, days, and who stands for each."""
    found: dict[str, dict[str, Any]] = {}
    for problem in problems_of(work.knowledge.rules.rules, await facts_of(work), work.allowances.rule_limits):
        if problem.code in _ENDED:
            reference = {"field": problem.field, "fault": str(problem.code), **problem.data}
            found.setdefault(problem.rule, {"references": []})["references"].append(reference)
    return found


async def watch_rules(work: Work) -> list[tuple[RuleAlarmKind, str]]:
    """Look at the active rules and raise what is worth an alarm; gives the new ones, with the rule's code."""
    active = {rule.code for rule in work.knowledge.rules.rules}
    raised: list[tuple[RuleAlarmKind, str, Mapping[str, Any]]] = [
        (RuleAlarmKind.AGREEMENT_FELL, code, data)
        for code, data in fallen((await work.session.execute(verified_statement(work.now))).all()).items()
        if code in active
    ]
    known = await _told(work)
    raised += [
        (RuleAlarmKind.REFERENCE_ENDED, code, data)
        for code, data in (await ended_references(work)).items()
        if known.get(code) != data
    ]
    return [(kind, code) for kind, code, data in raised if await _raise(work, kind, code, data)]


async def _told(work: Work) -> dict[str, Any]:
    """What was last told of ended references, per rule: whoever looked at it does not hear it again every hour."""
    statement = (
        select(RuleAlarm.rule_code, RuleAlarm.data)
        .ext(distinct_on(RuleAlarm.rule_code))
        .where(RuleAlarm.kind == RuleAlarmKind.REFERENCE_ENDED)
        .order_by(RuleAlarm.rule_code, RuleAlarm.raised_at.desc(), RuleAlarm.id.desc())
    )
    return dict((await work.session.execute(statement)).all())


async def _raise(work: Work, kind: RuleAlarmKind, code: str, data: Mapping[str, Any]) -> bool:
    statement = (
        insert(RuleAlarm)
        .values(id=work.new_id(), kind=kind, rule_code=code, data=dict(data), raised_at=work.now)
        .on_conflict_do_nothing(
            index_elements=[RuleAlarm.kind, RuleAlarm.rule_code], index_where=text("acknowledged_at is null")
        )
        .returning(RuleAlarm.id)
    )
    return (await work.session.execute(statement)).first() is not None


async def acknowledge_rule_alarm(work: Work, alarm_id: UUID) -> RuleAlarm:
    """Somebody looked at it. Raises `NotFound`, `Invalid` when somebody did before."""
    work.require(Action.MANAGE_RULES)
    row = await work.session.get(RuleAlarm, alarm_id, with_for_update=True)
    if row is None:
        raise NotFound("RuleAlarm", "id")
    if row.acknowledged_at is not None:
        raise Invalid(Problem("id", "ALREADY_DECIDED"))
    row.acknowledged_at, row.acknowledged_by_id = work.now, work.actor.id
    return row
