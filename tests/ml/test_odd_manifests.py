"""A manifest that was written by somebody else is refused, whatever it says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml import store as registry
from ml.store import StoreError, Tampered


@pytest.fixture
def rewrite(own_store: Path) -> Callable[..., str]:
    """Change the manifest of the only version; gives its name."""

    def change(**changes: Any) -> str:
        version = registry.latest(own_store)
        file = own_store / version / registry.MANIFEST
        file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **changes}), encoding="utf-8")
        return version

    return change


@pytest.mark.parametrize("signature", ["é", "\ud800", 7, None, ["x"]])
def test_a_signature_of_any_kind_but_the_right_one_is_refused(
    own_store: Path, rewrite: Callable[..., str], signature: object
) -> None:
    version = rewrite(signature=signature)

    with pytest.raises(Tampered):
        registry.load(own_store, version, key=b"secret")


@pytest.mark.parametrize("content", [None, [], {}, {"files": 3}, {"files": {}}, {"files": ["model.joblib"]}])
def test_content_of_any_kind_but_the_right_one_is_refused(
    own_store: Path, rewrite: Callable[..., str], content: object
) -> None:
    version = rewrite(content=content)

    with pytest.raises(StoreError):
        registry.load(own_store, version)


def test_a_folder_in_the_place_of_a_file_is_refused(own_store: Path) -> None:
    version = registry.latest(own_store)
    file = own_store / version / registry.PIPELINE
    file.unlink()
    file.mkdir()

    with pytest.raises(Tampered):
        registry.load(own_store, version)
