"""Training one head: judged on rows it has not seen first, then fitted on all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.answer import Judge, best
from ml.confidence import (
    ROWS_FOR_CALIBRATION,
    SIGNS,
    Calibration,
    Floats,
    best_temperature,
    certain,
    class_precision,
    fit_weights,
)
from ml.dataset import Example, grouped_folds
from ml.metrics import Judged, Metrics, measure, safe_threshold
from ml.pipeline import Integers, Matrix, Pair, enough, uses_characters
from ml.places import LocalOffices

# Fewer rows than this: the figures of the head may be off by five points and more.
ROWS_FOR_TRUST = 200
# Rows x classes up to which five fits for judging take no more than a minute.
FIVE_FOLDS = 200_000
_TEMPERATURES_A = np.geomspace(0.5, 12.0, 40)
_TEMPERATURES_B = np.geomspace(0.3, 3.0, 40)


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What all heads share: rows, their numbers, and which of them nearly repeat each other.

    `matrix` has one row per example, then one per title (`title_rows[i]` is the example of title i). A title
    is a second, short text with the same labels: it added two points of top-3 where there were titles. `common`
    are the word columns that both models of a head read.
    """

    examples: Sequence[Example]
    matrix: Matrix
    title_rows: Sequence[int]
    groups: Sequence[int]
    common: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Head:
    """A trained target: how to answer, how good the answers were on unseen rows, and what it cannot say."""

    target: str
    pair: Pair
    offices: LocalOffices
    too_few: dict[str, int]
    threshold: float
    low_data: bool
    metrics: Metrics
    judged: tuple[Judged, ...]
    judged_rows: tuple[int, ...]

    def judge(self) -> Judge:
        """The judge of this head's scores."""
        return Judge(self.pair.classes, self.offices, self.pair.calibration)


def train_head(target: str, data: TrainingSet) -> Head | None:
    """Train the head of a target; None when no label has enough rows."""
    rows = np.asarray([row for row, example in enumerate(data.examples) if example.label(target)], dtype=np.int64)
    labels = [str(data.examples[row].label(target)) for row in rows]
    offices = LocalOffices.among(labels)
    names = [offices.class_of(label) for label in labels]
    classes, too_few = enough(names)
    if not classes:
        return None
    task = _Task(data, rows, labels, names, classes)
    unseen = _unseen_scores(task)
    calibration, judged = _calibrated(task, unseen)
    pair = replace(task.fitted(np.ones(len(rows), dtype=bool)), calibration=calibration)
    return Head(
        target=target,
        pair=pair,
        offices=offices,
        too_few=too_few,
        threshold=safe_threshold(judged),
        low_data=len(rows) < ROWS_FOR_TRUST,
        metrics=measure(judged),
        judged=tuple(judged),
        judged_rows=tuple(int(row) for row in rows),
    )


