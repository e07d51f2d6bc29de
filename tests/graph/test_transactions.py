"""A mutation and what is read after it in the same document: every field sees what was committed before it."""

from typing import Any

from complaints.policy import ANYONE
from rules.vocabulary import Status
from tests.graph.support import Ask, Cases, Cast, Do, Stock, case_id

TEXT = "Jalan di depan pasar berlubang besar sejak minggu lalu"


async def test_payload_sees_its_own_write(a_case: Cases, cast: Cast, do: Do) -> None:
    complaint = await a_case(Status.DISPATCHED)

    answer = await do(
        cast.officer,
        "addFollowUp",
        "complaint { version status respondedAt messages { body } events { kind } clocks { clock stoppedAt } }",
        input={"id": case_id(complaint), "seenVersion": complaint.version, "text": "Alat berat datang besok."},
    )

    seen = answer["complaint"]
    assert (seen["version"], seen["status"]) == (complaint.version + 1, "IN_PROGRESS")
    assert seen["respondedAt"] == "2026-04-13T02:00:00+00:00"
    assert [message["body"] for message in seen["messages"]] == ["Alat berat datang besok."]
    assert seen["events"][-1] == {"kind": "FollowedUp"}
    assert {clock["clock"]: clock["stoppedAt"] is not None for clock in seen["clocks"]} == {
        "VERIFICATION": True,
        "FIRST_RESPONSE": True,
        "COMPLETION": False,
        "REPLY_WINDOW": False,
    }


TWO = """mutation($id: ID!, $first: Int!, $second: Int!) {
  one: addFollowUp(input: {id: $id, seenVersion: $first, text: "Pertama."}) { ...Seen }
  two: addFollowUp(input: {id: $id, seenVersion: $second, text: "Kedua."}) { ...Seen }
}
fragment Seen on AddFollowUpResult {
  __typename
  ... on AddFollowUpPayload { complaint { version messages { body } } }
  ... on StaleError { currentVersion }
}"""


async def test_second_mutation_of_a_document_sees_the_first(a_case: Cases, cast: Cast, ask: Ask) -> None:
    complaint = await a_case(Status.DISPATCHED)
    version = complaint.version

    answer = await ask(cast.officer, TWO, id=case_id(complaint), first=version, second=version + 1)

    assert answer.data == {
        "one": {
            "__typename": "AddFollowUpPayload",
            "complaint": {"version": version + 1, "messages": [{"body": "Pertama."}]},
        },
        "two": {
            "__typename": "AddFollowUpPayload",
            "complaint": {"version": version + 2, "messages": [{"body": "Pertama."}, {"body": "Kedua."}]},
        },
    }


async def test_second_mutation_that_did_not_expect_the_first_is_stale(a_case: Cases, cast: Cast, ask: Ask) -> None:
    complaint = await a_case(Status.DISPATCHED)
    version = complaint.version

    answer = await ask(cast.officer, TWO, id=case_id(complaint), first=version, second=version)

    assert answer.data["one"]["complaint"]["version"] == version + 1
    assert answer.data["two"] == {"__typename": "StaleError", "currentVersion": version + 1}


async def test_refused_mutation_does_not_take_the_one_before_it_back(a_case: Cases, cast: Cast, ask: Ask) -> None:
    complaint = await a_case(Status.DISPATCHED)
    version = complaint.version

    await ask(cast.officer, TWO, id=case_id(complaint), first=version, second=version)
    seen = await ask(
        cast.officer, "query($id: ID!) { complaint(id: $id) { messages { body } } }", id=case_id(complaint)
    )

    assert seen.data["complaint"]["messages"] == [{"body": "Pertama."}]


async def test_report_and_the_verdict_on_it_in_one_document(cast: Cast, ask: Ask) -> None:
    answer = await ask(
        cast.national,
        """mutation($input: SubmitComplaintInput!) {
          one: submitComplaint(input: $input) { ... on SubmitComplaintPayload { complaint { status } } }
          two: submitComplaint(input: $input) { ... on SubmitComplaintPayload { isRepeat complaint { status } } }
        }""",
        input={"text": TEXT, "idempotencyKey": "kunci-acak-0123456789"},
    )

    assert answer.data == {
        "one": {"complaint": {"status": "UNVERIFIED"}},
        "two": {"isRepeat": True, "complaint": {"status": "UNVERIFIED"}},
    }


async def test_mutation_whose_answer_cannot_be_given_is_not_run(
    a_case: Cases, cast: Cast, ask: Ask, stock: Stock
) -> None:
    complaint = await a_case(Status.DISPATCHED)
    seen: dict[str, Any] = {"id": case_id(complaint), "seenVersion": complaint.version, "text": "Halo"}
    before = await stock()

    answer = await ask(
        cast.officer,
        "mutation($input: AddFollowUpInput!) { addFollowUp(input: $input) { __typename } tidakAda }",
        input=seen,
    )

    assert (answer.data, answer.codes) == (None, ["BAD_REQUEST"])
    assert await stock() == before


async def test_query_writes_nothing(a_case: Cases, cast: Cast, ask: Ask, stock: Stock) -> None:
    complaint = await a_case(Status.DISPATCHED)
    before = await stock()

    for actor in (ANYONE, cast.national, cast.officer, a_case.ticket(complaint)):
        await ask(
            actor,
            """query($id: ID!) { complaint(id: $id) { title events { kind } } publicComplaints { totalCount }
                 agencies { totalCount } me { login } suggest(text: "Jalan rusak") { titles } }""",
            id=case_id(complaint),
        )

    assert await stock() == before
