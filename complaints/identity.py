"""Opening what is sealed: who filed a complaint, with a reason and a trace."""

from dataclasses import dataclass
from uuid import UUID

from complaints.inputs import required_text
from complaints.vault import Contact
from complaints.work import Work
from models import AccessEvent, ComplaintReporter, Person
from rules.vocabulary import Action


@dataclass(frozen=True, slots=True)
class Reporter:
    """What is known about who filed a complaint; all absent when it was filed without a word about oneself."""

    name: str | None
    email: str | None
    phone: str | None


async def disclose_reporter(work: Work, complaint_id: UUID, reason: str) -> Reporter:
    """The reporter's identity. The look is recorded in the same transaction that shows it.

    Raises what `Work.complaint` raises, and `Invalid` for the reason.
    """
    complaint = await work.complaint(complaint_id, Action.READ_REPORTER)
    why = required_text(reason, "reason", work.allowances.message_max)
    filed = await work.session.get_one(ComplaintReporter, complaint.id)
    person = None if filed.person_id is None else await work.session.get_one(Person, filed.person_id)
    contact = Contact() if filed.contact_encrypted is None else work.vault.open(filed.contact_encrypted)
    work.session.add(
        AccessEvent(
            id=work.new_id(),
            kind="REPORTER_IDENTITY",
            person_id=work.actor.id,
            actor_role=work.actor.role,
            complaint_id=complaint.id,
            reason=why,
            at=work.now,
            request_id=work.request_id,
        )
    )
    name = contact.name or (None if person is None else person.name)
    return Reporter(name, contact.email or (None if person is None else person.login), contact.phone)
