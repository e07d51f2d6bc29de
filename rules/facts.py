"""What a complaint says of itself as facts to look rules up by, and the tests that a condition puts to them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import TypeAlias

from rules.codes import covers
from rules.directory import LOCAL_OFFICE
from rules.evidence import Evidence, Ranked
from rules.language import (
    ENTRY,
    LOCAL_GOVERNMENT,
    NATIONAL,
    Agreement,
    AgreementIs,
    CategoryIs,
    ChannelIs,
    ChosenAgencyIs,
    ClassifierSays,
    DayIs,
    Head,
    HourIs,
    Hours,
    Leaf,
    Outcome,
    RegionIs,
    ReporterIs,
    ReportTypeIs,
    UrgencyIs,
    Weekday,
    WeekdayIs,
)
from rules.matching import Words
from rules.succession import holds_on

# What is said, and its value: ("region", "33.74"); a phrase is its number.
Fact: TypeAlias = int | tuple[str, str]

DOOR: Fact = ("door", "")
_ANSWERED: Fact = ("answered", "")
_WEEKDAYS = tuple(Weekday)
# How many complaints in a hundred one such fact is roughly true of: a rule is looked up by its rarest.
_COMMONNESS = {
    "chosen_agency": 2,
    "category": 5,
    "guess": 5,
    "classifier": 5,
    "region": 5,
    "weekday": 15,
    "door": 20,
    "report_type": 40,
    "channel": 40,
    "reporter": 50,
    "urgency": 90,
    "answered": 90,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One complaint as conditions look at it: evidence, moment in Jakarta, facts, words."""

    evidence: Evidence
    at: datetime
    facts: frozenset[Fact]
    words: Words


Test: TypeAlias = Callable[[Seen], bool]


def commonness(fact: Fact) -> int:
    """How many complaints in a hundred the fact is roughly true of."""
    return 1 if isinstance(fact, int) else _COMMONNESS[fact[0]]


def facts_of(evidence: Evidence) -> Iterator[Fact]:
    """Everything the evidence says, codes with all that lies above them; the text is left to the phrases.

    The classifier's answers count only where people have decided enough, its category only where nobody gave one.
    """
    yield "channel", evidence.channel
    yield "report_type", evidence.report_type
    yield "urgency", evidence.urgency
    yield "weekday", _WEEKDAYS[evidence.on.weekday()]
    yield from (("reporter", flag) for flag in evidence.reporter)
    yield from _upwards("category", evidence.category)
    yield from _upwards("region", evidence.region)
    yield from _upwards("chosen_agency", evidence.chosen_agency)
    if evidence.entry_agency is not None:
        yield DOOR
    category, agency = first(evidence, Head.CATEGORY), first(evidence, Head.AGENCY)
    if category is not None:
        yield from _upwards("classifier", category.code, prefix="category ")
        if evidence.category is None:
            yield from _upwards("guess", category.code)
    if agency is not None:
        yield _ANSWERED
        yield from _upwards("classifier", agency.code, prefix="agency ")


def first(evidence: Evidence, head: Head) -> Ranked | None:
    """The classifier's first answer that a condition may count on."""
    if head is Head.CATEGORY:
        return evidence.categories[0] if evidence.categories and evidence.category_is_proven else None
    return evidence.agencies[0] if evidence.agencies and evidence.agency_is_proven else None


def _upwards(name: str, code: str | None, prefix: str = "") -> Iterator[Fact]:
    if code is None:
        return
    yield name, prefix + code
    for place, sign in enumerate(code):
        if sign == ".":
            yield name, prefix + code[:place]


def leaf_test(leaf: Leaf, outcome: Outcome) -> tuple[frozenset[Fact] | None, Test]:
    """A single test other than of the text: the facts of which it needs one (`None`: it needs none), and itself."""
    match leaf:
        case CategoryIs(category=asked):
            given = frozenset(("category", code) for code in asked.codes)
            if asked.min_confidence is None:
                return _one_of(given)
            guessed = frozenset(("guess", code) for code in asked.codes)
            return given | guessed, _category(given, guessed, asked.min_confidence)
        case ClassifierSays(classifier=says):
            wanted = frozenset(("classifier", f"{says.head} {label}") for label in says.labels)
            return wanted, _answer(wanted, says.head, says.min_confidence)
        case AgreementIs(agreement=agreement):
            return frozenset({_ANSWERED}), lambda seen: agreement_on(outcome.queue, seen.evidence) is agreement
        case DayIs(days=days):
            return None, lambda seen: holds_on(seen.at.date(), days.since, days.until)
        case HourIs(hours=hours):
            return None, lambda seen: _is_between(seen.at.time(), hours)
        case _:
            return _one_of(_plain_facts(leaf))


def _plain_facts(leaf: Leaf) -> frozenset[Fact]:
    match leaf:
        case RegionIs(region=codes):
            return frozenset(("region", code) for code in codes)
        case ChosenAgencyIs(chosen_agency=codes):
            return frozenset(("chosen_agency", code) for code in codes)
        case ReportTypeIs(report_type=types):
            return frozenset(("report_type", value) for value in types)
        case ChannelIs(channel=channels):
            return frozenset(("channel", value) for value in channels)
        case UrgencyIs(urgency=urgencies):
            return frozenset(("urgency", value) for value in urgencies)
        case WeekdayIs(weekday=weekdays):
            return frozenset(("weekday", value) for value in weekdays)
        case ReporterIs(reporter=flags):
            return frozenset(("reporter", value) for value in flags)
        case _:
            raise TypeError(f"{type(leaf).__name__} is no test of a fact")


def _one_of(wanted: frozenset[Fact]) -> tuple[frozenset[Fact], Test]:
    return wanted, lambda seen: not wanted.isdisjoint(seen.facts)


def _category(given: frozenset[Fact], guessed: frozenset[Fact], least: float) -> Test:
    def test(seen: Seen) -> bool:
        if not given.isdisjoint(seen.facts):
            return True
        # A guess is a fact only where there is a first answer.
        return not guessed.isdisjoint(seen.facts) and seen.evidence.categories[0].confidence >= least

    return test


def _answer(wanted: frozenset[Fact], head: Head, least: float) -> Test:
    def test(seen: Seen) -> bool:
        answer = first(seen.evidence, head)
        return answer is not None and answer.confidence >= least and not wanted.isdisjoint(seen.facts)

    return test


def _is_between(moment: time, hours: Hours) -> bool:
    if hours.since < hours.until:
        return hours.since <= moment < hours.until
    return moment >= hours.since or moment < hours.until


def agreement_on(queue: str | None, evidence: Evidence) -> Agreement | None:
    """Whether the classifier's first agency is the one a rule would choose.

    `None` when one of them names nobody. A unit and the agency above it agree.
    """
    answer = first(evidence, Head.AGENCY)
    chosen = evidence.entry_agency if queue == ENTRY else queue
    if answer is None or chosen is None or chosen == NATIONAL:
        return None
    if chosen == LOCAL_GOVERNMENT:
        agrees = answer.code.startswith(LOCAL_OFFICE)
    else:
        meant = [code for code in (answer.code, evidence.meant_agency) if code is not None]
        agrees = any(covers(code, chosen) or covers(chosen, code) for code in meant)
    return Agreement.AGREE if agrees else Agreement.DISAGREE
