"""What hangs on a complaint, fetched for a whole page at once: one statement per edge, with its own policy."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Select, Uuid, and_, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement

from complaints.policy import audiences_of
from complaints.reader import Reader
from models import (
    Attachment,
    ClassifierVersion,
    ComplaintClock,
    ComplaintCopy,
    ComplaintEvent,
    ComplaintSupport,
    ComplaintText,
    Message,
    RouteDecision,
    RuleSet,
    Suggestion,
)
from rules.vocabulary import AttachmentState, Audience

# The newest so many events or messages of one complaint; a longer history is read in full nowhere.
HISTORY_MAX = 200

Standings = Mapping[UUID, Audience]
# Rows with an audience of their own.
History = type[ComplaintEvent] | type[Message] | type[Attachment]
Fetch = Callable[[Reader, Standings], Awaitable[Mapping[UUID, Any]]]


def _among(column: InstrumentedAttribute[UUID], name: str = "ids") -> ColumnElement[bool]:
    # `= any(:array)` keeps one statement text for every page size, so that the plan is prepared once.
    return column == any_(bindparam(name, type_=ARRAY(Uuid())))


@cache
def _texts() -> Select[Any]:
    return select(ComplaintText.__table__).where(_among(ComplaintText.complaint_id))


async def _text(reader: Reader, standings: Standings) -> Mapping[UUID, Row[Any]]:
    return {row.complaint_id: row for row in await reader.rows(_texts(), {"ids": list(standings)})}


@cache
def _suggestions() -> Select[Any]:
    return (
        select(Suggestion.__table__, ClassifierVersion.version)
        .join(ClassifierVersion, ClassifierVersion.id == Suggestion.classifier_version_id)
        .where(_among(Suggestion.complaint_id), ~Suggestion.is_shadow)
        .ext(distinct_on(Suggestion.complaint_id))
        .order_by(Suggestion.complaint_id, Suggestion.at.desc())
    )


@cache
def _routes() -> Select[Any]:
    return (
        select(
            RouteDecision.__table__,
            RuleSet.number.label("rule_set_number"),
            ClassifierVersion.version.label("classifier_version"),
        )
        .join(RuleSet, RuleSet.id == RouteDecision.rule_set_id)
        .join(ClassifierVersion, ClassifierVersion.id == RouteDecision.classifier_version_id, isouter=True)
        .where(_among(RouteDecision.complaint_id))
        .ext(distinct_on(RouteDecision.complaint_id))
        .order_by(RouteDecision.complaint_id, RouteDecision.id.desc())
    )


@cache
def _clocks() -> Select[Any]:
    return (
        select(ComplaintClock.__table__)
        .where(_among(ComplaintClock.complaint_id))
        .order_by(ComplaintClock.complaint_id, ComplaintClock.started_at, ComplaintClock.id)
    )


@cache
def _supports() -> Select[Any]:
    return (
        select(ComplaintSupport.complaint_id)
        .add_columns(func.count().label("supporters"))
        .where(_among(ComplaintSupport.complaint_id))
        .group_by(ComplaintSupport.complaint_id)
    )


@cache
def _copies() -> Select[Any]:
    return select(ComplaintCopy.__table__).where(_among(ComplaintCopy.complaint_id)).order_by(ComplaintCopy.agency_id)


@cache
def _history(model: History) -> Select[Any]:
    """The newest rows per complaint, each only for those whose standing reaches its audience."""
    reach = or_(
        *(
            and_(_among(model.complaint_id, standing), model.audience.in_(sorted(audiences_of(standing))))
            for standing in Audience
        )
    )
    numbered = (
        select(
            model.__table__,
            func.row_number().over(partition_by=model.complaint_id, order_by=model.id.desc()).label("age"),
        )
        .where(reach, *_ready_for_the_public(model))
        .subquery()
    )
    return select(numbered).where(numbered.c.age <= HISTORY_MAX).order_by(numbered.c.complaint_id, numbered.c.id)


def _ready_for_the_public(model: History) -> Iterator[ColumnElement[bool]]:
    """What was refused or removed is told to the parties; the public sees files or nothing."""
    if model is Attachment:
        public = _among(Attachment.complaint_id, Audience.EVERYONE)
        yield or_(~public, Attachment.state == AttachmentState.READY)


def _of_history(model: History) -> Fetch:
    async def fetch(reader: Reader, standings: Standings) -> Mapping[UUID, Sequence[Row[Any]]]:
        by_standing: dict[str, list[UUID]] = {standing: [] for standing in Audience}
        for complaint_id, standing in standings.items():
            by_standing[standing].append(complaint_id)
        return _grouped(await reader.rows(_history(model), by_standing))

    return fetch


def _only(statement: Callable[[], Select[Any]], least: Audience, *, many: bool) -> Fetch:
    """Rows for those complaints to which the actor stands close enough; nothing is asked about the others."""

    async def fetch(reader: Reader, standings: Standings) -> Mapping[UUID, Any]:
        ids = [row_id for row_id, standing in standings.items() if least in audiences_of(standing)]
        if not ids:
            return {}
        rows = await reader.rows(statement(), {"ids": ids})
        return _grouped(rows) if many else {row.complaint_id: row for row in rows}

    return fetch


def _grouped(rows: Sequence[Row[Any]]) -> Mapping[UUID, Sequence[Row[Any]]]:
    groups: defaultdict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        groups[row.complaint_id].append(row)
    return groups


# A batch from complaint ids, each with the actor's standing, to what belongs to them.
EDGES: Mapping[str, Fetch] = MappingProxyType(
    {
        "text": _text,
        "suggestion": _only(_suggestions, Audience.INTERNAL, many=False),
        "route": _only(_routes, Audience.INTERNAL, many=False),
        "supports": _only(_supports, Audience.EVERYONE, many=False),
        "clocks": _only(_clocks, Audience.PARTIES, many=True),
        "copies": _only(_copies, Audience.INTERNAL, many=True),
        "attachments": _of_history(Attachment),
        "events": _of_history(ComplaintEvent),
        "messages": _of_history(Message),
    }
)


async def fetch_edges(reader: Reader, names: Sequence[str], standings: Standings) -> dict[str, Mapping[UUID, Any]]:
    """The named edges for a page of complaints, one statement each."""
    return {name: await EDGES[name](reader, standings) for name in names} if standings else {}
