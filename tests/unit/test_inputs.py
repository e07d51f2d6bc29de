"""What people typed: tidied, measured in characters, and every problem named at once."""

import pytest

from complaints.inputs import Problems, optional_text, required_text
from complaints.refusals import Invalid, Problem


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("  Jalan rusak \n", "Jalan rusak"),
        ("baris satu\nbaris dua\tdan\r\n tiga", "baris satu\nbaris dua\tdan\r\n tiga"),
        # Written with a combining accent, stored as one character, so that lengths and search agree.
        ("cafe\u0301", "café"),
        ("\u00a0spasi\u00a0", "spasi"),
        ("🙂" * 5, "🙂" * 5),
        ("", None),
        (" \n\t ", None),
        (None, None),
    ],
)
def test_a_text_is_tidied(typed: str | None, text: str | None) -> None:
    problems = Problems()

    assert problems.text(typed, "field", longest=100) == text
    problems.settle()


@pytest.mark.parametrize(
    "typed",
    [
        "a\x00b",
        "\x07",
        "a\x1bb",
        "a\x7fb",
        "a\x9fb",
        "separuh \ud83d",
        "\udc00",
    ],
)
def test_what_nobody_types_is_a_problem(typed: str) -> None:
    problems = Problems()

    assert problems.text(typed, "title", longest=100) is None
    with pytest.raises(Invalid) as refusal:
        problems.settle()

    assert refusal.value.problems == (Problem("title", "CONTROL_CHARACTER"),)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("x" * 11, Problem("f", "TOO_LONG", {"max": 10, "length": 11})),
        ("xx", Problem("f", "TOO_SHORT", {"min": 3, "length": 2})),
        ("", Problem("f", "REQUIRED", {"min": 3, "length": 0})),
        ("   ", Problem("f", "REQUIRED", {"min": 3, "length": 0})),
        # Outer blanks do not count, combined characters count once.
        (" " * 20 + "xx", Problem("f", "TOO_SHORT", {"min": 3, "length": 2})),
        ("e\u0301e\u0301", Problem("f", "TOO_SHORT", {"min": 3, "length": 2})),
    ],
)
def test_a_length_out_of_range_is_told_with_its_numbers(typed: str, problem: Problem) -> None:
    problems = Problems()

    assert problems.text(typed, "f", shortest=3, longest=10) is None
    with pytest.raises(Invalid) as refusal:
        problems.settle()

    assert refusal.value.problems == (problem,)


@pytest.mark.parametrize("typed", ["xxx", "x" * 10, "🙂" * 10])
def test_a_length_at_the_limit_passes(typed: str) -> None:
    problems = Problems()

    assert problems.text(typed, "f", shortest=3, longest=10) == typed
    problems.settle()


def test_words_are_distinct_and_in_order() -> None:
    problems = Problems()

    words = problems.words(["listrik", " pasar", "listrik ", "", "cafe\u0301", "café"], "tags", most=5, longest=20)

    assert words == ["listrik", "pasar", "café"]
    problems.settle()


def test_too_many_or_too_long_words_are_problems() -> None:
    problems = Problems()

    problems.words(["a", "b", "c", "d" * 21], "tags", most=2, longest=20)
    with pytest.raises(Invalid) as refusal:
        problems.settle()

    assert refusal.value.problems == (
        Problem("tags", "TOO_LONG", {"max": 20, "length": 21}),
        Problem("tags", "TOO_MANY", {"max": 2, "length": 3}),
    )


def test_all_problems_are_raised_together() -> None:
    problems = Problems()
    problems.add("latitude", "OUT_OF_RANGE", min=-90, max=90)
    problems.text("", "title", longest=10, shortest=1)

    with pytest.raises(Invalid, match="latitude: OUT_OF_RANGE; title: REQUIRED") as refusal:
        problems.settle()

    assert [problem.field for problem in refusal.value.problems] == ["latitude", "title"]


def test_a_required_text_must_be_there() -> None:
    assert required_text(" ya ", "reason", 10) == "ya"
    for typed in ("", "  ", "x" * 11, "\x00"):
        with pytest.raises(Invalid) as refusal:
            required_text(typed, "reason", 10)

        assert [problem.field for problem in refusal.value.problems] == ["reason"]


def test_an_optional_text_may_be_absent() -> None:
    assert optional_text(None, "note", 10) is None
    assert optional_text("  ", "note", 10) is None
    assert optional_text(" ya ", "note", 10) == "ya"
    with pytest.raises(Invalid, match="note: TOO_LONG"):
        optional_text("x" * 11, "note", 10)
