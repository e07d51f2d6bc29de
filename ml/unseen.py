"""How likely each label is for rows that people have labelled, said by models that did not see those rows."""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from ml.confidence import Floats, best_temperature, softmax
from ml.dataset import Example, grouped_folds, near_duplicate_groups
from ml.pipeline import LEAST_ROWS, Features, prepare
from ml.text import Stemmer

FOLDS = 5
# Rows x labels up to which a second model is worth its time: with it, of the first rows of the list of doubts 85
# instead of 82 % had been planted.
SECOND_MODEL = 400_000
_TEMPERATURES = np.geomspace(0.5, 12.0, 30)


@dataclass(frozen=True, slots=True)
class Unseen:
    """Chances of labels for rows whose model had seen neither them nor nearly equal texts.

    `rows` are positions in the examples and `groups` their groups of nearly equal texts; `chances` has the shape
    (rows, labels). `is_judged` is false where the other folds had no row of the given label. `left_out` are labels
    with fewer than LEAST_ROWS rows. `words` are the rows as TF-IDF of stems, of length 1.
    """

    rows: tuple[int, ...]
    groups: tuple[int, ...]
    labels: tuple[str, ...]
    chances: Floats
    is_judged: NDArray[np.bool_]
    left_out: Mapping[str, int]
    words: Any


def unseen_chances(examples: Sequence[Example], target: str) -> Unseen:
    """Cross-validated chances of every label of a target; about 15 seconds for 10,000 rows and 30 labels.

    A support-vector machine and, for tables up to SECOND_MODEL, a softmax regression, each with one temperature.
    """
    rows = [row for row, example in enumerate(examples) if example.label(target)]
    given = [str(examples[row].label(target)) for row in rows]
    counts = Counter(given)
    labels = tuple(sorted(label for label, count in counts.items() if count >= LEAST_ROWS))
    left_out = {label: count for label, count in sorted(counts.items()) if count < LEAST_ROWS}
    groups = near_duplicate_groups([examples[row].text for row in rows])
    stemmer = Stemmer()
    texts = [prepare(examples[row].text, stemmer) for row in rows]
    words = Features(with_characters=False).fit(texts).transform(texts).words if rows else None
    place = {label: position for position, label in enumerate(labels)}
    truth = np.asarray([place.get(label, -1) for label in given], dtype=np.int64)
    chances = np.zeros((len(rows), len(labels)))
    is_judged = np.zeros(len(rows), dtype=np.bool_)
    count = min(FOLDS, len(set(groups)))
    if len(labels) > 1 and count > 1:
        folds = np.asarray(grouped_folds(given, groups, count), dtype=np.int64)
        chances = _cross_validated(words, truth, folds, len(labels))
        for fold in range(count):
            known = np.unique(truth[(folds != fold) & (truth >= 0)])
            is_judged[folds == fold] = np.isin(truth[folds == fold], known)
    return Unseen(tuple(rows), tuple(groups), labels, chances, is_judged, left_out, words)


def _cross_validated(words: Any, truth: NDArray[np.int64], folds: NDArray[np.int64], labels: int) -> Floats:
    models: list[Any] = [LinearSVC(C=0.5, class_weight="balanced", random_state=0)]
    if len(truth) * labels <= SECOND_MODEL:
        models.append(LogisticRegression(C=20.0, tol=1e-3, max_iter=20))
    known = truth >= 0
    total = np.zeros((len(truth), labels))
    for model in models:
        scores = np.zeros_like(total)
        for fold in range(int(folds.max()) + 1):
            held = folds == fold
            scores[held] = _scores(model, words[~held & known], truth[~held & known], words[held], labels)
        temperature = best_temperature(scores[known], truth[known], _TEMPERATURES)
        total += softmax(temperature * scores)
    return total / len(models)


def _scores(model: Any, words: Any, truth: NDArray[np.int64], held: Any, labels: int) -> Floats:
    present = np.unique(truth)
    if len(present) < 2:
        # Nothing to tell apart: the only label is the answer, or all are equal when there is none.
        scores = np.full((held.shape[0], labels), -1.0)
        scores[:, present] = 1.0
        return scores
    with warnings.catch_warnings():
        # Twenty steps of the regression are early stopping, as in the classifier itself.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(words, truth)
    found = np.asarray(model.decision_function(held), dtype=np.float64)
    if found.ndim == 1:
        found = np.column_stack([-found, found])
    scores = np.full((held.shape[0], labels), float(found.min(initial=0.0)))
    scores[:, present] = found
    return scores
