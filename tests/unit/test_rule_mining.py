"""Phrases that tell the agency: counted on older history, confirmed by newer, made into rules."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from complaints.rule_desk.counting import Decided, candidates, read_texts
from rules.language import Rule
from rules.mining import Candidate, Count, MiningSettings, chosen, contains, proposed, wilson_low

SETTINGS = MiningSettings(support=4, precision=0.9, held_out=0.5, most_per_agency=2)


def found(
    phrase: str, agency: str = "PLN", taught: tuple[int, int] = (10, 10), held_out: tuple[int, int] = (10, 10)
) -> Candidate:
    words = tuple(phrase.split())
    return Candidate(words, words, agency, Count(*taught), Count(*held_out))


def decided(texts: Sequence[tuple[str, str]]) -> Decided:
    """Texts with their agency, oldest first, as numbers."""
    stems: dict[str, int] = {}
    agencies: dict[str, int] = {}
    words = [[stems.setdefault(word, len(stems)) for word in text.split()] for text, _ in texts]
    return Decided(
        words=np.array([word for text in words for word in text], dtype=np.int32),
        starts=np.cumsum([0, *map(len, words)]).astype(np.int64),
        labels=np.array([agencies.setdefault(agency, len(agencies)) for _, agency in texts], dtype=np.int32),
        stems=list(stems),
        written=[word.upper() for word in stems],
        agencies=list(agencies),
    )


@pytest.mark.parametrize(
    ("hits", "cases", "low"),
    # From Wilson (1927): (p + z²/2n - z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) with z = 1.96.
    [(0, 0, 0.0), (0, 10, 0.0), (10, 10, 0.7225), (20, 20, 0.8389), (95, 100, 0.8882), (1, 2, 0.0945)],
)
def test_few_cases_say_less_than_many(hits: int, cases: int, low: float) -> None:
    assert wilson_low(hits, cases) == pytest.approx(low, abs=1e-4)


def test_a_phrase_needs_support_and_precision_on_both_parts_of_history() -> None:
    good = found("token listrik")
    bad = [
        found("rare before", taught=(3, 3)),
        found("rare since", held_out=(3, 3)),
        found("wrong before", taught=(8, 10)),
        found("wrong since", held_out=(8, 10)),
    ]

    assert chosen([*bad, good], SETTINGS) == [good]


def test_what_a_surer_phrase_of_the_same_agency_contains_or_is_contained_in_is_left_out() -> None:
    best = found("token listrik", taught=(40, 40))
    same = [found("token"), found("beli token listrik"), found("listrik")]
    others = [found("token", agency="PU", taught=(30, 30)), found("listrik token", taught=(20, 20))]

    assert set(chosen([*same, *others, best], SETTINGS)) == {best, *others}


def test_of_equally_sure_phrases_the_shorter_one_stays() -> None:
    longer, shorter = found("token listrik"), found("token")

    assert chosen([longer, shorter], SETTINGS) == [shorter]


def test_an_agency_gets_so_many_phrases_the_surest_of_the_older_history() -> None:
    phrases = [found(word, taught=(count, count)) for word, count in (("satu", 10), ("dua", 30), ("tiga", 20))]
    other = found("empat", agency="PU", taught=(5, 5))

    assert {candidate.stems[0] for candidate in chosen([*phrases, other], SETTINGS)} == {"dua", "tiga", "empat"}


def test_proposals_come_in_the_order_in_which_newer_history_confirms_them() -> None:
    phrases = [found("satu", held_out=(10, 10)), found("dua", held_out=(40, 40)), found("tiga", held_out=(39, 40))]

    assert [candidate.stems[0] for candidate in chosen(phrases, replace(SETTINGS, most_per_agency=9))] == [
        "dua", "tiga", "satu",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("whole", "part", "is_in"),
    [("a b c", "b c", True), ("a b c", "a b c", True), ("a b c", "a c", False), ("a", "a b", False)],
)
def test_a_phrase_contains_words_side_by_side(whole: str, part: str, is_in: bool) -> None:
    assert contains(whole.split(), part.split()) is is_in


def test_a_phrase_becomes_a_rule_that_tells_its_figures() -> None:
    candidate = replace(found("token listrik", held_out=(210, 212)), words=("token", "listriknya"))

    rule = proposed(candidate, {"PLN": "PT PLN"})

    assert rule == Rule.model_validate(
        {
            "code": "USULAN",
            "position": 0,
            "name": "'token listriknya' ke PT PLN",
            "reason": "'token listriknya' → PT PLN, 212 kasus, 99,1 %",
            "when": {"text": {"words": "token listriknya"}},
            "then": {"queue": "PLN"},
        }
    )


def test_an_agency_without_a_name_is_called_by_its_code_and_a_whole_percent_is_written_whole() -> None:
    assert proposed(found("jalan desa", "PEMDA.PU"), {}).reason == "'jalan desa' → PEMDA.PU, 10 kasus, 100 %"


def test_phrases_are_counted_once_a_text_in_each_part_of_history() -> None:
    older = [("token listrik habis token listrik", "PLN")] * 5 + [("jalan rusak", "PU")] * 5
    newer = [("beli token listrik", "PLN")] * 3 + [("token listrik", "PU")] + [("jalan rusak", "PU")] * 6

    phrases = {candidate.stems: candidate for candidate in candidates(decided([*older, *newer]), SETTINGS)}

    assert set(phrases) == {
        ("token",), ("listrik",), ("habis",), ("jalan",), ("rusak",),
        ("token", "listrik"), ("listrik", "habis"), ("habis", "token"), ("jalan", "rusak"),
        ("token", "listrik", "habis"), ("listrik", "habis", "token"), ("habis", "token", "listrik"),
    }  # fmt: skip
    assert phrases["token", "listrik"] == Candidate(
        ("token", "listrik"), ("TOKEN", "LISTRIK"), "PLN", taught=Count(5, 5), held_out=Count(3, 4)
    )
    assert phrases["jalan", "rusak"].held_out == Count(6, 6)


def test_words_of_two_texts_are_no_phrase() -> None:
    history = [("lampu mati", "PLN"), ("lampu mati", "PLN")] * 10

    assert {candidate.stems for candidate in candidates(decided(history), SETTINGS)} == {
        ("lampu",), ("mati",), ("lampu", "mati"),
    }  # fmt: skip


def test_a_phrase_of_several_agencies_belongs_to_the_one_most_texts_went_to() -> None:
    mixed = [("lampu", "PU")] + [("lampu", "PLN")] * 19

    (candidate,) = candidates(decided(mixed + mixed), SETTINGS)

    assert (candidate.agency, candidate.taught) == ("PLN", Count(19, 20))
    assert candidates(decided(mixed + mixed), replace(SETTINGS, precision=0.96)) == []


@pytest.mark.parametrize("texts", [[], [("lampu", "PLN")], [("lampu", "PLN")] * 3])
def test_a_short_history_proposes_nothing(texts: list[tuple[str, str]]) -> None:
    assert candidates(decided(texts), SETTINGS) == []


def test_many_texts_are_counted_in_parts_as_if_they_were_one() -> None:
    history = [(f"lampu nomor{number % 7} mati", "PLN") for number in range(45_000)]

    phrases = {candidate.stems: candidate for candidate in candidates(decided(history), SETTINGS)}

    assert (phrases["lampu",].taught, phrases["lampu",].held_out) == (Count(22_500, 22_500), Count(22_500, 22_500))
    assert phrases["nomor3", "mati"].taught == Count(3_214, 3_214)
    assert sum(phrases["lampu", f"nomor{number}", "mati"].held_out.cases for number in range(7)) == 22_500


def test_texts_are_read_as_rules_read_them() -> None:
    read, written = read_texts(["Lampunya mati, gorong-gorong jg", "lampu"])

    assert read == [("lampu", "mati", "gorong", "gorong", "juga"), ("lampu",)]
    assert written["lampu", "lampunya"] == 1
    assert written["gorong", "gorong"] == 2
