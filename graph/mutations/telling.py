"""Marking and choosing notifications; making, testing and mending webhooks."""

from typing import Annotated

import strawberry
from strawberry import relay

from complaints.telling.endpoints import (
    NewWebhook,
    create_webhook,
    disable_webhook,
    enable_webhook,
    replay_dead,
    replay_delivery,
    request_test,
    rotate_secret,
)
from complaints.telling.inbox import mark_read, set_address, set_preference, unread
from graph.context import Info
from graph.errors import BusyError, InvalidError, NotAllowedError, NotFoundError, NotSignedInError
from graph.guard import Guard
from graph.ids import optional_row_id, row_id
from graph.queries.telling import preferences_now
from graph.types.telling import Delivery, NotificationPreferences, Webhook
from rules.telling import Language, Medium, NotificationKind
from rules.vocabulary import Action


@strawberry.input(description="An endpoint to tell.")
class CreateWebhookInput:
    """A `NewWebhook`."""

    url: str
    types: list[str] = strawberry.field(default_factory=list, description="None: all. docs/webhooks.md lists them.")
    agency_id: relay.GlobalID | None = strawberry.field(
        default=None, description="For the national desk: the agency whose complaints it hears of; none: all."
    )

    def wanted(self) -> NewWebhook:
        """The input as the verb takes it. Raises `Invalid` for an id of another type."""
        return NewWebhook(self.url, tuple(self.types), optional_row_id(self.agency_id, "Agency", "agencyId"))


@strawberry.type
class MarkNotificationsReadPayload:
    """How many became read, and how many are left."""

    marked: int
    unread_count: int


@strawberry.type
class SetNotificationPreferencePayload:
    """What holds now."""

    preferences: NotificationPreferences


@strawberry.type
class SetNotificationAddressPayload:
    """What holds now."""

    preferences: NotificationPreferences


@strawberry.type
class CreateWebhookPayload:
    """The endpoint and its secret."""

    webhook: Webhook
    secret: str = strawberry.field(description="Shown once; signatures are checked with it.")


@strawberry.type
class RotateWebhookSecretPayload:
    """The endpoint and its new secret."""

    webhook: Webhook
    secret: str = strawberry.field(description="Shown once; the one before signs as well for a while.")


@strawberry.type
class DisableWebhookPayload:
    """The endpoint."""

    webhook: Webhook


@strawberry.type
class EnableWebhookPayload:
    """The endpoint."""

    webhook: Webhook


@strawberry.type
class TestWebhookPayload:
    """The delivery on its way."""

    delivery: Delivery


@strawberry.type
class ReplayDeliveryPayload:
    """The delivery, waiting again."""

    delivery: Delivery


@strawberry.type
class ReplayDeliveriesPayload:
    """How many wait again; ask again while it is not 0."""

    replayed: int


MarkNotificationsReadResult = Annotated[
    MarkNotificationsReadPayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("MarkNotificationsReadResult"),
]
SetNotificationPreferenceResult = Annotated[
    SetNotificationPreferencePayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("SetNotificationPreferenceResult"),
]
SetNotificationAddressResult = Annotated[
    SetNotificationAddressPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("SetNotificationAddressResult"),
]
CreateWebhookResult = Annotated[
    CreateWebhookPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("CreateWebhookResult"),
]
RotateWebhookSecretResult = Annotated[
    RotateWebhookSecretPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("RotateWebhookSecretResult"),
]
DisableWebhookResult = Annotated[
    DisableWebhookPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("DisableWebhookResult"),
]
EnableWebhookResult = Annotated[
    EnableWebhookPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("EnableWebhookResult"),
]
TestWebhookResult = Annotated[
    TestWebhookPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("TestWebhookResult"),
]
ReplayDeliveryResult = Annotated[
    ReplayDeliveryPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("ReplayDeliveryResult"),
]
ReplayDeliveriesResult = Annotated[
    ReplayDeliveriesPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("ReplayDeliveriesResult"),
]


