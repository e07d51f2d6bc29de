"""The same complaint told twice counts once, and never sits on both sides of a split."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ml.dataset import (
    Example,
    fingerprint,
    grouped_folds,
    near_duplicate_groups,
    text_key,
    without_copies,
)

STREET = "jalan raya depan pasar rusak parah dan berlubang sejak bulan lalu, banyak motor jatuh"
LAMP = "lampu penerangan jalan di gang kami mati dan gelap gulita setiap malam"
rows = st.lists(
    st.builds(Example, st.text(max_size=3), st.sampled_from([STREET, LAMP, "banjir"]), agency=st.sampled_from("AB")),
    max_size=6,
)


def test_an_exact_copy_is_left_out_and_the_first_one_stays() -> None:
    first = Example("1", "Jalan RUSAK, parah!", agency="A")
    copy = Example("2", "jalan rusak parah", agency="A")

    assert without_copies([first, copy]) == [first]


def test_the_same_words_decided_otherwise_are_no_copy() -> None:
    example = Example("1", STREET, agency="A", location="Kel. X")
    others = [replace(example, agency="B"), replace(example, location="Kel. Y"), replace(example, title="Jalan")]

    assert without_copies([example, *others]) == [example, *others]


def test_a_copy_with_a_new_greeting_is_nearly_equal() -> None:
    first, second, third = near_duplicate_groups([STREET, f"Selamat pagi bapak, {STREET.upper()}", LAMP])

    assert first == second
    assert third != first


def test_a_chain_of_nearly_equal_texts_is_one_group() -> None:
    words = [f"kata{number}" for number in range(20)]
    chain = [" ".join(words[start : start + 12]) for start in (0, 2, 4, 6)]

    assert len(set(near_duplicate_groups(chain))) == 1
    assert len(set(near_duplicate_groups([chain[0], chain[3]]))) == 2


def test_texts_without_words_are_grouped_without_harm() -> None:
    assert len(near_duplicate_groups(["", "...", STREET])) == 3


@given(rows.flatmap(lambda drawn: st.tuples(st.just(drawn), st.permutations(drawn))))
@settings(deadline=None)
def test_the_fingerprint_does_not_depend_on_the_order(both: tuple[list[Example], list[Example]]) -> None:
    examples, shuffled = both

    assert fingerprint(shuffled) == fingerprint(examples)
    assert fingerprint([*examples, Example("new", STREET)]) != fingerprint(examples)


def test_the_fingerprint_sees_every_column() -> None:
    example = Example("1", STREET)
    changes = {"title": "a", "category": "a", "agency": "a", "location": "a", "date": "2024-01-01", "source": "a"}

    assert len({fingerprint([replace(example, **{name: value})]) for name, value in changes.items()}) == len(changes)


def test_a_text_is_recognised_by_sixteen_digits_that_do_not_tell_it() -> None:
    key = text_key(Example("1", "Jalan  rusak!"))

    assert key == text_key(Example("2", "jalan rusak", agency="A"))
    assert (len(key), set(key) <= set("0123456789abcdef")) == (16, True)


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 5)), min_size=1, max_size=40), st.integers(1, 5))
def test_a_group_is_never_split_between_folds(pairs: list[tuple[str, int]], folds: int) -> None:
    labels, groups = [label for label, _ in pairs], [group for _, group in pairs]

    chosen = grouped_folds(labels, groups, folds)

    assert len(set(zip(groups, chosen, strict=True))) == len(set(groups))
    assert set(chosen) <= set(range(folds))


def test_every_label_is_spread_over_the_folds() -> None:
    labels = ["A"] * 10 + ["B"] * 5

    chosen = grouped_folds(labels, range(15), 5)

    assert sorted(zip(labels, chosen, strict=True)) == [
        *(("A", fold) for fold in range(5) for _ in range(2)),
        *(("B", fold) for fold in range(5)),
    ]
