"""Complaints that probably are about the same thing: rare words find a few, the cosine of all words orders them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Row, Select, Text, cast, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from complaints.finding.search import Scope, family, frequencies
from complaints.finding.vectors import month_key, stems_in
from complaints.knowledge import Knowledge
from complaints.policy import Actor, is_handler, is_public
from complaints.reader import Reader
from ml.similar import Placed, nearness, placed_stems, rarity, telling, terms
from models import Complaint, ComplaintWords
from rules.deadlines import local_date
from rules.vocabulary import Role

# How many of a text's rarest words lead to others, and the share of all complaints that they may have together.
TELLING, BUDGET = 8, 0.05
# How many of those that share two of them are compared word by word.
COMPARED = 60
# Share less than this, and two complaints have only everyday words in common.
LEAST_NEAR = 0.2
# What speaks for a copy besides its words: each closes this part of the gap to one.
SAME_PLACE, SAME_CATEGORY, SAME_MONTH = 0.15, 0.05, 0.05
SAME_MONTH_DAYS = 30
SHOWN_WORDS = 6
# Words that nobody wrote before cost half a millisecond each: a text of nothing else must not cost a second.
DRAFT_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Subject:
    """What others are compared with: a draft, or a complaint that is there already (`without` is its id)."""

    placed: Sequence[Placed]
    at: datetime
    region_code: str | None = None
    category_id: UUID | None = None
    without: UUID | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """Another complaint, how alike it is (0 to 1), and why. `shared_words` are stems, the rarest first."""

    complaint_id: UUID
    score: float
    shared_words: tuple[str, ...]
    is_same_place: bool
    is_same_category: bool
    days_apart: int


def draft(text: str, at: datetime, region_code: str | None, category_id: UUID | None) -> Subject:
    """What somebody is writing just now; the beginning says what it is about."""
    return Subject(placed_stems(text[:DRAFT_CHARACTERS]), at, region_code, category_id)


async def subject_of(reader: Reader, complaint_id: UUID) -> Subject | None:
    """A complaint as others are compared with it; None before its words were indexed. Asks no policy."""
    statement = (
        select(ComplaintWords.words, Complaint.submitted_at, Complaint.region_code, Complaint.category_id)
        .join(Complaint, Complaint.id == ComplaintWords.complaint_id)
        .where(ComplaintWords.complaint_id == complaint_id)
    )
    row = await reader.one(statement)
    if row is None:
        return None
    return Subject(stems_in(row.words), row.submitted_at, row.region_code, row.category_id, complaint_id)


async def similar(
    reader: Reader,
    actor: Actor,
    subject: Subject,
    knowledge: Knowledge,
    *,
    scopes: Sequence[Scope],
    days: int,
    most: int,
) -> list[Likeness]:
    """The most alike first, at most `most`, filed at most `days` before or after the subject.

    `scopes` say where to look: in published texts, and in the full texts of what the actor works on or watches.
    """
    stems = sorted({stem for _, stem in subject.placed})
    shares = dict(_pairs(await reader.rows(frequencies(stems))))
    leads = telling(stems, shares, most=TELLING, budget=BUDGET)
    if not leads:
        return []
    found: dict[UUID, Row[Any]] = {}
    for scope in scopes:
        for row in await reader.rows(_candidates(actor, scope, subject, leads, shares, knowledge, days)):
            # What is found in full stays: the published text of the same complaint says less.
            found.setdefault(row.complaint_id, row)
    placed = {row_id: stems_in(row.vector) for row_id, row in found.items()}
    others = sorted({stem for each in placed.values() for _, stem in each} - shares.keys())
    shares |= dict(_pairs(await reader.rows(frequencies(others)))) if others else {}
    alike = compared(subject, found, placed, shares)
    return sorted(alike, key=lambda likeness: (-likeness.score, likeness.days_apart, likeness.complaint_id))[:most]


def compared(
    subject: Subject,
    found: Mapping[UUID, Row[Any]],
    placed: Mapping[UUID, Sequence[Placed]],
    shares: Mapping[str, float],
) -> list[Likeness]:
    """Every candidate that shares more than everyday words, with its score."""
    weight = rarity(shares)
    own = terms(subject.placed)
    alike = []
    for row_id, row in found.items():
        other = terms(placed[row_id])
        near = nearness(own, other, weight)
        if near < LEAST_NEAR:
            continue
        shared = sorted(
            (term for term in own.keys() & other.keys() if " " not in term), key=lambda t: (-weight(t), -len(t), t)
        )
        likeness = _likeness(subject, row, near, tuple(shared[:SHOWN_WORDS]))
        alike.append(likeness)
    return alike


def _likeness(subject: Subject, row: Row[Any], near: float, shared: tuple[str, ...]) -> Likeness:
    is_same_place = in_one_regency(subject.region_code, row.region_code)
    is_same_category = subject.category_id is not None and subject.category_id == row.category_id
    days = abs((local_date(subject.at) - local_date(row.submitted_at)).days)
    gap = 1.0 - near
    for speaks, part in (
        (is_same_place, SAME_PLACE),
        (is_same_category, SAME_CATEGORY),
        (days <= SAME_MONTH_DAYS, SAME_MONTH),
    ):
        gap *= 1.0 - part * speaks
    return Likeness(row.complaint_id, round(1.0 - gap, 4), shared, is_same_place, is_same_category, days)


def in_one_regency(one: str | None, other: str | None) -> bool:
    """Whether two region codes lie in the same regency or city, or one in the other; unknown places never do."""
    if one is None or other is None:
        return False
    left, right = one.split("."), other.split(".")
    return len(left) > 1 and len(right) > 1 and left[:2] == right[:2]


def _candidates(
    actor: Actor,
    scope: Scope,
    subject: Subject,
    leads: Sequence[str],
    shares: Mapping[str, float],
    knowledge: Knowledge,
    days: int,
) -> Select[Any]:
    vector = ComplaintWords.public_words if scope is Scope.PUBLIC else ComplaintWords.words
    hits = (
        select(ComplaintWords.complaint_id, vector.label("vector"))
        .where(vector.op("@@")(cast(_two_of(leads, _months(subject.at, days)), TSQUERY)))
    )  # fmt: skip
    party = actor.unit_id or actor.agency_id
    if scope is Scope.PUBLIC:
        hits = hits.where(ComplaintWords.public_words.is_not(None))
    elif party is not None and actor.role not in (Role.NATIONAL_ADMIN, Role.CHANNEL_OFFICER):
        keys = [f"p:{row_id}" for row_id in family(knowledge, party)]
        hits = hits.where(ComplaintWords.keys.op("&&")(cast(keys, ARRAY(Text))))
    hit = hits.cte("hit").prefix_with("MATERIALIZED")
    weight = rarity(shares)
    overlap: ColumnElement[Any] = literal(0)
    for stem in leads:
        # In hundredths: whole numbers add up fast, and the order of candidates needs no more.
        has_it = cast(hit.c.vector.op("@@")(cast(f"'{stem}'", TSQUERY)), Integer)
        overlap = overlap + has_it * literal(int(100 * weight(stem)))
    best = (
        select(hit.c.complaint_id, hit.c.vector, overlap.label("overlap"))
        .order_by(overlap.desc(), hit.c.complaint_id.desc())
        .cte("best")
        .prefix_with("MATERIALIZED")
    )
    seen = (
        select(Complaint.region_code, Complaint.category_id, Complaint.submitted_at)
        .where(
            Complaint.id == best.c.complaint_id,
            Complaint.id != func.coalesce(subject.without, UUID(int=0)),
            is_public() if scope is Scope.PUBLIC else is_handler(actor),
            Complaint.submitted_at.between(subject.at - timedelta(days=days), subject.at + timedelta(days=days)),
        )
        .offset(0)
        .lateral("seen")
    )
    return (
        select(best.c.complaint_id, cast(best.c.vector, Text).label("vector"), seen)
        .select_from(best.join(seen, true()))
        .order_by(best.c.overlap.desc(), best.c.complaint_id.desc())
        .limit(COMPARED)
    )


def _two_of(leads: Sequence[str], months: Sequence[str]) -> str:
    """A `tsquery` for at least two of these stems, within these months."""
    if len(leads) == 1:
        words = f"'{leads[0]}'"
    else:
        words = " | ".join(f"('{one}' & '{other}')" for one, other in combinations(leads, 2))
    either = " | ".join(f"'{month}'" for month in months)
    return f"({words}) & ({either})"


def _months(at: datetime, days: int) -> list[str]:
    month, last = at - timedelta(days=days), at + timedelta(days=days)
    keys = {month_key(last)}
    while month < last:
        keys.add(month_key(month))
        month += timedelta(days=28)
    return sorted(keys)


def _pairs(rows: Sequence[Row[Any]]) -> list[tuple[str, float]]:
    return [(row.stem, row.share) for row in rows]
