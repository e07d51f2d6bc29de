"""The shapes of what tests of telling are given; `conftest.py` of this folder makes the rest."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from complaints.telling.outlets import MailServer, Outlets, Pages
from rules.telling import RetryPolicy, WebhookLimits

PAGES = Pages(
    reporter="https://lapor.test/lacak?kode={code}",
    desk="https://lapor.test/laporan/{id}",
    preferences="https://lapor.test/pemberitahuan",
)
# Without mail, webhooks to the test's own machine.
OUTLETS = Outlets(
    mail=None,
    pages=PAGES,
    retry=RetryPolicy(attempts_max=3, first_wait_seconds=30, factor=4, lease_seconds=180),
    webhooks=WebhookLimits(allows_http=True, allows_private=True, dead_max=2),
    webhook_timeout_seconds=5,
)

# Tells of everything whose job waits: `await tell_all(outlets)`.
TellAll = Callable[[Outlets], Awaitable[None]]
# Tries everything once that is due: `await deliver_all(outlets)`.
DeliverAll = Callable[[Outlets], Awaitable[None]]


def with_mail(port: int, **options: object) -> Outlets:
    """Outlets with a mail server on this port of the test's own machine."""
    server = MailServer(host="127.0.0.1", port=port, tls="none", sender="Salur <salur@lapor.test>", timeout_seconds=5)
    return replace(OUTLETS, mail=server, **options)  # type: ignore[arg-type]
