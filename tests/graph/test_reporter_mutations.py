"""What a reporter does with a complaint of their own: reply, reopen, rate; by account, or with code and PIN."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
import strawberry

from complaints.policy import ANYONE, GRANTS, Actor
from complaints.refusals import NotSignedIn
from models import new_id
from rules.lifecycle import possible
from rules.vocabulary import Action, Role, Status
from tests.graph.support import Cases, Cast, ContextOf, Do, Stock, case_id, gid, mutation, names
from tests.support import ActorOf, Clock, EventsOf


@dataclass(frozen=True)
class Own:
    """A mutation of reporters: from where it works, from where not, what it takes, what it leads to."""

    field: str
    action: Action
    legal: Status
    illegal: Status
    leads_to: Status
    event: str
    takes: dict[str, Any]


OWN = (
    Own(
        "replyAsReporter", Action.REPLY, Status.DEFERRED, Status.CLOSED, Status.UNVERIFIED, "Replied",
        {"text": "Di depan gerbang selatan pasar."},
    ),
    Own(
        "reopenComplaint", Action.REOPEN, Status.CLOSED, Status.IN_PROGRESS, Status.IN_PROGRESS, "Reopened",
        {"reason": "Lubangnya muncul lagi."},
    ),
    Own(
        "rateComplaint", Action.RATE, Status.CLOSED, Status.IN_PROGRESS, Status.CLOSED, "Rated",
        {"rating": 4, "isSolved": True},
    ),
)  # fmt: skip
every_own = pytest.mark.parametrize("own", OWN, ids=lambda own: own.field)


@every_own
async def test_ticket_opens_the_complaint_without_an_account(
    own: Own, a_case: Cases, do: Do, events_of: EventsOf
) -> None:
    complaint = await a_case(own.legal)

    answer = await do(ANYONE, own.field, complaint=a_case.access(complaint), **own.takes)

    assert answer["complaint"] == {
        "id": case_id(complaint),
        "version": complaint.version + 1,
        "status": own.leads_to.name,
    }
    last = (await events_of(complaint))[-1]
    assert (last.kind, last.status, last.actor_role, last.actor_id) == (own.event, own.leads_to, Role.TICKET, None)


@every_own
async def test_account_opens_what_it_filed(
    own: Own, a_case: Cases, a_person: ActorOf, do: Do, events_of: EventsOf
) -> None:
    citizen = await a_person(Role.REPORTER)
    complaint = await a_case(own.legal, by=citizen)

    answer = await do(citizen, own.field, complaint={"id": case_id(complaint)}, **own.takes)

    assert answer["complaint"] == {
        "id": case_id(complaint),
        "version": complaint.version + 1,
        "status": own.leads_to.name,
    }
    last = (await events_of(complaint))[-1]
    assert (last.kind, last.actor_role, last.actor_id) == (own.event, Role.REPORTER, citizen.id)


@every_own
async def test_step_that_the_lifecycle_does_not_have_names_those_it_has(
    own: Own, a_case: Cases, do: Do, stock: Stock
) -> None:
    complaint = await a_case(own.illegal)
    before = await stock()

    answer = await do(ANYONE, own.field, complaint=a_case.access(complaint), **own.takes)

    assert answer["__typename"] == "IllegalStepError"
    assert (answer["status"], answer["action"]) == (own.illegal.name, own.action.name)
    mine = [action for action in possible(own.illegal) if action in GRANTS[Role.TICKET]]
    assert answer["allowed"] == names(mine)
    assert await stock() == before


@every_own
async def test_complaint_of_another_citizen_may_be_read_when_public_but_not_touched(
    own: Own, a_case: Cases, a_person: ActorOf, do: Do, stock: Stock
) -> None:
    citizen = await a_person(Role.REPORTER)
    complaint = await a_case(Status.CLOSED)
    before = await stock()

    answer = await do(citizen, own.field, complaint={"id": case_id(complaint)}, **own.takes)

    assert (answer["__typename"], answer["action"]) == ("NotAllowedError", own.action.name)
    assert await stock() == before


@every_own
async def test_secret_complaint_of_another_citizen_is_not_found(
    own: Own, a_case: Cases, a_person: ActorOf, do: Do, stock: Stock
) -> None:
    citizen = await a_person(Role.REPORTER)
    complaint = await a_case(own.legal, is_secret=True)
    before = await stock()

    answer = await do(citizen, own.field, complaint={"id": case_id(complaint)}, **own.takes)

    assert (answer["__typename"], answer["field"]) == ("NotFoundError", "id")
    assert await stock() == before


@every_own
async def test_id_without_an_account_is_asked_to_sign_in(own: Own, a_case: Cases, do: Do, stock: Stock) -> None:
    complaint = await a_case(own.legal)
    before = await stock()

    answer = await do(ANYONE, own.field, complaint={"id": case_id(complaint)}, **own.takes)

    assert (answer["__typename"], answer["reason"]) == ("NotSignedInError", "REQUIRED")
    assert await stock() == before


@every_own
async def test_ended_session_is_told_even_with_the_right_ticket(
    own: Own, a_case: Cases, schema: strawberry.Schema, context_of: ContextOf, stock: Stock
) -> None:
    complaint = await a_case(own.legal)
    before = await stock()

    result = await schema.execute(
        mutation(own.field),
        variable_values={"complaint": a_case.access(complaint), **own.takes},
        context_value=await context_of(ANYONE, denied=NotSignedIn("EXPIRED")),
    )

    assert result.data is not None
    assert result.data[own.field]["reason"] == "EXPIRED"
    assert await stock() == before


@every_own
async def test_unknown_code_is_not_found(own: Own, a_case: Cases, do: Do, stock: Stock) -> None:
    complaint = await a_case(own.legal)
    before = await stock()

    access = a_case.access(complaint, trackingCode="TIDAKADA")
    answer = await do(ANYONE, own.field, complaint=access, **own.takes)

    assert (answer["__typename"], answer["field"]) == ("NotFoundError", "trackingCode")
    assert await stock() == before


@every_own
async def test_wrong_pin_looks_like_an_unknown_code_and_only_counts(
    own: Own, a_case: Cases, do: Do, stock: Stock
) -> None:
    complaint = await a_case(own.legal)
    unknown = a_case.access(complaint, trackingCode="TIDAKADA")
    before = await stock()

    wrong = await do(ANYONE, own.field, complaint=a_case.access(complaint, pin="abcdef"), **own.takes)

    assert wrong == await do(ANYONE, own.field, complaint=unknown, **own.takes)
    after = await stock()
    assert {name for name in before if before[name] != after[name]} == {"complaint_ticket"}


@every_own
async def test_five_wrong_pins_lock_the_ticket_even_for_the_right_one(
    own: Own, a_case: Cases, do: Do, stock: Stock, clock: Clock
) -> None:
    complaint = await a_case(own.legal)
    for _ in range(5):
        await do(ANYONE, own.field, complaint=a_case.access(complaint, pin="abcdef"), **own.takes)
    before = await stock()

    clock.forward(seconds=100)
    locked = await do(ANYONE, own.field, complaint=a_case.access(complaint), **own.takes)
    after = await stock()
    clock.forward(seconds=801)
    opened = await do(ANYONE, own.field, complaint=a_case.access(complaint), **own.takes)

    assert (locked["__typename"], locked["retryAfterSeconds"]) == ("TooManyError", 801)
    assert after == before
    assert opened["complaint"]["status"] == own.leads_to.name


@every_own
async def test_address_that_tries_tickets_is_slowed_down(own: Own, do: Do, stock: Stock) -> None:
    before = await stock()

    for _ in range(30):
        await do(ANYONE, own.field, complaint={"trackingCode": "TIDAKADA", "pin": "000000"}, **own.takes)
    answer = await do(ANYONE, own.field, complaint={"trackingCode": "TIDAKADA", "pin": "000000"}, **own.takes)

    assert answer["__typename"] == "TooManyError"
    assert 1 <= answer["retryAfterSeconds"] <= 60
    assert await stock() == before


@every_own
async def test_complaint_in_other_hands_is_busy(
    own: Own,
    a_case: Cases,
    do: Do,
    stock: Stock,
    rows_held: Callable[[], AbstractContextManager[None]],
) -> None:
    complaint = await a_case(own.legal)
    before = await stock()

    with rows_held():
        answer = await do(ANYONE, own.field, complaint=a_case.access(complaint), **own.takes)

    assert (answer["__typename"], answer["code"]) == ("BusyError", "BUSY")
    assert await stock() == before


@every_own
@pytest.mark.parametrize(
    "access",
    [{}, {"trackingCode": "ABCD"}, {"pin": "123456"}, {"id": None}],
    ids=["nothing", "code alone", "PIN alone", "null"],
)
async def test_half_a_proof_is_invalid(own: Own, access: dict[str, Any], do: Do, stock: Stock) -> None:
    before = await stock()

    answer = await do(ANYONE, own.field, complaint=access, **own.takes)

    assert [(p["field"], p["code"]) for p in answer["problems"]] == [("complaint", "REPORTER_ACCESS")]
    assert await stock() == before


@every_own
async def test_id_of_another_type_is_invalid(own: Own, a_person: ActorOf, do: Do, stock: Stock) -> None:
    citizen = await a_person(Role.REPORTER)
    before = await stock()

    answer = await do(citizen, own.field, complaint={"id": gid("Agency", new_id())}, **own.takes)

    assert [(p["field"], p["code"]) for p in answer["problems"]] == [("complaint.id", "BAD_ID")]
    assert await stock() == before


@pytest.mark.parametrize(
    ("field", "takes", "problem"),
    [
        ("replyAsReporter", {"text": " "}, ("text", "REQUIRED")),
        ("replyAsReporter", {"text": "x" * 10_001}, ("text", "TOO_LONG")),
        ("replyAsReporter", {"text": "a\x00b"}, ("text", "CONTROL_CHARACTER")),
        ("reopenComplaint", {"reason": ""}, ("reason", "REQUIRED")),
        ("reopenComplaint", {"reason": "x" * 10_001}, ("reason", "TOO_LONG")),
        ("rateComplaint", {"rating": 0, "isSolved": False}, ("rating", "OUT_OF_RANGE")),
        ("rateComplaint", {"rating": 6, "isSolved": False}, ("rating", "OUT_OF_RANGE")),
        ("rateComplaint", {"rating": -(2**31), "isSolved": False}, ("rating", "OUT_OF_RANGE")),
    ],
)
async def test_invalid_input_is_named_and_changes_nothing(
    field: str, takes: dict[str, Any], problem: tuple[str, str], a_case: Cases, do: Do, stock: Stock
) -> None:
    complaint = await a_case(Status.DEFERRED if field == "replyAsReporter" else Status.CLOSED)
    before = await stock()

    answer = await do(ANYONE, field, complaint=a_case.access(complaint), **takes)

    assert [(p["field"], p["code"]) for p in answer["problems"]] == [problem]
    assert await stock() == before


async def test_reopening_ends_after_thirty_days(a_case: Cases, do: Do, stock: Stock, clock: Clock) -> None:
    complaint = await a_case(Status.CLOSED)
    before = await stock()

    clock.forward(days=30, seconds=1)
    answer = await do(ANYONE, "reopenComplaint", complaint=a_case.access(complaint), reason="Muncul lagi.")

    assert [(p["field"], p["code"]) for p in answer["problems"]] == [("complaint", "REOPEN_WINDOW_PASSED")]
    assert await stock() == before


async def test_national_admin_reopens_by_id(a_case: Cases, cast: Cast, do: Do, events_of: EventsOf) -> None:
    complaint = await a_case(Status.CLOSED)

    answer = await do(
        cast.national, "reopenComplaint", complaint={"id": case_id(complaint)}, reason="Temuan ombudsman."
    )

    assert answer["complaint"]["status"] == "IN_PROGRESS"
    assert (await events_of(complaint))[-1].actor_role is Role.NATIONAL_ADMIN


@pytest.mark.parametrize("role", [Role.AGENCY_ADMIN, Role.UNIT_OFFICER])
async def test_handler_does_not_judge_or_answer_for_the_reporter(
    role: Role, a_case: Cases, cast: Cast, do: Do, stock: Stock
) -> None:
    complaint = await a_case(Status.CLOSED)
    handler: Actor = cast.admin if role is Role.AGENCY_ADMIN else cast.officer
    before = await stock()

    for own in OWN:
        answer = await do(handler, own.field, complaint={"id": case_id(complaint)}, **own.takes)
        assert answer["__typename"] == "NotAllowedError"

    assert await stock() == before
