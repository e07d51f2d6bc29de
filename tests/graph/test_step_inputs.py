"""What the mutations of admins and officers take, field by field, and which input they refuse."""

from typing import Any

import pytest

from complaints.knowledge import Knowledge
from models import new_id
from rules.vocabulary import Role, Status
from tests.graph.support import STEPS, Ask, Cases, Cast, Do, Stock, case_id, gid
from tests.support import NATIONAL, Complaints, EventsOf

BY_FIELD = {step.field: step for step in STEPS}


@pytest.mark.parametrize(
    ("field", "takes", "problems"),
    [
        ("verifyComplaint", {"title": "x" * 151}, [("title", "TOO_LONG")]),
        ("verifyComplaint", {"title": "a\x00b"}, [("title", "CONTROL_CHARACTER")]),
        ("verifyComplaint", {"regionCode": "99.99"}, [("regionCode", "UNKNOWN_REGION")]),
        ("verifyComplaint", {"place": "x" * 301}, [("place", "TOO_LONG")]),
        ("verifyComplaint", {"body": "   "}, [("body", "REQUIRED")]),
        ("verifyComplaint", {"body": "x" * 20_001}, [("body", "TOO_LONG")]),
        ("verifyComplaint", {"note": "x" * 10_001}, [("note", "TOO_LONG")]),
        ("verifyComplaint", {"tags": [f"tanda {n}" for n in range(11)]}, [("tags", "TOO_MANY")]),
        ("verifyComplaint", {"tags": ["x" * 41]}, [("tags", "TOO_LONG")]),
        ("verifyComplaint", {"title": "x" * 151, "body": ""}, [("title", "TOO_LONG"), ("body", "REQUIRED")]),
        ("returnComplaint", {"reason": "KARENA"}, [("reason", "UNKNOWN_CODE")]),
        ("returnComplaint", {"note": "x" * 10_001}, [("note", "TOO_LONG")]),
        ("returnComplaint", {"note": "a\x00b"}, [("note", "CONTROL_CHARACTER")]),
        ("deferComplaint", {"reason": "KARENA"}, [("reason", "UNKNOWN_CODE")]),
        ("deferComplaint", {"question": " "}, [("question", "REQUIRED")]),
        ("deferComplaint", {"question": "x" * 10_001}, [("question", "TOO_LONG")]),
        ("archiveComplaint", {"reason": "tidak_jelas"}, [("reason", "UNKNOWN_CODE")]),
        ("archiveComplaint", {"note": "a\x00b"}, [("note", "CONTROL_CHARACTER")]),
        ("restoreComplaint", {"note": ""}, [("note", "REQUIRED")]),
        ("addFollowUp", {"text": "\n"}, [("text", "REQUIRED")]),
        ("addFollowUp", {"text": "x" * 10_001}, [("text", "TOO_LONG")]),
        ("addFollowUp", {"text": "\x1b[31mmerah"}, [("text", "CONTROL_CHARACTER")]),
        ("closeComplaint", {"outcome": ""}, [("outcome", "REQUIRED")]),
        ("closeComplaint", {"outcome": "x" * 10_001}, [("outcome", "TOO_LONG")]),
    ],
)
async def test_invalid_input_is_named_and_changes_nothing(
    field: str, takes: dict[str, Any], problems: list[tuple[str, str]], a_case: Cases, do: Do, stock: Stock
) -> None:
    step = BY_FIELD[field]
    complaint = await a_case(step.legal, title="Jalan rusak")
    before = await stock()

    answer = await do(NATIONAL, field, **step.arguments(complaint, **takes))

    assert (answer["__typename"], answer["field"]) == ("InvalidError", problems[0][0])
    assert [(problem["field"], problem["code"]) for problem in answer["problems"]] == problems
    assert await stock() == before


