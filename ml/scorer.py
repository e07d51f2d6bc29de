"""The model as it serves: dictionaries and arrays, no pickle, no scikit-learn."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.answer import Judge
from ml.confidence import Calibration, Floats
from ml.given import Given
from ml.half import single_rows
from ml.places import Kind, LocalOffices
from ml.surroundings import Surroundings
from ml.text import MASK_WORDS, Stemmer, readable, words
from ml.titles import title_model
from ml.tree import LEAF, MAIN, Tree
from ml.wording import FUNCTION_WORDS, PHATIC

# The arrays of training and serving must mean the same: raise this number when they change.
FORMAT = 3
# A text without a single word (emoji, dots) still needs something to be counted.
EMPTY = "masktanpakata"
# Every row of numbers is brought to this length. Longer rows mean weaker regularisation at the same C; 1.4 was
# the best of the lengths tried on seven sets.
ROW_LENGTH = 1.4
EXPLAINING_WORDS = 5
# Words of live traffic whose pieces are remembered; a piece list is about 200 bytes.
MAX_REMEMBERED = 50_000

_DIGIT = re.compile(r"\d")
_SAYS_NOTHING = FUNCTION_WORDS | PHATIC | MASK_WORDS

Columns = NDArray[np.int32]
Values = NDArray[np.float32]
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One text as numbers: columns and TF-IDF values of words and of pieces, dense columns, what each word read."""

    word_columns: Columns
    word_values: Values
    piece_columns: Columns
    piece_values: Values
    dense: Values
    surfaces: Mapping[int, str]
    telling: dict[int, tuple[str, ...]] = field(default_factory=dict)


class Reader:
    """Texts to numbers, exactly as the vectorisers of training do it."""

    def __init__(
        self,
        vocabulary: Sequence[str],
        pieces: Sequence[str],
        arrays: Arrays,
        stems: Mapping[str, str],
        surroundings: Surroundings,
    ) -> None:
        self._surroundings = surroundings
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
        dense = self._surroundings.read(stems)
        return Reading(word_columns, word_values, piece_columns, piece_values, dense, surfaces)

    def _piece_columns(self, text: str) -> Columns:
        if not self._pieces:
            return np.zeros(0, dtype=np.int32)
        known = self._remembered.get
        # A call for each word of every text would be a tenth of the reading.
        parts = [self._pieces_of(part) if (found := known(part)) is None else found for part in raw_words(text)]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)

    def _pieces_of(self, word: str) -> Columns:
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
        self.may_be_automatic: bool = meta["may_be_automatic"]
        kinds = tuple(
            Kind(kind["name"], kind["prefix"], *(tuple(kind[part]) for part in ("offices", "places", "shares")))
            for kind in meta["kinds"]
        )
        given = {column: _given(told) for column, told in meta["given"].items()}
        self.judge = Judge(
            meta["classes"], LocalOffices(kinds), _calibration(meta["calibration"]), given, meta["plausible_from"]
        )
        self._with_pieces: bool = meta["with_characters"]
        self._is_constant = len(meta["classes"]) < 2 or f"{name}.a" not in arrays
        if not self._is_constant:
            self._scale: Values = arrays[f"{name}.scale"]
            self._a, self._a0 = arrays[f"{name}.a"], arrays[f"{name}.a0"]
            self._b, self._b0 = arrays[f"{name}.b"], arrays[f"{name}.b0"]
            dense = len(arrays["context.mean"]) + len(arrays["context.bias"])
            # The dense columns are the last ones, and all of them are read every time.
            self._a_dense = self._a[len(self._a) - dense :].astype(np.float32)
            self._b_dense = self._b[len(self._b) - dense :].astype(np.float32)
            self._first_piece = len(arrays["words.idf"])
            self._row_of_b = _positions(arrays[f"{name}.common"], self._first_piece)

    def scores(self, reading: Reading) -> tuple[Floats, Floats]:
        """Scores of both members, each of shape (classes,)."""
        if self._is_constant:
            none = np.zeros(len(self.judge.classes))
            return none, none
        word_values = reading.word_values * self._scale[reading.word_columns]
        columns, values = reading.word_columns, word_values
        if self._with_pieces:
            piece_columns = reading.piece_columns + self._first_piece
            piece_values = reading.piece_values * self._scale[piece_columns]
            columns = np.concatenate([columns, piece_columns])
            values = np.concatenate([values, piece_values])
        rows_of_b = self._row_of_b[reading.word_columns]
        common = rows_of_b >= 0
        return (
            _weighted(self._a, self._a0, columns, values) + reading.dense @ self._a_dense,
            _weighted(self._b, self._b0, rows_of_b[common], word_values[common]) + reading.dense @ self._b_dense,
        )

    def speaking(self, reading: Reading, labels: Sequence[int]) -> list[tuple[str, ...]]:
        """For each label up to five of the citizen's words that spoke most for it; exact for the linear member."""
        if self._is_constant or not len(reading.word_columns):
            return [()] * len(labels)
        weights = self._a[reading.word_columns[:, None], self.judge.class_of_label[list(labels)]].astype(np.float32)
        pulls = (reading.word_values * self._scale[reading.word_columns])[:, None] * weights
        orders = np.argsort(-pulls, axis=0, kind="stable").T.tolist()
        columns = reading.word_columns.tolist()
        return [_loudest(reading, columns, *label) for label in zip(pulls.T.tolist(), orders, strict=True)]


