"""The model card: every figure in words, every picture with words beside it, the same bytes every time."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest

from ml import card
from ml import store as registry
from ml.card import CARD, FIGURES, render
from ml.dataset import Example
from ml.figures import figures
from ml.fitting import Trained
from ml.metrics import Judged
from ml.pictures import Series, acceptance_picture, recall_picture
from ml.report import Active, latency, report

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def told(trained: Trained, small_shelf: Path) -> dict[str, Any]:
    """The report of the larger training beside the small version, which has seen some of its rows."""
    known = registry.manifest(small_shelf, registry.latest(small_shelf))
    active = Active(registry.load(small_shelf), frozenset(known.content["trained_on"]), known.targets)
    examples = [replace(row, date=f"2024-{1 + n // 28:02}-{1 + n % 28:02}") for n, row in enumerate(trained.examples)]
    options = {"data": ["a b.csv", "c.csv"], "target": ["agency"], "baseline": None, "json": True}
    made: dict[str, Any] = report(
        replace(trained, examples=examples),
        "0123456789abcdef",
        active=active,
        refit=lambda rows: active.predictor,
        options=options,
    )
    made["latency"] = latency(active.predictor, active.predictor, examples[:5])
    return made


@pytest.fixture(scope="module")
def files(told: dict[str, Any]) -> dict[str, str]:
    """The card and its pictures."""
    return render(told)


@pytest.fixture
def alone() -> dict[str, Any]:
    """A report whose labels, place and source are as odd as data can be."""
    odd = ["$x^$ & <b>|", "😀 نص", "baris\nbaru\x01", "[a](b) ![c](d)"]
    judged = [Judged(odd[n % 4], (odd[n % 3],), n % 10 / 10) for n in range(40)]
    examples = [Example(str(n), f"laporan {n}", location=odd[n % 4], source=odd[n % 2]) for n in range(40)]
    side = {"rows": 40, "candidate": figures(judged, examples, {}), "shared": None}
    facts = {
        "labels": 4,
        "too_few": {odd[0]: 1},
        "low_data": True,
        "threshold": 1.0,
        "out_of_fold": side,
        "recent": None,
        "gate": None,
    }
    data = {"fingerprint": "f", "rows": 40, "dated": 0, "from": None, "to": None, "sources": {odd[0]: 20, "": 20}}
    return {
        "format": 1,
        "version": "v",
        "active": None,
        "options": {},
        "data": data,
        "targets": {"category": facts},
    }


def test_the_card_opens_with_a_summary_in_indonesian(files: dict[str, str], told: dict[str, Any]) -> None:
    title, summary, *_ = files[CARD].split("\n\n")

    assert title == "# Model card: version `0123456789abcdef`"
    assert summary.startswith("**Ringkasan.** Versi ini menyarankan label")
    assert f"dilatih dari {told['data']['rows']} laporan berlabel tanggal 2024-01-01 sampai" in summary
    assert "petugas yang memutuskan" in summary


def test_every_figure_is_named_and_written_for_both_versions(files: dict[str, str], told: dict[str, Any]) -> None:
    text = files[CARD]

    assert all(f"- **{name}**: " in text for name, _ in FIGURES)
    shared = told["targets"]["category_main"]["out_of_fold"]["shared"]
    section = text.partition("## Target: category_main")[2].partition("## Target:")[0]
    for name, key in (("accuracy", "accuracy"), ("macro F1", "macro_f1"), ("top 3", "top3"), ("ECE", "ece")):
        cells = re.findall(rf"^\| {name} \|(.*)\|$", section, re.MULTILINE)[0].split("|")
        assert f" {shared['candidate']['metrics'][key]:.3f} " in cells
        assert f" {shared['active']['metrics'][key]:.3f} " in cells
    assert all(f"| answered at {share} % |" in section for share in (90, 95, 97))
    assert f"p = {shared['paired']['p_value']:.4f}" in section


def test_the_card_tells_data_gate_thresholds_limits_latency_and_how_to_repeat_it(
    files: dict[str, str], told: dict[str, Any]
) -> None:
    text = files[CARD]

    assert told["data"]["fingerprint"] in text
    assert "**Gate: " in text
    assert "**Threshold:**" in text
    assert "by place: " in text
    assert "by text length: " in text
    assert "- candidate: p50 " in text
    assert "python -m ml.train --data 'a b.csv' c.csv --target agency --json\n" in text
    assert "since 2024-" in text


def test_every_picture_is_shown_with_words_that_say_what_is_in_it(files: dict[str, str]) -> None:
    shown = dict(re.findall(r"^!\[(.+)\]\((.+)\)$", files[CARD], re.MULTILINE))

    assert {*shown.values(), CARD} == set(files)
    assert len(shown) == 3 * 5
    assert min(map(len, shown)) > 40


def test_pictures_are_whole_and_name_their_axes(files: dict[str, str]) -> None:
    pictures = {name: svg for name, svg in files.items() if name != CARD}

    words = {
        name: " ".join("".join(text.itertext()) for text in ElementTree.fromstring(svg).iter(f"{SVG}text"))  # noqa: S314 - our own
        for name, svg in pictures.items()
    }

    assert "mean confidence" in words["agency-reliability.svg"]
    assert "share right" in words["agency-reliability.svg"]
    assert "share answered" in words["agency-coverage.svg"]
    assert "label (rows)" in words["agency-recall.svg"]
    assert "label given by people" in words["agency-confusion.svg"]
    assert "place, text length (rows)" in words["agency-fairness.svg"]
    assert "category_main: is confidence true?" in words["category_main-reliability.svg"]


def test_the_same_report_gives_the_same_card_and_pictures(files: dict[str, str], told: dict[str, Any]) -> None:
    assert render(told) == files
    assert render(orjson.loads(orjson.dumps(told))) == files


def test_odd_labels_break_neither_card_nor_pictures(alone: dict[str, Any]) -> None:
    files = render(alone)

    for name, svg in files.items():
        if name != CARD:
            ElementTree.fromstring(svg)  # noqa: S314 - our own
    rows = [line for line in files[CARD].splitlines() if line.startswith("|") and "$x^$" in line]
    assert rows
    assert all(len(re.findall(r"(?<!\\)\|", row)) in (4, 7) for row in rows)
    assert "![c](d)" not in files[CARD]
    assert "\x01" not in files[CARD]


def test_a_card_without_active_version_says_that_nothing_was_compared(alone: dict[str, Any]) -> None:
    text = render(alone)[CARD]

    assert "Belum dibandingkan dengan versi aktif." in text
    assert "there is no active version with this target" in text
    assert "the target always abstains" in text
    assert "may be off by five points" in text
    assert "no dates" in text


def test_a_card_of_no_target_is_a_card(alone: dict[str, Any]) -> None:
    files = render({**alone, "targets": {}})

    assert list(files) == [CARD]
    assert "tidak ada sasaran yang cukup datanya" in files[CARD]


def test_bars_show_the_labels_with_most_rows() -> None:
    rows = [{"label": f"label {n:02}", "support": 99 - n, "recall": n / 40, "too_few": False} for n in range(31)] + [
        {"label": "only answered", "support": 0, "recall": None, "too_few": False}
    ]

    drawn = recall_picture({"labels": rows}, None, "recall")

    assert "label 29 (70)" in drawn
    assert "label 30" not in drawn
    assert "only answered" not in drawn


def test_acceptance_is_drawn_over_all_months_of_all_versions() -> None:
    series = [Series("retrained", [("2022-01", 0.6), ("2022-02", 0.7)]), Series("frozen", [("2022-03", 0.5)])]

    drawn = acceptance_picture(series)

    assert drawn == acceptance_picture(series)
    assert all(word in drawn for word in ("2022-01", "2022-02", "2022-03", "retrained", "frozen", "share accepted"))
    assert "month" in acceptance_picture([])


@pytest.mark.parametrize("module", ["card", "report", "train", "quality", "evaluate"])
def test_importing_does_not_import_what_only_pictures_need(module: str) -> None:
    code = f"import sys, ml.{module}; print([name for name in ('matplotlib', 'cleanlab') if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True, timeout=60)

    assert done.stdout.decode().strip() == "[]"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """The command: exit code, standard output and standard error."""

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ml", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            card.main()
        said = capfd.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return command


def test_the_command_writes_the_card_into_a_folder(
    run: Callable[..., tuple[int, str, str]], told: dict[str, Any], files: dict[str, str], tmp_path: Path
) -> None:
    given = tmp_path / "report.json"
    given.write_bytes(orjson.dumps(told))

    code, out, _ = run("--report", given, "--out", tmp_path / "new" / "card")

    assert (code, out) == (0, "")
    written = {file.name: file.read_text(encoding="utf-8") for file in (tmp_path / "new" / "card").iterdir()}
    assert written == files


@pytest.mark.parametrize("content", [None, b"{", b"[]", b'{"format": 99}'])
def test_what_is_not_a_report_is_refused_in_both_languages(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, content: bytes | None
) -> None:
    given = tmp_path / "report.json"
    if content is not None:
        given.write_bytes(content)

    code, _, err = run("--report", given, "--out", tmp_path / "card")

    assert code == 2
    assert "Gagal: " in err
    assert "Failed: " in err
    assert not (tmp_path / "card").exists()
