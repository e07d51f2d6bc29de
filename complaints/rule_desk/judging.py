"""Past complaints asked about two sets of rules, a batch at a time, in a process that knows no database."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from complaints.words import READING
from ml.text import tokens
from rules.deadlines import local_date
from rules.directory import AgencyFacts, Directory
from rules.evidence import Evidence, Ranked
from rules.language import ClassifierPolicy, ReporterFlag, Rule, leaves, test_of
from rules.replay import Case, Replayed, Sight, Tally
from rules.rule_set import RuleSet
from rules.vocabulary import Channel, ReportType, Urgency

# 200,000 words need about 30 MB; misspellings never end.
MOST_STEMS = 200_000


class Past(NamedTuple):
    """A past complaint as it is handed to another process: codes, and the classifier's answers as stored JSON.

    Category, region and flags are what routing saw, before anybody corrected them. `decided` is the agency that people
    gave it to, `hops` how often it was returned. `flags` are names of `ReporterFlag`, `proven` the targets whose
    answers rest on enough decisions of people.
    """

    id: str
    body: str
    category: str | None
    chosen_agency: str | None
    entry_agency: str | None
    region: str | None
    channel: str
    report_type: str
    submitted_at: datetime
    flags: tuple[str, ...]
    categories: str | None
    agencies: str | None
    is_sure: bool
    proven: tuple[str, ...]
    decided: str | None
    hops: int


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sets of rules and the agencies, plain enough to be handed over. `agencies` are facts of the directory."""

    draft: tuple[dict[str, Any], ...]
    draft_policy: dict[str, Any]
    active: tuple[dict[str, Any], ...]
    active_policy: dict[str, Any]
    agencies: tuple[AgencyFacts, ...]

    def packed(self) -> bytes:
        """As `judge` takes it: packed once, not for every batch."""
        return pickle.dumps(self)


@dataclass(frozen=True, slots=True)
class _Court:
    """Both sets compiled. `reads` is whether any rule asks for words: else no text needs to be read."""

    draft: RuleSet
    active: RuleSet
    directory: Directory
    reads: bool


# The sets of the last replay: compiling them takes longer than judging a batch.
_courts: dict[str, _Court] = {}


def judge(key: str, packed: bytes, batch: Sequence[Past], most_moves: int) -> Tally:
    """The tally of a batch. `key` names the packed sides: they are compiled once a process."""
    court = _courts.get(key)
    if court is None:
        _courts.clear()
        court = _courts[key] = _court(packed)
    tally = Tally(most_moves)
    for past in batch:
        tally.add(case_of(past, court.directory, reads=court.reads), court.draft, court.active, court.directory)
    return tally


def _court(packed: bytes) -> _Court:
    # Packed by this program a moment ago, in the process that started this one.
    sides: Sides = pickle.loads(packed)  # noqa: S301
    draft, active, sight = _rules(sides.draft), _rules(sides.active), Sight(_Stems())
    return _Court(
        draft=Replayed(1, draft, ClassifierPolicy.model_validate(sides.draft_policy), sight),
        active=Replayed(0, active, ClassifierPolicy.model_validate(sides.active_policy), sight),
        directory=Directory(sides.agencies),
        reads=any(test_of(leaf) == "text" for rule in (*draft, *active) for leaf in leaves(rule.when)),
    )


class _Stems(dict[str, str]):
    """The reading of rules, its stems looked up without a call in between: a history has a hundred million words."""

    def __init__(self) -> None:
        super().__init__()
        # A word that is there costs one look-up.
        self.stem: Callable[[str], str] = self.__getitem__

    def __missing__(self, word: str) -> str:
        if len(self) >= MOST_STEMS:
            self.clear()
        stem = self[word] = READING.stem(word)
        return stem

    def words(self, text: str) -> tuple[str, ...]:
        return READING.words(text)


def _rules(stored: Sequence[dict[str, Any]]) -> list[Rule]:
    return [Rule.model_validate(data) for data in stored]


def case_of(past: Past, directory: Directory, *, reads: bool = True) -> Case:
    """What routing could look at when the complaint came in. Without `reads` its text is left out."""
    categories, agencies = _ranked(past.categories), _ranked(past.agencies)
    meant = None
    if agencies:
        matter = past.category or (categories[0].code if categories else None)
        on = local_date(past.submitted_at)
        meant = directory.resolve(agencies[0].code, region=past.region, on=on, category=matter)
    evidence = Evidence(
        words=tuple(tokens(past.body)) if reads else (),
        category=past.category,
        chosen_agency=past.chosen_agency,
        entry_agency=past.entry_agency,
        region=past.region,
        channel=Channel(past.channel),
        report_type=ReportType(past.report_type),
        at=past.submitted_at,
        urgency=Urgency.NORMAL,
        reporter=frozenset(ReporterFlag(flag) for flag in past.flags),
        categories=categories,
        agencies=agencies,
        meant_agency=meant,
        agency_is_sure=past.is_sure and "agency" in past.proven,
        agency_is_proven="agency" in past.proven,
        category_is_proven=_category_head(categories) in past.proven,
    )
    return Case(past.id, evidence, past.decided, past.hops)


def _category_head(categories: Sequence[Ranked]) -> str | None:
    # Stored is the finer answer where it was sure, else the main topics, whose codes have no point.
    if not categories:
        return None
    return "category" if "." in categories[0].code else "category_main"


def _ranked(stored: str | None) -> tuple[Ranked, ...]:
    if stored is None:
        return ()
    return tuple(Ranked(answer["label"], answer["confidence"]) for answer in orjson.loads(stored))
