"""A letter: its words in one language, its form as e-mail, and its way through an SMTP server."""

import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from uuid import UUID

import anyio.to_thread
from jinja2 import Environment, PackageLoader, select_autoescape

from complaints.telling.outlets import ARRIVED, MailServer, Outcome
from rules.telling import Language

_TEMPLATES = Environment(
    loader=PackageLoader("complaints.telling"), autoescape=select_autoescape(["html"]), keep_trailing_newline=True
)
# One address and nothing that could become a second one, a name or a header.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is written, and to whom; made when it is sent and kept nowhere. Facts are (label, value)."""

    to: str
    language: Language
    subject: str
    sentence: str
    facts: tuple[tuple[str, str], ...]
    link: str
    link_label: str
    automatic: str
    quote: str | None = None
    quote_label: str = ""
    pin_hint: str | None = None
    preferences_link: str | None = None
    preferences_label: str = ""


def usable_address(address: str | None) -> str | None:
    """The address if mail can go to it and to nobody else."""
    tidy = (address or "").strip()
    return tidy if _ADDRESS.fullmatch(tidy) else None


def compose(letter: Letter, server: MailServer, delivery_id: UUID, at: datetime) -> EmailMessage:
    """The letter as a message with text and HTML.

    The Message-ID is that of the delivery, whatever the attempt: mail programs show what arrives twice once.
    """
    name, address = parseaddr(server.sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{delivery_id}@{_domain(server)}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.preferences_link is not None:
        message["List-Unsubscribe"] = f"<{letter.preferences_link}>"
    for form, name in (("plain", "mail.txt"), ("html", "mail.html")):
        body = _TEMPLATES.get_template(name).render(letter=letter)
        add = message.set_content if form == "plain" else message.add_alternative
        add(body, subtype=form, cte="quoted-printable")
    # Last: a new body takes the headers about content along.
    message["Content-Language"] = letter.language
    return message


async def send_mail(message: EmailMessage, server: MailServer) -> Outcome:
    """Hand the message to the server. What it says leaves as a code, never as words: they may quote the address."""
    return await anyio.to_thread.run_sync(_send, message, server)


def _send(message: EmailMessage, server: MailServer) -> Outcome:
    try:
        smtp = _connection(server)
        try:
            if server.tls == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            if server.user is not None:
                smtp.login(server.user, server.password or "")
            smtp.send_message(message)
        finally:
            _leave(smtp)
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        return _refused(min(codes, default=450))
    except (smtplib.SMTPSenderRefused, smtplib.SMTPAuthenticationError) as refused:
        # The operator mends these, and then the letter should leave.
        return Outcome(f"SMTP_{refused.smtp_code}")
    except smtplib.SMTPDataError as refused:
        return _refused(refused.smtp_code)
    except smtplib.SMTPResponseException as refused:
        return Outcome(f"SMTP_{refused.smtp_code}")
    except smtplib.SMTPNotSupportedError:
        return Outcome("SMTP_NOT_SUPPORTED")
    except (smtplib.SMTPException, OSError) as error:
        return Outcome(f"SMTP_{type(error).__name__.upper()}")
    return ARRIVED


def _connection(server: MailServer) -> smtplib.SMTP:
    # Named, because looking up one's own name can take longer than everything else.
    ours, seconds = _domain(server), server.timeout_seconds
    if server.tls == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, ours, timeout=seconds, context=context)
    return smtplib.SMTP(server.host, server.port, ours, timeout=seconds)


def _domain(server: MailServer) -> str:
    return parseaddr(server.sender)[1].rpartition("@")[2]


def _leave(smtp: smtplib.SMTP) -> None:
    # What was accepted is sent, also when the server does not say goodbye.
    try:
        smtp.quit()
    except (smtplib.SMTPException, OSError):
        smtp.close()


_PERMANENT = 500


def _refused(code: int) -> Outcome:
    return Outcome(f"SMTP_{code}", is_final=code >= _PERMANENT)
