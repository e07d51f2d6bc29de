"""Whose verification queue a complaint enters, and why. A rule never dispatches: a person verifies."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from rules.codes import covers
from rules.directory import LOCAL_OFFICE, AgencyFacts, Directory
from rules.reasons import Reason, ReasonCode, sentence
from rules.rule_set import (
    CHOSEN,
    CLASSIFIED,
    ENTRY,
    LOCAL_GOVERNMENT,
    NATIONAL,
    Condition,
    Outcome,
    Rule,
    RuleSet,
)
from rules.succession import holds_on
from rules.vocabulary import AgencyLevel, Channel, Connection, ReportType, RuleKind, Urgency

__all__ = [
    "AgencyFacts",
    "Condition",
    "Directory",
    "Evidence",
    "Outcome",
    "Ranked",
    "Reason",
    "ReasonCode",
    "Route",
    "Rule",
    "RuleSet",
    "route",
    "sentence",
]


# The cities of Jakarta are administrative: the province is the only government there.
_JAKARTA = "31"


@dataclass(frozen=True, slots=True)
class Ranked:
    """One answer of the classifier: a code, and how sure it is, from 0 to 1."""

    code: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that routing may look at. `None` and empty mean that nobody said so.

    `words` are the normalised tokens of the text. `chosen_agency` is the reporter's choice, `entry_agency`
    the one whose subdomain or desk the report came through. `categories` and `agencies` are the classifier's
    answers, best first; an agency may be a kind of local office (`PEMDA.PU`). `agency_is_sure` says that the
    first one passed the classifier's own threshold.
    """

    words: tuple[str, ...]
    category: str | None
    chosen_agency: str | None
    entry_agency: str | None
    region: str | None
    channel: Channel
    report_type: ReportType
    on: date
    categories: tuple[Ranked, ...] = ()
    agencies: tuple[Ranked, ...] = ()
    agency_is_sure: bool = False

    @property
    def matter(self) -> str | None:
        """What it is about, for choosing among offices: the category, else the classifier's first guess."""
        return self.category or (self.categories[0].code if self.categories else None)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a complaint waits for verification. `queue` is an agency's code, `None` the national desk."""

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


def route(evidence: Evidence, rule_set: RuleSet, directory: Directory) -> Route:
    """The first rule that applies decides; without one the national desk verifies.

    A rule that sends to the reporter's choice, to the door of entry or to the classifier's agency applies
    only where there is one. A rule that applies but leads to nobody (no place, no connected government,
    several successors) gives the complaint to the national desk and says so. Every evidence has a route.
    """
    heard = rule_set.phrases_in(evidence.words)
    for rule in rule_set.rules:
        grounds = _grounds(rule, evidence, heard)
        if grounds is not None:
            return _route_by(rule, grounds, evidence, rule_set.version, directory)
    return Route(
        queue=None,
        proposed_agency=None,
        proposed_unit=None,
        kind=RuleKind.NATIONAL_DESK,
        rule_id=None,
        rule_set_version=rule_set.version,
        urgency=Urgency.NORMAL,
        tags=(),
        copies=(),
        mechanism=None,
        because=(Reason(ReasonCode.NO_RULE), Reason(ReasonCode.NATIONAL_DESK)),
    )


def _grounds(rule: Rule, evidence: Evidence, heard: frozenset[str]) -> list[Reason] | None:
    """What made the rule apply; `None` when it does not."""
    if not holds_on(evidence.on, rule.valid_from, rule.valid_to):
        return None
    grounds = [Reason(ReasonCode.RULE, {"rule": rule.name, "why": rule.reason})]
    for look in _LOOKS:
        seen = look(rule, evidence, heard)
        if seen is None:
            return None
        grounds += seen
    return grounds


def _at_the_form(rule: Rule, evidence: Evidence, _: frozenset[str]) -> list[Reason] | None:
    asked = rule.condition
    if asked.chosen_agency is not None and asked.chosen_agency != (evidence.chosen_agency is not None):
        return None
    if asked.report_types and evidence.report_type not in asked.report_types:
        return None
    if not asked.channels:
        return []
    if evidence.channel not in asked.channels:
        return None
    return [Reason(ReasonCode.CHANNEL, {"channel": evidence.channel})]


