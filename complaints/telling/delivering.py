"""One attempt to deliver: claimed before, settled after, so that whoever dies in between loses nothing."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import and_, or_, select

from complaints.policy import SYSTEM
from complaints.telling.fan_out import attempt_later
from complaints.telling.mail import send_mail
from complaints.telling.outlets import Outcome, Outlets
from complaints.telling.parcels import Mail, Undeliverable, packed
from complaints.telling.recipients import managers_of
from complaints.telling.webhooks import Parcel, send_webhook
from complaints.work import Work, Workshop
from models import Delivery, Notification, Webhook, new_id
from rules.telling import DeliveryState, NotificationKind

log = structlog.get_logger()

_WAITING = (DeliveryState.QUEUED, DeliveryState.FAILED)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What was taken up. The end of the lease settles it: another one belongs to somebody else."""

    lease_until: datetime
    load: Mail | Parcel


async def deliver(workshop: Workshop, outlets: Outlets, delivery_id: UUID) -> None:
    """Try a delivery once, if it is due and nobody else has it.

    Killed before the message left, it is tried again when the lease is over. Killed between the receiver's yes and
    our noting it, it leaves a second time under the same id, by which the receiver knows it.
    """
    async with workshop.work(SYSTEM) as work:
        claim = await _claim(work, outlets, delivery_id)
    if claim is None:
        return
    outcome = await _send(claim.load, outlets, int(workshop.clock().timestamp()))
    async with workshop.work(SYSTEM) as work:
        await _settle_attempt(work, outlets, delivery_id, claim.lease_until, outcome)


async def _claim(work: Work, outlets: Outlets, delivery_id: UUID) -> _Claim | None:
    statement = (
        select(Delivery)
        .where(
            Delivery.id == delivery_id,
            or_(
                and_(Delivery.state.in_(_WAITING), Delivery.next_attempt_at <= work.now),
                and_(Delivery.state == DeliveryState.SENDING, Delivery.lease_until <= work.now),
            ),
        )
        .with_for_update(skip_locked=True)
    )
    delivery = (await work.session.scalars(statement)).one_or_none()
    if delivery is None:
        return None
    delivery.state, delivery.lease_until = DeliveryState.QUEUED, None
    if delivery.attempts >= outlets.retry.attempts_max:
        # The last attempt was begun and never settled.
        await _bury(work, outlets, delivery, "NEVER_SETTLED")
        return None
    try:
        load = await packed(work, outlets, delivery)
    except Undeliverable as reason:
        delivery.last_error = reason.code
        delivery.state = DeliveryState.DEAD if reason.is_dead else DeliveryState.SKIPPED
        log.info("delivery.undeliverable", delivery=str(delivery.id), code=reason.code)
        return None
    delivery.state = DeliveryState.SENDING
    delivery.attempts += 1
    delivery.lease_until = work.now + timedelta(seconds=outlets.retry.lease_seconds)
    return _Claim(delivery.lease_until, load)


async def _send(load: Mail | Parcel, outlets: Outlets, timestamp: int) -> Outcome:
    if isinstance(load, Mail):
        return await send_mail(load.message, load.server)
    return await send_webhook(load, outlets.webhooks, timestamp, outlets.webhook_timeout_seconds)


async def _settle_attempt(
    work: Work, outlets: Outlets, delivery_id: UUID, lease_until: datetime, outcome: Outcome
) -> None:
    delivery = await work.session.get_one(Delivery, delivery_id, with_for_update=True)
    if delivery.state is not DeliveryState.SENDING or delivery.lease_until != lease_until:
        log.warning("delivery.taken_over", delivery=str(delivery_id))
        return
    attempt = delivery.attempts
    delivery.lease_until, delivery.last_error = None, outcome.error
    if outcome.error is None:
        delivery.state, delivery.sent_at = DeliveryState.SENT, work.now
        if delivery.webhook_id is not None:
            webhook = await work.session.get_one(Webhook, delivery.webhook_id, with_for_update=True)
            webhook.dead_in_a_row = 0
        return
    if outcome.is_final or attempt >= outlets.retry.attempts_max:
        await _bury(work, outlets, delivery, outcome.error)
        return
    chance = secrets.randbelow(1_000_001) / 1_000_000
    wait = max(outlets.retry.wait_seconds(attempt, chance), outcome.wait_seconds or 0)
    delivery.state = DeliveryState.FAILED
    delivery.next_attempt_at = work.now + timedelta(seconds=wait)
    await attempt_later(work, delivery.id, attempt, at=delivery.next_attempt_at)
    log.info("delivery.failed", delivery=str(delivery.id), code=outcome.error, attempt=attempt)


async def _bury(work: Work, outlets: Outlets, delivery: Delivery, code: str) -> None:
    delivery.state, delivery.last_error = DeliveryState.DEAD, code
    log.warning("delivery.dead", delivery=str(delivery.id), code=code)
    if delivery.webhook_id is None:
        return
    webhook = await work.session.get_one(Webhook, delivery.webhook_id, with_for_update=True)
    webhook.dead_in_a_row += 1
    if webhook.is_active and webhook.dead_in_a_row >= outlets.webhooks.dead_max:
        await _switch_off(work, webhook)


async def _switch_off(work: Work, webhook: Webhook) -> None:
    """Nobody answers there: say so to whoever made it and to whoever looks after it."""
    webhook.is_active, webhook.disabled_at, webhook.disabled_reason = False, work.now, "DEAD_DELIVERIES"
    log.warning("webhook.disabled", webhook=str(webhook.id))
    for person_id in dict.fromkeys([webhook.created_by_id, *await managers_of(work, webhook.agency_id)]):
        work.session.add(
            Notification(
                id=new_id(),
                person_id=person_id,
                kind=NotificationKind.WEBHOOK_DISABLED,
                data={"webhook_id": str(webhook.id)},
                at=work.now,
            )
        )
