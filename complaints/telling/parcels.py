"""What a delivery carries, worked out when it leaves: addresses and words are kept nowhere."""

from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

from cryptography.fernet import InvalidToken
from sqlalchemy import select

from complaints.telling.mail import Letter, compose, usable_address
from complaints.telling.outlets import MailServer, Outlets
from complaints.telling.recipients import agency_may_see, may_see
from complaints.telling.webhooks import Parcel, body_of
from complaints.telling.wording import LABELS, NEWS, SENTENCES, day_of
from complaints.work import Work
from models import (
    Complaint,
    ComplaintEvent,
    ComplaintReporter,
    ComplaintText,
    Delivery,
    Message,
    NotificationAddress,
    Person,
    Term,
    Webhook,
)
from rules.masking import masked
from rules.telling import Language, Medium, NotificationKind, codes_of, is_sensitive
from rules.vocabulary import Audience, TermKind


class Undeliverable(Exception):
    """There is nobody to send it to (any more); the code says why. A dead one may be sent by hand later."""

    def __init__(self, code: str, *, is_dead: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.is_dead = is_dead


@dataclass(frozen=True, slots=True)
class Mail:
    """A message and the server it goes through."""

    message: EmailMessage
    server: MailServer


async def packed(work: Work, outlets: Outlets, delivery: Delivery) -> Mail | Parcel:
    """The delivery ready to go. Raises `Undeliverable`."""
    if delivery.medium is Medium.WEBHOOK:
        return await _parcel(work, outlets, delivery)
    if outlets.mail is None:
        raise Undeliverable("MAIL_OFF", is_dead=True)
    letter = await _letter(work, outlets, delivery)
    return Mail(compose(letter, outlets.mail, delivery.id, work.now), outlets.mail)


async def _parcel(work: Work, outlets: Outlets, delivery: Delivery) -> Parcel:
    webhook = await work.session.get_one(Webhook, delivery.webhook_id)
    if not webhook.is_active:
        raise Undeliverable("WEBHOOK_DISABLED", is_dead=True)
    event = None
    if delivery.event_id is not None:
        event = await work.session.get_one(ComplaintEvent, delivery.event_id)
        if not await agency_may_see(work, event.complaint_id, webhook.agency_id):
            raise Undeliverable("NOT_THEIRS")
    try:
        keys = [work.vault.open_word(webhook.secret_encrypted)]
        overlap = timedelta(hours=outlets.webhooks.overlap_hours)
        before = webhook.previous_secret_encrypted
        if before is not None and webhook.rotated_at is not None and work.now < webhook.rotated_at + overlap:
            keys.append(work.vault.open_word(before))
    except InvalidToken:
        raise Undeliverable("KEY_LOST", is_dead=True) from None
    body = body_of(delivery.kind, delivery.created_at if event is None else event.at, webhook_data(work, event))
    return Parcel(webhook.url, delivery.id, body, tuple(keys))


def webhook_data(work: Work, event: ComplaintEvent | None) -> dict[str, object]:
    """What a webhook says of an event: ids and codes, agencies by their codes, and nothing anybody wrote."""
    if event is None:
        return {}
    data: dict[str, object] = {
        "event_id": str(event.id),
        "complaint_id": str(event.complaint_id),
        "seq": event.seq,
        "status": event.status,
    }
    for name, value in codes_of(event.data).items():
        is_agency = name.endswith(("agency_id", "unit_id"))
        facts = work.knowledge.agencies.get(UUID(value)) if is_agency else None
        data[name.removesuffix("_id") if is_agency else name] = value if facts is None else facts.code
    return data


async def _letter(work: Work, outlets: Outlets, delivery: Delivery) -> Letter:
    complaint = await work.session.get_one(Complaint, delivery.complaint_id)
    event = await work.session.get_one(ComplaintEvent, delivery.event_id)
    to, language = await _reader(work, delivery)
    is_theirs = delivery.to_reporter or (
        delivery.person_id is not None and await may_see(work, complaint.id, delivery.person_id)
    )
    if not is_theirs:
        # The case has moved on since, to people who are not these.
        raise Undeliverable("NOT_THEIRS")
    facts, quote = [(LABELS["code"].in_(language), complaint.tracking_code)], None
    # A report that was merged is told of another one, which may have become secret since.
    cases = {complaint, await work.session.get_one(Complaint, event.complaint_id)}
    is_sensitive_case = any(is_sensitive(case.classification, is_secret=case.is_secret) for case in cases)
    sentence = (NEWS if is_sensitive_case else SENTENCES[NotificationKind(delivery.kind)]).in_(language)
    if not is_sensitive_case:
        facts += await _facts(work, complaint, event, language, to_reporter=delivery.to_reporter)
        quote = await _quote(work, event) if delivery.to_reporter else None
    pages, has_account = outlets.pages, delivery.person_id is not None
    return Letter(
        to=to,
        language=language,
        subject=f"[{complaint.tracking_code}] {sentence}",
        sentence=sentence,
        facts=tuple(facts),
        link=pages.of_reporter(complaint.tracking_code) if delivery.to_reporter else pages.of_desk(complaint.id),
        link_label=LABELS["link"].in_(language),
        automatic=LABELS["automatic"].in_(language),
        quote=quote,
        quote_label=LABELS["quote"].in_(language),
        pin_hint=None if has_account else LABELS["pin"].in_(language),
        preferences_link=pages.preferences if has_account else None,
        preferences_label=LABELS["preferences"].in_(language),
    )


async def _reader(work: Work, delivery: Delivery) -> tuple[str, Language]:
    """(address, language). Raises `Undeliverable`."""
    address, language, found = None, Language.INDONESIAN, None
    try:
        if delivery.person_id is not None:
            person = await work.session.get_one(Person, delivery.person_id)
            if not person.is_active:
                raise Undeliverable("ACCOUNT_CLOSED")
            found = await work.session.get(NotificationAddress, person.id)
            if found is not None:
                language = found.language
                address = None if found.email_encrypted is None else work.vault.open_word(found.email_encrypted)
            # Many sign in with their address.
            address = address or (person.login if "@" in person.login else None)
        if delivery.to_reporter and delivery.complaint_id is not None:
            filed = await work.session.get_one(ComplaintReporter, delivery.complaint_id)
            contact = None if filed.contact_encrypted is None else work.vault.open(filed.contact_encrypted)
            # What was written on this report is meant for this report.
            address = (None if contact is None else contact.email) or address
    except InvalidToken:
        raise Undeliverable("KEY_LOST", is_dead=True) from None
    if address is None:
        raise Undeliverable("NO_ADDRESS")
    usable = usable_address(address)
    if usable is None:
        raise Undeliverable("ADDRESS_UNUSABLE")
    return usable, language


async def _facts(
    work: Work, complaint: Complaint, event: ComplaintEvent, language: Language, *, to_reporter: bool
) -> list[tuple[str, str]]:
    """What else stands in a mail about an ordinary case: to its reporter the title, to staff nothing anybody wrote."""
    facts: list[tuple[str, str | None]] = []
    if to_reporter:
        text = await work.session.get_one(ComplaintText, complaint.id)
        title = text.public_title or (None if text.title is None else masked(text.title))
        facts.append(("title", title))
    # Of the moment that the mail is about; a report that was merged shares it with the one it follows.
    term = await work.session.get_one(Term, (TermKind.STATUS, event.status))
    facts.append(("status", term.label_id if language is Language.INDONESIAN else term.label_en))
    # Whose it will be is not said before somebody decided it.
    if complaint.dispatched_at is not None and complaint.agency_id is not None:
        facts.append(("agency", work.knowledge.agency_rows[complaint.agency_id].name))
    if not to_reporter:
        if complaint.category_id is not None:
            category = work.knowledge.category_rows[complaint.category_id]
            label = category.label_en if language is Language.ENGLISH else None
            facts.append(("category", label or category.label_id))
        facts.append(("due", None if complaint.due_at is None else day_of(complaint.due_at, language)))
    return [(LABELS[name].in_(language), value) for name, value in facts if value]


_ANSWERS = frozenset({"FollowedUp", "Closed"})


async def _quote(work: Work, event: ComplaintEvent) -> str | None:
    """The answer that a reporter hears of, if everybody may read it: masked, as the public sees it."""
    message_id = event.data.get("message_id")
    if event.kind not in _ANSWERS or message_id is None:
        return None
    statement = select(Message.public_body).where(Message.id == UUID(message_id), Message.audience == Audience.EVERYONE)
    return await work.session.scalar(statement)
