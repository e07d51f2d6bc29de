"""Figures that say how good answers are, and the table that says what a threshold would give."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

BINS = 15
PROMISE = 0.95
# Added to the promise. With the lower end of the interval, 95.2 to 96.1 % were right on new rows while this was .01,
# so nothing needs to be added.
MARGIN = 0.0


@dataclass(frozen=True, slots=True)
class Judged:
    """One labelled row and what was answered: labels best first, and the confidence of the first."""

    truth: str
    answers: tuple[str, ...]
    confidence: float

    @property
    def is_right(self) -> bool:
        """Whether the first answer is the label."""
        return bool(self.answers) and self.answers[0] == self.truth


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of one target over all its labelled rows; a row with an unknown label counts as wrong.

    `labels` counts the different labels in the data. `macro_f1` is the mean over those labels. `coverage_at_95`
    is the largest share of rows, taken from the most confident down, of which 95 % are right (chosen on these
    rows: an upper bound). `ece` is the expected calibration error of the first confidence in 15 equal bins.
    """

    rows: int
    labels: int
    accuracy: float
    macro_f1: float
    top3: float
    coverage_at_95: float
    ece: float

    def as_dict(self) -> dict[str, Any]:
        """Plain data, rounded to four places."""
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}


def measure(judged: Sequence[Judged]) -> Metrics:
    """Metrics of judged rows; all zero when there are none."""
    if not judged:
        return Metrics(0, 0, 0.0, 0.0, 0.0, 0.0, 0.0)
    right = sum(row.is_right for row in judged)
    recall = per_label(judged)
    answered = Counter(row.answers[0] for row in judged if row.answers)
    scores = [2 * found / (support + answered[label]) for label, (support, found) in recall.items()]
    return Metrics(
        rows=len(judged),
        labels=len(recall),
        accuracy=right / len(judged),
        macro_f1=sum(scores) / len(scores),
        top3=sum(row.truth in row.answers[:3] for row in judged) / len(judged),
        coverage_at_95=coverage(judged, PROMISE),
        ece=calibration_error(judged),
    )


def per_label(judged: Sequence[Judged]) -> dict[str, tuple[int, int]]:
    """For each label in the data, sorted: how many rows it has, and how many of them were answered rightly."""
    support = Counter(row.truth for row in judged)
    found = Counter(row.truth for row in judged if row.is_right)
    return {label: (support[label], found[label]) for label in sorted(support)}


def coverage(judged: Sequence[Judged], precision: float) -> float:
    """The largest share of rows above one confidence of which at least `precision` are right."""
    return max((share for _, share, right, _ in _cuts(judged) if right >= precision), default=0.0)


def calibration_error(judged: Sequence[Judged]) -> float:
    """Mean distance between confidence and share right over BINS equal bins, weighted by rows (0 is perfect)."""
    bins: list[list[Judged]] = [[] for _ in range(BINS)]
    for row in judged:
        bins[min(int(row.confidence * BINS), BINS - 1)].append(row)
    distances = (abs(sum(row.confidence for row in rows) - sum(row.is_right for row in rows)) for rows in bins if rows)
    return sum(distances) / len(judged)


def thresholds(judged: Sequence[Judged]) -> list[dict[str, float]]:
    """For thresholds 0, .05 ... .95, .99: the share of rows answered, and the share of those right."""
    table: list[dict[str, float]] = []
    if not judged:
        return table
    for threshold in [*(step / 20 for step in range(20)), 0.99]:
        answered = [row for row in judged if row.confidence >= threshold]
        right = sum(row.is_right for row in answered) / len(answered) if answered else 0.0
        table.append(
            {"threshold": threshold, "answered": round(len(answered) / len(judged), 4), "right": round(right, 4)}
        )
    return table


def safe_threshold(judged: Sequence[Judged], promise: float = PROMISE) -> float:
    """The lowest confidence above which answers keep the promise on rows not seen; 1.0 when none does.

    The lower end of the Wilson interval (one standard deviation) of the share right above it is not below the
    promise, so that few rows cannot pretend.
    """
    kept = [
        confidence
        for confidence, _, right, rows in _cuts(judged)
        if right >= promise + MARGIN and wilson_low(right, rows) >= promise
    ]
    return min(kept, default=1.0)


def wilson_low(share: float, rows: int, z: float = 1.0) -> float:
    """Lower end of the Wilson interval of a share seen in `rows` rows."""
    centre = share + z * z / (2 * rows)
    spread = z * (share * (1 - share) / rows + z * z / (4 * rows * rows)) ** 0.5
    return float((centre - spread) / (1 + z * z / rows))


def _cuts(judged: Sequence[Judged]) -> list[tuple[float, float, float, int]]:
    # After each group of equal confidence: the confidence, the share of rows so far, the share right, the rows.
    ordered = sorted(judged, key=lambda row: -row.confidence)
    cuts, right = [], 0
    for count, row in enumerate(ordered, start=1):
        right += row.is_right
        if count == len(ordered) or ordered[count].confidence < row.confidence:
            cuts.append((row.confidence, count / len(ordered), right / count, count))
    return cuts
