"""What other texts teach about words: vectors of words used alike, and the opinions of models of other desks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from sklearn.utils.extmath import randomized_svd

from ml.surroundings import opinions, unit, view_weight

# More words than these bought nothing: pairs of words and 60,000 terms measured the same for three times the size.
MAX_TERMS = 20_000
# Fewer texts cannot tell which words are used alike.
TEXTS_FOR_VECTORS = 2_000
DIMENSIONS = 150
WINDOW = 8
# Words met once or twice have no company to be known by.
LEAST_MET = 3
# Common words say least: a word's weight in the mean is a / (a + its share of all words).
COMMON_AT = 1e-3
# The company of common words counts less than their number says; the usual exponent of word vectors.
SMOOTHING = 0.75

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Opinion:
    """A model of another desk: one column of `weights` and one number of `bias` per label it knows."""

    weights: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class Context:
    """Stems and what is known about them; empty when there was too little to learn from.

    `idf` (terms,), `vectors` (terms, DIMENSIONS) already weighed by rarity, `mean` (DIMENSIONS,) of all texts,
    `weights` (terms, outputs) and `bias` (outputs,) of all foreign models side by side, `starts` where each begins.
    Everything is rounded to what is saved, so that training and serving read the same numbers.
    """

    terms: tuple[str, ...] = ()
    idf: Floats = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    vectors: Floats = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    mean: Floats = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    weights: Floats = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    bias: Floats = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    starts: tuple[int, ...] = ()

    @property
    def width(self) -> int:
        """Number of dense columns per text."""
        return len(self.bias) + len(self.mean)

    def transform(self, stems: Sequence[str]) -> Floats:
        """Dense columns for texts given as stems with spaces between; shape (texts, width)."""
        if not self.width:
            return np.zeros((len(stems), 0), dtype=np.float32)
        counts = count(stems, self.terms)
        blocks = []
        if len(self.bias):
            margins = np.asarray(weighed(counts, self.idf) @ self.weights + self.bias, dtype=np.float32)
            blocks.append(opinions(margins, self.starts))
        if len(self.mean):
            met = np.asarray(counts.sum(axis=1), dtype=np.float32).reshape(-1, 1)
            means = np.asarray(counts @ self.vectors, dtype=np.float32) / np.maximum(met, np.float32(1.0))
            blocks.append(unit(np.asarray(means - self.mean, dtype=np.float32)))
        dense: Floats = (np.hstack(blocks) * np.float32(view_weight(len(self.bias)))).astype(np.float32)
        return dense


def count(stems: Sequence[str], terms: Sequence[str]) -> Any:
    """How often each text has each term; sparse, shape (texts, terms)."""
    column = {term: index for index, term in enumerate(terms)}
    columns: list[int] = []
    starts = [0]
    for text in stems:
        columns.extend(column[stem] for stem in text.split() if stem in column)
        starts.append(len(columns))
    counts = sparse.csr_array(
        (
            np.ones(len(columns), dtype=np.float32),
            np.asarray(columns, dtype=np.int32),
            np.asarray(starts, dtype=np.int32),
        ),
        shape=(len(stems), len(terms)),
    )
    counts.sum_duplicates()
    return counts


def weighed(counts: Any, idf: Floats) -> Any:
    """Sublinear TF-IDF of counts, every row of length one (or zero)."""
    rows = sparse.csr_array(counts, copy=True)
    rows.data = (np.log(rows.data) + np.float32(1.0)) * idf[rows.indices]
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    factor = np.where(length > 0, 1.0 / np.maximum(length, 1e-12), 0.0).astype(np.float32)
    rows.data = rows.data * np.repeat(factor, np.diff(rows.indptr))
    return rows


def terms_of(stems: Sequence[str]) -> tuple[tuple[str, ...], Floats]:
    """The terms worth knowing, sorted, and how rare each is; at most MAX_TERMS, the commonest ones."""
    met = Counter(stem for text in stems for stem in set(text.split()))
    frequent = sorted((stem for stem, texts in met.items() if texts >= 2), key=lambda stem: (-met[stem], stem))
    terms = tuple(sorted(frequent[:MAX_TERMS]))
    rarity = [np.log((1 + len(stems)) / (1 + met[term])) + 1.0 for term in terms]
    return terms, np.asarray(rarity, dtype=np.float32)


def vectors_of(stems: Sequence[str], terms: Sequence[str]) -> tuple[Floats, Floats]:
    """Vectors of words from the company they keep, and the mean vector of the texts.

    Positive pointwise mutual information within WINDOW words, reduced by a truncated singular value
    decomposition: eight seconds for 24,000 texts, without another library, and on small desks worth as much as
    the trained word vectors they were compared with (2 to 8 points together with foreign models).
    """
    counts = count(stems, terms)
    met = np.asarray(counts.sum(axis=0), dtype=np.float64).ravel()
    company = _company(stems, terms, met >= LEAST_MET)
    kept = np.asarray(company.sum(axis=1)).ravel()
    dimensions = min(DIMENSIONS, int((kept > 0).sum()) - 1)
    if dimensions < 2:
        return np.zeros((len(terms), 0), dtype=np.float32), np.zeros(0, dtype=np.float32)
    smoothed = kept**SMOOTHING / (kept**SMOOTHING).sum()
    pairs = company.tocoo()
    information = np.log(pairs.data / (kept[pairs.row] * smoothed[pairs.col]))
    positive = sparse.csr_array((np.maximum(information, 0.0), (pairs.row, pairs.col)), shape=company.shape)
    positive.eliminate_zeros()
    left, strength, _ = randomized_svd(positive, dimensions, n_iter=3, random_state=0)
    rarity = COMMON_AT / (COMMON_AT + met / max(met.sum(), 1.0))
    vectors = half(left * np.sqrt(strength) * rarity[:, None])
    lengths = np.maximum(np.asarray(counts.sum(axis=1), dtype=np.float32).reshape(-1, 1), 1.0)
    mean = (np.asarray(counts @ vectors) / lengths).mean(axis=0).astype(np.float32)
    return vectors, mean


def half(numbers: NDArray[Any]) -> Floats:
    """Numbers as they are saved: rounded to half precision."""
    rounded: Floats = np.asarray(numbers).astype(np.float16).astype(np.float32)
    return rounded


def joined(terms: Sequence[str], idf: Floats, views: tuple[Floats, Floats], models: Sequence[Opinion]) -> Context:
    """A context from its parts; `views` are vectors and mean."""
    starts = [0]
    for model in models:
        starts.append(starts[-1] + len(model.bias))
    empty = np.zeros((len(terms), 0), dtype=np.float32)
    return Context(
        tuple(terms),
        idf,
        *views,
        weights=np.hstack([model.weights for model in models]) if models else empty,
        bias=np.concatenate([model.bias for model in models]) if models else np.zeros(0, dtype=np.float32),
        starts=tuple(starts[:-1]),
    )


def arrays_of(context: Context) -> Mapping[str, NDArray[Any]]:
    """What of a context is saved as arrays; the terms go with the other words."""
    return {
        "context.idf": context.idf,
        "context.vectors": context.vectors.astype(np.float16),
        "context.mean": context.mean,
        "context.weights": context.weights.astype(np.float16),
        "context.bias": context.bias,
    }


def _company(stems: Sequence[str], terms: Sequence[str], known: NDArray[np.bool_]) -> Any:
    # Pairs of words at most WINDOW words apart, counted both ways; a gap between texts keeps them apart.
    column = {term: index for index, term in enumerate(terms) if known[index]}
    line: list[int] = []
    for text in stems:
        line.extend(column[stem] for stem in text.split() if stem in column)
        line.extend([-1] * WINDOW)
    flat = np.asarray(line, dtype=np.int64)
    size = len(terms)
    company = sparse.csr_array((size, size), dtype=np.float64)
    for distance in range(1, WINDOW + 1):
        left, right = flat[:-distance], flat[distance:]
        together = (left >= 0) & (right >= 0)
        company = company + sparse.csr_array(
            (np.ones(int(together.sum())), (left[together], right[together])), shape=(size, size)
        )
    return sparse.csr_array(company + company.T)
