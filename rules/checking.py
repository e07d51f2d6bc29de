"""Whether rules speak of what exists, and which of them never decide anything."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules import places
from rules.codes import covers
from rules.directory import LOCAL_OFFICE, Directory
from rules.language import (
    ENTRY,
    LOCAL_GOVERNMENT,
    NATIONAL,
    AgreementIs,
    CategoryIs,
    ChosenAgencyIs,
    ClassifierPolicy,
    ClassifierSays,
    Head,
    Leaf,
    RegionIs,
    Rule,
    RuleDocument,
    Text,
)
from rules.parsing import (
    BadRules,
    RuleFault,
    RuleLimits,
    RuleProblem,
    crowd,
    duplicates,
    read_document,
    read_policy,
    read_rule,
    single_tests,
)
from rules.succession import holds_on

__all__ = [
    "BadRules",
    "RuleFacts",
    "RuleFault",
    "RuleLimits",
    "RuleProblem",
    "Span",
    "problems_of",
    "read_document",
    "read_policy",
    "read_rule",
    "warnings_of",
]

_PLACES_OF_QUEUE = frozenset({ENTRY, LOCAL_GOVERNMENT, NATIONAL})


@dataclass(frozen=True, slots=True)
class Span:
    """From which day to before which day something holds; None is open."""

    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What exists: agencies, codes of categories, kinds of local offices, special mechanisms.

    `words_of` gives the normalised words of a phrase, `on` is the day of checking.
    """

    directory: Directory
    categories: Mapping[str, Span]
    office_kinds: frozenset[str]
    mechanisms: Mapping[str, Span]
    words_of: Callable[[str], Sequence[str]]
    on: date


def problems_of(rules: RuleDocument | Sequence[Rule], facts: RuleFacts, limits: RuleLimits) -> list[RuleProblem]:
    """Everything for which these rules may not act, in the order in which they stand; empty when they may."""
    policy = rules.classifier if isinstance(rules, RuleDocument) else ClassifierPolicy()
    asked = rules.rules if isinstance(rules, RuleDocument) else rules
    problems = [*crowd(asked, limits), *duplicates(asked)]
    for code in policy.agencies:
        problems += _addressee("", f"classifier.agencies.{code}", code, facts, facts.on)
    for rule in asked:
        problems += _problems_of_rule(rule, facts)
    return problems


def warnings_of(rules: Sequence[Rule]) -> list[RuleProblem]:
    """Rules that can never decide because of one above; each finding names that one in `by`. They may act all the same.

    Rules with a mechanism are asked before the others and by themselves, as are those that continue.
    """
    found: list[RuleProblem] = []
    by_condition: dict[tuple[str, bool, bool], list[Rule]] = {}
    always: dict[bool, list[Rule]] = {}
    for rule in sorted((r for r in rules if not r.then.continues), key=lambda r: (r.position, r.code)):
        has_mechanism, by_entry = rule.then.mechanism is not None, rule.then.queue == ENTRY
        key = (_canonical(rule.when), has_mechanism, by_entry)
        twin = _covering(by_condition.setdefault(key, []), rule)
        above = _covering(always.setdefault(has_mechanism, []), rule)
        if above is not None:
            found.append(RuleProblem(rule.code, "when", RuleFault.BELOW_ALWAYS, {"by": above.code}))
        elif twin is not None:
            found.append(RuleProblem(rule.code, "when", RuleFault.SHADOWED, {"by": twin.code}))
        by_condition[key].append(rule)
        # Where nobody's door was used, a rule that leads to the door does not hold.
        if rule.when is None and not by_entry:
            always[has_mechanism].append(rule)
    return found


def _covering(above: Sequence[Rule], rule: Rule) -> Rule | None:
    """The first rule that is valid whenever this one is."""
    return next((other for other in above if _within(rule, Span(other.valid_from, other.valid_to))), None)


def _within(rule: Rule, span: Span) -> bool:
    return not list(_outside(rule, span))


def _outside(rule: Rule, span: Span) -> Iterator[str]:
    """The ends of a rule that lie outside of a span."""
    if span.valid_from is not None and (rule.valid_from is None or rule.valid_from < span.valid_from):
        yield "validFrom"
    if span.valid_to is not None and (rule.valid_to is None or rule.valid_to > span.valid_to):
        yield "validTo"


def _canonical(when: Any) -> str:
    """A condition as a text that is the same for another order of what it lists."""

    def ordered(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: ordered(below) for key, below in value.items()}
        if isinstance(value, list):
            return sorted((ordered(below) for below in value), key=lambda below: json.dumps(below, sort_keys=True))
        return value

    plain = None if when is None else when.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps(ordered(plain), sort_keys=True)


def _problems_of_rule(rule: Rule, facts: RuleFacts) -> Iterator[RuleProblem]:
    # A rule of the past speaks of the agencies of its time, one of the future of those of its first day.
    is_past = rule.valid_to is not None and rule.valid_to <= facts.on
    day = None if is_past else max(rule.valid_from or facts.on, facts.on)
    for path, test in single_tests(rule):
        yield from _test(rule, path, test, facts, day)
    yield from _queue(rule, facts, day)
    yield from _mechanism(rule, facts)
    yield from _copies(rule, facts, day)