def _at_the_addressee(rule: Rule, evidence: Evidence, _: frozenset[str]) -> list[Reason] | None:
    if rule.outcome.queue == CHOSEN:
        chosen = evidence.chosen_agency
        return None if chosen is None else [Reason(ReasonCode.REPORTER_CHOICE, {"agency": chosen})]
    if rule.outcome.queue == ENTRY:
        entry = evidence.entry_agency
        return None if entry is None else [Reason(ReasonCode.ENTRY, {"agency": entry})]
    if rule.outcome.queue != CLASSIFIED:
        return []
    best = evidence.agencies[0] if evidence.agencies and evidence.agency_is_sure else None
    if best is None or best.confidence < (rule.condition.min_confidence or 0):
        return None
    return [Reason(ReasonCode.CLASSIFIER, {"agency": best.code, "percent": _percent(best)})]


def _at_the_words(rule: Rule, _: Evidence, heard: frozenset[str]) -> list[Reason] | None:
    asked = rule.condition
    if not heard.isdisjoint(asked.none_of) or not heard.issuperset(asked.all_of):
        return None
    if asked.any_of and heard.isdisjoint(asked.any_of):
        return None
    said = tuple(dict.fromkeys(phrase for phrase in (*asked.all_of, *asked.any_of) if phrase in heard))
    return [Reason(ReasonCode.PHRASES, {"phrases": said})] if said else []


def _at_the_category(rule: Rule, evidence: Evidence, _: frozenset[str]) -> list[Reason] | None:
    asked = rule.condition
    if not asked.categories:
        return []
    if evidence.category is not None:
        reason = Reason(ReasonCode.CATEGORY, {"category": evidence.category})
        return [reason] if _is_below(evidence.category, asked.categories) else None
    if asked.min_confidence is None or not evidence.categories:
        return None
    guess = evidence.categories[0]
    if guess.confidence < asked.min_confidence or not _is_below(guess.code, asked.categories):
        return None
    return [Reason(ReasonCode.CATEGORY_GUESS, {"category": guess.code, "percent": _percent(guess)})]


def _at_the_place(rule: Rule, evidence: Evidence, _: frozenset[str]) -> list[Reason] | None:
    asked = rule.condition.regions
    if not asked:
        return []
    if evidence.region is None or not _is_below(evidence.region, asked):
        return None
    return [Reason(ReasonCode.REGION, {"region": evidence.region})]


_Look = Callable[[Rule, Evidence, frozenset[str]], list[Reason] | None]
_LOOKS: tuple[_Look, ...] = (_at_the_form, _at_the_addressee, _at_the_words, _at_the_category, _at_the_place)


def _is_below(code: str, outer: tuple[str, ...]) -> bool:
    return any(covers(one, code) for one in outer)


def _percent(answer: Ranked) -> str:
    return str(round(100 * answer.confidence))


def _route_by(rule: Rule, grounds: list[Reason], evidence: Evidence, version: int, directory: Directory) -> Route:
    outcome = rule.outcome
    if outcome.mechanism is not None:
        grounds = [*grounds, Reason(ReasonCode.MECHANISM, {"mechanism": outcome.mechanism})]
    found = _addressee(outcome.queue, evidence, directory)
    copies = dict.fromkeys(directory.heir(code, evidence.on, evidence.matter) for code in outcome.copies)
    return Route(
        queue=found.queue,
        proposed_agency=found.agency,
        proposed_unit=found.unit,
        kind=rule.kind,
        rule_id=rule.id,
        rule_set_version=version,
        urgency=outcome.urgency,
        tags=outcome.tags,
        copies=tuple(code for code in copies if code is not None and code not in (found.agency, found.unit)),
        mechanism=outcome.mechanism,
        because=(*grounds, *found.because),
    )


