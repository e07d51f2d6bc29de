"""Listings and single reads of complaints: statements limited by policy, built here and run by the reader."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true

from complaints.casework.ombudsman import is_with_the_ombudsman
from complaints.knowledge import Knowledge
from complaints.policy import Actor, is_handler, is_public, is_reporter, readable
from complaints.reader import Listing, Order
from models import Complaint, ComplaintReporter, ReopeningRequest
from rules.lifecycle import AWAITING_VERIFICATION
from rules.vocabulary import Channel, Classification, Role, Status, Urgency


class Desk(StrEnum):
    """Which of the actor's trays to list."""

    ALL = "ALL"
    VERIFICATION = "VERIFICATION"
    HANDLING = "HANDLING"
    # Closed, and the reporter wants it reopened once more.
    REOPENING = "REOPENING"
    # The reporter agreed that the Ombudsman takes over.
    OVERSIGHT = "OVERSIGHT"


class QueueOrder(StrEnum):
    """How a queue is sorted; by due date it holds only what has one."""

    NEWEST = "NEWEST"
    OLDEST = "OLDEST"
    DUE_FIRST = "DUE_FIRST"


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What a queue shows; absent conditions show everything the actor may see."""

    desk: Desk = Desk.ALL
    statuses: Sequence[Status] = ()
    category_id: UUID | None = None
    agency_id: UUID | None = None
    unit_id: UUID | None = None
    region_code: str | None = None
    urgency: Urgency | None = None
    classification: Classification | None = None
    channel: Channel | None = None
    tag: str | None = None
    submitted_from: datetime | None = None
    submitted_to: datetime | None = None
    overdue_at: datetime | None = None


def _rows(actor: Actor) -> Select[Any]:
    """Every column of the case, the actor's relation to each row, and whether its reporter waits for a decision."""
    return select(
        Complaint.__table__,
        is_handler(actor).label("is_handler"),
        is_reporter(actor).label("is_reporter"),
        _wants_reopening().label("wants_reopening"),
    )


def cases(actor: Actor) -> Select[Any]:
    """Cases with the actor's relation to each; the caller limits them by policy."""
    return _rows(actor)


def narrowed(actor: Actor, wanted: QueueFilter, knowledge: Knowledge) -> list[ColumnElement[bool]]:
    """The conditions of a filter; what the actor may see is asked apart."""
    return [_on_desk(actor, wanted.desk), *_conditions(wanted, knowledge)]


def queue(actor: Actor, wanted: QueueFilter, order: QueueOrder, knowledge: Knowledge) -> Listing:
    """What the actor works on or watches as staff."""
    statement = _rows(actor).where(is_handler(actor), _on_desk(actor, wanted.desk), *_conditions(wanted, knowledge))
    if order is QueueOrder.DUE_FIRST:
        by_due = Order(Complaint.due_at, Complaint.id, descending=False)
        return Listing(statement.where(Complaint.due_at.is_not(None)), by_due)
    return Listing(statement, Order(Complaint.submitted_at, Complaint.id, descending=order is QueueOrder.NEWEST))


def _conditions(wanted: QueueFilter, knowledge: Knowledge) -> Iterator[ColumnElement[bool]]:
    equal = (
        (Complaint.agency_id, wanted.agency_id),
        (Complaint.unit_id, wanted.unit_id),
        (Complaint.urgency, wanted.urgency),
        (Complaint.classification, wanted.classification),
        (Complaint.channel, wanted.channel),
    )
    yield from (column == value for column, value in equal if value is not None)
    if wanted.statuses:
        yield Complaint.status.in_(list(wanted.statuses))
    if wanted.category_id is not None:
        yield Complaint.category_id.in_(knowledge.category_and_below(wanted.category_id))
    if wanted.region_code is not None:
        # A region covers those below it: codes spell their ancestors (33.74.01).
        below = Complaint.region_code.startswith(f"{wanted.region_code}.", autoescape=True)
        yield or_(Complaint.region_code == wanted.region_code, below)
    if wanted.tag is not None:
        yield Complaint.tags.contains([wanted.tag])
    if wanted.submitted_from is not None:
        yield Complaint.submitted_at >= wanted.submitted_from
    if wanted.submitted_to is not None:
        yield Complaint.submitted_at < wanted.submitted_to
    if wanted.overdue_at is not None:
        yield Complaint.due_at < wanted.overdue_at


def _on_desk(actor: Actor, desk: Desk) -> Any:
    awaiting = Complaint.status.in_(sorted(AWAITING_VERIFICATION))
    match desk:
        case Desk.ALL:
            return true()
        case Desk.VERIFICATION if actor.role is Role.NATIONAL_ADMIN:
            return and_(Complaint.queue_agency_id.is_(None), awaiting, _stands_alone())
        case Desk.VERIFICATION:
            return and_(Complaint.queue_agency_id == actor.agency_id, awaiting, _stands_alone())
        case Desk.REOPENING:
            return _wants_reopening()
        case Desk.OVERSIGHT:
            return is_with_the_ombudsman()
        case Desk.HANDLING:
            at_work = and_(Complaint.status.in_([Status.DISPATCHED, Status.IN_PROGRESS]), _stands_alone())
            if actor.role is Role.UNIT_OFFICER:
                return and_(Complaint.unit_id == actor.unit_id, at_work)
            return and_(Complaint.agency_id == actor.agency_id, at_work) if actor.agency_id else at_work


def _wants_reopening() -> ColumnElement[bool]:
    waits = exists().where(ReopeningRequest.complaint_id == Complaint.id, ReopeningRequest.decided_at.is_(None))
    return and_(Complaint.status == Status.CLOSED, waits)


def _stands_alone() -> ColumnElement[bool]:
    # What follows another complaint is not open work: its parent is.
    return Complaint.merged_into_id.is_(None)


def public(actor: Actor) -> Listing:
    """What everybody may read, newest first."""
    return Listing(_rows(actor).where(is_public()), Order(Complaint.published_at, Complaint.id, descending=True))


def filed_by(actor: Actor) -> Listing:
    """What a signed-in citizen filed, newest first."""
    statement = (
        _rows(actor)
        .join(ComplaintReporter, ComplaintReporter.complaint_id == Complaint.id)
        .where(ComplaintReporter.person_id == actor.id)
    )
    return Listing(statement, Order(Complaint.submitted_at, Complaint.id, descending=True))


def one(actor: Actor, complaint_id: UUID) -> Select[Any]:
    """One complaint by id, if the actor may read it."""
    return _rows(actor).where(Complaint.id == complaint_id, readable(actor))


def has_id(complaint_id: UUID) -> ColumnElement[bool]:
    """Narrows a listing to one row, to ask whether it holds it."""
    return Complaint.id == complaint_id
