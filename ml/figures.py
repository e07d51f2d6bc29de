"""What judged answers tell beside one number: by confidence, by label, by place, by length, in pairs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scipy.stats import binomtest

from ml.dataset import Example, text_key
from ml.metrics import BINS, Judged, coverage, measure, safe_threshold, wilson_low

PROMISES = (0.90, 0.95, 0.97)
# Points of the curve that a picture can still tell apart.
CURVE_POINTS = 50
SHOWN_CONFUSIONS = 30
MATRIX_LABELS = 25
SHOWN_REGIONS = 20
# Fewer rows of a place tell about single people.
SHOWN_ROWS = 5
OTHER, UNKNOWN = "(other)", "(no place)"
# Two standard deviations, so that an interval holds the true share 19 times in 20.
Z_95 = 1.959964
# With fewer rows a group differs from another by chance alone.
GROUP_ROWS = 30
# A place in which nearly every row lies tells nothing; then one level nearer to the street is compared.
ONE_PLACE = 0.8
LENGTHS = ((10, "1-10"), (25, "11-25"), (60, "26-60"), (150, "61-150"))
LONGEST = "151+"


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about the same confidence: its mean, the share of them that is right, and how many there are."""

    confidence: float
    right: float
    rows: int


@dataclass(frozen=True, slots=True)
class Held:
    """What a promise of precision gives on rows that did not choose its threshold.

    `share` of rows answered, `precision` really reached on them (None when none was answered), and
    `upper_bound`: the share when the threshold is chosen on the same rows.
    """

    promise: float
    share: float
    precision: float | None
    upper_bound: float


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label: rows that have it, answers that name it, and how good those are (None where there are none)."""

    label: str
    support: int
    answered: int
    precision: float | None
    recall: float | None
    f1: float
    too_few: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that share a place or a length: the share right with its Wilson interval (95 %)."""

    name: str
    rows: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Gap:
    """The widest distance between two groups of GROUP_ROWS rows or more; `beyond_chance`: their intervals are apart."""

    best: str
    worst: str
    points: float
    beyond_chance: bool


@dataclass(frozen=True, slots=True)
class Paired:
    """Two versions on the same rows: how often only one of them was right, and McNemar's exact p-value."""

    rows: int
    only_candidate: int
    only_active: int
    p_value: float


def figures(judged: Sequence[Judged], examples: Sequence[Example], too_few: Mapping[str, int]) -> dict[str, Any]:
    """Everything about the answers of one version to at least one row, as plain data (numbers to four places).

    `examples` are the rows that were judged, in the same order; `too_few` are labels with few training rows.
    """
    return {
        "metrics": measure(judged).as_dict(),
        "reliability": _plain(reliability(judged)),
        "coverage": _plain(held(judged, examples, promise) for promise in PROMISES),
        "coverage_curve": coverage_curve(judged),
        "labels": _plain(label_table(judged, too_few)),
        "confusions": [[truth, answer, rows] for truth, answer, rows in confusions(judged)],
        "confusion_matrix": confusion_matrix(judged),
        "fairness": {
            "region": _fairness(judged, regions(examples)),
            "length": _fairness(judged, lengths(examples), [name for _, name in LENGTHS] + [LONGEST]),
        },
    }


def reliability(judged: Sequence[Judged]) -> list[Bin]:
    """The BINS equal bins of confidence that have rows, lowest first."""
    bins: list[list[Judged]] = [[] for _ in range(BINS)]
    for row in judged:
        bins[min(int(row.confidence * BINS), BINS - 1)].append(row)
    return [
        Bin(sum(row.confidence for row in rows) / len(rows), sum(row.is_right for row in rows) / len(rows), len(rows))
        for rows in bins
        if rows
    ]


def held(judged: Sequence[Judged], examples: Sequence[Example], promise: float) -> Held:
    """Each half of the rows is answered above the safe threshold of the other half; equal texts stay together."""
    halves: tuple[list[Judged], list[Judged]] = ([], [])
    for row, example in zip(judged, examples, strict=True):
        halves[int(text_key(example), 16) % 2].append(row)
    answered: list[Judged] = []
    # A half without the other has nothing to choose a threshold from, and answers nothing.
    for rows, others in (halves, halves[::-1]) if all(halves) else ():
        threshold = safe_threshold(others, promise)
        answered.extend(row for row in rows if row.confidence >= threshold)
    right = sum(row.is_right for row in answered)
    return Held(
        promise,
        len(answered) / len(judged),
        right / len(answered) if answered else None,
        coverage(judged, promise),
    )


def coverage_curve(judged: Sequence[Judged]) -> list[list[float]]:
    """Pairs of (share answered, share of those right), most confident first; at most CURVE_POINTS and the end."""
    ordered = sorted(judged, key=lambda row: -row.confidence)
    points: list[list[float]] = []
    right = 0
    for count, row in enumerate(ordered, start=1):
        right += row.is_right
        # Rows of equal confidence are answered together or not at all.
        is_cut = count == len(ordered) or ordered[count].confidence < row.confidence
        wanted = not points or count == len(ordered) or count / len(ordered) - points[-1][0] >= 1 / CURVE_POINTS
        if is_cut and wanted:
            points.append([round(count / len(ordered), 4), round(right / count, 4)])
    return points


