"""What a training run says about its candidate, beside the version in use: one JSON object."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from ml.dataset import Example, fingerprint, text_key
from ml.evaluate import judge
from ml.figures import figures, paired, rounded
from ml.gate import Figures, gate
from ml.metrics import Judged
from ml.predictor import Draft, Predictor

FORMAT = 1
# With fewer rows that the active version has not seen, its own figures from its training are compared instead.
UNSEEN_ROWS = 50
RECENT_SHARE = 0.15
RECENT_LEAST, RECENT_MOST = 50, 2_000
TIMED_TEXTS = 200


class JudgedHead(Protocol):
    """What is read of a trained head: its answers to rows its models had not seen, and where those rows are."""

    @property
    def judged(self) -> tuple[Judged, ...]:
        """Answers out of fold."""

    @property
    def judged_rows(self) -> tuple[int, ...]:
        """Their positions in the examples."""

    @property
    def too_few(self) -> dict[str, int]:
        """Labels with few rows."""

    @property
    def threshold(self) -> float:
        """The confidence from which the head is sure."""

    @property
    def low_data(self) -> bool:
        """Whether the figures may be off by five points and more."""


class Judgement(Protocol):
    """What is read of a training: its rows and its heads."""

    @property
    def examples(self) -> Sequence[Example]:
        """The rows in the order of training."""

    @property
    def own(self) -> int:
        """How many of the first rows are this desk's; the others are lent."""

    @property
    def heads(self) -> Mapping[str, JudgedHead]:
        """Trained heads by target."""


@dataclass(frozen=True, slots=True)
class Active:
    """The version in use: how it answers, keys of the texts it was trained on, and what its manifest records."""

    predictor: Predictor
    seen: frozenset[str]
    recorded: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """The newest rows, from `since` on (ISO date), and all dated rows before that day."""

    since: str
    older: tuple[Example, ...]
    recent: tuple[Example, ...]