async def test_title_that_cannot_be_taken_is_one_problem_and_not_also_a_missing_one(
    a_case: Cases, do: Do, stock: Stock
) -> None:
    step = BY_FIELD["verifyComplaint"]
    complaint = await a_case(step.legal)
    before = await stock()

    answer = await do(NATIONAL, step.field, **step.arguments(complaint, title="x" * 151))

    assert [(problem["field"], problem["code"]) for problem in answer["problems"]] == [("title", "TOO_LONG")]
    assert await stock() == before


@pytest.mark.parametrize(
    ("field", "input_field", "kind"),
    [
        ("verifyComplaint", "categoryId", "Category"),
        ("verifyComplaint", "agencyId", "Agency"),
        ("returnComplaint", "proposedAgencyId", "Agency"),
    ],
)
async def test_unknown_reference_is_named_by_its_field(
    field: str, input_field: str, kind: str, a_case: Cases, do: Do, stock: Stock
) -> None:
    step = BY_FIELD[field]
    complaint = await a_case(step.legal)
    before = await stock()

    answer = await do(NATIONAL, field, **step.arguments(complaint, **{input_field: gid(kind, new_id())}))

    assert (answer["__typename"], answer["field"]) == ("NotFoundError", input_field)
    assert await stock() == before


@pytest.mark.parametrize("input_field", ["categoryId", "agencyId"])
async def test_reference_of_another_type_is_invalid(input_field: str, a_case: Cases, do: Do, stock: Stock) -> None:
    step = BY_FIELD["verifyComplaint"]
    complaint = await a_case(step.legal)
    before = await stock()

    answer = await do(NATIONAL, step.field, **step.arguments(complaint, **{input_field: case_id(complaint)}))

    assert [(p["field"], p["code"]) for p in answer["problems"]] == [(input_field, "BAD_ID")]
    assert await stock() == before


async def test_agency_that_ended_cannot_be_chosen(a_case: Cases, do: Do, stock: Stock, knowledge: Knowledge) -> None:
    step = BY_FIELD["verifyComplaint"]
    complaint = await a_case(step.legal)
    before = await stock()

    ended = gid("Agency", knowledge.agency_ids["KOMINFO"])
    answer = await do(NATIONAL, step.field, **step.arguments(complaint, agencyId=ended))

    assert [(p["field"], p["code"]) for p in answer["problems"]] == [("agencyId", "ENDED")]
    assert await stock() == before


async def test_agency_admin_verifies_for_the_own_agency_only(
    a_case: Cases, cast: Cast, do: Do, stock: Stock, knowledge: Knowledge
) -> None:
    step = BY_FIELD["verifyComplaint"]
    complaint = await a_case(step.legal)
    before = await stock()

    other = gid("Agency", knowledge.agency_ids["PLN"])
    answer = await do(cast.admin, step.field, **step.arguments(complaint, agencyId=other))

    assert [(p["field"], p["code"]) for p in answer["problems"]] == [("agencyId", "NOT_YOUR_AGENCY")]
    assert await stock() == before


async def test_secrecy_cannot_be_loosened(a_case: Cases, do: Do, stock: Stock) -> None:
    step = BY_FIELD["verifyComplaint"]
    complaint = await a_case(step.legal, is_secret=True)
    before = await stock()

    answer = await do(NATIONAL, step.field, **step.arguments(complaint, isSecret=False))

    assert [(p["field"], p["code"]) for p in answer["problems"]] == [("isSecret", "CANNOT_LOOSEN")]
    assert await stock() == before


async def test_verdict_that_leaves_everything_out_names_what_nobody_proposed(
    a_complaint: Complaints, do: Do, stock: Stock
) -> None:
    complaint = await a_complaint()
    before = await stock()

    answer = await do(NATIONAL, "verifyComplaint", input={"id": case_id(complaint), "seenVersion": complaint.version})

    assert {(p["field"], p["code"]) for p in answer["problems"]} >= {("title", "REQUIRED"), ("categoryId", "REQUIRED")}
    assert await stock() == before


