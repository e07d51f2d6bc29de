"""Whose verification queue a complaint enters, and why. A rule never dispatches: a person verifies."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rules.addressees import Addressee, addressee, national_desk
from rules.directory import LOCAL_OFFICE, AgencyFacts, Directory
from rules.evidence import Evidence, Ranked
from rules.facts import Seen, first
from rules.language import ENTRY, ClassifierSays, Head, Outcome, Rule, Text
from rules.reasons import Reason, ReasonCode, sentence
from rules.rule_set import RuleSet
from rules.vocabulary import RouteFlag, RuleKind, Urgency

__all__ = [
    "AgencyFacts",
    "Candidate",
    "Directory",
    "Evidence",
    "Outcome",
    "Ranked",
    "Reason",
    "ReasonCode",
    "Route",
    "Rule",
    "RuleSet",
    "Step",
    "route",
    "sentence",
]

# So many answers of the classifier are kept beside every decision, and so many rules that came too late.
CANDIDATES = 3
LOST_MAX = 5

_URGENCIES = tuple(Urgency)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who might have got it at one stage: by which rule, or with which confidence (0 to 1)."""

    agency: str | None
    rule: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a decision, whether it decided, and why it did or did not."""

    stage: RuleKind
    taken: bool
    candidates: tuple[Candidate, ...] = ()
    because: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """Where a complaint waits for verification. `queue` is an agency's code, `None` the national desk.

    `kind` is the stage that decided, `rule_id` the rule if one did, `also` the rules that only added to it. `path` has
    the stages in order up to that one, and what the classifier said whoever decided. `lost` are the first rules that
    held but stood below.
    """

    queue: str | None
    proposed_agency: str | None
    proposed_unit: str | None
    kind: RuleKind
    rule_id: str | None
    rule_set_version: int
    urgency: Urgency
    tags: tuple[str, ...]
    copies: tuple[str, ...]
    mechanism: str | None
    because: tuple[Reason, ...]
    path: tuple[Step, ...] = ()
    flags: frozenset[RouteFlag] = frozenset()
    lost: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Desk:
    """What one decision is taken from."""

    seen: Seen
    rule_set: RuleSet
    directory: Directory
    special: Rule | None
    ordinary: Rule | None

    @property
    def evidence(self) -> Evidence:
        return self.seen.evidence

    def leads_to(self, code: str) -> Addressee:
        return addressee(code, self.evidence, self.directory)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one stage says; without `found` the next one is asked."""

    step: Step
    found: Addressee | None = None
    grounds: tuple[Reason, ...] = ()
    rule: Rule | None = None
    flags: frozenset[RouteFlag] = frozenset()


def route(evidence: Evidence, rule_set: RuleSet, directory: Directory) -> Route:
    """Asks the stages in order; the first that has an answer decides. Every evidence has exactly one route.

    The stages: the reporter's choice; the first rule (by position, then code) that names a mechanism; the first other
    rule that chooses a queue; the classifier where it is sure; its kind of local office where the place is known; the
    national desk. A rule that holds but leads to nobody gives the complaint to the national desk and says so. The
    mechanism, urgency, tags and copies of the second stage's rule act also under the reporter's choice; rules that
    continue act always.
    """
    seen = rule_set.see(evidence)
    held = rule_set.held(seen)
    continuing = [rule for rule in held if rule.then.continues]
    special = [rule for rule in held if rule.then.mechanism is not None]
    ordinary = [rule for rule in held if rule.then.mechanism is None and not rule.then.continues]
    desk = _Desk(seen, rule_set, directory, special[0] if special else None, ordinary[0] if ordinary else None)
    path: list[Step] = []
    for stage in _STAGES:
        answer = stage(desk)
        path.append(answer.step)
        if answer.found is not None:
            return _route_by(answer, answer.found, desk, path, continuing, [*special, *ordinary])
    raise AssertionError("the national desk takes everything")


