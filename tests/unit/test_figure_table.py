"""What figures are worked out from, and what a spreadsheet must never run."""

from datetime import UTC, date, datetime

import pytest

from complaints.figures.asking import FigureGrouping, FigureQuestion, Period
from complaints.figures.sheets import safe
from complaints.figures.table import Cell, Line, hide_small
from rules.figure_table import FIGURES, GENERAL_EN, GENERAL_ID
from rules.figures import Measured, mean, quantile, share


def test_every_figure_has_a_name_and_a_definition_in_both_languages() -> None:
    assert GENERAL_ID != GENERAL_EN
    for code, figure in FIGURES.items():
        texts = (figure.name_id, figure.name_en, figure.definition_id, figure.definition_en)
        assert all(texts), code
        assert figure.definition_id != figure.definition_en, code
        assert figure.counted_id != figure.counted_en, code
    for attribute in ("name_id", "name_en", "definition_id", "definition_en"):
        assert len({getattr(figure, attribute) for figure in FIGURES.values()}) >= len(FIGURES) - 3, attribute


@pytest.mark.parametrize(
    ("percent", "days", "expected"),
    [
        (50, {0: 1, 1: 1}, 0.0),
        (50, {0: 1, 1: 2}, 1.0),
        (90, {0: 9, 7: 1}, 0.0),
        (90, {0: 8, 7: 2}, 7.0),
        (90, {3: 1}, 3.0),
        (50, {}, None),
    ],
)
def test_percentile_is_the_smallest_value_that_so_many_do_not_exceed(
    percent: int, days: dict[int, int], expected: float | None
) -> None:
    assert quantile(percent)(days) == Measured(expected, sum(days.values()))


def test_of_nothing_there_is_no_share_and_no_mean() -> None:
    assert share(bool)({}) == mean(int)({}) == Measured(None, 0)
    assert share(bool)({0: 3, 1: 1}) == Measured(0.25, 4)
    assert mean(int)({0: 3, 2: 1}) == Measured(0.5, 4)


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ([9, 9, 9], set()),
        ([9, 4, 20], {0, 1}),  # four alone could be subtracted from the sum
        ([9, 3, 2], {1, 2}),  # five together say nothing about either
        ([9, 3, 1], {0, 1, 2}),  # four together would
        ([0, 9, 9], set()),  # none is nobody
        ([3], {0}),
    ],
)
def test_numbers_of_too_few_are_hidden_so_that_no_sum_gives_them_back(sizes: list[int], hidden: set[int]) -> None:
    month = Period(date(2026, 4, 1), date(2026, 5, 1))
    question = FigureQuestion(("RECEIVED",), month, (FigureGrouping.AGENCY,))
    lines = [
        Line((str(place),), (Cell("RECEIVED", Measured(float(size), size), None),)) for place, size in enumerate(sizes)
    ]

    shown = hide_small(question, lines, least=5)

    assert {place for place, line in enumerate(shown) if line.cells[0].is_hidden} == hidden
    assert all(line.cells[0].now == Measured(None, 0) for line in shown if line.cells[0].is_hidden)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+62812", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =cmd|' /C calc'!A0", "＝1+1"],
)
def test_text_that_looks_like_a_formula_is_text(text: str) -> None:
    assert safe(text) == f"'{text}"


def test_other_cells_stay_what_they_are() -> None:
    moment = datetime(2026, 4, 13, 16, 59, 59, tzinfo=UTC)

    cells = [safe(cell) for cell in ("a=b", None, True, False, -1, 0.5, date(2026, 4, 13), moment)]

    assert cells == ["a=b", "", "ya", "tidak", -1, 0.5, "2026-04-13", "2026-04-13 23:59:59"]


def test_parts_of_a_period_begin_with_it_and_then_on_mondays_or_firsts() -> None:
    period = Period(date(2026, 4, 29), date(2026, 5, 12))

    assert period.parts(FigureGrouping.MONTH) == (date(2026, 4, 29), date(2026, 5, 1))
    assert period.parts(FigureGrouping.WEEK) == (date(2026, 4, 29), date(2026, 5, 4), date(2026, 5, 11))
    assert len(period.parts(FigureGrouping.DAY)) == 13
    assert period.parts(None) == (date(2026, 4, 29),)
