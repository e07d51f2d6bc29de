"""Which trained versions exist, and which one serves."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, points_to


class ClassifierVersion(HasId, Base):
    """A version folder of the store, by its content address. At most one is active."""

    __tablename__ = "classifier_version"
    __table_args__ = (
        CheckConstraint("state in ('CANDIDATE', 'ACTIVE', 'RETIRED')", name="state_known"),
        Index("uq_classifier_version_active", "state", unique=True, postgresql_where=text("state = 'ACTIVE'")),
    )

    version: Mapped[str] = mapped_column(unique=True)
    manifest_sha256: Mapped[str]
    metrics: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="CANDIDATE")
    registered_at: Mapped[datetime]
    promoted_at: Mapped[datetime | None]
    promoted_by_id: Mapped[UUID | None] = points_to("person.id")
    reason: Mapped[str | None]
