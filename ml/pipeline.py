"""How texts become numbers and numbers become answers: the features all heads share, and one head each."""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from ml.confidence import Calibration, Floats
from ml.context import Context
from ml.scorer import EMPTY, ROW_LENGTH, raw_words
from ml.softmax import SoftmaxRegression
from ml.text import Stemmer, tokens

# Rows x labels up to which pieces of words are worth their training time. They gain one to four points with
# few rows, half a point with 7,000 rows and 10 labels and a point with 7,600 rows and 75 labels; with 8,800 rows
# and 155 labels they gained nothing and took ten times as long.
CHARACTER_BUDGET = 700_000
# A label is learned from this many rows. Learning from two instead of five raised top-3 from .39 to .51 on 450
# labels with 3.5 rows each, from .47 to .54 on 419 agencies, and cost nothing on large sets; from one row it
# only took chances away from the others.
LEAST_ROWS = 2
# With fewer rows a label can be learned but not judged; it is reported.
FEW_ROWS = 5
# The softmax regression reads the commonest words only: as good as all 50,000, in less than half of the time
# and of the memory. With many classes they are fewer still: training holds 15 times words x classes numbers, and with
# 249 classes 30,000 words were half a point of accuracy better than 12,000.
SECOND_WORDS = 30_000
SECOND_CELLS = 4_000_000
MAX_WORD_FEATURES = 60_000
MAX_CHARACTER_FEATURES = 80_000

Integers = NDArray[np.int64]

# All margin machines of a process draw from one row of random numbers: two at once would each get another half of it,
# and the same rows another version.
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, slots=True)
class Prepared:
    """One text as the vectorisers want it: stems with spaces between, and its readable form in lower case."""

    stems: str
    raw: str


def prepare(text: str, stemmer: Stemmer) -> Prepared:
    """Stem a text and flatten its raw form: private numbers masked, every digit 0, single spaces."""
    stems = " ".join(stemmer.stems(tokens(text))) or EMPTY
    return Prepared(stems, " ".join(raw_words(text)))


