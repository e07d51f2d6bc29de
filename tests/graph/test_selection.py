"""However a field is asked for - by fragment, alias, inline fragment or condition - its answer is the same."""

import pytest

from complaints.policy import ANYONE
from complaints.suggest import Advice
from rules.vocabulary import Status
from tests.graph.support import Ask, Cases, Cast, case_id

EXPECTED = {"title": "Lampu Jalan Mati", "suggestion": {"version": "0123456789abcdef"}}
DOCUMENTS = {
    "plain": "query($id: ID!) { complaint(id: $id) { title suggestion { version } } }",
    "fragment": """query($id: ID!) { complaint(id: $id) { ...F } }
        fragment F on Complaint { title suggestion { version } }""",
    "fragment in a fragment": """query($id: ID!) { complaint(id: $id) { ...A } }
        fragment A on Complaint { title ...B } fragment B on Complaint { suggestion { ...C } }
        fragment C on Suggestion { version }""",
    "inline fragment": """query($id: ID!) { complaint(id: $id) {
        ... on Complaint { title } ... { suggestion { version } } } }""",
    "inline fragment on the interface": """query($id: ID!) { complaint(id: $id) {
        ... on Node { ... on Complaint { title suggestion { version } } } } }""",
    "included": """query($id: ID!, $yes: Boolean! = true) { complaint(id: $id) {
        title @include(if: $yes) suggestion @skip(if: false) { version } } }""",
    "included fragment": """query($id: ID!, $yes: Boolean! = true) { complaint(id: $id) {
        ...F @include(if: $yes) ... @include(if: $yes) { title } } }
        fragment F on Complaint { suggestion { version } }""",
    "asked twice": """query($id: ID!) { complaint(id: $id) { title title ...F suggestion { version } } }
        fragment F on Complaint { suggestion { version } title }""",
    "fragment used twice": """query($id: ID!) { complaint(id: $id) { ...F ...F } }
        fragment F on Complaint { title suggestion { version } }""",
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
async def test_answer_does_not_depend_on_the_way_of_asking(
    document: str, a_case: Cases, cast: Cast, advice: Advice, ask: Ask
) -> None:
    complaint = await a_case(Status.DISPATCHED, advice=advice)

    answer = await ask(cast.national, document, id=case_id(complaint))

    assert answer.data == {"complaint": EXPECTED}


async def test_aliases_of_one_complaint_are_answered_apart(a_case: Cases, cast: Cast, advice: Advice, ask: Ask) -> None:
    complaint = await a_case(Status.DISPATCHED, advice=advice)

    answer = await ask(
        cast.national,
        """query($id: ID!) {
          bare: complaint(id: $id) { id }
          full: complaint(id: $id) { called: title heard: suggestion { version } }
          page: complaints { edges { node { called: title } } }
        }""",
        id=case_id(complaint),
    )

    assert answer.data == {
        "bare": {"id": case_id(complaint)},
        "full": {"called": "Lampu Jalan Mati", "heard": {"version": "0123456789abcdef"}},
        "page": {"edges": [{"node": {"called": "Lampu Jalan Mati"}}]},
    }


async def test_field_left_out_by_a_condition_is_not_answered(a_case: Cases, cast: Cast, ask: Ask) -> None:
    complaint = await a_case()

    answer = await ask(
        cast.national,
        """query($id: ID!, $no: Boolean!) { complaint(id: $id) {
             id title @include(if: $no) ...F @include(if: $no) ... on Complaint @skip(if: true) { place } } }
           fragment F on Complaint { text }""",
        id=case_id(complaint),
        no=False,
    )

    assert answer.data == {"complaint": {"id": case_id(complaint)}}


@pytest.mark.parametrize("name", ["typename", "node of an agency"])
async def test_node_of_any_type_answers_through_the_interface(name: str, a_case: Cases, ask: Ask) -> None:
    complaint = await a_case(Status.DISPATCHED)
    found = await ask(ANYONE, '{ agencies(search: "PLN") { edges { node { id code } } } }')
    agency = found.data["agencies"]["edges"][0]["node"]
    document = "query($id: ID!) { node(id: $id) { __typename id ... on Complaint { status } ... on Agency { code } } }"

    asked = case_id(complaint) if name == "typename" else agency["id"]
    answer = await ask(ANYONE, document, id=asked)

    assert answer.data["node"] == (
        {"__typename": "Complaint", "id": asked, "status": "DISPATCHED"}
        if name == "typename"
        else {"__typename": "Agency", **agency}
    )
