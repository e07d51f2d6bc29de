"""Who may do what to what: the grants of each role, and which rows a role reaches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, exists, false, func, or_, select, true
from sqlalchemy.orm import aliased

from complaints.refusals import NotAllowed, NotSignedIn
from models import (
    Agency,
    Complaint,
    ComplaintCopy,
    ComplaintReporter,
)
from rules.lifecycle import AWAITING_VERIFICATION, PUBLISHED, possible
from rules.vocabulary import Action, Audience, Classification, Connection, Role, Status


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking. `ticket` is the complaint whose tracking code and PIN were proven.

    `agency_id` is the agency somebody works for; a unit officer has the unit in `unit_id` as well.
    A service key narrows its role to `scopes`. `connection` is that of the agency: for a CENTRAL one the national desk
    forwards.
    """

    role: Role
    id: UUID | None = None
    agency_id: UUID | None = None
    unit_id: UUID | None = None
    ticket: UUID | None = None
    scopes: frozenset[Action] | None = None
    session_id: UUID | None = None
    connection: Connection | None = None


ANYONE = Actor(Role.PUBLIC)
SYSTEM = Actor(Role.SYSTEM)

_OPEN = frozenset(
    {
        Action.SUBMIT,
        Action.ASK_ADVICE,
        Action.READ_COMPLAINT,
        Action.READ_CATALOGUE,
        Action.READ_FIGURES,
        Action.TRACK,
        Action.LOG_IN,
        Action.ATTACH,
        Action.SUPPORT,
    }
)
_OWN_COMPLAINT = frozenset({Action.REPLY, Action.RATE, Action.REOPEN, Action.WITHDRAW, Action.CONSENT})
_DESK = frozenset(
    {Action.READ_COMPLAINT, Action.READ_QUEUE, Action.READ_CATALOGUE, Action.ASK_ADVICE, Action.LOG_IN}
    | {Action.READ_NOTIFICATIONS, Action.READ_FIGURES}
)
_FILES = frozenset({Action.ATTACH, Action.MANAGE_FILES})
_ANSWERING = _DESK | _FILES | {Action.FOLLOW_UP, Action.ASK_REPORTER, Action.NOTE, Action.CLOSE, Action.RETURN}
_HANDLING = _ANSWERING | {Action.EXPORT_FIGURES}
_VERIFYING = _HANDLING | {
    Action.VERIFY,
    Action.DISPATCH,
    Action.HANDLE,
    Action.DEFER,
    Action.ARCHIVE,
    Action.MERGE,
    Action.TAG,
    Action.DECIDE_REOPENING,
    Action.READ_RULES,
}

GRANTS: Mapping[Role, frozenset[Action]] = MappingProxyType(
    {
        Role.PUBLIC: _OPEN,
        Role.TICKET: _OPEN | _OWN_COMPLAINT,
        Role.REPORTER: _OPEN | _OWN_COMPLAINT | {Action.READ_NOTIFICATIONS},
        Role.CHANNEL_OFFICER: _DESK | {Action.SUBMIT, Action.SUBMIT_ON_BEHALF, Action.ATTACH},
        # The head of a unit passes on to the units below it.
        Role.UNIT_OFFICER: _HANDLING | {Action.DISPATCH},
        Role.AGENCY_ADMIN: _VERIFYING | {Action.PROPOSE_RULES, Action.MANAGE_WEBHOOKS, Action.MANAGE_TEMPLATES},
        Role.INSPECTORATE: _HANDLING,
        Role.HUB: _DESK | {Action.EXPORT_FIGURES},
        Role.NATIONAL_ADMIN: _VERIFYING
        | {
            Action.SUBMIT,
            Action.SUBMIT_ON_BEHALF,
            Action.RESTORE,
            Action.REOPEN,
            Action.READ_REPORTER,
            Action.MANAGE_CATALOGUE,
            Action.PROPOSE_RULES,
            Action.MANAGE_RULES,
            Action.ACTIVATE_RULES,
            Action.READ_CLASSIFIERS,
            Action.PROMOTE_CLASSIFIER,
            Action.MANAGE_PEOPLE,
            Action.MANAGE_WEBHOOKS,
            Action.MANAGE_TEMPLATES,
            Action.READ_AUDIT,
        },
        Role.OVERSEER: _DESK
        | {Action.REOPEN, Action.NOTE, Action.READ_RULES, Action.READ_CLASSIFIERS, Action.EXPORT_FIGURES},
        Role.AUDITOR: _DESK | {Action.READ_AUDIT, Action.READ_REPORTER, Action.EXPORT_FIGURES},
        Role.DATA_STAFF: frozenset(
            {Action.READ_CATALOGUE, Action.LOG_IN, Action.ASK_ADVICE, Action.READ_COMPLAINT}
            | {Action.READ_CLASSIFIERS, Action.TRAIN_CLASSIFIER, Action.LABEL_EXAMPLES, Action.PROMOTE_CLASSIFIER}
            | {Action.READ_RULES, Action.READ_NOTIFICATIONS, Action.READ_FIGURES}
        ),
        # A service key lists its own actions; this is the most any key can be given.
        Role.SERVICE: (_OPEN | _VERIFYING | {Action.SUBMIT_ON_BEHALF})
        - {Action.READ_NOTIFICATIONS, Action.EXPORT_FIGURES},
        Role.SYSTEM: frozenset(
            {Action.ROUTE, Action.SUGGEST, Action.AUTO_CLOSE, Action.ESCALATE, Action.ARCHIVE, Action.SUBMIT}
            | {Action.PROCESS_FILE}
            | {Action.TRAIN_CLASSIFIER, Action.LABEL_EXAMPLES, Action.PROMOTE_CLASSIFIER}
        ),
    }
)