async def test_verdict_is_shown_as_given(a_case: Cases, do: Do, knowledge: Knowledge) -> None:
    complaint = await a_case()
    verdict = {
        "title": "Jalan Berlubang di Depan Pasar",
        "categoryId": gid("Category", knowledge.category_ids["PUPR.DRAINASE_GORONG_GORONG_PARIT"]),
        "agencyId": gid("Agency", knowledge.agency_ids["KOTA_SEMARANG"]),
        "classification": "ORDINARY",
        "urgency": "HIGH",
        "regionCode": "33.74.01",
        "place": "Depan Pasar Johar",
        "tags": ["jalan", "pasar", "jalan"],
        "body": "Jalan di depan Pasar Johar berlubang.",
        "isSecret": True,
        "note": "Sudah difoto petugas.",
    }

    answer = await do(
        NATIONAL,
        "verifyComplaint",
        """complaint {
          title category { code } agency { code } classification urgency region { code } place tags text originalText
          isSecret status messages { body audience }
        }""",
        input={"id": case_id(complaint), "seenVersion": complaint.version, **verdict},
    )

    assert answer["complaint"] == {
        "title": "Jalan Berlubang di Depan Pasar",
        "category": {"code": "PUPR.DRAINASE_GORONG_GORONG_PARIT"},
        "agency": {"code": "KOTA_SEMARANG"},
        "classification": "ORDINARY",
        "urgency": "HIGH",
        "region": {"code": "33.74.01"},
        "place": "Depan Pasar Johar",
        "tags": ["jalan", "pasar"],
        "text": "Jalan di depan Pasar Johar berlubang.",
        "originalText": "Jalan di depan pasar berlubang besar sejak minggu lalu, mohon diperbaiki",
        "isSecret": True,
        "status": "VERIFIED",
        "messages": [{"body": "Sudah difoto petugas.", "audience": "INTERNAL"}],
    }


async def test_verdict_with_destination_dispatches_in_the_same_step(
    a_case: Cases, cast: Cast, do: Do, events_of: EventsOf, knowledge: Knowledge
) -> None:
    complaint = await a_case()
    unit = gid("Agency", knowledge.agency_ids["KOTA_SEMARANG.DPU"])
    copies = [gid("Agency", knowledge.agency_ids["PLN"])]

    answer = await do(
        cast.admin,
        "verifyComplaint",
        "complaint { status version unit { code } copies { code } }",
        input={
            "id": case_id(complaint),
            "seenVersion": complaint.version,
            "title": "Jalan Rusak",
            "andDispatch": {"unitId": unit, "copyIds": copies},
        },
    )

    assert answer["complaint"] == {
        "status": "DISPATCHED",
        "version": complaint.version + 2,
        "unit": {"code": "KOTA_SEMARANG.DPU"},
        "copies": [{"code": "PLN"}],
    }
    assert [event.kind for event in (await events_of(complaint))[-2:]] == ["Verified", "Dispatched"]


@pytest.mark.parametrize(
    ("destination", "problem"),
    [
        ({"unitId": "KOTA_SEMARANG"}, ("unitId", "NOT_A_UNIT_OF_AGENCY")),
        ({"unitId": "KEMENKES.NAKES"}, ("unitId", "NOT_A_UNIT_OF_AGENCY")),
        ({"copyIds": ["PLN"] * 11}, ("copyIds", "TOO_MANY")),
        ({"copyIds": ["KOMINFO"]}, ("copyIds", "ENDED")),
    ],
    ids=["no unit", "unit of another agency", "eleven copies", "ended copy"],
)
@pytest.mark.parametrize("field", ["dispatchComplaint", "verifyComplaint"])
async def test_impossible_destination_is_refused_and_the_verdict_with_it(
    field: str,
    destination: dict[str, Any],
    problem: tuple[str, str],
    a_case: Cases,
    do: Do,
    stock: Stock,
    knowledge: Knowledge,
) -> None:
    step = BY_FIELD[field]
    complaint = await a_case(step.legal)
    before = await stock()

    def ids(codes: str | list[str]) -> str | list[str]:
        if isinstance(codes, str):
            return gid("Agency", knowledge.agency_ids[codes])
        return [gid("Agency", knowledge.agency_ids[code]) for code in codes]

    wanted = {name: ids(codes) for name, codes in destination.items()}
    argument = {"destination" if field == "dispatchComplaint" else "andDispatch": wanted}
    answer = await do(NATIONAL, field, **step.arguments(complaint, **argument))

    assert [(p["field"], p["code"]) for p in answer["problems"]] == [problem]
    assert await stock() == before


