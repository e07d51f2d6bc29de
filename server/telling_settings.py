"""What an operator can set about telling people: mail, webhooks, patience, and the pages that mails link to."""

from email.utils import getaddresses
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from complaints.telling.mail import usable_address
from complaints.telling.outlets import MailServer, Outlets, Pages
from rules.telling import RetryPolicy, WebhookLimits


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MailSettings(_Group):
    """The SMTP server. Without a host no mail is sent."""

    host: str | None = None
    port: int = Field(587, ge=1, le=65535)
    tls: Literal["none", "starttls", "tls"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    sender: str = "Salur <salur@localhost.localdomain>"
    timeout_seconds: float = Field(10, gt=0)

    @field_validator("sender")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        given = getaddresses([value])
        if len(given) != 1 or not value.isprintable() or usable_address(given[0][1]) is None:
            raise ValueError("must look like Salur <salur@example.id>")
        return value

    @model_validator(mode="after")
    def _credentials_belong_together(self) -> Self:
        if (self.user is None) is not (self.password is None):
            raise ValueError("user and password belong together")
        if self.user is not None and self.tls == "none":
            raise ValueError("a password is not sent without TLS")
        return self

    def server(self) -> MailServer | None:
        """The server as the jobs take it."""
        if self.host is None:
            return None
        return MailServer(
            host=self.host,
            port=self.port,
            tls=self.tls,
            sender=self.sender,
            user=self.user,
            password=None if self.password is None else self.password.get_secret_value(),
            timeout_seconds=self.timeout_seconds,
        )


class WebhookSettings(_Group):
    """Where webhooks may go. Both permissions are for development: they open the inside of the house."""

    allow_http: bool = False
    allow_private: bool = False
    endpoints_max: int = Field(10, ge=1)
    dead_max: int = Field(20, ge=1)
    overlap_hours: int = Field(24, ge=0)
    timeout_seconds: float = Field(10, gt=0)

    def limits(self) -> WebhookLimits:
        """The limits as verbs and jobs take them."""
        return WebhookLimits(
            allows_http=self.allow_http,
            allows_private=self.allow_private,
            endpoints_max=self.endpoints_max,
            dead_max=self.dead_max,
            overlap_hours=self.overlap_hours,
        )


class TellingSettings(_Group):
    """How patiently deliveries are tried, and which pages mails link to."""

    attempts_max: int = Field(8, ge=1, le=50)
    first_wait_seconds: float = Field(30, gt=0)
    factor: float = Field(4, ge=1)
    longest_wait_seconds: float = Field(21_600, gt=0)
    lease_seconds: float = Field(180, gt=0)
    reporter_page: str = "http://localhost:8000/lacak?kode={code}"
    desk_page: str = "http://localhost:8000/laporan/{id}"
    preferences_page: str = "http://localhost:8000/pemberitahuan"

    @field_validator("reporter_page", "desk_page", "preferences_page")
    @classmethod
    def _is_a_page(cls, value: str) -> str:
        filled = value.format(code="KODE", id="id")
        if not filled.startswith(("https://", "http://")) or not filled.isascii() or any(c in filled for c in ' <>"\n'):
            raise ValueError("must be an address that begins with https:// or http://")
        return value


def outlets_of(mail: MailSettings, webhooks: WebhookSettings, telling: TellingSettings) -> Outlets:
    """What the jobs of telling work with."""
    return Outlets(
        mail=mail.server(),
        pages=Pages(telling.reporter_page, telling.desk_page, telling.preferences_page),
        retry=RetryPolicy(
            attempts_max=telling.attempts_max,
            first_wait_seconds=telling.first_wait_seconds,
            factor=telling.factor,
            longest_wait_seconds=telling.longest_wait_seconds,
            # Never shorter than a conversation whose every step takes as long as it may.
            lease_seconds=max(telling.lease_seconds, 15 * mail.timeout_seconds, 2 * webhooks.timeout_seconds),
        ),
        webhooks=webhooks.limits(),
        webhook_timeout_seconds=webhooks.timeout_seconds,
    )