def _test(rule: Rule, path: str, test: Leaf, facts: RuleFacts, day: date | None) -> Iterator[RuleProblem]:
    match test:
        case Text(text=asked) if not facts.words_of(asked.words):
            yield RuleProblem(rule.code, f"{path}.words", RuleFault.NO_WORDS, {"given": asked.words})
        case AgreementIs() if rule.then.queue in (None, NATIONAL):
            yield RuleProblem(rule.code, path, RuleFault.AGREEMENT_WITHOUT_AGENCY)
        case CategoryIs(category=wanted):
            yield from _each(_category, rule, f"{path}.codes", wanted.codes, facts, day)
        case RegionIs(region=codes):
            yield from _each(_region, rule, path, codes, facts, day)
        case ChosenAgencyIs(chosen_agency=codes):
            yield from _each(_agency, rule, path, codes, facts, day)
        case ClassifierSays(classifier=said):
            check = _category if said.head is Head.CATEGORY else _addressee
            yield from _each(check, rule, f"{path}.labels", said.labels, facts, day)


_Check = Callable[[str, str, str, RuleFacts, date | None], Iterator[RuleProblem]]


def _each(
    check: _Check, rule: Rule, path: str, codes: Sequence[str], facts: RuleFacts, day: date | None
) -> Iterator[RuleProblem]:
    for at, code in enumerate(codes):
        yield from check(rule.code, f"{path}.{at}", code, facts, day)


def _region(rule: str, path: str, code: str, _: RuleFacts, __: date | None) -> Iterator[RuleProblem]:
    if places.region(code) is None:
        yield RuleProblem(rule, path, RuleFault.UNKNOWN_REGION, {"given": code})


def _addressee(rule: str, path: str, code: str, facts: RuleFacts, day: date | None) -> Iterator[RuleProblem]:
    """An agency, a kind of local office, or several kinds by what their codes begin with."""
    if not any(covers(code, kind) for kind in facts.office_kinds):
        yield from _agency(rule, path, code, facts, day)


def _category(rule: str, path: str, code: str, facts: RuleFacts, day: date | None) -> Iterator[RuleProblem]:
    span = facts.categories.get(code)
    if span is None:
        yield RuleProblem(rule, path, RuleFault.UNKNOWN_CATEGORY, {"given": code})
    elif day is not None and span.valid_to is not None and span.valid_to <= day:
        # Nobody records what a category became; the next one around it goes on meaning it.
        around = code.rpartition(".")[0]
        while around and not _is_valid(facts.categories.get(around), day):
            around = around.rpartition(".")[0]
        told = {"given": code, "on": span.valid_to.isoformat(), "successors": around}
        yield RuleProblem(rule, path, RuleFault.CATEGORY_ENDED, told)


def _is_valid(span: Span | None, day: date) -> bool:
    return span is not None and holds_on(day, span.valid_from, span.valid_to)


def _agency(rule: str, path: str, code: str, facts: RuleFacts, day: date | None) -> Iterator[RuleProblem]:
    agency = facts.directory.get(code)
    if agency is None:
        fault = RuleFault.UNKNOWN_OFFICE_KIND if code.startswith(LOCAL_OFFICE) else RuleFault.UNKNOWN_AGENCY
        yield RuleProblem(rule, path, fault, {"given": code})
    elif day is not None and agency.valid_to is not None and agency.valid_to <= day:
        successors = ", ".join(facts.directory.current(code, day))
        told = {"given": code, "on": agency.valid_to.isoformat(), "successors": successors}
        yield RuleProblem(rule, path, RuleFault.AGENCY_ENDED, told)
    elif day is not None and not facts.directory.current(code, day):
        told = {"given": code, "on": "" if agency.valid_from is None else agency.valid_from.isoformat()}
        yield RuleProblem(rule, path, RuleFault.AGENCY_NOT_YET, told)


def _queue(rule: Rule, facts: RuleFacts, day: date | None) -> Iterator[RuleProblem]:
    queue = rule.then.queue
    if queue is not None and queue not in _PLACES_OF_QUEUE and queue not in facts.office_kinds:
        yield from _agency(rule.code, "then.queue", queue, facts, day)


def _mechanism(rule: Rule, facts: RuleFacts) -> Iterator[RuleProblem]:
    code = rule.then.mechanism
    if code is None:
        return
    span = facts.mechanisms.get(code)
    if span is None:
        yield RuleProblem(rule.code, "then.mechanism", RuleFault.UNKNOWN_MECHANISM, {"given": code})
        return
    told = {
        "mechanism": code,
        "from": "" if span.valid_from is None else span.valid_from.isoformat(),
        "to": "" if span.valid_to is None else span.valid_to.isoformat(),
    }
    for end in _outside(rule, span):
        yield RuleProblem(rule.code, end, RuleFault.OUTSIDE_MECHANISM, told)


def _copies(rule: Rule, facts: RuleFacts, day: date | None) -> Iterator[RuleProblem]:
    own = None if rule.then.queue is None else _house(rule.then.queue, facts, day)
    seen: set[str] = set()
    for at, code in enumerate(rule.then.copies):
        path = f"then.copies.{at}"
        yield from _agency(rule.code, path, code, facts, day)
        stands_for = _now(code, facts, day)
        if stands_for in seen:
            yield RuleProblem(rule.code, path, RuleFault.COPY_TWICE, {"given": code})
        elif own is not None and _house(code, facts, day) == own:
            yield RuleProblem(rule.code, path, RuleFault.COPY_TO_ITSELF, {"given": code})
        seen.add(stands_for)


def _now(code: str, facts: RuleFacts, day: date | None) -> str:
    """Who stands for an agency on that day, where that is one."""
    heirs = facts.directory.current(code, day or facts.on)
    return heirs[0] if len(heirs) == 1 else code


def _house(code: str, facts: RuleFacts, day: date | None) -> str | None:
    """The agency that a queue belongs to: a unit and the agency above it are one house; None where a place decides."""
    if code in _PLACES_OF_QUEUE or code in facts.office_kinds:
        return None
    current = _now(code, facts, day)
    owner = facts.directory.owner(current)
    return current if owner is None else owner.code