def granted(actor: Actor) -> frozenset[Action]:
    """Everything the actor's role and scopes allow, before any row is looked at."""
    actions = GRANTS[actor.role]
    return actions if actor.scopes is None else actions & actor.scopes


def require(
    actor: Actor, action: Action, complaint: Complaint | None = None, *, is_reporter_of_it: bool = False
) -> None:
    """Pass, or raise `NotSignedIn` (an account might help) or `NotAllowed` (it would not).

    With a complaint the question is about that row; without one, about the role alone.
    """
    if action not in granted(actor):
        if actor.role is Role.PUBLIC:
            raise NotSignedIn("REQUIRED")
        raise NotAllowed(action)
    if complaint is not None and not may_act(actor, action, complaint, is_reporter_of_it=is_reporter_of_it):
        raise NotAllowed(action)


_BY_QUEUE = frozenset({Action.VERIFY, Action.DEFER, Action.ARCHIVE})
# What an agency may do while a case stands in its queue, whoever is proposed to mend it.
_BESIDE = frozenset({Action.NOTE, Action.TAG})


class Case(Protocol):
    """What policy looks at in a complaint; a mapped row and a row of a listing both have it."""

    @property
    def status(self) -> Status: ...
    @property
    def classification(self) -> Classification | None: ...
    @property
    def queue_agency_id(self) -> UUID | None: ...
    @property
    def agency_id(self) -> UUID | None: ...
    @property
    def unit_id(self) -> UUID | None: ...
    @property
    def dispatched_at(self) -> datetime | None: ...


def may_act(actor: Actor, action: Action, complaint: Case, *, is_reporter_of_it: bool) -> bool:
    """Whether the actor's relation to this row carries an action that the role has been granted."""
    match actor.role:
        case Role.NATIONAL_ADMIN | Role.SYSTEM | Role.OVERSEER | Role.AUDITOR:
            return True
        case Role.SERVICE if actor.agency_id is None:
            return True
        case Role.AGENCY_ADMIN | Role.SERVICE:
            return _agency_may(actor, action, complaint)
        case Role.UNIT_OFFICER:
            is_ours = complaint.unit_id is not None and complaint.unit_id == actor.unit_id
            return is_ours and not is_for_the_inspectorate(complaint)
        case Role.INSPECTORATE:
            return complaint.agency_id == actor.agency_id and is_for_the_inspectorate(complaint)
        case Role.TICKET | Role.REPORTER:
            return is_reporter_of_it
        case _:
            return False


def _agency_may(actor: Actor, action: Action, complaint: Case) -> bool:
    if is_for_the_inspectorate(complaint) or (action is Action.HANDLE and complaint.classification in SUPERVISION):
        return False
    if _is_for_queue(action, complaint):
        return complaint.queue_agency_id == actor.agency_id
    if action in _BESIDE and complaint.queue_agency_id == actor.agency_id:
        return complaint.queue_agency_id is not None
    if action is Action.DISPATCH and actor.connection is Connection.CENTRAL:
        return False
    # A proposed agency has no part in the case until it verified or received it.
    has_it = complaint.dispatched_at is not None or complaint.queue_agency_id == actor.agency_id
    return has_it and complaint.agency_id == actor.agency_id


def _is_for_queue(action: Action, complaint: Case) -> bool:
    """Whether the desk in whose queue it waits decides, and not whoever is to mend it."""
    waits = action in (Action.RETURN, Action.MERGE) and complaint.status in AWAITING_VERIFICATION
    return waits or action in _BY_QUEUE


SUPERVISION = frozenset({Classification.SUPERVISION, Classification.WHISTLEBLOWING})


def is_for_the_inspectorate(complaint: Case) -> bool:
    """Whether a case has left the desks for the inspectorate.

    It is about the agency's own people: from then on neither its admins nor its units may read it.
    """
    return complaint.classification in SUPERVISION and complaint.dispatched_at is not None


def _is_ordinary() -> ColumnElement[bool]:
    return or_(Complaint.classification.is_(None), Complaint.classification.not_in(sorted(SUPERVISION)))


def is_public() -> ColumnElement[bool]:
    """Rows anybody may read: published by dispatch, and not secret."""
    return and_(
        Complaint.published_at.is_not(None),
        ~Complaint.is_secret,
        Complaint.status.in_(sorted(PUBLISHED)),
    )


