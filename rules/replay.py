"""What a draft of the rules would have done with past complaints, beside the rules in use."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Generic, Self, TypeVar

from rules.addressees import addressee
from rules.directory import Directory
from rules.evidence import Evidence
from rules.facts import Fact, Seen, facts_of
from rules.language import ClassifierPolicy, Rule
from rules.matching import PLAIN, Reading, Words
from rules.routing import Route, route
from rules.rule_set import RuleSet

# A report shows so many of the largest; what is counted beyond them only costs memory.
SHOWN = 200
# So many different pairs are counted before the rarest are forgotten: 20,000 need about 4 MB.
COUNTED = 20_000
# Pairs grow with the square: of more rules that hold for one complaint, the first ones are compared.
COMPARED = 12

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Case:
    """A past complaint: what routing could look at then, and what people made of it.

    `id` names it in the moves. `decided` is the owner agency that people gave it to in the end, None while nobody
    has; `hops` counts how often it was returned on the way.
    """

    id: str
    evidence: Evidence
    decided: str | None = None
    hops: int = 0

    @property
    def was_returned(self) -> bool:
        """Whether somebody sent it back."""
        return self.hops > 0


class Sight:
    """What is seen of one complaint by several sets of rules: words, stems and facts are worked out once."""

    __slots__ = ("_evidence", "_facts", "_words", "reading")

    def __init__(self, reading: Reading = PLAIN) -> None:
        self.reading = reading
        self._evidence: Evidence | None = None
        self._words = Words((), reading)
        self._facts: tuple[Fact, ...] = ()

    def of(self, evidence: Evidence) -> tuple[Words, tuple[Fact, ...]]:
        """The words and the facts of the evidence; of the same one again nothing is worked out anew."""
        if evidence is not self._evidence:
            self._evidence = evidence
            self._words, self._facts = Words(evidence.words, self.reading), tuple(facts_of(evidence))
        return self._words, self._facts


class Replayed(RuleSet):
    """A set that shares its sight with the one it is compared with, and remembers what it saw last."""

    __slots__ = ("_held", "_last", "_seen", "_sight")

    def __init__(self, version: int, rules: Iterable[Rule], policy: ClassifierPolicy | None, sight: Sight) -> None:
        super().__init__(version, rules, policy, sight.reading)
        self._sight = sight
        self._last: Evidence | None = None
        self._seen: Seen | None = None
        self._held: tuple[Rule, ...] | None = None

    def see(self, evidence: Evidence) -> Seen:
        """As `RuleSet.see`."""
        if self._seen is None or evidence is not self._last:
            words, facts = self._sight.of(evidence)
            every = frozenset((*facts, *self._finder.found(words)))
            self._last, self._held = evidence, None
            self._seen = Seen(evidence, evidence.local_at, every, words)
        return self._seen

    def held(self, seen: Seen) -> tuple[Rule, ...]:
        """As `RuleSet.held`."""
        if seen is not self._seen:
            return super().held(seen)
        if self._held is None:
            self._held = super().held(seen)
        return self._held


@dataclass(frozen=True, slots=True)
class Move:
    """One complaint that would go elsewhere. Agencies are codes, None is the national desk; rules, None is a stage."""

    id: str
    from_agency: str | None
    to_agency: str | None
    from_rule: str | None
    to_rule: str | None
    decided: str | None


@dataclass(slots=True)
class Frequent(Generic[Key]):
    """Counts of the most frequent keys in flat memory: beyond twice `most`, the rarest are forgotten.

    `is_exact` says whether that never happened.
    """

    most: int = COUNTED
    counts: Counter[Key] = field(default_factory=Counter)
    is_exact: bool = True

    def add(self, key: Key, count: int = 1) -> None:
        """Count one key."""
        self.counts[key] += count
        if len(self.counts) > 2 * self.most:
            self._forget()

    def merge(self, other: Self) -> None:
        """Add what another one counted."""
        self.counts.update(other.counts)
        self.is_exact = self.is_exact and other.is_exact
        if len(self.counts) > 2 * self.most:
            self._forget()

    def largest(self, shown: int = SHOWN) -> list[tuple[Key, int]]:
        """The most frequent keys; of equals the first by name, so that two runs say the same."""
        return sorted(self.counts.items(), key=lambda item: (-item[1], str(item[0])))[:shown]

    def _forget(self) -> None:
        self.counts = Counter(dict(self.largest(self.most)))
        self.is_exact = False


@dataclass(slots=True)
class RuleCount:
    """One rule of the draft: it holds, it decides, people decided these as well, they agreed."""

    holds: int = 0
    wins: int = 0
    decided: int = 0
    agreed: int = 0

    def merge(self, other: "RuleCount") -> None:
        """Add what was counted elsewhere."""
        self.holds += other.holds
        self.wins += other.wins
        self.decided += other.decided
        self.agreed += other.agreed


@dataclass(slots=True)
class Tally:
    """Counts cases one by one; parts of a history that were counted apart are merged in their order.

    Memory does not grow with the history: there are counters per rule, agency and pair, and `most_moves` examples.
    """

    most_moves: int = 10_000
    totals: Counter[str] = field(default_factory=Counter)
    draft_stages: Counter[str] = field(default_factory=Counter)
    active_stages: Counter[str] = field(default_factory=Counter)
    rules: dict[str, RuleCount] = field(default_factory=dict)
    decided_of: Counter[str] = field(default_factory=Counter)
    # (rule, agency it gave complaints to)
    led: Frequent[tuple[str, str]] = field(default_factory=Frequent)
    # (rule that held, what decided instead)
    instead: Frequent[tuple[str, str]] = field(default_factory=Frequent)
    conflicts: Frequent[tuple[str, str]] = field(default_factory=Frequent)
    matrix: Frequent[tuple[str | None, str | None]] = field(default_factory=Frequent)
    improved: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    worsened: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    # (what decided before, what decides now)
    deciders: Frequent[tuple[str, str]] = field(default_factory=Frequent)
    moves: list[Move] = field(default_factory=list)

    def add(self, case: Case, draft: RuleSet, active: RuleSet, directory: Directory) -> None:
        """Ask both about one case and count what they say."""
        old, new = route(case.evidence, active, directory), route(case.evidence, draft, directory)
        self.active_stages[str(old.kind)] += 1
        self.draft_stages[str(new.kind)] += 1
        self.totals["complaints"] += 1
        self._add_rules(case, new, draft.holding(case.evidence), directory)
        was_right, is_right = _agrees(old, case), _agrees(new, case)
        if case.was_returned:
            self.totals["returned"] += 1
        if case.decided is not None:
            self.totals["decided"] += 1
            self.totals["agreed_active"] += was_right
            self.totals["agreed_draft"] += is_right
            self.decided_of[case.decided] += 1
        if case.was_returned and is_right and not was_right:
            self.totals["spared_complaints"] += 1
            self.totals["spared_hops"] += case.hops
        for what in ("mechanism", "urgency", "tags", "copies"):
            self.totals[what] += getattr(old, what) != getattr(new, what)
        if old.proposed_agency != new.proposed_agency:
            self._add_move(case, old, new, was_right=was_right, is_right=is_right)

    def _add_rules(self, case: Case, new: Route, holding: Sequence[Rule], directory: Directory) -> None:
        winner = _decider(new)
        for rule in holding:
            count = self.rules.setdefault(rule.code, RuleCount())
            count.holds += 1
            if rule.code != new.rule_id:
                if not rule.then.continues:
                    self.instead.add((rule.code, winner))
                continue
            count.wins += 1
            if new.proposed_agency is not None:
                self.led.add((rule.code, new.proposed_agency))
            if case.decided is not None:
                count.decided += 1
                count.agreed += _agrees(new, case)
        choosing = [rule for rule in holding if not rule.then.continues][:COMPARED]
        if len(choosing) > 1:
            ends = [(rule.code, destination(rule, case.evidence, directory)) for rule in choosing]
            for (first, there), (second, elsewhere) in combinations(ends, 2):
                if there != elsewhere:
                    self.conflicts.add((first, second))

    def _add_move(self, case: Case, old: Route, new: Route, *, was_right: bool, is_right: bool) -> None:
        pair = (old.proposed_agency, new.proposed_agency)
        self.totals["moved"] += 1
        self.matrix.add(pair)
        self.deciders.add((_decider(old), _decider(new)))
        if is_right:
            self.totals["improved"] += 1
            self.improved[pair] += 1
        if was_right:
            self.totals["worsened"] += 1
            self.worsened[pair] += 1
        if len(self.moves) < self.most_moves:
            self.moves.append(Move(case.id, *pair, old.rule_id, new.rule_id, case.decided))

    def merge(self, other: Self) -> None:
        """Add the counts of the part of history that follows."""
        for mine, theirs in (
            (self.totals, other.totals),
            (self.draft_stages, other.draft_stages),
            (self.active_stages, other.active_stages),
            (self.decided_of, other.decided_of),
        ):
            mine.update(theirs)
        self.improved.update(other.improved)
        self.worsened.update(other.worsened)
        for code, count in other.rules.items():
            self.rules.setdefault(code, RuleCount()).merge(count)
        self.led.merge(other.led)
        self.instead.merge(other.instead)
        self.conflicts.merge(other.conflicts)
        self.matrix.merge(other.matrix)
        self.deciders.merge(other.deciders)
        self.moves += other.moves[: self.most_moves - len(self.moves)]

    def report(self, rules: Iterable[Rule]) -> dict[str, Any]:
        """What came out, as JSON; `rules` are those of the draft. Shares are 0 to 1, None where nothing was counted.

        - `complaints`, `decided` (people decided), `returned`, `moved`, `improved` and `worsened` (moves to and from
          the agency that people chose)
        - `agreement`: `draft` and `active`, each `agreed` and `share` of the decided
        - `stages`: `draft` and `active`, complaints per stage
        - `matrix`: `from`, `to` (None: national desk), `complaints`, `improved`, `worsened`; the largest first
        - `deciders`: `from`, `to` (rule, or stage where no rule decided), `complaints`
        - `changed`: complaints whose `mechanism`, `urgency`, `tags` or `copies` would be others
        - `rules`: `code`, `holds`, `wins`, `decided`, `agreed`, `precision` (agreed of the decided) and `recall` (of
          the complaints whose agency is among those that the rule leads to, the share that it gave there)
        - `dead`: rules that hold nowhere
        - `unreachable`: rules that hold and never decide: `code`, `holds`, `instead` (what mostly does), `complaints`
        - `conflicts`: `rules` (two that hold together and lead to different agencies), `complaints`
        - `spared`: `complaints` and `hops`, returned ones that the draft gives to the right agency at once
        - `is_exact`: whether no rare pair was forgotten
        """
        written = sorted(rules, key=lambda rule: (rule.position, rule.code))
        totals, counts = self.totals, self.rules
        exact = (self.led, self.instead, self.conflicts, self.matrix, self.deciders)
        return {
            **{name: totals[name] for name in ("complaints", "decided", "returned", "moved", "improved", "worsened")},
            "agreement": {
                side: {
                    "agreed": totals[f"agreed_{side}"],
                    "share": _share(totals[f"agreed_{side}"], totals["decided"]),
                }
                for side in ("draft", "active")
            },
            "stages": {
                "draft": dict(sorted(self.draft_stages.items())),
                "active": dict(sorted(self.active_stages.items())),
            },
            "matrix": [
                {
                    "from": pair[0],
                    "to": pair[1],
                    "complaints": count,
                    "improved": self.improved[pair],
                    "worsened": self.worsened[pair],
                }
                for pair, count in self.matrix.largest()
            ],
            "deciders": [
                {"from": before, "to": now, "complaints": count} for (before, now), count in self.deciders.largest()
            ],
            "changed": {name: totals[name] for name in ("mechanism", "urgency", "tags", "copies")},
            "rules": self._rules(written),
            "dead": [rule.code for rule in written if rule.code not in counts],
            "unreachable": self._unreachable(written),
            "conflicts": [{"rules": list(pair), "complaints": count} for pair, count in self.conflicts.largest()],
            "spared": {"complaints": totals["spared_complaints"], "hops": totals["spared_hops"]},
            "is_exact": all(counter.is_exact for counter in exact),
        }

    def _rules(self, written: Sequence[Rule]) -> list[dict[str, Any]]:
        there: Counter[str] = Counter()
        for code, agency in self.led.counts:
            there[code] += self.decided_of[agency]
        found = []
        for rule in written:
            count = self.rules.get(rule.code, RuleCount())
            found.append(
                {
                    "code": rule.code,
                    "holds": count.holds,
                    "wins": count.wins,
                    "decided": count.decided,
                    "agreed": count.agreed,
                    "precision": _share(count.agreed, count.decided),
                    "recall": _share(count.agreed, there[rule.code]),
                }
            )
        return found

    def _unreachable(self, written: Sequence[Rule]) -> list[dict[str, Any]]:
        instead: dict[str, tuple[str, int]] = {}
        for (code, winner), times in self.instead.largest(len(self.instead.counts)):
            instead.setdefault(code, (winner, times))
        return [
            {
                "code": rule.code,
                "holds": self.rules[rule.code].holds,
                "instead": instead[rule.code][0],
                "complaints": instead[rule.code][1],
            }
            for rule in written
            if rule.code in instead and self.rules[rule.code].wins == 0
        ]


def destination(rule: Rule, evidence: Evidence, directory: Directory) -> str | None:
    """The agency a rule gives such a complaint to, whoever decides in the end; None is the national desk."""
    return None if rule.then.queue is None else addressee(rule.then.queue, evidence, directory).agency


def _agrees(decision: Route, case: Case) -> bool:
    return case.decided is not None and decision.proposed_agency == case.decided


def _decider(decision: Route) -> str:
    return decision.rule_id or str(decision.kind)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def merged(tallies: Iterable[Tally], most_moves: int = 10_000) -> Tally:
    """All of them together, in their order."""
    whole = Tally(most_moves)
    for tally in tallies:
        whole.merge(tally)
    return whole


__all__ = ["Case", "Frequent", "Move", "Replayed", "RuleCount", "Sight", "Tally", "destination", "merged"]
