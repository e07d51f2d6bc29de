"""The keys of the vault: given in production, made once and kept in the data folder in development."""

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet

from server.settings import Settings

_FILE = "vault.key"


def vault_keys(settings: Settings) -> tuple[str, ...]:
    """The keys, newest first. Raises `ValueError` for one that is not 32 bytes in urlsafe base64."""
    keys = tuple(key.get_secret_value() for key in settings.vault_keys)
    if not keys:
        keys = (kept_secret(settings.data_dir / _FILE, lambda: Fernet.generate_key().decode()),)
    for key in keys:
        Fernet(key)
    return keys


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """The secret in a file only its owner may read, made when the file is not there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: of two processes that start together one writes, the other reads what was written.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    secret = make()
    with os.fdopen(handle, "w") as file:
        file.write(secret + "\n")
    return secret
