"""Webhooks: which systems are told, with which secret, and sending again what did not arrive."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from complaints.inputs import Problems
from complaints.refusals import Invalid, NotFound, Problem
from complaints.telling.fan_out import attempt_later, queue_deliveries, webhook_row
from complaints.telling.webhooks import new_secret, problem_of
from complaints.visibility import visible_deliveries, visible_webhooks
from complaints.work import Work
from models import AccessEvent, Agency, Delivery, Webhook
from rules.telling import WEBHOOK_TEST, WEBHOOK_TYPES, DeliveryState
from rules.vocabulary import Action, Role

_URL_MAX = 2_000
# How many deliveries one replay takes; asking again goes on.
REPLAY_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """An endpoint to tell. Without types it hears of everything; the national desk may make one for an agency."""

    url: str
    types: Sequence[str] = ()
    agency_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """An endpoint and its fresh secret, which is shown once."""

    webhook: Webhook
    secret: str


async def create_webhook(work: Work, new: NewWebhook) -> Made:
    """Tell another system from now on.

    Raises `Invalid` with every problem of address and types or for one endpoint too many, `NotFound` for the agency
    and for an actor without an account.
    """
    work.require(Action.MANAGE_WEBHOOKS)
    problems = Problems()
    url = problems.text(new.url, "url", shortest=1, longest=_URL_MAX) or ""
    problems.settle()
    found = problem_of(url, work.allowances.webhooks)
    if found is not None:
        problems.add(found.field, found.code)
    if set(new.types) - set(WEBHOOK_TYPES.values()):
        problems.add("types", "UNKNOWN_CODE", allowed=", ".join(WEBHOOK_TYPES.values()))
    problems.settle()
    if work.actor.id is None:
        raise NotFound("Person")
    agency_id = new.agency_id if work.actor.role is Role.NATIONAL_ADMIN else work.actor.agency_id
    if agency_id is not None:
        await work.one(Agency, agency_id, field="agencyId")
    elif work.actor.role is not Role.NATIONAL_ADMIN:
        raise NotFound("Agency", "agencyId")
    counted = select(func.count()).where(Webhook.agency_id.is_not_distinct_from(agency_id), Webhook.is_active.is_(True))
    most, there = work.allowances.webhooks.endpoints_max, await work.session.scalar(counted) or 0
    if there >= most:
        raise Invalid(Problem("url", "TOO_MANY", {"max": most, "length": there + 1}))
    secret = new_secret()
    webhook = Webhook(
        id=work.new_id(),
        agency_id=agency_id,
        url=url,
        secret_encrypted=work.vault.seal_word(secret),
        types=list(dict.fromkeys(new.types)),
        is_active=True,
        dead_in_a_row=0,
        created_by_id=work.actor.id,
        created_at=work.now,
    )
    work.session.add(webhook)
    _note(work, "WEBHOOK_CREATED", webhook.id)
    return Made(webhook, secret)


async def rotate_secret(work: Work, webhook_id: UUID) -> Made:
    """A new secret; the one before signs beside it for a while. Raises `NotFound`."""
    webhook = await _webhook(work, webhook_id)
    secret = new_secret()
    webhook.previous_secret_encrypted, webhook.rotated_at = webhook.secret_encrypted, work.now
    webhook.secret_encrypted = work.vault.seal_word(secret)
    _note(work, "WEBHOOK_SECRET_ROTATED", webhook.id)
    return Made(webhook, secret)


async def disable_webhook(work: Work, webhook_id: UUID) -> Webhook:
    """Tell it nothing more; what waits is kept as dead. Raises `NotFound`."""
    webhook = await _webhook(work, webhook_id)
    if webhook.is_active:
        webhook.is_active, webhook.disabled_at, webhook.disabled_reason = False, work.now, "BY_HAND"
        _note(work, "WEBHOOK_DISABLED", webhook.id)
    return webhook


async def enable_webhook(work: Work, webhook_id: UUID) -> Webhook:
    """Tell it again. Raises `NotFound`."""
    webhook = await _webhook(work, webhook_id)
    if not webhook.is_active:
        webhook.is_active, webhook.disabled_at, webhook.disabled_reason = True, None, None
        webhook.dead_in_a_row = 0
        _note(work, "WEBHOOK_ENABLED", webhook.id)
    return webhook


async def request_test(work: Work, webhook_id: UUID) -> Delivery:
    """Send it something harmless. Raises `NotFound`, and `Invalid` for one that is switched off."""
    webhook = await _webhook(work, webhook_id)
    _require_active(webhook)
    (delivery_id,) = await queue_deliveries(
        work, [webhook_row(work, webhook.id, WEBHOOK_TEST, f"test:{work.new_id()}")]
    )
    _note(work, "WEBHOOK_TESTED", webhook.id)
    return await work.session.get_one(Delivery, delivery_id)


async def replay_delivery(work: Work, delivery_id: UUID) -> Delivery:
    """Send a dead delivery again, under the same id.

    Raises `NotFound`, and `Invalid` for one that is not dead or whose endpoint is switched off.
    """
    work.require(Action.MANAGE_WEBHOOKS)
    statement = (
        select(Delivery).where(Delivery.id == delivery_id, visible_deliveries(work.actor)).with_for_update(of=Delivery)
    )
    delivery = (await work.session.scalars(statement)).one_or_none()
    if delivery is None:
        raise NotFound("Delivery", "id")
    if delivery.state is not DeliveryState.DEAD:
        raise Invalid(Problem("id", "NOT_DEAD", {"state": delivery.state}))
    if delivery.webhook_id is not None:
        _require_active(await work.session.get_one(Webhook, delivery.webhook_id))
    await _again(work, delivery)
    _note(work, "DELIVERY_REPLAYED", delivery.id, delivery.complaint_id)
    return delivery


async def replay_dead(work: Work, webhook_id: UUID) -> int:
    """Send again what died on the way to an endpoint, the oldest first; gives how many.

    Raises `NotFound`, and `Invalid` for one that is switched off.
    """
    webhook = await _webhook(work, webhook_id)
    _require_active(webhook)
    statement = (
        select(Delivery)
        .where(Delivery.webhook_id == webhook.id, Delivery.state == DeliveryState.DEAD)
        .order_by(Delivery.created_at, Delivery.id)
        .limit(REPLAY_BATCH)
        .with_for_update(skip_locked=True)
    )
    dead = (await work.session.scalars(statement)).all()
    for delivery in dead:
        await _again(work, delivery)
    if dead:
        _note(work, "DELIVERIES_REPLAYED", webhook.id)
    return len(dead)


async def _again(work: Work, delivery: Delivery) -> None:
    delivery.state, delivery.attempts, delivery.next_attempt_at = DeliveryState.QUEUED, 0, work.now
    await attempt_later(work, delivery.id, 0)


async def _webhook(work: Work, webhook_id: UUID) -> Webhook:
    work.require(Action.MANAGE_WEBHOOKS)
    statement = select(Webhook).where(Webhook.id == webhook_id, visible_webhooks(work.actor)).with_for_update()
    webhook = (await work.session.scalars(statement)).one_or_none()
    if webhook is None:
        raise NotFound("Webhook", "id")
    return webhook


def _require_active(webhook: Webhook) -> None:
    if not webhook.is_active:
        raise Invalid(Problem("id", "WEBHOOK_OFF"))


def _note(work: Work, kind: str, row_id: UUID, complaint_id: UUID | None = None) -> None:
    work.session.add(
        AccessEvent(
            id=work.new_id(),
            kind=kind,
            person_id=work.actor.id,
            actor_role=work.actor.role,
            complaint_id=complaint_id,
            reason=str(row_id),
            at=work.now,
            request_id=work.request_id,
        )
    )
