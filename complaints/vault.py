"""The secrets around a reporter: the PIN behind a tracking code, and contact data under encryption."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cryptography.fernet import Fernet, MultiFernet

PIN_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach a reporter who has no account; any of the three may be absent."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep."""
        return not (self.name or self.email or self.phone)


NO_CONTACT = Contact()


class Vault:
    """Holds the server's keys; the first key writes, all of them read, so that keys can be rotated."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys`: urlsafe base64 of 32 bytes each, newest first. Raises `ValueError` for none or a malformed one."""
        if not keys:
            raise ValueError("at least one vault key is needed")
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        # The oldest key: rotating the newest must not change the PINs already printed on receipts.
        self._pin_key = hashlib.sha256(b"salur.pin\x00" + keys[-1].encode()).digest()

    def pin(self, complaint_id: UUID) -> str:
        """The six digits that open one complaint together with its tracking code.

        Derived (HMAC-SHA-256, truncated as in RFC 4226), so a repeated submission can show the first receipt
        again although nothing that opens the case is stored.
        """
        digest = hmac.digest(self._pin_key, complaint_id.bytes, "sha256")
        offset = digest[-1] & 0x0F
        number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
        return f"{number % 10**PIN_DIGITS:0{PIN_DIGITS}d}"

    def is_pin(self, complaint_id: UUID, pin: str) -> bool:
        """Whether `pin` opens the complaint, compared in constant time."""
        return hmac.compare_digest(self.pin(complaint_id).encode(), pin.strip().encode("utf-8", "surrogatepass"))

    def alias(self, of: str) -> bytes:
        """A name that is always the same for the same words and that nobody without the key can trace to them."""
        return hmac.digest(self._pin_key, b"alias\x00" + of.encode("utf-8", "surrogatepass"), "sha256")

    def seal(self, contact: Contact) -> bytes:
        """Contact data as it is stored."""
        known = {"name": contact.name, "email": contact.email, "phone": contact.phone}
        return self._fernet.encrypt(json.dumps(known, ensure_ascii=False).encode())

    def seal_word(self, word: str) -> bytes:
        """A secret of one word, such as an address or the key of a webhook, as it is stored."""
        return self._fernet.encrypt(word.encode())

    def open_word(self, sealed: bytes) -> str:
        """What `seal_word` sealed; raises `cryptography.fernet.InvalidToken` when no key fits."""
        return self._fernet.decrypt(sealed).decode()

    def open(self, sealed: bytes) -> Contact:
        """What `seal` sealed; raises `cryptography.fernet.InvalidToken` when no key fits."""
        return Contact(**json.loads(self._fernet.decrypt(sealed)))
