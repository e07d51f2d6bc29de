"""Which agency people mean when they write its name: in full, short, misspelt or by an old name."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum

from rules import succession
from rules.vocabulary import AgencyLevel

# A fuzzy match needs this much of both names in common, weighted by how telling each word is.
_LEAST_SCORE = 0.7
# How alike two spellings must be to count as one word: "infomatika" and "informatika".
_LEAST_LIKENESS = 0.84
_SHORTEST_MISSPELLING = 5
# A longer text is a complaint, not a name.
_MOST_WORDS = 30

_TOKEN = re.compile(r"[a-z0-9]+")
_FILLERS = frozenset(
    {"dan", "di", "bidang", "ri", "republik", "kepada", "yth", "persero", "pt", "tbk", "atau"},
)
_LOCAL_LEVELS = frozenset({AgencyLevel.PROVINCE, AgencyLevel.REGENCY, AgencyLevel.CITY})
# A "dinas" belongs to a city, regency or province, never to a ministry of the same name.
_LOCAL_OFFICE = "dinas"
_LOCAL_WORDS = frozenset({"pemerintah", "provinsi", "kabupaten", "kota", "daerah", "istimewa"})
_SPELLINGS: Mapping[str, str] = {
    "kementrian": "kementerian",
    "departement": "departemen",
    "menteri": "kementerian",
    "pemkab": "pemerintah kabupaten",
    "pemkot": "pemerintah kota",
    "pemprov": "pemerintah provinsi",
}


class MatchedBy(StrEnum):
    """How a name was recognised, the surest first."""

    CODE = "CODE"
    NAME = "NAME"
    SHORT_NAME = "SHORT_NAME"
    ALIAS = "ALIAS"
    CONTAINED = "CONTAINED"
    FUZZY = "FUZZY"


@dataclass(frozen=True, slots=True)
class AgencyEntry:
    """An agency or unit under all its names. `valid_to` is the first day on which it is gone."""

    code: str
    name: str
    short_name: str
    level: AgencyLevel
    aliases: tuple[str, ...] = ()
    parent: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """An agency that may be meant. `score` is 1 for an exact name, `unit` the unit of it that was named."""

    code: str
    score: float
    by: MatchedBy
    unit: str | None = None


class AgencyNames:
    """All names of all agencies, prepared for `match`."""

    def __init__(self, entries: Iterable[AgencyEntry]) -> None:
        self._entries = {entry.code: entry for entry in entries}
        self._exact: dict[str, list[tuple[MatchedBy, str]]] = {}
        self._names: list[tuple[frozenset[str], str]] = []
        counts: dict[str, int] = {}
        for entry in self._entries.values():
            for by, name in _names_of(entry):
                words = _words(name)
                self._exact.setdefault(" ".join(words), []).append((by, entry.code))
                self._names.append((frozenset(words), entry.code))
            for word in {word for _, name in _names_of(entry) for word in _words(name)}:
                counts[word] = counts.get(word, 0) + 1
        # A word that many agencies share ("kementerian") tells little, one that only one has tells all.
        self._telling = {word: 1 + math.log(len(self._entries) / count) for word, count in counts.items()}
        self._rarest = 1 + math.log(max(1, len(self._entries)))

    def match(self, text: str) -> tuple[Match, ...]:
        """The agencies a name may mean, the likeliest first; a unit stands for the agency above it.

        Codes, names, short names and aliases must fit exactly but for case, punctuation and fillers ("RI",
        "Kepada Yth."). Otherwise a full name inside the text counts, and after it names with small spelling
        errors. A word that is part of some agency's name is never taken for a misspelling: "pertanahan"
        (land) is one letter from "pertahanan" (defence). An ended agency matches under its own code: ask
        `current` who that is today.
        """
        words = _words(text)
        if not words or len(words) > _MOST_WORDS:
            return ()
        found = list(self._exactly(words)) or list(self._contained(words)) or list(self._nearly(words))
        best: dict[str, Match] = {}
        order = list(MatchedBy)
        for match in sorted(found, key=lambda m: (-m.score, order.index(m.by), m.unit is not None, m.code)):
            best.setdefault(match.code, match)
        return tuple(best.values())

    def current(self, code: str, on: date) -> tuple[str, ...]:
        """Who stands for an agency on that day; see `succession.current`."""
        return succession.current(code, on, self._entries)

    def _exactly(self, words: Sequence[str]) -> Iterator[Match]:
        for by, code in self._exact.get(" ".join(words), ()):
            yield self._as_agency(code, 1.0, by)

    def _contained(self, words: Sequence[str]) -> Iterator[Match]:
        # The longest name wins: "Bank Rakyat Indonesia" before anything shorter inside it.
        for length in range(len(words) - 1, 1, -1):
            found = False
            for start in range(len(words) - length + 1):
                for by, code in self._exact.get(" ".join(words[start : start + length]), ()):
                    if by is not MatchedBy.CODE:
                        found = True
                        yield self._as_agency(code, 0.9, MatchedBy.CONTAINED)
            if found:
                return

    def _nearly(self, words: Sequence[str]) -> Iterator[Match]:
        asked = frozenset(self._corrected(word) for word in words)
        weight = sum(map(self._weight, asked))
        for name, code in self._names:
            shared = sum(map(self._weight, asked & name))
            score = 2 * shared / (weight + sum(map(self._weight, name)))
            if score < _LEAST_SCORE or (_LOCAL_OFFICE in asked) != (_LOCAL_OFFICE in name):
                continue
            if asked >= self._place_of(code):
                yield self._as_agency(code, round(min(score, 0.99), 2), MatchedBy.FUZZY)

    def _corrected(self, word: str) -> str:
        """The word of some name that this one misspells, else the word itself."""
        if word in self._telling or len(word) < _SHORTEST_MISSPELLING:
            return word
        return next(iter(get_close_matches(word, self._telling, 1, _LEAST_LIKENESS)), word)

    def _place_of(self, code: str) -> frozenset[str]:
        """The words that tell a local government from its equals: "Dinas Pekerjaan Umum" is every city's."""
        entry = self._entries[code]
        if entry.level is AgencyLevel.UNIT and entry.parent in self._entries:
            entry = self._entries[entry.parent]
        return frozenset(_words(entry.name)) - _LOCAL_WORDS if entry.level in _LOCAL_LEVELS else frozenset()

    def _weight(self, word: str) -> float:
        return self._telling.get(word, self._rarest)

    def _as_agency(self, code: str, score: float, by: MatchedBy) -> Match:
        entry, unit = self._entries[code], None
        if entry.level is AgencyLevel.UNIT and entry.parent in self._entries:
            entry, unit = self._entries[entry.parent], code
        return Match(entry.code, score, by, unit)


def _names_of(entry: AgencyEntry) -> Iterator[tuple[MatchedBy, str]]:
    yield MatchedBy.CODE, entry.code
    yield MatchedBy.NAME, entry.name
    yield MatchedBy.SHORT_NAME, entry.short_name
    for alias in entry.aliases:
        yield MatchedBy.ALIAS, alias


def _words(text: str) -> list[str]:
    words = [_SPELLINGS.get(word, word) for word in _TOKEN.findall(text.lower())]
    telling = [word for word in " ".join(words).split() if word not in _FILLERS]
    return telling or words
