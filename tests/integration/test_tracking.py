"""Tracking code and PIN open one complaint; guessing is counted and stops."""

import pytest

from complaints.policy import Actor
from complaints.refusals import NotFound, TooMany
from complaints.tracking import admit
from models import ComplaintTicket
from rules.vocabulary import Role
from server.runtime import Runtime
from tests.integration.given import Rows, State
from tests.support import Clock, Complaints


@pytest.fixture
async def code(a_complaint: Complaints) -> str:
    """The tracking code of a complaint."""
    return (await a_complaint()).tracking_code


@pytest.fixture
def pin(code: str, a_complaint: Complaints) -> str:
    """The PIN that belongs to it."""
    (receipt,) = a_complaint.receipts.values()
    return receipt.pin


@pytest.fixture
def wrong(pin: str) -> str:
    """A PIN that does not."""
    return "000000" if pin != "000000" else "000001"


async def test_code_and_pin_prove_the_ticket(
    runtime: Runtime, a_complaint: Complaints, code: str, pin: str, state: State
) -> None:
    before = await state()

    actor = await admit(runtime.workshop, f" {code.lower().replace('-', ' ')} ", f" {pin} ")

    assert actor == Actor(Role.TICKET, ticket=next(iter(a_complaint.receipts)))
    # A right PIN at the first try writes nothing.
    assert await state() == before


async def test_a_wrong_pin_is_counted_although_it_is_refused(
    runtime: Runtime, code: str, wrong: str, rows: Rows
) -> None:
    with pytest.raises(NotFound):
        await admit(runtime.workshop, code, wrong)

    (ticket,) = await rows(ComplaintTicket)
    assert (ticket.failures, ticket.locked_until) == (1, None)


async def test_the_right_pin_forgets_the_wrong_ones(
    runtime: Runtime, code: str, pin: str, wrong: str, rows: Rows
) -> None:
    for _ in range(4):
        with pytest.raises(NotFound):
            await admit(runtime.workshop, code, wrong)

    await admit(runtime.workshop, code, pin)

    (ticket,) = await rows(ComplaintTicket)
    assert (ticket.failures, ticket.locked_until) == (0, None)


async def test_the_fifth_wrong_pin_locks_even_for_the_right_one(
    runtime: Runtime, code: str, pin: str, wrong: str, clock: Clock, state: State
) -> None:
    for _ in range(5):
        with pytest.raises(NotFound):
            await admit(runtime.workshop, code, wrong)
    before = await state()
    clock.forward(seconds=600)

    for guess in (pin, wrong):
        with pytest.raises(TooMany) as refusal:
            await admit(runtime.workshop, code, guess)

        assert refusal.value.retry_after_seconds == 301

    # Guesses during the lock neither count nor prolong it.
    assert await state() == before


async def test_the_lock_passes(runtime: Runtime, code: str, pin: str, wrong: str, clock: Clock, rows: Rows) -> None:
    for _ in range(5):
        with pytest.raises(NotFound):
            await admit(runtime.workshop, code, wrong)
    clock.forward(seconds=900)

    await admit(runtime.workshop, code, pin)

    (ticket,) = await rows(ComplaintTicket)
    assert (ticket.failures, ticket.locked_until) == (0, None)


async def test_after_the_lock_there_are_five_tries_again(runtime: Runtime, code: str, wrong: str, clock: Clock) -> None:
    for _ in range(5):
        with pytest.raises(NotFound):
            await admit(runtime.workshop, code, wrong)
    clock.forward(seconds=900)

    for _ in range(5):
        with pytest.raises(NotFound):
            await admit(runtime.workshop, code, wrong)
    with pytest.raises(TooMany):
        await admit(runtime.workshop, code, wrong)


@pytest.mark.parametrize("strange", ["", "tidak ada", "7K3M-Q0X2-9VTB-H", "\x00", "\u0663" * 14])
async def test_what_is_no_code_is_refused_like_a_wrong_pin(
    strange: str, runtime: Runtime, code: str, wrong: str
) -> None:
    with pytest.raises(NotFound) as wrong_pin:
        await admit(runtime.workshop, code, wrong)

    with pytest.raises(NotFound) as no_code:
        await admit(runtime.workshop, strange, wrong)

    assert (no_code.value.what, no_code.value.field) == (wrong_pin.value.what, wrong_pin.value.field)


async def test_an_unknown_code_is_refused_like_a_wrong_pin(runtime: Runtime, wrong: str) -> None:
    with pytest.raises(NotFound) as refusal:
        await admit(runtime.workshop, "00000000000000", wrong)

    assert (refusal.value.what, refusal.value.field) == ("Complaint", "trackingCode")
