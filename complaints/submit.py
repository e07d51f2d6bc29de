"""A citizen's report enters: stored, advised, routed, and answered with a receipt, in one transaction."""

import hashlib
import json
import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from complaints.clocks import new_clock
from complaints.events import Submitted
from complaints.files.uploads import Brought, adopt_uploads
from complaints.finding.vectors import first_words
from complaints.inputs import Problems
from complaints.policy import Actor, require
from complaints.refusals import Invalid, Problem
from complaints.routing import decide_route, read_ahead
from complaints.suggest import Advice, keep_suggestion
from complaints.vault import NO_CONTACT, Contact
from complaints.work import Work, Workshop
from models import (
    Agency,
    Category,
    Complaint,
    ComplaintCopy,
    ComplaintReporter,
    ComplaintText,
    ComplaintTicket,
)
from rules.deadlines import local_date
from rules.places import region, resolve
from rules.tracking import make_code
from rules.vocabulary import Action, Audience, Channel, Clock, ReportType, Role, Status, Urgency

SUGGEST_LATER = "complaints.suggest_later"


# What a fingerprint leaves out, or has in another form.
_APART = frozenset({"idempotency_key", "attachments"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What a citizen sends. Only the text is needed."""

    text: str
    title: str | None = None
    report_type: ReportType = ReportType.COMPLAINT
    category_id: UUID | None = None
    agency_id: UUID | None = None
    region_code: str | None = None
    place: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    incident_on: date | None = None
    is_anonymous: bool = False
    is_secret: bool = False
    channel: Channel = Channel.WEB
    entry_agency_id: UUID | None = None
    contact: Contact = NO_CONTACT
    idempotency_key: str | None = None
    attachments: tuple[Brought, ...] = ()

    def digest(self) -> bytes:
        """A fingerprint of everything sent, to tell a repeated request from a reused key."""
        content = [str(getattr(self, name)) for name in self.__slots__ if name not in _APART]
        # By their secrets: a repeat looks where the first request has taken the files away.
        content += [one.secret for one in self.attachments]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).digest()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the citizen keeps. The PIN is shown here and nowhere else."""

    complaint: Complaint
    pin: str
    is_repeat: bool


def key_digest(actor: Actor, key: str) -> bytes:
    """The stored form of an idempotency key; keys of two accounts never meet."""
    return hashlib.sha256(f"{actor.role}|{actor.id or ''}|{key}".encode("utf-8", "surrogatepass")).digest()


async def submit(
    workshop: Workshop, actor: Actor, draft: Draft, advice: Advice | None, request_id: str | None
) -> Receipt:
    """File a report, once: a repeat with the same idempotency key returns the first receipt.

    Raises `Invalid` with every problem of the draft, `NotFound` for an unknown category or agency, and
    `Invalid(idempotencyKey)` when the key was used for something else.
    """
    await read_ahead(draft.text)
    try:
        async with workshop.work(actor, request_id) as work:
            require(actor, Action.SUBMIT if actor.role is not Role.CHANNEL_OFFICER else Action.SUBMIT_ON_BEHALF)
            return await _submit(work, draft, advice)
    except IntegrityError as error:
        # Two requests with one key at the same moment: the database let one of them in. Answer with it.
        if "uq_complaint_idempotency_key" not in str(error.orig):
            raise
        async with workshop.work(actor, request_id) as work:
            return await _submit(work, draft, advice)


async def _submit(work: Work, draft: Draft, advice: Advice | None) -> Receipt:
    checked = checked_draft(work, draft)
    if checked.idempotency_key is not None:
        earlier = await _earlier(work, checked, checked.idempotency_key)
        if earlier is not None:
            return Receipt(earlier, work.vault.pin(earlier.id), is_repeat=True)
    if checked.category_id is not None:
        await work.one(Category, checked.category_id, field="categoryId")
    if checked.agency_id is not None:
        await work.one(Agency, checked.agency_id, field="agencyId")
    if checked.entry_agency_id is not None:
        await work.one(Agency, checked.entry_agency_id, field="entryAgencyId")
    complaint = file(work, checked, advice)
    await adopt_uploads(work, complaint, checked.attachments, Audience.PARTIES)
    if advice is None:
        await work.later(SUGGEST_LATER, lock=str(complaint.id), complaint_id=str(complaint.id))
    return Receipt(complaint, work.vault.pin(complaint.id), is_repeat=False)


async def _earlier(work: Work, draft: Draft, key: str) -> Complaint | None:
    statement = select(Complaint).where(Complaint.idempotency_key == key_digest(work.actor, key))
    earlier = (await work.session.scalars(statement)).one_or_none()
    if earlier is not None and earlier.idempotency_digest != draft.digest():
        raise Invalid(Problem("idempotencyKey", "KEY_REUSED"))
    return earlier


def checked_draft(work: Work, draft: Draft) -> Draft:
    """The draft with tidy texts; raises `Invalid` with every problem found."""
    allowed, problems = work.allowances, Problems()
    text = problems.text(draft.text, "text", shortest=allowed.text_min, longest=allowed.text_max)
    title = problems.text(draft.title, "title", longest=allowed.title_max)
    place = problems.text(draft.place, "place", longest=allowed.title_max * 2)
    if draft.region_code is not None and region(draft.region_code) is None:
        problems.add("regionCode", "UNKNOWN_REGION")
    if (draft.latitude is None) is not (draft.longitude is None):
        problems.add("longitude" if draft.longitude is None else "latitude", "POINT_INCOMPLETE")
    if not -90 <= (draft.latitude or 0) <= 90:
        problems.add("latitude", "OUT_OF_RANGE", min=-90, max=90)
    if not -180 <= (draft.longitude or 0) <= 180:
        problems.add("longitude", "OUT_OF_RANGE", min=-180, max=180)
    if draft.incident_on is not None and draft.incident_on > local_date(work.now):
        problems.add("incidentOn", "IN_FUTURE")
    problems.text(draft.idempotency_key, "idempotencyKey", longest=10_000)
    if draft.idempotency_key is not None and not 16 <= len(draft.idempotency_key) <= 200:
        # A guessable key would hand the receipt, PIN and all, to whoever guesses it.
        problems.add("idempotencyKey", "KEY_LENGTH", min=16, max=200)
    contact = Contact(
        name=problems.text(draft.contact.name, "contact.name", longest=200),
        email=problems.text(draft.contact.email, "contact.email", longest=254),
        phone=problems.text(draft.contact.phone, "contact.phone", longest=40),
    )
    if contact.email is not None and "@" not in contact.email[1:-1]:
        problems.add("contact.email", "NOT_AN_EMAIL")
    problems.settle()
    return replace(draft, text=text or "", title=title, place=place, contact=contact)


def file(work: Work, draft: Draft, advice: Advice | None, *, submitted_at: datetime | None = None) -> Complaint:
    """Add all rows of a new complaint to the transaction; `draft` has been checked.

    `submitted_at` is for imports of what came in elsewhere before.
    """
    actor = work.actor
    at = submitted_at or work.now
    complaint = Complaint(
        id=work.new_id(),
        tracking_code=make_code(secrets.choice),
        idempotency_key=None if draft.idempotency_key is None else key_digest(actor, draft.idempotency_key),
        idempotency_digest=None if draft.idempotency_key is None else draft.digest(),
        status=Status.UNVERIFIED,
        version=0,
        report_type=draft.report_type,
        urgency=Urgency.NORMAL,
        channel=draft.channel,
        is_anonymous=draft.is_anonymous,
        is_secret=draft.is_secret,
        tags=[],
        category_id=draft.category_id,
        chosen_agency_id=draft.agency_id,
        entry_agency_id=draft.entry_agency_id,
        hops=0,
        region_code=draft.region_code or _found_region(draft),
        latitude=draft.latitude,
        longitude=draft.longitude,
        incident_on=draft.incident_on,
        submitted_at=at,
        changed_at=work.now,
        closed_by_silence=False,
    )
    work.session.add(complaint)
    text = ComplaintText(
        complaint_id=complaint.id,
        original_title=draft.title,
        original_body=draft.text,
        title=draft.title,
        place=draft.place,
    )
    work.session.add_all([text, first_words(complaint, text)])
    reporter = ComplaintReporter(
        complaint_id=complaint.id,
        person_id=actor.id if actor.role is Role.REPORTER else None,
        entered_by_id=actor.id if actor.role in (Role.CHANNEL_OFFICER, Role.NATIONAL_ADMIN) else None,
        contact_encrypted=None if draft.contact.is_empty else work.vault.seal(draft.contact),
    )
    work.session.add(reporter)
    work.session.add(ComplaintTicket(complaint_id=complaint.id, failures=0))
    work.record(complaint, Submitted())
    if advice is not None:
        keep_suggestion(work, complaint, advice)
    decision = decide_route(work, complaint, reporter, draft.text, advice)
    for code in decision.copies:
        work.session.add(ComplaintCopy(complaint_id=complaint.id, agency_id=work.knowledge.agency_ids[code]))
    clock = new_clock(work.knowledge, complaint, Clock.VERIFICATION, at)
    work.session.add(clock)
    complaint.due_at = clock.due_at
    return complaint


def _found_region(draft: Draft) -> str | None:
    found = resolve(draft.text, draft.place)
    return None if found is None else found.code
