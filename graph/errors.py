"""Typed "no"s: one GraphQL type per refusal, all with the same interface, so that old clients read new ones."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any

import strawberry
from strawberry import relay
from strawberry.types import Info
from strawberry.types.field import StrawberryField

from complaints.refusals import (
    Busy,
    Change,
    IllegalStep,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Problem,
    Refusal,
    Stale,
    TooMany,
)
from graph import enums  # noqa: F401 - registers the enums before a type names them
from graph.bilingual import Wording, listed
from graph.wording import PROBLEMS, REFUSALS, SIGN_IN, STATUSES, THINGS, called
from graph.wording_rules import FAULTS
from rules.vocabulary import Action, Role, Status


@strawberry.enum(description="What kind of refusal it is; every kind has a type of its own.")
class ErrorCode(StrEnum):
    """The codes of `UserError`."""

    NOT_FOUND = "NOT_FOUND"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_SIGNED_IN = "NOT_SIGNED_IN"
    ILLEGAL_STEP = "ILLEGAL_STEP"
    STALE = "STALE"
    INVALID = "INVALID"
    TOO_MANY = "TOO_MANY"
    BUSY = "BUSY"


@strawberry.interface(description="An expected refusal. `message` is Indonesian, `messageEn` English.")
class UserError:
    """What every refusal tells."""

    code: ErrorCode
    message: str
    message_en: str
    field: str | None = strawberry.field(default=None, description="The input field it is about, if one.")


@strawberry.type(description="Not there, or not yours to see; the answer is the same on purpose.")
class NotFoundError(UserError):
    """`NotFound`."""


@strawberry.type(description="You may see it but not do this.")
class NotAllowedError(UserError):
    """`NotAllowed`."""

    action: Action


@strawberry.type(description="No valid proof of who is asking: REQUIRED, WRONG_CREDENTIALS, EXPIRED or CSRF.")
class NotSignedInError(UserError):
    """`NotSignedIn`."""

    reason: str


@strawberry.type(description="The lifecycle has no such step from here.")
class IllegalStepError(UserError):
    """`IllegalStep`."""

    status: Status
    action: Action
    allowed: list[Action]


@strawberry.type(description="A step that somebody took since you looked; the name only among colleagues.")
class CaseChange:
    """A `Change`."""

    seq: int
    kind: str
    at: datetime
    role: Role
    agency: str | None
    name: str | None
    fields: list[str] = strawberry.field(description="What a verdict corrected.")


@strawberry.type(description="Somebody else changed it since you looked; `changes` says what, the newest twenty steps.")
class StaleError(UserError):
    """`Stale`."""

    current_version: int
    changes: list[CaseChange]


@strawberry.type(description="One thing wrong with the input.")
class InputProblem:
    """A `Problem`, worded."""

    field: str
    code: str
    message: str
    message_en: str


@strawberry.type(description="The input breaks rules; all of them are named.")
class InvalidError(UserError):
    """`Invalid`."""

    problems: list[InputProblem]


@strawberry.type(description="A rate limit was reached.")
class TooManyError(UserError):
    """`TooMany`."""

    retry_after_seconds: int


@strawberry.type(description="Somebody else holds the row; asking again is safe.")
class BusyError(UserError):
    """`Busy`."""


def told(refusal: Refusal) -> UserError:
    """The GraphQL type of a refusal, worded in both languages."""
    match refusal:
        case NotFound(what=what, field=field):
            return NotFoundError(**_said("NOT_FOUND", {"what": THINGS.get(what, Wording(what, what))}), field=field)
        case NotAllowed(action=action):
            return NotAllowedError(**_said("NOT_ALLOWED", {"action": called(action)}), action=action)
        case NotSignedIn(reason=reason):
            return NotSignedInError(**_worded("NOT_SIGNED_IN", SIGN_IN[reason]), reason=reason)
        case IllegalStep(status=status, action=action, allowed=allowed):
            data: dict[str, str | int | Wording] = {
                "action": called(action),
                "status": STATUSES[status],
                "allowed": listed(map(called, allowed)),
            }
            return IllegalStepError(**_said("ILLEGAL_STEP", data), status=status, action=action, allowed=list(allowed))
        case Stale(current_version=current, changes=changes):
            said = _said("STALE", {"current": current})
            return StaleError(**said, field="seenVersion", current_version=current, changes=_changes(changes))
        case Invalid(problems=problems):
            said = _said("INVALID", {"fields": ", ".join(dict.fromkeys(p.field for p in problems))})
            first = problems[0].field if problems else None
            return InvalidError(**said, field=first, problems=[_problem(p) for p in problems])
        case TooMany(retry_after_seconds=seconds):
            return TooManyError(**_said("TOO_MANY", {"seconds": seconds}), retry_after_seconds=seconds)
        case Busy():
            return BusyError(**_said("BUSY", {}))
    raise TypeError(f"no wording for {type(refusal).__name__}")


def _changes(changes: Iterable[Change]) -> list[CaseChange]:
    return [CaseChange(**{**asdict(change), "fields": list(change.fields)}) for change in changes]


def _said(code: str, data: Mapping[str, str | int | Wording]) -> dict[str, Any]:
    return _worded(code, REFUSALS[code].said(data))


def _worded(code: str, wording: Wording) -> dict[str, Any]:
    return {"code": ErrorCode(code), "message": wording.indonesian, "message_en": wording.english}


def _problem(problem: Problem) -> InputProblem:
    # What a rule may be wrong about is named by the language of rules, not by a verb.
    wording = PROBLEMS.get(problem.code) or FAULTS[problem.code]
    said = wording.said(problem.data)
    return InputProblem(field=problem.field, code=problem.code, message=said.indonesian, message_en=said.english)


class _Teller:
    """Tells one kind of refusal wherever a mutation's union has its type."""

    def __init__(self, exception_type: type[Exception], error_type: type[UserError]) -> None:
        self.exception_type = exception_type
        self.error_type = error_type

    def handle(self, exception: Exception, *, field: StrawberryField, info: Info) -> UserError:
        """The refusal as a member of the union."""
        del field, info
        return told(as_refusal(exception))


def as_refusal(error: Exception) -> Refusal:
    """A refusal as it is, and a malformed global id as the `Invalid` it means."""
    if isinstance(error, Refusal):
        return error
    return Invalid(Problem("id", "BAD_ID", {"type": "Node"}))


HANDLERS = tuple(
    _Teller(exception_type, error_type)
    for exception_type, error_type in (
        (NotFound, NotFoundError),
        (NotAllowed, NotAllowedError),
        (NotSignedIn, NotSignedInError),
        (IllegalStep, IllegalStepError),
        (Stale, StaleError),
        (Invalid, InvalidError),
        (relay.InvalidGlobalIDError, InvalidError),
        (TooMany, TooManyError),
        (Busy, BusyError),
    )
)
