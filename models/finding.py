"""What complaints are found by: their words, their merges, and the questions people keep."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Float, Index, SmallInteger, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, points_to, reference


class ComplaintWords(Base):
    """The stems a complaint is found by, made by the verbs; the database keeps `keys` in step with the case.

    `public_words` comes from the published, masked texts alone, so that nobody finds what was masked. `keys` hold
    status, desks, category, region and the like: they narrow a search inside one index, and never decide what
    somebody may see.
    """

    __tablename__ = "complaint_words"
    __table_args__ = (
        # New words wait in a short list that every search reads; long lists are fast to write and slow to find in.
        Index(
            "ix_complaint_words_all",
            "words",
            "keys",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 256},
        ),
        Index(
            "ix_complaint_words_public",
            "public_words",
            "keys",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 256},
            postgresql_where=text("public_words is not null"),
        ),
        Index("ix_complaint_words_method", "method", "complaint_id"),
    )

    complaint_id: Mapped[UUID] = mapped_column(reference("complaint.id"), primary_key=True)
    words: Mapped[str] = mapped_column(TSVECTOR)
    public_words: Mapped[str | None] = mapped_column(TSVECTOR)
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    # Which way of reading texts made them; another one than today's is made again.
    method: Mapped[int] = mapped_column(SmallInteger)


class WordFrequency(Base):
    """In which share of the newest complaints a stem or a key occurs; counted every night.

    Under `@` stands how many complaints a month brings.
    """

    __tablename__ = "word_frequency"

    stem: Mapped[str] = mapped_column(primary_key=True)
    share: Mapped[float] = mapped_column(Float)


class ComplaintMerge(HasId, Base):
    """One time that a complaint followed another. What it stopped is named here, to be started again."""

    __tablename__ = "complaint_merge"
    __table_args__ = (
        CheckConstraint("child_id <> parent_id", name="not_into_itself"),
        Index("uq_complaint_merge_open", "child_id", unique=True, postgresql_where=text("undone_at is null")),
        Index("ix_complaint_merge_parent", "parent_id", postgresql_where=text("undone_at is null")),
    )

    child_id: Mapped[UUID] = points_to("complaint.id")
    parent_id: Mapped[UUID] = points_to("complaint.id")
    merged_at: Mapped[datetime]
    merged_by_id: Mapped[UUID | None] = points_to("person.id")
    undone_at: Mapped[datetime | None]
    # The complaint it followed before that one was merged itself; it goes back there with it.
    moved_with_id: Mapped[UUID | None] = points_to("complaint.id")
    # The clocks that this merge made stand still; others stood still before.
    paused_clock_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list)


class SavedView(HasId, Base):
    """A question about complaints that somebody asks again and again."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("person_id", "name", name="uq_saved_view_name"),)

    person_id: Mapped[UUID] = points_to("person.id")
    name: Mapped[str]
    # Codes and ids as `complaints.finding.views` writes them, and the words that were looked for.
    filter: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
