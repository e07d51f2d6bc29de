"""Counting phrases in many decided texts, vectorised and in bounded memory: for a process of its own."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from complaints.words import READING
from ml.text import tokens
from rules.matching import Words
from rules.mining import LONGEST_PHRASE, Candidate, Count, MiningSettings

# So many texts are looked at together; what lies between counts is as large as a chunk, not as the history.
_CHUNK = 10_000
# Phrases are first counted in so many buckets together: 32 MB.
_BUCKETS = 2**22
# The longest complaints are letters whose later pages say nothing new.
MOST_WORDS = 200

_Numbers: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Decided:
    """Decided texts, oldest first, as numbers.

    `words` (int32) are the stems of all texts one after another, numbers of `stems`; text n has the words from
    `starts[n]` to `starts[n + 1]` and went to agency number `labels[n]`. `written` is how a stem is mostly written.
    """

    words: npt.NDArray[np.int32]
    starts: _Numbers
    labels: npt.NDArray[np.int32]
    stems: Sequence[str]
    written: Sequence[str]
    agencies: Sequence[str]


def read_texts(bodies: Sequence[str]) -> tuple[list[tuple[str, ...]], Counter[tuple[str, str]]]:
    """The stems of each text as rules see them, and how often each stem was written how."""
    read, written = [], Counter[tuple[str, str]]()
    for body in bodies:
        words = Words(tokens(body), READING)
        read.append(words.stems[:MOST_WORDS])
        written.update(zip(words.stems, words.written, strict=True))
    return read, written


def candidates(decided: Decided, settings: MiningSettings) -> list[Candidate]:
    """The phrases of one to three words that were frequent and precise in the older part, each with both counts."""
    teaching = round(len(decided.labels) * (1 - settings.held_out))
    counter = _Counter(decided, teaching)
    one, known = counter.frequent(lambda part: decided.words[part.places].astype(np.int64), settings.support)
    ids, spelled, size = one, [(int(word),) for word in known], len(known)
    found = list(_precise(counter, ids, spelled, decided, settings))
    for length in range(2, LONGEST_PHRASE + 1):
        codes = partial(_side_by_side, ids, one, length, size)
        ids, longer = counter.frequent(codes, settings.support)
        spelled = [(*spelled[code // size], int(known[code % size])) for code in longer.tolist()]
        found += _precise(counter, ids, spelled, decided, settings)
    return found


def _side_by_side(
    ids: npt.NDArray[np.int32], one: npt.NDArray[np.int32], length: int, size: int, part: "_Part"
) -> _Numbers:
    """The code of the phrase that begins at each place, -1 where none of frequent parts does."""
    head, last, text = ids[part.places], one[part.places], part.text
    codes = np.full(len(head), -1, dtype=np.int64)
    places = max(len(head) - length + 1, 0)
    # A phrase is no more frequent than what it is made of.
    fits = (head[:places] >= 0) & (last[length - 1 :] >= 0) & (text[:places] == text[length - 1 :])
    codes[:places][fits] = head[:places][fits].astype(np.int64) * size + last[length - 1 :][fits]
    return codes


def _precise(
    counter: "_Counter",
    ids: npt.NDArray[np.int32],
    spelled: Sequence[tuple[int, ...]],
    decided: Decided,
    settings: MiningSettings,
) -> Iterator[Candidate]:
    agencies = len(decided.agencies)
    taught, held_out = (counter.of_agencies(ids, agencies, is_teaching=side) for side in (True, False))
    cases = [_sums(keys // agencies, counts, len(spelled)) for keys, counts in (taught, held_out)]
    keys, hits = taught
    # The agency most texts of a phrase went to comes first.
    order = np.lexsort((-hits, keys // agencies))
    _, firsts = np.unique(keys[order] // agencies, return_index=True)
    for place in order[firsts].tolist():
        phrase, label = divmod(int(keys[place]), agencies)
        count = Count(int(hits[place]), int(cases[0][phrase]))
        if count.cases < settings.support or count.precision < settings.precision:
            continue
        stems = tuple(decided.stems[word] for word in spelled[phrase])
        yield Candidate(
            stems=stems,
            words=tuple(decided.written[word] for word in spelled[phrase]),
            agency=decided.agencies[label],
            taught=count,
            held_out=Count(_at(*held_out, int(keys[place])), int(cases[1][phrase])),
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """Some texts one after another: which, the places of their words, and the number of each word's text in here."""

    first: int
    places: slice
    text: _Numbers


