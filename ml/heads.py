"""Training one head: judged on rows it has not seen first, then fitted on all of them."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.answer import ROWS_FOR_AUTOMATIC, Judge
from ml.confidence import Floats
from ml.dataset import WRITTEN, Example, grouped_folds
from ml.given import Given
from ml.judging import Unseen, calibrated, given_tables, temperatures
from ml.metrics import Judged, Metrics, measure, safe_threshold
from ml.pipeline import Integers, Matrix, Pair, enough, second_words, uses_characters
from ml.places import LocalOffices

# Fewer rows than this: the figures of the head may be off by five points and more.
ROWS_FOR_TRUST = 200
# Rows x classes up to which five fits for judging take no more than a minute.
FIVE_FOLDS = 200_000
# Published shares move the first answers of a desk without examples: with names and keywords alone they gained a
# point of accuracy and two of top 3, beside 1,700 written examples they cost one. So they fade as examples come.
SHARE_POWER = 0.3
SHARE_ROWS = 100.0
LEAST_SHARE = 0.001


@dataclass(frozen=True, slots=True)
class Lent:
    """Rows of the matrix that teach a target although nobody of this desk labelled them, and what they count."""

    rows: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What all heads share: rows, their numbers, and which of them nearly repeat each other.

    The first `own` examples are this desk's, the others lent ones. `matrix` has one row per example, then one per
    phrase of a label. Titles are not learned from: as second, short texts with the same labels they cost two to three
    points of accuracy beside other desks' rows; alone they cost one desk 1.6 points and gained another .8.

    `common` are the word columns that both models of a head may read, the commonest first. `lent` and `shares` (of
    labels, published) go by target.
    """

    examples: Sequence[Example]
    matrix: Matrix
    groups: Sequence[int]
    common: NDArray[np.int32]
    own: int
    lent: Mapping[str, Lent] = field(default_factory=dict)
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


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
    given: Mapping[str, Given] = field(default_factory=dict)
    plausible_from: float = 0.0
    decided_rows: int = 0

    @property
    def may_be_automatic(self) -> bool:
        """Whether people have decided enough rows for anything to be decided without them."""
        return self.decided_rows >= ROWS_FOR_AUTOMATIC

    def judge(self) -> Judge:
        """The judge of this head's scores."""
        return Judge(self.pair.classes, self.offices, self.pair.calibration, self.given, self.plausible_from)


def train_head(target: str, data: TrainingSet, threads: int = 1) -> Head | None:
    """Train the head of a target; None when no label has enough rows.

    Without a single own row the lent examples are judged in their place, at full weight.
    """
    task = _task(target, data)
    if task is None:
        return None
    folds = task.folds()
    jobs = [None, *range(int(folds.max(initial=-1)) + 1)]
    # What a fold's model scored is kept, not the model: a dozen of them would need gigabytes.
    whole, *scored = in_turn(lambda fold: _fitted_or_scored(task, folds, fold), jobs, threads)
    unseen = _unseen(task, folds, scored)
    calibration = replace(temperatures(unseen), prior=task.prior())
    checked = calibrated(unseen, calibration)
    judged = checked.judged
    decided = sum(data.examples[row].source != WRITTEN for row in task.rows)
    return Head(
        target=target,
        pair=replace(whole, calibration=checked.calibration),
        offices=task.offices,
        too_few=task.too_few,
        threshold=safe_threshold(judged),
        low_data=len(task.own_rows) < ROWS_FOR_TRUST,
        metrics=measure(judged),
        judged=judged,
        judged_rows=tuple(int(row) for row in task.rows),
        given=given_tables(target, unseen, checked.calibration),
        plausible_from=checked.plausible_from,
        decided_rows=decided if len(task.own_rows) else 0,
    )


def in_turn(work: Callable[[int | None], Any], jobs: Sequence[int | None], threads: int) -> list[Any]:
    """The results of the jobs in their order; each is computed by one thread alone, so the bits do not depend."""
    if threads == 1:
        return [work(job) for job in jobs]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, jobs))


