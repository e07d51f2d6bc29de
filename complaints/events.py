"""What can have happened to a complaint: one payload per kind, codes and ids only."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar
from uuid import UUID

from rules.vocabulary import Audience


@dataclass(frozen=True, slots=True)
class Event:
    """The base of all payloads. `audience` is who may read that it happened."""

    audience: ClassVar[Audience] = Audience.PARTIES

    @property
    def kind(self) -> str:
        """The name under which it is stored."""
        return type(self).__name__

    def data(self) -> dict[str, Any]:
        """The payload as JSON: ids as text, absent values left out."""
        return {name: _plain(value) for name, value in asdict(self).items() if value not in (None, (), {})}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class Submitted(Event):
    audience = Audience.EVERYONE


@dataclass(frozen=True, slots=True)
class Suggested(Event):
    """The classifier answered; what it said is in the suggestion row."""

    audience = Audience.INTERNAL
    suggestion_id: UUID


@dataclass(frozen=True, slots=True)
class Routed(Event):
    """Rules and classifier chose a verification queue; reasons are in the route decision row."""

    audience = Audience.INTERNAL
    decision_id: UUID
    queue_agency_id: UUID | None


@dataclass(frozen=True, slots=True)
class Verified(Event):
    """An admin accepted or corrected. `corrected` maps a field to (before, after), codes or ids only.

    The reporter may not see which admin corrected what: complaints about officials are themselves sensitive.
    """

    audience = Audience.INTERNAL
    corrected: Mapping[str, tuple[str | None, str | None]]
    note_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Dispatched(Event):
    audience = Audience.EVERYONE
    agency_id: UUID
    unit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Handled(Event):
    """The agency admin answers without passing it on (kelola)."""

    audience = Audience.EVERYONE
    agency_id: UUID


@dataclass(frozen=True, slots=True)
class Returned(Event):
    """Not ours, because: the reason is a label for learning, the hop a figure for misrouting."""

    audience = Audience.INTERNAL
    reason: str
    from_agency_id: UUID | None
    proposed_agency_id: UUID | None
    hops: int
    note_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Deferred(Event):
    reason: str
    question_id: UUID


@dataclass(frozen=True, slots=True)
class Archived(Event):
    reason: str
    note_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Restored(Event):
    audience = Audience.INTERNAL
    note_id: UUID


@dataclass(frozen=True, slots=True)
class FollowedUp(Event):
    """An answer the reporter can read; its message says whether the public can."""

    audience = Audience.EVERYONE
    message_id: UUID


@dataclass(frozen=True, slots=True)
class Noted(Event):
    """A message between handlers."""

    audience = Audience.INTERNAL
    message_id: UUID


@dataclass(frozen=True, slots=True)
class Replied(Event):
    message_id: UUID


@dataclass(frozen=True, slots=True)
class Closed(Event):
    """Done. `by_silence` when the reply window passed without a word from the reporter."""

    audience = Audience.EVERYONE
    by_silence: bool
    message_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reopened(Event):
    audience = Audience.EVERYONE
    message_id: UUID


@dataclass(frozen=True, slots=True)
class Merged(Event):
    """From now on this complaint follows another one; its reporter hears of it, and of what happens to that one."""

    parent_id: UUID
    note_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Unmerged(Event):
    """It stands alone again, where it stood before."""

    parent_id: UUID
    note_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Absorbed(Event):
    """Another complaint follows this one. Its reporter never learns of it: the other one may be secret."""

    audience = Audience.INTERNAL
    child_id: UUID


@dataclass(frozen=True, slots=True)
class Released(Event):
    """Another complaint does not follow this one any more."""

    audience = Audience.INTERNAL
    child_id: UUID


@dataclass(frozen=True, slots=True)
class Rated(Event):
    rating: int
    is_solved: bool


@dataclass(frozen=True, slots=True)
class Escalated(Event):
    """A clock came near its end or passed it; the level says how far."""

    audience = Audience.INTERNAL
    clock: str
    level: int


@dataclass(frozen=True, slots=True)
class DueMoved(Event):
    """The calendar or a limit changed, and a running clock was worked out again. Moments are ISO."""

    audience = Audience.INTERNAL
    clock: str
    rule: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ConsentAsked(Event):
    """So long without an end that the Ombudsman may take over, if the reporter agrees."""


@dataclass(frozen=True, slots=True)
class ConsentAnswered(Event):
    consents: bool


@dataclass(frozen=True, slots=True)
class Asked(Event):
    """A question to the reporter in the middle of the work; the clocks of the staff stand still."""

    message_id: UUID


@dataclass(frozen=True, slots=True)
class HandedUp(Event):
    """Not ours, because: from a unit to the unit above it, within one agency."""

    audience = Audience.INTERNAL
    reason: str
    from_unit_id: UUID
    to_unit_id: UUID
    hops: int
    proposed_agency_id: UUID | None = None
    note_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Tagged(Event):
    """Tags came and went; which ones stands on the case, because tags are words of people."""

    audience = Audience.INTERNAL
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class ReopeningAsked(Event):
    """The reporter wants it reopened once more; somebody has to agree."""

    message_id: UUID


@dataclass(frozen=True, slots=True)
class ReopeningRefused(Event):
    message_id: UUID