@dataclass(frozen=True, slots=True)
class _Addressee:
    queue: str | None
    agency: str | None
    unit: str | None
    because: tuple[Reason, ...]


def _national_desk(*because: Reason) -> _Addressee:
    return _Addressee(None, None, None, (*because, Reason(ReasonCode.NATIONAL_DESK)))


def _addressee(queue: str, evidence: Evidence, directory: Directory) -> _Addressee:
    """Whom an outcome means. The words of `rule_set` come first, everything else is a code."""
    if queue == NATIONAL:
        return _national_desk()
    if queue == LOCAL_GOVERNMENT:
        return _local(None, evidence, directory)
    code = queue
    if queue == CHOSEN:
        code = evidence.chosen_agency or queue
    elif queue == ENTRY:
        code = evidence.entry_agency or queue
    elif queue == CLASSIFIED and evidence.agencies:
        code = evidence.agencies[0].code
    if code.startswith(LOCAL_OFFICE):
        return _local(code, evidence, directory)
    return _named(code, evidence, directory)


def _local(office_kind: str | None, evidence: Evidence, directory: Directory) -> _Addressee:
    """The government of the place, and its office of that kind or for that matter."""
    region = evidence.region
    if region is None:
        return _national_desk(Reason(ReasonCode.NO_REGION))
    government = directory.government(region, evidence.on)
    if government is None:
        return _national_desk(Reason(ReasonCode.NO_LOCAL_GOVERNMENT, {"region": region}))
    is_province = government.level is AgencyLevel.PROVINCE
    is_stand_in = is_province and government.region != region and not covers(_JAKARTA, region)
    reason = Reason(
        ReasonCode.PROVINCE_INSTEAD if is_stand_in else ReasonCode.LOCAL_GOVERNMENT,
        {"region": region, "agency": government.code},
    )
    unit = directory.unit(government.code, evidence.on, office_kind, evidence.matter)
    return _in_queue_of(government, unit, (reason,))


def _named(code: str, evidence: Evidence, directory: Directory) -> _Addressee:
    """The agency of that code as of today; a unit stands for the agency above it."""
    owner = directory.owner(code)
    if owner is None:
        return _national_desk(Reason(ReasonCode.UNKNOWN_AGENCY, {"agency": code}))
    heir = directory.heir(owner.code, evidence.on, evidence.matter)
    agency = None if heir is None else directory.get(heir)
    if agency is None:
        return _national_desk(_why_no_heir(owner.code, evidence.on, directory))
    because: tuple[Reason, ...] = ()
    if agency.code != owner.code:
        data = {"agency": owner.code, "successor": agency.code, "on": evidence.on.isoformat()}
        because = (Reason(ReasonCode.SUCCESSOR, data),)
    is_unit_of_it = code != owner.code and agency.code == owner.code and code in directory.current(code, evidence.on)
    unit = code if is_unit_of_it else directory.unit(agency.code, evidence.on, category=evidence.matter)
    return _in_queue_of(agency, unit, because)


def _why_no_heir(code: str, on: date, directory: Directory) -> Reason:
    heirs = directory.current(code, on)
    if heirs:
        return Reason(ReasonCode.SEVERAL_SUCCESSORS, {"agency": code, "successors": heirs})
    return Reason(ReasonCode.NO_SUCCESSOR, {"agency": code, "on": on.isoformat()})


def _in_queue_of(agency: AgencyFacts, unit: str | None, because: tuple[Reason, ...]) -> _Addressee:
    if unit is not None:
        because = (*because, Reason(ReasonCode.UNIT, {"unit": unit, "agency": agency.code}))
    if agency.connection is Connection.FULL:
        return _Addressee(
            agency.code, agency.code, unit, (*because, Reason(ReasonCode.OWN_QUEUE, {"agency": agency.code}))
        )
    reason = Reason(ReasonCode.NATIONAL_VERIFIES, {"agency": agency.code})
    return _Addressee(None, agency.code, unit, (*because, reason))
