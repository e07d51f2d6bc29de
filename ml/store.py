"""Versions of the classifier on disk: written once, checked before anything in them is believed."""

import filecmp
import hashlib
import hmac
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from ml import golden
from ml.predictor import Predictor
from ml.scorer import FORMAT, Scorer

MANIFEST = "manifest.json"
PIPELINE = "model.joblib"
ARRAYS = "scorer.npz"
META = "scorer.json"
GOLDEN = "golden.jsonl"
FILES = (PIPELINE, ARRAYS, META, GOLDEN)
_VERSION = re.compile(r"[0-9a-f]{16}")


class StoreError(Exception):
    """A version cannot be given; nothing of it was loaded."""


class NoSuchVersion(StoreError):
    """The store has no version of that name, or none at all."""


class Tampered(StoreError):
    """A file, the manifest or its signature is not what was written."""


class Incompatible(StoreError):
    """The version was made for another release of this program or of scikit-learn."""


class GoldenMismatch(StoreError):
    """The version loads but no longer answers its golden sentences as it did."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a version says about itself.

    `content` has the keys: files (name -> sha-256), dataset (fingerprint, rows), libraries, format, targets
    (labels, metrics, thresholds, too_few ...), titles, trained_on (keys of the training texts).
    """

    version: str
    content: Mapping[str, Any]

    @property
    def targets(self) -> Mapping[str, Mapping[str, Any]]:
        """What is known about each target."""
        targets: Mapping[str, Mapping[str, Any]] = self.content["targets"]
        return targets


def versions(store: Path) -> list[str]:
    """Names of the versions in a store, oldest first; empty when there is no store."""
    if not store.is_dir():
        return []
    found = [
        ((folder / MANIFEST).stat().st_mtime_ns, folder.name)
        for folder in store.iterdir()
        if _VERSION.fullmatch(folder.name) and (folder / MANIFEST).is_file()
    ]
    return [name for _, name in sorted(found)]


def latest(store: Path) -> str:
    """The version written last; NoSuchVersion when the store is empty."""
    known = versions(store)
    if not known:
        raise NoSuchVersion(f"no version in {store}")
    return known[-1]


def save(
    store: Path,
    *,
    meta: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    pipeline: bytes,
    content: Mapping[str, Any],
    key: bytes | None = None,
) -> str:
    """Write a version and return its name, which is a hash of everything in it.

    The same content always gets the same name; saving it again changes nothing but its place as the latest.
    The folder appears complete or not at all. With `key` the manifest is signed (HMAC-SHA-256).
    """
    npz = io.BytesIO()
    np.savez(npz, **{name: arrays[name] for name in sorted(arrays)})  # type: ignore[arg-type]
    files = {
        PIPELINE: pipeline,
        ARRAYS: npz.getvalue(),
        META: orjson.dumps(meta, option=orjson.OPT_SORT_KEYS),
        GOLDEN: b"".join(
            orjson.dumps(row) + b"\n" for row in golden.answers(Predictor(Scorer(meta, arrays), "candidate"))
        ),
    }
    full = {**content, "format": FORMAT, "files": {name: _sha256(data) for name, data in sorted(files.items())}}
    version = _sha256(_canonical(full))[:16]
    manifest = {"version": version, "content": full, "signature": _signature(full, key) if key else None}
    store.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".writing-", dir=store))
    try:
        for name, data in files.items():
            _write(folder / name, data)
        _write(folder / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False).encode())
        folder.chmod(0o755)
        _put_in_place(folder, store / version)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return version


def manifest(store: Path, version: str, *, key: bytes | None = None) -> Manifest:
    """The manifest of a version after every file of it was compared with its hash.

    With `key` the signature must be there and right; without, only hashes are checked. NoSuchVersion, Tampered.
    """
    return _checked(store, version, key)[0]


