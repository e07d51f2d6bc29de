"""How good answers are, in figures, and which figures keep a candidate from replacing the version in use."""

from dataclasses import replace
from typing import Any

import pytest

from ml.dataset import Example
from ml.evaluate import judge
from ml.gate import ENOUGH_ROWS, Figures, gate
from ml.metrics import Judged, Metrics, measure, per_label, safe_threshold, thresholds, wilson_low
from ml.predictor import Predictor

FOUR = [
    Judged("A", ("A", "B"), 0.9),
    Judged("A", ("B", "A"), 0.6),
    Judged("B", ("B", "A"), 0.8),
    Judged("unknown", ("A", "B"), 0.3),
]
GOOD = Figures(
    Metrics(rows=1_000, labels=2, accuracy=0.90, macro_f1=0.85, top3=0.95, coverage_at_95=0.8, ece=0.05),
    {"A": (900, 820), "B": (100, 80)},
)


def figures(rows: int = 1_000, **changes: Any) -> Figures:
    return replace(GOOD, metrics=replace(GOOD.metrics, rows=rows, **changes))


def test_the_figures_of_four_rows_are_counted_by_hand() -> None:
    assert measure(FOUR).as_dict() == {
        "rows": 4,
        "labels": 3,
        "accuracy": 0.5,
        # A: 2 rows, 2 answers, 1 right; B: 1 row, 2 answers, 1 right; unknown: none.
        "macro_f1": round((2 / 4 + 2 / 3 + 0) / 3, 4),
        "top3": 0.75,
        "coverage_at_95": 0.5,
        "ece": round((0.1 + 0.6 + 0.2 + 0.3) / 4, 4),
    }


def test_each_label_of_the_data_is_counted() -> None:
    assert per_label(FOUR) == {"A": (2, 1), "B": (1, 1), "unknown": (1, 0)}


def test_a_label_the_version_does_not_know_counts_as_wrong(predictor: Predictor, unseen: tuple[Example, ...]) -> None:
    judged = judge(predictor, [replace(row, report_type="NEVER_SEEN") for row in unseen], "report_type")

    assert (measure(judged).rows, measure(judged).accuracy, measure(judged).top3) == (len(unseen), 0.0, 0.0)


def test_rows_without_a_label_are_not_judged(predictor: Predictor, unseen: tuple[Example, ...]) -> None:
    rows = [replace(row, agency=None) if number else row for number, row in enumerate(unseen)]

    assert [row.truth for row in judge(predictor, rows, "agency")] == [unseen[0].agency]


def test_the_title_is_read_only_when_asked(predictor: Predictor) -> None:
    rows = [Example("1", "mohon dibantu", title="Anak Keracunan Makanan MBG di Sekolah", category_main="MBG")]

    with_title = judge(predictor, rows, "category_main", with_title=True)
    without = judge(predictor, rows, "category_main")

    assert with_title[0].answers[0] == "MBG"
    assert with_title[0].confidence != without[0].confidence


def test_a_table_of_thresholds_says_what_each_would_give() -> None:
    table = {row["threshold"]: (row["answered"], row["right"]) for row in thresholds(FOUR)}

    assert (table[0.0], table[0.7], table[0.9], table[0.99]) == ((1.0, 0.5), (0.5, 1.0), (0.25, 1.0), (0.0, 0.0))


def test_few_rows_cannot_earn_a_threshold() -> None:
    surely = [Judged("A", ("A",), 0.9)]

    assert safe_threshold(surely * 10) == 1.0
    assert safe_threshold(surely * 200) == 0.9
    assert safe_threshold([]) == 1.0


def test_the_threshold_is_the_lowest_that_keeps_the_promise() -> None:
    judged = [Judged("A", ("A",), 0.9)] * 200 + [Judged("A", ("A",), 0.7)] * 20 + [Judged("A", ("B",), 0.5)] * 100

    assert safe_threshold(judged) == 0.7


def test_the_lower_end_of_a_share_rises_with_the_rows() -> None:
    assert wilson_low(1.0, 1) == pytest.approx(0.5)
    assert wilson_low(1.0, 19) == pytest.approx(0.95)
    assert wilson_low(0.5, 10) < wilson_low(0.5, 1_000) < 0.5


@pytest.mark.parametrize(
    "candidate",
    [GOOD, figures(accuracy=0.896), figures(macro_f1=0.841), figures(ece=0.10), figures(top3=0.5, coverage_at_95=0.1)],
)
def test_a_candidate_that_loses_nothing_people_would_notice_passes(candidate: Figures) -> None:
    assert gate(candidate, GOOD) == gate(GOOD, GOOD)
    assert (gate(candidate, GOOD).passed, gate(candidate, GOOD).reasons) == (True, ())


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (figures(accuracy=0.89), "accuracy 0.890 instead of 0.900 (allowed loss 0.005)"),
        (figures(macro_f1=0.83), "macro_f1 0.830 instead of 0.850 (allowed loss 0.010)"),
        (figures(ece=0.2), "calibration error 0.200 (allowed 0.10)"),
        (replace(GOOD, labels={"A": (900, 820), "B": (100, 60)}), "recall of 'B' 0.60 instead of 0.80"),
    ],
)
def test_a_candidate_is_refused_with_each_reason(candidate: Figures, reason: str) -> None:
    verdict = gate(candidate, GOOD)

    assert (verdict.passed, verdict.reasons, verdict.needs_human) == (False, (reason,), False)


def test_a_label_with_few_rows_refuses_nobody() -> None:
    baseline = replace(GOOD, labels={"A": (900, 820), "B": (29, 29)})

    assert gate(replace(GOOD, labels={"A": (900, 820), "B": (29, 0)}), baseline).passed
    assert gate(replace(GOOD, labels={"A": (900, 820)}), baseline).passed


def test_a_calibration_no_worse_than_before_refuses_nobody() -> None:
    assert gate(figures(ece=0.2), figures(ece=0.2)).passed


def test_with_few_rows_chance_is_allowed_for_and_a_person_is_needed() -> None:
    verdict = gate(figures(rows=ENOUGH_ROWS - 1, accuracy=0.86), figures(rows=ENOUGH_ROWS - 1))

    assert (verdict.passed, verdict.needs_human) == (True, True)
    assert not gate(figures(rows=50, accuracy=0.7), figures(rows=50)).passed


def test_other_rows_are_compared_with_the_same_allowance() -> None:
    candidate = figures(accuracy=0.88)

    assert not gate(candidate, GOOD).passed
    assert gate(candidate, GOOD, same_rows=False).passed
    assert not gate(figures(accuracy=0.87), GOOD, same_rows=False).passed


def test_figures_survive_being_kept_in_a_manifest() -> None:
    kept = Figures.of(FOUR)
    facts = {
        "metrics": kept.metrics.as_dict(),
        "per_label": {label: list(counts) for label, counts in kept.labels.items()},
    }

    assert gate(Figures.recorded(facts), kept).passed
    assert Figures.recorded(facts).labels == kept.labels
