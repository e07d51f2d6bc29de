"""What is found: complaints in brief, why they are alike, and where a search word stands in them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import strawberry
from sqlalchemy import Row
from strawberry import relay

from complaints.finding.clusters import Cluster
from complaints.finding.relations import SimilarRow
from complaints.finding.search import Scope
from complaints.finding.views import View, view_of
from complaints.reading import Desk
from graph.context import Context
from graph.types.catalogue import Agency, Category, Region, agency_of, category_of
from ml.similar import Piece
from rules.places import region
from rules.vocabulary import Channel, Classification, Status, Urgency

strawberry.enum(
    Scope,
    name="SearchScope",
    description="PUBLIC: published, masked texts. DESK: the full texts of what you work on or watch."
    " OWN: the full texts of what you filed.",
)


@strawberry.type(description="Another complaint in a line: ask for `complaint(id:)` to see more of it.")
class RelatedComplaint:
    """A brief of `complaints.finding.relations`."""

    id: relay.GlobalID
    tracking_code: str | None
    title: str | None
    status: Status
    category: Category | None
    agency: Agency | None
    region: Region | None
    submitted_at: datetime

    @classmethod
    def of(cls, context: Context, row: Row[Any]) -> Self:
        """The line as its reader may see it; the statement left out the rest."""
        place = None if row.region_code is None else region(row.region_code)
        return cls(
            id=relay.GlobalID("Complaint", str(row.id)),
            tracking_code=row.tracking_code,
            title=row.title,
            status=row.status,
            category=category_of(context, row.category_id),
            agency=agency_of(context, row.agency_id),
            region=None if place is None else Region.of(place),
            submitted_at=row.submitted_at,
        )


@strawberry.type(description="Why two complaints are alike.")
class SimilarReason:
    """A `Likeness` without its score."""

    shared_words: list[str] = strawberry.field(description="Stems that both have, the rarest first.")
    is_same_place: bool = strawberry.field(description="Both lie in the same regency or city.")
    is_same_category: bool
    days_apart: int


@strawberry.type(description="A complaint that is like another one.")
class SimilarComplaint:
    """A `SimilarRow`."""

    complaint: RelatedComplaint
    score: float = strawberry.field(
        description="0 to 1: the words they share, weighed by rarity, then place, category and days apart."
        " Copies told by somebody else score 0.4 and more, nine times out of ten."
    )
    reason: SimilarReason

    @classmethod
    def of(cls, context: Context, row: SimilarRow) -> Self:
        """The row, told."""
        likeness = row.likeness
        reason = SimilarReason(
            shared_words=list(likeness.shared_words),
            is_same_place=likeness.is_same_place,
            is_same_category=likeness.is_same_category,
            days_apart=likeness.days_apart,
        )
        return cls(complaint=RelatedComplaint.of(context, row.brief), score=likeness.score, reason=reason)


@strawberry.type(description="Open complaints that probably are one: merge them, or answer all of them at once.")
class SimilarCluster:
    """A `Cluster`."""

    complaints: list[RelatedComplaint] = strawberry.field(description="Newest first.")
    shared_words: list[str] = strawberry.field(description="Stems that most of them share, the most telling first.")
    first_at: datetime
    last_at: datetime

    @classmethod
    def of(cls, context: Context, cluster: Cluster, lines: Mapping[UUID, Row[Any]]) -> Self:
        """The group, each of its complaints in a line."""
        return cls(
            complaints=[
                RelatedComplaint.of(context, lines[row_id]) for row_id in cluster.complaint_ids if row_id in lines
            ],
            shared_words=list(cluster.shared_words),
            first_at=cluster.first_at,
            last_at=cluster.last_at,
        )


@strawberry.type(description="A piece of a text; put together they are an excerpt.")
class SnippetPiece:
    """A `Piece`."""

    text: str
    is_match: bool = strawberry.field(description="Show it as what was looked for.")

    @classmethod
    def of(cls, piece: Piece) -> Self:
        """The piece, told."""
        return cls(text=piece.text, is_match=piece.is_match)


@strawberry.type(description="The conditions of a saved view, as they were asked.")
class SavedFilter:
    """A `QueueFilter`."""

    desk: Desk
    statuses: list[Status]
    category: Category | None
    agency: Agency | None
    unit: Agency | None
    region: Region | None
    urgency: Urgency | None
    classification: Classification | None
    channel: Channel | None
    tag: str | None
    submitted_from: datetime | None
    submitted_to: datetime | None
    is_overdue: bool

    @classmethod
    def of(cls, context: Context, view: View) -> Self:
        """The conditions, told."""
        wanted = view.filter
        place = None if wanted.region_code is None else region(wanted.region_code)
        return cls(
            desk=wanted.desk,
            statuses=list(wanted.statuses),
            category=category_of(context, wanted.category_id),
            agency=agency_of(context, wanted.agency_id),
            unit=agency_of(context, wanted.unit_id),
            region=None if place is None else Region.of(place),
            urgency=wanted.urgency,
            classification=wanted.classification,
            channel=wanted.channel,
            tag=wanted.tag,
            submitted_from=wanted.submitted_from,
            submitted_to=wanted.submitted_to,
            is_overdue=view.is_overdue,
        )


def asked_again(context: Context, row: Any) -> View:
    """The question of a stored view, as it is asked now."""
    return view_of(row.filter, context.tools.workshop.clock())


def view_id(row_id: UUID) -> relay.GlobalID:
    """The global id of a saved view."""
    return relay.GlobalID("SavedView", str(row_id))
