"""Proving with a tracking code and a PIN that a complaint is one's own, without an account."""

from datetime import timedelta

from sqlalchemy import select

from complaints.policy import ANYONE, Actor
from complaints.refusals import NotFound, TooMany
from complaints.work import Workshop
from models import Complaint, ComplaintTicket
from rules.tracking import normalise_code
from rules.vocabulary import Role


async def admit(workshop: Workshop, code: str, pin: str) -> Actor:
    """The actor that holds this ticket.

    A wrong PIN and an unknown code are the same `NotFound`. After `pin_failures_max` wrong PINs in a row the
    complaint's ticket rests for `pin_lock_seconds`: `TooMany`, even for the right PIN.
    """
    tidy = normalise_code(code)
    if tidy is None:
        raise NotFound("Complaint", "trackingCode")
    refusal: NotFound | TooMany | None = None
    # The failure must be counted although the caller is refused, so the refusal leaves after the commit.
    async with workshop.work(ANYONE) as work:
        statement = (
            select(ComplaintTicket)
            .join(Complaint, Complaint.id == ComplaintTicket.complaint_id)
            .where(Complaint.tracking_code == tidy)
            .with_for_update(of=ComplaintTicket)
        )
        ticket = (await work.session.scalars(statement)).one_or_none()
        if ticket is None:
            raise NotFound("Complaint", "trackingCode")
        complaint_id = ticket.complaint_id
        if ticket.locked_until is not None and ticket.locked_until > work.now:
            refusal = TooMany(int((ticket.locked_until - work.now).total_seconds()) + 1)
        elif not work.vault.is_pin(complaint_id, pin):
            refusal = NotFound("Complaint", "trackingCode")
            ticket.failures += 1
            if ticket.failures >= work.allowances.pin_failures_max:
                ticket.failures = 0
                ticket.locked_until = work.now + timedelta(seconds=work.allowances.pin_lock_seconds)
        elif ticket.failures or ticket.locked_until:
            ticket.failures, ticket.locked_until = 0, None
    if refusal is not None:
        raise refusal
    return Actor(Role.TICKET, ticket=complaint_id)
