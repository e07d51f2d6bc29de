"""The parts that files need, made from the settings."""

from collections.abc import Sequence
from typing import Any

from complaints.files.desk import FileLimits, Files, LocalLinks
from complaints.files.links import Signer
from complaints.files.scanning import ClamAv
from complaints.files.store import LocalStore
from server.settings import FileSettings, Settings


def file_allowances(settings: FileSettings) -> dict[str, Any]:
    """The limits that verbs enforce, as `Allowances` calls them."""
    names = {
        "files_max", "file_bytes_max", "files_per_complaint_max", "upload_seconds", "draft_seconds",
        "waiting_bytes_max",
    }  # fmt: skip
    return settings.model_dump(include=names) | {"scans_files": settings.clamav is not None}


def open_files(settings: Settings, vault_keys: Sequence[str]) -> Files:
    """Storage, addresses and scanner. Nothing connects yet."""
    chosen = settings.files
    limits = FileLimits(chosen.max_pixels, chosen.download_seconds, chosen.orphan_seconds)
    scanner = None if chosen.clamav is None else ClamAv(chosen.clamav, chosen.clamav_seconds)
    if chosen.kind == "local":
        links = LocalLinks(Signer(vault_keys), chosen.base_url.rstrip("/"), chosen.download_seconds)
        return Files(LocalStore(settings.file_dir), links, limits, scanner)
    # boto3 takes a sixth of a second to load, which only those should pay who use it.
    from complaints.files.s3 import Bucket, S3Links, S3Store

    store = S3Store(
        Bucket(
            chosen.bucket,
            chosen.region,
            chosen.access_key.get_secret_value(),
            chosen.secret_key.get_secret_value(),
            chosen.endpoint,
            chosen.public_endpoint,
            chosen.path_style,
        )
    )
    return Files(store, S3Links(store, chosen.download_seconds), limits, scanner)