class Features:
    """TF-IDF of stems (single words and pairs) and of pieces of 2 to 5 characters inside words; and a context."""

    def __init__(self, with_characters: bool = True, context: Context | None = None) -> None:
        self.with_characters = with_characters
        self.context = context or Context()
        self.words: Any = None
        self.characters: Any = None
        self.common: NDArray[np.int32] = np.zeros(0, dtype=np.int32)

    def fit(self, texts: Sequence[Prepared]) -> "Features":
        """Learn the vocabulary. It sees every training text, never a label."""
        self.words = _fitted(
            [text.stems for text in texts],
            ngram_range=(1, 2),
            token_pattern=r"\S+",  # noqa: S106 - a word, not a password
            lowercase=False,
            max_features=MAX_WORD_FEATURES,
        )
        # A low idf is a common word; equal ones in the order of the columns.
        self.common = np.argsort(self.words.idf_, kind="stable")[:SECOND_WORDS].astype(np.int32)
        if self.with_characters:
            self.characters = _fitted(
                [text.raw for text in texts],
                analyzer="char_wb",
                ngram_range=(2, 5),
                lowercase=False,
                max_features=MAX_CHARACTER_FEATURES,
            )
        return self

    def __getstate__(self) -> dict[str, Any]:
        # scikit-learn keeps an address in memory there, which would give equal models different hashes.
        for vectoriser in (self.words, self.characters):
            if vectoriser is not None:
                vars(vectoriser).pop("_stop_words_id", None)
        return dict(vars(self))

    def transform(self, texts: Sequence[Prepared]) -> "Matrix":
        """Numbers for texts; rows in their order."""
        stems = [text.stems for text in texts]
        words, dense = self.words.transform(stems).tocsr(), self.context.transform(stems)
        if not self.with_characters:
            return Matrix(words, None, dense)
        return Matrix(words, self.characters.transform([text.raw for text in texts]).tocsr(), dense)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Float32 blocks with the same rows: words, pieces of words where they are used, and dense columns.

    The dense columns come from `ml.context`; a desk that knows nothing but its own few texts has none.
    """

    words: Any
    characters: Any
    dense: NDArray[np.float32]

    def rows(self, rows: Integers) -> "Matrix":
        """Some of the rows, in the order given."""
        characters = None if self.characters is None else self.characters[rows]
        return Matrix(self.words[rows], characters, self.dense[rows])

    def joined(self, with_characters: bool) -> Any:
        """One sparse matrix."""
        if not with_characters or self.characters is None:
            return self.words
        return sparse.hstack([self.words, self.characters], format="csr")


@dataclass(slots=True)
class Pair:
    """Two linear models on the same text that err differently: a margin machine and a softmax regression.

    `a` sees words and pieces of words, `b` the `common` word columns only. `scale` weighs each column by how
    unevenly the classes use it. With a single class there are no models and every answer is that class.
    """

    classes: tuple[str, ...]
    with_characters: bool
    common: NDArray[np.int32]
    scale: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    a: Any = None
    b: Any = None
    calibration: Calibration = field(default_factory=Calibration)

    def fit(self, matrix: Matrix, labels: Sequence[str], weights: Floats | None = None) -> "Pair":
        """Train on rows whose labels are all among `classes`; `weights` says how much each row counts (1 if None)."""
        if len(self.classes) < 2:
            return self
        truth = np.asarray([self.classes.index(label) for label in labels])
        counted = np.ones(len(truth)) if weights is None else weights
        joined = matrix.joined(self.with_characters)
        self.scale = class_weights(joined, truth, len(self.classes))
        rows = np.bincount(truth, weights=counted, minlength=len(self.classes))
        rarity = counted.sum() / (np.count_nonzero(rows) * np.maximum(rows, 1e-9))
        # A step of .1 is as good as one of .0001 and takes three quarters of the time.
        self.a = LinearSVC(C=0.5, dual=True, tol=0.1, random_state=0)
        # 40 steps from zero are nearly always the end; 20 cost a point of accuracy with 75 labels.
        self.b = SoftmaxRegression(strength=20.0, tolerance=1e-3, steps=40)
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.a.fit(_with_dense(self._scaled(joined), matrix), truth, sample_weight=counted * rarity[truth])
        # Full balancing helps the margins of rare classes; chances suffer from it, the root is the middle.
        self.b.fit(self._scaled_common(matrix), matrix.dense, truth, counted * np.sqrt(rarity[truth]))
        for model in (self.a, self.b):
            # Rounded once, here, so that the saved half-precision numbers and this model agree exactly.
            model.coef_ = model.coef_.astype(np.float16).astype(np.float32)
            model.intercept_ = model.intercept_.astype(np.float32)
        return self

    def scores(self, matrix: Matrix) -> tuple[Floats, Floats]:
        """Raw scores of both members, each (rows, classes); equal for rows without any known word."""
        if self.a is None:
            single = np.zeros((matrix.words.shape[0], len(self.classes)))
            return single, single
        return (
            self._columns(self.a, _with_dense(self._scaled(matrix.joined(self.with_characters)), matrix)),
            self._columns(self.b, _with_dense(self._scaled_common(matrix), matrix)),
        )

    def _scaled_common(self, matrix: Matrix) -> Any:
        common = matrix.words[:, self.common] @ sparse.diags_array(self.scale[self.common])
        return _brought_to_length(common)

    def _scaled(self, block: Any) -> Any:
        return _brought_to_length(block @ sparse.diags_array(self.scale))

    def _columns(self, model: Any, block: Any) -> Floats:
        # A class that no training row of a fold had gets the lowest score there is.
        found = np.asarray(block @ model.coef_.T + model.intercept_, dtype=np.float64)
        if found.shape[1] == 1:
            found = two_columns(found[:, 0])
        full = np.full((found.shape[0], len(self.classes)), float(found.min(initial=0.0)))
        full[:, model.classes_] = found
        return full


def two_columns(margin: NDArray[Any]) -> NDArray[Any]:
    """The margin machine learns two classes as one score; this writes it as one per class, shape (rows, 2)."""
    return np.column_stack([-margin, margin])


def class_weights(joined: Any, truth: Integers, classes: int) -> NDArray[np.float32]:
    """Weight per column: 1 + its Kullback-Leibler divergence from the class shares, relative to the mean.

    A word that every class uses alike keeps 1; one that only few classes use counts several times. It was the
    only change of features that helped on all of seven sets.
    """
    rows = len(truth)
    shares = np.bincount(truth, minlength=classes) / rows
    membership = sparse.csr_array((np.ones(rows), (truth, np.arange(rows))), shape=(classes, rows))
    present = joined.copy()
    present.data = np.ones_like(present.data)
    counts = (membership @ present).tocsc()
    divergence = np.zeros(joined.shape[1])
    # Some columns at a time: all of them at once would need a gigabyte for 250 classes.
    for start in range(0, joined.shape[1], 4096):
        met = counts[:, start : start + 4096].toarray() + 2.0 * shares[:, None]
        conditional = met / met.sum(axis=0)
        ratio = np.where(shares[:, None] > 0, conditional / np.maximum(shares[:, None], 1e-12), 1.0)
        terms = conditional * np.log(np.maximum(ratio, 1e-12))
        divergence[start : start + 4096] = terms.sum(axis=0)
    weights: NDArray[np.float32] = (1.0 + divergence / max(float(divergence.mean()), 1e-12)).astype(np.float32)
    return weights


def uses_characters(rows: int, classes: int) -> bool:
    """Whether pieces of words are worth their time for a head of this size."""
    return rows * classes <= CHARACTER_BUDGET


def second_words(common: NDArray[np.int32], classes: int) -> NDArray[np.int32]:
    """The word columns that the softmax regression of a head reads, sorted; `common` has the commonest first."""
    return np.sort(common[: SECOND_CELLS // max(classes, 1)])


def enough(labels: Sequence[str]) -> tuple[tuple[str, ...], dict[str, int]]:
    """Classes with at least LEAST_ROWS rows, sorted; and the labels with fewer than FEW_ROWS, with their rows.

    What is learned from two to four rows is in both: it is worth suggesting, but nobody can say yet how good
    it is.
    """
    counts = Counter(labels)
    classes = tuple(sorted(label for label, rows in counts.items() if rows >= LEAST_ROWS))
    return classes, {label: rows for label, rows in sorted(counts.items()) if rows < FEW_ROWS}


def _with_dense(rows: Any, matrix: Matrix) -> Any:
    return rows if not matrix.dense.shape[1] else sparse.hstack([rows, matrix.dense], format="csr")


def _brought_to_length(rows: Any) -> Any:
    scaled = rows.tocsr()
    length = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
    factor = np.where(length > 0, ROW_LENGTH / np.maximum(length, 1e-12), 0.0).astype(np.float32)
    return (sparse.diags_array(factor) @ scaled).tocsr()


def _fitted(texts: Sequence[str], **options: Any) -> Any:
    # Words met once say nothing, except where there is hardly anything else.
    for least in (2, 1) if len(texts) >= 50 else (1,):
        vectoriser = TfidfVectorizer(min_df=least, sublinear_tf=True, dtype=np.float32, **options)
        try:
            return vectoriser.fit(texts)
        except ValueError:
            continue
    return TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **options).fit([*texts, EMPTY])