class Scorer:
    """Everything a version knows, ready to read and answer."""

    def __init__(self, meta: Mapping[str, Any], arrays: Arrays) -> None:
        context = meta["context"]
        surroundings = Surroundings(context["terms"], context["starts"], arrays)
        with_pieces = any(head["with_characters"] for head in meta["heads"].values())
        pieces = meta["characters"] if with_pieces else []
        self.reader = Reader(meta["words"], pieces, arrays, meta["stems"], surroundings)
        self.heads = {target: LeanHead(target, head, arrays) for target, head in meta["heads"].items()}
        self.tree: Tree | None = None
        if MAIN in self.heads and LEAF in self.heads:
            self.tree = Tree(meta["parent"], self.heads[LEAF].judge.labels, self.heads[MAIN].judge.labels)
        self.titles = title_model(meta["titles"], arrays, meta["stems"])


def _loudest(reading: Reading, columns: Sequence[int], pull: Sequence[float], order: Sequence[int]) -> tuple[str, ...]:
    chosen: list[str] = []
    said: set[str] = set()
    for position in order:
        if pull[position] <= 0 or len(chosen) == EXPLAINING_WORDS:
            break
        column = columns[position]
        told = reading.telling.get(column)
        if told is None:
            # Every head and label asks for the same words again.
            told = reading.telling[column] = _telling_part(reading.surfaces.get(column, ""))
        if told and said.isdisjoint(told):
            said.update(told)
            chosen.append(" ".join(told))
    return tuple(chosen)


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


def _calibration(told: Mapping[str, Any]) -> Calibration:
    return Calibration(
        told["temperature_a"],
        told["temperature_b"],
        tuple(told["weights"]),
        tuple(told["precision"]),
        tuple(told["prior"]),
    )


def _given(told: Mapping[str, Any]) -> Given:
    # JSON knows no numbers as names.
    rows = {label: {int(number): count for number, count in within.items()} for label, within in told["rows"].items()}
    return Given(rows, tuple(told["shares"]), told["trust"], _calibration(told["calibration"]))


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
    scores = (values * np.float32(ROW_LENGTH / length)) @ single_rows(weights, columns) + bias
    return np.asarray(scores, dtype=np.float64)


def _positions(chosen: Columns, columns: int) -> Columns:
    # For each column its place among the chosen ones, -1 for the others.
    places = np.full(columns, -1, dtype=np.int32)
    places[chosen] = np.arange(len(chosen), dtype=np.int32)
    return places


def _telling_part(surface: str) -> tuple[str, ...]:
    # "mati di" speaks through "mati"; numbers, masks and politeness explain nothing to anybody.
    return tuple(word for word in surface.split() if not (word in _SAYS_NOTHING or word.isdigit()))
