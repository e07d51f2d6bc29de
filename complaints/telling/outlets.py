"""What messages leave the house through: values, given by the server from its settings."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from rules.telling import RetryPolicy, WebhookLimits


@dataclass(frozen=True, slots=True)
class MailServer:
    """An SMTP server and the sender of everything that goes through it."""

    host: str
    port: int
    tls: Literal["none", "starttls", "tls"]
    sender: str
    user: str | None = None
    # In no log and no traceback.
    password: str | None = field(default=None, repr=False)
    # For one step of the conversation.
    timeout_seconds: float = 10


@dataclass(frozen=True, slots=True)
class Pages:
    """Addresses of the web client's pages; `{code}` and `{id}` are filled in."""

    reporter: str
    desk: str
    preferences: str

    def of_reporter(self, code: str) -> str:
        """Where a reporter looks at the case; code and PIN open it, the PIN is not in the address."""
        return self.reporter.format(code=code)

    def of_desk(self, complaint_id: UUID) -> str:
        """Where staff look at the case."""
        return self.desk.format(id=complaint_id)


@dataclass(frozen=True, slots=True)
class Outlets:
    """Everything the jobs of telling need. Without a mail server nothing is sent by mail, and nothing queued for it."""

    mail: MailServer | None
    pages: Pages
    retry: RetryPolicy
    webhooks: WebhookLimits
    webhook_timeout_seconds: float = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: without an error it arrived. A final error is not worth another attempt."""

    error: str | None = None
    is_final: bool = False
    # What the receiver asked for, in seconds.
    wait_seconds: float | None = None


ARRIVED = Outcome()
