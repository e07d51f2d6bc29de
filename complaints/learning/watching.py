"""How the classifier does in daily work: what people took of it, where it drifts, and when to train again."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Integer, Row, cast, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from complaints.refusals import Invalid, NotFound, Problem
from complaints.work import Work
from models import Agency, Category, ClassifierAlarm, ClassifierVersion, Suggestion, TrainingRun
from rules.vocabulary import Action, AlarmKind, JobState

# The population stability index between the weeks before and the newest week. The usual limits of .10 and .25 slept
# through a shift of .07 that cost 4.4 points of accuracy in six months of one city's complaints.
DRIFT_WARNING, DRIFT_ALARM = 0.05, 0.10
WEEK = timedelta(days=7)
# What the newest week is compared with.
BEFORE = timedelta(days=56)
# Fewer answers on either side say nothing about shares.
LEAST_ANSWERS = 200
LEAST_DECISIONS = 30
# The same six months: a version older than a quarter has lost about two points.
RETRAIN_AFTER = timedelta(days=90)
# A fifth more lessons than it was trained on moved accuracy by a point or more on every learning curve measured.
RETRAIN_GROWTH = 0.2
LEAST_NEW_LESSONS = 200
# The point of the normal distribution that leaves 2.5 % on either side: intervals of 95 %.
Z = 1.959963984540054


class FigureGroup(StrEnum):
    """What figures are grouped by."""

    VERSION = "VERSION"
    CATEGORY = "CATEGORY"
    AGENCY = "AGENCY"
    MONTH = "MONTH"


class Head(StrEnum):
    """Whose answers are counted."""

    CATEGORY = "CATEGORY"
    AGENCY = "AGENCY"
    TITLE = "TITLE"


@dataclass(frozen=True, slots=True)
class FigureFilter:
    """Decisions of this time (end exclusive), of one version or all; a shadow's answers are counted apart."""

    decided_from: datetime | None = None
    decided_to: datetime | None = None
    version: str | None = None
    is_shadow: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A share of some cases with its Wilson interval (95 %); of no case there is none."""

    cases: int
    hits: int
    share: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, hits: int, cases: int) -> "Share":
        """A share of `cases`."""
        if cases == 0:
            return cls(0, 0, None, None, None)
        share, shrink = hits / cases, 1 + Z**2 / cases
        middle = (share + Z**2 / (2 * cases)) / shrink
        half = Z * math.sqrt(share * (1 - share) / cases + (Z / (2 * cases)) ** 2) / shrink
        # Of none and of all the bound is exact; rounding would leave it a hair beside.
        low = 0.0 if hits == 0 else middle - half
        return cls(cases, hits, share, low, 1.0 if hits == cases else middle + half)


@dataclass(frozen=True, slots=True)
class Figure:
    """How one group did: the first proposal was taken, one of three was, none was, or none was offered.

    `key` is a version, the code of a category or agency that people chose, or a month. All are of the answers that
    people decided about.
    """

    key: str
    accepted: Share
    among_three: Share
    corrected: Share
    abstained: Share


def figures_statement(head: Head, group: FigureGroup, wanted: FigureFilter) -> Executable:
    """Counts per group of decided suggestions; give the rows to `figures_of`."""
    rank = {
        Head.CATEGORY: Suggestion.category_rank,
        Head.AGENCY: Suggestion.agency_rank,
        Head.TITLE: Suggestion.title_rank,
    }[head]
    # A title is always offered.
    sure = {
        Head.CATEGORY: Suggestion.is_sure_of_category,
        Head.AGENCY: Suggestion.is_sure_of_agency,
        Head.TITLE: literal(True),
    }[head]
    key = {
        FigureGroup.VERSION: ClassifierVersion.version,
        FigureGroup.CATEGORY: Category.code,
        FigureGroup.AGENCY: Agency.code,
        FigureGroup.MONTH: func.to_char(func.timezone("Asia/Jakarta", Suggestion.decided_at), "YYYY-MM"),
    }[group]
    conditions = [Suggestion.decided_at.is_not(None), Suggestion.is_shadow == wanted.is_shadow]
    if wanted.decided_from is not None:
        conditions.append(Suggestion.decided_at >= wanted.decided_from)
    if wanted.decided_to is not None:
        conditions.append(Suggestion.decided_at < wanted.decided_to)
    if wanted.version is not None:
        conditions.append(ClassifierVersion.version == wanted.version)
    return (
        select(
            key.label("key"),
            func.count().label("decided"),
            func.sum(cast(func.coalesce(rank, 0) == 1, Integer)).label("first"),
            func.sum(cast(func.coalesce(rank, 0).between(1, 3), Integer)).label("three"),
            func.sum(cast(~sure, Integer)).label("abstained"),
        )
        .join(ClassifierVersion, ClassifierVersion.id == Suggestion.classifier_version_id)
        .join(Category, Category.id == Suggestion.chosen_category_id)
        .join(Agency, Agency.id == Suggestion.chosen_agency_id)
        .where(*conditions)
        .group_by(key)
        .order_by(key)
    )


def figures_of(rows: Sequence[Row[Any]]) -> list[Figure]:
    """The figures of `figures_statement`."""
    return [
        Figure(
            key=row.key,
            accepted=Share.of(row.first, row.decided),
            among_three=Share.of(row.three, row.decided),
            corrected=Share.of(row.decided - row.first, row.decided),
            abstained=Share.of(row.abstained, row.decided),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Drift:
    """How far the answers of the newest week are from those of the weeks before.

    `index` is the population stability index of the first category's main topic, without what chance alone makes
    of it; None with fewer than LEAST_ANSWERS answers on either side.
    """

    since: datetime
    answers: int
    answers_before: int
    index: float | None

    @property
    def alarm(self) -> AlarmKind | None:
        """The alarm that this is worth."""
        if self.index is None or self.index < DRIFT_WARNING:
            return None
        return AlarmKind.DRIFT if self.index >= DRIFT_ALARM else AlarmKind.DRIFT_WARNING


def drift_statement(now: datetime) -> Executable:
    """Answers per main topic, of the newest week and before; give the rows to `drift_of`."""
    topic = func.split_part(Suggestion.categories[0]["label"].astext, ".", 1)
    is_new = Suggestion.at >= now - WEEK
    return (
        select(topic.label("topic"), is_new.label("is_new"), func.count().label("answers"))
        .where(
            Suggestion.at >= now - WEEK - BEFORE,
            ~Suggestion.is_shadow,
            func.jsonb_array_length(Suggestion.categories) > 0,
        )
        .group_by(topic, is_new)
        .order_by(topic)
    )


def drift_of(rows: Sequence[Row[Any]], now: datetime) -> Drift:
    """The drift of `drift_statement`."""
    new = {row.topic: int(row.answers) for row in rows if row.is_new}
    before = {row.topic: int(row.answers) for row in rows if not row.is_new}
    answers, answers_before = sum(new.values()), sum(before.values())
    index = None
    if min(answers, answers_before) >= LEAST_ANSWERS:
        index = stability_index(new, before)
    return Drift(now - WEEK, answers, answers_before, index)


def stability_index(new: Mapping[str, int], before: Mapping[str, int]) -> float:
    """The population stability index of two counts over the same words, less what two equal samples would show.

    The sum of (p - q) ln(p / q); half an answer is added to every word, so that a new one is not infinitely far. Two
    samples of n and m answers from one source show about (k - 1)(1/n + 1/m) over k words.
    """
    words = sorted({*new, *before})
    n, m = sum(new.values()), sum(before.values())
    total = 0.0
    for word in words:
        p = (new.get(word, 0) + 0.5) / (n + 0.5 * len(words))
        q = (before.get(word, 0) + 0.5) / (m + 0.5 * len(words))
        total += (p - q) * math.log(p / q)
    return max(total - (len(words) - 1) * (1 / n + 1 / m), 0.0)


def corrections_statement(now: datetime) -> Executable:
    """Decisions and corrections per main topic that people chose, of the newest week and before."""
    topic = func.split_part(Category.code, ".", 1)
    is_new = Suggestion.decided_at >= now - WEEK
    corrected = func.sum(cast(func.coalesce(Suggestion.category_rank, 0) != 1, Integer))
    return (
        select(
            topic.label("topic"),
            is_new.label("is_new"),
            func.count().label("decided"),
            corrected.label("corrected"),
        )
        .join(Category, Category.id == Suggestion.chosen_category_id)
        .where(Suggestion.decided_at >= now - WEEK - BEFORE, ~Suggestion.is_shadow)
        .group_by(topic, is_new)
        .order_by(topic)
    )


def rising_corrections(rows: Sequence[Row[Any]]) -> dict[str, dict[str, Any]]:
    """Topics, and "" for all together, whose corrections certainly rose: the Wilson intervals do not touch."""
    counts: dict[str, dict[bool, tuple[int, int]]] = {}
    for row in rows:
        for topic in ("", row.topic):
            decided, corrected = counts.setdefault(topic, {}).get(row.is_new, (0, 0))
            counts[topic][row.is_new] = (decided + int(row.decided), corrected + int(row.corrected))
    rising: dict[str, dict[str, Any]] = {}
    for topic, sides in sorted(counts.items()):
        new, before = sides.get(True, (0, 0)), sides.get(False, (0, 0))
        if min(new[0], before[0]) < LEAST_DECISIONS:
            continue
        now_share, was_share = Share.of(new[1], new[0]), Share.of(before[1], before[0])
        if (now_share.low or 0.0) > (was_share.high or 1.0):
            rising[topic] = {"share": now_share.share, "before": was_share.share, "decided": new[0]}
    return rising


async def raise_alarm(work: Work, kind: AlarmKind, subject: str, data: Mapping[str, Any]) -> bool:
    """Raise it unless the same one is open; gives whether it is new."""
    statement = (
        insert(ClassifierAlarm)
        .values(id=work.new_id(), kind=kind, subject=subject, data=dict(data), raised_at=work.now)
        .on_conflict_do_nothing()
        .returning(ClassifierAlarm.id)
    )
    return (await work.session.execute(statement)).first() is not None


async def acknowledge_alarm(work: Work, alarm_id: UUID) -> ClassifierAlarm:
    """Somebody looked at it. Raises `NotFound`, `Invalid` when somebody did before."""
    work.require(Action.PROMOTE_CLASSIFIER)
    row = await work.session.get(ClassifierAlarm, alarm_id, with_for_update=True)
    if row is None:
        raise NotFound("ClassifierAlarm", "id")
    if row.acknowledged_at is not None:
        raise Invalid(Problem("id", "ALREADY_DECIDED"))
    row.acknowledged_at, row.acknowledged_by_id = work.now, work.actor.id
    return row


async def watch(work: Work) -> list[AlarmKind]:
    """Look at drift, corrections, age and growth, and raise what is worth an alarm; gives the new ones."""
    serving = (
        await work.session.scalars(select(ClassifierVersion).where(ClassifierVersion.state == "ACTIVE"))
    ).one_or_none()
    if serving is None:
        return []
    raised = []
    reasons: dict[str, Any] = {}
    drift = drift_of((await work.session.execute(drift_statement(work.now))).all(), work.now)
    if drift.alarm is not None:
        raised.append((drift.alarm, serving.version, {"index": drift.index, "answers": drift.answers}))
        if drift.alarm is AlarmKind.DRIFT:
            reasons["drift"] = drift.index
    rising = rising_corrections((await work.session.execute(corrections_statement(work.now))).all())
    for topic, data in rising.items():
        raised.append((AlarmKind.CORRECTIONS_RISE, topic or serving.version, data))
        reasons.setdefault("corrections", []).append(topic or "*")
    reasons |= await _age_and_growth(work, serving)
    if reasons:
        raised.append((AlarmKind.RETRAIN_PROPOSED, serving.version, reasons))
    return [kind for kind, subject, data in raised if await raise_alarm(work, kind, subject, data)]


async def _age_and_growth(work: Work, serving: ClassifierVersion) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if work.now - serving.registered_at >= RETRAIN_AFTER:
        found["age_days"] = (work.now - serving.registered_at).days
    since = select(func.max(TrainingRun.requested_at)).where(
        TrainingRun.version_id == serving.id, TrainingRun.state == JobState.DONE
    )
    trained_at = await work.session.scalar(since) or serving.registered_at
    lessons = select(func.count()).where(Suggestion.decided_at > trained_at, ~Suggestion.is_shadow)
    new = await work.session.scalar(lessons) or 0
    rows = max((int(figures.get("rows", 0)) for figures in serving.metrics.values()), default=0)
    if new >= max(LEAST_NEW_LESSONS, RETRAIN_GROWTH * rows):
        found["new_lessons"] = new
    return found
