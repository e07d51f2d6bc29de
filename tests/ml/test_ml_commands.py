"""The three command lines: what they print, where they print it, and how they say no."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from ml import evaluate, store, train
from ml.dataset import COLUMNS, Example

ROOT = Path(__file__).parents[2]
FIGURES = {"rows", "labels", "accuracy", "macro_f1", "top3", "coverage_at_95", "ece"}
NOTHING_TO_SAY = b""


def python(*arguments: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """A command as people start it: a process of its own."""
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, cwd=ROOT, check=False, timeout=300)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """The same without the seconds a process needs to start: exit code, standard output and standard error."""

    def run(module: Any, *arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ml", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            module.main()
        said = capfd.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return run


@pytest.fixture(scope="module")
def two_files(topic_file: Callable[[str], Path]) -> tuple[Path, Path]:
    return topic_file("mudik"), topic_file("p4gn")


def test_training_prints_one_object_with_version_and_figures(
    two_files: tuple[Path, Path], small_shelf: Path, tmp_path: Path
) -> None:
    done = python("ml.train", "--data", *two_files, "--store", tmp_path, "--target", "category_main", "--json")

    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"\n") == 1
    result = json.loads(done.stdout)
    assert result["version"] == store.latest(tmp_path) == store.latest(small_shelf)
    assert set(result["metrics"]) == {"category_main"}
    assert set(result["metrics"]["category_main"]) == FIGURES
    assert result["too_few"] == {"category_main": {}}


def test_a_missing_file_is_named_in_both_languages(tmp_path: Path) -> None:
    done = python("ml.train", "--data", tmp_path / "none.csv", "--store", tmp_path / "store", "--json")

    said = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, NOTHING_TO_SAY)
    assert "Gagal: " in said
    assert "Failed: " in said
    assert said.count("none.csv") >= 2
    assert "Traceback" not in said
    assert not (tmp_path / "store").exists()


def test_suggestions_come_line_by_line_from_standard_input(small_shelf: Path) -> None:
    given = b'{"id": 2, "text": "mudik dengan mobil dinas"}\nnot json\n{"id": 1, "text": "ada pengedar sabu"}\n'

    done = python("ml.suggest", "--store", small_shelf, given=given)

    first, bad, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert (first["id"], first["category_main"][0]["label"]) == (2, "MUDIK")
    assert (last["id"], last["category_main"][0]["label"]) == (1, "P4GN")
    assert list(bad) == ["id", "error"]


def test_two_processes_write_the_bytes_of_one(small_shelf: Path) -> None:
    given = b"".join(b'{"id": %d, "text": "mudik ke-%d, ada sabu"}\n' % (n, n % 9) for n in range(600)) + b"not json\n"

    one, two = (python("ml.suggest", "--store", small_shelf, "--processes", n, given=given) for n in (1, 2))

    assert two.returncode == 0, two.stderr
    assert two.stdout.count(b"\n") == 601
    assert two.stdout == one.stdout


def test_a_version_that_no_process_can_load_is_told_in_both_languages(own_store: Path) -> None:
    (own_store / store.latest(own_store) / store.GOLDEN).write_bytes(b"")

    done = python("ml.suggest", "--store", own_store, "--processes", 2, given=b'{"text": "mudik"}\n')

    assert (done.returncode, done.stdout) == (2, NOTHING_TO_SAY)
    assert b"Gagal: versi tidak dapat dipakai: golden.jsonl" in done.stderr
    assert b"Failed: the version cannot be used: golden.jsonl" in done.stderr
    assert b"Traceback" not in done.stderr


def test_measuring_prints_one_object_with_figures_for_each_target(
    small_shelf: Path, two_files: tuple[Path, Path]
) -> None:
    done = python("ml.evaluate", "--data", *two_files, "--store", small_shelf, "--json")

    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"\n") == 1
    result = json.loads(done.stdout)
    assert set(result) == {"version", "targets"}
    assert result["version"] == store.latest(small_shelf)
    assert set(result["targets"]) == {"category_main"}
    assert set(result["targets"]["category_main"]) == FIGURES
    assert (result["targets"]["category_main"]["rows"], result["targets"]["category_main"]["labels"]) == (30, 2)


def test_several_files_may_be_named_one_by_one(
    command: Callable[..., tuple[int, str, str]], two_files: tuple[Path, Path], small_shelf: Path, tmp_path: Path
) -> None:
    first, second = two_files

    code, out, _ = command(
        train, "--data", first, "--data", second, "--store", tmp_path, "--target", "category_main", "--json"
    )

    assert code == 0
    assert json.loads(out.splitlines()[-1])["version"] == store.latest(small_shelf)


def test_without_json_people_read_a_table(
    command: Callable[..., tuple[int, str, str]], two_files: tuple[Path, Path], small_shelf: Path
) -> None:
    code, out, _ = command(evaluate, "--data", *two_files, "--store", small_shelf)

    assert code == 0
    assert f"version {store.latest(small_shelf)}" in out
    assert "category_main: answering only above a confidence" in " ".join(out.split())


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", "id,isi\n1,banjir\n"), ("a.jsonl", "{\n"), ("a.csv", "text\n"), ("a.txt", "banjir"), ("a.csv", "")],
)
def test_a_file_without_usable_rows_is_refused_even_beside_a_good_one(
    command: Callable[..., tuple[int, str, str]],
    two_files: tuple[Path, Path],
    tmp_path: Path,
    name: str,
    content: str,
) -> None:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")

    code, out, err = command(train, "--data", two_files[0], file, "--store", tmp_path / "store", "--json")

    assert (code, out) == (2, "")
    assert f"Gagal: '{file}' tidak berisi satu pun baris yang dapat dipakai" in err
    assert f"Failed: '{file}' has no usable row" in err
    assert all(column in err for column in COLUMNS)
    assert not (tmp_path / "store").exists()


def test_a_target_without_labels_is_refused(command: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("text,agency\nbanjir,PEMDA.PU\njalan rusak,PEMDA.PU\n", encoding="utf-8")

    code, out, err = command(train, "--data", file, "--store", tmp_path / "store", "--target", "report_type", "--json")

    assert (code, out) == (2, "")
    assert "Gagal: tidak ada baris berlabel untuk report_type" in err
    assert "Failed: no row has a label for report_type" in err


def test_a_store_without_a_version_is_refused(
    command: Callable[..., tuple[int, str, str]], two_files: tuple[Path, Path], tmp_path: Path
) -> None:
    code, out, err = command(evaluate, "--data", two_files[0], "--store", tmp_path, "--json")

    assert (code, out) == (2, "")
    assert "Gagal: versi tidak dapat dipakai" in err
    assert "Failed: the version cannot be used" in err


def test_a_candidate_that_loses_is_not_written(
    command: Callable[..., tuple[int, str, str]], own_store: Path, nonsense: list[Example], tmp_path: Path
) -> None:
    baseline = store.latest(own_store)
    file = tmp_path / "nonsense.jsonl"
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in nonsense))

    code, out, err = command(
        train, "--data", file, "--store", own_store, "--target", "category_main", "--baseline", baseline, "--json"
    )

    assert (code, out) == (3, "")
    assert f"Gagal: calon kalah dari versi {baseline} dan tidak disimpan" in err
    assert f"Failed: the candidate loses to version {baseline} and was not written" in err
    assert store.versions(own_store) == [baseline]


def test_an_unknown_baseline_is_refused(
    command: Callable[..., tuple[int, str, str]], own_store: Path, two_files: tuple[Path, Path]
) -> None:
    before = store.versions(own_store)

    code, out, err = command(
        train, "--data", *two_files, "--store", own_store, "--target", "category_main", "--baseline", "0" * 16
    )

    assert (code, out) == (2, "")
    assert "Failed: the baseline cannot be used" in err
    assert store.versions(own_store) == before


def test_a_signed_version_is_measured_only_with_its_key(
    command: Callable[..., tuple[int, str, str]], two_files: tuple[Path, Path], tmp_path: Path
) -> None:
    key, other, empty = tmp_path / "key", tmp_path / "other", tmp_path / "empty"
    key.write_bytes(b"secret\n")
    other.write_bytes(b"guessed\n")
    empty.write_bytes(b" \n")
    shelf = tmp_path / "store"
    signed = ["--data", *two_files, "--store", shelf, "--key-file"]

    assert command(train, *signed, key, "--target", "category_main")[0] == 0
    assert command(evaluate, *signed, key, "--json")[0] == 0
    assert command(evaluate, *signed, other, "--json")[0] == 2
    assert command(evaluate, *signed, empty, "--json")[0] == 2
