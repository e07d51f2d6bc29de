"""What an operator can set about telling, and what is refused before it can do harm."""

import pytest
from pydantic import SecretStr, ValidationError

from rules.telling import RetryPolicy, WebhookLimits
from server.telling_settings import MailSettings, TellingSettings, WebhookSettings, outlets_of


def test_nothing_leaves_the_house_unless_it_is_set() -> None:
    outlets = outlets_of(MailSettings(), WebhookSettings(), TellingSettings())

    assert outlets.mail is None
    assert (outlets.webhooks.allows_http, outlets.webhooks.allows_private) == (False, False)


def test_the_defaults_are_those_of_the_rules() -> None:
    outlets = outlets_of(MailSettings(), WebhookSettings(), TellingSettings())

    assert (outlets.retry, outlets.webhooks) == (RetryPolicy(), WebhookLimits())


def test_a_lease_outlasts_the_slowest_conversation() -> None:
    slow = MailSettings(host="mail.test", timeout_seconds=60)

    assert outlets_of(slow, WebhookSettings(), TellingSettings()).retry.lease_seconds == 900


def test_the_password_reaches_the_server_and_no_representation() -> None:
    settings = MailSettings(host="mail.test", user="salur", password=SecretStr("rahasia"), sender="salur@lapor.test")

    server = settings.server()

    assert server is not None
    assert (server.user, server.password, server.tls) == ("salur", "rahasia", "starttls")
    assert "rahasia" not in repr(settings) + repr(server)


@pytest.mark.parametrize(
    "wrong",
    [
        {"user": "salur"},
        {"password": "rahasia"},
        {"user": "salur", "password": "rahasia", "tls": "none"},
        {"sender": "Salur"},
        {"sender": "Salur <a@contoh.id>, b@contoh.id"},
        {"sender": "Salur <a@contoh.id>\nBcc: b@contoh.id"},
        {"tls": "ssl"},
    ],
)
def test_mail_settings_that_would_fail_or_leak_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        MailSettings.model_validate({"host": "mail.test", **wrong})


@pytest.mark.parametrize("page", ["lapor.test/{code}", "javascript:alert(1)", "https://lapor.test/ x", "https://x/<"])
def test_a_page_is_a_web_address(page: str) -> None:
    with pytest.raises(ValidationError):
        TellingSettings(reporter_page=page)
