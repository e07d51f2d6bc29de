"""A version is believed only when it is, byte for byte, what was written."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ml import golden
from ml import store as registry
from ml.candidate import write
from ml.fitting import Trained
from ml.predictor import Predictor
from ml.store import GoldenMismatch, Incompatible, NoSuchVersion, StoreError, Tampered

KEY, OTHER_KEY = b"a key of this test", b"another key"


def folder_of(store: Path) -> Path:
    return store / registry.latest(store)


def test_a_version_has_five_files_and_sixteen_digits(small_shelf: Path) -> None:
    version = registry.latest(small_shelf)

    assert registry.versions(small_shelf) == [version]
    assert (len(version), set(version) <= set("0123456789abcdef")) == (16, True)
    assert sorted(file.name for file in (small_shelf / version).iterdir()) == [
        "golden.jsonl",
        "manifest.json",
        "model.joblib",
        "scorer.json",
        "scorer.npz",
    ]
    assert registry.load(small_shelf).version == registry.load(small_shelf, version).version == version


def test_writing_the_same_again_gives_the_same_version(own_store: Path, small: Trained) -> None:
    before = registry.latest(own_store)

    assert write(small, own_store) == before
    assert [entry.name for entry in own_store.iterdir()] == [before]


@pytest.mark.parametrize("name", ["golden.jsonl", "model.joblib", "scorer.json", "scorer.npz"])
def test_a_changed_file_is_refused(own_store: Path, name: str) -> None:
    file = folder_of(own_store) / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))

    with pytest.raises(Tampered, match=f"^{name} of [0-9a-f]{{16}} was changed$"):
        registry.load(own_store)


@pytest.mark.parametrize("name", ["golden.jsonl", "model.joblib", "scorer.json", "scorer.npz"])
def test_a_missing_file_is_refused(own_store: Path, name: str) -> None:
    (folder_of(own_store) / name).unlink()

    with pytest.raises(Tampered, match="added to or taken from"):
        registry.load(own_store)


@pytest.mark.parametrize("name", ["extra.py", ".hidden", "model.pkl"])
def test_an_added_file_is_refused(own_store: Path, name: str) -> None:
    (folder_of(own_store) / name).write_bytes(b"")

    with pytest.raises(Tampered, match="added to or taken from"):
        registry.load(own_store)


def test_a_changed_manifest_is_refused(own_store: Path) -> None:
    manifest = folder_of(own_store) / registry.MANIFEST
    told = json.loads(manifest.read_bytes())
    told["content"]["targets"]["category_main"]["metrics"]["accuracy"] = 1.0
    manifest.write_text(json.dumps(told), encoding="utf-8")

    with pytest.raises(Tampered, match="does not belong to that name"):
        registry.load(own_store)
    with pytest.raises(Tampered):
        registry.manifest(own_store, registry.latest(own_store))
    with pytest.raises(Tampered):
        registry.load_pipeline(own_store, registry.latest(own_store))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"{}", b'{"content": {}}', b"\xff\xfe"])
def test_a_manifest_that_cannot_be_read_is_refused(own_store: Path, content: bytes) -> None:
    (folder_of(own_store) / registry.MANIFEST).write_bytes(content)

    with pytest.raises(Tampered, match="cannot be read"):
        registry.load(own_store)


def test_a_version_under_the_name_of_another_is_refused(own_store: Path) -> None:
    folder_of(own_store).rename(own_store / ("0" * 16))

    with pytest.raises(Tampered, match="does not belong to that name"):
        registry.load(own_store)


def test_a_signature_is_right_for_its_key_alone(small: Trained, tmp_path: Path) -> None:
    version = write(small, tmp_path, key=KEY)

    assert registry.load(tmp_path, key=KEY).version == version
    assert registry.manifest(tmp_path, version, key=KEY).version == version
    with pytest.raises(Tampered, match="signature"):
        registry.load(tmp_path, key=OTHER_KEY)
    with pytest.raises(Tampered, match="signature"):
        registry.load_pipeline(tmp_path, version, key=OTHER_KEY)


def test_a_signature_does_not_change_the_version(small: Trained, small_shelf: Path, tmp_path: Path) -> None:
    assert write(small, tmp_path, key=KEY) == registry.latest(small_shelf)
    assert registry.load(tmp_path).version == registry.latest(small_shelf)


def test_who_has_a_key_takes_nothing_unsigned(small_shelf: Path) -> None:
    with pytest.raises(Tampered, match="signature"):
        registry.load(small_shelf, key=KEY)


@pytest.mark.parametrize("version", ["0" * 16, "latest", "", "../shelf", ".", "A" * 16, "0" * 15])
def test_an_unknown_version_is_refused(own_store: Path, version: str) -> None:
    with pytest.raises(NoSuchVersion):
        registry.manifest(own_store, version)


def test_a_store_without_versions_has_no_latest(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / ("0" * 16)).mkdir()

    for store in (tmp_path, tmp_path / "none"):
        assert registry.versions(store) == []
        with pytest.raises(NoSuchVersion):
            registry.load(store)


def test_every_refusal_is_a_store_error() -> None:
    assert all(issubclass(kind, StoreError) for kind in (NoSuchVersion, Tampered, Incompatible, GoldenMismatch))


def answers_with(part: str, value: object) -> Any:
    original = golden.answers

    def changed(predictor: Predictor) -> list[dict[str, Any]]:
        rows = original(predictor)
        rows[3][part] = value
        return rows

    return changed


@pytest.mark.parametrize(
    ("part", "value", "reason"),
    [
        ("heads", {}, "^targets "),
        ("heads", {"category_main": ["MUDIK", 2.0]}, "^category_main of .* instead of 2.0$"),
    ],
)
def test_a_version_that_answers_its_sentences_otherwise_is_refused(
    small: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, value: object, reason: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(golden, "answers", answers_with(part, value))
        write(small, tmp_path)

    with pytest.raises(GoldenMismatch, match=reason):
        registry.load(tmp_path)


def test_titles_worded_otherwise_than_before_are_no_reason_to_refuse(
    small: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(golden, "answers", answers_with("titles", ["Satu", "Dua", "Tiga"]))
        version = write(small, tmp_path)

    assert registry.load(tmp_path).version == version


def test_a_version_of_another_format_is_refused(small_shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "FORMAT", 1_000)

    with pytest.raises(Incompatible, match="this program reads 1000"):
        registry.load(small_shelf)


def test_a_pipeline_of_another_scikit_learn_is_not_read_while_the_lean_scorer_serves(
    small_shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sklearn.__version__", "0.1")

    with pytest.raises(Incompatible, match=r"installed is 0\.1"):
        registry.load_pipeline(small_shelf, registry.latest(small_shelf))
    assert registry.load(small_shelf).targets == ("category_main",)


def test_a_write_that_fails_leaves_nothing_behind(
    small: Trained, own_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = registry.versions(own_store)

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(small, own_store)

    assert [entry.name for entry in own_store.iterdir()] == before
    assert registry.load(own_store).version == before[0]


def test_a_folder_that_is_no_version_in_the_place_of_one_is_not_overwritten(
    small: Trained, small_shelf: Path, tmp_path: Path
) -> None:
    in_the_way = tmp_path / registry.latest(small_shelf) / "notes.txt"
    in_the_way.parent.mkdir()
    in_the_way.write_text("mine", encoding="utf-8")

    with pytest.raises(OSError, match="not empty"):
        write(small, tmp_path)

    assert [str(file.relative_to(in_the_way.parents[1])) for file in tmp_path.rglob("*.*")] == [
        f"{in_the_way.parent.name}/notes.txt"
    ]


def test_a_folder_half_written_by_a_process_that_died_is_no_version(own_store: Path) -> None:
    known = registry.versions(own_store)
    shutil.copytree(folder_of(own_store), own_store / ".writing-x")

    assert registry.versions(own_store) == known


def test_the_latest_is_the_one_written_last(own_store: Path, small: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    first = registry.latest(own_store)
    with monkeypatch.context() as patched:
        patched.setattr(golden, "answers", answers_with("text", "kata lain"))
        second = write(small, own_store)

    assert registry.versions(own_store) == [first, second]
    assert write(small, own_store) == first
    assert registry.versions(own_store) == [second, first]


def test_saving_again_mends_a_damaged_version(own_store: Path, small: Trained) -> None:
    (folder_of(own_store) / "scorer.npz").write_bytes(b"damaged")

    version = write(small, own_store)

    assert registry.load(own_store).version == version
    assert [entry.name for entry in own_store.iterdir()] == [version]


def test_saving_again_with_a_key_signs_the_version(own_store: Path, small: Trained) -> None:
    version = write(small, own_store, key=KEY)

    assert registry.load(own_store, key=KEY).version == version
