"""People, what they may do, and the revocable ways of proving who they are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, HasId, one_of, points_to
from rules.vocabulary import Role


class Person(HasId, Base):
    """Somebody with an account: citizens and staff alike."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint(
            "role not in ('AGENCY_ADMIN', 'UNIT_OFFICER', 'INSPECTORATE', 'HUB', 'CHANNEL_OFFICER')"
            " or agency_id is not null",
            name="agency_roles_have_agency",
        ),
    )

    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[Role] = mapped_column(one_of(Role))
    agency_id: Mapped[UUID | None] = points_to("agency.id", index=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]


class Session(HasId, Base):
    """A login. Only the SHA-256 of its token is stored: 256 random bits need no slow hash."""

    __tablename__ = "session"

    person_id: Mapped[UUID] = points_to("person.id", index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    csrf_hash: Mapped[bytes | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ServiceKey(HasId, Base):
    """A key for another system, with the actions it may take and the agency it acts for."""

    __tablename__ = "service_key"

    name: Mapped[str] = mapped_column(unique=True)
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[str]]
    agency_id: Mapped[UUID | None] = points_to("agency.id")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
