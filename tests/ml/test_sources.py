"""What a small desk takes from others, and that serving takes it exactly as training did."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml import context
from ml import store as registry
from ml.answer import Judge
from ml.candidate import origin_of, write
from ml.dataset import Example, load
from ml.fitting import Trained, fit
from ml.labels import Label, read_labels
from ml.pipeline import prepare
from ml.predictor import Draft
from ml.sources import context_of, lends, lent_weight, neighbours
from ml.text import Stemmer

LABELS = (
    Label("category_main", "MUDIK", "Peniadaan Mudik", ("mudik lebaran", "penyekatan"), 0.7),
    Label("category_main", "P4GN", "Narkotika", ("narkoba", "sabu", "ganja"), 0.3),
)
RENAMED = {"MUDIK": "Perjalanan", "P4GN": "Obat"}


@pytest.fixture(scope="module")
def corpus_rows(topic_file: Callable[[str], Path]) -> tuple[Example, ...]:
    return load(map(topic_file, ("agama", "dukcapil", "mbg"))).examples


@pytest.fixture(scope="module")
def borrowed(two_topics: tuple[Example, ...], corpus_rows: tuple[Example, ...]) -> Trained:
    """Thirty rows, with opinions of one other desk, vectors of words, and rows of one in the same language."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ml.sources.TEXTS_FOR_VECTORS", 50)
        same = [replace(row, text=f"Laporan lain: {row.text[::-1]} {row.text[:60]}") for row in two_topics]
        return fit(two_topics, ["category_main"], sources=[corpus_rows, same], labels=LABELS)


def test_with_sources_the_lean_scorer_answers_as_the_pipeline(
    borrowed: Trained, unseen: tuple[Example, ...], tmp_path: Path
) -> None:
    predictor = registry.load(tmp_path, write(borrowed, tmp_path))
    drafts = [Draft(row.text) for row in (*borrowed.examples, *unseen)] + [Draft("😀"), Draft("")]
    stored = registry.load_pipeline(tmp_path, predictor.version)
    pair, offices = stored["heads"]["category_main"]
    judge = Judge(pair.classes, offices, pair.calibration)

    stemmer = Stemmer()
    matrix = stored["features"].transform([prepare(draft.text, stemmer) for draft in drafts])
    expected = [judge.rank(a, b, None, draft.text) for draft, a, b in zip(drafts, *pair.scores(matrix), strict=True)]

    assert matrix.dense.shape[1] == borrowed.features.context.width > 0
    assert len(borrowed.features.context.mean) > 0
    for ranked, answer in zip(expected, predictor.rank(drafts, "category_main"), strict=True):
        assert answer.choices[0].label == judge.labels[ranked.labels[0]]
        assert [choice.confidence for choice in answer.choices] == pytest.approx(ranked.confidences, abs=1e-4)


def test_sources_and_rows_in_any_order_and_more_threads_give_the_same_version(
    two_topics: tuple[Example, ...], corpus_rows: tuple[Example, ...], tmp_path: Path
) -> None:
    other = corpus_rows[:40]
    versions = {
        write(fit(rows, ["category_main"], sources=sources, labels=labels, threads=threads), tmp_path)
        for rows, sources, labels, threads in (
            (two_topics, [corpus_rows, other], LABELS, 1),
            (two_topics[::-1], [other[::-1], corpus_rows[::-1]], LABELS[::-1], 2),
        )
    }

    assert len(versions) == 1


def test_a_foreign_text_that_nearly_equals_an_own_one_is_left_out(two_topics: tuple[Example, ...]) -> None:
    copy = replace(two_topics[0], text=f"{two_topics[0].text} terima kasih", category_main="X")

    near = neighbours(two_topics, [[copy, Example("1", "lampu jalan mati", category_main="X")]], Stemmer())

    assert [row.text for source in near.sources for row in source.examples] == ["lampu jalan mati"]


def test_rows_are_lent_only_between_desks_that_use_the_same_labels(two_topics: tuple[Example, ...]) -> None:
    foreign = [Example(str(n), f"contoh {n}", category_main=("MUDIK", "P4GN")[n % 2]) for n in range(6)]
    source = neighbours((), [foreign], Stemmer()).sources[0]
    renamed = [replace(row, category_main=RENAMED[str(row.category_main)]) for row in two_topics]

    assert lends("category_main", two_topics, source, ())
    assert lends("category_main", (), source, LABELS)
    assert lends("category_main", (), source, ())
    assert not lends("category_main", renamed, source, ())
    assert not lends("category_main", (), source, [replace(LABELS[0], label="LAIN")])
    assert not lends("agency", two_topics, source, ())


