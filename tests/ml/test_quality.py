"""Labels that should be looked at again, and rows that should be labelled first."""

import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest

from ml import quality
from ml.dataset import Example, near_duplicate_groups
from ml.predictor import Draft, Predictor
from ml.quality import Reason, doubtful, uncertain_first
from ml.unseen import unseen_chances

ROAD = "jalan depan pasar berlubang dan licin sejak bulan lalu belum diperbaiki"
WASTE = "sampah menumpuk di tempat pembuangan dan truk tidak datang dua minggu"


def copies(text: str, labels: list[str], start: int = 0) -> list[Example]:
    """Nearly equal texts: one word differs."""
    return [Example(str(start + n), f"{text} nomor{n}", agency=label) for n, label in enumerate(labels)]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """The command: exit code, standard output and standard error."""

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ml", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            quality.main()
        said = capfd.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return command


def test_planted_errors_come_first(corpus: tuple[Example, ...]) -> None:
    right = [replace(row, id=str(n)) for n, row in enumerate(row for row in corpus if row.report_type)]
    kinds = sorted({str(row.report_type) for row in right})
    planted = set(random.Random(1).sample(range(len(right)), len(right) // 20))  # noqa: S311 - which rows to spoil
    rows = [
        replace(row, report_type=kinds[kinds.index(str(row.report_type)) - 1]) if int(row.id) in planted else row
        for row in right
    ]

    doubts = doubtful(rows, "report_type", count=len(planted))

    found = [doubt for doubt in doubts if int(doubt.id) in planted]
    # One in twenty would be found by chance, and the corpus has doubtful labels of its own.
    assert len(found) > len(planted) / 2
    assert sum(doubt.likely == right[int(doubt.id)].report_type for doubt in found) > 0.8 * len(found)
    assert [doubt.score for doubt in doubts] == sorted((doubt.score for doubt in doubts), reverse=True)


def test_rows_are_judged_by_models_that_have_seen_neither_them_nor_their_copies() -> None:
    rows = [*copies(ROAD, ["PU"] * 3 + ["DLH"] * 3), *copies(WASTE, ["DLH"] * 3, 10)]

    unseen = unseen_chances(rows, "agency")

    # All six copies of the road are in one fold, so nothing but waste taught the model of that fold.
    assert len(set(unseen.groups[:6])) == 1
    assert np.allclose(unseen.chances.sum(axis=1), 1.0)
    assert unseen.is_judged.tolist() == [False] * 3 + [True] * 3 + [True] * 3


def test_a_label_with_a_single_row_is_reported_and_not_judged(two_topics: tuple[Example, ...]) -> None:
    rows = [*two_topics, replace(two_topics[0], id="lone", text="lampu jalan mati", category_main="LONE")]

    unseen = unseen_chances(rows, "category_main")

    assert unseen.left_out == {"LONE": 1}
    assert unseen.labels == ("MUDIK", "P4GN")
    assert (len(unseen.rows), unseen.is_judged[-1]) == (len(rows), np.False_)
    assert "lone" not in {doubt.id for doubt in doubtful(rows, "category_main", unseen)}


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [Example("1", "banjir")],
        [Example("1", "banjir", agency="PU")],
        copies(ROAD, ["PU"] * 4),
        [Example(str(n), "😀", agency="PU") for n in range(3)],
    ],
)
def test_from_too_little_nothing_is_doubted(rows: list[Example]) -> None:
    assert doubtful(rows, "agency") == []


def test_the_odd_one_among_nearly_equal_texts_is_named_and_the_many_are_not() -> None:
    rows = [*copies(ROAD, ["PU", "PU", "DLH", "PU"]), *copies(WASTE, ["DLH", "DLH"], 10)]

    doubts = [doubt for doubt in doubtful(rows, "agency") if doubt.reason != Reason.MODEL_DISAGREES]

    assert [(doubt.id, doubt.given, doubt.likely, doubt.score, doubt.reason) for doubt in doubts] == [
        ("2", "DLH", "PU", 0.75, Reason.NEAR_DUPLICATE_DISAGREES)
    ]


def test_of_two_that_disagree_both_are_named() -> None:
    doubts = doubtful(copies(ROAD, ["PU", "DLH"]), "agency")

    assert [(doubt.id, doubt.likely, doubt.score) for doubt in doubts] == [("0", "DLH", 0.5), ("1", "PU", 0.5)]


@pytest.mark.parametrize(
    ("labellers", "reason"),
    [
        ({"0": "ani", "1": "budi"}, Reason.PEOPLE_DISAGREE),
        ({"0": "ani", "1": "ani"}, Reason.NEAR_DUPLICATE_DISAGREES),
        ({"0": "ani"}, Reason.NEAR_DUPLICATE_DISAGREES),
        (None, Reason.NEAR_DUPLICATE_DISAGREES),
    ],
)
def test_people_disagree_when_two_of_them_are_known_to(labellers: dict[str, str] | None, reason: Reason) -> None:
    doubts = doubtful(copies(ROAD, ["PU", "DLH"]), "agency", labellers=labellers)

    assert {doubt.reason for doubt in doubts} == {reason}


