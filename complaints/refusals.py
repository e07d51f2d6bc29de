"""Expected "no"s, as data. The door words them; nothing here is a sentence."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from rules.vocabulary import Action, Role, Status


class Refusal(Exception):
    """Something was asked that the rules do not allow. Never a crash, never logged as one."""


class NotFound(Refusal):
    """It is not there, or it is not for this actor: the answer is the same on purpose."""

    def __init__(self, what: str, field: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.field = field


class NotAllowed(Refusal):
    """The actor may see it but not do this."""

    def __init__(self, action: Action) -> None:
        super().__init__(action)
        self.action = action


class NotSignedIn(Refusal):
    """No valid proof of who is asking: none given, wrong, expired or revoked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class IllegalStep(Refusal):
    """The lifecycle has no such arrow from here."""

    def __init__(self, status: Status, action: Action, allowed: tuple[Action, ...]) -> None:
        super().__init__(f"{action} while {status}")
        self.status = status
        self.action = action
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class Change:
    """One step that somebody took meanwhile: codes, and a name only for colleagues."""

    seq: int
    kind: str
    at: datetime
    role: Role
    agency: str | None
    name: str | None
    # What was corrected, by the names of `complaints.events.Verified`.
    fields: tuple[str, ...]


class Stale(Refusal):
    """Somebody else changed it since the actor looked."""

    def __init__(self, current_version: int, changes: tuple[Change, ...] = ()) -> None:
        super().__init__(current_version)
        self.current_version = current_version
        self.changes = changes


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the input: which field (camelCase path), which rule, and the rule's numbers."""

    field: str
    code: str
    data: Mapping[str, str | int] = dataclasses.field(default_factory=lambda: MappingProxyType({}))


class Invalid(Refusal):
    """The input breaks rules; every problem found is named, not just the first."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{p.field}: {p.code}" for p in problems))
        self.problems = problems


class TooMany(Refusal):
    """A limit of rate was reached."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(retry_after_seconds)
        self.retry_after_seconds = retry_after_seconds


class Busy(Refusal):
    """Somebody else holds the row; asking again is safe."""