def test_a_source_that_lends_its_rows_is_not_asked_for_an_opinion(corpus_rows: tuple[Example, ...]) -> None:
    sources = neighbours((), [corpus_rows], Stemmer()).sources

    asked, lending = (context_of(["jalan rusak"], sources, [lends_rows]) for lends_rows in (False, True))

    assert len(asked.bias) > 0
    assert len(lending.bias) == 0
    assert lending.terms == asked.terms


def test_a_lent_row_counts_less_with_every_own_one() -> None:
    assert [lent_weight(own) for own in (0, 150, 300)] == pytest.approx([1 / 3, 1 / 6, 1 / 9])


def test_labels_alone_make_a_version_that_says_it_knows_little(tmp_path: Path) -> None:
    trained = fit([], ["category_main"], labels=LABELS)

    predictor = registry.load(tmp_path, write(trained, tmp_path))

    ranking = predictor.rank([Draft("tetangga menjual sabu dan ganja")], "category_main")[0]
    assert ranking.choices[0].label == "P4GN"
    assert not ranking.is_automatic
    assert trained.heads["category_main"].low_data


@pytest.mark.parametrize("count", [0, 1, 2, 10])
def test_a_few_rows_beside_a_source_and_labels_already_answer(
    count: int, two_topics: tuple[Example, ...], tmp_path: Path
) -> None:
    own = [*two_topics[:count:2], *two_topics[-(count // 2) :]][:count] if count else []
    rest = [row for row in two_topics if row not in own]

    trained = fit(own, ["category_main"], sources=[rest], labels=LABELS)
    predictor = registry.load(tmp_path, write(trained, tmp_path))

    assert predictor.labels("category_main") == ("MUDIK", "P4GN")
    assert trained.own == count
    drafts = [Draft("jalan mudik ditutup, penyekatan lebaran"), Draft("ada bandar narkoba jual sabu")]
    labels = [ranking.choices[0].label for ranking in predictor.rank(drafts, "category_main")]
    assert labels == ["MUDIK", "P4GN"]


def test_a_manifest_names_what_a_version_was_made_from(two_topics: tuple[Example, ...]) -> None:
    told = origin_of(["category_main"], [two_topics, two_topics[:3], two_topics[:3]], LABELS)

    assert sorted(source["rows"] for source in told["sources"]) == [3, len(two_topics)]
    assert told == origin_of(["category_main"], [two_topics[:3], two_topics], LABELS[::-1])


def test_bad_lines_of_labels_are_told_and_good_ones_kept(tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    good = {"target": "agency", "label": "A", "name": "Dinas A", "keywords": ["a"], "share": 0.5}
    bad = [
        "{",
        "[]",
        json.dumps({**good, "target": "weather"}),
        json.dumps({**good, "label": " "}),
        json.dumps({**good, "keywords": "a"}),
        json.dumps({**good, "share": 2}),
    ]
    file.write_text("\n".join([json.dumps(good), "", *bad]), encoding="utf-8")

    labels, problems = read_labels(file)

    assert labels == (Label("agency", "A", "Dinas A", ("a",), 0.5),)
    assert [problem.line for problem in problems] == [3, 4, 5, 6, 7, 8]
    assert read_labels(tmp_path / "none.jsonl")[1][0].reason.startswith("cannot be read")


def test_words_used_alike_have_vectors_that_point_the_same_way() -> None:
    texts = [f"{thing} {place} rusak" for thing in ("lampu", "pju") for place in "abcdefgh"]
    texts += [f"{thing} {place} bau" for thing in ("sampah", "limbah") for place in "jklmnopq"]
    terms, _ = context.terms_of(texts)

    vectors, _ = context.vectors_of(texts, terms)

    def likeness(one: str, other: str) -> float:
        a, b = vectors[terms.index(one)], vectors[terms.index(other)]
        return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))

    assert likeness("lampu", "pju") > likeness("lampu", "sampah")
    assert likeness("sampah", "limbah") > likeness("pju", "limbah")
