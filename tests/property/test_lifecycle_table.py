"""The state machine for every history there can be, without a database."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rules.lifecycle import AWAITING_VERIFICATION, OPEN, PUBLISHED, STEPS, NoSuchStep, possible, step
from rules.vocabulary import Action, Status


class History(RuleBasedStateMachine):
    """A complaint to which anything is tried, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.status = Status.UNVERIFIED
        self.done: list[Action] = []

    @rule(action=st.sampled_from(Action))
    def act(self, action: Action) -> None:
        """What the table has leads on; everything else changes nothing."""
        try:
            after = step(self.status, action)
        except NoSuchStep as no:
            assert (no.status, no.action) == (self.status, action)  # noqa: PT017 - whether it is refused is asked
            assert action not in possible(self.status)
        else:
            assert action in possible(self.status)
            self.status = after
            self.done.append(action)

    @invariant()
    def folding_the_actions_gives_the_status(self) -> None:
        """The status is nothing but its history."""
        folded = Status.UNVERIFIED
        for action in self.done:
            folded = STEPS[folded, action]
        assert folded is self.status

    @invariant()
    def something_can_always_be_done(self) -> None:
        """No status is a trap: even the archive opens again."""
        assert possible(self.status)

    @invariant()
    def nothing_is_published_that_was_not_verified(self) -> None:
        """Only dispatch and handling publish, and both need the verdict before."""
        if self.status in PUBLISHED:
            assert Action.VERIFY in self.done

    @invariant()
    def closed_comes_only_after_an_answer(self) -> None:
        """A case is closed by whoever answered it, or by silence after an answer."""
        if self.status is Status.CLOSED:
            assert Action.FOLLOW_UP in self.done or Action.HANDLE in self.done


TestHistory = History.TestCase


@given(st.sampled_from(Status), st.sampled_from(Action))
def test_a_step_is_taken_exactly_where_it_is_possible(status: Status, action: Action) -> None:
    assert ((status, action) in STEPS) is (action in possible(status))


@given(st.sampled_from(sorted(OPEN)))
def test_every_open_case_can_end(status: Status) -> None:
    reached = {status}
    for _ in Status:
        reached |= {step(before, action) for before in reached for action in possible(before)}

    assert not {Status.CLOSED, Status.ARCHIVED}.isdisjoint(reached)


@given(st.sampled_from(sorted(AWAITING_VERIFICATION)))
def test_what_waits_for_verification_is_not_published(status: Status) -> None:
    assert status not in PUBLISHED