class _Counter:
    """Counts texts, not places: a phrase that stands twice in a text is one case."""

    def __init__(self, decided: Decided, teaching: int) -> None:
        self._decided = decided
        self._teaching = teaching

    def frequent(self, codes_of: Callable[[_Part], _Numbers], support: int) -> tuple[npt.NDArray[np.int32], _Numbers]:
        """Numbers for the codes that stand in enough older texts, at their places (-1: too rare), and these codes."""
        # Most phrases are rare: where a whole bucket has too few, none of its phrases is worth a count of its own.
        buckets = np.zeros(_BUCKETS, dtype=np.int64)
        for part in self._parts(is_teaching=True):
            codes = codes_of(part)
            buckets += np.bincount(_bucket(codes[codes >= 0]), minlength=_BUCKETS)
        enough = buckets >= support

        def counted() -> Iterator[_Numbers]:
            for part in self._parts(is_teaching=True):
                codes = codes_of(part)
                kept = (codes >= 0) & enough[_bucket(codes)]
                yield _distinct(codes[kept] * _CHUNK + part.text[kept]) // _CHUNK

        keys, counts = _merged(counted())
        frequent = keys[counts >= support]
        ids = np.full(len(self._decided.words), -1, dtype=np.int32)
        for is_teaching in (True, False):
            for part in self._parts(is_teaching=is_teaching):
                if len(frequent):
                    codes = codes_of(part)
                    places = np.minimum(np.searchsorted(frequent, codes), len(frequent) - 1)
                    ids[part.places] = np.where(frequent[places] == codes, places, -1)
        return ids, frequent

    def of_agencies(self, ids: npt.NDArray[np.int32], agencies: int, *, is_teaching: bool) -> tuple[_Numbers, _Numbers]:
        """How many texts with a phrase went to an agency: keys are phrase * agencies + agency."""

        def counted() -> Iterator[_Numbers]:
            for part in self._parts(is_teaching=is_teaching):
                here = ids[part.places]
                pairs = _distinct(here[here >= 0].astype(np.int64) * _CHUNK + part.text[here >= 0])
                yield pairs // _CHUNK * agencies + self._decided.labels[part.first + pairs % _CHUNK]

        return _merged(counted())

    def _parts(self, *, is_teaching: bool) -> Iterator[_Part]:
        starts = self._decided.starts
        since, until = (0, self._teaching) if is_teaching else (self._teaching, len(starts) - 1)
        for first in range(since, until, _CHUNK):
            last = min(first + _CHUNK, until)
            lengths = np.diff(starts[first : last + 1])
            places = slice(int(starts[first]), int(starts[last]))
            yield _Part(first, places, np.repeat(np.arange(last - first, dtype=np.int64), lengths))


def _bucket(codes: _Numbers) -> _Numbers:
    # A prime spreads neighbouring codes; a bucket for -1 is asked about and never counted.
    return (codes * 2_654_435_761) % _BUCKETS


def _distinct(values: _Numbers) -> _Numbers:
    # `np.unique` hashes, and these numbers lie so that it took twenty times as long as sorting.
    ordered = np.sort(values)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))] if len(ordered) else ordered


def _merged(parts: Iterator[_Numbers]) -> tuple[_Numbers, _Numbers]:
    keys, counts = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    for part in parts:
        new, times = np.unique(part, return_counts=True)
        both, places = np.unique(np.concatenate((keys, new)), return_inverse=True)
        keys, counts = both, _sums(places, np.concatenate((counts, times)), len(both))
    return keys, counts


def _sums(places: Any, counts: _Numbers, size: int) -> _Numbers:
    return np.bincount(places, weights=counts, minlength=size).astype(np.int64)


def _at(keys: _Numbers, counts: _Numbers, key: int) -> int:
    place = int(np.searchsorted(keys, key))
    return int(counts[place]) if place < len(keys) and keys[place] == key else 0
