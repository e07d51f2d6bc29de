"""Full-text search under the reader's permissions: which rows, in which order, and how many."""

import base64
import binascii
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Row,
    Select,
    Text,
    any_,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy import tuple_ as row_of
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.sql.elements import SQLColumnExpression

from complaints.finding.query import Wanted
from complaints.finding.vectors import months
from complaints.knowledge import Knowledge
from complaints.policy import Actor, granted, is_handler, is_public, is_reporter
from complaints.reader import Page, Reader, Window
from complaints.reading import Desk, QueueFilter, cases, narrowed
from complaints.refusals import Invalid, Problem
from models import Complaint, ComplaintReporter, ComplaintWords, WordFrequency
from rules.vocabulary import Action, Role, Urgency

# A year of age costs as much rank as 2.7 times the word density: news first, unless the old one says it far better.
RECENCY_SECONDS = 365 * 86_400
# Beyond these, all months cost no more.
MOST_MONTHS = 72
# Under this name the frequencies hold how many complaints a month brings.
PER_MONTH = "@"


class Scope(StrEnum):
    """Where to look: published masked texts, what the actor works on or watches, or what the actor filed."""

    PUBLIC = "PUBLIC"
    DESK = "DESK"
    OWN = "OWN"


@dataclass(frozen=True, slots=True)
class Search:
    """One question, ready to be asked. `ranked` is how many of the newest finds are put in order."""

    actor: Actor
    scope: Scope
    wanted: Wanted
    filter: QueueFilter
    knowledge: Knowledge
    ranked: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A page of rows with `sort_key`, out of the `ranked` newest finds; `is_capped` when there are older ones."""

    page: Page
    ranked: int
    is_capped: bool


def usual_scope(actor: Actor) -> Scope:
    """Where somebody looks who does not say where."""
    return Scope.DESK if Action.READ_QUEUE in granted(actor) else Scope.PUBLIC


def check_filter(scope: Scope, wanted: QueueFilter) -> None:
    """Pass, or raise `Invalid` for a condition on what this scope does not show: whoever may narrow by it, knows it."""
    hidden: list[tuple[str, bool]] = []
    if scope is not Scope.DESK:
        hidden += [("desk", wanted.desk is not Desk.ALL), ("urgency", wanted.urgency is not None)]
    if scope is Scope.PUBLIC:
        hidden.append(("classification", wanted.classification is not None))
        hidden.append(("isOverdue", wanted.overdue_at is not None))
    problems = [Problem(f"filter.{name}", "NOT_IN_SCOPE") for name, is_asked in hidden if is_asked]
    if problems:
        raise Invalid(*problems)


async def find(reader: Reader, search: Search, window: Window) -> Found:
    """One page, best first. Raises `Invalid` for a cursor we did not make.

    Of very many finds only the newest are ranked, between half of `ranked` and all of it; older ones are not found by
    paging on but by a narrower question.
    """
    cursor = None if window.cursor is None else _parsed(window.cursor, "before" if window.backwards else "after")
    back = await _first_months(reader, search)
    while True:
        answer = await reader.rows(_page(search, back, window, cursor))
        # Told beside the rows, because a page behind the last one has none.
        considered: int = answer[0].considered if answer else 0
        if back is None or 2 * considered >= search.ranked:
            break
        back = _more_months(back, considered, search.ranked)
    is_capped = back is not None or considered >= search.ranked
    rows = [row for row in answer if row.id is not None]
    more = len(rows) > window.size
    del rows[window.size :]
    if window.backwards:
        rows.reverse()
    has_cursor = cursor is not None
    before, after = (more, has_cursor) if window.backwards else (has_cursor, more)
    return Found(Page(rows, has_next=after, has_previous=before), considered, is_capped)


async def count(reader: Reader, search: Search, ceiling: int) -> int:
    """How many the actor may see, exactly, up to `ceiling`."""
    some = select(literal(1)).select_from(_seen(search, None)).limit(ceiling).subquery()
    row = await reader.one(select(func.count()).select_from(some))
    return 0 if row is None else int(row[0])


async def _first_months(reader: Reader, search: Search) -> int | None:
    """How many months probably hold enough; None is all of them.

    A word in every third complaint fills a page with last week's; a rare one is looked for everywhere at once.
    """
    if search.scope is Scope.OWN or search.actor.role is Role.CHANNEL_OFFICER or search.wanted.code is not None:
        return None
    keys = list(_keys(search))
    stems = {stem for group in search.wanted.groups for stem in group}
    rows = await reader.rows(frequencies(sorted(stems.union([PER_MONTH], *keys))))
    shares = {row.stem: row.share for row in rows}
    expected: float = shares.get(PER_MONTH, 0.0) * search.wanted.share(shares)
    for alternatives in keys:
        expected *= min(1.0, sum(shares.get(key, 0.0) for key in alternatives))
    if expected * MOST_MONTHS < search.ranked:
        return None
    return math.ceil(0.8 * search.ranked / expected)


def _more_months(back: int, considered: int, ranked: int) -> int | None:
    """So many months as probably hold enough, going by those that were looked at."""
    wanted = math.ceil((back + 1) * min(12.0, 0.8 * ranked / max(considered, 1)))
    return wanted if wanted <= MOST_MONTHS else None


def frequencies(stems: Sequence[str]) -> Select[str, float]:
    """The shares of these stems among the newest complaints."""
    return select(WordFrequency.stem, WordFrequency.share).where(
        WordFrequency.stem == any_(cast(list(stems), ARRAY(Text)))
    )


def _seen(search: Search, months_back: int | None) -> Any:
    """Every complaint that answers and that the actor may see: (id, submitted_at)."""
    hits = _hits(search, months_back)
    # Row by row through the key, whatever the planner expects of a search word: joining tables of a whole country
    # because a word might be frequent is what it gets wrong.
    seen = (
        select(Complaint.id, Complaint.submitted_at)
        .where(Complaint.id == hits.c.complaint_id, *_conditions(search))
        .offset(0)
        .lateral("seen")
    )
    return select(seen.c.id, seen.c.submitted_at).select_from(hits.join(seen, true())).subquery("visible")


def _hits(search: Search, months_back: int | None) -> CTE:
    if search.wanted.code is not None:
        by_code = select(Complaint.id.label("complaint_id")).where(Complaint.tracking_code == search.wanted.code)
        return by_code.cte("hit").prefix_with("MATERIALIZED")
    vector = _vector(search)
    tsquery = search.wanted.tsquery
    if months_back is not None:
        tsquery = search.wanted.within(months(search.now, months_back))
    statement = select(ComplaintWords.complaint_id).where(
        vector.op("@@")(cast(tsquery, TSQUERY)),
        *(ComplaintWords.keys.op("&&")(cast(keys, ARRAY(Text))) for keys in _keys(search)),
        *_mine(search),
    )
    if search.scope is Scope.PUBLIC:
        statement = statement.where(ComplaintWords.public_words.is_not(None))
    return statement.cte("hit").prefix_with("MATERIALIZED")


def _vector(search: Search) -> SQLColumnExpression[Any]:
    return ComplaintWords.public_words if search.scope is Scope.PUBLIC else ComplaintWords.words


def _conditions(search: Search) -> Iterator[ColumnElement[bool]]:
    """What decides whether somebody sees a row; the keys of the index only leave out what this leaves out."""
    match search.scope:
        case Scope.PUBLIC:
            yield is_public()
        case Scope.DESK:
            yield is_handler(search.actor)
        case Scope.OWN:
            yield is_reporter(search.actor)
    if search.wanted.code is not None:
        # Whoever knows a code may look it up at the counter, with the PIN; here it would say which case it belongs to.
        yield or_(is_handler(search.actor), is_reporter(search.actor))
    yield from narrowed(search.actor, search.filter, search.knowledge)


def _mine(search: Search) -> Iterator[ColumnElement[bool]]:
    """The few rows of somebody who filed or entered them, found first."""
    if search.scope is Scope.OWN and search.actor.role is Role.REPORTER:
        mine = ComplaintReporter.person_id == search.actor.id
    elif search.scope is Scope.DESK and search.actor.role is Role.CHANNEL_OFFICER:
        mine = ComplaintReporter.entered_by_id == search.actor.id
    else:
        if search.scope is Scope.OWN:
            yield ComplaintWords.complaint_id == search.actor.ticket
        return
    ids = select(ComplaintReporter.complaint_id).where(mine).scalar_subquery()
    yield ComplaintWords.complaint_id == any_(func.array(ids, type_=ARRAY(Complaint.id.type)))


def _keys(search: Search) -> Iterator[list[str]]:
    """Keys of the index, one of each list: what cannot be among the rows that `_conditions` lets through."""
    wanted, knowledge, actor = search.filter, search.knowledge, search.actor
    if search.scope is Scope.DESK:
        party = actor.unit_id or actor.agency_id
        if party is not None and actor.role is not Role.NATIONAL_ADMIN and actor.role is not Role.CHANNEL_OFFICER:
            yield [f"p:{row_id}" for row_id in family(knowledge, party)]
    if wanted.statuses:
        yield [f"s:{status}" for status in wanted.statuses]
    if wanted.category_id is not None:
        yield [f"c:{row_id}" for row_id in knowledge.category_and_below(wanted.category_id)]
    if wanted.urgency is not None and wanted.urgency is not Urgency.NORMAL:
        yield [f"u:{wanted.urgency}"]
    if wanted.desk in (Desk.VERIFICATION, Desk.HANDLING):
        # What stands on a desk is open, and open cases are few.
        yield ["s:UNVERIFIED", "s:VERIFIED", "s:DISPATCHED", "s:IN_PROGRESS"]
    for letter, value in (
        ("a", wanted.agency_id),
        ("i", wanted.unit_id),
        ("r", wanted.region_code),
        ("h", wanted.channel),
        ("k", wanted.classification),
        ("t", wanted.tag),
    ):
        if value is not None:
            yield [f"{letter}:{value}"]


def family(knowledge: Knowledge, agency_id: UUID) -> list[UUID]:
    """An agency and everything below it, at any depth."""
    return [agency_id, *(row_id for row in knowledge.agencies_below(agency_id) for row_id in family(knowledge, row.id))]


def _page(search: Search, months_back: int | None, window: Window, cursor: tuple[float, UUID] | None) -> Select[Any]:
    visible = _seen(search, months_back)
    newest = (
        select(visible.c.id, visible.c.submitted_at)
        .order_by(visible.c.submitted_at.desc(), visible.c.id.desc())
        .limit(search.ranked)
        .cte("newest")
        .prefix_with("MATERIALIZED")
    )
    considered = select(func.count().label("considered")).select_from(newest).subquery("counted")
    best = _best(search, newest, window, cursor).subquery("best")
    case = cases(search.actor).subquery("case_row")
    # From the count outwards: it is told even when no row of this page is left.
    return (
        select(*(column for column in case.c), best.c.sort_key, considered.c.considered)
        .select_from(considered.outerjoin(best.join(case, case.c.id == best.c.id), true()))
        .order_by(*_order(best.c.sort_key, best.c.id, backwards=window.backwards))
    )


def _best(search: Search, newest: CTE, window: Window, cursor: tuple[float, UUID] | None) -> Select[Any]:
    ranked = select(newest.c.id, _score(search, newest.c.submitted_at).label("sort_key")).select_from(newest)
    if search.wanted.code is None:
        ranked = ranked.join(ComplaintWords, ComplaintWords.complaint_id == newest.c.id)
    scored = ranked.subquery("scored")
    best = select(scored.c.id, scored.c.sort_key)
    if cursor is not None:
        position, pivot = row_of(scored.c.sort_key, scored.c.id), row_of(*map(literal, cursor))
        best = best.where(position > pivot if window.backwards else position < pivot)
    order = _order(scored.c.sort_key, scored.c.id, backwards=window.backwards)
    return best.order_by(*order).limit(window.size + 1)


def _score(search: Search, submitted_at: ColumnElement[Any]) -> ColumnElement[float]:
    """How well it answers, and how new it is. Without today's date in it: pages stay in order while time passes."""
    age = extract("epoch", submitted_at - datetime(2020, 1, 1, tzinfo=UTC)) / RECENCY_SECONDS
    if search.wanted.code is not None:
        return cast(age, Complaint.latitude.type)
    density = func.ts_rank_cd(_vector(search), cast(search.wanted.tsquery, TSQUERY), 1)
    return cast(func.ln(density + 0.0001) + age, Complaint.latitude.type)


def _order(key: ColumnElement[Any], row_id: ColumnElement[Any], *, backwards: bool) -> Sequence[ColumnElement[Any]]:
    return (key.asc(), row_id.asc()) if backwards else (key.desc(), row_id.desc())


def cursor_of(row: Row[Any]) -> str:
    """The opaque cursor of a row that was found."""
    return base64.urlsafe_b64encode(json.dumps([float(row.sort_key).hex(), str(row.id)]).encode()).decode()


def _parsed(cursor: str, field: str) -> tuple[float, UUID]:
    try:
        score, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        parsed = float.fromhex(score), UUID(row_id)
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error, RecursionError) as error:
        raise Invalid(Problem(field, "BAD_CURSOR")) from error
    if not math.isfinite(parsed[0]):
        raise Invalid(Problem(field, "BAD_CURSOR"))
    return parsed
