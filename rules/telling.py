"""Who hears of what, on which medium, and how patiently it is tried: tables and pure decisions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from rules.ladder import LADDER, REMINDER
from rules.vocabulary import Classification, Clock, Role


class Recipient(StrEnum):
    """Who is told, as seen from the complaint; accounts are looked up when it happened."""

    REPORTER = "REPORTER"
    # Whose verification queue it stands in: admins of an agency, or the national desk.
    DESK = "DESK"
    # Who works on it: the officers of the unit, or the agency's admins; before dispatch, the desk.
    HANDLERS = "HANDLERS"
    AGENCY = "AGENCY"
    COPIES = "COPIES"
    NATIONAL = "NATIONAL"
    OVERSEERS = "OVERSEERS"


class NotificationKind(StrEnum):
    """What somebody hears; people choose by kind what reaches them, and how."""

    # for reporters
    RECEIVED = "RECEIVED"
    ACCEPTED = "ACCEPTED"
    QUESTION = "QUESTION"
    ANSWERED = "ANSWERED"
    CLOSED = "CLOSED"
    REOPENED = "REOPENED"
    ARCHIVED = "ARCHIVED"
    RESTORED = "RESTORED"
    MERGED = "MERGED"
    UNMERGED = "UNMERGED"
    REPLY_AWAITED = "REPLY_AWAITED"
    COMPLETION_AWAITED = "COMPLETION_AWAITED"
    REOPENING_REFUSED = "REOPENING_REFUSED"
    CONSENT_ASKED = "CONSENT_ASKED"
    FILE_REFUSED = "FILE_REFUSED"
    # for staff
    NEW_IN_QUEUE = "NEW_IN_QUEUE"
    DISPATCHED_TO_YOU = "DISPATCHED_TO_YOU"
    COPIED = "COPIED"
    RETURNED = "RETURNED"
    REPORTER_REPLIED = "REPORTER_REPLIED"
    CASE_REOPENED = "CASE_REOPENED"
    REOPENING_ASKED = "REOPENING_ASKED"
    TAKEOVER_AGREED = "TAKEOVER_AGREED"
    REMINDER = "REMINDER"
    ESCALATED = "ESCALATED"
    WEBHOOK_DISABLED = "WEBHOOK_DISABLED"


class Medium(StrEnum):
    """How something reaches its recipient."""

    IN_APP = "IN_APP"
    EMAIL = "EMAIL"
    WEBHOOK = "WEBHOOK"


class DeliveryState(StrEnum):
    """Where a delivery stands. FAILED is tried again, DEAD only when a person says so, SKIPPED never."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    DEAD = "DEAD"
    SKIPPED = "SKIPPED"


class Language(StrEnum):
    """What somebody is written to in."""

    INDONESIAN = "id"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Telling:
    """Somebody hears something."""

    to: Recipient
    kind: NotificationKind