def _route_by(
    answer: _Answer,
    found: Addressee,
    desk: _Desk,
    path: list[Step],
    continuing: list[Rule],
    choosing: list[Rule],
) -> Route:
    evidence, special = desk.evidence, desk.special
    because = [*answer.grounds, *found.because]
    adding = list(continuing)
    if special is not None and special is not answer.rule:
        adding.insert(0, special)
        because += (*_grounds(special, desk), _of_mechanism(special))
        path.append(_step_of(special, RuleKind.SPECIAL_CATEGORY))
    for rule in continuing:
        because.append(Reason(ReasonCode.TAGGED_BY, {"rule": rule.name, "why": rule.reason}))
    outcomes = [rule.then for rule in (answer.rule, *adding) if rule is not None]
    if evidence.agencies and all(step.stage is not RuleKind.CLASSIFIER for step in path):
        path.append(Step(RuleKind.CLASSIFIER, taken=False, candidates=_answers(evidence)))
    heirs = (desk.directory.heir(code, evidence.on, evidence.matter) for outcome in outcomes for code in outcome.copies)
    lost = (rule.code for rule in choosing if rule is not answer.rule)
    return Route(
        queue=found.queue,
        proposed_agency=found.agency,
        proposed_unit=found.unit,
        kind=answer.step.stage,
        rule_id=None if answer.rule is None else answer.rule.code,
        rule_set_version=desk.rule_set.version,
        urgency=max((outcome.urgency for outcome in outcomes), key=_URGENCIES.index, default=Urgency.NORMAL),
        tags=tuple(dict.fromkeys(tag for outcome in outcomes for tag in outcome.tags)),
        copies=tuple(code for code in dict.fromkeys(heirs) if code not in (None, found.agency, found.unit)),
        mechanism=None if special is None else special.then.mechanism,
        because=tuple(because),
        path=tuple(path),
        flags=answer.flags,
        lost=tuple(lost)[:LOST_MAX],
        also=tuple(rule.code for rule in adding),
    )


# ---- the stages, in order


def _by_choice(desk: _Desk) -> _Answer:
    evidence = desk.evidence
    chosen = evidence.chosen_agency
    if chosen is None:
        return _Answer(Step(RuleKind.REPORTER_CHOICE, taken=False))
    doubts = _doubts(evidence, desk.rule_set.policy.unlikely_below)
    grounds = (Reason(ReasonCode.REPORTER_CHOICE, {"agency": chosen}), *doubts)
    candidate = Candidate(chosen, score=evidence.chosen_chance)
    step = Step(RuleKind.REPORTER_CHOICE, taken=True, candidates=(candidate,), because=grounds)
    flags = frozenset({RouteFlag.CHOICE_UNLIKELY}) if doubts else frozenset()
    return _Answer(step, desk.leads_to(chosen), grounds, flags=flags)


def _doubts(evidence: Evidence, unlikely_below: float) -> tuple[Reason, ...]:
    """Where the classifier would hardly ever send what the reporter sends there; a choice is never overruled."""
    best, chance = first(evidence, Head.AGENCY), evidence.chosen_chance
    if best is None or chance is None or chance >= unlikely_below:
        return ()
    return (Reason(ReasonCode.CHOICE_UNLIKELY, {"agency": best.code, "percent": _percent(best.confidence)}),)


def _by_special_rule(desk: _Desk) -> _Answer:
    return _by_rule(desk, desk.special, RuleKind.SPECIAL_CATEGORY)


def _by_ordinary_rule(desk: _Desk) -> _Answer:
    return _by_rule(desk, desk.ordinary, RuleKind.OTHER if desk.ordinary is None else desk.ordinary.kind)


def _by_rule(desk: _Desk, rule: Rule | None, stage: RuleKind) -> _Answer:
    if rule is None or rule.then.queue is None:
        return _Answer(Step(stage, taken=False))
    grounds = _grounds(rule, desk)
    if rule.then.mechanism is not None:
        grounds = (*grounds, _of_mechanism(rule))
    step = replace(_step_of(rule, stage), taken=True, because=grounds)
    return _Answer(step, desk.leads_to(rule.then.queue), grounds, rule)


def _step_of(rule: Rule, stage: RuleKind) -> Step:
    return Step(stage, taken=False, candidates=(Candidate(rule.then.queue, rule.code),))


def _by_classifier(desk: _Desk) -> _Answer:
    evidence = desk.evidence
    step = Step(RuleKind.CLASSIFIER, taken=False, candidates=_answers(evidence))
    if not evidence.agencies:
        return _Answer(step)
    best = evidence.agencies[0]
    data = {"agency": best.code, "percent": _percent(best.confidence)}
    if not evidence.agency_is_sure:
        return _Answer(replace(step, because=(Reason(ReasonCode.CLASSIFIER_UNSURE, data),)))
    needed = desk.rule_set.policy.threshold(best.code)
    if best.confidence < needed:
        reason = Reason(ReasonCode.CLASSIFIER_BELOW, {**data, "needed": _percent(needed)})
        return _Answer(replace(step, because=(reason,)))
    grounds = (Reason(ReasonCode.CLASSIFIER, data),)
    return _Answer(replace(step, taken=True, because=grounds), desk.leads_to(best.code), grounds)


