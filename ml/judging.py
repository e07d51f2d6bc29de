"""What the answers to unseen rows teach: temperatures, honest confidence, and what a set category changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ml.answer import Judge, best
from ml.confidence import (
    ROWS_FOR_CALIBRATION,
    SIGNS,
    Calibration,
    Floats,
    best_temperature,
    blend,
    certain,
    class_precision,
    fit_weights,
    plausible_from,
)
from ml.dataset import Example
from ml.given import GIVEN_BY, GIVEN_FOR, LEAST_ROWS, TRUSTS, Given
from ml.metrics import Judged
from ml.places import LocalOffices

_TEMPERATURES_A = np.geomspace(0.5, 12.0, 40)
_TEMPERATURES_B = np.geomspace(0.3, 3.0, 40)

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Unseen:
    """Labelled rows and what models that had not seen them scored; one set of offices per fold."""

    examples: Sequence[Example]
    labels: Sequence[str]
    names: Sequence[str]
    classes: tuple[str, ...]
    folds: Integers
    scores_a: Floats
    scores_b: Floats
    offices: Sequence[LocalOffices]


@dataclass(frozen=True, slots=True)
class Checked:
    """A calibration, the answers it was learned from, and the chance down to which a label is plausible."""

    calibration: Calibration
    judged: tuple[Judged, ...]
    plausible_from: float


def temperatures(unseen: Unseen) -> Calibration:
    """The temperatures with the lowest log loss on unseen rows; the usual ones when there are too few rows."""
    known = [position for position, name in enumerate(unseen.names) if name in unseen.classes]
    truth = np.asarray([unseen.classes.index(unseen.names[position]) for position in known])
    if len(known) < ROWS_FOR_CALIBRATION or len(unseen.classes) < 2:
        return Calibration()
    return Calibration(
        temperature_a=best_temperature(unseen.scores_a[known], truth, _TEMPERATURES_A),
        temperature_b=best_temperature(unseen.scores_b[known], truth, _TEMPERATURES_B),
    )


def calibrated(
    unseen: Unseen, calibration: Calibration, given: Mapping[int, Given] | None = None, column: str = ""
) -> Checked:
    """Learn from the rows how sure an answer is; the confidences of the rows themselves come from other folds.

    With `given`, the table of each fold, the answers are those after a person has set the label of `column`.
    """
    judges = [
        Judge(unseen.classes, offices, calibration, {column: given[fold]} if given else None)
        for fold, offices in enumerate(unseen.offices)
    ]
    used = [judges[fold] for fold in unseen.folds]
    chances: list[Floats] = []
    for position, (example, judge) in enumerate(zip(unseen.examples, used, strict=True)):
        known = {column: str(example.label(column))} if given else None
        a, b = unseen.scores_a[position], unseen.scores_b[position]
        chances.append(judge.chances(a, b, example.location, example.text, known))
    top = [best(chance, 3) for chance in chances]
    answers = [tuple(judge.labels[label] for label in order) for judge, order in zip(used, top, strict=True)]
    right = np.asarray([answer[0] == label for answer, label in zip(answers, unseen.labels, strict=True)], dtype=bool)
    classes = np.asarray([judge.class_of_label[order[0]] for judge, order in zip(used, top, strict=True)], dtype=int)
    size = len(unseen.classes)

    def signs_of(positions: Sequence[int], precision: Floats) -> Floats:
        scores = ((chances[i], unseen.scores_a[i], unseen.scores_b[i]) for i in positions)
        return np.asarray(
            [used[i].signs(*score, tuple(precision)) for i, score in zip(positions, scores, strict=True)]
        ).reshape(-1, SIGNS)

    signs = np.zeros((len(unseen.labels), SIGNS))
    for fold in range(len(judges)):
        held = unseen.folds == fold
        precision = class_precision(classes[~held], right[~held], size)
        signs[held] = signs_of([int(i) for i in np.flatnonzero(held)], precision)
    confidences = np.zeros(len(unseen.labels))
    for fold in range(len(judges)):
        held = unseen.folds == fold
        weights = _weights(signs[~held], right[~held], size)
        for i in np.flatnonzero(held):
            confidences[i] = certain(chances[i], top[i], signs[i], weights)[0]
    judged = tuple(
        Judged(label, answer, float(confidence))
        for label, answer, confidence in zip(unseen.labels, answers, confidences, strict=True)
    )
    learned = replace(
        calibration,
        weights=_weights(signs, right, size),
        precision=tuple(float(share) for share in class_precision(classes, right, size)),
    )
    return Checked(
        learned, judged, plausible_from([_of_truth(*row) for row in zip(used, chances, unseen.labels, strict=True)])
    )


def given_tables(target: str, unseen: Unseen, calibration: Calibration) -> Mapping[str, Given]:
    """For each label a person can set, the table it gives for this target; empty where there is none to learn."""
    tables = {}
    for column in GIVEN_BY if target == GIVEN_FOR and len(unseen.classes) > 1 else ():
        rows = [
            position
            for position, (example, name) in enumerate(zip(unseen.examples, unseen.names, strict=True))
            if example.label(column) and name in unseen.classes
        ]
        if len(rows) >= LEAST_ROWS:
            tables[column] = _given(_some(unseen, rows), column, calibration)
    return tables


def _given(unseen: Unseen, column: str, calibration: Calibration) -> Given:
    size = len(unseen.classes)
    numbers = np.asarray([unseen.classes.index(name) for name in unseen.names])
    labels = [str(example.label(column)) for example in unseen.examples]

    def counted(chosen: NDArray[np.bool_]) -> Given:
        kept = np.flatnonzero(chosen)
        return Given.counted([labels[row] for row in kept], [int(numbers[row]) for row in kept], size)

    by_fold = {fold: counted(unseen.folds != fold) for fold in range(len(unseen.offices))}
    chances = blend(unseen.scores_a, unseen.scores_b, calibration)
    losses = []
    for trust in TRUSTS:
        tables = {fold: replace(given, trust=float(trust)) for fold, given in by_fold.items()}
        told = (
            tables[int(fold)].chances(chance, label)[number]
            for fold, chance, label, number in zip(unseen.folds, chances, labels, numbers, strict=True)
        )
        losses.append(-float(np.mean(np.log(np.maximum(list(told), 1e-9)))))
    trust = float(TRUSTS[int(np.argmin(losses))])
    tables = {fold: replace(given, trust=trust) for fold, given in by_fold.items()}
    checked = calibrated(unseen, calibration, tables, column)
    return replace(counted(np.ones(len(labels), dtype=bool)), trust=trust, calibration=checked.calibration)


def _some(unseen: Unseen, rows: Sequence[int]) -> Unseen:
    return replace(
        unseen,
        examples=[unseen.examples[row] for row in rows],
        labels=[unseen.labels[row] for row in rows],
        names=[unseen.names[row] for row in rows],
        folds=unseen.folds[rows],
        scores_a=unseen.scores_a[rows],
        scores_b=unseen.scores_b[rows],
    )


def _of_truth(judge: Judge, chances: Floats, label: str) -> float:
    return float(chances[judge.labels.index(label)]) if label in judge.labels else 0.0


def _weights(signs: Floats, right: NDArray[np.bool_], classes: int) -> tuple[float, ...]:
    if classes > 1 and len(right) < ROWS_FOR_CALIBRATION:
        return Calibration().weights
    return fit_weights(signs, right)
