"""From the scores of a head's two models to ranked labels with honest confidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml.confidence import Calibration, Floats, blend, certain, signs
from ml.given import GIVEN_BY, Given
from ml.places import LocalOffices, Spread

# A head with fewer labelled rows decides nothing alone: no threshold held its promise on sets of 600 rows.
ROWS_FOR_AUTOMATIC = 1_000
LEAST_CHOICES, MOST_CHOICES = 3, 10


@dataclass(frozen=True, slots=True)
class Ranked:
    """The best labels of one complaint, best first: their numbers in `Judge.labels`, and confidences.

    `plausible` is how many labels are needed to have the right one among them in 95 of 100 cases.
    """

    labels: tuple[int, ...]
    confidences: tuple[float, ...]
    plausible: int = 1


class Judge:
    """What turns scores into an answer; the same for the scikit-learn models and for the lean scorer."""

    def __init__(
        self,
        classes: Sequence[str],
        offices: LocalOffices,
        calibration: Calibration,
        given: Mapping[str, Given] | None = None,
        plausible_from: float = 1.0,
    ) -> None:
        self.classes = tuple(classes)
        self.calibration = calibration
        self.plausible_from = plausible_from
        self._given = given or {}
        self._spread = Spread(classes, offices)
        self.labels = self._spread.labels
        self.class_of_label = self._spread.class_of_label

    def chances(
        self,
        scores_a: Floats,
        scores_b: Floats,
        location: str | None,
        text: str,
        known: Mapping[str, str] | None = None,
    ) -> Floats:
        """Chances of `labels` for one complaint from both members' scores, each of shape (classes,).

        `known` are labels a person has set for other targets.
        """
        chances = blend(scores_a, scores_b, self.calibration)
        found = self.given(known)
        if found:
            given, label = found
            chances = given.chances(chances, label)
        return self._spread(chances, location, text)

    def given(self, known: Mapping[str, str] | None) -> tuple[Given, str] | None:
        """The most exact table that knows one of the labels a person has set."""
        if known and self._given:
            for name in GIVEN_BY:
                label, given = known.get(name), self._given.get(name)
                if label is not None and given is not None and label in given.rows:
                    return given, label
        return None

    def signs(self, chances: Floats, scores_a: Floats, scores_b: Floats, precision: Sequence[float]) -> Floats:
        """See `ml.confidence.signs`; `precision` has one number per class, or is empty when unknown."""
        answered = int(self.class_of_label[int(np.argmax(chances))])
        known = precision[answered] if len(precision) else 0.5
        return signs(chances, known, int(scores_a.argmax()) == int(scores_b.argmax()))

    def rank(
        self,
        scores_a: Floats,
        scores_b: Floats,
        location: str | None,
        text: str,
        count: int | None = LEAST_CHOICES,
        known: Mapping[str, str] | None = None,
    ) -> Ranked:
        """The answer to one complaint, from its scores."""
        return self.answer(self.chances(scores_a, scores_b, location, text, known), scores_a, scores_b, count, known)

    def answer(
        self,
        chances: Floats,
        scores_a: Floats,
        scores_b: Floats,
        count: int | None,
        known: Mapping[str, str] | None = None,
    ) -> Ranked:
        """The `count` best labels (fewer when there are fewer); equal chances in the order of the labels.

        Without a `count` as many as are plausible, within LEAST_CHOICES and MOST_CHOICES.
        """
        plausible = max(1, int(np.count_nonzero(chances >= self.plausible_from)))
        if count is None:
            count = min(max(plausible, LEAST_CHOICES), MOST_CHOICES)
        order = best(chances, count)
        return Ranked(tuple(order), self.sure(chances, scores_a, scores_b, order, known), plausible)

    def sure(
        self,
        chances: Floats,
        scores_a: Floats,
        scores_b: Floats,
        order: Sequence[int],
        known: Mapping[str, str] | None = None,
    ) -> tuple[float, ...]:
        """The confidences of some labels, the best of all first, each whatever the others are."""
        found = self.given(known)
        calibration = found[0].calibration if found else self.calibration
        sign = self.signs(chances, scores_a, scores_b, calibration.precision)
        return tuple(certain(chances, order, sign, calibration.weights))


def best(chances: Floats, count: int) -> list[int]:
    """Numbers of the `count` highest chances, highest first."""
    return [int(label) for label in np.argsort(-chances, kind="stable")[:count]]