# Without their agency these would be asked about rows that have none, which is no row of theirs.
_OF_AGENCY = frozenset({Role.AGENCY_ADMIN, Role.INSPECTORATE, Role.HUB})


def is_handler(actor: Actor) -> ColumnElement[bool]:
    """Rows the actor works on or watches as staff; what the queues list."""
    if Action.READ_QUEUE not in granted(actor) or (actor.role in _OF_AGENCY and actor.agency_id is None):
        return false()
    match actor.role:
        case Role.NATIONAL_ADMIN | Role.OVERSEER | Role.AUDITOR:
            return true()
        case Role.SERVICE if actor.agency_id is None:
            return true()
        case Role.AGENCY_ADMIN | Role.SERVICE:
            # Whoever verifies a case reads it, until the verdict sends it to the inspectorate.
            return or_(
                and_(
                    Complaint.queue_agency_id == actor.agency_id,
                    or_(Complaint.dispatched_at.is_(None), _is_ordinary()),
                ),
                and_(Complaint.agency_id == actor.agency_id, Complaint.dispatched_at.is_not(None), _is_ordinary()),
                and_(_copied_to(actor.agency_id), _is_ordinary()),
            )
        case Role.UNIT_OFFICER if actor.unit_id is None:
            return false()
        case Role.UNIT_OFFICER:
            return and_(or_(_at_or_below(actor.unit_id), _copied_to(actor.unit_id)), _is_ordinary())
        case Role.INSPECTORATE:
            return and_(
                Complaint.agency_id == actor.agency_id,
                Complaint.dispatched_at.is_not(None),
                Complaint.classification.in_(sorted(SUPERVISION)),
            )
        case Role.HUB:
            below = select(Agency.id).where(Agency.parent_id == actor.agency_id)
            return and_(
                or_(Complaint.agency_id == actor.agency_id, Complaint.agency_id.in_(below)),
                Complaint.dispatched_at.is_not(None),
                _is_ordinary(),
            )
        case Role.CHANNEL_OFFICER:
            return _entered(actor.id)
        case _:
            return false()


def is_reporter(actor: Actor) -> ColumnElement[bool]:
    """Rows the actor filed: by account, or proven with code and PIN."""
    if actor.role is Role.REPORTER:
        return _filed(actor.id)
    if actor.role is Role.TICKET:
        return Complaint.id == actor.ticket
    return false()


def readable(actor: Actor) -> ColumnElement[bool]:
    """The WHERE of every single read: handled, filed, or public."""
    if actor.role is Role.SYSTEM:
        return true()
    return or_(is_handler(actor), is_reporter(actor), is_public())


def _at_or_below(unit_id: UUID | None) -> ColumnElement[bool]:
    """What a unit has, and what it passed on to the units below it."""
    head = select(Agency.id).where(Agency.id == unit_id).cte("unit", recursive=True, nesting=True)
    unit = aliased(Agency)
    tree = head.union(select(unit.id).join(head, unit.parent_id == head.c.id))
    return Complaint.unit_id == any_(func.array(select(tree.c.id).scalar_subquery(), type_=ARRAY(Uuid())))


def _copied_to(agency_id: UUID | None) -> ColumnElement[bool]:
    # An array and not EXISTS: PostgreSQL can join it with the other conditions of an OR through their indexes.
    copied = select(ComplaintCopy.complaint_id).where(ComplaintCopy.agency_id == agency_id).scalar_subquery()
    return Complaint.id == any_(func.array(copied, type_=ARRAY(Uuid())))


def _filed(person_id: UUID | None) -> ColumnElement[bool]:
    if person_id is None:
        return false()
    # An alias, so that a statement which joins the reporter itself does not swallow this subquery's FROM.
    filed = aliased(ComplaintReporter)
    return exists().where(filed.complaint_id == Complaint.id, filed.person_id == person_id)


def _entered(person_id: UUID | None) -> ColumnElement[bool]:
    if person_id is None:
        return false()
    filed = aliased(ComplaintReporter)
    return exists().where(filed.complaint_id == Complaint.id, filed.entered_by_id == person_id)


def standing(*, handler: bool, reporter: bool) -> Audience:
    """Which audience the actor belongs to for one row."""
    if handler:
        return Audience.INTERNAL
    return Audience.PARTIES if reporter else Audience.EVERYONE


_REACH: Mapping[Audience, frozenset[Audience]] = MappingProxyType(
    {
        Audience.EVERYONE: frozenset({Audience.EVERYONE}),
        Audience.PARTIES: frozenset({Audience.EVERYONE, Audience.PARTIES}),
        Audience.INTERNAL: frozenset(Audience),
    }
)


def audiences_of(standing: Audience) -> frozenset[Audience]:
    """The audiences whose fields, events and messages somebody of this standing may read."""
    return _REACH[standing]


def possible_actions(actor: Actor, complaint: Case, *, is_reporter_of_it: bool) -> tuple[Action, ...]:
    """What this actor may do to this row now: the table's arrows that policy allows."""
    return tuple(
        action
        for action in possible(complaint.status)
        if action in granted(actor) and may_act(actor, action, complaint, is_reporter_of_it=is_reporter_of_it)
    )