@strawberry.type
class TellingMutation:
    """Everything that is done about telling."""

    @strawberry.mutation(
        extensions=[Guard(Action.READ_NOTIFICATIONS)], description="Mark these of your notifications read, or all."
    )
    async def mark_notifications_read(
        self, info: Info, ids: list[relay.GlobalID] | None = None
    ) -> MarkNotificationsReadResult:
        """One verb."""
        chosen = None if ids is None else [row_id(one, "Notification", "ids") for one in ids]
        async with info.context.work() as work:
            marked = await mark_read(work, chosen)
            left = await unread(work)
        return MarkNotificationsReadPayload(marked=marked, unread_count=left)

    @strawberry.mutation(
        extensions=[Guard(Action.READ_NOTIFICATIONS)], description="Choose whether a kind reaches you on a medium."
    )
    async def set_notification_preference(
        self, info: Info, kind: NotificationKind, medium: Medium, is_on: bool
    ) -> SetNotificationPreferenceResult:
        """One verb."""
        async with info.context.work() as work:
            await set_preference(work, kind, medium, is_on=is_on)
        return SetNotificationPreferencePayload(preferences=await preferences_now(info))

    @strawberry.mutation(
        extensions=[Guard(Action.READ_NOTIFICATIONS)], description="Say where your mail goes, and in which language."
    )
    async def set_notification_address(
        self, info: Info, language: Language, email: str | None = None
    ) -> SetNotificationAddressResult:
        """One verb."""
        async with info.context.work() as work:
            await set_address(work, email, language)
        return SetNotificationAddressPayload(preferences=await preferences_now(info))

    @strawberry.mutation(extensions=[Guard(Action.MANAGE_WEBHOOKS)], description="Tell another system from now on.")
    async def create_webhook(self, info: Info, input: CreateWebhookInput) -> CreateWebhookResult:
        """One verb."""
        async with info.context.work() as work:
            made = await create_webhook(work, input.wanted())
        return CreateWebhookPayload(webhook=Webhook.of(info.context, made.webhook), secret=made.secret)

    @strawberry.mutation(extensions=[Guard(Action.MANAGE_WEBHOOKS)], description="Give a webhook a new secret.")
    async def rotate_webhook_secret(self, info: Info, id: relay.GlobalID) -> RotateWebhookSecretResult:
        """One verb."""
        async with info.context.work() as work:
            made = await rotate_secret(work, row_id(id, "Webhook"))
        return RotateWebhookSecretPayload(webhook=Webhook.of(info.context, made.webhook), secret=made.secret)

    @strawberry.mutation(extensions=[Guard(Action.MANAGE_WEBHOOKS)], description="Tell it nothing more.")
    async def disable_webhook(self, info: Info, id: relay.GlobalID) -> DisableWebhookResult:
        """One verb."""
        async with info.context.work() as work:
            row = await disable_webhook(work, row_id(id, "Webhook"))
        return DisableWebhookPayload(webhook=Webhook.of(info.context, row))

    @strawberry.mutation(extensions=[Guard(Action.MANAGE_WEBHOOKS)], description="Tell it again.")
    async def enable_webhook(self, info: Info, id: relay.GlobalID) -> EnableWebhookResult:
        """One verb."""
        async with info.context.work() as work:
            row = await enable_webhook(work, row_id(id, "Webhook"))
        return EnableWebhookPayload(webhook=Webhook.of(info.context, row))

    @strawberry.mutation(extensions=[Guard(Action.MANAGE_WEBHOOKS)], description="Send it a harmless event.")
    async def test_webhook(self, info: Info, id: relay.GlobalID) -> TestWebhookResult:
        """One verb."""
        async with info.context.work() as work:
            row = await request_test(work, row_id(id, "Webhook"))
        return TestWebhookPayload(delivery=Delivery.of(row))

    @strawberry.mutation(extensions=[Guard(Action.MANAGE_WEBHOOKS)], description="Send a dead delivery again.")
    async def replay_delivery(self, info: Info, id: relay.GlobalID) -> ReplayDeliveryResult:
        """One verb."""
        async with info.context.work() as work:
            row = await replay_delivery(work, row_id(id, "Delivery"))
        return ReplayDeliveryPayload(delivery=Delivery.of(row))

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_WEBHOOKS)], description="Send again what died on the way to a webhook."
    )
    async def replay_deliveries(self, info: Info, webhook_id: relay.GlobalID) -> ReplayDeliveriesResult:
        """One verb."""
        async with info.context.work() as work:
            replayed = await replay_dead(work, row_id(webhook_id, "Webhook", "webhookId"))
        return ReplayDeliveriesPayload(replayed=replayed)
