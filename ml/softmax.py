"""Softmax regression in single precision: for hundreds of classes in a fifth of the time of scikit-learn's."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

# Pairs of steps and changes that the solver remembers, each twice words x classes numbers: with 249 classes 5 came to a
# lower loss than 10, and 3 did not.
MEMORY = 5

Floats = NDArray[np.float32]


class SoftmaxRegression:
    """Multinomial logistic regression with an L2 penalty, solved by SciPy's L-BFGS-B as in scikit-learn.

    Its own loss, because scikit-learn's takes double precision and multiplies dense columns as sparse ones: with 150
    dense columns that was most of the time of a training.

    `strength` is scikit-learn's C. Ends after `steps` steps, or when no slope of the mean loss exceeds `tolerance`.
    After `fit`, `coef_` has the shape (classes, columns), words first, `intercept_` and `classes_` (classes,), also
    when there are two classes only.
    """

    def __init__(self, strength: float, tolerance: float, steps: int) -> None:
        self.strength = strength
        self.tolerance = tolerance
        self.steps = steps
        self.classes_: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.coef_: Floats = np.zeros((0, 0), dtype=np.float32)
        self.intercept_: Floats = np.zeros(0, dtype=np.float32)

    def fit(
        self, words: Any, dense: Floats, truth: NDArray[np.int64], weights: NDArray[np.float64]
    ) -> "SoftmaxRegression":
        """Learn from sparse and dense columns with the same rows; `weights` says how much each row counts."""
        self.classes_, answers = np.unique(truth, return_inverse=True)
        loss = _Loss(words, dense, answers, weights, len(self.classes_), self.strength)
        found = minimize(
            loss,
            np.zeros(loss.size),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": self.steps, "gtol": self.tolerance, "maxcor": MEMORY},
        )
        solved = found.x.astype(np.float32).reshape(-1, len(self.classes_))
        self.coef_, self.intercept_ = solved[:-1].T, solved[-1]
        return self


class _Loss:
    """The mean weighted loss of the rows plus the penalty, for parameters of shape (columns + 1, classes), flat.

    Sparse and dense columns are multiplied apart: as sparse ones, the dense columns took most of the time.
    """

    def __init__(
        self,
        words: Any,
        dense: Floats,
        answers: NDArray[np.int64],
        weights: NDArray[np.float64],
        classes: int,
        strength: float,
    ) -> None:
        self._words, self._columns, self._dense = words.tocsr(), words.T.tocsr(), np.ascontiguousarray(dense)
        self._truth = np.arange(len(answers)), answers
        self._shares: Floats = (weights / weights.sum()).astype(np.float32)
        self._penalty = 1.0 / (strength * float(weights.sum()))
        self._classes = classes
        self._split = words.shape[1]
        self.size = (words.shape[1] + dense.shape[1] + 1) * classes

    def __call__(self, parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """The loss and its slopes."""
        rows = parameters.astype(np.float32).reshape(-1, self._classes)
        scores = self._words @ rows[: self._split]
        scores += self._dense @ rows[self._split : -1]
        scores += rows[-1]
        scores -= scores.max(axis=1, keepdims=True)
        of_truth = scores[self._truth]
        chances = np.exp(scores, out=scores)
        totals = chances.sum(axis=1)
        lost = float((self._shares * (np.log(totals) - of_truth)).sum(dtype=np.float64))
        chances *= (self._shares / totals)[:, None]
        chances[self._truth] -= self._shares
        slopes = np.empty(len(parameters))
        found = slopes.reshape(-1, self._classes)
        found[: self._split] = self._columns @ chances
        found[self._split : -1] = self._dense.T @ chances
        found[-1] = chances.sum(axis=0)
        # The bias carries no penalty.
        penalised = slice(0, -self._classes)
        slopes[penalised] += self._penalty * parameters[penalised]
        return lost + 0.5 * self._penalty * float(parameters[penalised] @ parameters[penalised]), slopes
