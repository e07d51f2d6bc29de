"""Pages by key: every row once, in order, whichever way one walks and whatever happens meanwhile."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
import strawberry

from complaints.policy import ANYONE, Actor
from graph.context import PageLimits, Tools
from models import Complaint
from rules.vocabulary import Status
from tests.graph.support import Ask, Cases, Cast, ContextOf, case_id
from tests.support import Clock

PAGE = """query($first: Int, $after: String, $last: Int, $before: String, $order: QueueOrder! = NEWEST) {
  page: complaints(first: $first, after: $after, last: $last, before: $before, order: $order) {
    totalCount edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""
PUBLIC = (
    PAGE.replace(", $order: QueueOrder! = NEWEST", "")
    .replace(", order: $order", "")
    .replace("page: complaints", "page: publicComplaints")
)


@pytest.fixture
async def seven(a_case: Cases, clock: Clock) -> list[str]:
    """The ids of seven complaints, newest first; the middle three were filed in the same moment."""
    made: list[Complaint] = []
    for number in range(7):
        made.append(await a_case(Status.DISPATCHED))
        if number not in (2, 3):
            clock.forward(minutes=1)
    return [case_id(complaint) for complaint in reversed(made)]


def ids(page: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]


async def walk(ask: Ask, actor: Actor, document: str, size: str, cursor: str, **more: Any) -> list[list[str]]:
    """All pages of two, one after the other."""
    pages, at = [], None
    end, has_more = ("endCursor", "hasNextPage") if size == "first" else ("startCursor", "hasPreviousPage")
    for _ in range(10):
        page = (await ask(actor, document, **{size: 2, cursor: at}, **more)).data["page"]
        pages.append(ids(page))
        if not page["pageInfo"][has_more]:
            return pages
        at = page["pageInfo"][end]
    raise AssertionError("the list has no end")


@pytest.mark.parametrize("document", [PAGE, PUBLIC], ids=["queue", "public list"])
async def test_walking_forward_meets_every_row_once_in_order(
    document: str, seven: list[str], ask: Ask, cast: Cast
) -> None:
    pages = await walk(ask, cast.national, document, "first", "after")

    assert pages == [seven[0:2], seven[2:4], seven[4:6], seven[6:]]


@pytest.mark.parametrize("document", [PAGE, PUBLIC], ids=["queue", "public list"])
async def test_walking_backward_meets_every_row_once_in_the_same_order(
    document: str, seven: list[str], ask: Ask, cast: Cast
) -> None:
    pages = await walk(ask, cast.national, document, "last", "before")

    assert pages == [seven[5:7], seven[3:5], seven[1:3], seven[:1]]


@pytest.mark.parametrize("order", ["OLDEST", "DUE_FIRST"])
async def test_other_orders_walk_the_other_way(order: str, seven: list[str], ask: Ask, cast: Cast) -> None:
    pages = await walk(ask, cast.national, PAGE, "first", "after", order=order)

    assert [row for page in pages for row in page] == seven[::-1]


async def test_page_says_what_is_on_either_side_and_counts_the_whole(seven: list[str], ask: Ask, cast: Cast) -> None:
    first = (await ask(cast.national, PAGE, first=3)).data["page"]
    middle = (await ask(cast.national, PAGE, first=3, after=first["pageInfo"]["endCursor"])).data["page"]

    assert ids(middle) == seven[3:6]
    assert middle["totalCount"] == 7
    assert middle["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": True,
        "startCursor": middle["edges"][0]["cursor"],
        "endCursor": middle["edges"][-1]["cursor"],
    }
    assert first["pageInfo"]["hasPreviousPage"] is False


async def test_empty_page_has_no_cursors(ask: Ask, cast: Cast) -> None:
    page = (await ask(cast.national, PAGE)).data["page"]

    assert page == {
        "totalCount": 0,
        "edges": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


async def test_new_rows_do_not_move_a_page(seven: list[str], ask: Ask, cast: Cast, a_case: Cases) -> None:
    first = (await ask(cast.national, PAGE, first=3)).data["page"]
    await a_case()

    second = (await ask(cast.national, PAGE, first=3, after=first["pageInfo"]["endCursor"])).data["page"]

    assert ids(second) == seven[3:6]


async def test_page_without_a_size_has_twenty_rows(a_case: Cases, ask: Ask, cast: Cast) -> None:
    for _ in range(21):
        await a_case()

    page = (await ask(cast.national, PAGE)).data["page"]

    assert (len(page["edges"]), page["totalCount"], page["pageInfo"]["hasNextPage"]) == (20, 21, True)


async def test_cursor_of_one_reader_opens_nothing_for_another(seven: list[str], ask: Ask, cast: Cast) -> None:
    first = (await ask(cast.national, PAGE, first=3)).data["page"]

    page = (await ask(cast.other_admin, PAGE, first=3, after=first["pageInfo"]["endCursor"])).data["page"]

    assert (ids(page), page["totalCount"]) == ([], 0)


def cursor(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


A_ROW = "01a20c54-bc1a-7215-9404-0e775b68401f"
BAD_CURSORS = {
    "empty": "",
    "no base64": "***",
    "NUL": "\x00",
    "letters outside ASCII": "é",
    "no JSON": base64.urlsafe_b64encode(b"x").decode(),
    "a number": cursor(1),
    "null": cursor(None),
    "too few": cursor(["2026-04-13T02:00:00+00:00"]),
    "no date": cursor(["kemarin", A_ROW]),
    "no id": cursor(["2026-04-13T02:00:00+00:00", "x"]),
    "no zone": cursor(["2026-04-13T02:00:00", A_ROW]),
    "numbers": cursor([1, 2]),
    "nested": cursor([[[]], {}]),
    "deep": base64.urlsafe_b64encode(b"[" * 100_000).decode(),
}


@pytest.mark.parametrize("bad", BAD_CURSORS.values(), ids=BAD_CURSORS.keys())
@pytest.mark.parametrize(("size", "at"), [("first", "after"), ("last", "before")])
async def test_cursor_we_did_not_make_is_named(bad: str, size: str, at: str, ask: Ask) -> None:
    answer = await ask(ANYONE, PUBLIC, **{size: 2, at: bad})

    assert answer.codes == ["INVALID"]
    problems = answer.errors[0]["extensions"]["problems"]
    assert [(problem["field"], problem["code"]) for problem in problems] == [(at, "BAD_CURSOR")]


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_cursor_at_the_end_of_time_is_an_empty_page_or_named(date: str, ask: Ask) -> None:
    answer = await ask(ANYONE, PUBLIC, first=2, after=cursor([date, A_ROW]))

    assert answer.codes in ([], ["INVALID"])


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"first": 0}, ("first", "OUT_OF_RANGE")),
        ({"first": -1}, ("first", "OUT_OF_RANGE")),
        ({"first": 101}, ("first", "OUT_OF_RANGE")),
        ({"first": 2**31 - 1}, ("first", "OUT_OF_RANGE")),
        ({"last": 0}, ("last", "OUT_OF_RANGE")),
        ({"last": 101}, ("last", "OUT_OF_RANGE")),
        ({"first": 5, "last": 5}, ("last", "ONE_DIRECTION")),
    ],
)
async def test_impossible_page_is_named(given: dict[str, int], problem: tuple[str, str], ask: Ask) -> None:
    answer = await ask(ANYONE, PUBLIC, **given)

    assert answer.codes == ["INVALID"]
    problems = answer.errors[0]["extensions"]["problems"]
    assert [(said["field"], said["code"]) for said in problems] == [problem]


async def test_largest_page_is_a_hundred_rows(ask: Ask) -> None:
    answer = await ask(ANYONE, PUBLIC, first=100)

    assert answer.errors == []


async def test_count_stops_at_its_ceiling(
    seven: list[str], cast: Cast, schema: strawberry.Schema, tools: Tools, context_of: ContextOf
) -> None:
    context = await context_of(cast.national)
    context.tools = replace(tools, limits=PageLimits(largest=100, count_ceiling=3))

    result = await schema.execute(
        "{ complaints(first: 5) { totalCount edges { node { id } } } }", context_value=context
    )

    assert result.data is not None
    assert (result.data["complaints"]["totalCount"], ids(result.data["complaints"])) == (3, seven[:5])