def _by_place(desk: _Desk) -> _Answer:
    evidence, best = desk.evidence, first(desk.evidence, Head.AGENCY)
    government = None if evidence.region is None else desk.directory.government(evidence.region, evidence.on)
    if best is None or government is None or not best.code.startswith(LOCAL_OFFICE):
        return _Answer(Step(RuleKind.PLACE, taken=False))
    grounds = (Reason(ReasonCode.PLACE, {"agency": best.code, "percent": _percent(best.confidence)}),)
    candidate = Candidate(government.code, score=best.confidence)
    step = Step(RuleKind.PLACE, taken=True, candidates=(candidate,), because=grounds)
    return _Answer(step, desk.leads_to(best.code), grounds)


def _by_national_desk(_: _Desk) -> _Answer:
    grounds = (Reason(ReasonCode.NO_RULE),)
    return _Answer(Step(RuleKind.NATIONAL_DESK, taken=True, because=grounds), national_desk(), grounds)


_STAGES: tuple[Callable[[_Desk], _Answer], ...] = (
    _by_choice,
    _by_special_rule,
    _by_ordinary_rule,
    _by_classifier,
    _by_place,
    _by_national_desk,
)


def _answers(evidence: Evidence) -> tuple[Candidate, ...]:
    return tuple(Candidate(answer.code, score=answer.confidence) for answer in evidence.agencies[:CANDIDATES])


def _percent(confidence: float) -> str:
    return str(round(100 * confidence))


# ---- what made a rule hold


def _of_mechanism(rule: Rule) -> Reason:
    return Reason(ReasonCode.MECHANISM, {"mechanism": rule.then.mechanism or ""})


def _grounds(rule: Rule, desk: _Desk) -> tuple[Reason, ...]:
    """The rule with its reason, then what it saw, each thing once."""
    held: dict[str, list[Any]] = {}
    for leaf in desk.rule_set.trace(rule, desk.seen).leaves():
        held.setdefault(leaf.test, []).append(leaf.condition)
    reasons = [Reason(ReasonCode.RULE, {"rule": rule.name, "why": rule.reason})]
    if rule.then.queue == ENTRY and desk.evidence.entry_agency is not None:
        reasons.append(Reason(ReasonCode.ENTRY, {"agency": desk.evidence.entry_agency}))
    for test, look in _LOOKS.items():
        found = look(desk.evidence, held[test]) if test in held else ()
        reasons += (reason for reason in found if reason not in reasons)
    return tuple(reasons)


def _said(code: ReasonCode, key: str, field: str) -> "_Look":
    def look(evidence: Evidence, _: Sequence[Any]) -> Iterator[Reason]:
        yield Reason(code, {key: str(getattr(evidence, field))})

    return look


def _phrases(_: Evidence, tests: Sequence[Text]) -> Iterator[Reason]:
    # The rule's words, not the citizen's: what is stored here outlives the text.
    yield Reason(ReasonCode.PHRASES, {"phrases": tuple(dict.fromkeys(test.text.words for test in tests))})


def _category(evidence: Evidence, _: Sequence[Any]) -> Iterator[Reason]:
    if evidence.category is not None:
        yield Reason(ReasonCode.CATEGORY, {"category": evidence.category})
    else:
        yield _guess(evidence.categories[0])


def _classifier(evidence: Evidence, tests: Sequence[ClassifierSays]) -> Iterator[Reason]:
    heads = {test.classifier.head for test in tests}
    if Head.AGENCY in heads:
        best = evidence.agencies[0]
        yield Reason(ReasonCode.CLASSIFIER, {"agency": best.code, "percent": _percent(best.confidence)})
    if Head.CATEGORY in heads:
        yield _guess(evidence.categories[0])


def _guess(answer: Ranked) -> Reason:
    return Reason(ReasonCode.CATEGORY_GUESS, {"category": answer.code, "percent": _percent(answer.confidence)})


_Look = Callable[[Evidence, Sequence[Any]], Iterator[Reason]]
# In the order in which a clerk reads them; what is not here, the rule's own reason tells.
_LOOKS: Mapping[str, _Look] = {
    "chosen_agency": _said(ReasonCode.REPORTER_CHOICE, "agency", "chosen_agency"),
    "channel": _said(ReasonCode.CHANNEL, "channel", "channel"),
    "text": _phrases,
    "category": _category,
    "classifier": _classifier,
    "region": _said(ReasonCode.REGION, "region", "region"),
}
