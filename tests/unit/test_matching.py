"""Which words of a text are the words of a rule."""

import pytest

from complaints.words import READING
from ml.text import tokens
from rules.language import TextTest
from rules.matching import PLAIN, PhraseFinder, Words, phrase_of


def found(text: str, asked: TextTest) -> tuple[str, ...]:
    """The words found one by one; both ways of looking must agree."""
    phrase = phrase_of(asked, READING)
    words = Words(tokens(text), READING)
    if phrase is None:
        return ()
    one_by_one = words.found(phrase)
    assert bool(PhraseFinder([phrase]).found(words)) == bool(one_by_one)
    return one_by_one


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("token listrik padam", "token listrik", ("token", "listrik")),
        ("listrik token", "token listrik", ()),
        ("kartu simpanan", "sim", ()),
        ("Gorong-gorong mampet", "gorong gorong", ("gorong", "gorong")),
        ("gorong gorong mampet", "gorong-gorong", ("gorong", "gorong")),
        ("elpiji 3kg", "elpiji 3 kg", ("elpiji", "3", "kg")),
        ("jln rusak", "jalan rusak", ("jalan", "rusak")),
        ("jalan kami rusak, jalan rusak berat", "jalan rusak", ("jalan", "rusak")),
        ("Lampunya mati", "lampu", ("lampunya",)),
        ("kerusakan jalannya parah", "rusak jalan", ("kerusakan", "jalannya")),
        ("", "lampu", ()),
        ("lampu", "!?", ()),
    ],
)
def test_words_stand_side_by_side_in_any_form(text: str, words: str, said: tuple[str, ...]) -> None:
    assert found(text, TextTest(words=words)) == said


def test_words_as_written_are_not_met_in_other_forms() -> None:
    asked = TextTest(words="perbaikan jalan", as_written=True)

    assert found("perbaikan jalan lama", asked) == ("perbaikan", "jalan")
    assert found("baik jalannya", asked) == ()


@pytest.mark.parametrize(
    ("text", "within", "said"),
    [
        ("pohon besar tumbang di depan pagar", 3, ("pohon", "tumbang")),
        ("pohon besar tumbang di depan pagar", 2, ()),
        ("tumbang satu pohon", 3, ("tumbang", "pohon")),
        ("pohon a b c d tumbang lalu pohon", 3, ("tumbang", "pohon")),
        ("pohon itu pohon tumbang", 3, ("pohon", "tumbang")),
        ("pohon pohon pohon", 10, ()),
    ],
)
def test_words_within_a_window_stand_in_any_order(text: str, within: int, said: tuple[str, ...]) -> None:
    assert found(text, TextTest(words="pohon tumbang", within=within)) == said


def test_a_word_asked_for_twice_must_stand_twice() -> None:
    asked = TextTest(words="gorong gorong mampet", within=5)

    assert found("gorong mampet", asked) == ()
    assert found("gorong yang mampet itu gorong", asked) == ("gorong", "mampet", "gorong")


def test_a_window_smaller_than_its_words_never_holds() -> None:
    assert found("a b c", TextTest(words="a b c", within=2)) == ()


def test_many_phrases_are_found_together() -> None:
    asked = [
        TextTest(words="token listrik"),
        TextTest(words="listrik padam"),
        TextTest(words="listrik", as_written=True),
        TextTest(words="padam token", within=3),
        TextTest(words="emas"),
    ]
    phrases = [phrase for test in asked if (phrase := phrase_of(test, PLAIN)) is not None]

    assert PhraseFinder(phrases).found(Words(["token", "listrik", "padam"], PLAIN)) == {0, 1, 2, 3}
    assert PhraseFinder([]).found(Words(["token"], PLAIN)) == set()


def test_words_that_come_to_nothing_are_no_phrase() -> None:
    assert phrase_of(TextTest(words="?!"), PLAIN) is None
