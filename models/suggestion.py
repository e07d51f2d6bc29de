"""What the classifier proposed, for ever, with what the human chose instead."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, points_to


class Suggestion(HasId, Base):
    """The answer of one classifier version about one complaint, and the verdict beside it.

    Each ranked list holds `{"id": row id or null, "label": str, "confidence": float, "words": [str]}`.
    """

    __tablename__ = "suggestion"
    __table_args__ = (
        UniqueConstraint("complaint_id", "classifier_version_id"),
        # The figures of watching look at what people decided lately.
        Index("ix_suggestion_decided", "decided_at", postgresql_where=text("decided_at is not null")),
        Index("ix_suggestion_version_at", "classifier_version_id", "at"),
    )

    complaint_id: Mapped[UUID] = points_to("complaint.id")
    classifier_version_id: Mapped[UUID] = points_to("classifier_version.id")
    at: Mapped[datetime]
    titles: Mapped[list[str]]
    categories: Mapped[list[dict[str, Any]]]
    agencies: Mapped[list[dict[str, Any]]]
    report_types: Mapped[list[dict[str, Any]]]
    urgencies: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    # Whether it is a usable report at all: GENUINE, or why not.
    screening: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    is_sure_of_category: Mapped[bool]
    is_sure_of_agency: Mapped[bool]
    # The answer of a candidate beside the version in use: recorded, never shown, never followed.
    is_shadow: Mapped[bool] = mapped_column(default=False)

    decided_at: Mapped[datetime | None]
    chosen_category_id: Mapped[UUID | None] = points_to("category.id")
    chosen_agency_id: Mapped[UUID | None] = points_to("agency.id")
    # Rank of the human's choice among the proposals, from 1; null when it was not among them.
    title_rank: Mapped[int | None]
    category_rank: Mapped[int | None]
    agency_rank: Mapped[int | None]
