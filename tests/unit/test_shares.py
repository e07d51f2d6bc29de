"""Shares come with their interval, so that few cases never look like many."""

import pytest
from scipy.stats import binomtest

from complaints.learning.watching import Share

CASES = [(0, 1), (1, 1), (0, 30), (30, 30), (1, 2), (7, 10), (50, 100), (999, 1_000), (1, 100_000)]


def test_of_no_case_there_is_no_share() -> None:
    assert Share.of(0, 0) == Share(0, 0, None, None, None)


@pytest.mark.parametrize(("hits", "cases"), CASES)
def test_the_interval_is_that_of_wilson(hits: int, cases: int) -> None:
    share = Share.of(hits, cases)

    reference = binomtest(hits, cases).proportion_ci(0.95, method="wilson")
    assert (share.cases, share.hits, share.share) == (cases, hits, hits / cases)
    assert (share.low, share.high) == pytest.approx((reference.low, reference.high), abs=1e-12)


def test_half_of_ten_is_known_less_well_than_half_of_a_thousand() -> None:
    ten, thousand = Share.of(5, 10), Share.of(500, 1_000)

    assert (ten.low, ten.high) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert (thousand.low, thousand.high) == pytest.approx((0.4691, 0.5309), abs=1e-4)


@pytest.mark.parametrize(("hits", "bounds"), [(0, (0.0, 0.2775)), (10, (0.7225, 1.0))])
def test_none_and_all_leave_nothing_beyond(hits: int, bounds: tuple[float, float]) -> None:
    share = Share.of(hits, 10)

    assert (share.low, share.high) == pytest.approx(bounds, abs=1e-4)
    assert 0.0 <= (share.low or 0.0) <= (share.high or 0.0) <= 1.0
