"""The dense columns of a text in training and in serving: one arithmetic for both, without scikit-learn."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.half import single_rows

# Weight of the dense columns beside the words: with foreign opinions .7 and 1.0 were equal on three small desks and
# .4 two points less; from own texts alone .35 was worth half a point on three large desks, and .7 cost as much.
WEIGHT_WITH_OPINIONS = 0.7
WEIGHT_ALONE = 0.35
# How sharply a foreign model's margins become an opinion.
SHARPNESS = 3.0

Floats = NDArray[np.float32]


class Surroundings:
    """The dense columns of one text, from the saved arrays of `ml.context.Context`."""

    def __init__(self, terms: Sequence[str], starts: Sequence[int], arrays: Mapping[str, NDArray[Any]]) -> None:
        self._columns = {term: column for column, term in enumerate(terms)}
        self._starts = tuple(starts)
        self._idf = arrays["context.idf"]
        self._vectors = arrays["context.vectors"]
        self._mean: Floats = arrays["context.mean"]
        self._weights = arrays["context.weights"]
        self._bias: Floats = arrays["context.bias"]
        self.width = len(self._mean) + len(self._bias)
        self._weight = view_weight(len(self._bias))

    def read(self, stems: Sequence[str]) -> Floats:
        """Dense columns, shape (width,)."""
        if not self.width:
            return np.zeros(0, dtype=np.float32)
        lookup = self._columns.get
        met = [column for stem in stems if (column := lookup(stem)) is not None]
        columns, counts = np.unique(np.asarray(met, dtype=np.int64), return_counts=True)
        blocks = []
        if len(self._bias):
            values = (np.log(counts.astype(np.float32)) + np.float32(1.0)) * self._idf[columns]
            length = np.sqrt(np.square(values, dtype=np.float64).sum())
            values = (values / max(length, 1e-12)).astype(np.float32)
            margins = values @ single_rows(self._weights, columns) + self._bias
            blocks.append(opinions(margins[None, :], self._starts)[0])
        if len(self._mean):
            total = counts.astype(np.float32) @ single_rows(self._vectors, columns)
            blocks.append(unit((total / np.float32(max(len(met), 1)) - self._mean)[None, :])[0])
        dense: Floats = (np.concatenate(blocks) * np.float32(self._weight)).astype(np.float32)
        return dense


def view_weight(outputs: int) -> float:
    """How much the dense columns count, by the number of foreign labels that are asked."""
    return WEIGHT_WITH_OPINIONS if outputs else WEIGHT_ALONE


def opinions(margins: Floats, starts: Sequence[int]) -> Floats:
    """Softmax of each model's margins, brought to length one per model; shape kept, (texts, outputs)."""
    first = np.asarray(starts, dtype=np.int64)
    sizes = np.diff([*starts, margins.shape[1]])
    highest = np.repeat(np.maximum.reduceat(margins, first, axis=1), sizes, axis=1)
    raised = np.exp(np.float32(SHARPNESS) * (margins - highest))
    length = np.sqrt(np.add.reduceat(np.square(raised), first, axis=1))
    found: Floats = (raised / np.repeat(length, sizes, axis=1)).astype(np.float32)
    return found


def unit(rows: Floats) -> Floats:
    """Rows of length one; a row of zeros stays."""
    length = np.sqrt(np.square(rows, dtype=np.float64).sum(axis=1, keepdims=True))
    found: Floats = (rows / np.maximum(length, 1e-9)).astype(np.float32)
    return found
