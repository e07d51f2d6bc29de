"""What a receiver can rely on, and where no webhook goes."""

import base64
import hashlib
import hmac
import ipaddress
import re
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from complaints.telling.webhooks import (
    Parcel,
    body_of,
    is_outside,
    new_secret,
    problem_of,
    send_webhook,
    signature,
)
from rules.telling import WEBHOOK_TEST, WEBHOOK_TYPES, WebhookLimits
from tests.support import MONDAY

# The example of the Standard Webhooks specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STRICT = WebhookLimits()
DOCUMENT = Path(__file__).parents[2] / "docs" / "webhooks.md"


def test_the_signature_is_that_of_the_standard() -> None:
    body = b'{"test": 2432232314}'

    signed = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("webhook_id", "timestamp", "body"),
    [("lain", 1, b"isi"), ("id", 2, b"isi"), ("id", 1, b"isi "), ("id.1", 1, b"isi")],
)
def test_whatever_is_changed_breaks_the_signature(webhook_id: str, timestamp: int, body: bytes) -> None:
    assert signature(SECRET, webhook_id, timestamp, body) != signature(SECRET, "id", 1, b"isi")


def test_the_example_for_receivers_believes_us_and_nobody_else() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, str(DOCUMENT), "exec"), names)  # noqa: S102 - our own document
    is_from_salur, now = names["is_from_salur"], int(time.time())
    signed = signature(SECRET, "id", now, b"isi")
    headers = {"webhook-id": "id", "webhook-timestamp": str(now), "webhook-signature": f"v1,lain {signed}"}
    old = {**headers, "webhook-timestamp": "1", "webhook-signature": signature(SECRET, "id", 1, b"isi")}

    assert is_from_salur(SECRET, headers, b"isi")
    assert not is_from_salur(SECRET, headers, b"isi lain")
    assert not is_from_salur(new_secret(), headers, b"isi")
    assert not is_from_salur(SECRET, old, b"isi")


def test_the_document_names_every_type() -> None:
    told = DOCUMENT.read_text(encoding="utf-8")

    assert [type_ for type_ in (*WEBHOOK_TYPES.values(), WEBHOOK_TEST) if f"`{type_}`" not in told] == []


def test_a_secret_is_32_random_bytes_and_signs() -> None:
    secret = new_secret()
    key = base64.b64decode(secret.removeprefix("whsec_"))

    by_hand = base64.b64encode(hmac.new(key, b"id.1.isi", hashlib.sha256).digest()).decode()

    assert len(key) == 32
    assert secret != new_secret()
    assert signature(secret, "id", 1, b"isi") == f"v1,{by_hand}"


def test_the_same_event_has_the_same_bytes() -> None:
    said = {"complaint_id": "x", "seq": 3}

    assert body_of("complaint.closed", MONDAY, said) == (
        b'{"type":"complaint.closed","timestamp":"2026-04-13T02:00:00+00:00","data":{"complaint_id":"x","seq":3}}'
    )


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::a00:1", "2002:7f00:1::", "2001:0:1::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_of_the_house_are_inside(address: str) -> None:
    assert not is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "103.10.1.2", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are_outside(address: str) -> None:
    assert is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "NOT_A_URL"),
        ("contoh.id/salur", "NOT_A_URL"),
        ("ftp://contoh.id", "NOT_A_URL"),
        ("https://", "NOT_A_URL"),
        ("https://[::1", "NOT_A_URL"),
        ("https://nama:sandi@contoh.id", "NOT_A_URL"),
        ("https://contoh.id/" + "a" * 2_000, "NOT_A_URL"),
        ("http://contoh.id", "HTTPS_ONLY"),
        ("https://localhost/x", "PRIVATE_ADDRESS"),
        ("https://LOCALHOST./x", "PRIVATE_ADDRESS"),
        ("https://db.internal", "PRIVATE_ADDRESS"),
        ("https://127.0.0.1:8443/x", "PRIVATE_ADDRESS"),
        ("https://[::1]/x", "PRIVATE_ADDRESS"),
        ("https://169.254.169.254/latest/meta-data", "PRIVATE_ADDRESS"),
    ],
)
def test_an_address_that_may_not_be_told_is_refused_with_its_reason(url: str, code: str) -> None:
    problem = problem_of(url, STRICT)

    assert problem is not None
    assert (problem.field, problem.code) == ("url", code)


def test_an_https_address_with_a_name_is_taken() -> None:
    assert problem_of("https://penerima.contoh.id:8443/salur?a=b", STRICT) is None


@pytest.mark.parametrize("url", ["https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/"])
async def test_a_loopback_address_in_disguise_is_not_reached(url: str) -> None:
    parcel = Parcel(url, UUID(int=1), b"{}", (SECRET,))

    outcome = await send_webhook(parcel, STRICT, 1, 5)

    assert outcome.error in ("PRIVATE_ADDRESS", "UNKNOWN_HOST", "NOT_A_URL")
