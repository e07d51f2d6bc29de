"""Routing rules as data that an admin can read, and their phrases compiled to be found in one pass."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

import ahocorasick

from rules.vocabulary import Channel, ReportType, RuleKind, Urgency

# Whose queue, when it is not simply an agency's code or a kind of local office.
CHOSEN = "CHOSEN"  # the agency the reporter chose
ENTRY = "ENTRY"  # the agency through whose door the report came
CLASSIFIED = "CLASSIFIED"  # the classifier's first agency, when it is sure
LOCAL_GOVERNMENT = "LOCAL_GOVERNMENT"  # the government of the place
NATIONAL = "NATIONAL"  # the national desk

_TOKEN = re.compile(r"[a-z]+|\d+")


class BadRule(ValueError):
    """A rule that cannot be read: which one, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """When a rule applies: everything that is given must hold. Nothing given: always.

    Phrases are words in a row, in normalised spelling ("jalan", not "jln"). A category or region stands for
    all below it. `categories` is asked of the reporter's category; only with `min_confidence` (0 to 1) also
    of the classifier's first guess. The same limit then holds for the classifier's agency.
    """

    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    report_types: tuple[ReportType, ...] = ()
    chosen_agency: bool | None = None
    min_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows: `queue` is one of the words above, an agency's code or a kind of local office."""

    queue: str
    urgency: Urgency = Urgency.NORMAL
    tags: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    mechanism: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition and whose verification queue follows from it. `valid_to` is the first day after it."""

    id: str
    position: int
    kind: RuleKind
    name: str
    reason: str
    condition: Condition
    outcome: Outcome
    valid_from: date | None = None
    valid_to: date | None = None

    @classmethod
    def of(cls, data: Mapping[Any, Any]) -> Self:
        """A rule from a row or a file: `code`, `position`, `kind`, `name`, `reason`, `conditions`, `outcome`.

        Raises `BadRule` for a missing or unknown key and for a value that is none of its kind.
        """
        code = data.get("code")
        try:
            return cls(
                id=str(data["code"]),
                position=int(data["position"]),
                kind=RuleKind(data["kind"]),
                name=str(data["name"]),
                reason=str(data["reason"]),
                condition=Condition(**_read(data.get("conditions") or {}, _CONDITION_KEYS)),
                outcome=Outcome(**_read(data["outcome"], _OUTCOME_KEYS)),
                valid_from=data.get("valid_from"),
                valid_to=data.get("valid_to"),
            )
        except (KeyError, TypeError, ValueError) as problem:
            raise BadRule(f"rule {code}: {problem}") from problem


class RuleSet:
    """One version of all rules, in the order they are asked. Raises `BadRule` when two share an id."""

    __slots__ = ("_phrases", "rules", "version")

    def __init__(self, version: int, rules: Iterable[Rule]) -> None:
        self.version = version
        self.rules = tuple(sorted(rules, key=lambda rule: (rule.position, rule.id)))
        if len({rule.id for rule in self.rules}) < len(self.rules):
            raise BadRule("two rules share an id")
        self._phrases = _automaton(self.rules)

    def phrases_in(self, words: Sequence[str]) -> frozenset[str]:
        """The phrases of all rules that occur in these words."""
        if not self._phrases:
            return frozenset()
        return frozenset(phrase for _, phrase in self._phrases.iter(f" {_in_a_row(' '.join(words))} "))


def _automaton(rules: Iterable[Rule]) -> Any:
    automaton = ahocorasick.Automaton()
    for rule in rules:
        for phrase in (*rule.condition.any_of, *rule.condition.all_of, *rule.condition.none_of):
            automaton.add_word(f" {phrase} ", phrase)
    automaton.make_automaton()
    return automaton


def _in_a_row(text: str) -> str:
    # "gorong-gorong" and "gorong gorong" are the same words.
    return " ".join(_TOKEN.findall(text.lower()))


def _phrases(value: Any) -> tuple[str, ...]:
    phrases = tuple(map(_in_a_row, _texts(value)))
    if not all(phrases):
        raise ValueError("a phrase has no letter or digit")
    return phrases


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        raise TypeError(f"{value!r} stands where a list is expected")
    return tuple(map(str, value))


def _confidence(value: Any) -> float | None:
    if value is not None and not 0 <= value <= 1:
        raise ValueError(f"min_confidence {value} is not between 0 and 1")
    return None if value is None else float(value)


def _flag(value: Any) -> bool | None:
    if value not in (None, True, False):
        raise TypeError(f"chosen_agency {value!r} is neither true nor false")
    return None if value is None else bool(value)


_Key = tuple[str, Callable[[Any], Any]]
# How a rule is written down -> the field it becomes, and how its value is read.
_CONDITION_KEYS: Mapping[str, _Key] = {
    "any": ("any_of", _phrases),
    "all": ("all_of", _phrases),
    "none": ("none_of", _phrases),
    "categories": ("categories", _texts),
    "regions": ("regions", _texts),
    "channels": ("channels", lambda value: tuple(map(Channel, _texts(value)))),
    "report_types": ("report_types", lambda value: tuple(map(ReportType, _texts(value)))),
    "chosen_agency": ("chosen_agency", _flag),
    "min_confidence": ("min_confidence", _confidence),
}
_OUTCOME_KEYS: Mapping[str, _Key] = {
    "queue": ("queue", str),
    "urgency": ("urgency", Urgency),
    "tags": ("tags", _texts),
    "copies": ("copies", _texts),
    "mechanism": ("mechanism", lambda value: None if value is None else str(value)),
}


def _read(data: Mapping[str, Any], keys: Mapping[str, _Key]) -> dict[str, Any]:
    unknown = sorted(set(data) - set(keys))
    if unknown:
        raise ValueError(f"unknown keys {', '.join(unknown)}")
    return {keys[key][0]: keys[key][1](value) for key, value in data.items()}