def time_split(examples: Iterable[Example]) -> TimeSplit | None:
    """Cut off the newest 15 % of the dated rows, RECENT_LEAST to RECENT_MOST of them, never within a day.

    None when that many rows do not exist, or when they would be more than half. Undated rows are on neither side:
    they may be newer than the cut.
    """
    dated = sorted((row for row in examples if row.date), key=lambda row: (str(row.date), row.id, row.text))
    per_day = Counter(str(row.date) for row in dated)
    wanted = min(RECENT_MOST, max(RECENT_LEAST, round(RECENT_SHARE * len(dated))))
    taken, since = 0, ""
    for day in sorted(per_day, reverse=True):
        if taken >= wanted or (taken >= RECENT_LEAST and taken + per_day[day] > RECENT_MOST):
            break
        taken, since = taken + per_day[day], day
    if not RECENT_LEAST <= taken <= min(RECENT_MOST, len(dated) // 2):
        return None
    older = tuple(row for row in dated if str(row.date) < since)
    return TimeSplit(since, older, tuple(row for row in dated if str(row.date) >= since))


def report(
    trained: Judgement,
    version: str,
    *,
    active: Active | None = None,
    refit: Callable[[Sequence[Example]], Predictor] | None = None,
    options: Mapping[str, Any] | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Figures of a candidate and of the active version on rows that neither was trained on; always the same.

    For each target: `out_of_fold` over all rows by cross-validation and, with `refit`, `recent` over the newest
    rows answered by what `refit` makes of the older ones (one more training, about as long as the first).
    `options` is what the run was asked for. `tell` hears of each step.
    """
    own = trained.examples[: trained.own] or trained.examples
    split = time_split(own) if refit else None
    older = None
    if split and refit:
        tell(f"time split: {len(split.recent)} rows since {split.since} asked of a training on {len(split.older)}")
        older = refit(split.older)
    targets = {}
    for target, head in sorted(trained.heads.items()):
        recent = _recent(split, older, target, head, active) if split and older else None
        out_of_fold = _out_of_fold(trained, target, head, active)
        targets[target] = {
            "labels": len({row.truth for row in head.judged}),
            "too_few": dict(head.too_few),
            "low_data": head.low_data,
            "threshold": head.threshold,
            "out_of_fold": out_of_fold.as_dict(),
            "recent": {"since": split.since, **recent.as_dict()} if split and recent else None,
            "gate": _gate(out_of_fold, active.recorded.get(target) if active else None),
        }
        tell(f"{target}: reported on {len(head.judged)} rows")
    return {
        "format": FORMAT,
        "version": version,
        "active": active.predictor.version if active else None,
        "options": dict(options or {}),
        "data": _data(own),
        "missing": sorted(set(active.recorded) - set(trained.heads)) if active else [],
        "targets": targets,
    }


def latency(
    candidate: Predictor, active: Predictor | None, examples: Sequence[Example]
) -> dict[str, dict[str, float] | int | None]:
    """CPU milliseconds of one whole suggestion (p50, p95) on up to TIMED_TEXTS texts, both versions in turn.

    Not part of `report`: it is another number on every run.
    """
    step = max(1, len(examples) // TIMED_TEXTS)
    drafts = [Draft(row.text, None, row.location) for row in examples[::step][:TIMED_TEXTS]]
    versions = {"candidate": candidate, **({"active": active} if active else {})}
    spent: dict[str, list[float]] = {name: [] for name in versions}
    for predictor in versions.values():
        # The first call fills caches that serving has long filled.
        predictor.suggest(drafts[:1])
    for draft in drafts:
        for name, predictor in versions.items():
            start = time.thread_time()
            predictor.suggest([draft])
            spent[name].append((time.thread_time() - start) * 1000)
    return {
        "texts": len(drafts),
        **{name: _percentiles(spent.get(name, [])) for name in ("candidate", "active")},
    }


def reasons(told: Mapping[str, Any]) -> list[str]:
    """Why the candidate of a report may not replace the active version, a line per target and reason."""
    lost = [f"{target}: not answered any more" for target in told["missing"]]
    return lost + [
        f"{target}: {reason}"
        for target, facts in told["targets"].items()
        if facts["gate"]
        for reason in facts["gate"]["reasons"]
    ]


@dataclass(frozen=True, slots=True)
class _Compared:
    # The candidate on all rows, and both versions on those the active one was not trained on.
    examples: Sequence[Example]
    candidate: Sequence[Judged]
    shared: Sequence[int]
    active: Sequence[Judged] | None
    too_few: Mapping[str, int]

    def candidate_on_shared(self) -> list[Judged]:
        return [self.candidate[position] for position in self.shared]

    def as_dict(self) -> dict[str, Any]:
        shared = None
        if self.active:
            examples = [self.examples[position] for position in self.shared]
            shared = {
                "rows": len(self.shared),
                "candidate": figures(self.candidate_on_shared(), examples, self.too_few),
                "active": figures(self.active, examples, self.too_few),
                "paired": rounded(paired(self.candidate_on_shared(), self.active)),
            }
        return {
            "rows": len(self.candidate),
            "candidate": figures(self.candidate, self.examples, self.too_few),
            "shared": shared,
        }


def _out_of_fold(trained: Judgement, target: str, head: JudgedHead, active: Active | None) -> _Compared:
    examples = [trained.examples[row] for row in head.judged_rows]
    return _compared(examples, head.judged, target, head, active)


def _recent(
    split: TimeSplit, older: Predictor, target: str, head: JudgedHead, active: Active | None
) -> _Compared | None:
    labelled = [row for row in split.recent if row.label(target)]
    if target not in older.targets or not labelled:
        return None
    return _compared(labelled, judge(older, labelled, target), target, head, active)


def _compared(
    examples: Sequence[Example], judged: Sequence[Judged], target: str, head: JudgedHead, active: Active | None
) -> _Compared:
    if active is None or target not in active.predictor.targets:
        return _Compared(examples, judged, (), None, head.too_few)
    shared = [position for position, row in enumerate(examples) if text_key(row) not in active.seen]
    answers = judge(active.predictor, [examples[position] for position in shared], target)
    return _Compared(examples, judged, shared, answers, head.too_few)


def _gate(out_of_fold: _Compared, recorded: Mapping[str, Any] | None) -> dict[str, Any] | None:
    # The recent slice does not vote: the model that answered it lacks newer rows which the active version may have
    # had, and would lose to it through its age alone.
    if out_of_fold.active and len(out_of_fold.shared) >= UNSEEN_ROWS:
        on = "rows new to both"
        verdict = gate(Figures.of(out_of_fold.candidate_on_shared()), Figures.of(out_of_fold.active))
    elif recorded and recorded["metrics"]["rows"]:
        on = "figures of its training"
        verdict = gate(Figures.of(out_of_fold.candidate), Figures.recorded(recorded), same_rows=False)
    else:
        return None
    return {"compared_on": on, **asdict(verdict), "reasons": list(verdict.reasons)}


def _data(examples: Sequence[Example]) -> dict[str, Any]:
    dates = sorted(row.date for row in examples if row.date)
    sources = Counter(row.source or "" for row in examples)
    return {
        "fingerprint": fingerprint(examples),
        "rows": len(examples),
        "dated": len(dates),
        "from": dates[0] if dates else None,
        "to": dates[-1] if dates else None,
        "sources": dict(sorted(sources.items(), key=lambda item: (-item[1], item[0]))),
    }


def _percentiles(spent: Sequence[float]) -> dict[str, float] | None:
    if not spent:
        return None
    p50, p95 = np.percentile(spent, (50, 95))
    return {"p50_ms": round(float(p50), 3), "p95_ms": round(float(p95), 3)}