def label_table(judged: Sequence[Judged], too_few: Mapping[str, int]) -> list[LabelRow]:
    """One row per label of the data or of the answers, most rows first."""
    support = Counter(row.truth for row in judged)
    answered = Counter(row.answers[0] for row in judged if row.answers)
    right = Counter(row.truth for row in judged if row.is_right)
    table = [
        LabelRow(
            label,
            support[label],
            answered[label],
            right[label] / answered[label] if answered[label] else None,
            right[label] / support[label] if support[label] else None,
            2 * right[label] / (support[label] + answered[label]),
            label in too_few,
        )
        for label in {*support, *answered}
    ]
    return sorted(table, key=lambda row: (-row.support, row.label))


def confusions(judged: Sequence[Judged]) -> list[tuple[str, str, int]]:
    """The SHOWN_CONFUSIONS most frequent pairs of (label, wrong answer) with their rows."""
    wrong = Counter((row.truth, row.answers[0]) for row in judged if row.answers and not row.is_right)
    ordered = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    return [(truth, answer, rows) for (truth, answer), rows in ordered[:SHOWN_CONFUSIONS]]


def confusion_matrix(judged: Sequence[Judged]) -> dict[str, Any]:
    """Rows are labels, columns are answers, in the order of `labels`: the MATRIX_LABELS most frequent ones.

    With `has_other` a last row and column hold all further labels together.
    """
    support = Counter(row.truth for row in judged)
    labels = [label for label, _ in sorted(support.items(), key=lambda item: (-item[1], item[0]))][:MATRIX_LABELS]
    place = {label: position for position, label in enumerate(labels)}
    rest = len(labels)
    cells = Counter((place.get(row.truth, rest), place.get(row.answers[0], rest)) for row in judged if row.answers)
    has_other = any(rest in cell for cell in cells)
    size = rest + has_other
    counts = [[cells[truth, answer] for answer in range(size)] for truth in range(size)]
    return {"labels": labels, "has_other": has_other, "counts": counts}


def regions(examples: Sequence[Example]) -> list[str]:
    """The place each row is counted under: one of the SHOWN_REGIONS largest, OTHER, or UNKNOWN without a place.

    `location` runs from small to large. Its last part is taken, or the one before when nearly all rows agree.
    """
    for depth in (1, 2, 3):
        names = [_part(example.location, depth) for example in examples]
        rows = Counter(name for name in names if name != UNKNOWN)
        if rows and max(rows.values()) <= ONE_PLACE * rows.total():
            break
    else:
        names = [_part(example.location, 1) for example in examples]
        rows = Counter(name for name in names if name != UNKNOWN)
    most = sorted(rows.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_REGIONS]
    shown = {name for name, count in most if count >= SHOWN_ROWS}
    return [name if name in shown or name == UNKNOWN else OTHER for name in names]


def lengths(examples: Sequence[Example]) -> list[str]:
    """How long each text is, in words between spaces."""
    counts = [len(example.text.split()) for example in examples]
    return [next((name for most, name in LENGTHS if words <= most), LONGEST) for words in counts]


def by_group(judged: Sequence[Judged], names: Sequence[str]) -> list[Group]:
    """Share right per group name, most rows first; `names` has one entry per judged row."""
    rows = Counter(names)
    right = Counter(name for row, name in zip(judged, names, strict=True) if row.is_right)
    groups = []
    for name, count in sorted(rows.items(), key=lambda item: (-item[1], item[0])):
        low, high = interval(right[name], count)
        groups.append(Group(name, count, right[name] / count, low, high))
    return groups


def interval(right: int, rows: int) -> tuple[float, float]:
    """The Wilson interval (95 %) of `right` among at least one row."""
    share = right / rows
    return max(0.0, wilson_low(share, rows, Z_95)), min(1.0, 1.0 - wilson_low(1.0 - share, rows, Z_95))


def widest_gap(groups: Iterable[Group]) -> Gap | None:
    """None when fewer than two groups have GROUP_ROWS rows."""
    large = [group for group in groups if group.rows >= GROUP_ROWS]
    if len(large) < 2:
        return None
    worst = min(large, key=lambda group: (group.accuracy, group.name))
    best = max(large, key=lambda group: (group.accuracy, group.name))
    return Gap(best.name, worst.name, best.accuracy - worst.accuracy, best.low > worst.high)


def paired(candidate: Sequence[Judged], active: Sequence[Judged]) -> Paired:
    """McNemar's exact test on the same rows in the same order; 1.0 when the two never differ."""
    only_candidate = sum(new.is_right and not old.is_right for new, old in zip(candidate, active, strict=True))
    only_active = sum(old.is_right and not new.is_right for new, old in zip(candidate, active, strict=True))
    differing = only_candidate + only_active
    p_value = float(binomtest(only_candidate, differing, 0.5).pvalue) if differing else 1.0
    return Paired(len(candidate), only_candidate, only_active, p_value)


def rounded(values: Any) -> dict[str, Any]:
    """A dataclass as plain data, its numbers to four places."""
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(values).items()}


def _plain(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [rounded(row) for row in rows]


def _fairness(judged: Sequence[Judged], names: Sequence[str], order: Sequence[str] = ()) -> dict[str, Any]:
    groups = by_group(judged, names)
    if order:
        groups.sort(key=lambda group: order.index(group.name))
    gap = widest_gap(groups)
    return {"groups": _plain(groups), "gap": rounded(gap) if gap else None}


def _part(location: str | None, depth: int) -> str:
    parts = [part.strip() for part in (location or "").split(",") if part.strip()]
    return parts[-min(depth, len(parts))] if parts else UNKNOWN