@dataclass(frozen=True, slots=True)
class _Task:
    data: TrainingSet
    target: str
    own_rows: Integers
    rows: Integers
    labels: Sequence[str]
    names: Sequence[str]
    classes: tuple[str, ...]
    too_few: dict[str, int]
    offices: LocalOffices
    lent: Lent

    def fitted(self, chosen: NDArray[np.bool_]) -> Pair:
        """A pair trained on the chosen rows (of `rows`) and on whatever is lent."""
        known = set(self.classes)
        name_of = {
            int(row): name
            for row, name, use in zip(self.rows, self.names, chosen, strict=True)
            if use and name in known
        }
        lent = {row: name for row, name in zip(self.lent.rows, self.lent.labels, strict=True) if name in known}
        wanted: list[int] = []
        labels: list[str] = []
        weights: list[float] = []
        for group, weight in ((name_of, 1.0), (lent, self.lent.weight)):
            wanted += group
            labels += group.values()
            weights += [weight] * len(group)
        characters = uses_characters(len(self.rows) + len(lent), len(self.classes))
        pair = Pair(self.classes, characters, second_words(self.data.common, len(self.classes)))
        if len(set(labels)) < 2:
            return pair
        return pair.fit(self.data.matrix.rows(np.asarray(wanted, dtype=np.int64)), labels, np.asarray(weights))

    def folds(self) -> Integers:
        """A fold per row; five where fits are short, otherwise three."""
        groups = [self.data.groups[row] for row in self.rows]
        size = (len(self.rows) + len(self.lent.rows)) * len(self.classes)
        count = min(5 if size <= FIVE_FOLDS else 3, len(set(groups)))
        return np.asarray(grouped_folds(self.names, groups, count) if count else [], dtype=np.int64)

    def prior(self) -> tuple[float, ...]:
        """What published shares add to the logarithm of each class's chance; empty when none are known."""
        shares = self.data.shares.get(self.target)
        if not shares or len(self.classes) < 2:
            return ()
        power = SHARE_POWER * SHARE_ROWS / (SHARE_ROWS + len(self.rows) + self.lent.weight * len(self.lent.rows))
        known = np.log([max(shares.get(name, LEAST_SHARE), LEAST_SHARE) for name in self.classes])
        return tuple(float(value) for value in power * (known - known.mean()))


def _task(target: str, data: TrainingSet) -> _Task | None:
    own = [row for row in range(data.own) if data.examples[row].label(target)]
    lent = data.lent.get(target, Lent())
    rows, labels = own, [str(data.examples[row].label(target)) for row in own]
    if not own:
        whole = [(row, label) for row, label in zip(lent.rows, lent.labels, strict=True) if row < len(data.examples)]
        rows, labels = [row for row, _ in whole], [label for _, label in whole]
        rest = [pair for pair in zip(lent.rows, lent.labels, strict=True) if pair[0] >= len(data.examples)]
        lent = Lent(tuple(row for row, _ in rest), tuple(label for _, label in rest), lent.weight)
    offices = LocalOffices.among(labels)
    names = [offices.class_of(label) for label in labels]
    lent = replace(lent, labels=tuple(offices.class_of(label) for label in lent.labels))
    classes, too_few = enough([*names, *lent.labels])
    if not classes:
        return None
    numbers = np.asarray(rows, dtype=np.int64)
    return _Task(data, target, np.asarray(own, dtype=np.int64), numbers, labels, names, classes, too_few, offices, lent)


def _fitted_or_scored(task: _Task, folds: Integers, fold: int | None) -> Pair | tuple[Floats, Floats]:
    if fold is None:
        return task.fitted(np.ones(len(task.rows), dtype=bool))
    held = folds == fold
    return task.fitted(~held).scores(task.data.matrix.rows(task.rows[held]))


def _unseen(task: _Task, folds: Integers, scored: Sequence[tuple[Floats, Floats]]) -> Unseen:
    # Each row is scored by a model that has seen neither it nor a text nearly equal to it.
    scores_a = np.zeros((len(task.rows), len(task.classes)))
    scores_b = np.zeros_like(scores_a)
    offices = []
    for fold, (a, b) in enumerate(scored):
        held = folds == fold
        offices.append(LocalOffices.among([label for label, out in zip(task.labels, held, strict=True) if not out]))
        scores_a[held], scores_b[held] = a, b
    examples = [task.data.examples[row] for row in task.rows]
    return Unseen(examples, task.labels, task.names, task.classes, folds, scores_a, scores_b, offices)
