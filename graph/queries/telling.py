"""Reading one's notifications, and for those who look after them webhooks and deliveries."""

from typing import Any

import strawberry
from cryptography.fernet import InvalidToken
from strawberry import relay

from complaints.reader import Listing, cursor_of
from complaints.telling import reading
from graph.context import Info
from graph.fetch_learning import page_of
from graph.guard import Guard
from graph.ids import optional_row_id
from graph.types.telling import (
    Delivery,
    Notification,
    NotificationPreferences,
    Webhook,
    preferences_of,
)
from rules.telling import DeliveryState, Language, kinds_for
from rules.vocabulary import Action


@strawberry.type(description="A page of your notifications, the newest first.")
class NotificationConnection(relay.Connection[Notification]):
    """By key."""


@strawberry.type(description="A page of webhooks, the newest first.")
class WebhookConnection(relay.Connection[Webhook]):
    """By key."""


@strawberry.type(description="A page of deliveries, the newest first.")
class DeliveryConnection(relay.Connection[Delivery]):
    """By key."""


@strawberry.type
class TellingQuery:
    """Everything that reads about telling."""

    @strawberry.field(extensions=[Guard(Action.READ_NOTIFICATIONS)], description="Your notifications.")
    async def my_notifications(
        self,
        info: Info,
        only_unread: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> NotificationConnection:
        """A page."""
        listing = reading.notifications(info.context.actor, only_unread=only_unread)
        page, page_info = await page_of(info, listing, first, after, last, before)
        edges = [relay.Edge(cursor=cursor_of(row), node=Notification.of(row)) for row in page.rows]
        return NotificationConnection(edges=edges, page_info=page_info)

    @strawberry.field(extensions=[Guard(Action.READ_NOTIFICATIONS)], description="How many of yours are unread.")
    async def unread_count(self, info: Info) -> int:
        """A count."""
        row = await info.context.reader.one(reading.unread_count(info.context.actor))
        return 0 if row is None else int(row[0])

    @strawberry.field(
        extensions=[Guard(Action.READ_NOTIFICATIONS)], description="What reaches you and how, defaults included."
    )
    async def notification_preferences(self, info: Info) -> NotificationPreferences:
        """Choices and defaults of one's own kinds."""
        return await preferences_now(info)

    @strawberry.field(extensions=[Guard(Action.MANAGE_WEBHOOKS)], description="The webhooks you look after.")
    async def webhook_endpoints(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> WebhookConnection:
        """A page."""
        page, page_info = await page_of(info, reading.webhooks(info.context.actor), first, after, last, before)
        edges = [relay.Edge(cursor=cursor_of(row), node=Webhook.of(info.context, row)) for row in page.rows]
        return WebhookConnection(edges=edges, page_info=page_info)

    @strawberry.field(
        extensions=[Guard(Action.MANAGE_WEBHOOKS)],
        description="What left or should have; with state DEAD the dead letters. Mails for the national desk only.",
    )
    async def deliveries(
        self,
        info: Info,
        state: DeliveryState | None = None,
        webhook_id: relay.GlobalID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> DeliveryConnection:
        """A page. Raises `Invalid` for an id of another type."""
        listing: Listing = reading.deliveries(
            info.context.actor, state, optional_row_id(webhook_id, "Webhook", "webhookId")
        )
        page, page_info = await page_of(info, listing, first, after, last, before)
        edges = [relay.Edge(cursor=cursor_of(row), node=Delivery.of(row)) for row in page.rows]
        return DeliveryConnection(edges=edges, page_info=page_info)


async def preferences_now(info: Info) -> NotificationPreferences:
    """What holds for whoever asks."""
    context = info.context
    chosen = {
        (row.kind, row.medium): row.is_on for row in await context.reader.rows(reading.preferences(context.actor))
    }
    row: Any = await context.reader.one(reading.address(context.actor))
    return NotificationPreferences(
        kinds=preferences_of(kinds_for(context.actor.role), chosen),
        email=None if row is None or row.email_encrypted is None else _opened(info, row.email_encrypted),
        language=Language.INDONESIAN if row is None else row.language,
    )


def _opened(info: Info, sealed: bytes) -> str | None:
    """The address, or None when the key that sealed it is gone."""
    try:
        return info.context.tools.workshop.vault.open_word(sealed)
    except InvalidToken:
        return None
