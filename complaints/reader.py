"""Reading: one snapshot per operation, statements that take turns, pages by key instead of offset."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import anyio
from sqlalchemy import Executable, Row, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import InstrumentedAttribute

from complaints.refusals import Invalid, Problem


class Reader:
    """One read-only connection, opened at the first statement, the same moment for all of them.

    The engine given to it is set to `REPEATABLE READ, READ ONLY`. GraphQL resolves fields side by side, a
    connection does one thing at a time: statements wait for each other.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._turn = anyio.Lock()

    async def rows(self, statement: Executable, parameters: dict[str, Any] | None = None) -> Sequence[Row[Any]]:
        """All rows of a statement."""
        async with self._turn:
            if self._connection is None:
                self._connection = await self._engine.connect()
            rows: Sequence[Row[Any]] = (await self._connection.execute(statement, parameters or {})).all()
            return rows

    async def one(self, statement: Executable, parameters: dict[str, Any] | None = None) -> Row[Any] | None:
        """The only row of a statement, or None."""
        found = await self.rows(statement, parameters)
        return found[0] if found else None

    async def close(self) -> None:
        """Give the connection back and forget the snapshot; the next statement sees what was committed since.

        Also when the operation is cut off: a connection that is not given back is lost to everybody.
        """
        with anyio.CancelScope(shield=True):
            async with self._turn:
                if self._connection is not None:
                    await self._connection.close()
                    self._connection = None


@dataclass(frozen=True, slots=True)
class Order:
    """A total order of a listing: one timestamp column, then the id."""

    key: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]
    id: InstrumentedAttribute[UUID]
    descending: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A statement limited by policy, and its order; only a page of it is ever read."""

    statement: Select[Any]
    order: Order


@dataclass(frozen=True, slots=True)
class Window:
    """Which page: forwards `first` rows `after` a cursor, or backwards `last` rows `before` one."""

    size: int
    cursor: str | None = None
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in listing order, each with `sort_key` and `id`, and whether there is more on either side."""

    rows: Sequence[Row[Any]]
    has_next: bool
    has_previous: bool


def window_of(first: int | None, after: str | None, last: int | None, before: str | None, *, largest: int) -> Window:
    """The page a client asks for. Raises `Invalid` for both directions at once or a size out of range."""
    if first is not None and last is not None:
        raise Invalid(Problem("last", "ONE_DIRECTION"))
    backwards = last is not None
    size = last if last is not None else (first if first is not None else min(20, largest))
    field = "last" if backwards else "first"
    if not 1 <= size <= largest:
        raise Invalid(Problem(field, "OUT_OF_RANGE", {"min": 1, "max": largest}))
    return Window(size, before if backwards else after, backwards)


async def read_page(reader: Reader, listing: Listing, window: Window) -> Page:
    """One page in one statement: a row more than asked tells whether there is a next one."""
    order = listing.order
    keyed = listing.statement.add_columns(order.key.label("sort_key"))
    descending = order.descending is not window.backwards
    if window.cursor is not None:
        key, row_id = parse_cursor(window.cursor, "before" if window.backwards else "after")
        position, pivot = tuple_(order.key, order.id), tuple_(key, row_id)
        keyed = keyed.where(position < pivot if descending else position > pivot)
    ordered = keyed.order_by(
        order.key.desc() if descending else order.key.asc(), order.id.desc() if descending else order.id.asc()
    )
    rows = list(await reader.rows(ordered.limit(window.size + 1)))
    more = len(rows) > window.size
    del rows[window.size :]
    if window.backwards:
        rows.reverse()
    before, after = (more, window.cursor is not None) if window.backwards else (window.cursor is not None, more)
    return Page(rows, has_next=after, has_previous=before)


async def count(reader: Reader, listing: Listing, ceiling: int) -> int:
    """How many rows the listing has, counted up to `ceiling`."""
    some = listing.statement.with_only_columns(listing.order.id).limit(ceiling).subquery()
    row = await reader.one(select(func.count()).select_from(some))
    return 0 if row is None else int(row[0])


def cursor_of(row: Row[Any]) -> str:
    """The opaque cursor of a row that was read with `read_page`."""
    key = json.dumps([row.sort_key.isoformat(), str(row.id)])
    return base64.urlsafe_b64encode(key.encode()).decode()


def parse_cursor(cursor: str, field: str) -> tuple[datetime, UUID]:
    """The sort key inside a cursor. Raises `Invalid` naming the field for anything we did not make."""
    try:
        moment, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        parsed = datetime.fromisoformat(moment), UUID(row_id)
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
        raise Invalid(Problem(field, "BAD_CURSOR")) from error
    if parsed[0].tzinfo is None:
        raise Invalid(Problem(field, "BAD_CURSOR"))
    return parsed
