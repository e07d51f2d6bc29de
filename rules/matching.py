"""Finding the phrases of all rules in one pass over a text: whole words, as written or by their stems."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import ahocorasick

from rules.language import TextTest

# "gorong-gorong" and "gorong gorong" are the same words, "3kg" and "3 kg" too.
_PIECE = re.compile(r"[^\W\d_]+|\d+")


class Reading(Protocol):
    """How texts become words, the same way for rules and for complaints."""

    def words(self, text: str) -> tuple[str, ...]:
        """The normalised tokens of a text."""

    def stem(self, word: str) -> str:
        """The stem of one token."""


class _Plain:
    def words(self, text: str) -> tuple[str, ...]:
        return tuple(_PIECE.findall(text.lower()))

    def stem(self, word: str) -> str:
        return word


# Lower case, and every word is its own stem.
PLAIN: Reading = _Plain()


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words to be found: side by side in this order, or with `within` in any order inside that many words."""

    tokens: tuple[str, ...]
    within: int | None
    as_written: bool


def phrase_of(asked: TextTest, reading: Reading) -> Phrase | None:
    """What a test of the text looks for; `None` when its words come to nothing, so that it never holds."""
    words = _pieces(reading.words(asked.words))
    if not words:
        return None
    tokens = words if asked.as_written else tuple(_stem(reading, word) for word in words)
    if asked.within is None or len(tokens) == 1:
        return Phrase(tokens, None, asked.as_written)
    return Phrase(tuple(sorted(tokens)), asked.within, asked.as_written)


class Words:
    """The words of one text and their stems, by position."""

    def __init__(self, tokens: Iterable[str], reading: Reading) -> None:
        self.written = _pieces(tokens)
        self._reading = reading

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """The stem of each word."""
        known = {word: _stem(self._reading, word) for word in set(self.written)}
        return tuple(known[word] for word in self.written)

    def tokens(self, as_written: bool) -> tuple[str, ...]:
        """The words themselves, or their stems."""
        return self.written if as_written else self.stems

    def places(self, as_written: bool) -> Mapping[str, Sequence[int]]:
        """Where each word stands, or each stem; in order of first occurrence."""
        return self._written_places if as_written else self._stem_places

    @cached_property
    def _written_places(self) -> Mapping[str, Sequence[int]]:
        return _places(self.written)

    @cached_property
    def _stem_places(self) -> Mapping[str, Sequence[int]]:
        return _places(self.stems)

    def found(self, phrase: Phrase) -> tuple[str, ...]:
        """The words of the text that are the phrase, where it stands first; empty when it does not."""
        places = self.places(phrase.as_written)
        if phrase.within is not None:
            return tuple(self.written[place] for place in _together(places, Counter(phrase.tokens), phrase.within))
        tokens, length = self.tokens(phrase.as_written), len(phrase.tokens)
        for start in places.get(phrase.tokens[0], ()):
            if tokens[start : start + length] == phrase.tokens:
                return self.written[start : start + length]
        return ()


@dataclass(frozen=True, slots=True)
class _Window:
    number: int
    needed: Counter[str]
    within: int


class PhraseFinder:
    """Many phrases, found together: one pass for those side by side, a look-up by one word for the others."""

    __slots__ = ("_runs", "_windows")

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._runs = {as_written: _automaton(phrases, as_written) for as_written in (True, False)}
        self._windows = {as_written: _windows(phrases, as_written) for as_written in (True, False)}

    def found(self, words: Words) -> set[int]:
        """The numbers of the phrases that occur."""
        numbers: set[int] = set()
        for as_written, automaton in self._runs.items():
            if automaton is not None:
                line = f" {' '.join(words.tokens(as_written))} "
                numbers.update(number for _, number in automaton.iter(line))
        for as_written, windows in self._windows.items():
            if windows:
                numbers.update(_found_together(windows, words.places(as_written)))
        return numbers


def _pieces(tokens: Iterable[str]) -> tuple[str, ...]:
    return tuple(_PIECE.findall(" ".join(tokens).lower()))


def _stem(reading: Reading, word: str) -> str:
    # A stem of several words would not stand beside the others one to one.
    return reading.stem(word).replace(" ", "") or word


def _places(tokens: Sequence[str]) -> Mapping[str, Sequence[int]]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, token in enumerate(tokens):
        places[token].append(place)
    return dict(places)


def _automaton(phrases: Sequence[Phrase], as_written: bool) -> Any:
    automaton = ahocorasick.Automaton()
    for number, phrase in enumerate(phrases):
        if phrase.within is None and phrase.as_written is as_written:
            automaton.add_word(f" {' '.join(phrase.tokens)} ", number)
    if not automaton:
        return None
    automaton.make_automaton()
    return automaton


def _windows(phrases: Sequence[Phrase], as_written: bool) -> Mapping[str, Sequence[_Window]]:
    """The windows by the one of their words that the fewest others share."""
    chosen = [
        _Window(number, Counter(phrase.tokens), phrase.within)
        for number, phrase in enumerate(phrases)
        if phrase.within is not None and phrase.as_written is as_written
    ]
    shared = Counter(token for window in chosen for token in window.needed)
    anchored: defaultdict[str, list[_Window]] = defaultdict(list)
    for window in chosen:
        # Among equals the longest: long words are rare in texts.
        anchor = min(window.needed, key=lambda token: (shared[token], -len(token), token))
        anchored[anchor].append(window)
    return dict(anchored)


def _found_together(windows: Mapping[str, Sequence[_Window]], places: Mapping[str, Sequence[int]]) -> Iterable[int]:
    for token in windows.keys() & places.keys():
        for window in windows[token]:
            if window.needed.keys() <= places.keys() and _together(places, window.needed, window.within):
                yield window.number


def _together(places: Mapping[str, Sequence[int]], needed: Counter[str], within: int) -> tuple[int, ...]:
    """The first places where all that is needed stands inside so many words; empty when nowhere."""
    spots = sorted((place, token) for token in needed for place in places.get(token, ()))
    seen: Counter[str] = Counter()
    missing, start = len(needed), 0
    for end, (place, token) in enumerate(spots):
        seen[token] += 1
        missing -= seen[token] == needed[token]
        while place - spots[start][0] >= within:
            gone = spots[start][1]
            missing += seen[gone] == needed[gone]
            seen[gone] -= 1
            start += 1
        if missing == 0:
            return tuple(place for place, _ in spots[start : end + 1])
    return ()
