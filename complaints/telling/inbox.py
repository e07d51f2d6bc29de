"""One's own notifications: reading them, marking them, choosing what comes how, and where mail goes."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from complaints.inputs import Problems
from complaints.refusals import Invalid, NotFound, Problem
from complaints.telling.mail import usable_address
from complaints.work import Work
from models import Notification, NotificationAddress, NotificationPreference
from rules.telling import Language, Medium, NotificationKind, kinds_for
from rules.vocabulary import Action

_ADDRESS_MAX = 254


async def mark_read(work: Work, notification_ids: Sequence[UUID] | None) -> int:
    """Mark these of one's own notifications as read, or all; gives how many were unread."""
    work.require(Action.READ_NOTIFICATIONS)
    mine = [Notification.person_id == work.actor.id, Notification.read_at.is_(None)]
    if notification_ids is not None:
        mine.append(Notification.id.in_(notification_ids))
    marked = update(Notification).where(*mine).values(read_at=work.now).returning(Notification.id)
    return len((await work.session.scalars(marked)).all())


async def unread(work: Work) -> int:
    """How many of one's own notifications nobody looked at yet."""
    mine = (Notification.person_id == work.actor.id, Notification.read_at.is_(None))
    return await work.session.scalar(select(func.count()).select_from(Notification).where(*mine)) or 0


async def set_preference(work: Work, kind: NotificationKind, medium: Medium, *, is_on: bool) -> None:
    """Choose whether a kind comes on a medium.

    Raises `Invalid` for a kind one's role never hears and for a medium of machines, `NotFound` without an account.
    """
    work.require(Action.READ_NOTIFICATIONS)
    problems, mine = Problems(), kinds_for(work.actor.role)
    if kind not in mine:
        problems.add("kind", "UNKNOWN_CODE", allowed=", ".join(mine))
    if medium is Medium.WEBHOOK:
        problems.add("medium", "UNKNOWN_CODE", allowed=f"{Medium.IN_APP}, {Medium.EMAIL}")
    problems.settle()
    row = {"person_id": _account_of(work), "kind": kind, "medium": medium, "is_on": is_on}
    key = ["person_id", "kind", "medium"]
    chosen = insert(NotificationPreference).values(row)
    await work.session.execute(chosen.on_conflict_do_update(index_elements=key, set_={"is_on": is_on}))


async def set_address(work: Work, email: str | None, language: Language) -> None:
    """Say where one's mail goes, and in which language; without an address it goes to the login, if that is one.

    Raises `Invalid` for what is no address, `NotFound` without an account.
    """
    work.require(Action.READ_NOTIFICATIONS)
    problems = Problems()
    address = problems.text(email, "email", longest=_ADDRESS_MAX)
    problems.settle()
    if address is not None and usable_address(address) is None:
        raise Invalid(Problem("email", "NOT_AN_EMAIL"))
    sealed = None if address is None else work.vault.seal_word(address)
    given = {"email_encrypted": sealed, "language": language}
    chosen = insert(NotificationAddress).values(person_id=_account_of(work), **given)
    await work.session.execute(chosen.on_conflict_do_update(index_elements=["person_id"], set_=given))


def _account_of(work: Work) -> UUID:
    if work.actor.id is None:
        raise NotFound("Person")
    return work.actor.id
