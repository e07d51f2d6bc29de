"""How a complaint moves: the state machine as one table."""

from collections.abc import Mapping
from types import MappingProxyType

from rules.vocabulary import Action, Status

STEPS: Mapping[tuple[Status, Action], Status] = MappingProxyType(
    {
        (Status.UNVERIFIED, Action.ROUTE): Status.UNVERIFIED,
        (Status.UNVERIFIED, Action.SUGGEST): Status.UNVERIFIED,
        (Status.UNVERIFIED, Action.VERIFY): Status.VERIFIED,
        (Status.UNVERIFIED, Action.RETURN): Status.UNVERIFIED,
        (Status.UNVERIFIED, Action.DEFER): Status.DEFERRED,
        (Status.UNVERIFIED, Action.ARCHIVE): Status.ARCHIVED,
        # Correcting the form after verification is a chapter of its own in the 2016 handbook.
        (Status.VERIFIED, Action.VERIFY): Status.VERIFIED,
        (Status.VERIFIED, Action.DISPATCH): Status.DISPATCHED,
        (Status.VERIFIED, Action.HANDLE): Status.IN_PROGRESS,
        (Status.VERIFIED, Action.RETURN): Status.UNVERIFIED,
        (Status.VERIFIED, Action.DEFER): Status.DEFERRED,
        (Status.VERIFIED, Action.ARCHIVE): Status.ARCHIVED,
        (Status.DISPATCHED, Action.DISPATCH): Status.DISPATCHED,
        (Status.DISPATCHED, Action.RETURN): Status.UNVERIFIED,
        # From a unit to the unit above it: within one agency nothing has to be verified again.
        (Status.DISPATCHED, Action.HAND_UP): Status.DISPATCHED,
        (Status.DISPATCHED, Action.FOLLOW_UP): Status.IN_PROGRESS,
        (Status.IN_PROGRESS, Action.FOLLOW_UP): Status.IN_PROGRESS,
        (Status.IN_PROGRESS, Action.ASK_REPORTER): Status.IN_PROGRESS,
        (Status.IN_PROGRESS, Action.CLOSE): Status.CLOSED,
        (Status.IN_PROGRESS, Action.AUTO_CLOSE): Status.CLOSED,
        (Status.DEFERRED, Action.ARCHIVE): Status.ARCHIVED,
        # The reporter's answer completes a deferred report and puts it back into the queue.
        (Status.DEFERRED, Action.REPLY): Status.UNVERIFIED,
        (Status.UNVERIFIED, Action.REPLY): Status.UNVERIFIED,
        (Status.VERIFIED, Action.REPLY): Status.VERIFIED,
        (Status.DISPATCHED, Action.REPLY): Status.DISPATCHED,
        (Status.IN_PROGRESS, Action.REPLY): Status.IN_PROGRESS,
        (Status.UNVERIFIED, Action.WITHDRAW): Status.ARCHIVED,
        (Status.VERIFIED, Action.WITHDRAW): Status.ARCHIVED,
        (Status.DISPATCHED, Action.WITHDRAW): Status.ARCHIVED,
        (Status.IN_PROGRESS, Action.WITHDRAW): Status.ARCHIVED,
        (Status.DEFERRED, Action.WITHDRAW): Status.ARCHIVED,
        (Status.CLOSED, Action.RATE): Status.CLOSED,
        (Status.CLOSED, Action.REOPEN): Status.IN_PROGRESS,
        # Once more, after somebody agreed to what the reporter asked.
        (Status.CLOSED, Action.DECIDE_REOPENING): Status.IN_PROGRESS,
        (Status.ARCHIVED, Action.RESTORE): Status.UNVERIFIED,
    }
)

OPEN = frozenset({Status.UNVERIFIED, Status.VERIFIED, Status.DISPATCHED, Status.IN_PROGRESS, Status.DEFERRED})
AWAITING_VERIFICATION = frozenset({Status.UNVERIFIED, Status.VERIFIED})
PUBLISHED = frozenset({Status.DISPATCHED, Status.IN_PROGRESS, Status.CLOSED})


class NoSuchStep(Exception):
    """The table has no arrow for this action from this status."""

    def __init__(self, status: Status, action: Action) -> None:
        super().__init__(f"{action} is not possible while {status}")
        self.status = status
        self.action = action


def step(status: Status, action: Action) -> Status:
    """The status after `action`; raises `NoSuchStep` where the table has no arrow."""
    after = STEPS.get((status, action))
    if after is None:
        raise NoSuchStep(status, action)
    return after


def possible(status: Status) -> tuple[Action, ...]:
    """The actions the table allows from `status`, in table order."""
    return tuple(action for (before, action) in STEPS if before is status)
