"""The keys of the vault: given in production, made once and kept in the data folder in development."""

import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet

from server.settings import Settings

_FILE = "vault.key"
_CLASSIFIER_FILE = "classifier.key"


def vault_keys(settings: Settings) -> tuple[str, ...]:
    """The keys, newest first. Raises `ValueError` for one that is not 32 bytes in urlsafe base64."""
    keys = tuple(key.get_secret_value() for key in settings.vault_keys)
    if not keys:
        keys = (kept_secret(settings.data_dir / _FILE, lambda: Fernet.generate_key().decode()),)
    for key in keys:
        Fernet(key)
    return keys


def classifier_key_file(settings: Settings) -> Path:
    """The file with the key that signs what is trained; made when development has none.

    A version signed with another key, or with none, is not loaded: the folder of versions may be writable for more
    programs than the file of the key. Raises `FileNotFoundError` for a file that was named and is not there.
    """
    if settings.classifier.key_file is not None:
        return settings.classifier.key_file.resolve(strict=True)
    file = settings.data_dir / _CLASSIFIER_FILE
    kept_secret(file, lambda: secrets.token_urlsafe(32))
    return file


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """The secret in a file only its owner may read, made when the file is not there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Written whole under another name, then linked: whoever finds the file finds a complete secret, and of two
        # processes that start together one wins and both read the same.
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "w") as file:
                file.write(make() + "\n")
            with suppress(FileExistsError):
                os.link(temporary, path)
        finally:
            Path(temporary).unlink()
    return path.read_text().strip()
