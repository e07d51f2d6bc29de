"""How sure a suggestion is: chances that were checked against rows the model had not seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Below this many judged rows only the chance itself is calibrated: what the other signs are worth cannot be
# learned from fewer (they helped on sets of 7,000 rows and hurt on sets of 600).
ROWS_FOR_ALL_SIGNS = 1_000
# Below this many judged rows nothing is calibrated and the head carries the low-data badge.
ROWS_FOR_CALIBRATION = 30
# The precision of a class is pulled towards the head's average with the weight of this many rows.
PRIOR_ROWS = 10.0
SIGNS = 6
_NEUTRAL = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was learned from rows the model had not seen.

    `temperature_*` multiply the scores of the two members before softmax. `weights` turn the signs of one
    answer (see `signs`) into the log-odds that it is right. `precision` is the share of right answers per class.
    `prior` is added to the logarithm of each class's chance: what published shares say while rows are few.
    """

    temperature_a: float = 4.0
    temperature_b: float = 1.0
    weights: tuple[float, ...] = _NEUTRAL
    precision: tuple[float, ...] = field(default=())
    prior: tuple[float, ...] = field(default=())


def softmax(scores: Floats) -> Floats:
    """Chances from scores, along the last axis."""
    exponents = np.exp(scores - scores.max(axis=-1, keepdims=True))
    chances: Floats = exponents / exponents.sum(axis=-1, keepdims=True)
    return chances


def blend(scores_a: Floats, scores_b: Floats, calibration: Calibration) -> Floats:
    """Mean of both members' chances; scores have the shape (classes,) or (rows, classes)."""
    chances_a = softmax(calibration.temperature_a * scores_a)
    chances: Floats = (chances_a + softmax(calibration.temperature_b * scores_b)) * 0.5
    if calibration.prior:
        chances = chances * np.exp(np.asarray(calibration.prior))
        chances = chances / chances.sum(axis=-1, keepdims=True)
    return chances


def plausible_from(chances_of_truth: Sequence[float], missed: float = 0.04) -> float:
    """The chance down to which labels belong in a set that misses the truth in `missed` of the cases at most.

    Split conformal prediction: `chances_of_truth` are the chances that the right labels had in rows the model had
    not seen (0 for a label it does not know). 0.0, every label, when the rows are too few to say. Asking for .96 held
    .95 on new rows.
    """
    dropped = int((len(chances_of_truth) + 1) * missed)
    return float(sorted(chances_of_truth)[dropped - 1]) if dropped else 0.0


def signs(chances: Floats, precision: float, agreed: bool) -> Floats:
    """What speaks for and against the first choice of one answer; shape (SIGNS,).

    A constant, the log-odds of its chance, its lead over the second, the log-odds of its class being right,
    whether both members chose the same class, and the entropy of all chances. `chances` has the shape (labels,).
    """
    second, first = np.partition(chances, -2)[-2:].tolist() if len(chances) > 1 else (0.0, float(chances[0]))
    lead = np.log(max(first, 1e-6) / max(second, 1e-6))
    entropy = -float((chances * np.log(np.maximum(chances, 1e-12))).sum())
    return np.asarray([1.0, _log_odds(first), lead, _log_odds(precision), float(agreed), entropy])


def certain(chances: Floats, order: Sequence[int], sign: Floats, weights: Sequence[float]) -> list[float]:
    """Confidences of the labels in `order` (best first), each between 0 and 1, never rising.

    The first is the calibrated chance of being right; the others share what is left of it in proportion.
    """
    weighted = sum(value * weight for value, weight in zip(sign.tolist(), weights, strict=True))
    first = float(1.0 / (1.0 + np.exp(-min(max(weighted, -30.0), 30.0))))
    best, *others = chances[order].tolist()
    rest = (1.0 - first) / max(1.0 - best, 1e-9)
    return [first, *(min(chance * rest, first) for chance in others)]


def best_temperature(scores: Floats, truth: NDArray[np.int64], candidates: Floats) -> float:
    """The candidate with the lowest log loss; `scores` (rows, classes), `truth` (rows,) class numbers."""
    rows = np.arange(len(truth))
    losses = [-np.log(np.maximum(softmax(candidate * scores)[rows, truth], 1e-12)).mean() for candidate in candidates]
    return float(candidates[int(np.argmin(losses))])


def class_precision(answers: NDArray[np.int64], right: NDArray[np.bool_], classes: int) -> Floats:
    """Smoothed share of right answers per answered class, shape (classes,)."""
    average = float(right.mean()) if len(right) else 0.5
    hits = np.bincount(answers[right], minlength=classes)
    precision: Floats = (hits + PRIOR_ROWS * average) / (np.bincount(answers, minlength=classes) + PRIOR_ROWS)
    return precision


def fit_weights(rows_of_signs: Floats, right: NDArray[np.bool_]) -> tuple[float, ...]:
    """Weights of the signs by logistic regression, shrunk towards "believe the chance as it is".

    `rows_of_signs` (rows, SIGNS), `right` (rows,). Newton's method; the prior counts as about one row.
    """
    used = list(range(SIGNS)) if len(right) >= ROWS_FOR_ALL_SIGNS else [0, 1]
    design = rows_of_signs[:, used]
    prior = np.asarray(_NEUTRAL)[used]
    weights = prior.copy()

    def loss(candidate: Floats) -> float:
        signed = design @ candidate * np.where(right, -1.0, 1.0)
        return float(np.logaddexp(0.0, signed).sum() + ((candidate - prior) ** 2).sum() / 2)

    for _ in range(25):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30.0, 30.0)))
        gradient = design.T @ (chance - right) + (weights - prior)
        curvature = (design * (chance * (1.0 - chance))[:, None]).T @ design + np.eye(len(used))
        step = np.linalg.solve(curvature, gradient)
        while float(np.abs(step).max()) > 1e-9 and loss(weights - step) > loss(weights):
            step = step / 2
        weights = weights - step
        if float(np.abs(step).max()) < 1e-9:
            break
    full = np.zeros(SIGNS)
    full[used] = weights
    return tuple(float(weight) for weight in full)


def _log_odds(chance: float) -> float:
    clipped = min(max(float(chance), 1e-6), 1.0 - 1e-6)
    return float(np.log(clipped / (1.0 - clipped)))
