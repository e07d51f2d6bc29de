""" "Saya juga mengalami": others have the same trouble, each counted once, nobody known."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from complaints.policy import is_public, is_reporter
from complaints.refusals import Invalid, NotFound, Problem
from complaints.work import Work
from models import Complaint, ComplaintSupport
from rules.vocabulary import Action

TOKEN_MIN, TOKEN_MAX = 16, 200


async def support(work: Work, complaint_id: UUID, browser_token: str | None) -> int:
    """Count the actor among those who have the same trouble; gives how many there are. Twice is once.

    By account or ticket where there is one, else by the random token that a browser keeps. Raises `NotFound` for what
    is not public, and `Invalid` for one's own report or a token that is none.
    """
    work.require(Action.SUPPORT)
    statement = select(Complaint.id, is_reporter(work.actor)).where(Complaint.id == complaint_id, is_public())
    found = (await work.session.execute(statement)).one_or_none()
    if found is None:
        raise NotFound("Complaint", "id")
    if found[1]:
        raise Invalid(Problem("id", "OWN_REPORT"))
    who = _who(work, browser_token)
    # With the case in it: what the same person supports cannot be put together from the rows.
    digest = work.vault.alias(f"support:{complaint_id}:{who}")
    once = insert(ComplaintSupport).values(id=work.new_id(), complaint_id=complaint_id, supporter=digest, at=work.now)
    await work.session.execute(once.on_conflict_do_nothing(index_elements=["complaint_id", "supporter"]))
    counted = select(func.count()).where(ComplaintSupport.complaint_id == complaint_id)
    return await work.session.scalar(counted) or 0


def _who(work: Work, browser_token: str | None) -> str:
    if work.actor.id is not None:
        return f"person:{work.actor.id}"
    if work.actor.ticket is not None:
        return f"ticket:{work.actor.ticket}"
    if browser_token is None or not TOKEN_MIN <= len(browser_token) <= TOKEN_MAX:
        raise Invalid(Problem("browserToken", "BROWSER_TOKEN", {"min": TOKEN_MIN, "max": TOKEN_MAX}))
    return f"browser:{browser_token}"
