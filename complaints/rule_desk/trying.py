"""Asking rules about a text that nobody filed: what would happen, rule by rule and condition by condition."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from complaints.inputs import Problems
from complaints.knowledge import Knowledge
from complaints.refusals import NotFound
from complaints.routing import evidence_of
from complaints.suggest import Advice, Question, asked_labels
from complaints.words import READING
from complaints.work import Allowances
from ml.text import tokens
from models import Complaint
from rules.evidence import Evidence
from rules.facts import Seen
from rules.language import ENTRY, ReporterFlag, Rule, RuleDocument
from rules.places import region, resolve
from rules.routing import Route, route
from rules.rule_set import RuleSet, Trace
from rules.succession import holds_on
from rules.vocabulary import Channel, ReportType, Urgency

# Rules that nearly held are shown beside those that did; of thousands, so many.
NEAR_MISSES = 50


class Verdict(StrEnum):
    """What became of one rule."""

    WINS = "WINS"
    ADDS = "ADDS"
    BELOW = "BELOW"
    FALSE = "FALSE"
    OUT_OF_TIME = "OUT_OF_TIME"
    NO_DOOR = "NO_DOOR"


@dataclass(frozen=True, slots=True)
class Trial:
    """A report that might be filed. Codes of the catalogue as ids, `at` the moment of filing."""

    text: str
    at: datetime
    category_id: UUID | None = None
    chosen_agency_id: UUID | None = None
    entry_agency_id: UUID | None = None
    region_code: str | None = None
    place: str | None = None
    channel: Channel = Channel.WEB
    report_type: ReportType = ReportType.COMPLAINT
    reporter: frozenset[ReporterFlag] = frozenset()

    def checked(self, allowed: Allowances, knowledge: Knowledge) -> str:
        """The tidy text. Raises `Invalid` for text or region, `NotFound` for category or agency."""
        problems = Problems()
        text = problems.text(self.text, "text", shortest=1, longest=allowed.text_max)
        problems.text(self.place, "place", longest=allowed.title_max * 2)
        if self.region_code is not None and region(self.region_code) is None:
            problems.add("regionCode", "UNKNOWN_REGION")
        problems.settle()
        if self.category_id is not None and self.category_id not in knowledge.category_codes:
            raise NotFound("Category", "categoryId")
        for field, agency_id in (("agencyId", self.chosen_agency_id), ("entryAgencyId", self.entry_agency_id)):
            if agency_id is not None and agency_id not in knowledge.agencies:
                raise NotFound("Agency", field)
        return text or ""

    def question(self, knowledge: Knowledge) -> Question:
        """What the classifier is asked about it."""
        category = None if self.category_id is None else knowledge.category_codes[self.category_id]
        asked = asked_labels(knowledge, self.chosen_agency_id)
        return Question(self.text, place=self.place, category=category, asked=asked)


@dataclass(frozen=True, slots=True)
class Hearing:
    """One rule, what became of it, and how its conditions came out. `instead` is the rule above that decided."""

    rule: Rule
    verdict: Verdict
    trace: Trace
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """The whole decision, and the rules that held or nearly held, in the order in which they are asked."""

    evidence: Evidence
    route: Route
    hearings: tuple[Hearing, ...]


def compiled(document: RuleDocument, number: int) -> RuleSet:
    """A set as it would act; takes a moment for thousands of rules."""
    return RuleSet(number, document.rules, document.classifier, READING)


def try_rules(
    trial: Trial, advice: Advice | None, rule_set: RuleSet, knowledge: Knowledge, named: Collection[str] = ()
) -> Tried:
    """What this set would do with the report. `named` are codes of rules to be heard whatever came of them."""
    evidence = _evidence(trial, advice, knowledge)
    decision = route(evidence, rule_set, knowledge.directory)
    seen = rule_set.see(evidence)
    return Tried(evidence, decision, tuple(_hearings(decision, seen, rule_set, frozenset(named))))


def _evidence(trial: Trial, advice: Advice | None, knowledge: Knowledge) -> Evidence:
    found = None if trial.region_code else resolve(trial.text, trial.place)
    # The same translation as for a filed one; this row is never written.
    complaint = Complaint(
        category_id=trial.category_id,
        chosen_agency_id=trial.chosen_agency_id,
        entry_agency_id=trial.entry_agency_id,
        region_code=trial.region_code or (None if found is None else found.code),
        channel=trial.channel,
        report_type=trial.report_type,
        submitted_at=trial.at,
        urgency=Urgency.NORMAL,
    )
    return evidence_of(knowledge, complaint, tokens(trial.text), advice, trial.reporter)


def _hearings(decision: Route, seen: Seen, rule_set: RuleSet, named: frozenset[str]) -> Iterator[Hearing]:
    held = {rule.code for rule in rule_set.held(seen)}
    near = 0
    for rule in rule_set.rules:
        trace = rule_set.trace(rule, seen)
        verdict = _verdict(rule, decision, held, seen)
        is_near = verdict is not Verdict.BELOW and rule.code not in held and _touches(trace)
        near += is_near
        if rule.code in held or rule.code in named or (is_near and near <= NEAR_MISSES):
            instead = decision.rule_id if verdict is Verdict.BELOW else None
            yield Hearing(rule, verdict, trace, instead)


def _verdict(rule: Rule, decision: Route, held: Collection[str], seen: Seen) -> Verdict:
    if not holds_on(seen.at.date(), rule.valid_from, rule.valid_to):
        return Verdict.OUT_OF_TIME
    if rule.then.queue == ENTRY and seen.evidence.entry_agency is None:
        return Verdict.NO_DOOR
    if rule.code not in held:
        return Verdict.FALSE
    if rule.code == decision.rule_id:
        return Verdict.WINS
    return Verdict.ADDS if rule.code in decision.also else Verdict.BELOW


def _touches(trace: Trace) -> bool:
    """Whether words of the text, or anything else that few rules ask for, came out true."""
    if trace.test in ("all", "any"):
        return any(_touches(part) for part in trace.below)
    return trace.is_true and trace.test in ("text", "category", "classifier", "chosen_agency", "region")
