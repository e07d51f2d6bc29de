"""What somebody wants to know: which figures, of which days, by what, of which complaints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from complaints.inputs import Problems
from complaints.policy import Actor
from complaints.work import Allowances
from rules.deadlines import JAKARTA, local_date
from rules.figure_table import FIGURES
from rules.figures import Entry
from rules.vocabulary import Channel, ReportType, Role


class FigureGrouping(StrEnum):
    """What figures are told apart by."""

    AGENCY = "AGENCY"
    UNIT = "UNIT"
    REGION = "REGION"
    CATEGORY = "CATEGORY"
    CHANNEL = "CHANNEL"
    REPORT_TYPE = "REPORT_TYPE"
    MODEL_VERSION = "MODEL_VERSION"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


TIMES = (FigureGrouping.DAY, FigureGrouping.WEEK, FigureGrouping.MONTH)

# What anybody may ask, of each agency and whole month.
PUBLIC_FIGURES = (
    "RECEIVED",
    "DONE",
    *(f"{stage}_{what}" for stage in ("VERIFICATION", "RESPONSE", "COMPLETION") for what in ("ON_TIME", "DAYS_MEDIAN")),
)
PUBLIC_GROUPS = frozenset({FigureGrouping.AGENCY, FigureGrouping.MONTH})

# Who sees figures of the complaints they work on or watch; everybody else sees the public ones.
STAFF = frozenset(
    {
        Role.UNIT_OFFICER,
        Role.AGENCY_ADMIN,
        Role.INSPECTORATE,
        Role.HUB,
        Role.NATIONAL_ADMIN,
        Role.OVERSEER,
        Role.AUDITOR,
        Role.SERVICE,
    }
)


@dataclass(frozen=True, slots=True)
class FigureFilter:
    """Which complaints count; absent conditions let everything through that the actor may see."""

    agency_ids: tuple[UUID, ...] = ()
    is_in_seed: bool = False
    unit_id: UUID | None = None
    category_id: UUID | None = None
    region_code: str | None = None
    channels: tuple[Channel, ...] = ()
    report_types: tuple[ReportType, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """Days in Jakarta, the end exclusive."""

    day_from: date
    day_to: date

    @property
    def starts_at(self) -> datetime:
        """Its first moment."""
        return midnight(self.day_from)

    @property
    def ends_at(self) -> datetime:
        """The first moment after it."""
        return midnight(self.day_to)

    @property
    def days(self) -> int:
        """How long it is."""
        return (self.day_to - self.day_from).days

    def before(self) -> "Period":
        """The period of the same length that ends where this one begins."""
        return Period(self.day_from - timedelta(days=self.days), self.day_from)

    def parts(self, by: FigureGrouping | None) -> tuple[date, ...]:
        """The first days of its weeks (from Monday), months or days; the first part begins with the period."""
        return tuple(self._starts(by))

    def _starts(self, by: FigureGrouping | None) -> Iterator[date]:
        yield self.day_from
        if by is None:
            return
        day = self.day_from + timedelta(days=1)
        while day < self.day_to:
            if _begins(day, by):
                yield day
            day += timedelta(days=1)


def _begins(day: date, by: FigureGrouping) -> bool:
    match by:
        case FigureGrouping.MONTH:
            return day.day == 1
        case FigureGrouping.WEEK:
            return day.weekday() == 0
    return True


def midnight(day: date) -> datetime:
    """The first moment of a day in Jakarta."""
    return datetime.combine(day, time(), JAKARTA)


@dataclass(frozen=True, slots=True)
class FigureQuestion:
    """Figures by code, of a period. Depth 1 of regions is the province, of categories the main topic.

    `order_by` ranks by one figure, groups without a number last; otherwise groups come in the order of their keys.
    """

    figures: tuple[str, ...]
    period: Period
    group_by: tuple[FigureGrouping, ...] = ()
    wanted: FigureFilter = FigureFilter()
    region_depth: int = 1
    category_depth: int = 1
    compares: bool = False
    order_by: str | None = None
    descending: bool = True

    @property
    def by_time(self) -> FigureGrouping | None:
        """Which parts of the period are told apart, if any."""
        return next((group for group in self.group_by if group in TIMES), None)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What has to be counted."""
        return tuple(dict.fromkeys(FIGURES[code].entry for code in self.figures))


