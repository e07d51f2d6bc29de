"""Telling another system by HTTP: what is said, signed so that it can be believed, and sent nowhere inside the house.

The form is that of Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,<base64>`.
"""

import base64
import hashlib
import hmac
import ipaddress
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import anyio
import httpx
import orjson

from complaints.refusals import Problem
from complaints.telling.outlets import ARRIVED, Outcome
from rules.telling import WebhookLimits

_SECRET_PREFIX = "whsec_"  # noqa: S105 - the mark of a secret, not one
_SECRET_BYTES = 32
_URL_MAX = 2_000


def new_secret() -> str:
    """A signing key as receivers keep it: `whsec_` and 32 random bytes in base64."""
    return _SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


@dataclass(frozen=True, slots=True)
class Parcel:
    """One webhook, ready to go. `webhook_id` is that of the delivery: the same in every attempt."""

    url: str
    webhook_id: UUID
    body: bytes
    # The newest first; during a change-over the one before signs as well.
    signing_keys: tuple[str, ...]


def body_of(type_: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """The JSON of a webhook; the same event has the same bytes."""
    return orjson.dumps({"type": type_, "timestamp": at.isoformat(), "data": data})


def signature(signing_key: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA-256 over `id.timestamp.body` in base64."""
    key = base64.b64decode(signing_key.removeprefix(_SECRET_PREFIX))
    signed = hmac.digest(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"


def problem_of(url: str, limits: WebhookLimits) -> Problem | None:
    """What is wrong with an address before anything is sent there. Names are looked up at each sending."""
    try:
        parsed = httpx.URL(url)
        host = parsed.host
    except (httpx.InvalidURL, UnicodeError, ValueError):
        return Problem("url", "NOT_A_URL")
    schemes = ("http", "https") if limits.allows_http else ("https",)
    if len(url) > _URL_MAX or parsed.scheme not in ("http", "https") or not host or parsed.userinfo:
        return Problem("url", "NOT_A_URL")
    if parsed.scheme not in schemes:
        return Problem("url", "HTTPS_ONLY")
    if not limits.allows_private and _is_inside(host):
        return Problem("url", "PRIVATE_ADDRESS")
    return None


def _is_inside(host: str) -> bool:
    """Whether a host as it is written is one of the house, without looking it up."""
    plain = host.rstrip(".").lower()
    if plain == "localhost" or plain.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not is_outside(ipaddress.ip_address(plain))
    except ValueError:
        return False


# Addresses that carry an IPv4 address inside, which a gateway of the house might follow.
_CARRYING = tuple(ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


def is_outside(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is one of the open internet: not private, loopback, link-local, multicast or reserved."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_outside(address.ipv4_mapped)
        if any(address in net for net in _CARRYING):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


async def send_webhook(parcel: Parcel, limits: WebhookLimits, timestamp: int, timeout_seconds: float) -> Outcome:
    """Deliver it once: 2xx is success, everything else an error code. Redirects are not followed.

    The name is looked up here and the connection goes to that very address: a name that answers differently the
    second time leads nowhere else.
    """
    if (problem := problem_of(parcel.url, limits)) is not None:
        return Outcome(problem.code, is_final=True)
    try:
        with anyio.fail_after(timeout_seconds):
            url = httpx.URL(parcel.url)
            address = await _address_of(url)
            if not limits.allows_private and not is_outside(address):
                return Outcome("PRIVATE_ADDRESS")
            return await _post(parcel, url, str(address), timestamp, timeout_seconds)
    except TimeoutError:
        return Outcome("TIMED_OUT")
    except socket.gaierror:
        return Outcome("UNKNOWN_HOST")
    except httpx.HTTPError as error:
        return Outcome(_code_of(error))
    except OSError:
        return Outcome("NOT_REACHED")


async def _address_of(url: httpx.URL) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The first address of the host. When one of several is inside the house, that one is given."""
    found = await anyio.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    return next((address for address in addresses if not is_outside(address)), addresses[0])


async def _post(parcel: Parcel, url: httpx.URL, address: str, timestamp: int, timeout_seconds: float) -> Outcome:
    name = str(parcel.webhook_id)
    headers = {
        "host": url.netloc.decode("ascii"),
        "content-type": "application/json",
        "user-agent": "Salur-Webhooks/1",
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": _signatures(parcel.signing_keys, name, timestamp, parcel.body),
    }
    # The environment's proxies would look the name up again, elsewhere.
    async with httpx.AsyncClient(timeout=timeout_seconds, follow_redirects=False, trust_env=False) as client:
        request = client.build_request(
            "POST",
            url.copy_with(host=address),
            content=parcel.body,
            headers=headers,
            # The certificate must be the name's, not the address's.
            extensions={"sni_hostname": url.host},
        )
        # The body of the answer is not read: it may be long, and nobody needs it.
        response = await client.send(request, stream=True)
        try:
            return _judged(response)
        finally:
            await response.aclose()


def _signatures(keys: Sequence[str], name: str, timestamp: int, body: bytes) -> str:
    return " ".join(signature(key, name, timestamp, body) for key in keys)


_GONE = 410
_LONGEST_ASKED_SECONDS = 86_400


def _judged(response: httpx.Response) -> Outcome:
    if response.is_success:
        return ARRIVED
    asked = response.headers.get("retry-after", "")
    wait = min(int(asked), _LONGEST_ASKED_SECONDS) if asked.isascii() and asked.isdigit() and len(asked) < 9 else None
    return Outcome(f"HTTP_{response.status_code}", is_final=response.status_code == _GONE, wait_seconds=wait)


def _code_of(error: httpx.HTTPError) -> str:
    return "TIMED_OUT" if isinstance(error, httpx.TimeoutException) else f"HTTP_{type(error).__name__.upper()}"
