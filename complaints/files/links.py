"""Short-lived addresses of files: to bring one, and to fetch one as somebody who may see it."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol
from urllib.parse import quote
from uuid import UUID

from complaints.files.kinds import KINDS
from complaints.files.naming import safe_name
from rules.vocabulary import Audience


class Variant(StrEnum):
    """Which size of a file; only images have others than the file itself."""

    FILE = "file"
    SMALL = "small"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class UploadLink:
    """Where to PUT the bytes, and the headers that have to go with them."""

    url: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Permit:
    """One size of one file for somebody who stood this close to the case when the address was made."""

    attachment_id: UUID
    variant: Variant
    standing: Audience
    expires_at: datetime


class Fetchable(Protocol):
    """What an address is made from; a mapped row and a row of an edge both have it."""

    @property
    def id(self) -> UUID: ...
    @property
    def file_name(self) -> str: ...
    @property
    def media_type(self) -> str: ...


class Links(Protocol):
    """Makes addresses for one kind of storage."""

    def upload(self, key: str, address: str, size: int, seconds: int) -> UploadLink:
        """Where to bring `size` bytes."""

    def download(self, file: Fetchable, variant: Variant, standing: Audience, now: datetime) -> str:
        """Where to fetch one size of a file."""


_VARIANTS, _STANDINGS = tuple(Variant), tuple(Audience)
_MAC_BYTES = 16
_BODY_BYTES = 16 + 1 + 1 + 5


class Signer:
    """Turns permits into tokens that nobody else can make; the first key signs, all of them are believed."""

    def __init__(self, keys: Sequence[str]) -> None:
        # A key of its own for this purpose: no token can be mistaken for something else that the vault guards.
        self._keys = [hashlib.sha256(b"salur.file\x00" + key.encode()).digest() for key in keys]

    def sign(self, permit: Permit) -> str:
        """The token, 52 characters."""
        choice = bytes((_VARIANTS.index(permit.variant), _STANDINGS.index(permit.standing)))
        body = permit.attachment_id.bytes + choice + int(permit.expires_at.timestamp()).to_bytes(5, "big")
        return base64.urlsafe_b64encode(body + self._mac(self._keys[0], body)).decode().rstrip("=")

    def read(self, token: str, now: datetime) -> Permit | None:
        """The permit, or None for a token that we did not make or that is over."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        body, mac = raw[:_BODY_BYTES], raw[_BODY_BYTES:]
        if len(raw) != _BODY_BYTES + _MAC_BYTES or not any(
            hmac.compare_digest(mac, self._mac(key, body)) for key in self._keys
        ):
            return None
        expires_at = datetime.fromtimestamp(int.from_bytes(body[18:], "big"), UTC)
        if expires_at <= now:
            return None
        return Permit(UUID(bytes=body[:16]), _VARIANTS[body[16]], _STANDINGS[body[17]], expires_at)

    @staticmethod
    def _mac(key: bytes, body: bytes) -> bytes:
        return hmac.digest(key, body, "sha256")[:_MAC_BYTES]


def incoming_key(secret: str) -> str:
    """Where the bytes wait that the owner of this secret brought."""
    return f"incoming/{hashlib.sha256(b'salur.incoming' + secret.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def object_key(attachment_id: UUID, variant: str) -> str:
    """Where one size of an attached file lies; folders are kept small by the random end of the id."""
    return f"objects/{attachment_id.hex[-2:]}/{attachment_id.hex}/{variant}"


def file_headers(file_name: str, media_type: str, variant: Variant, seconds: int) -> dict[str, str]:
    """How a file is given out: under a safe name, saved unless a browser shows this kind without running anything."""
    if variant is not Variant.FILE:
        file_name, media_type = safe_name(file_name, f".{variant}.webp"), "image/webp"
    kind = KINDS.get(media_type)
    shown = "inline" if kind is not None and kind.is_shown else "attachment"
    plain = "".join(c if c.isascii() and c.isprintable() else "_" for c in file_name)
    return {
        "content-type": media_type,
        "content-disposition": f"{shown}; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}",
        "cache-control": f"private, max-age={seconds}",
    }


def end_of(now: datetime, seconds: int) -> datetime:
    """When an address that is made now stops working.

    Counted from the begin of the minute, so that one page asked for twice gives the same addresses and a browser
    keeps the pictures that it has.
    """
    return now.replace(second=0, microsecond=0) + timedelta(seconds=seconds + 60)
