"""Whether a new version may replace an old one: no worse in what people would notice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml.metrics import Judged, Metrics, measure, per_label

MAX_ACCURACY_LOSS = 0.005
MAX_F1_LOSS = 0.01
MAX_RECALL_LOSS = 0.10
RECALL_ROWS = 30
MAX_ECE = 0.10
# With fewer rows one standard deviation is 2 to 3 points: the figures alone cannot decide.
ENOUGH_ROWS = 200


@dataclass(frozen=True, slots=True)
class Figures:
    """What is compared: the metrics of one target, and rows and right answers per label."""

    metrics: Metrics
    labels: Mapping[str, tuple[int, int]]

    @classmethod
    def of(cls, judged: Sequence[Judged]) -> "Figures":
        """Figures of judged rows (at least one)."""
        return cls(measure(judged), per_label(judged))

    @classmethod
    def recorded(cls, facts: Mapping[str, Any]) -> "Figures":
        """Figures a manifest keeps about one target."""
        return cls(
            Metrics(**facts["metrics"]), {label: (rows, right) for label, (rows, right) in facts["per_label"].items()}
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Passed or not, every reason against, and whether there were too few rows to decide without a person."""

    passed: bool
    reasons: tuple[str, ...]
    needs_human: bool


def gate(candidate: Figures, baseline: Figures, *, same_rows: bool = True) -> Verdict:
    """Compare a candidate with the version in use on rows that neither was trained on.

    It loses with more than half a point of accuracy or one point of macro-F1 less, with more than ten points
    of recall less for a label of 30 rows or more, or with a calibration error above .10 that is also above
    the baseline's. With few rows, or rows that differ (`same_rows` false), one standard deviation is added to
    the first two margins: losing by chance is no reason to refuse.
    """
    rows = min(candidate.metrics.rows, baseline.metrics.rows)
    few = rows < ENOUGH_ROWS
    slack = (0.5 / rows) ** 0.5 if few or not same_rows else 0.0
    reasons = []
    for name, old, new, margin in (
        ("accuracy", baseline.metrics.accuracy, candidate.metrics.accuracy, MAX_ACCURACY_LOSS),
        ("macro_f1", baseline.metrics.macro_f1, candidate.metrics.macro_f1, MAX_F1_LOSS),
    ):
        if new < old - margin - slack:
            reasons.append(f"{name} {new:.3f} instead of {old:.3f} (allowed loss {margin + slack:.3f})")
    for label, (support, right) in baseline.labels.items():
        new_support, new_right = candidate.labels.get(label, (0, 0))
        if min(support, new_support) < RECALL_ROWS:
            continue
        old_recall, new_recall = right / support, new_right / new_support
        if new_recall < old_recall - MAX_RECALL_LOSS - slack:
            reasons.append(f"recall of {label!r} {new_recall:.2f} instead of {old_recall:.2f}")
    if not few and candidate.metrics.ece > max(MAX_ECE, baseline.metrics.ece):
        reasons.append(f"calibration error {candidate.metrics.ece:.3f} (allowed {MAX_ECE:.2f})")
    return Verdict(not reasons, tuple(reasons), few)