def load(store: Path, version: str | None = None, *, key: bytes | None = None) -> Predictor:
    """A predictor that serves from the lean scorer; the latest version when none is named.

    No pickle is read. NoSuchVersion, Tampered, Incompatible or GoldenMismatch; then nothing was loaded.
    """
    known, files = _checked(store, version or latest(store), key)
    if known.content.get("format") != FORMAT:
        raise Incompatible(f"format {known.content.get('format')}, this program reads {FORMAT}")
    meta = orjson.loads(files[META])
    with np.load(io.BytesIO(files[ARRAYS]), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    predictor = Predictor(Scorer(meta, arrays), known.version)
    wrong = golden.difference([orjson.loads(line) for line in files[GOLDEN].splitlines()], predictor)
    if wrong:
        raise GoldenMismatch(wrong)
    return predictor


def load_pipeline(store: Path, version: str, *, key: bytes | None = None) -> Any:
    """The scikit-learn side of a version, for inspection: reading it can run code, so it is checked first.

    Raises Incompatible when the installed scikit-learn is another version than the one that wrote it.
    """
    import joblib
    import sklearn

    known, files = _checked(store, version, key)
    written_by = known.content["libraries"]["scikit-learn"]
    if written_by != sklearn.__version__:
        raise Incompatible(f"written by scikit-learn {written_by}, installed is {sklearn.__version__}")
    return joblib.load(io.BytesIO(files[PIPELINE]))


def _checked(store: Path, version: str, key: bytes | None) -> tuple[Manifest, dict[str, bytes]]:
    folder = store / version
    if not _VERSION.fullmatch(version) or not (folder / MANIFEST).is_file():
        raise NoSuchVersion(f"no version {version[:40]!r} in {store}")
    try:
        raw = json.loads((folder / MANIFEST).read_bytes())
        content, signature, hashes = raw["content"], raw["signature"], dict(raw["content"]["files"])
    except (ValueError, KeyError, TypeError, RecursionError, OSError) as error:
        raise Tampered(f"{MANIFEST} of {version} cannot be read") from error
    if key is not None and not _matches(_signature(content, key), signature):
        raise Tampered(f"the signature of {version} is not right for this key")
    if not _matches(_sha256(_canonical(content))[:16], version):
        raise Tampered(f"the manifest of {version} does not belong to that name")
    if set(hashes) != set(FILES) or {entry.name for entry in folder.iterdir()} != {*FILES, MANIFEST}:
        raise Tampered(f"files were added to or taken from {version}")
    try:
        # Read once: what was hashed is what is used, even if somebody writes to the folder meanwhile.
        files = {name: (folder / name).read_bytes() for name in FILES}
    except OSError as error:
        raise Tampered(f"a file of {version} cannot be read") from error
    for name, data in files.items():
        if not _matches(_sha256(data), hashes[name]):
            raise Tampered(f"{name} of {version} was changed")
    return Manifest(version, content), files


def _put_in_place(folder: Path, target: Path) -> None:
    try:
        folder.rename(target)
    except OSError:
        if not (target / MANIFEST).is_file():
            raise
        if _is_same(folder, target):
            os.utime(target / MANIFEST)
            return
        # What stands there is damaged or signed otherwise: it makes room, whole, for what was asked for.
        spoilt = Path(tempfile.mkdtemp(prefix=".replaced-", dir=target.parent))
        target.rename(spoilt / target.name)
        folder.rename(target)
        shutil.rmtree(spoilt, ignore_errors=True)


def _is_same(folder: Path, target: Path) -> bool:
    names = {entry.name for entry in folder.iterdir()}
    return names == {entry.name for entry in target.iterdir()} and all(
        filecmp.cmp(folder / name, target / name, shallow=False) for name in names
    )


def _write(file: Path, data: bytes) -> None:
    with file.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _canonical(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def _signature(content: Mapping[str, Any], key: bytes) -> str:
    return hmac.new(key, _canonical(content), hashlib.sha256).hexdigest()


def _matches(expected: str, found: object) -> bool:
    # Bytes, because compare_digest refuses text that is not ASCII, and what was found can be anything.
    return hmac.compare_digest(expected.encode(), str(found).encode("utf-8", "replace"))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
