"""From the scores of a head's two models to ranked labels with honest confidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.confidence import Calibration, Floats, blend, certain, signs
from ml.places import LocalOffices, Spread


@dataclass(frozen=True, slots=True)
class Ranked:
    """The best labels of one complaint, best first: their numbers in `Judge.labels`, and confidences."""

    labels: tuple[int, ...]
    confidences: tuple[float, ...]


class Judge:
    """What turns scores into an answer; the same for the scikit-learn models and for the lean scorer."""

    def __init__(self, classes: Sequence[str], offices: LocalOffices, calibration: Calibration) -> None:
        self.classes = tuple(classes)
        self.calibration = calibration
        self._spread = Spread(classes, offices)
        self.labels = self._spread.labels
        self.class_of_label = self._spread.class_of_label

    def chances(self, scores_a: Floats, scores_b: Floats, location: str | None, text: str) -> Floats:
        """Chances of `labels` for one complaint from both members' scores, each of shape (classes,)."""
        return self._spread(blend(scores_a, scores_b, self.calibration), location, text)

    def signs(self, chances: Floats, scores_a: Floats, scores_b: Floats, precision: Sequence[float]) -> Floats:
        """See `ml.confidence.signs`; `precision` has one number per class, or is empty when unknown."""
        answered = int(self.class_of_label[int(np.argmax(chances))])
        known = precision[answered] if len(precision) else 0.5
        return signs(chances, known, int(scores_a.argmax()) == int(scores_b.argmax()))

    def rank(self, scores_a: Floats, scores_b: Floats, location: str | None, text: str, count: int = 3) -> Ranked:
        """The `count` best labels (fewer when there are fewer); equal chances in the order of the labels."""
        chances = self.chances(scores_a, scores_b, location, text)
        order = best(chances, count)
        sign = self.signs(chances, scores_a, scores_b, self.calibration.precision)
        return Ranked(tuple(order), tuple(certain(chances, order, sign, self.calibration.weights)))


def best(chances: Floats, count: int) -> list[int]:
    """Numbers of the `count` highest chances, highest first."""
    return [int(label) for label in np.argsort(-chances, kind="stable")[:count]]
