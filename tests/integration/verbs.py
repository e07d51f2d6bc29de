"""Every verb that acts on one complaint, called alike, so that one rule can be tested on all of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from complaints.casework.conversation import ask_reporter, withdraw
from complaints.casework.reopening import decide_reopening
from complaints.close import close, close_by_silence, rate, reopen
from complaints.desk import Objection, archive, defer, restore, return_
from complaints.dispatch import Destination, dispatch, handle
from complaints.follow_up import follow_up, reply
from complaints.policy import SYSTEM, Actor
from complaints.verify import Verdict, verify
from complaints.work import Work
from models import Complaint, ReopeningRequest, new_id
from rules.vocabulary import Action, Audience, Role, Status
from tests.support import NATIONAL

Run = Callable[[Work, Complaint, str], Awaitable[Complaint]]


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: its action, a status it is possible from, and a call of it with `text` wherever it takes one."""

    action: Action
    possible_while: Status
    run: Run
    by_reporter: bool = False
    asks_version: bool = True

    def actor(self, complaint: Complaint) -> Actor:
        """Somebody who may always do it."""
        if self.action is Action.AUTO_CLOSE:
            return SYSTEM
        return Actor(Role.TICKET, ticket=complaint.id) if self.by_reporter else NATIONAL


def _verify(work: Work, complaint: Complaint, text: str) -> Awaitable[Complaint]:
    verdict = Verdict(
        title=text,
        body=text,
        place=text,
        note=text,
        category_id=work.knowledge.category_ids["ESDM.LISTRIK"],
        agency_id=work.knowledge.agency_ids["PLN"],
    )
    return verify(work, complaint.id, verdict, seen_version=complaint.version)


async def _agree(work: Work, complaint: Complaint, text: str) -> Complaint:
    """As if its reporter had asked before, for a second time."""
    message_id = work.keep(complaint, text, Audience.PARTIES)
    work.session.add(ReopeningRequest(id=new_id(), complaint_id=complaint.id, message_id=message_id, asked_at=work.now))
    await work.session.flush()
    return await decide_reopening(work, complaint.id, grants=True, reason=text, seen_version=complaint.version)


VERBS = (
    Verb(Action.VERIFY, Status.UNVERIFIED, _verify),
    Verb(
        Action.DISPATCH,
        Status.VERIFIED,
        lambda work, row, _: dispatch(work, row.id, Destination(), seen_version=row.version),
    ),
    Verb(Action.HANDLE, Status.VERIFIED, lambda work, row, _: handle(work, row.id, seen_version=row.version)),
    Verb(
        Action.RETURN,
        Status.DISPATCHED,
        lambda work, row, text: return_(
            work,
            row.id,
            Objection("BUKAN_WEWENANG", proposed_agency_id=work.knowledge.agency_ids["PLN"], note=text),
            seen_version=row.version,
        ),
    ),
    Verb(
        Action.DEFER,
        Status.UNVERIFIED,
        lambda work, row, text: defer(work, row.id, "LOKASI_TIDAK_JELAS", text, seen_version=row.version),
    ),
    Verb(
        Action.ARCHIVE,
        Status.UNVERIFIED,
        lambda work, row, text: archive(work, row.id, "TIDAK_JELAS", text, seen_version=row.version),
    ),
    Verb(
        Action.RESTORE,
        Status.ARCHIVED,
        lambda work, row, text: restore(work, row.id, text, seen_version=row.version),
    ),
    Verb(
        Action.FOLLOW_UP,
        Status.DISPATCHED,
        lambda work, row, text: follow_up(work, row.id, text, Audience.EVERYONE, seen_version=row.version),
    ),
    Verb(
        Action.CLOSE,
        Status.IN_PROGRESS,
        lambda work, row, text: close(work, row.id, text, seen_version=row.version),
    ),
    Verb(
        Action.AUTO_CLOSE,
        Status.IN_PROGRESS,
        lambda work, row, _: close_by_silence(work, row.id),
        asks_version=False,
    ),
    Verb(
        Action.REPLY,
        Status.DEFERRED,
        lambda work, row, text: reply(work, row.id, text),
        by_reporter=True,
        asks_version=False,
    ),
    Verb(
        Action.REOPEN,
        Status.CLOSED,
        lambda work, row, text: reopen(work, row.id, text),
        by_reporter=True,
        asks_version=False,
    ),
    Verb(
        Action.RATE,
        Status.CLOSED,
        lambda work, row, _: rate(work, row.id, 4, is_solved=True),
        by_reporter=True,
        asks_version=False,
    ),
    Verb(
        Action.ASK_REPORTER,
        Status.IN_PROGRESS,
        lambda work, row, text: ask_reporter(work, row.id, text, seen_version=row.version),
    ),
    Verb(
        Action.WITHDRAW,
        Status.DISPATCHED,
        lambda work, row, text: withdraw(work, row.id, text),
        by_reporter=True,
        asks_version=False,
    ),
    Verb(Action.DECIDE_REOPENING, Status.CLOSED, _agree),
)
