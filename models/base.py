"""What every table shares: naming, keys and time."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import DateTime, Enum, ForeignKey, MetaData, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The registry of all tables; constraint names are predictable so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: DateTime(timezone=True),
        str: Text,
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
        list[str]: ARRAY(Text),
    }


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): ordered by time, so that new rows land at the end of the index."""
    return uuid_utils.compat.uuid7()


def one_of(words: type[StrEnum]) -> Enum:
    """A text column that holds a value of `words`, checked by the database."""
    return Enum(
        words,
        native_enum=False,
        create_constraint=True,
        length=40,
        name=words.__name__.lower(),
        values_callable=lambda kind: [member.value for member in kind],
    )


class HasId:
    """A row with an id of its own."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)


def reference(column: str) -> ForeignKey:
    """A foreign key that is checked at commit: one verb writes its rows in any order, all of them or none.

    Nothing is deleted by cascade; nothing is deleted at all.
    """
    return ForeignKey(column, ondelete="RESTRICT", deferrable=True, initially="DEFERRED")


def points_to(column: str, *, index: bool = False) -> Any:
    """A column that holds another row's id."""
    return mapped_column(reference(column), index=index)
