"""The state machine as one table."""

import pytest

from rules.lifecycle import OPEN, STEPS, NoSuchStep, possible, step
from rules.vocabulary import Action, Status


def test_a_step_in_the_table_gives_the_status_after_it() -> None:
    assert step(Status.UNVERIFIED, Action.VERIFY) is Status.VERIFIED


def test_a_step_that_is_not_in_the_table_is_refused_with_its_data() -> None:
    with pytest.raises(NoSuchStep, match="not possible") as refusal:
        step(Status.ARCHIVED, Action.DISPATCH)

    assert (refusal.value.status, refusal.value.action) == (Status.ARCHIVED, Action.DISPATCH)


def test_possible_actions_are_those_of_the_table() -> None:
    assert possible(Status.ARCHIVED) == (Action.RESTORE,)
    assert possible(Status.CLOSED) == (Action.RATE, Action.REOPEN, Action.DECIDE_REOPENING)


def test_every_status_can_be_reached_from_the_first() -> None:
    reached = {Status.UNVERIFIED}
    for _ in Status:
        reached |= {after for (before, _), after in STEPS.items() if before in reached}

    assert reached == set(Status)


def test_every_open_status_can_be_left() -> None:
    for status in OPEN:
        assert {STEPS[status, action] for action in possible(status)} - {status}
