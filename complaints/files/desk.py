"""What the verbs of files work with: storage, addresses, scanner and limits, built once by the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from complaints.files.images import SMALLER
from complaints.files.links import Fetchable, Links, Permit, Signer, UploadLink, Variant, end_of, object_key
from complaints.files.scanning import ClamAv
from complaints.files.store import FileStore
from rules.vocabulary import Audience


@dataclass(frozen=True, slots=True)
class FileLimits:
    """Limits of processing and of addresses; each is a setting."""

    max_pixels: int = 50_000_000
    download_seconds: int = 300
    # Younger files are left alone by the clean-up: their row may still be on its way.
    orphan_seconds: int = 3_600


@dataclass(frozen=True, slots=True)
class LocalLinks:
    """Addresses of our own server: `base` is empty, or what stands before `/files` where clients see it."""

    signer: Signer
    base: str
    seconds: int

    def upload(self, key: str, address: str, size: int, seconds: int) -> UploadLink:
        del key, size, seconds
        return UploadLink(f"{self.base}/files/uploads/{address}")

    def download(self, file: Fetchable, variant: Variant, standing: Audience, now: datetime) -> str:
        permit = Permit(file.id, variant, standing, end_of(now, self.seconds))
        return f"{self.base}/files/{self.signer.sign(permit)}"


@dataclass(frozen=True, slots=True)
class Files:
    """The parts, wired."""

    store: FileStore
    links: Links
    limits: FileLimits
    scanner: ClamAv | None = None

    async def erase(self, attachment_id: UUID, more: Sequence[str] = ()) -> None:
        """Remove every byte of an attachment, and of `more` keys; raises `StorageDown`."""
        for key in (*(object_key(attachment_id, variant) for variant in (Variant.FILE, *SMALLER)), *more):
            await self.store.remove(key)
