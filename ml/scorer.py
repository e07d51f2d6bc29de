"""The model as it serves: dictionaries and arrays, no pickle, no scikit-learn."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.answer import Judge, Ranked
from ml.confidence import Calibration, Floats
from ml.places import Kind, LocalOffices
from ml.text import MASK_WORDS, Stemmer, readable, words
from ml.titles import NEAR_ENOUGH, NEAR_ENOUGH_FOR_SHORT, WORDS_TO_CHOOSE, TitleModel
from ml.wording import FUNCTION_WORDS, PHATIC

# The arrays of training and serving must mean the same: raise this number when they change.
FORMAT = 1
# A text without a single word (emoji, dots) still needs something to be counted.
EMPTY = "masktanpakata"
# Every row of numbers is brought to this length. Longer rows mean weaker regularisation at the same C; 1.4 was
# the best of the lengths tried on seven sets.
ROW_LENGTH = 1.4
EXPLAINING_WORDS = 5
# Words of live traffic whose pieces are remembered; a piece list is about 200 bytes.
MAX_REMEMBERED = 50_000

_DIGIT = re.compile(r"\d")

Columns = NDArray[np.int32]
Values = NDArray[np.float32]
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One text as numbers: columns and TF-IDF values of words and of pieces, and what each word column read."""

    word_columns: Columns
    word_values: Values
    piece_columns: Columns
    piece_values: Values
    surfaces: Mapping[int, str]


class Reader:
    """Texts to numbers, exactly as the vectorisers of training do it."""

    def __init__(
        self, vocabulary: Sequence[str], pieces: Sequence[str], arrays: Arrays, stems: Mapping[str, str]
    ) -> None:
        self._words = {term: column for column, term in enumerate(vocabulary)}
        self._pieces = {piece: column for column, piece in enumerate(pieces)}
        self._word_idf: Values = arrays["words.idf"]
        self._piece_idf: Values = arrays["characters.idf"]
        self._stemmer = Stemmer(stems)
        self._remembered: dict[str, Columns] = {}

    def read(self, text: str) -> Reading:
        """Numbers for a text; unknown words have none."""
        found = words(text)
        stems = self._stemmer.stems(word.token for word in found) or [EMPTY]
        surfaces: dict[int, str] = {}
        columns: list[int] = []
        lookup = self._words.get
        for index, stem in enumerate(stems):
            column = lookup(stem)
            if column is not None:
                columns.append(column)
                if column not in surfaces and found:
                    surfaces[column] = found[index].surface
        for index, (left, right) in enumerate(pairwise(stems)):
            column = lookup(f"{left} {right}")
            if column is not None:
                columns.append(column)
                if column not in surfaces:
                    surfaces[column] = f"{found[index].surface} {found[index + 1].surface}"
        word_columns, word_values = _tfidf(np.asarray(columns, dtype=np.int32), self._word_idf)
        piece_columns, piece_values = _tfidf(self._piece_columns(text), self._piece_idf)
        return Reading(word_columns, word_values, piece_columns, piece_values, surfaces)

    def _piece_columns(self, text: str) -> Columns:
        if not self._pieces:
            return np.zeros(0, dtype=np.int32)
        parts = [self._pieces_of(part) for part in raw_words(text)]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)

    def _pieces_of(self, word: str) -> Columns:
        known = self._remembered.get(word)
        if known is not None:
            return known
        lookup = self._pieces.get
        found = np.asarray(
            [column for piece in pieces_of(word) if (column := lookup(piece)) is not None], dtype=np.int32
        )
        if len(self._remembered) < MAX_REMEMBERED and len(word) <= 40:
            self._remembered[word] = found
        return found


class LeanHead:
    """One target: two arrays of weights and the judge of their scores."""

    def __init__(self, name: str, meta: Mapping[str, Any], arrays: Arrays) -> None:
        self.threshold: float = meta["threshold"]
        self.low_data: bool = meta["low_data"]
        calibration = meta["calibration"]
        kinds = tuple(
            Kind(kind["name"], kind["prefix"], *(tuple(kind[part]) for part in ("offices", "places", "shares")))
            for kind in meta["kinds"]
        )
        self.judge = Judge(
            meta["classes"],
            LocalOffices(kinds),
            Calibration(
                calibration["temperature_a"],
                calibration["temperature_b"],
                tuple(calibration["weights"]),
                tuple(calibration["precision"]),
            ),
        )
        self._with_pieces: bool = meta["with_characters"]
        self._is_constant = len(meta["classes"]) < 2
        if not self._is_constant:
            self._scale: Values = arrays[f"{name}.scale"]
            self._a, self._a0 = arrays[f"{name}.a"], arrays[f"{name}.a0"]
            self._b, self._b0 = arrays[f"{name}.b"], arrays[f"{name}.b0"]
            self._row_of_b = _positions(arrays["words.common"], len(arrays["words.idf"]))

    def scores(self, reading: Reading) -> tuple[Floats, Floats]:
        """Scores of both members, each of shape (classes,)."""
        if self._is_constant:
            return np.zeros(1), np.zeros(1)
        word_values = reading.word_values * self._scale[reading.word_columns]
        columns, values = reading.word_columns, word_values
        if self._with_pieces:
            piece_columns = reading.piece_columns + len(self._row_of_b)
            piece_values = reading.piece_values * self._scale[piece_columns]
            columns = np.concatenate([columns, piece_columns])
            values = np.concatenate([values, piece_values])
        rows_of_b = self._row_of_b[reading.word_columns]
        common = rows_of_b >= 0
        return (
            _weighted(self._a, self._a0, columns, values),
            _weighted(self._b, self._b0, rows_of_b[common], word_values[common]),
        )

    def rank(self, reading: Reading, location: str | None, text: str, count: int) -> Ranked:
        """The best labels of one complaint."""
        scores_a, scores_b = self.scores(reading)
        return self.judge.rank(scores_a, scores_b, location, text, count)

    def speaking(self, reading: Reading, label: int) -> tuple[str, ...]:
        """Up to five of the citizen's words that spoke most for a label; exact for the linear member."""
        if self._is_constant or not len(reading.word_columns):
            return ()
        weights = self._a[reading.word_columns, self.judge.class_of_label[label]].astype(np.float32)
        pull = reading.word_values * self._scale[reading.word_columns] * weights
        chosen: list[str] = []
        for position in np.argsort(-pull, kind="stable"):
            if pull[position] <= 0 or len(chosen) == EXPLAINING_WORDS:
                break
            surface = _telling_part(reading.surfaces.get(int(reading.word_columns[position]), ""))
            if surface and not any(_repeats(surface, other) for other in chosen):
                chosen.append(surface)
        return tuple(chosen)