TELLINGS: Mapping[str, tuple[Telling, ...]] = MappingProxyType(
    {
        "Submitted": (Telling(Recipient.REPORTER, NotificationKind.RECEIVED),),
        "Routed": (Telling(Recipient.DESK, NotificationKind.NEW_IN_QUEUE),),
        "Dispatched": (
            Telling(Recipient.REPORTER, NotificationKind.ACCEPTED),
            Telling(Recipient.HANDLERS, NotificationKind.DISPATCHED_TO_YOU),
            Telling(Recipient.COPIES, NotificationKind.COPIED),
        ),
        "Handled": (
            Telling(Recipient.REPORTER, NotificationKind.ACCEPTED),
            Telling(Recipient.COPIES, NotificationKind.COPIED),
        ),
        "Returned": (Telling(Recipient.DESK, NotificationKind.RETURNED),),
        "Deferred": (Telling(Recipient.REPORTER, NotificationKind.QUESTION),),
        "Archived": (Telling(Recipient.REPORTER, NotificationKind.ARCHIVED),),
        "Restored": (
            Telling(Recipient.REPORTER, NotificationKind.RESTORED),
            Telling(Recipient.DESK, NotificationKind.NEW_IN_QUEUE),
        ),
        "FollowedUp": (Telling(Recipient.REPORTER, NotificationKind.ANSWERED),),
        "Replied": (Telling(Recipient.HANDLERS, NotificationKind.REPORTER_REPLIED),),
        "Closed": (Telling(Recipient.REPORTER, NotificationKind.CLOSED),),
        "Reopened": (
            Telling(Recipient.REPORTER, NotificationKind.REOPENED),
            Telling(Recipient.HANDLERS, NotificationKind.CASE_REOPENED),
        ),
        "Asked": (Telling(Recipient.REPORTER, NotificationKind.QUESTION),),
        "HandedUp": (Telling(Recipient.HANDLERS, NotificationKind.RETURNED),),
        "ReopeningAsked": (Telling(Recipient.AGENCY, NotificationKind.REOPENING_ASKED),),
        "ReopeningRefused": (Telling(Recipient.REPORTER, NotificationKind.REOPENING_REFUSED),),
        "ConsentAsked": (Telling(Recipient.REPORTER, NotificationKind.CONSENT_ASKED),),
        "Merged": (Telling(Recipient.REPORTER, NotificationKind.MERGED),),
        "Unmerged": (Telling(Recipient.REPORTER, NotificationKind.UNMERGED),),
        "FileRefused": (Telling(Recipient.REPORTER, NotificationKind.FILE_REFUSED),),
    }
)

ESCALATED = "Escalated"
# The clocks that wait for the reporter: their reminder goes there, and what follows is the worker's.
_REPORTER_CLOCKS: Mapping[str, NotificationKind] = MappingProxyType(
    {
        Clock.REPLY_WINDOW: NotificationKind.REPLY_AWAITED,
        Clock.REPORTER_COMPLETION: NotificationKind.COMPLETION_AWAITED,
    }
)
# What the reporter's consent to a take-over escalates, beside the names of clocks.
OMBUDSMAN = "OMBUDSMAN"
# How far up a level goes; before dispatch the handlers are the desk.
_HIGHEST: Mapping[int, Recipient] = MappingProxyType({rung.level: Recipient(rung.tier) for rung in LADDER})
# Who is told when nobody there has an account: nothing happens without anybody hearing of it.
INSTEAD: Mapping[Recipient, Recipient] = MappingProxyType(
    {
        Recipient.HANDLERS: Recipient.AGENCY,
        Recipient.AGENCY: Recipient.NATIONAL,
        Recipient.DESK: Recipient.NATIONAL,
    }
)


def tellings(event: str, data: Mapping[str, Any]) -> tuple[Telling, ...]:
    """Who hears what of an event with this payload."""
    if event != ESCALATED:
        return TELLINGS.get(event, ())
    level, clock = int(data["level"]), str(data["clock"])
    if clock == OMBUDSMAN:
        return (Telling(Recipient.OVERSEERS, NotificationKind.TAKEOVER_AGREED),)
    if clock in _REPORTER_CLOCKS:
        # Half of the time is no reason to write to anybody, and what follows the end is the worker's.
        return (Telling(Recipient.REPORTER, _REPORTER_CLOCKS[clock]),) if level == REMINDER else ()
    to = _HIGHEST.get(level)
    if to is None:
        return ()
    if to is Recipient.AGENCY and clock == Clock.VERIFICATION:
        # A verification that is late has no agency above it yet.
        to = Recipient.NATIONAL
    return (Telling(to, NotificationKind.REMINDER if level <= REMINDER else NotificationKind.ESCALATED),)


# What happens to a complaint is also told to the reporters of those that were merged into it.
FOLLOWED = frozenset(
    {
        NotificationKind.ACCEPTED,
        NotificationKind.ANSWERED,
        NotificationKind.CLOSED,
        NotificationKind.REOPENED,
        NotificationKind.ARCHIVED,
        NotificationKind.RESTORED,
    }
)

