"""What people are told, what they want to be told, and every attempt to reach them outside."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, one_of, points_to, reference
from rules.telling import DeliveryState, Language, Medium, NotificationKind


class Notification(HasId, Base):
    """Something somebody reads in Salur itself. `data` holds codes and ids only."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("event_id", "person_id"),
        Index("ix_notification_person", "person_id", "at", "id"),
        Index("ix_notification_unread", "person_id", postgresql_where=text("read_at is null")),
    )

    person_id: Mapped[UUID] = points_to("person.id")
    kind: Mapped[NotificationKind] = mapped_column(one_of(NotificationKind))
    complaint_id: Mapped[UUID | None] = points_to("complaint.id")
    event_id: Mapped[UUID | None] = points_to("complaint_event.id")
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class NotificationPreference(Base):
    """What somebody chose for a kind and a medium; without a row the default holds."""

    __tablename__ = "notification_preference"
    __table_args__ = (CheckConstraint("medium <> 'WEBHOOK'", name="medium_reaches_people"),)

    person_id: Mapped[UUID] = mapped_column(reference("person.id"), primary_key=True)
    kind: Mapped[NotificationKind] = mapped_column(one_of(NotificationKind), primary_key=True)
    medium: Mapped[Medium] = mapped_column(one_of(Medium), primary_key=True)
    is_on: Mapped[bool]


class NotificationAddress(Base):
    """Where an account gets mail, under encryption, and in which language."""

    __tablename__ = "notification_address"

    person_id: Mapped[UUID] = mapped_column(reference("person.id"), primary_key=True)
    email_encrypted: Mapped[bytes | None]
    language: Mapped[Language] = mapped_column(one_of(Language))


class Webhook(HasId, Base):
    """A system that is told by HTTP: of an agency's cases, or without an agency of all."""

    __tablename__ = "webhook"

    agency_id: Mapped[UUID | None] = points_to("agency.id", index=True)
    url: Mapped[str]
    secret_encrypted: Mapped[bytes]
    # Signs beside the new one for a while, so that the receiver can change over.
    previous_secret_encrypted: Mapped[bytes | None]
    rotated_at: Mapped[datetime | None]
    # Types of events; none: all.
    types: Mapped[list[str]]
    is_active: Mapped[bool] = mapped_column(default=True)
    dead_in_a_row: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[UUID] = points_to("person.id")
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None]


class Delivery(HasId, Base):
    """One event for one recipient outside. Who that is stands here, never at which address.

    `key` names event, medium and recipient: it is unique, so nothing is queued twice.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("medium <> 'IN_APP'", name="medium_goes_outside"),
        CheckConstraint("(medium = 'WEBHOOK') = (webhook_id is not null)", name="webhook_has_endpoint"),
        CheckConstraint("(state = 'SENDING') = (lease_until is not null)", name="sending_has_lease"),
        Index("ix_delivery_created", "created_at", "id"),
        Index("ix_delivery_state", "state", "created_at", "id"),
        Index("ix_delivery_webhook", "webhook_id", "created_at", "id", postgresql_where=text("webhook_id is not null")),
        Index(
            "ix_delivery_open",
            "next_attempt_at",
            "id",
            postgresql_where=text("state in ('QUEUED', 'SENDING', 'FAILED')"),
        ),
    )

    key: Mapped[str] = mapped_column(unique=True)
    medium: Mapped[Medium] = mapped_column(one_of(Medium))
    # A kind of notification, or the type of a webhook's event.
    kind: Mapped[str]
    complaint_id: Mapped[UUID | None] = points_to("complaint.id")
    event_id: Mapped[UUID | None] = points_to("complaint_event.id")
    # For mail: an account, or the complaint's reporter.
    person_id: Mapped[UUID | None] = points_to("person.id")
    to_reporter: Mapped[bool] = mapped_column(default=False)
    webhook_id: Mapped[UUID | None] = points_to("webhook.id")
    state: Mapped[DeliveryState] = mapped_column(one_of(DeliveryState))
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
