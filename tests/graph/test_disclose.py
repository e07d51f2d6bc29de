"""Opening who filed a complaint: for few, with a reason, never without a trace."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import select

from complaints.policy import ANYONE, Actor
from complaints.vault import Contact
from models import AccessEvent, new_id
from rules.vocabulary import Role, Status
from tests.graph.support import Cases, Cast, Do, Stock, case_id, gid
from tests.support import NATIONAL, ActorOf, WorkAs

REASON = "Permintaan penyidik, surat nomor 12"


@pytest.mark.parametrize("role", [Role.NATIONAL_ADMIN, Role.AUDITOR])
async def test_look_shows_the_contact_and_is_recorded(
    role: Role, a_case: Cases, a_person: ActorOf, do: Do, work_as: WorkAs
) -> None:
    contact = Contact("Sari", "sari@contoh.id", "081234567890")
    complaint = await a_case(Status.DISPATCHED, contact=contact)
    looker = await a_person(role)

    answer = await do(looker, "discloseReporter", input={"id": case_id(complaint), "reason": REASON})

    assert answer == {
        "__typename": "DiscloseReporterPayload",
        "name": "Sari",
        "email": "sari@contoh.id",
        "phone": "081234567890",
    }
    async with work_as(NATIONAL) as work:
        look = (await work.session.scalars(select(AccessEvent))).one()
    assert (look.kind, look.person_id, look.actor_role, look.complaint_id, look.reason, look.request_id) == (
        "REPORTER_IDENTITY",
        looker.id,
        role,
        complaint.id,
        REASON,
        "permintaan1",
    )


async def test_account_that_filed_it_is_the_reporter(a_case: Cases, a_person: ActorOf, do: Do) -> None:
    complaint = await a_case(by=await a_person(Role.REPORTER, login="sari@contoh.id"))

    answer = await do(NATIONAL, "discloseReporter", input={"id": case_id(complaint), "reason": REASON})

    assert answer == {
        "__typename": "DiscloseReporterPayload",
        "name": "Nama sari@contoh.id",
        "email": "sari@contoh.id",
        "phone": None,
    }


async def test_report_without_a_word_about_oneself_has_no_reporter(a_case: Cases, do: Do) -> None:
    complaint = await a_case()

    answer = await do(NATIONAL, "discloseReporter", input={"id": case_id(complaint), "reason": REASON})

    assert answer == {"__typename": "DiscloseReporterPayload", "name": None, "email": None, "phone": None}


@pytest.mark.parametrize("who", ["admin", "officer", "inspectorate", "hub", "overseer", "data_staff", "service"])
async def test_handler_may_not_look(who: str, a_case: Cases, cast: Cast, do: Do, stock: Stock) -> None:
    complaint = await a_case(Status.DISPATCHED)
    actor: Actor = getattr(cast, who)
    before = await stock()

    answer = await do(actor, "discloseReporter", input={"id": case_id(complaint), "reason": REASON})

    assert (answer["__typename"], answer["action"]) == ("NotAllowedError", "READ_REPORTER")
    assert await stock() == before


async def test_stranger_is_asked_to_sign_in(a_case: Cases, do: Do, stock: Stock) -> None:
    complaint = await a_case(Status.DISPATCHED)
    before = await stock()

    answer = await do(ANYONE, "discloseReporter", input={"id": case_id(complaint), "reason": REASON})

    assert (answer["__typename"], answer["reason"]) == ("NotSignedInError", "REQUIRED")
    assert await stock() == before


async def test_unknown_complaint_is_not_found_and_leaves_no_trace(do: Do, stock: Stock) -> None:
    before = await stock()

    answer = await do(NATIONAL, "discloseReporter", input={"id": gid("Complaint", new_id()), "reason": REASON})

    assert (answer["__typename"], answer["field"]) == ("NotFoundError", "id")
    assert await stock() == before


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"reason": ""}, ("reason", "REQUIRED")),
        ({"reason": " \n"}, ("reason", "REQUIRED")),
        ({"reason": "x" * 10_001}, ("reason", "TOO_LONG")),
        ({"id": gid("Agency", new_id())}, ("id", "BAD_ID")),
    ],
    ids=["nothing", "blanks", "long", "id of another type"],
)
async def test_invalid_request_shows_nothing_and_leaves_no_trace(
    given: dict[str, Any], problem: tuple[str, str], a_case: Cases, do: Do, stock: Stock
) -> None:
    complaint = await a_case(contact=Contact("Sari"))
    before = await stock()

    answer = await do(NATIONAL, "discloseReporter", input={"id": case_id(complaint), "reason": REASON, **given})

    assert [(p["field"], p["code"]) for p in answer["problems"]] == [problem]
    assert await stock() == before


async def test_complaint_in_other_hands_is_busy(
    a_case: Cases, do: Do, stock: Stock, rows_held: Callable[[], AbstractContextManager[None]]
) -> None:
    complaint = await a_case()
    before = await stock()

    with rows_held():
        answer = await do(NATIONAL, "discloseReporter", input={"id": case_id(complaint), "reason": REASON})

    assert answer["__typename"] == "BusyError"
    assert await stock() == before
