"""Agencies and their work units, with validity, aliases, successors and what they handle."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, one_of, points_to, reference
from rules.vocabulary import AgencyLevel, Connection


class Agency(HasId, Base):
    """A body that answers complaints. A work unit is an agency of level UNIT with a parent."""

    __tablename__ = "agency"
    __table_args__ = (
        CheckConstraint("level <> 'UNIT' or parent_id is not null", name="unit_has_parent"),
        CheckConstraint("valid_to is null or valid_from is null or valid_to > valid_from", name="validity_ordered"),
        Index("ix_agency_name_id", "name", "id"),
    )

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    short_name: Mapped[str]
    level: Mapped[AgencyLevel] = mapped_column(one_of(AgencyLevel))
    connection: Mapped[Connection] = mapped_column(one_of(Connection))
    parent_id: Mapped[UUID | None] = points_to("agency.id", index=True)
    region_code: Mapped[str | None]
    office_kind: Mapped[str | None]
    aliases: Mapped[list[str]]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    is_in_seed: Mapped[bool] = mapped_column(default=False)


class AgencySuccessor(Base):
    """Who took over from an agency that ended."""

    __tablename__ = "agency_successor"

    agency_id: Mapped[UUID] = mapped_column(reference("agency.id"), primary_key=True)
    successor_id: Mapped[UUID] = mapped_column(reference("agency.id"), primary_key=True)


class AgencyCategory(Base):
    """A category that an agency handles."""

    __tablename__ = "agency_category"

    agency_id: Mapped[UUID] = mapped_column(reference("agency.id"), primary_key=True)
    category_id: Mapped[UUID] = mapped_column(reference("category.id"), primary_key=True, index=True)
