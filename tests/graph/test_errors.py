"""What becomes of an error nobody expected, and of ids nobody made."""

import base64
from collections.abc import MutableMapping
from typing import Any

import pytest
import strawberry

from complaints.policy import ANYONE
from complaints.suggest import Adviser, Question
from models import new_id
from tests.graph.support import Ask, ContextOf, Stock, gid, mutation

SECRET = "zamrudwati rahasia"


class Broken(Adviser):
    """Fails in a way nobody expects."""

    async def advise(self, question: Question) -> None:
        raise RuntimeError(f"{SECRET}: {question.text}")


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ('{ suggest(text: "Jalan rusak") { titles } }', {}),
        (mutation("submitComplaint"), {"input": {"text": "Jalan di depan pasar berlubang"}}),
    ],
    ids=["query", "mutation"],
)
async def test_unexpected_error_is_masked_with_its_number_and_logged(
    document: str,
    variables: dict[str, Any],
    schema: strawberry.Schema,
    context_of: ContextOf,
    logs: list[MutableMapping[str, Any]],
    stock: Stock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = await context_of(ANYONE, request_id="nomor4711")
    monkeypatch.setattr(Adviser, "advise", Broken.advise)
    before = await stock()

    result = await schema.execute(document, variable_values=variables, context_value=context)

    field = next(iter(result.errors or [])).path
    assert [dict(error.formatted) for error in result.errors or []] == [
        {
            "message": "Terjadi kesalahan pada sistem. Sebutkan nomor nomor4711 bila menghubungi kami.",
            "locations": (result.errors or [])[0].formatted["locations"],
            "path": field,
            "extensions": {
                "code": "UNEXPECTED",
                "messageEn": "Something went wrong on our side. Please mention nomor4711 when you contact us.",
            },
        }
    ]
    assert [(entry["event"], entry["log_level"], entry["path"]) for entry in logs] == [
        ("graphql.unexpected", "error", field)
    ]
    assert SECRET in str(logs[0]["exc_info"])
    assert await stock() == before


async def test_refusal_is_an_answer_and_not_logged(ask: Ask, logs: list[MutableMapping[str, Any]]) -> None:
    answer = await ask(ANYONE, '{ complaints { totalCount } trackComplaint(code: "x", pin: "x") { id } }')

    assert sorted(answer.codes) == ["NOT_FOUND", "NOT_SIGNED_IN"]
    assert logs == []


MALFORMED = {
    "empty": "",
    "no base64": "***",
    "no colon": base64.b64encode(b"Complaint").decode(),
    "no uuid": base64.b64encode(b"Complaint:1").decode(),
    "uuid with blanks": base64.b64encode(f"Complaint: {new_id()} ".encode()).decode(),
    "NUL": base64.b64encode(b"Complaint:\x00").decode(),
    "no text": base64.b64encode(b"\xff\xfe:\xff").decode(),
    "letters outside ASCII": "é",
    "NUL alone": "\x00",
    "long": "Q" * 100_000,
}


@pytest.mark.parametrize("malformed", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("field", ["complaint", "node"])
async def test_malformed_id_is_never_an_unexpected_error(field: str, malformed: str, ask: Ask) -> None:
    answer = await ask(ANYONE, f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}", id=malformed)

    assert answer.data == {field: None}
    assert answer.codes in ([], ["INVALID"])


async def test_id_of_another_type_is_refused_by_name(ask: Ask) -> None:
    answer = await ask(ANYONE, "query($id: ID!) { complaint(id: $id) { id } }", id=gid("Agency", new_id()))

    assert answer.codes == ["INVALID"]
    assert answer.errors[0]["extensions"]["problems"] == [
        {
            "field": "id",
            "code": "BAD_ID",
            "message": "Bukan id yang dikenal di sini; pakai nilai id dari jawaban API.",
            "messageEn": "Not an id that fits here; use the value of an id from an answer.",
        }
    ]


@pytest.mark.parametrize("kind", ["Person", "Message", "Session", "Query", "Complaintx", "complaint", ""])
async def test_node_of_a_type_that_is_no_node_is_null(kind: str, ask: Ask) -> None:
    answer = await ask(ANYONE, "query($id: ID!) { node(id: $id) { id } }", id=gid(kind, new_id()))

    assert answer.data == {"node": None}


@pytest.mark.parametrize("field", ["categoryId", "agencyId", "unitId"])
async def test_filter_names_the_id_that_is_wrong(field: str, ask: Ask, cast: Any) -> None:
    answer = await ask(
        cast.national,
        "query($filter: ComplaintFilter) { complaints(filter: $filter) { totalCount } }",
        filter={field: gid("Complaint", new_id())},
    )

    assert answer.codes == ["INVALID"]
    assert answer.errors[0]["extensions"]["field"] == f"filter.{field}"


@pytest.mark.parametrize("field", ["regionCode", "tag"])
@pytest.mark.parametrize(("text", "code"), [("a\x00b", "CONTROL_CHARACTER"), ("x" * 200, "TOO_LONG")])
async def test_filter_names_the_text_that_is_wrong(field: str, text: str, code: str, ask: Ask, cast: Any) -> None:
    answer = await ask(
        cast.national,
        "query($filter: ComplaintFilter) { complaints(filter: $filter) { totalCount } }",
        filter={field: text},
    )

    assert [(p["field"], p["code"]) for p in answer.errors[0]["extensions"]["problems"]] == [(f"filter.{field}", code)]


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("query($t: String!) { trackComplaint(code: $t, pin: $t) { id } }", "\x00"),
        ("query($t: String!) { trackComplaint(code: $t, pin: $t) { id } }", "x" * 100_000),
        ("query($t: String!) { trackComplaint(code: $t, pin: $t) { id } }", "é\U0001f600"),
        ("query($t: String!) { agencies(search: $t) { totalCount } }", "\x00"),
        ("query($t: String!) { agencies(search: $t) { totalCount } }", "x" * 100_000),
        ("query($t: String!) { regions(search: $t) { code } }", "\x00"),
        ("query($t: String!) { regions(search: $t) { code } }", "x" * 100_000),
        ("query($t: String!) { regions(parent: $t) { code } }", "\x00"),
        ("query($t: String!) { suggest(text: $t, title: $t, place: $t) { titles } }", "\x00"),
        ("query($t: String!) { suggest(text: $t, title: $t, place: $t) { titles } }", "x" * 100_000),
        ("query($t: String!) { suggest(text: $t) { titles } }", "\U0001f600"),
    ],
)
async def test_any_text_is_answered_or_refused_but_never_unexpected(document: str, text: str, ask: Ask) -> None:
    answer = await ask(ANYONE, document, t=text)

    assert set(answer.codes) <= {"INVALID", "NOT_FOUND"}
