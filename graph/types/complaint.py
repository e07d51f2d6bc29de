"""A complaint as each of its readers may see it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry
from sqlalchemy import Row
from strawberry import relay
from strawberry.scalars import JSON

from complaints.audiences import hidden_fields
from complaints.finding.relations import Followed
from complaints.policy import Actor, audiences_of, possible_actions, standing
from graph.context import Context, Info
from graph.types.casework import ClockExplanation
from graph.types.catalogue import Agency, Category, Region, agency_of, category_of
from graph.types.files import Attachment
from graph.types.finding import RelatedComplaint, SimilarComplaint
from graph.types.routing import Route
from graph.types.suggestion import Suggestion
from rules.places import region
from rules.vocabulary import (
    Action,
    Audience,
    Channel,
    Classification,
    Clock,
    ReportType,
    Role,
    Status,
    Urgency,
)


@strawberry.type(description="One step of a complaint's history.")
class ComplaintEvent:
    """A row of `complaint_event`."""

    seq: int
    kind: str
    status: Status = strawberry.field(description="The status after this step.")
    at: datetime
    audience: Audience | None
    actor_role: Role | None
    agency: Agency | None = strawberry.field(description="The agency that acted; none for reporter and system.")
    data: JSON | None = strawberry.field(description="Codes and ids of what changed; for handlers only.")
    of_parent: bool = strawberry.field(
        default=False, description="It happened to the complaint that this one follows; `seq` counts that one's steps."
    )


@strawberry.type(description="What somebody wrote about a complaint.")
class Message:
    """A row of `message`."""

    body: str
    at: datetime
    audience: Audience
    author_role: Role
    agency: Agency | None
    attachments: list[Attachment]


@strawberry.type(description="A clock of a complaint.")
class ComplaintClock:
    """A row of `complaint_clock`."""

    clock: Clock
    rule_code: str
    started_at: datetime
    due_at: datetime
    paused_at: datetime | None
    stopped_at: datetime | None
    row: strawberry.Private[Row[Any]]

    @strawberry.field(description="Why it is due then; null when its limit has gone from the table.")
    async def explanation(self, info: Info) -> ClockExplanation | None:
        """Worked out when asked."""
        return ClockExplanation.of(info.context.knowledge, self.row)


@strawberry.type(description="A complaint. What you may not see is null, never an error.")
class Complaint(relay.Node):
    """A row of `complaint` with what hangs on it."""

    id: relay.NodeID[UUID]
    tracking_code: str | None
    status: Status
    version: int = strawberry.field(description="Send it back as `seenVersion` when you change something.")
    report_type: ReportType
    classification: Classification | None
    urgency: Urgency | None
    channel: Channel
    mechanism: str | None
    is_anonymous: bool
    is_secret: bool | None
    tags: list[str]
    title: str | None
    text: str | None = strawberry.field(description="The edited text, else the original; masked for the public.")
    original_title: str | None
    original_text: str | None
    place: str | None
    category: Category | None
    queue_agency: Agency | None = strawberry.field(description="Whose verification queue; null is the national desk.")
    agency: Agency | None
    unit: Agency | None
    chosen_agency: Agency | None = strawberry.field(description="Whom the citizen addressed.")
    hops: int | None = strawberry.field(description="How often it was returned as not ours.")
    region: Region | None
    latitude: float | None
    longitude: float | None
    incident_on: date | None
    submitted_at: datetime
    verified_at: datetime | None
    dispatched_at: datetime | None
    responded_at: datetime | None
    closed_at: datetime | None
    published_at: datetime | None
    changed_at: datetime
    due_at: datetime | None = strawberry.field(description="The nearest due date of what the agency owes.")
    archive_reason: str | None
    defer_reason: str | None
    closed_by_silence: bool
    rating: int | None
    is_solved: bool | None
    support_count: int = strawberry.field(description="How many others say that they have the same trouble.")
    is_mine: bool = strawberry.field(description="Whether you filed it.")
    allowed_actions: list[Action] = strawberry.field(description="What you may do to it now.")
    suggestion: Suggestion | None = strawberry.field(
        description="The newest answer of the classifier; null: not asked."
    )
    route: Route | None = strawberry.field(description="Why it stands in its queue.")
    clocks: list[ComplaintClock] | None
    copies: list[Agency] | None
    attachments: list[Attachment] = strawberry.field(description="All files, those of messages too; oldest first.")
    events: list[ComplaintEvent] = strawberry.field(description="The newest 200, oldest first.")
    messages: list[Message] = strawberry.field(description="The newest 200, oldest first.")
    is_merged: bool = strawberry.field(
        description="It follows another complaint as a duplicate. Unless you handle it, you see that one's status and"
        " answers here, as far as they are public."
    )
    merged_into: RelatedComplaint | None = strawberry.field(description="Whom it follows, if you may read that one.")
    children: list[RelatedComplaint] | None = strawberry.field(
        description="The newest 100 that follow it and that you handle."
    )
    similar: list[SimilarComplaint] | None = strawberry.field(
        description="What is like it, the most alike first; of a page, for its first 20 rows."
    )

    @classmethod
    def of(cls, context: Context, viewer: Actor, row: Row[Any], hanging: Mapping[str, Mapping[UUID, Any]]) -> Self:
        """The row for `viewer`; `hanging` holds the edges that the document asks for, by name and id."""
        close = standing(handler=row.is_handler, reporter=row.is_reporter)
        reach = audiences_of(close)
        values = _case(context, viewer, row) | _texts(hanging, row.id, close) | _edges(context, hanging, row.id, close)
        values |= _related(context, hanging, row)
        parent = hanging.get("followed", {}).get(row.id)
        if parent is not None:
            values |= _followed(context, parent, values)
        for name in hidden_fields("Complaint", reach):
            values[name] = None
        return cls(**values)


def standing_of(row: Row[Any]) -> Audience:
    """How close the reader stands to this row."""
    return standing(handler=row.is_handler, reporter=row.is_reporter)


_SAME_NAME = (
    "id", "tracking_code", "status", "version", "report_type", "classification", "urgency", "channel", "mechanism",
    "is_anonymous", "is_secret", "tags", "hops", "latitude", "longitude", "incident_on", "submitted_at",
    "verified_at", "dispatched_at", "responded_at", "closed_at", "published_at", "changed_at", "due_at",
    "archive_reason", "defer_reason", "closed_by_silence", "rating", "is_solved",
)  # fmt: skip


def _case(context: Context, viewer: Actor, row: Row[Any]) -> dict[str, Any]:
    found = row._mapping
    place = None if row.region_code is None else region(row.region_code)
    return {name: found[name] for name in _SAME_NAME} | {
        "category": category_of(context, row.category_id),
        "queue_agency": agency_of(context, row.queue_agency_id),
        "agency": agency_of(context, row.agency_id),
        "unit": agency_of(context, row.unit_id),
        "chosen_agency": agency_of(context, row.chosen_agency_id),
        "region": None if place is None else Region.of(place),
        "is_mine": row.is_reporter,
        "allowed_actions": [
            action
            for action in possible_actions(viewer, row, is_reporter_of_it=row.is_reporter)
            if _is_open_to(action, row)
        ],
    }


def _is_open_to(action: Action, row: Row[Any]) -> bool:
    """Whether what hangs on the case allows what its status does: one that follows another is answered there."""
    if row.merged_into_id is not None:
        return action is Action.REPLY
    return action is not Action.DECIDE_REOPENING or row.wants_reopening


def _texts(hanging: Mapping[str, Mapping[UUID, Any]], row_id: UUID, close: Audience) -> dict[str, Any]:
    text = hanging.get("text", {}).get(row_id)
    if text is None:
        return dict.fromkeys(("title", "text", "original_title", "original_text", "place"))
    public = close is Audience.EVERYONE
    return {
        "title": text.public_title if public else text.title,
        "text": text.public_body if public else text.edited_body or text.original_body,
        "original_title": text.original_title,
        "original_text": text.original_body,
        "place": text.place,
    }


def _edges(
    context: Context, hanging: Mapping[str, Mapping[UUID, Any]], row_id: UUID, close: Audience
) -> dict[str, Any]:
    reach = audiences_of(close)

    def many(name: str) -> Sequence[Row[Any]]:
        rows: Sequence[Row[Any]] = hanging.get(name, {}).get(row_id, ())
        return rows

    suggestion = hanging.get("suggestion", {}).get(row_id)
    route = hanging.get("route", {}).get(row_id)
    public = Audience.PARTIES not in reach
    files = [Attachment.of(file, close) for file in many("attachments")]
    supports = hanging.get("supports", {}).get(row_id)
    return {
        "support_count": 0 if supports is None else supports.supporters,
        "suggestion": None if suggestion is None else Suggestion.of(context, suggestion),
        "route": None if route is None else Route.of(context, route),
        "clocks": [
            ComplaintClock(
                clock=clock.clock,
                rule_code=clock.rule_code,
                started_at=clock.started_at,
                due_at=clock.due_at,
                paused_at=clock.paused_at,
                stopped_at=clock.stopped_at,
                row=clock,
            )
            for clock in many("clocks")
        ],
        "copies": [agency for copy in many("copies") if (agency := agency_of(context, copy.agency_id)) is not None],
        "attachments": files,
        "events": [_event(context, event, reach) for event in many("events")],
        "messages": [
            Message(
                body=message.public_body or "" if public else message.body,
                at=message.at,
                audience=message.audience,
                author_role=message.author_role,
                agency=agency_of(context, message.author_agency_id),
                attachments=[file for file in files if file.row.message_id == message.id],
            )
            for message in many("messages")
        ],
    }


def _related(context: Context, hanging: Mapping[str, Mapping[UUID, Any]], row: Row[Any]) -> dict[str, Any]:
    parent = hanging.get("merged_into", {}).get(row.id)
    return {
        "is_merged": row.merged_into_id is not None,
        "merged_into": None if parent is None else RelatedComplaint.of(context, parent),
        "children": [RelatedComplaint.of(context, child) for child in hanging.get("children", {}).get(row.id, ())],
        "similar": [SimilarComplaint.of(context, other) for other in hanging.get("similar", {}).get(row.id, ())],
    }


def _followed(context: Context, parent: Followed, own: Mapping[str, Any]) -> dict[str, Any]:
    """What a follower shows of its parent: nothing that the public would not see of it."""
    case, reach = parent.case, audiences_of(Audience.EVERYONE)
    events = [_event(context, event, reach) for event in parent.events]
    for event in events:
        event.of_parent = True
    messages = [
        Message(
            body=message.public_body or "",
            at=message.at,
            audience=message.audience,
            author_role=message.author_role,
            agency=agency_of(context, message.author_agency_id),
            attachments=[],
        )
        for message in parent.messages
    ]
    return {
        "status": case.status,
        "agency": agency_of(context, case.agency_id) if case.dispatched_at else own["agency"],
        "responded_at": case.responded_at or own["responded_at"],
        "closed_at": case.closed_at,
        "closed_by_silence": case.closed_by_silence,
        "events": sorted([*own["events"], *events], key=lambda event: event.at),
        "messages": sorted([*own["messages"], *messages], key=lambda message: message.at),
    }


def _event(context: Context, event: Row[Any], reach: frozenset[Audience]) -> ComplaintEvent:
    values = {
        "seq": event.seq,
        "kind": event.kind,
        "status": event.status,
        "at": event.at,
        "audience": event.audience,
        "actor_role": event.actor_role,
        "agency": agency_of(context, event.actor_agency_id),
        "data": event.data,
    }
    return ComplaintEvent(**values | dict.fromkeys(hidden_fields("ComplaintEvent", reach)))
