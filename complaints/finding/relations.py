"""What other complaints have to do with one: whom it follows, who follows it, and what is alike."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Select, Uuid, any_, case, cast, or_, select

from complaints.edges import fetch_edges
from complaints.finding.search import Scope
from complaints.finding.similar import Likeness, Subject, similar, subject_of
from complaints.knowledge import Knowledge
from complaints.policy import Actor, granted, is_handler, is_public, is_reporter, readable
from complaints.reader import Reader
from models import Complaint, ComplaintText
from rules.vocabulary import Action, Audience

# The newest so many children of one complaint are listed; all of them hear what is answered.
CHILDREN_SHOWN = 100
# Likeness is looked for row by row: for a case that somebody opens, or the top of a queue.
SIMILAR_ROWS = 20


@dataclass(frozen=True, slots=True)
class Followed:
    """What a complaint shows of the one it follows: its case, and what everybody may read of its history."""

    case: Row[Any]
    events: Sequence[Row[Any]]
    messages: Sequence[Row[Any]]


@dataclass(frozen=True, slots=True)
class SimilarRow:
    """A complaint that is like another one, in brief, with score and reason."""

    brief: Row[Any]
    likeness: Likeness


def _briefs(actor: Actor) -> Select[Any]:
    """A line about each complaint, with the title that the actor may read."""
    knows = or_(is_handler(actor), is_reporter(actor))
    return (
        select(
            Complaint.id,
            Complaint.status,
            Complaint.category_id,
            Complaint.agency_id,
            Complaint.region_code,
            Complaint.submitted_at,
            Complaint.merged_into_id,
            case((knows, Complaint.tracking_code)).label("tracking_code"),
            case((knows, ComplaintText.title), else_=ComplaintText.public_title).label("title"),
        )
        .join(ComplaintText, ComplaintText.complaint_id == Complaint.id)
        .where(readable(actor))
    )


def _among(ids: Collection[UUID]) -> Any:
    return any_(cast(sorted(ids), ARRAY(Uuid())))


async def merged_into(reader: Reader, actor: Actor, rows: Sequence[Row[Any]]) -> Mapping[UUID, Row[Any]]:
    """By child, the parent in brief, if the actor may read it."""
    parents = {row.merged_into_id for row in rows if row.merged_into_id is not None}
    if not parents:
        return {}
    found = {row.id: row for row in await reader.rows(_briefs(actor).where(Complaint.id == _among(parents)))}
    return {row.id: found[row.merged_into_id] for row in rows if row.merged_into_id in found}


async def children(reader: Reader, actor: Actor, ids: Collection[UUID]) -> Mapping[UUID, Sequence[Row[Any]]]:
    """By parent, those that follow it and that the actor works on or watches, newest first."""
    if not ids:
        return {}
    statement = (
        _briefs(actor)
        .where(Complaint.merged_into_id == _among(ids), is_handler(actor))
        .order_by(Complaint.submitted_at.desc(), Complaint.id.desc())
        .limit(CHILDREN_SHOWN * len(ids))
    )
    groups: defaultdict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in await reader.rows(statement):
        if len(groups[row.merged_into_id]) < CHILDREN_SHOWN:
            groups[row.merged_into_id].append(row)
    return groups


async def followed(reader: Reader, rows: Mapping[UUID, tuple[Row[Any], Audience]]) -> Mapping[UUID, Followed]:
    """By child, what its readers see of the parent instead of the child's own standstill.

    Handlers see both cases as they are. The child's reporter follows every parent that is not secret, the public
    those that are public; of neither do they learn more than everybody may.
    """
    parents = {
        standing: {row.merged_into_id: None for row, close in rows.values() if close is standing and row.merged_into_id}
        for standing in (Audience.PARTIES, Audience.EVERYONE)
    }
    if not any(parents.values()):
        return {}
    statement = select(Complaint.__table__, is_public().label("is_public")).where(
        Complaint.id == _among({*parents[Audience.PARTIES], *parents[Audience.EVERYONE]}), ~Complaint.is_secret
    )
    found = {row.id: row for row in await reader.rows(statement)}
    history = await fetch_edges(reader, ("events", "messages"), dict.fromkeys(found, Audience.EVERYONE))
    return {
        child: Followed(
            found[row.merged_into_id],
            history["events"].get(row.merged_into_id, ()),
            history["messages"].get(row.merged_into_id, ()),
        )
        for child, (row, close) in rows.items()
        if close is not Audience.INTERNAL
        and row.merged_into_id in found
        and (close is Audience.PARTIES or found[row.merged_into_id].is_public)
    }


async def briefs(reader: Reader, actor: Actor, ids: Collection[UUID]) -> Mapping[UUID, Row[Any]]:
    """A line about each of these complaints that the actor may read."""
    if not ids:
        return {}
    return {row.id: row for row in await reader.rows(_briefs(actor).where(Complaint.id == _among(ids)))}


async def similar_to(
    reader: Reader, actor: Actor, ids: Sequence[UUID], knowledge: Knowledge, *, days: int, most: int
) -> Mapping[UUID, Sequence[SimilarRow]]:
    """By complaint, those like it that the actor may read; for the first `SIMILAR_ROWS` of them."""
    found = {}
    for row_id in ids[:SIMILAR_ROWS]:
        subject = await subject_of(reader, row_id)
        if subject is not None:
            found[row_id] = await similar_rows(reader, actor, subject, knowledge, days=days, most=most)
    return found


async def similar_rows(
    reader: Reader, actor: Actor, subject: Subject, knowledge: Knowledge, *, days: int, most: int, is_open: bool = False
) -> Sequence[SimilarRow]:
    """What is like the subject; `is_open` looks at published texts only, whoever asks."""
    looks_at_desk = not is_open and Action.READ_QUEUE in granted(actor)
    scopes = (Scope.DESK, Scope.PUBLIC) if looks_at_desk else (Scope.PUBLIC,)
    alike = await similar(reader, actor, subject, knowledge, scopes=scopes, days=days, most=most)
    if not alike:
        return ()
    lines = await briefs(reader, actor, {likeness.complaint_id for likeness in alike})
    return [SimilarRow(lines[each.complaint_id], each) for each in alike if each.complaint_id in lines]
