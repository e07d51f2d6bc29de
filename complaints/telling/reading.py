"""What people see of their notifications and of deliveries: statements only."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, or_, select

from complaints.policy import Actor, is_handler, is_reporter
from complaints.reader import Listing, Order
from complaints.visibility import visible_deliveries, visible_webhooks
from models import (
    Complaint,
    Delivery,
    Notification,
    NotificationAddress,
    NotificationPreference,
    Webhook,
)
from rules.telling import DeliveryState


def notifications(actor: Actor, *, only_unread: bool = False) -> Listing:
    """One's own, the newest first. The code is shown of cases that one still has a part in."""
    code = case((or_(is_handler(actor), is_reporter(actor)), Complaint.tracking_code))
    statement = (
        select(Notification.__table__, code.label("tracking_code"))
        .outerjoin(Complaint, Complaint.id == Notification.complaint_id)
        .where(Notification.person_id == actor.id)
    )
    if only_unread:
        statement = statement.where(Notification.read_at.is_(None))
    return Listing(statement, Order(Notification.at, Notification.id, descending=True))


def unread_count(actor: Actor) -> Select[Any]:
    """How many of one's own nobody looked at yet."""
    mine = (Notification.person_id == actor.id, Notification.read_at.is_(None))
    return select(func.count()).select_from(Notification).where(*mine)


def preferences(actor: Actor) -> Select[Any]:
    """What one chose; kinds that are missing have their default."""
    return select(NotificationPreference.__table__).where(NotificationPreference.person_id == actor.id)


def address(actor: Actor) -> Select[Any]:
    """Where one's mail goes, sealed."""
    return select(NotificationAddress.__table__).where(NotificationAddress.person_id == actor.id)


def webhooks(actor: Actor) -> Listing:
    """The endpoints one looks after, the newest first."""
    statement = select(Webhook.__table__).where(visible_webhooks(actor))
    return Listing(statement, Order(Webhook.created_at, Webhook.id, descending=True))


def webhook(actor: Actor, webhook_id: UUID) -> Select[Any]:
    """One endpoint, if one looks after it."""
    return webhooks(actor).statement.where(Webhook.id == webhook_id)


def deliveries(actor: Actor, state: DeliveryState | None = None, webhook_id: UUID | None = None) -> Listing:
    """What left or should have, the newest first; with `DEAD` the dead letters."""
    statement = select(Delivery.__table__).where(visible_deliveries(actor))
    if state is not None:
        statement = statement.where(Delivery.state == state)
    if webhook_id is not None:
        statement = statement.where(Delivery.webhook_id == webhook_id)
    return Listing(statement, Order(Delivery.created_at, Delivery.id, descending=True))
