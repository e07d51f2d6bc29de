"""From an event to everybody who hears of it: notifications in Salur, deliveries outside, each written once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from complaints.policy import SYSTEM
from complaints.telling.outlets import Outlets
from complaints.telling.recipients import agency_may_see, staff_of
from complaints.work import Work, Workshop
from models import (
    Complaint,
    ComplaintCopy,
    ComplaintEvent,
    ComplaintMerge,
    ComplaintReporter,
    Delivery,
    Notification,
    NotificationPreference,
    Webhook,
    new_id,
)
from rules.telling import (
    FOLLOWED,
    WEBHOOK_TYPES,
    DeliveryState,
    Medium,
    NotificationKind,
    Recipient,
    codes_of,
    is_on,
    tellings,
)

DELIVER = "telling.deliver"


async def tell(workshop: Workshop, outlets: Outlets, event_ids: Sequence[UUID]) -> None:
    """Tell everybody of these events. Idempotent: what was written before is not written again."""
    for event_id in event_ids:
        async with workshop.work(SYSTEM) as work:
            event = await work.session.get(ComplaintEvent, event_id)
            # A savepoint that was rolled back took its event along.
            if event is not None:
                await _tell(work, outlets, event)


@dataclass(frozen=True, slots=True)
class _Heard:
    """Somebody hears something; without an account it is a reporter who left an address.

    `complaint_id` is their own report, which may have been merged into the one that it happened to.
    """

    kind: NotificationKind
    person_id: UUID | None
    complaint_id: UUID
    is_reporter: bool = False


async def _tell(work: Work, outlets: Outlets, event: ComplaintEvent) -> None:
    complaint = await work.session.get_one(Complaint, event.complaint_id)
    strangers: list[_Heard] = []
    people: dict[UUID, _Heard] = {}
    for telling in tellings(event.kind, event.data):
        if telling.to is Recipient.REPORTER:
            for reporter in await _reporters(work, event, telling.kind):
                if reporter.person_id is None:
                    strangers.append(reporter)
                else:
                    people.setdefault(reporter.person_id, reporter)
            continue
        for person_id in await staff_of(work, complaint, telling.to):
            # Nobody needs to hear what they did themselves.
            if person_id != event.actor_id:
                people.setdefault(person_id, _Heard(telling.kind, person_id, complaint.id))
    wanted = _Wanted(await _chosen(work, list(people.values())))
    await _notify(work, event, [one for one in people.values() if wanted(one, Medium.IN_APP)])
    rows = []
    if outlets.mail is not None:
        rows += [_letter(work, event, one) for one in (*strangers, *people.values()) if wanted(one, Medium.EMAIL)]
    rows += await _webhooks(work, event)
    await queue_deliveries(work, rows)


async def _reporters(work: Work, event: ComplaintEvent, kind: NotificationKind) -> list[_Heard]:
    """The reporter, and those of reports that followed this one when it happened; only who can be reached."""
    own = ComplaintReporter.complaint_id == event.complaint_id
    following = select(ComplaintMerge.child_id).where(
        ComplaintMerge.parent_id == event.complaint_id,
        ComplaintMerge.merged_at <= event.at,
        or_(ComplaintMerge.undone_at.is_(None), ComplaintMerge.undone_at > event.at),
    )
    theirs = or_(own, ComplaintReporter.complaint_id.in_(following)) if kind in FOLLOWED else own
    # One's own report first: who filed two that were merged hears of the one that leads.
    statement = select(ComplaintReporter).where(theirs).order_by(own.desc(), ComplaintReporter.complaint_id)
    return [
        _Heard(kind, filed.person_id, filed.complaint_id, is_reporter=True)
        for filed in (await work.session.scalars(statement)).all()
        if filed.person_id is not None or _has_address(work, filed)
    ]


def _has_address(work: Work, filed: ComplaintReporter) -> bool:
    return filed.contact_encrypted is not None and work.vault.open(filed.contact_encrypted).email is not None


class _Wanted:
    """Who wants what on which medium."""

    def __init__(self, chosen: Mapping[tuple[UUID, NotificationKind, Medium], bool]) -> None:
        self._chosen = chosen

    def __call__(self, heard: _Heard, medium: Medium) -> bool:
        """Whether it reaches them; a reporter without an account has chosen by leaving an address."""
        if heard.person_id is None:
            return medium is Medium.EMAIL
        return is_on(heard.kind, medium, self._chosen.get((heard.person_id, heard.kind, medium)))


async def _chosen(work: Work, heard: Sequence[_Heard]) -> dict[tuple[UUID, NotificationKind, Medium], bool]:
    people = [one.person_id for one in heard if one.person_id is not None]
    if not people:
        return {}
    preference = NotificationPreference
    statement = select(preference.person_id, preference.kind, preference.medium, preference.is_on).where(
        preference.person_id.in_(people), preference.kind.in_({one.kind for one in heard})
    )
    return {(row.person_id, row.kind, row.medium): row.is_on for row in (await work.session.execute(statement)).all()}


async def _notify(work: Work, event: ComplaintEvent, heard: Sequence[_Heard]) -> None:
    rows = [
        {
            "id": new_id(),
            "person_id": one.person_id,
            "kind": one.kind,
            "complaint_id": one.complaint_id,
            "event_id": event.id,
            "data": codes_of(event.data),
            "at": event.at,
        }
        for one in heard
    ]
    if rows:
        once = insert(Notification).values(rows).on_conflict_do_nothing(index_elements=["event_id", "person_id"])
        await work.session.execute(once)


def _letter(work: Work, event: ComplaintEvent, heard: _Heard) -> dict[str, object]:
    whom = f"reporter:{heard.complaint_id}" if heard.is_reporter else str(heard.person_id)
    return {
        **_fresh(work, f"{event.id}:{Medium.EMAIL}:{whom}"),
        "medium": Medium.EMAIL,
        "kind": heard.kind,
        "complaint_id": heard.complaint_id,
        "event_id": event.id,
        "person_id": heard.person_id,
        "to_reporter": heard.is_reporter,
        "webhook_id": None,
    }


def _fresh(work: Work, key: str) -> dict[str, object]:
    return {
        "id": new_id(),
        "key": key,
        "state": DeliveryState.QUEUED,
        "attempts": 0,
        "next_attempt_at": work.now,
        "created_at": work.now,
    }


async def _webhooks(work: Work, event: ComplaintEvent) -> list[dict[str, object]]:
    type_ = WEBHOOK_TYPES.get(event.kind)
    if type_ is None:
        return []
    complaint = await work.session.get_one(Complaint, event.complaint_id)
    copied = select(ComplaintCopy.agency_id).where(ComplaintCopy.complaint_id == complaint.id)
    # Of thousands of agencies few have a part in a case; the policy is asked about these.
    near = or_(
        Webhook.agency_id.is_(None),
        Webhook.agency_id.in_([complaint.queue_agency_id, complaint.agency_id]),
        Webhook.agency_id.in_(copied),
    )
    rows = (await work.session.scalars(select(Webhook).where(Webhook.is_active.is_(True), near))).all()
    wanting = [row for row in rows if not row.types or type_ in row.types]
    agencies = {row.agency_id for row in wanting}
    seeing = {agency for agency in agencies if await agency_may_see(work, event.complaint_id, agency)}
    return [
        webhook_row(work, row.id, type_, f"{event.id}:{Medium.WEBHOOK}:{row.id}", event)
        for row in wanting
        if row.agency_id in seeing
    ]


def webhook_row(
    work: Work, webhook_id: UUID, type_: str, key: str, event: ComplaintEvent | None = None
) -> dict[str, object]:
    """A delivery to an endpoint, of an event or, without one, of a test."""
    return {
        **_fresh(work, key),
        "medium": Medium.WEBHOOK,
        "kind": type_,
        "complaint_id": None if event is None else event.complaint_id,
        "event_id": None if event is None else event.id,
        "person_id": None,
        "to_reporter": False,
        "webhook_id": webhook_id,
    }


async def queue_deliveries(work: Work, rows: Sequence[Mapping[str, object]]) -> list[UUID]:
    """Write deliveries that are not there yet, each with its job in the same transaction; gives their ids."""
    if not rows:
        return []
    once = insert(Delivery).values(list(rows)).on_conflict_do_nothing(index_elements=["key"]).returning(Delivery.id)
    added = list((await work.session.scalars(once)).all())
    for delivery_id in added:
        await attempt_later(work, delivery_id, 0)
    return added


async def attempt_later(work: Work, delivery_id: UUID, attempts: int, *, at: datetime | None = None) -> None:
    """Defer the next attempt of a delivery. The number keeps apart what waits for different attempts."""
    await work.later(DELIVER, lock=f"{delivery_id}:{attempts}", at=at, delivery_id=str(delivery_id))
