"""Pages put together, forwards or backwards, are the list: nothing twice, nothing lost, whatever the ties."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from complaints.knowledge import Knowledge
from complaints.policy import ANYONE
from complaints.reader import Listing, Page, Reader, Window, cursor_of, parse_cursor, read_page, window_of
from complaints.reading import QueueFilter, QueueOrder, public, queue
from complaints.refusals import Invalid
from server.runtime import Runtime
from tests.support import NATIONAL

START = datetime(2026, 4, 13, 2, 0, tzinfo=UTC)
# Moments that differ by a microsecond, and many that do not differ at all.
moments = st.lists(st.integers(0, 3), max_size=12)

INSERT = """
    insert into complaint (
        id, tracking_code, status, version, report_type, urgency, channel, is_anonymous, is_secret, tags, hops,
        submitted_at, changed_at, published_at, due_at, closed_by_silence, agency_id
    )
    select %(id)s, %(id)s::text, 'DISPATCHED', 1, 'COMPLAINT', 'NORMAL', 'WEB', false, false, array[]::text[], 0,
        %(at)s, %(at)s, %(at)s, %(due)s, false, (select id from agency limit 1)
"""


def listings(knowledge: Knowledge) -> dict[str, Listing]:
    """Every order a client can ask for."""
    queues = {str(order): queue(NATIONAL, QueueFilter(), order, knowledge) for order in QueueOrder}
    return queues | {"public": public(ANYONE)}


async def forwards(reader: Reader, listing: Listing, size: int) -> list[Page]:
    """All pages from the first on."""
    pages = [await read_page(reader, listing, Window(size))]
    while pages[-1].has_next:
        pages.append(await read_page(reader, listing, Window(size, cursor_of(pages[-1].rows[-1]))))
    return pages


async def backwards(reader: Reader, listing: Listing, size: int) -> list[Page]:
    """All pages from the last on, in the order in which they stand."""
    pages = [await read_page(reader, listing, Window(size, backwards=True))]
    while pages[0].has_previous:
        pages.insert(0, await read_page(reader, listing, Window(size, cursor_of(pages[0].rows[0]), backwards=True)))
    return pages


def ids(pages: Sequence[Page]) -> list[UUID]:
    """The rows of all pages, one after the other."""
    return [row.id for page in pages for row in page.rows]


@given(offsets=moments, size=st.integers(1, 5))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_pages_put_together_are_the_list(
    offsets: list[int], size: int, database_url: str, runtime: Runtime, knowledge: Knowledge
) -> None:
    rows = [(UUID(int=number * 7919 % 101 + 1), START + timedelta(microseconds=n)) for number, n in enumerate(offsets)]
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        await connection.execute("delete from complaint")
        for row_id, at in rows:
            # Without a due date for some: they are not in the list by due date.
            due = None if at == START else at
            await connection.execute(INSERT, {"id": row_id, "at": at, "due": due})
    newest_last = [row_id for at, row_id in sorted((at, row_id) for row_id, at in rows)]
    expected = {
        "NEWEST": newest_last[::-1],
        "OLDEST": newest_last,
        "DUE_FIRST": [row_id for at, row_id in sorted((at, row_id) for row_id, at in rows) if at != START],
        "public": newest_last[::-1],
    }
    reader = Reader(runtime.database.read)

    for name, listing in listings(knowledge).items():
        there, back = await forwards(reader, listing, size), await backwards(reader, listing, size)

        assert ids(there) == ids(back) == expected[name]
        # Full pages, except for the last one on the way.
        assert all(len(page.rows) == size for page in (*there[:-1], *back[1:]))
        assert [page.has_previous for page in there] == [number > 0 for number in range(len(there))]

    await reader.close()


@given(at=st.datetimes(timezones=st.just(UTC)), number=st.integers(0, 2**128 - 1))
def test_a_cursor_says_where_it_was(at: datetime, number: int) -> None:
    class Somewhere:
        sort_key, id = at, UUID(int=number)

    cursor = cursor_of(Somewhere())  # type: ignore[arg-type]

    assert parse_cursor(cursor, "after") == (at, UUID(int=number))


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda junk: junk.decode("latin-1")))
def test_what_is_no_cursor_is_refused_by_name(junk: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_cursor(junk, "before")

    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [("before", "BAD_CURSOR")]


@given(first=st.integers(-5, 120), last=st.none() | st.integers(-5, 120))
def test_a_page_has_one_direction_and_a_size_in_range(first: int, last: int | None) -> None:
    if last is not None:
        with pytest.raises(Invalid, match="last: ONE_DIRECTION"):
            window_of(first, None, last, None, largest=100)
    elif 1 <= first <= 100:
        assert window_of(first, "x", None, None, largest=100) == Window(first, "x")
        assert window_of(None, None, first, "x", largest=100) == Window(first, "x", backwards=True)
    else:
        with pytest.raises(Invalid, match="first: OUT_OF_RANGE"):
            window_of(first, None, None, None, largest=100)


async def test_a_cursor_at_the_ends_of_time_is_a_place_like_any_other(runtime: Runtime, knowledge: Knowledge) -> None:
    reader, east, west = Reader(runtime.database.read), timezone(timedelta(hours=14)), timezone(timedelta(hours=-14))

    # Further out than a datetime in UTC can be, though nobody but an attacker sends these.
    for at in (datetime.min.replace(tzinfo=east), datetime.max.replace(tzinfo=west)):

        class Somewhere:
            sort_key, id = at, UUID(int=0)

        cursor = cursor_of(Somewhere())  # type: ignore[arg-type]
        for listing in listings(knowledge).values():
            assert (await read_page(reader, listing, Window(5, cursor))).rows == []

    await reader.close()
