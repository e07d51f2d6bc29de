"""How far two weeks are apart: nothing for equal shares, the more the further, the same from both sides."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.learning.watching import stability_index

TOPICS = st.sampled_from(["AGAMA", "DESA", "ESDM", "PUPR", "TIK"])
COUNTS = st.dictionaries(TOPICS, st.integers(1, 5_000), min_size=1)


@given(COUNTS, st.integers(1, 20))
def test_equal_shares_are_no_distance(counts: dict[str, int], times: int) -> None:
    # Half an answer more for every word moves small counts a little; chance alone would move them further.
    assert stability_index({topic: count * times for topic, count in counts.items()}, counts) == pytest.approx(
        0.0, abs=1e-9
    )


@given(COUNTS, COUNTS)
def test_the_distance_is_the_same_from_both_sides(new: dict[str, int], before: dict[str, int]) -> None:
    assert stability_index(new, before) == pytest.approx(stability_index(before, new), abs=1e-12)


@given(COUNTS, COUNTS)
def test_it_is_a_number_and_never_below_zero(new: dict[str, int], before: dict[str, int]) -> None:
    index = stability_index(new, before)

    assert index >= 0.0
    assert math.isfinite(index)


def test_it_grows_with_the_shift() -> None:
    before = {"ESDM": 5_000, "PUPR": 5_000}

    indexes = [stability_index({"ESDM": 500 + shift, "PUPR": 500 - shift}, before) for shift in range(0, 500, 50)]

    assert indexes[0] == 0.0
    assert indexes == sorted(indexes)
    assert len(set(indexes[2:])) == len(indexes[2:])


def test_a_known_shift_has_its_known_index() -> None:
    # (.6 - .5) ln(.6/.5) + (.4 - .5) ln(.4/.5) = .040547, and two samples of a thousand show .002 by chance.
    index = stability_index({"ESDM": 600, "PUPR": 400}, {"ESDM": 500, "PUPR": 500})

    assert index == pytest.approx(0.040547 - 0.002, abs=1e-4)


def test_a_new_topic_is_far_but_not_infinitely() -> None:
    index = stability_index({"ESDM": 900, "MBG": 100}, {"ESDM": 1_000})

    assert 0.5 < index < 1.0
