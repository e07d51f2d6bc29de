"""Which fields a reader sees, by how close they stand to the case: the public, the reporter, whoever handles it."""

from typing import Any

import pytest
import strawberry

from complaints.audiences import AUDIENCE_OF
from complaints.policy import ANYONE, Actor, audiences_of
from models import Complaint
from rules.vocabulary import Audience
from tests.graph.support import Ask, Cases, Cast, camel, case_id, complaint_type, everything

# What depends on other complaints and not on this one's columns: tests/graph/test_finding.py.
OF_OTHERS = {"mergedInto", "children", "similar"}
STANDINGS = {"public": Audience.EVERYONE, "reporter": Audience.PARTIES, "handler": Audience.INTERNAL}


@pytest.fixture
def actors(a_case: Cases, cast: Cast, a_full_case: Complaint) -> dict[str, Actor]:
    """One reader of each standing."""
    return {"public": ANYONE, "reporter": a_case.ticket(a_full_case), "handler": cast.national}


@pytest.fixture
async def seen(
    ask: Ask, schema: strawberry.Schema, actors: dict[str, Actor], a_full_case: Complaint
) -> dict[str, dict[str, Any]]:
    """All fields of a complaint that has a value in each of them, as each reader sees it."""
    document = f"query($id: ID!) {{ complaint(id: $id) {{ {everything(complaint_type(schema), 2)} }} }}"
    answers = {name: await ask(actor, document, id=case_id(a_full_case)) for name, actor in actors.items()}
    return {name: answer.data["complaint"] for name, answer in answers.items()}


@pytest.mark.parametrize("who", STANDINGS)
async def test_every_field_is_there_for_its_audience_and_absent_for_others(
    who: str, seen: dict[str, dict[str, Any]]
) -> None:
    reach = audiences_of(STANDINGS[who])

    absent = {name for name, value in seen[who].items() if value is None or value == []}

    hidden = {camel(name) for name, least in AUDIENCE_OF["Complaint"].items() if least not in reach}
    assert absent - OF_OTHERS == (hidden | ({"allowedActions"} if who == "public" else set())) - OF_OTHERS
    assert seen[who].keys() == {camel(name) for name in AUDIENCE_OF["Complaint"]}


@pytest.mark.parametrize("who", STANDINGS)
async def test_every_field_of_an_event_is_there_for_its_audience_and_absent_for_others(
    who: str, seen: dict[str, dict[str, Any]]
) -> None:
    reach = audiences_of(STANDINGS[who])

    closed = next(event for event in seen[who]["events"] if event["kind"] == "Closed")

    absent = {camel(name) for name, least in AUDIENCE_OF["ComplaintEvent"].items() if least not in reach}
    # Level by level: the agency is an object, asked for one level further down.
    assert {name for name, value in closed.items() if value is None} == absent - {"agency"}


@pytest.mark.parametrize(
    ("who", "kinds"),
    [
        ("public", ["Submitted", "Dispatched", "FollowedUp", "FollowedUp", "Closed"]),
        ("reporter", ["Submitted", "Dispatched", "FollowedUp", "FollowedUp", "Replied", "Closed", "Rated"]),
        (
            "handler",
            [
                "Submitted", "Suggested", "Routed", "Verified", "Dispatched", "Noted", "FollowedUp", "FollowedUp",
                "Replied", "Closed", "Rated",
            ],
        ),
    ],
)  # fmt: skip
async def test_history_tells_each_reader_what_happened_for_them(
    who: str, kinds: list[str], seen: dict[str, dict[str, Any]]
) -> None:
    assert [event["kind"] for event in seen[who]["events"]] == kinds


@pytest.mark.parametrize(
    ("who", "bodies"),
    [
        ("public", ["Untuk EVERYONE.", "Jalan sudah ditambal."]),
        ("reporter", ["Untuk PARTIES.", "Untuk EVERYONE.", "Terima kasih.", "Jalan sudah ditambal."]),
        ("handler", ["Untuk INTERNAL.", "Untuk PARTIES.", "Untuk EVERYONE.", "Terima kasih.", "Jalan sudah ditambal."]),
    ],
)
async def test_messages_reach_exactly_their_audience(
    who: str, bodies: list[str], seen: dict[str, dict[str, Any]]
) -> None:
    assert [message["body"] for message in seen[who]["messages"]] == bodies


async def test_reporter_may_not_see_what_the_admin_corrected(
    ask: Ask, actors: dict[str, Actor], a_full_case: Complaint
) -> None:
    document = "query($id: ID!) { complaint(id: $id) { events { kind data } suggestion { version } route { kind } } }"

    reporter = await ask(actors["reporter"], document, id=case_id(a_full_case))
    handler = await ask(actors["handler"], document, id=case_id(a_full_case))

    assert {event["data"] for event in reporter.data["complaint"]["events"]} == {None}
    assert (reporter.data["complaint"]["suggestion"], reporter.data["complaint"]["route"]) == (None, None)
    verified = next(event for event in handler.data["complaint"]["events"] if event["kind"] == "Verified")
    assert verified["data"]["corrected"]["title"] == [None, None]


async def test_hidden_field_costs_no_statement(ask: Ask, a_full_case: Complaint, statements: list[str]) -> None:
    document = "query($id: ID!) { complaint(id: $id) { id suggestion { version } route { kind } copies { code } } }"
    statements.clear()

    answer = await ask(ANYONE, document, id=case_id(a_full_case))

    assert answer.data["complaint"]["suggestion"] is None
    assert len(statements) == 1


async def test_copy_reader_is_a_handler(ask: Ask, cast: Cast, a_full_case: Complaint) -> None:
    answer = await ask(
        Actor(cast.admin.role, agency_id=cast.other_hub.agency_id),
        "query($id: ID!) { complaint(id: $id) { hops route { kind } allowedActions } }",
        id=case_id(a_full_case),
    )

    assert answer.data["complaint"] == {"hops": 0, "route": {"kind": "REPORTER_CHOICE"}, "allowedActions": []}
