"""Titles of known complaints, found through the words they share with a new one."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# A word in more than this share of the titled complaints says little about which is nearest.
COMMON = 0.2
# Below this nearness (cosine) two complaints share nothing but everyday words.
LEAST_NEAR = 0.05
# How many different titles are looked at; more cost time and added nothing.
NEIGHBOURS = 8
# The words of a title count as if the text had said them twice more: they say what it is about.
TITLE_COUNTS = 2
# Only the most telling words of a text are looked up, so that a long one costs no more than a usual one.
MAX_TERMS = 80
# Rare words of a title (place names mostly) are met in fewer titles than this.
RARE = 3

_WORD = re.compile(r"[^\W_]+")


class Near(NamedTuple):
    """A title of a near complaint, its words, and how near (0 to 1) that complaint is."""

    title: str
    words: tuple[str, ...]
    nearness: float


@dataclass(frozen=True, slots=True)
class NearestTitles:
    """An inverted index: `idf` names its terms in column order; a column's rows begin at `starts[column]`."""

    titles: Sequence[str]
    words: Sequence[tuple[str, ...]]
    columns: Mapping[str, int]
    idf: NDArray[np.float32]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    values: NDArray[np.float32]
    stems: Mapping[str, str]
    popularity: Mapping[str, int]
    spread: Mapping[str, int]

    def find(self, text_words: Sequence[str], without: int = -1) -> list[Near]:
        """Up to NEIGHBOURS different titles, nearest first; row `without` is passed over (for training)."""
        counts = Counter(_terms([self.stems.get(word, word) for word in text_words]))
        weighed = [
            ((1 + log(count)) * float(self.idf[column]), column)
            for term, count in counts.items()
            if (column := self.columns.get(term)) is not None
        ]
        if not weighed:
            return []
        length = sqrt(sum(value * value for value, _ in weighed))
        weighed = sorted(weighed, key=lambda item: (-item[0], item[1]))[:MAX_TERMS]
        spans = [slice(int(self.starts[column]), int(self.starts[column + 1])) for _, column in weighed]
        rows = np.concatenate([self.rows[span] for span in spans])
        shares = np.repeat([value / length for value, _ in weighed], [span.stop - span.start for span in spans])
        shares *= np.concatenate([self.values[span] for span in spans])
        nearness = np.bincount(rows, weights=shares, minlength=len(self.titles))
        if without >= 0:
            nearness[without] = 0
        wanted = min(3 * NEIGHBOURS, len(nearness))
        best = np.argpartition(-nearness, wanted - 1)[:wanted]
        found: list[Near] = []
        for row in best[np.lexsort((best, -nearness[best]))]:
            if nearness[row] < LEAST_NEAR or len(found) == NEIGHBOURS:
                break
            if all(self.words[row] != other.words for other in found):
                found.append(Near(self.titles[row], self.words[row], float(nearness[row])))
        return found

    def as_plain(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """What is saved: names as plain data, numbers as arrays; see `from_plain`."""
        meta = {"titles": list(self.titles), "terms": list(self.columns)}
        arrays: dict[str, NDArray[Any]] = {
            "nearest.idf": self.idf,
            "nearest.starts": self.starts,
            "nearest.rows": self.rows,
            "nearest.values": self.values,
        }
        return meta, arrays


def from_plain(
    meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], stems: Mapping[str, str]
) -> NearestTitles | None:
    """The index as it was saved; None when there are no titles."""
    titles: list[str] = meta["titles"]
    if not titles:
        return None
    words = [tuple(words_of(title)) for title in titles]
    return NearestTitles(
        titles,
        words,
        {term: column for column, term in enumerate(meta["terms"])},
        arrays["nearest.idf"],
        arrays["nearest.starts"],
        arrays["nearest.rows"],
        arrays["nearest.values"],
        stems,
        Counter(title.lower() for title in titles),
        Counter(word for title in words for word in set(title)),
    )


def index_of(text_words: Sequence[Sequence[str]], titles: Sequence[str], stems: Mapping[str, str]) -> NearestTitles:
    """An index of titles that are fit to be shown, under the words of their texts and their own (same order)."""
    counted: list[Counter[str]] = []
    for words, title in zip(text_words, titles, strict=True):
        counts = Counter(_terms([stems.get(word, word) for word in words]))
        for term in _terms([stems.get(word, word) for word in words_of(title)]):
            counts[term] += TITLE_COUNTS
        counted.append(counts)
    met = Counter(term for counts in counted for term in counts)
    most = max(COMMON * len(titles), 10)
    terms = sorted(term for term, count in met.items() if 2 <= count <= most)
    columns = {term: column for column, term in enumerate(terms)}
    idf = np.asarray([np.log((len(titles) + 1) / (met[term] + 1)) + 1 for term in terms], dtype=np.float32)
    under: list[list[tuple[int, float]]] = [[] for _ in terms]
    for row, counts in enumerate(counted):
        values = {
            columns[term]: float((1 + np.log(count)) * idf[columns[term]])
            for term, count in counts.items()
            if term in columns
        }
        length = sum(value * value for value in values.values()) ** 0.5
        for column, value in values.items():
            under[column].append((row, value / length))
    starts = np.cumsum([0, *map(len, under)]).astype(np.int64)
    rows = np.asarray([row for column in under for row, _ in column], dtype=np.int32)
    shares = np.asarray([value for column in under for _, value in column], dtype=np.float32)
    arrays: dict[str, NDArray[Any]] = {
        "nearest.idf": idf,
        "nearest.starts": starts,
        "nearest.rows": rows,
        "nearest.values": shares,
    }
    built = from_plain({"titles": list(titles), "terms": terms}, arrays, stems)
    if built is None:
        raise ValueError("an index needs a title")
    return built


def words_of(title: str) -> list[str]:
    """The words of a title in lower case, without signs."""
    return _WORD.findall(title.lower())


def _terms(stems: Sequence[str]) -> list[str]:
    return [*stems, *(f"{left} {right}" for left, right in pairwise(stems))]