@dataclass(frozen=True, slots=True)
class _Task:
    data: TrainingSet
    rows: Integers
    labels: Sequence[str]
    names: Sequence[str]
    classes: tuple[str, ...]

    def fitted(self, chosen: NDArray[np.bool_]) -> Pair:
        """A pair trained on the chosen rows (of `rows`) and on their titles."""
        name_of = {
            int(row): name
            for row, name, use in zip(self.rows, self.names, chosen, strict=True)
            if use and name in self.classes
        }
        texts = list(name_of)
        titles = [position for position, row in enumerate(self.data.title_rows) if row in name_of]
        labels = [name_of[row] for row in texts] + [name_of[self.data.title_rows[title]] for title in titles]
        pair = Pair(self.classes, uses_characters(len(self.rows), len(self.classes)), self.data.common)
        if len(set(labels)) < 2:
            return pair
        wanted = [*texts, *(len(self.data.examples) + title for title in titles)]
        return pair.fit(self.data.matrix.rows(np.asarray(wanted, dtype=np.int64)), labels)

    def folds(self) -> Integers:
        """A fold per row; five where fits are short, otherwise three."""
        groups = [self.data.groups[row] for row in self.rows]
        count = min(5 if len(self.rows) * len(self.classes) <= FIVE_FOLDS else 3, len(set(groups)))
        return np.asarray(grouped_folds(self.names, groups, count), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Unseen:
    folds: Integers
    scores_a: Floats
    scores_b: Floats
    offices: Sequence[LocalOffices]


def _unseen_scores(task: _Task) -> _Unseen:
    # Each row is scored by a model that has seen neither it nor a text nearly equal to it.
    folds = task.folds()
    scores_a = np.zeros((len(task.rows), len(task.classes)))
    scores_b = np.zeros_like(scores_a)
    offices = []
    for fold in range(int(folds.max(initial=0)) + 1):
        held = folds == fold
        offices.append(LocalOffices.among([label for label, out in zip(task.labels, held, strict=True) if not out]))
        pair = task.fitted(~held)
        scores_a[held], scores_b[held] = pair.scores(task.data.matrix.rows(task.rows[held]))
    return _Unseen(folds, scores_a, scores_b, offices)


def _calibrated(task: _Task, unseen: _Unseen) -> tuple[Calibration, list[Judged]]:
    calibration = _temperatures(task, unseen)
    chances, judges = [], [Judge(task.classes, offices, calibration) for offices in unseen.offices]
    for position, row in enumerate(task.rows):
        example = task.data.examples[row]
        judge = judges[unseen.folds[position]]
        a, b = unseen.scores_a[position], unseen.scores_b[position]
        chances.append(judge.chances(a, b, example.location, example.text))
    used = [judges[fold] for fold in unseen.folds]
    top = [best(chance, 3) for chance in chances]
    answers = [tuple(judge.labels[label] for label in order) for judge, order in zip(used, top, strict=True)]
    right = np.asarray([answer[0] == label for answer, label in zip(answers, task.labels, strict=True)])
    classes = np.asarray([judge.class_of_label[order[0]] for judge, order in zip(used, top, strict=True)])

    def signs_of(positions: Any, precision: Floats) -> Floats:
        return np.asarray(
            [used[i].signs(chances[i], unseen.scores_a[i], unseen.scores_b[i], tuple(precision)) for i in positions]
        )

    size = len(task.classes)
    signs = np.zeros((len(task.rows), SIGNS))
    for fold in range(len(judges)):
        held = unseen.folds == fold
        signs[held] = signs_of(np.flatnonzero(held), class_precision(classes[~held], right[~held], size))
    confidences = np.zeros(len(task.rows))
    for fold in range(len(judges)):
        held = unseen.folds == fold
        weights = _weights(signs[~held], right[~held], size)
        for i in np.flatnonzero(held):
            confidences[i] = certain(chances[i], top[i], signs[i], weights)[0]
    judged = [
        Judged(label, answer, float(confidence))
        for label, answer, confidence in zip(task.labels, answers, confidences, strict=True)
    ]
    precision = tuple(float(share) for share in class_precision(classes, right, size))
    return replace(calibration, weights=_weights(signs, right, size), precision=precision), judged


def _temperatures(task: _Task, unseen: _Unseen) -> Calibration:
    known = [position for position, name in enumerate(task.names) if name in task.classes]
    truth = np.asarray([task.classes.index(task.names[position]) for position in known])
    if len(known) < ROWS_FOR_CALIBRATION or len(task.classes) < 2:
        return Calibration()
    return Calibration(
        temperature_a=best_temperature(unseen.scores_a[known], truth, _TEMPERATURES_A),
        temperature_b=best_temperature(unseen.scores_b[known], truth, _TEMPERATURES_B),
    )


def _weights(signs: Floats, right: NDArray[np.bool_], classes: int) -> tuple[float, ...]:
    if classes > 1 and len(right) < ROWS_FOR_CALIBRATION:
        return Calibration().weights
    return fit_weights(signs, right)