class NearestTitles:
    """Titles of known complaints, found through the words they share with a new one."""

    def __init__(self, titles: Sequence[str], arrays: Arrays) -> None:
        self._titles = titles
        self._starts = arrays["nearest.starts"]
        self._rows = arrays["nearest.rows"]
        self._values = arrays["nearest.values"]

    def find(self, reading: Reading) -> str | None:
        """The title of the complaint nearest by cosine, or None when none is near enough."""
        if not self._titles or not len(reading.word_columns):
            return None
        spans = [(int(self._starts[c]), int(self._starts[c + 1])) for c in reading.word_columns]
        rows = np.concatenate([self._rows[start:end] for start, end in spans])
        if not len(rows):
            return None
        shares = np.concatenate(
            [self._values[start:end] * value for (start, end), value in zip(spans, reading.word_values, strict=True)]
        )
        nearness = np.bincount(rows, weights=shares, minlength=len(self._titles))
        best = int(nearness.argmax())
        enough = NEAR_ENOUGH if len(reading.surfaces) >= WORDS_TO_CHOOSE else NEAR_ENOUGH_FOR_SHORT
        return self._titles[best] if nearness[best] >= enough else None


class Scorer:
    """Everything a version knows, ready to read and answer."""

    def __init__(self, meta: Mapping[str, Any], arrays: Arrays) -> None:
        self.reader = Reader(meta["words"], meta["characters"], arrays, meta["stems"])
        self.heads = {target: LeanHead(target, head, arrays) for target, head in meta["heads"].items()}
        titles = meta["titles"]
        self.titles = TitleModel(titles["weights"], titles["rates"], titles["length"])
        self.nearest = NearestTitles(meta["nearest_titles"], arrays)


def raw_words(text: str) -> list[str]:
    """The words of the readable text in lower case with every digit as 0; EMPTY when there is none."""
    return _DIGIT.sub("0", readable(text).lower()).split() or [EMPTY]


def pieces_of(word: str) -> list[str]:
    """Runs of 2 to 5 characters of a word with a space on both sides, as scikit-learn's `char_wb` cuts them."""
    padded = f" {word} "
    pieces: list[str] = []
    for size in range(2, 6):
        if len(padded) <= size:
            # Shorter than the run: once whole, and no longer runs.
            pieces.append(padded)
            break
        pieces.extend(padded[start : start + size] for start in range(len(padded) - size + 1))
    return pieces


def _tfidf(columns: Columns, idf: Values) -> tuple[Columns, Values]:
    if not len(columns):
        return columns, np.zeros(0, dtype=np.float32)
    unique, counts = np.unique(columns, return_counts=True)
    values = (np.log(counts.astype(np.float32)) + np.float32(1.0)) * idf[unique]
    length = np.sqrt(np.square(values, dtype=np.float64).sum())
    return unique, (values / length).astype(np.float32)


def _weighted(weights: NDArray[Any], bias: Values, columns: Columns, values: Values) -> Floats:
    length = float(np.sqrt(np.square(values, dtype=np.float64).sum()))
    if length == 0.0:
        return bias.astype(np.float64)
    scores = (values * np.float32(ROW_LENGTH / length)) @ weights[columns].astype(np.float32) + bias
    return np.asarray(scores, dtype=np.float64)


def _positions(chosen: Columns, columns: int) -> Columns:
    # For each column its place among the chosen ones, -1 for the others.
    places = np.full(columns, -1, dtype=np.int32)
    places[chosen] = np.arange(len(chosen), dtype=np.int32)
    return places


def _telling_part(surface: str) -> str:
    # "mati di" speaks through "mati"; numbers, masks and politeness explain nothing to anybody.
    return " ".join(
        word
        for word in surface.split()
        if not (word in FUNCTION_WORDS or word in PHATIC or word in MASK_WORDS or word.isdigit())
    )


def _repeats(surface: str, other: str) -> bool:
    return not set(surface.split()).isdisjoint(other.split())
