"""Routing rules compiled: which of all rules hold for a complaint, without asking each of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from rules.evidence import Evidence
from rules.facts import DOOR, Fact, Seen, Test, commonness, facts_of, leaf_test
from rules.language import ENTRY, All, AnyOf, ClassifierPolicy, Condition, NoneOf, Outcome, Rule, Text, test_of
from rules.matching import PLAIN, Phrase, PhraseFinder, Reading, Words, phrase_of
from rules.succession import holds_on

__all__ = ["PLAIN", "BadRule", "Reading", "Rule", "RuleSet", "Seen", "Trace"]

ALWAYS = "always"

# Facts of which a condition needs one (`None`: it may hold without any), and its test.
_Compiled: TypeAlias = tuple[frozenset[Fact] | None, Test]


class BadRule(ValueError):
    """Rules that cannot stand together, and why."""


@dataclass(frozen=True, slots=True)
class Trace:
    """How one part of a condition came out, and everything below it.

    `test` is its name (`all`, `text`, `region`; `always` for a rule without condition). `words` are the words of the
    text that a test of the text found.
    """

    test: str
    condition: Condition | None
    is_true: bool
    words: tuple[str, ...] = ()
    below: tuple["Trace", ...] = ()

    def leaves(self) -> Iterator["Trace"]:
        """The single tests that made the condition hold, from left to right."""
        if not self.is_true or self.test == "none":
            return
        if self.test not in ("all", "any"):
            yield self
        for part in self.below:
            yield from part.leaves()


class RuleSet:
    """One version of all rules, in the order they are asked. Raises `BadRule` when two share a code."""

    __slots__ = ("_always", "_by_fact", "_finder", "_tests", "policy", "reading", "rules", "version")

    def __init__(
        self,
        version: int,
        rules: Iterable[Rule],
        policy: ClassifierPolicy | None = None,
        reading: Reading = PLAIN,
    ) -> None:
        self.version = version
        self.rules = tuple(sorted(rules, key=lambda rule: (rule.position, rule.code)))
        self.policy = policy or ClassifierPolicy()
        self.reading = reading
        if len({rule.code for rule in self.rules}) < len(self.rules):
            raise BadRule("two rules share a code")
        phrases: dict[Phrase, int] = {}
        compiled = [_compiled_rule(rule, phrases, reading) for rule in self.rules]
        self._tests = tuple(test for _, test in compiled)
        self._always: list[int] = []
        self._by_fact: defaultdict[Fact, list[int]] = defaultdict(list)
        for number, (needs, _) in enumerate(compiled):
            if needs is None:
                self._always.append(number)
            for fact in needs or ():
                self._by_fact[fact].append(number)
        self._finder = PhraseFinder(list(phrases))

    def see(self, evidence: Evidence) -> Seen:
        """The evidence made ready to be asked about by this set. Raises `ValueError` when `at` has no time zone."""
        words = Words(evidence.words, self.reading)
        facts = frozenset((*facts_of(evidence), *self._finder.found(words)))
        return Seen(evidence, evidence.local_at, facts, words)

    def holding(self, evidence: Evidence) -> tuple[Rule, ...]:
        """All rules that hold, in order. One that sends to the door of entry holds only where there is one."""
        return self.held(self.see(evidence))

    def held(self, seen: Seen) -> tuple[Rule, ...]:
        """The same for evidence that was made ready by this set."""
        asked = set(self._always)
        for fact in seen.facts & self._by_fact.keys():
            asked.update(self._by_fact[fact])
        return tuple(self.rules[number] for number in sorted(asked) if self._tests[number](seen))

    def judge(self, rule: Rule, evidence: Evidence) -> bool:
        """Whether one rule holds, of this set or not: its time, its door and its condition."""
        if not holds_on(evidence.on, rule.valid_from, rule.valid_to):
            return False
        if rule.then.queue == ENTRY and evidence.entry_agency is None:
            return False
        return self.traced(rule, evidence).is_true

    def traced(self, rule: Rule, evidence: Evidence) -> Trace:
        """How the condition of one rule, of this set or not, comes out part by part."""
        words = Words(evidence.words, self.reading)
        return self.trace(rule, Seen(evidence, evidence.local_at, frozenset(facts_of(evidence)), words))

    def trace(self, rule: Rule, seen: Seen) -> Trace:
        """The same for evidence that was made ready."""
        if rule.when is None:
            return Trace(ALWAYS, None, is_true=True)
        return _trace(rule.when, rule.then, seen, self.reading)


def _trace(node: Any, outcome: Outcome, seen: Seen, reading: Reading) -> Trace:
    name = test_of(node) or ""
    match node:
        case All(all=parts) | AnyOf(any=parts) | NoneOf(none=parts):
            below = tuple(_trace(part, outcome, seen, reading) for part in parts)
            count = sum(part.is_true for part in below)
            is_true = {"all": count == len(below), "any": count > 0, "none": count == 0}[name]
            return Trace(name, node, is_true, below=below)
        case Text(text=asked):
            phrase = phrase_of(asked, reading)
            words = () if phrase is None else seen.words.found(phrase)
            return Trace(name, node, bool(words), words)
        case _:
            return Trace(name, node, leaf_test(node, outcome)[1](seen))


def _compiled_rule(rule: Rule, phrases: dict[Phrase, int], reading: Reading) -> _Compiled:
    needs, test = (None, _yes) if rule.when is None else _compiled(rule.when, rule.then, phrases, reading)
    since, until = rule.valid_from, rule.valid_to
    if since is None and until is None and rule.then.queue != ENTRY:
        return needs, test
    needs_door = rule.then.queue == ENTRY

    def in_its_time(seen: Seen) -> bool:
        if needs_door and seen.evidence.entry_agency is None:
            return False
        return holds_on(seen.at.date(), since, until) and test(seen)

    return _rarest([needs, frozenset({DOOR}) if needs_door else None]), in_its_time


def _compiled(node: Any, outcome: Outcome, phrases: dict[Phrase, int], reading: Reading) -> _Compiled:
    match node:
        case All(all=parts) | AnyOf(any=parts) | NoneOf(none=parts):
            below = [_compiled(part, outcome, phrases, reading) for part in parts]
            needs, tests = [part[0] for part in below], tuple(part[1] for part in below)
            match node:
                case All():
                    return _rarest(needs), lambda seen: all(test(seen) for test in tests)
                case AnyOf():
                    return _union(needs), lambda seen: any(test(seen) for test in tests)
                case _:
                    return None, lambda seen: not any(test(seen) for test in tests)
        case Text(text=asked):
            phrase = phrase_of(asked, reading)
            if phrase is None:
                return frozenset(), _no
            number = phrases.setdefault(phrase, len(phrases))
            return frozenset({number}), lambda seen: number in seen.facts
        case _:
            return leaf_test(node, outcome)


def _rarest(needs: Iterable[frozenset[Fact] | None]) -> frozenset[Fact] | None:
    known = [facts for facts in needs if facts is not None]
    return min(known, key=lambda facts: sum(map(commonness, facts)), default=None)


def _union(needs: Iterable[frozenset[Fact] | None]) -> frozenset[Fact] | None:
    together: set[Fact] = set()
    for facts in needs:
        if facts is None:
            return None
        together |= facts
    return frozenset(together)


def _yes(_: Seen) -> bool:
    return True


def _no(_: Seen) -> bool:
    return False
