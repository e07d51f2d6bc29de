"""What a training run says about its candidate: figures counted by hand, fair comparisons, honest slices of time."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from ml import store as registry
from ml.dataset import Example, text_key
from ml.figures import (
    LONGEST,
    OTHER,
    UNKNOWN,
    Group,
    by_group,
    confusion_matrix,
    confusions,
    coverage_curve,
    figures,
    held,
    interval,
    label_table,
    lengths,
    paired,
    regions,
    reliability,
    widest_gap,
)
from ml.fitting import Trained, fit
from ml.metrics import Judged
from ml.predictor import Predictor
from ml.report import RECENT_MOST, UNSEEN_ROWS, Active, latency, reasons, report, time_split

FOUR = [
    Judged("A", ("A", "B"), 0.9),
    Judged("A", ("B", "A"), 0.6),
    Judged("B", ("B", "A"), 0.8),
    Judged("C", ("A", "B"), 0.3),
]
ROWS = [Example(str(n), text) for n, text in enumerate(("satu", "dua", "tiga", "empat"))]


def days(counts: Sequence[int], text: str = "laporan") -> list[Example]:
    """So many rows on each day of January, the first day first."""
    return [
        Example(f"{day}-{n}", f"{text} {day} {n}", date=f"2024-01-{day:02}")
        for day, count in enumerate(counts, start=1)
        for n in range(count)
    ]


@pytest.fixture
def active(small_shelf: Path) -> Active:
    """The small version in use."""
    known = registry.manifest(small_shelf, registry.latest(small_shelf))
    return Active(registry.load(small_shelf), frozenset(known.content["trained_on"]), known.targets)


@pytest.fixture
def dated(trained: Trained) -> Trained:
    """The larger training with four rows on each day."""
    examples = [
        replace(row, date=f"2024-{1 + n // 112:02}-{1 + n // 4 % 28:02}") for n, row in enumerate(trained.examples)
    ]
    return replace(trained, examples=examples)


def test_confidence_is_compared_with_what_was_right_bin_by_bin() -> None:
    bins = reliability([*FOUR, Judged("A", ("B",), 0.91)])

    assert [(round(one.confidence, 3), one.right, one.rows) for one in bins] == [
        (0.3, 0.0, 1),
        (0.6, 0.0, 1),
        (0.8, 1.0, 1),
        (0.905, 0.5, 2),
    ]


def test_each_label_is_counted_with_its_precision_recall_and_f1() -> None:
    table = {row.label: row for row in label_table(FOUR, {"C": 1})}

    a, b, c = table["A"], table["B"], table["C"]
    assert [a.label, b.label, c.label] == list(table)
    assert (a.support, a.answered, a.precision, a.recall, a.f1) == (2, 2, 0.5, 0.5, 0.5)
    assert (b.support, b.answered, b.precision, b.recall, b.f1) == (1, 2, 0.5, 1.0, 2 / 3)
    assert (c.support, c.answered, c.precision, c.recall, c.f1) == (1, 0, None, 0.0, 0.0)
    assert (a.too_few, c.too_few) == (False, True)


def test_a_label_that_is_only_answered_has_precision_and_no_recall() -> None:
    row = label_table([Judged("A", ("B",), 0.5)], {})[1]

    assert (row.label, row.support, row.precision, row.recall) == ("B", 0, 0.0, None)


def test_the_most_frequent_confusions_come_first() -> None:
    assert confusions([*FOUR, FOUR[1]]) == [("A", "B", 2), ("C", "A", 1)]


def test_the_matrix_has_labels_as_rows_and_answers_as_columns() -> None:
    assert confusion_matrix(FOUR) == {
        "labels": ["A", "B", "C"],
        "has_other": False,
        "counts": [[1, 1, 0], [0, 1, 0], [1, 0, 0]],
    }


def test_labels_beyond_the_largest_25_share_a_row_and_a_column() -> None:
    many = [Judged(f"{n:02}", (f"{n:02}",), 0.9) for n in range(27) for _ in range(30 - n)]

    matrix = confusion_matrix(many)

    assert matrix["labels"] == [f"{n:02}" for n in range(25)]
    assert matrix["has_other"] is True
    assert (len(matrix["counts"]), matrix["counts"][0][0], matrix["counts"][25][25]) == (26, 30, 5 + 4)


def test_the_curve_runs_from_the_surest_answers_to_all_of_them() -> None:
    assert coverage_curve(FOUR) == [[0.25, 1.0], [0.5, 1.0], [0.75, 0.6667], [1.0, 0.5]]
    assert coverage_curve([FOUR[0], replace(FOUR[1], confidence=0.9)]) == [[1.0, 0.5]]
    assert len(coverage_curve([replace(FOUR[0], confidence=n / 1000) for n in range(1000)])) <= 52


def test_a_promise_is_measured_on_rows_that_did_not_choose_its_threshold() -> None:
    rows = [Example(str(n), f"laporan {n}") for n in range(800)]
    # One half is right above .6, the other only above .8; each half is answered above what the other chose.
    half = [int(text_key(row), 16) % 2 for row in rows]
    judged = [
        Judged("A", ("A" if confidence >= (0.6, 0.8)[side] else "B",), confidence)
        for side, confidence in zip(half, (n % 100 / 100 for n in range(800)), strict=True)
    ]

    told = held(judged, rows, 0.95)

    kept = [row for row, side in zip(judged, half, strict=True) if row.confidence >= (0.79, 0.59)[side]]
    assert told.share == pytest.approx(len(kept) / 800, abs=0.02)
    assert told.precision == pytest.approx(sum(row.is_right for row in kept) / len(kept), abs=0.02)
    assert told.precision is not None
    # What the same rows would have promised was not held.
    assert told.precision < 0.95


def test_nothing_is_promised_from_a_handful_of_rows() -> None:
    told = [held(FOUR, ROWS, 0.95), held(FOUR[:1], ROWS[:1], 0.95)]

    assert [(one.share, one.precision) for one in told] == [(0.0, None)] * 2
    assert told[0].upper_bound == 0.5


def test_wilson_intervals_are_those_of_the_textbook() -> None:
    assert interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert interval(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)


def test_places_are_compared_by_the_last_part_of_the_location() -> None:
    places = ["Kec. A, Kota X"] * 6 + ["Kec. B, Kab. Y"] * 5 + ["Kab. Z"] * 4 + [None]

    assert regions([Example("1", "a", location=place) for place in places]) == (
        ["Kota X"] * 6 + ["Kab. Y"] * 5 + [OTHER] * 4 + [UNKNOWN]
    )


def test_within_one_city_its_districts_are_compared() -> None:
    places = ["Kel. K, Kec. A, Kota X"] * 6 + ["Kel. L, Kec. B, Kota X"] * 6

    assert regions([Example("1", "a", location=place) for place in places]) == ["Kec. A"] * 6 + ["Kec. B"] * 6


def test_at_most_twenty_places_are_named() -> None:
    named = regions([Example("1", "a", location=f"Kota {n % 25}") for n in range(25 * 5)])

    assert len(set(named)) == 21
    assert named.count(OTHER) == 5 * 5


@pytest.mark.parametrize(
    ("words", "name"),
    [(1, "1-10"), (10, "1-10"), (11, "11-25"), (26, "26-60"), (61, "61-150"), (150, "61-150"), (151, LONGEST)],
)
def test_texts_are_grouped_by_their_words(words: int, name: str) -> None:
    assert lengths([Example("1", "kata " * words)]) == [name]


def test_a_group_has_its_share_right_and_the_gap_is_between_large_groups() -> None:
    judged = [FOUR[0]] * 40 + [FOUR[1]] * 40 + [FOUR[0]] * 2
    groups = by_group(judged, ["X"] * 40 + ["Y"] * 40 + ["Z"] * 2)

    gap = widest_gap(groups)

    assert [(group.name, group.rows, group.accuracy) for group in groups] == [
        ("X", 40, 1.0),
        ("Y", 40, 0.0),
        ("Z", 2, 1),
    ]
    assert gap is not None
    assert (gap.best, gap.worst, gap.points, gap.beyond_chance) == ("X", "Y", 1.0, True)
    assert widest_gap(groups[:1]) is None


def test_a_gap_within_both_intervals_may_be_chance() -> None:
    gap = widest_gap([Group("X", 40, 0.8, 0.65, 0.9), Group("Y", 40, 0.7, 0.55, 0.82)])

    assert gap is not None
    assert gap.beyond_chance is False


def test_two_versions_are_compared_by_the_rows_on_which_one_alone_was_right() -> None:
    right, wrong = Judged("A", ("A",), 0.9), Judged("A", ("B",), 0.9)

    told = paired([right] * 9 + [wrong] + [right] * 50, [wrong] * 9 + [right] + [right] * 50)

    assert (told.rows, told.only_candidate, told.only_active) == (60, 9, 1)
    # Both tails of ten throws of a coin with one head at most: 2 (1 + 10) / 1024.
    assert told.p_value == pytest.approx(22 / 1024)
    assert paired([right], [right]).p_value == 1.0


def test_the_newest_days_are_cut_off_whole() -> None:
    split = time_split(days([100, 100, 100, 40, 30, 30]))

    assert split is not None
    assert split.since == "2024-01-05"
    assert {row.date for row in split.recent} == {"2024-01-05", "2024-01-06"}
    assert max(str(row.date) for row in split.older) < split.since
    assert (len(split.older), len(split.recent)) == (340, 60)


def test_rows_without_a_date_are_neither_old_nor_new() -> None:
    undated = [Example(f"u{n}", f"tanpa tanggal {n}") for n in range(500)]

    split = time_split([*undated, *days([100, 60])[::-1]])

    assert split is not None
    assert (len(split.older), len(split.recent)) == (100, 60)


@pytest.mark.parametrize("counts", [[], [49], [60], [40, 60], [30, 19]])
def test_without_enough_dated_rows_there_is_no_slice_of_time(counts: list[int]) -> None:
    assert time_split(days(counts)) is None


def test_the_slice_has_at_most_two_thousand_rows() -> None:
    split = time_split(days([15_000, 900, 900, 900]))

    assert split is not None
    assert len(split.recent) == 1_800 <= RECENT_MOST
    assert time_split(days([15_000, 2_500])) is None


def test_figures_of_four_rows_are_plain_data() -> None:
    told = figures(FOUR, ROWS, {})

    assert orjson.loads(orjson.dumps(told)) == told
    assert told["metrics"]["accuracy"] == 0.5
    assert [one["promise"] for one in told["coverage"]] == [0.9, 0.95, 0.97]
    assert told["fairness"]["region"] == {
        "groups": [{"name": UNKNOWN, "rows": 4, "accuracy": 0.5, "low": 0.15, "high": 0.85}],
        "gap": None,
    }


def test_without_an_active_version_the_candidate_stands_alone(trained: Trained) -> None:
    told = report(trained, "candidate", options={"data": ["rows.csv"]})

    assert set(told["targets"]) == set(trained.heads)
    for target, facts in told["targets"].items():
        head = trained.heads[target]
        assert facts["out_of_fold"]["candidate"]["metrics"] == head.metrics.as_dict()
        assert (facts["out_of_fold"]["shared"], facts["recent"], facts["gate"]) == (None, None, None)
    assert (told["active"], told["data"]["rows"]) == (None, len(trained.examples))
    assert (told["data"]["from"], told["data"]["dated"]) == (None, 0)
    assert told["options"] == {"data": ["rows.csv"]}


def test_the_same_training_gives_the_same_report(trained: Trained, active: Active) -> None:
    first = orjson.dumps(report(trained, "candidate", active=active))

    assert orjson.dumps(report(trained, "candidate", active=active)) == first
    assert b"NaN" not in first


def test_the_active_version_is_asked_only_about_rows_it_has_not_seen(trained: Trained, active: Active) -> None:
    facts = report(trained, "candidate", active=active)["targets"]["category_main"]

    new = [row for row in trained.examples if text_key(row) not in active.seen]
    shared = facts["out_of_fold"]["shared"]
    assert UNSEEN_ROWS < len(new) < len(trained.examples)
    assert shared["rows"] == shared["active"]["metrics"]["rows"] == shared["candidate"]["metrics"]["rows"] == len(new)
    differing = shared["paired"]["only_candidate"] - shared["paired"]["only_active"]
    gained = shared["candidate"]["metrics"]["accuracy"] - shared["active"]["metrics"]["accuracy"]
    assert math.isclose(differing / len(new), gained, abs_tol=1e-3)
    assert facts["gate"]["compared_on"] == "rows new to both"


def test_a_target_the_active_version_does_not_have_is_not_compared(trained: Trained, active: Active) -> None:
    facts = report(trained, "candidate", active=active)["targets"]["agency"]

    assert (facts["out_of_fold"]["shared"], facts["gate"]) == (None, None)


def test_when_it_has_seen_every_row_its_recorded_figures_are_compared(
    small: Trained, active: Active, nonsense: list[Example]
) -> None:
    same = report(small, "candidate", active=active)
    worse = report(fit(nonsense, ["category_main"]), "candidate", active=active)

    assert same["targets"]["category_main"]["out_of_fold"]["shared"] is None
    assert same["targets"]["category_main"]["gate"]["compared_on"] == "figures of its training"
    assert (reasons(same), same["targets"]["category_main"]["gate"]["needs_human"]) == ([], True)
    assert reasons(worse)[0].startswith("category_main: accuracy ")


def test_the_newest_rows_are_answered_by_what_was_trained_on_older_ones(dated: Trained, predictor: Predictor) -> None:
    given: list[Example] = []

    def refit(rows: Sequence[Example]) -> Predictor:
        given.extend(rows)
        return predictor

    told = report(dated, "candidate", refit=refit)["targets"]["report_type"]["recent"]

    split = time_split(dated.examples)
    assert split is not None
    assert given == list(split.older)
    assert told["since"] == split.since
    assert told["rows"] == sum(row.report_type is not None for row in split.recent)


def test_without_dates_nothing_is_trained_again(trained: Trained) -> None:
    def refit(rows: Sequence[Example]) -> Predictor:
        raise AssertionError(rows)

    assert report(trained, "candidate", refit=refit)["targets"]["agency"]["recent"] is None


def test_a_single_label_is_reported(two_topics: tuple[Example, ...]) -> None:
    trained = fit([replace(row, agency="PU") for row in two_topics[:6]], ["agency"])

    facts = report(trained, "candidate")["targets"]["agency"]

    assert facts["out_of_fold"]["candidate"]["metrics"]["accuracy"] == 1.0
    assert facts["out_of_fold"]["candidate"]["confusion_matrix"]["counts"] == [[6]]


def test_each_step_is_told(trained: Trained) -> None:
    said: list[str] = []

    report(trained, "candidate", tell=said.append)

    assert [line.split(":")[0] for line in said] == sorted(trained.heads)


def test_both_versions_are_timed_on_the_same_texts(predictor: Predictor, corpus: tuple[Example, ...]) -> None:
    told = latency(predictor, predictor, corpus)
    alone = latency(predictor, None, corpus[:3])

    assert (told["texts"], alone["texts"], alone["active"]) == (200, 3, None)
    for name in ("candidate", "active"):
        spent = told[name]
        assert isinstance(spent, dict)
        assert 0 < spent["p50_ms"] <= spent["p95_ms"]
