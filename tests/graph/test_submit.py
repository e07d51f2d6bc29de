"""Filing a report: the receipt, what is stored, and each "no"."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
import strawberry
from sqlalchemy import select

from complaints.knowledge import Knowledge
from complaints.policy import ANYONE, Actor
from complaints.refusals import NotSignedIn
from models import Complaint, ComplaintReporter, new_id
from rules.vocabulary import Channel, Role
from tests.graph.support import Ask, Cast, ContextOf, Do, Stock, gid, mutation
from tests.support import NATIONAL, ActorOf, Clock, WorkAs

TEXT = "Jalan di depan pasar berlubang besar sejak minggu lalu"
EVERYTHING = """trackingCode pin isRepeat complaint {
  status version reportType channel isAnonymous isSecret title text originalTitle originalText place
  category { code } chosenAgency { code } region { code } latitude longitude incidentOn isMine submittedAt
  events { kind } messages { body }
}"""


async def test_text_alone_is_enough(do: Do) -> None:
    answer = await do(ANYONE, "submitComplaint", EVERYTHING, input={"text": TEXT})

    assert answer["__typename"] == "SubmitComplaintPayload"
    assert (len(answer["pin"]), answer["pin"].isdigit(), answer["isRepeat"]) == (6, True, False)
    assert answer["complaint"] == {
        "status": "UNVERIFIED",
        "version": 2,
        "reportType": "COMPLAINT",
        "channel": "WEB",
        "isAnonymous": False,
        "isSecret": False,
        "title": None,
        "text": TEXT,
        "originalTitle": None,
        "originalText": TEXT,
        "place": None,
        "category": None,
        "chosenAgency": None,
        "region": None,
        "latitude": None,
        "longitude": None,
        "incidentOn": None,
        "isMine": True,
        "submittedAt": "2026-04-13T02:00:00+00:00",
        "events": [{"kind": "Submitted"}],
        "messages": [],
    }


async def test_everything_given_is_kept(do: Do, knowledge: Knowledge) -> None:
    given = {
        "title": "Jalan rusak",
        "reportType": "ASPIRATION",
        "categoryId": gid("Category", knowledge.category_ids["PUPR.INFRASTRUKTUR_JALAN"]),
        "agencyId": gid("Agency", knowledge.agency_ids["KOTA_SEMARANG"]),
        "regionCode": "33.74.01",
        "place": "Pasar Johar",
        "latitude": -6.97,
        "longitude": 110.42,
        "incidentOn": "2026-04-12",
        "isAnonymous": True,
        "isSecret": True,
        "channel": "ANDROID",
        "entryAgencyId": gid("Agency", knowledge.agency_ids["KOTA_SEMARANG"]),
        "contact": {"name": "Sari", "email": "sari@contoh.id", "phone": "081234567890"},
    }

    answer = await do(ANYONE, "submitComplaint", EVERYTHING, input={"text": TEXT, **given})

    assert answer["complaint"] == {
        "status": "UNVERIFIED",
        "version": 2,
        "reportType": "ASPIRATION",
        "channel": "ANDROID",
        "isAnonymous": True,
        "isSecret": True,
        "title": "Jalan rusak",
        "text": TEXT,
        "originalTitle": "Jalan rusak",
        "originalText": TEXT,
        "place": "Pasar Johar",
        "category": {"code": "PUPR.INFRASTRUKTUR_JALAN"},
        "chosenAgency": {"code": "KOTA_SEMARANG"},
        "region": {"code": "33.74.01"},
        "latitude": -6.97,
        "longitude": 110.42,
        "incidentOn": "2026-04-12",
        "isMine": True,
        "submittedAt": "2026-04-13T02:00:00+00:00",
        "events": [{"kind": "Submitted"}],
        "messages": [],
    }


async def test_receipt_opens_the_complaint(do: Do, ask: Ask) -> None:
    receipt = await do(ANYONE, "submitComplaint", input={"text": TEXT})

    found = await ask(
        ANYONE,
        "query($code: String!, $pin: String!) { trackComplaint(code: $code, pin: $pin) { id } }",
        code=receipt["trackingCode"],
        pin=receipt["pin"],
    )

    assert found.data["trackComplaint"]["id"] == receipt["complaint"]["id"]


@pytest.mark.parametrize("code", ["{}", " {} ", "<lower>"], ids=["as printed", "with blanks", "in lower case"])
async def test_code_is_read_as_people_type_it(code: str, do: Do, ask: Ask) -> None:
    receipt = await do(ANYONE, "submitComplaint", input={"text": TEXT})
    printed = receipt["trackingCode"]

    found = await ask(
        ANYONE,
        "query($code: String!, $pin: String!) { trackComplaint(code: $code, pin: $pin) { id } }",
        code=printed.lower() if code == "<lower>" else code.format(printed),
        pin=f" {receipt['pin']} ",
    )

    assert found.data["trackComplaint"]["id"] == receipt["complaint"]["id"]


async def test_account_files_in_its_own_name(do: Do, ask: Ask, a_person: ActorOf) -> None:
    citizen, other = await a_person(Role.REPORTER), await a_person(Role.REPORTER)
    document = "{ myComplaints { totalCount edges { node { id isMine } } } }"

    receipt = await do(citizen, "submitComplaint", input={"text": TEXT})
    mine, theirs = await ask(citizen, document), await ask(other, document)

    assert mine.data["myComplaints"] == {
        "totalCount": 1,
        "edges": [{"node": {"id": receipt["complaint"]["id"], "isMine": True}}],
    }
    assert theirs.data["myComplaints"] == {"totalCount": 0, "edges": []}


@pytest.mark.parametrize("role", [Role.CHANNEL_OFFICER, Role.NATIONAL_ADMIN])
async def test_clerk_files_on_behalf_of_a_citizen(role: Role, do: Do, a_person: ActorOf, work_as: WorkAs) -> None:
    clerk = await a_person(role, "KOTA_SEMARANG" if role is Role.CHANNEL_OFFICER else None)

    receipt = await do(clerk, "submitComplaint", "complaint { id isMine }", input={"text": TEXT, "channel": "WALK_IN"})

    assert receipt["complaint"]["isMine"] is False
    async with work_as(NATIONAL) as work:
        filed = (await work.session.scalars(select(ComplaintReporter))).one()
    assert (filed.person_id, filed.entered_by_id) == (None, clerk.id)


async def test_repeat_with_the_same_key_returns_the_first_receipt(do: Do, stock: Stock) -> None:
    wanted = {"text": TEXT, "idempotencyKey": "kunci-acak-0123456789"}
    first = await do(ANYONE, "submitComplaint", input=wanted)
    before = await stock()

    again = await do(ANYONE, "submitComplaint", input=wanted)

    assert again == {**first, "isRepeat": True}
    assert await stock() == before


async def test_key_of_another_report_is_refused(do: Do, stock: Stock) -> None:
    await do(ANYONE, "submitComplaint", input={"text": TEXT, "idempotencyKey": "kunci-acak-0123456789"})
    before = await stock()

    other = {"text": f"{TEXT}.", "idempotencyKey": "kunci-acak-0123456789"}
    answer = await do(ANYONE, "submitComplaint", input=other)

    assert [(p["field"], p["code"]) for p in answer["problems"]] == [("idempotencyKey", "KEY_REUSED")]
    assert await stock() == before


async def test_same_key_of_two_accounts_does_not_meet(do: Do, a_person: ActorOf) -> None:
    wanted = {"text": TEXT, "idempotencyKey": "kunci-acak-0123456789"}
    first = await do(await a_person(Role.REPORTER), "submitComplaint", input=wanted)

    second = await do(await a_person(Role.REPORTER), "submitComplaint", input=wanted)

    assert second["isRepeat"] is False
    assert second["trackingCode"] != first["trackingCode"]


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"text": ""}, [("text", "REQUIRED")]),
        ({"text": "sembilan!"}, [("text", "TOO_SHORT")]),
        ({"text": " " * 50}, [("text", "REQUIRED")]),
        ({"text": "x" * 20_001}, [("text", "TOO_LONG")]),
        ({"text": f"{TEXT}\x00"}, [("text", "CONTROL_CHARACTER")]),
        ({"text": f"{TEXT}\ud800"}, [("text", "CONTROL_CHARACTER")]),
        ({"title": "x" * 151}, [("title", "TOO_LONG")]),
        ({"place": "x" * 301}, [("place", "TOO_LONG")]),
        ({"regionCode": "00"}, [("regionCode", "UNKNOWN_REGION")]),
        ({"regionCode": "33.74\x00"}, [("regionCode", "UNKNOWN_REGION")]),
        ({"latitude": -6.9}, [("longitude", "POINT_INCOMPLETE")]),
        ({"longitude": 110.4}, [("latitude", "POINT_INCOMPLETE")]),
        ({"latitude": 91, "longitude": 0}, [("latitude", "OUT_OF_RANGE")]),
        ({"latitude": 0, "longitude": -181}, [("longitude", "OUT_OF_RANGE")]),
        ({"incidentOn": "2026-04-14"}, [("incidentOn", "IN_FUTURE")]),
        ({"idempotencyKey": "pendek"}, [("idempotencyKey", "KEY_LENGTH")]),
        ({"idempotencyKey": "x" * 201}, [("idempotencyKey", "KEY_LENGTH")]),
        ({"contact": {"name": "x" * 201}}, [("contact.name", "TOO_LONG")]),
        ({"contact": {"phone": "0" * 41}}, [("contact.phone", "TOO_LONG")]),
        ({"contact": {"email": "bukan surel"}}, [("contact.email", "NOT_AN_EMAIL")]),
        ({"contact": {"name": "a\x00b"}}, [("contact.name", "CONTROL_CHARACTER")]),
        ({"text": "", "latitude": 91, "longitude": 0}, [("text", "REQUIRED"), ("latitude", "OUT_OF_RANGE")]),
    ],
)  # fmt: skip
async def test_invalid_report_names_every_problem_and_stores_nothing(
    given: dict[str, Any], problems: list[tuple[str, str]], do: Do, stock: Stock
) -> None:
    before = await stock()

    answer = await do(ANYONE, "submitComplaint", input={"text": TEXT, **given})

    assert [(p["field"], p["code"]) for p in answer["problems"]] == problems
    assert await stock() == before


@pytest.mark.parametrize(
    ("field", "kind"), [("categoryId", "Category"), ("agencyId", "Agency"), ("entryAgencyId", "Agency")]
)
async def test_unknown_reference_is_not_found(field: str, kind: str, do: Do, stock: Stock) -> None:
    before = await stock()

    answer = await do(ANYONE, "submitComplaint", input={"text": TEXT, field: gid(kind, new_id())})

    assert (answer["__typename"], answer["field"]) == ("NotFoundError", field)
    assert await stock() == before


@pytest.mark.parametrize("field", ["categoryId", "agencyId", "entryAgencyId"])
async def test_reference_of_another_type_is_invalid(field: str, do: Do, stock: Stock) -> None:
    before = await stock()

    answer = await do(ANYONE, "submitComplaint", input={"text": TEXT, field: gid("Complaint", new_id())})

    assert [(p["field"], p["code"]) for p in answer["problems"]] == [(field, "BAD_ID")]
    assert await stock() == before


@pytest.mark.parametrize("field", ["agencyId", "entryAgencyId"])
async def test_agency_that_ended_cannot_be_addressed(field: str, do: Do, stock: Stock, knowledge: Knowledge) -> None:
    before = await stock()

    ended = gid("Agency", knowledge.agency_ids["KOMINFO"])
    answer = await do(ANYONE, "submitComplaint", input={"text": TEXT, field: ended})

    assert [(p["field"], p["code"]) for p in answer["problems"]] == [(field, "ENDED")]
    assert await stock() == before


@pytest.mark.parametrize("who", ["admin", "officer", "overseer", "auditor", "data_staff", "hub", "narrow_service"])
async def test_staff_without_a_counter_may_not_file(who: str, cast: Cast, do: Do, stock: Stock) -> None:
    actor: Actor = getattr(cast, who)
    before = await stock()

    answer = await do(actor, "submitComplaint", input={"text": TEXT})

    assert (answer["__typename"], answer["action"]) == ("NotAllowedError", "SUBMIT")
    assert await stock() == before


async def test_ended_session_files_nothing_as_a_stranger(
    schema: strawberry.Schema, context_of: ContextOf, stock: Stock
) -> None:
    before = await stock()

    result = await schema.execute(
        mutation("submitComplaint"),
        variable_values={"input": {"text": TEXT}},
        context_value=await context_of(ANYONE, denied=NotSignedIn("EXPIRED")),
    )

    assert result.data is not None
    assert result.data["submitComplaint"]["reason"] == "EXPIRED"
    assert await stock() == before


async def test_address_that_files_too_often_is_slowed_down(do: Do, stock: Stock) -> None:
    for _ in range(30):
        await do(ANYONE, "submitComplaint", input={"text": "pendek"})
    before = await stock()

    answer = await do(ANYONE, "submitComplaint", input={"text": TEXT})

    assert answer["__typename"] == "TooManyError"
    assert 1 <= answer["retryAfterSeconds"] <= 60
    assert await stock() == before


async def test_database_in_other_hands_is_busy(
    do: Do, stock: Stock, rows_held: Callable[[], AbstractContextManager[None]]
) -> None:
    before = await stock()

    with rows_held():
        answer = await do(ANYONE, "submitComplaint", input={"text": TEXT})

    assert answer["__typename"] == "BusyError"
    assert await stock() == before


async def test_report_of_a_stranger_waits_for_its_ticket(do: Do, ask: Ask, clock: Clock) -> None:
    receipt = await do(ANYONE, "submitComplaint", input={"text": TEXT})
    clock.forward(minutes=1)

    seen = await ask(ANYONE, "query($id: ID!) { complaint(id: $id) { id } }", id=receipt["complaint"]["id"])

    assert seen.data == {"complaint": None}


async def test_report_comes_through_every_channel(do: Do, work_as: WorkAs) -> None:
    for channel in Channel:
        await do(ANYONE, "submitComplaint", input={"text": TEXT, "channel": channel.name})

    async with work_as(NATIONAL) as work:
        stored = await work.session.scalars(select(Complaint.channel))
    assert sorted(stored) == sorted(Channel)
