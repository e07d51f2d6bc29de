"""What the classifier proposed and why a complaint stands in its queue."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

import strawberry
from sqlalchemy import Row

from complaints.suggest import Proposal
from graph.context import Context
from graph.types.catalogue import Agency, Category, agency_of, category_of
from rules.vocabulary import ReportType, Screening, Urgency


@strawberry.type(description="A category the classifier proposes.")
class CategoryChoice:
    """One of three, or of up to ten where too few decisions were seen to be sure of three."""

    category: Category | None
    label: str
    confidence: float = strawberry.field(description="Calibrated: of ten choices at 0.8, about eight are right.")
    words: list[str] = strawberry.field(description="The words that spoke for it.")


@strawberry.type(description="An agency the classifier proposes.")
class AgencyChoice:
    """One of three, or of up to ten where too few decisions were seen to be sure of three."""

    agency: Agency | None = strawberry.field(description="Null where the kind of office has no office in this place.")
    label: str
    confidence: float
    words: list[str]


@strawberry.type(description="A report type the classifier proposes.")
class ReportTypeChoice:
    """One of three, or of up to ten where too few decisions were seen to be sure of three."""

    report_type: ReportType
    confidence: float


@strawberry.type(description="An urgency the classifier proposes.")
class UrgencyChoice:
    """One of three, or of up to ten where too few decisions were seen to be sure of three."""

    urgency: Urgency
    confidence: float
    words: list[str]


@strawberry.type(description="What the classifier takes a text for: a usable report, or why it is none.")
class ScreeningChoice:
    """One of three, or of up to ten where too few decisions were seen to be sure of three."""

    screening: Screening
    confidence: float


@strawberry.type(description="What one classifier version answered. Unsure is an answer: see the two booleans.")
class Suggestion:
    """A row of `suggestion`, or an answer that was never stored."""

    version: str
    at: datetime | None
    titles: list[str]
    categories: list[CategoryChoice]
    agencies: list[AgencyChoice]
    report_types: list[ReportTypeChoice]
    urgencies: list[UrgencyChoice]
    screenings: list[ScreeningChoice]
    is_sure_of_category: bool
    is_sure_of_agency: bool
    decided_at: datetime | None = strawberry.field(description="When a person decided; ranks say what was taken.")
    title_rank: int | None
    category_rank: int | None
    agency_rank: int | None

    @classmethod
    def of(cls, context: Context, row: Row[Any]) -> Self:
        """A stored answer."""
        return cls(
            version=row.version,
            at=row.at,
            titles=list(row.titles),
            categories=[category_choice(context, _proposal(ranked)) for ranked in row.categories],
            agencies=[agency_choice(context, _proposal(ranked)) for ranked in row.agencies],
            report_types=[report_type_choice(_proposal(ranked)) for ranked in row.report_types],
            urgencies=[urgency_choice(_proposal(ranked)) for ranked in row.urgencies],
            screenings=[screening_choice(_proposal(ranked)) for ranked in row.screening],
            is_sure_of_category=row.is_sure_of_category,
            is_sure_of_agency=row.is_sure_of_agency,
            decided_at=row.decided_at,
            title_rank=row.title_rank,
            category_rank=row.category_rank,
            agency_rank=row.agency_rank,
        )


def _proposal(stored: dict[str, Any]) -> Proposal:
    row_id = None if stored["id"] is None else UUID(stored["id"])
    return Proposal(row_id, stored["label"], stored["confidence"], tuple(stored["words"]))


def category_choice(context: Context, proposal: Proposal) -> CategoryChoice:
    """A proposal with its category from the snapshot."""
    return CategoryChoice(
        category=category_of(context, proposal.row_id),
        label=proposal.label,
        confidence=proposal.confidence,
        words=list(proposal.words),
    )


def agency_choice(context: Context, proposal: Proposal) -> AgencyChoice:
    """A proposal with its agency from the snapshot."""
    return AgencyChoice(
        agency=agency_of(context, proposal.row_id),
        label=proposal.label,
        confidence=proposal.confidence,
        words=list(proposal.words),
    )


def report_type_choice(proposal: Proposal) -> ReportTypeChoice:
    """A proposal of the report type."""
    return ReportTypeChoice(report_type=ReportType(proposal.label), confidence=proposal.confidence)


def urgency_choice(proposal: Proposal) -> UrgencyChoice:
    """A proposal of the urgency."""
    return UrgencyChoice(urgency=Urgency(proposal.label), confidence=proposal.confidence, words=list(proposal.words))


def screening_choice(proposal: Proposal) -> ScreeningChoice:
    """A proposal of what the text is."""
    return ScreeningChoice(screening=Screening(proposal.label), confidence=proposal.confidence)