def is_staff(actor: Actor) -> bool:
    """Whether the actor sees figures of an own desk; the others see what everybody sees."""
    return actor.role in STAFF


def answerable(question: FigureQuestion, actor: Actor, now: datetime, allowed: Allowances) -> FigureQuestion:
    """The question as it can be answered; raises `Invalid` with every problem.

    Without figures it means all that the actor may ask and that fit the grouping.
    """
    problems = Problems()
    unknown = [code for code in question.figures if code not in FIGURES]
    if unknown:
        problems.add("figures", "UNKNOWN_CODE", allowed=", ".join(FIGURES))
    days = question.period.days
    if not 1 <= days <= allowed.figure_days_max:
        problems.add("to", "OUT_OF_RANGE", min=1, max=allowed.figure_days_max)
    _check_groups(question.group_by, problems)
    for field, depth in (("regionDepth", question.region_depth), ("categoryDepth", question.category_depth)):
        if not 1 <= depth <= 4:
            problems.add(field, "OUT_OF_RANGE", min=1, max=4)
    problems.settle()
    if not is_staff(actor):
        _check_public(question, now, problems)
    question = _with_figures(question, actor)
    by_version = FigureGrouping.MODEL_VERSION in question.group_by
    if by_version and set(question.entries) - {Entry.DECIDED}:
        problems.add("figures", "NOT_BY_VERSION")
    parts = len(question.period.parts(question.by_time))
    most = allowed.figure_stock_parts_max if Entry.OPEN in question.entries else allowed.figure_parts_max
    if parts > most:
        problems.add("groupBy", "TOO_MANY", max=most, length=parts)
    if question.order_by is not None and question.order_by not in question.figures:
        problems.add("orderBy", "UNKNOWN_CODE", allowed=", ".join(question.figures))
    problems.settle()
    return question


def _check_groups(groups: tuple[FigureGrouping, ...], problems: Problems) -> None:
    if len(set(groups)) != len(groups) or len(groups) > 3:
        problems.add("groupBy", "TOO_MANY", max=3, length=len(groups))
    if sum(group in TIMES for group in groups) > 1:
        problems.add("groupBy", "ONE_TIME_GROUP")


def _with_figures(question: FigureQuestion, actor: Actor) -> FigureQuestion:
    if question.figures:
        return replace(question, figures=tuple(dict.fromkeys(question.figures)))
    known: Sequence[str] = tuple(FIGURES) if is_staff(actor) else PUBLIC_FIGURES
    if FigureGrouping.MODEL_VERSION in question.group_by:
        known = [code for code in known if FIGURES[code].entry is Entry.DECIDED]
    return replace(question, figures=tuple(known))


def _check_public(question: FigureQuestion, now: datetime, problems: Problems) -> None:
    """Cells that overlap could be subtracted from each other: the public sees whole, finished months, each alone."""
    if set(question.figures) - set(PUBLIC_FIGURES):
        problems.add("figures", "NOT_PUBLIC", allowed=", ".join(PUBLIC_FIGURES))
    wanted = question.wanted
    if set(question.group_by) - PUBLIC_GROUPS or replace(wanted, agency_ids=(), is_in_seed=False) != FigureFilter():
        problems.add("groupBy", "NOT_PUBLIC", allowed=", ".join(sorted(PUBLIC_GROUPS)))
    if wanted != FigureFilter() and FigureGrouping.AGENCY not in question.group_by:
        problems.add("groupBy", "NOT_PUBLIC", allowed=FigureGrouping.AGENCY.value)
    if question.compares:
        problems.add("compareWithBefore", "NOT_PUBLIC", allowed="false")
    period = question.period
    is_whole = period.day_from.day == 1 and period.day_to.day == 1 and period.day_to <= local_date(now)
    is_one_month = len(period.parts(FigureGrouping.MONTH)) == 1
    if not is_whole or not (is_one_month or question.by_time is FigureGrouping.MONTH):
        problems.add("from", "WHOLE_MONTHS")
    problems.settle()
