"""What every verb of the rule desk begins and ends with: the locked set, its state and version, an event."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select

from complaints.refusals import Invalid, NotFound, Problem, Stale
from complaints.words import READING
from complaints.work import Work
from models import RuleSet, RuleSetEvent, SpecialMechanism
from rules.checking import RuleFacts, RuleProblem, Span
from rules.deadlines import local_date
from rules.language import TextTest
from rules.matching import phrase_of
from rules.vocabulary import RuleSetState, RuleStep, TermKind

# "rules" in ASCII. Whoever gives out a number or changes what is active takes this lock first, then rows: so nobody
# waits in a circle, and nobody finds two active sets or none.
_TURN = 0x72756C6573
# While these last, nobody has decided by the set.
OPEN = (RuleSetState.DRAFT, RuleSetState.CHECKED)


async def take_rules_turn(work: Work) -> None:
    """Wait until no other transaction numbers or activates a set."""
    await work.session.execute(select(func.pg_advisory_xact_lock(_TURN)))


async def open_set(
    work: Work, set_id: UUID, states: Collection[RuleSetState] = (RuleSetState.DRAFT,), *, field: str = "id"
) -> RuleSet:
    """The set, locked. Raises `NotFound`, and `Invalid` when it is in none of these states."""
    row = await work.session.get(RuleSet, set_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("RuleSet", field)
    if row.state not in states:
        raise Invalid(Problem(field, "NOT_A_DRAFT", {"state": str(row.state)}))
    return row


async def seen_set(
    work: Work, set_id: UUID, seen_version: int, states: Collection[RuleSetState] = (RuleSetState.DRAFT,)
) -> RuleSet:
    """As `open_set`, for what concerns the whole set: raises `Stale` when it changed since it was looked at."""
    row = await open_set(work, set_id, states)
    if row.version != seen_version:
        raise Stale(row.version)
    return row


async def active_set(work: Work) -> RuleSet:
    """The set that decides now, as the database says and not as this process remembers."""
    statement = select(RuleSet).where(RuleSet.state == RuleSetState.ACTIVE)
    return (await work.session.scalars(statement)).one()


def leave_trace(
    work: Work, row: RuleSet, step: RuleStep, *, rule: str | None = None, reason: str | None = None
) -> None:
    """Note who did what to a set, and why."""
    work.session.add(
        RuleSetEvent(
            id=work.new_id(),
            rule_set_id=row.id,
            step=step,
            rule_code=rule,
            reason=reason,
            actor_id=work.actor.id,
            at=work.now,
        )
    )


def bad_rules(problems: Sequence[RuleProblem]) -> Invalid:
    """The refusal that names each problem as the client knows its field: "rules.TOKEN.when.all.0.text.words"."""
    return Invalid(*(Problem(field_of(problem), str(problem.code), problem.data) for problem in problems))


def field_of(problem: RuleProblem) -> str:
    """Where a problem lies, from the set on."""
    parts = ("rules", problem.rule, problem.field) if problem.rule else (problem.field or "rules",)
    return ".".join(part for part in parts if part)


async def facts_of(work: Work) -> RuleFacts:
    """What rules may speak of today."""
    knowledge = work.knowledge
    mechanisms = await work.session.execute(
        select(SpecialMechanism.code, SpecialMechanism.valid_from, SpecialMechanism.valid_to)
    )
    return RuleFacts(
        directory=knowledge.directory,
        categories={row.code: Span(row.valid_from, row.valid_to) for row in knowledge.category_rows.values()},
        office_kinds=knowledge.terms[TermKind.OFFICE_KIND],
        mechanisms={code: Span(valid_from, valid_to) for code, valid_from, valid_to in mechanisms},
        words_of=_words_of,
        on=local_date(work.now),
    )


def _words_of(text: str) -> tuple[str, ...]:
    phrase = phrase_of(TextTest.model_construct(words=text, within=None, as_written=False), READING)
    return () if phrase is None else phrase.tokens