@pytest.mark.parametrize("input_field", ["unitId", "copyIds"])
async def test_unknown_destination_is_not_found(input_field: str, a_case: Cases, do: Do, stock: Stock) -> None:
    step = BY_FIELD["dispatchComplaint"]
    complaint = await a_case(step.legal)
    before = await stock()

    unknown = gid("Agency", new_id())
    wanted = {input_field: unknown if input_field == "unitId" else [unknown]}
    answer = await do(NATIONAL, step.field, **step.arguments(complaint, destination=wanted))

    assert (answer["__typename"], answer["field"]) == ("NotFoundError", input_field)
    assert await stock() == before


async def test_returned_complaint_leaves_the_sight_of_the_agency(a_case: Cases, cast: Cast, do: Do, ask: Ask) -> None:
    step = BY_FIELD["returnComplaint"]
    complaint = await a_case(step.legal, unit=None)

    answer = await do(cast.admin, step.field, **step.arguments(complaint))

    assert answer == {"__typename": "ReturnComplaintPayload", "complaint": None}
    seen = await ask(
        NATIONAL, "query($id: ID!) { complaint(id: $id) { hops queueAgency { code } } }", id=case_id(complaint)
    )
    assert seen.data == {"complaint": {"hops": 1, "queueAgency": None}}


async def test_unit_returns_to_the_admin_of_its_agency(a_case: Cases, cast: Cast, do: Do, ask: Ask) -> None:
    step = BY_FIELD["returnComplaint"]
    complaint = await a_case(step.legal)

    answer = await do(cast.officer, step.field, **step.arguments(complaint))

    assert answer == {"__typename": "ReturnComplaintPayload", "complaint": None}
    seen = await ask(
        cast.admin,
        "query($id: ID!) { complaint(id: $id) { status hops queueAgency { code } unit { code } } }",
        id=case_id(complaint),
    )
    assert seen.data["complaint"] == {
        "status": "UNVERIFIED",
        "hops": 1,
        "queueAgency": {"code": "KOTA_SEMARANG"},
        "unit": None,
    }


@pytest.mark.parametrize(
    ("audience", "status"),
    [("EVERYONE", "IN_PROGRESS"), ("PARTIES", "IN_PROGRESS"), ("INTERNAL", "DISPATCHED")],
)
async def test_answer_moves_the_status_and_a_note_does_not(
    audience: str, status: str, a_case: Cases, cast: Cast, do: Do
) -> None:
    complaint = await a_case(Status.DISPATCHED)

    answer = await do(
        cast.officer,
        "addFollowUp",
        "complaint { status messages { body audience authorRole agency { code } } }",
        input={
            "id": case_id(complaint),
            "seenVersion": complaint.version,
            "text": "Alat berat datang besok.",
            "audience": audience,
        },
    )

    assert answer["complaint"] == {
        "status": status,
        "messages": [
            {
                "body": "Alat berat datang besok.",
                "audience": audience,
                "authorRole": Role.UNIT_OFFICER.name,
                "agency": {"code": "KOTA_SEMARANG.DPU"},
            }
        ],
    }
