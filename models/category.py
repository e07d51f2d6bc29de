"""The category tree: what a complaint is about."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Float
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, points_to


class Category(HasId, Base):
    """One entry of the category menu; its code spells its ancestors (`PUPR.INFRASTRUKTUR_JALAN`)."""

    __tablename__ = "category"
    __table_args__ = (CheckConstraint("level between 1 and 4", name="level_known"),)

    code: Mapped[str] = mapped_column(unique=True)
    label_id: Mapped[str]
    label_en: Mapped[str | None]
    parent_id: Mapped[UUID | None] = points_to("category.id", index=True)
    level: Mapped[int]
    keywords: Mapped[list[str]]
    # A rough share of all complaints, where one was published: what a classifier expects before it saw any.
    share: Mapped[float | None] = mapped_column(Float)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
