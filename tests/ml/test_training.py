"""What training makes of rows: labels as they were written, nothing from too little, the same from the same."""

from pathlib import Path

import pytest

from ml import store as registry
from ml.candidate import in_use, told, write
from ml.dataset import Example
from ml.fitting import Trained, fit
from ml.predictor import Draft
from ml.report import reasons

ROADS = [
    "Jalan depan pasar berlubang dan licin",
    "aspal jalan desa terkelupas sejak hujan",
    "lubang besar di tikungan jalan provinsi",
    "jalan ke sekolah rusak berat",
    "perbaikan jalan belum selesai, motor jatuh",
]
WASTE = [
    "Sampah menumpuk di tempat pembuangan",
    "truk sampah tidak datang dua minggu",
    "bau sampah sampai ke rumah warga",
    "tong sampah di taman hilang",
    "warga membakar sampah setiap sore",
]


def labelled(texts: list[str], label: str, start: int = 0) -> list[Example]:
    return [Example(str(start + number), text, category=label) for number, text in enumerate(texts)]


def test_labels_are_answered_exactly_as_they_were_written(tmp_path: Path) -> None:
    odd = ["Jalan & Jembatan  [lama]", "sampah / TPS – “liar” 😀"]
    trained = fit([*labelled(ROADS, odd[0]), *labelled(WASTE, odd[1], 5)], ["category"])

    write(trained, tmp_path)

    assert registry.load(tmp_path).labels("category") == tuple(odd)
    answers = registry.load(tmp_path).rank([Draft(ROADS[0]), Draft(WASTE[0])], "category")
    assert [answer.choices[0].label for answer in answers] == odd


def test_ten_rows_are_learned_from_and_marked_as_little(tmp_path: Path) -> None:
    trained = fit([*labelled(ROADS, "A"), *labelled(WASTE, "B", 5)], ["category"])

    head = trained.heads["category"]

    assert (head.low_data, head.too_few, head.metrics.rows, head.metrics.labels) == (True, {}, 10, 2)
    assert registry.manifest(tmp_path, write(trained, tmp_path)).targets["category"]["low_data"] is True


def test_a_label_with_one_row_is_listed_and_never_suggested(tmp_path: Path) -> None:
    rows = [*labelled(ROADS, "A"), *labelled(WASTE, "B", 5), *labelled(["lampu jalan mati"], "C", 10)]
    trained = fit(rows, ["category"])

    version = write(trained, tmp_path)

    assert trained.heads["category"].too_few == {"C": 1}
    assert registry.manifest(tmp_path, version).targets["category"]["too_few"] == {"C": 1}
    assert registry.load(tmp_path).labels("category") == ("A", "B")
    assert trained.heads["category"].metrics.labels == 3


def test_a_label_with_a_few_rows_is_suggested_and_listed() -> None:
    trained = fit([*labelled(ROADS, "A"), *labelled(WASTE[:4], "B", 5)], ["category"])

    assert trained.heads["category"].too_few == {"B": 4}
    assert trained.heads["category"].judge().labels == ("A", "B")


def test_a_single_label_is_always_the_answer(tmp_path: Path) -> None:
    write(fit(labelled(ROADS, "A"), ["category"]), tmp_path)

    rankings = registry.load(tmp_path).rank([Draft(WASTE[0]), Draft("😀"), Draft("")], "category")

    assert [[choice.label for choice in ranking.choices] for ranking in rankings] == [["A"]] * 3


@pytest.mark.parametrize("rows", [labelled(ROADS[:1], "A"), [Example("1", "banjir")]])
def test_from_too_little_no_head_is_made(rows: list[Example]) -> None:
    assert fit(rows, ["category"]).heads == {}


def test_texts_without_a_single_word_do_not_stop_the_training() -> None:
    wordless = [Example(text, text, title=text, category="A") for text in ("😀", "...", "?!", "🚧", "—")]

    assert fit([*wordless, *labelled(WASTE, "B")], ["category"]).heads["category"].judge().labels == ("A", "B")


def test_the_same_rows_in_another_order_are_the_same_version(
    small: Trained, two_topics: tuple[Example, ...], small_shelf: Path, tmp_path: Path
) -> None:
    backwards = fit(two_topics[::-1], ["category_main"])

    assert [write(backwards, tmp_path)] == registry.versions(small_shelf)
    assert backwards.examples == small.examples


def test_an_exact_copy_changes_nothing(two_topics: tuple[Example, ...], small: Trained) -> None:
    said: list[str] = []

    trained = fit([*two_topics, two_topics[0]], [], lambda text, _: said.append(text))

    assert trained.examples == small.examples
    assert said[0] == f"{len(two_topics)} complaints (1 exact copies left out)"


def test_only_the_targets_asked_for_are_learned(two_topics: tuple[Example, ...]) -> None:
    assert sorted(fit(two_topics, ["report_type"]).heads) == ["report_type"]
    assert sorted(fit(labelled(ROADS, "A"), ["agency"]).heads) == []


def test_rows_are_judged_by_models_that_have_not_seen_them(trained: Trained) -> None:
    head = trained.heads["category_main"]

    assert len(head.judged) == len(head.judged_rows) == head.metrics.rows == len(trained.examples)
    assert [row.truth for row in head.judged] == [trained.examples[row].category_main for row in head.judged_rows]
    assert 0.6 < head.metrics.accuracy < 1.0


def test_a_manifest_tells_how_good_a_version_is_and_no_text(trained: Trained, shelf: Path) -> None:
    known = registry.manifest(shelf, registry.latest(shelf))

    assert known.content["dataset"]["rows"] == len(trained.examples)
    assert sorted(known.targets) == sorted(trained.heads)
    assert {len(key) for key in known.content["trained_on"]} == {16}
    for target, head in trained.heads.items():
        assert known.targets[target]["metrics"] == head.metrics.as_dict()
        assert known.targets[target]["labels"] == list(head.judge().labels)
    told = (shelf / known.version / registry.MANIFEST).read_text(encoding="utf-8")
    assert [example.id for example in trained.examples if example.text[:40] in told] == []


def test_a_candidate_as_good_as_the_one_in_use_may_replace_it(small: Trained, small_shelf: Path) -> None:
    active = in_use(small_shelf, registry.latest(small_shelf))

    assert reasons(told(small, active=active)) == []


def test_a_candidate_that_learned_nonsense_may_not_replace_it(small_shelf: Path, nonsense: list[Example]) -> None:
    active = in_use(small_shelf, registry.latest(small_shelf))

    found = reasons(told(fit(nonsense, ["category_main"]), active=active))

    assert {reason.split(" ")[0] for reason in found} == {"category_main:"}
    assert any("accuracy" in reason for reason in found)


def test_a_candidate_that_forgot_a_target_may_not_replace_it(
    two_topics: tuple[Example, ...], small_shelf: Path
) -> None:
    active = in_use(small_shelf, registry.latest(small_shelf))

    found = reasons(told(fit(two_topics, ["report_type"]), active=active))

    assert found == ["category_main: not answered any more"]
