"""Notifications, what one wants of them, webhooks and deliveries."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import strawberry
from strawberry import relay
from strawberry.scalars import JSON

from complaints.telling.wording import SENTENCES
from graph.context import Context
from graph.types.catalogue import Agency, agency_of
from rules.telling import DeliveryState, Language, Medium, NotificationKind, is_on

strawberry.enum(NotificationKind, description="What somebody hears.")
strawberry.enum(Medium, description="How something reaches its recipient.")
strawberry.enum(DeliveryState, description="FAILED is tried again, DEAD when somebody replays it, SKIPPED never.")
strawberry.enum(Language, name="MailLanguage", description="What mails are written in.")


@strawberry.type(description="Something you should know; it quotes nothing that anybody wrote.")
class Notification(relay.Node):
    """A row of `notification`; nobody sees anybody else's."""

    id: relay.NodeID[UUID]
    kind: NotificationKind
    text: str = strawberry.field(description="Indonesian.")
    text_en: str
    complaint_id: relay.GlobalID | None
    tracking_code: str | None = strawberry.field(description="While you have a part in the case.")
    data: JSON = strawberry.field(description="Codes and ids of what happened.")
    at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """The row as its owner sees it."""
        said = SENTENCES[row.kind]
        return cls(
            id=row.id,
            kind=row.kind,
            text=said.indonesian,
            text_en=said.english,
            complaint_id=None if row.complaint_id is None else relay.GlobalID("Complaint", str(row.complaint_id)),
            tracking_code=row.tracking_code,
            data=row.data,
            at=row.at,
            read_at=row.read_at,
        )


@strawberry.type(description="Your notifications changed. Ask `myNotifications` for them.")
class NotificationsChange:
    """How many are unread now."""

    unread_count: int


@strawberry.type(description="Whether a kind of notification reaches you on a medium.")
class NotificationPreference:
    """A choice, or the default."""

    kind: NotificationKind
    medium: Medium
    is_on: bool
    is_default: bool
    text: str = strawberry.field(description="Indonesian: what such a notification says.")
    text_en: str

    @classmethod
    def of(cls, kind: NotificationKind, medium: Medium, chosen: bool | None) -> Self:
        """What holds for one kind and medium."""
        said = SENTENCES[kind]
        return cls(
            kind=kind,
            medium=medium,
            is_on=is_on(kind, medium, chosen),
            is_default=chosen is None,
            text=said.indonesian,
            text_en=said.english,
        )


@strawberry.type(description="What reaches you, how, and where your mail goes.")
class NotificationPreferences:
    """Everything about one account."""

    kinds: list[NotificationPreference]
    email: str | None = strawberry.field(description="Null: your login, if it is an address.")
    language: Language


def preferences_of(
    kinds: tuple[NotificationKind, ...], chosen: Mapping[tuple[NotificationKind, Medium], bool]
) -> list[NotificationPreference]:
    """Every kind on every medium that reaches people."""
    return [
        NotificationPreference.of(kind, medium, chosen.get((kind, medium)))
        for kind in kinds
        for medium in (Medium.IN_APP, Medium.EMAIL)
    ]


@strawberry.type(description="A system that is told of events: docs/webhooks.md. Its secret is not shown again.")
class Webhook(relay.Node):
    """A row of `webhook`."""

    id: relay.NodeID[UUID]
    agency: Agency | None = strawberry.field(description="Null: it hears of every complaint.")
    url: str
    types: list[str] = strawberry.field(description="None: all.")
    is_active: bool
    dead_in_a_row: int = strawberry.field(description="Deliveries given up since the last that arrived.")
    created_at: datetime
    rotated_at: datetime | None
    disabled_at: datetime | None
    disabled_reason: str | None = strawberry.field(description="BY_HAND or DEAD_DELIVERIES.")

    @classmethod
    def of(cls, context: Context, row: Any) -> Self:
        """The row as those who look after it see it."""
        return cls(
            id=row.id,
            agency=agency_of(context, row.agency_id),
            url=row.url,
            types=list(row.types),
            is_active=row.is_active,
            dead_in_a_row=row.dead_in_a_row,
            created_at=row.created_at,
            rotated_at=row.rotated_at,
            disabled_at=row.disabled_at,
            disabled_reason=row.disabled_reason,
        )


@strawberry.type(description="One event on its way to one recipient. It knows no address.")
class Delivery(relay.Node):
    """A row of `delivery`."""

    id: relay.NodeID[UUID]
    medium: Medium
    kind: str = strawberry.field(description="A notification kind for mail, a type of event for webhooks.")
    complaint_id: relay.GlobalID | None
    webhook_id: relay.GlobalID | None
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None = strawberry.field(description="While it is to be tried.")
    last_error: str | None = strawberry.field(description="A code.")
    created_at: datetime
    sent_at: datetime | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """The row as those who look after it see it."""
        is_waiting = row.state in (DeliveryState.QUEUED, DeliveryState.FAILED)
        return cls(
            id=row.id,
            medium=row.medium,
            kind=row.kind,
            complaint_id=None if row.complaint_id is None else relay.GlobalID("Complaint", str(row.complaint_id)),
            webhook_id=None if row.webhook_id is None else relay.GlobalID("Webhook", str(row.webhook_id)),
            state=row.state,
            attempts=row.attempts,
            next_attempt_at=row.next_attempt_at if is_waiting else None,
            last_error=row.last_error,
            created_at=row.created_at,
            sent_at=row.sent_at,
        )