def test_neighbours_are_the_rows_with_most_of_the_same_words_and_never_the_row_itself() -> None:
    far = Example("far", "jalan menuju sekolah gelap", agency="PLN")
    rows = [*copies(ROAD, ["PU", "DLH"]), far, Example("none", "antrean obat puskesmas", agency="DINKES")]

    first = doubtful(rows, "agency")[0]

    assert [(near.id, near.label) for near in first.neighbours] == [("1", "DLH"), ("far", "PLN")]
    assert 1.0 > first.neighbours[0].similarity > 0.7 > first.neighbours[1].similarity > 0.0


def test_the_same_rows_give_the_same_chances_and_doubts(two_topics: tuple[Example, ...]) -> None:
    rows = [*two_topics, *copies(ROAD, ["PU", "PU", "DLH"])]
    rows = [replace(row, agency=row.agency or "PU") for row in rows]

    unseen, again = unseen_chances(rows, "agency"), unseen_chances(rows, "agency")

    assert np.array_equal(unseen.chances, again.chances)
    assert doubtful(rows, "agency", unseen) == doubtful(rows, "agency", again) != []
    assert doubtful(rows, "agency", unseen, count=1) == doubtful(rows, "agency", unseen)[:1]


def test_the_least_sure_rows_come_first_and_no_copy_of_one(predictor: Predictor, unseen: tuple[Example, ...]) -> None:
    rows = [*unseen, *(replace(row, id=f"copy {row.id}", text=f"{row.text} sekali") for row in unseen)]

    chosen = uncertain_first(predictor, rows, "category_main", 6)

    groups = dict(zip((row.id for row in rows), near_duplicate_groups([row.text for row in rows]), strict=True))
    assert len({groups[row.id] for row in chosen}) == len(chosen) == 6
    assert [row.margin for row in chosen] == sorted(row.margin for row in chosen)
    answer = predictor.rank([Draft(next(row.text for row in rows if row.id == chosen[0].id))], "category_main")[0]
    assert (chosen[0].answer, chosen[0].confidence) == (answer.choices[0].label, answer.choices[0].confidence)
    assert chosen[0].margin == answer.choices[0].confidence - answer.choices[1].confidence


def test_the_rows_to_label_are_spread_over_the_answers(predictor: Predictor, corpus: tuple[Example, ...]) -> None:
    some = corpus[::12]
    answers = Counter(row.answer for row in uncertain_first(predictor, some, "category_main", len(some)))

    chosen = uncertain_first(predictor, some, "category_main", 10)

    assert len(answers) > 2
    assert max(Counter(row.answer for row in chosen).values()) <= -(-20 // len(answers))


def test_a_target_the_version_does_not_have_has_nothing_to_ask(predictor: Predictor) -> None:
    with pytest.raises(KeyError):
        uncertain_first(predictor, [Example("1", "banjir")], "category", 1)


def test_the_command_prints_doubts_as_one_object(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    rows = [*copies(ROAD, ["PU", "PU", "DLH"]), Example("lone", "lampu jalan mati", agency="PLN")]
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))

    code, out, _ = run("--data", file, "--target", "agency", "--json")

    told = json.loads(out)
    assert (code, told["target"], told["rows"], told["left_out"]) == (0, "agency", 4, {"DLH": 1, "PLN": 1})
    assert told["doubts"] == json.loads(orjson.dumps(doubtful(rows, "agency")))
    assert [doubt["id"] for doubt in told["doubts"]] == ["2"]
    assert "berlubang" not in out


def test_the_command_lists_only_rows_without_a_label_to_be_labelled(
    run: Callable[..., tuple[int, str, str]], small_shelf: Path, two_topics: tuple[Example, ...], tmp_path: Path
) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [replace(row, category_main=None) if n < 3 else row for n, row in enumerate(two_topics)]
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))

    code, out, _ = run(
        "--data", file, "--target", "category_main", "--uncertain", "--store", small_shelf, "--count", "9", "--json"
    )

    assert code == 0
    assert {row["id"] for row in json.loads(out)["uncertain"]} == {row.id for row in two_topics[:3]}


def test_people_read_a_table(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in copies(ROAD, ["PU [lama]", "DLH"])))

    code, out, _ = run("--data", file, "--target", "agency")

    assert code == 0
    assert "agency: 2 of 2 labels are doubtful" in out
    assert "PU [lama]" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--target", "nothing"), "'nothing' is not a target"),
        (("--target", "agency", "--uncertain"), "--uncertain needs --store"),
        (("--target", "agency", "--uncertain", "--store", "nowhere"), "the version cannot be used"),
    ],
)
def test_the_command_says_no_in_both_languages(
    run: Callable[..., tuple[int, str, str]], topic_file: Callable[[str], Path], arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = run("--data", topic_file("mudik"), *arguments)

    assert (code, out) == (2, "")
    assert said in err
    assert "Gagal: " in err