# What a webhook calls an event. An event that is missing here leaves no webhook.
WEBHOOK_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "Submitted": "complaint.submitted",
        "Routed": "complaint.queued",
        "Verified": "complaint.verified",
        "Dispatched": "complaint.dispatched",
        "Handled": "complaint.handled",
        "Returned": "complaint.returned",
        "Deferred": "complaint.deferred",
        "Archived": "complaint.archived",
        "Restored": "complaint.restored",
        "FollowedUp": "complaint.answered",
        "Replied": "complaint.replied",
        "Closed": "complaint.closed",
        "Reopened": "complaint.reopened",
        "Rated": "complaint.rated",
        "Asked": "complaint.question_asked",
        "HandedUp": "complaint.handed_up",
        "ReopeningAsked": "complaint.reopening_asked",
        "ReopeningRefused": "complaint.reopening_refused",
        "Merged": "complaint.merged",
        "Unmerged": "complaint.unmerged",
        ESCALATED: "complaint.escalated",
    }
)
WEBHOOK_TEST = "webhook.test"


def is_told(event: str) -> bool:
    """Whether anybody could hear of such an event."""
    return event == ESCALATED or event in TELLINGS or event in WEBHOOK_TYPES


_CODE = re.compile(r"[A-Z][A-Z0-9_.]{0,60}")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOLD_DATA = (
    "agency_id", "unit_id", "queue_agency_id", "from_agency_id", "proposed_agency_id", "from_unit_id", "to_unit_id",
    "parent_id", "reason", "clock", "level", "hops", "by_silence", "rating", "is_solved",
)  # fmt: skip


def codes_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Of an event's payload what may leave the house: named values, and of these only codes, ids and numbers."""
    return {name: data[name] for name in _TOLD_DATA if name in data and _is_code(data[name])}


def _is_code(value: object) -> bool:
    if isinstance(value, str):
        return _CODE.fullmatch(value) is not None or _ID.fullmatch(value) is not None
    return isinstance(value, int)


def is_sensitive(classification: Classification | None, *, is_secret: bool) -> bool:
    """Whether a mail about a complaint may hold nothing but its code and a link."""
    return is_secret or classification in (Classification.SUPERVISION, Classification.WHISTLEBLOWING)


# What is for people with a case of their own; everything else is for staff.
REPORTER_KINDS = frozenset(
    telling.kind for told in TELLINGS.values() for telling in told if telling.to is Recipient.REPORTER
) | frozenset(_REPORTER_CLOCKS.values())


def kinds_for(role: Role) -> tuple[NotificationKind, ...]:
    """What somebody of a role can hear, in the order of the list."""
    is_reporter = role is Role.REPORTER
    return tuple(kind for kind in NotificationKind if (kind in REPORTER_KINDS) is is_reporter)


# A desk of hundreds a day reads its queue; a mail for each would be read by nobody.
_NOT_BY_MAIL = frozenset({NotificationKind.NEW_IN_QUEUE, NotificationKind.COPIED})


def is_on(kind: NotificationKind, medium: Medium, chosen: bool | None) -> bool:
    """Whether a kind reaches somebody on a medium: what they chose, or else the default."""
    if chosen is not None:
        return chosen
    return medium is Medium.IN_APP or kind not in _NOT_BY_MAIL


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently a delivery is tried before it is dead."""

    attempts_max: int = 8
    first_wait_seconds: float = 30
    factor: float = 4
    longest_wait_seconds: float = 21_600
    # For so long nobody else takes up what somebody began to send.
    lease_seconds: float = 180

    def wait_seconds(self, attempt: int, chance: float) -> float:
        """How long to wait after the attempt with this number (from 1), in seconds.

        `chance` from 0 to 1 spreads it by a fifth to either side, so that what failed together is not tried together.
        """
        grown = self.first_wait_seconds * self.factor ** (attempt - 1)
        return min(grown, self.longest_wait_seconds) * (0.8 + 0.4 * chance)


@dataclass(frozen=True, slots=True)
class WebhookLimits:
    """What the address of a webhook may look like, and how much of it there may be."""

    allows_http: bool = False
    allows_private: bool = False
    endpoints_max: int = 10
    # So many deliveries dead in a row, and the endpoint is switched off.
    dead_max: int = 20
    # For so long after a new secret the old one signs as well.
    overlap_hours: int = 24
