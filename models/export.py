"""Files that somebody asked for: tables of figures and lists of cases, written by the worker, fetched once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, one_of, points_to
from rules.vocabulary import ExportFormat, ExportKind, JobState, Role


class ExportRequest(HasId, Base):
    """One file. `question` is what was asked for; the reach of whoever asked is kept beside it.

    The file is written under the permissions that the asker had when asking, and only the asker may fetch it.
    """

    __tablename__ = "export_request"
    __table_args__ = (
        CheckConstraint("state <> 'DONE' or sha256 is not null", name="done_has_file"),
        Index("ix_export_request_person", "requested_by_id", "requested_at", "id"),
        Index("ix_export_request_finished", "finished_at", postgresql_where=text("finished_at is not null")),
    )

    kind: Mapped[ExportKind] = mapped_column(one_of(ExportKind))
    format: Mapped[ExportFormat] = mapped_column(one_of(ExportFormat))
    question: Mapped[dict[str, Any]]
    state: Mapped[JobState] = mapped_column(one_of(JobState))
    requested_by_id: Mapped[UUID] = points_to("person.id")
    actor_role: Mapped[Role] = mapped_column(one_of(Role))
    actor_agency_id: Mapped[UUID | None] = points_to("agency.id")
    actor_unit_id: Mapped[UUID | None] = points_to("agency.id")
    requested_at: Mapped[datetime]
    rows: Mapped[int] = mapped_column(default=0)
    rows_expected: Mapped[int | None]
    size_bytes: Mapped[int | None]
    sha256: Mapped[str | None]
    finished_at: Mapped[datetime | None]
    # A code of `graph.wording_figures.EXPORT_FAILURES`, when it failed.
    failure: Mapped[str | None]
    removed_at: Mapped[datetime | None]
    # Digest of the one ticket that opens the file, and until when; gone once used.
    ticket_digest: Mapped[bytes | None] = mapped_column(unique=True)
    ticket_expires_at: Mapped[datetime | None]
