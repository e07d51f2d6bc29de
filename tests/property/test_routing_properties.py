"""Every evidence has exactly one route, whatever the rules say, and the same one each time."""

import random
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.directory import AgencyFacts, Directory
from rules.routing import Evidence, Ranked, Rule, RuleSet, route, sentence
from rules.vocabulary import AgencyLevel, Channel, Connection, ReportType, RuleKind

WORDS = ["token", "listrik", "jalan", "rusak", "gorong-gorong", "3", "kg"]
PHRASES = ["token listrik", "jalan", "jalan rusak", "gorong gorong", "3 kg"]
CATEGORIES = ["A", "A.B", "A.B.C", "D"]
REGIONS = ["33", "33.74", "33.74.01", "34", "99.99"]
AGENCIES = ["MIN", "OLD", "NEW", "HEIR", "CITY", "PROV", "CITY.PU", "STRAY.UNIT", "NOBODY", "PEMDA.PU", "PEMDA.LH"]
QUEUES = [*AGENCIES, "CHOSEN", "ENTRY", "CLASSIFIED", "LOCAL_GOVERNMENT", "NATIONAL"]
SPLIT = date(2024, 10, 21)
DIRECTORY = Directory(
    [
        AgencyFacts("MIN", Connection.FULL, AgencyLevel.NATIONAL, handles=("A",)),
        AgencyFacts("OLD", Connection.FULL, AgencyLevel.NATIONAL, valid_to=SPLIT, successors=("NEW", "HEIR")),
        AgencyFacts("NEW", Connection.SEMI, AgencyLevel.NATIONAL, valid_from=SPLIT, handles=("A",)),
        AgencyFacts("HEIR", Connection.CENTRAL, AgencyLevel.NATIONAL, valid_from=SPLIT, handles=("A.B",)),
        AgencyFacts("CITY", Connection.FULL, AgencyLevel.CITY, region="33.74", parent="PROV"),
        AgencyFacts("PROV", Connection.SEMI, AgencyLevel.PROVINCE, region="33"),
        AgencyFacts("CITY.PU", Connection.FULL, AgencyLevel.UNIT, office_kind="PEMDA.PU", parent="CITY"),
        AgencyFacts("STRAY.UNIT", Connection.FULL, AgencyLevel.UNIT, parent="STRAY"),
    ]
)

some = st.lists(st.sampled_from(PHRASES), max_size=2)
confidences = st.floats(0, 1)
days = st.dates(date(2019, 1, 1), date(2026, 12, 31))
conditions = st.fixed_dictionaries(
    {},
    optional={
        "any": some,
        "all": some,
        "none": some,
        "categories": st.lists(st.sampled_from(CATEGORIES), max_size=2),
        "regions": st.lists(st.sampled_from(REGIONS), max_size=2),
        "channels": st.lists(st.sampled_from(Channel), max_size=2),
        "report_types": st.lists(st.sampled_from(ReportType), max_size=2),
        "chosen_agency": st.none() | st.booleans(),
        "min_confidence": st.none() | confidences,
    },
)
outcomes = st.fixed_dictionaries(
    {"queue": st.sampled_from(QUEUES)},
    optional={"copies": st.lists(st.sampled_from(AGENCIES), max_size=2), "mechanism": st.just("COVID")},
)
rule_data = st.fixed_dictionaries(
    {
        "position": st.integers(0, 5),
        "kind": st.sampled_from(RuleKind),
        "name": st.just("Nama"),
        "reason": st.just("Alasan."),
        "conditions": conditions,
        "outcome": outcomes,
        "valid_from": st.none() | days,
        "valid_to": st.none() | days,
    }
)
ranked = st.lists(st.builds(Ranked, st.sampled_from(AGENCIES), confidences), max_size=3).map(tuple)
evidences = st.builds(
    Evidence,
    words=st.lists(st.sampled_from(WORDS), max_size=8).map(tuple),
    category=st.none() | st.sampled_from(CATEGORIES),
    chosen_agency=st.none() | st.sampled_from(AGENCIES),
    entry_agency=st.none() | st.sampled_from(AGENCIES),
    region=st.none() | st.sampled_from(REGIONS),
    channel=st.sampled_from(Channel),
    report_type=st.sampled_from(ReportType),
    on=days,
    categories=st.lists(st.builds(Ranked, st.sampled_from(CATEGORIES), confidences), max_size=2).map(tuple),
    agencies=ranked,
    agency_is_sure=st.booleans(),
)
books = st.lists(rule_data, max_size=6).map(
    lambda rules: [{"code": f"R{number}", **rule} for number, rule in enumerate(rules)]
)


@given(books, evidences)
@settings(max_examples=300, deadline=None)
def test_every_evidence_has_a_route_to_a_queue_that_verifies(book: list[dict[str, Any]], evidence: Evidence) -> None:
    decision = route(evidence, RuleSet(1, map(Rule.of, book)), DIRECTORY)

    agency = None if decision.queue is None else DIRECTORY.get(decision.queue)
    assert decision.queue is None or (agency is not None and agency.connection is Connection.FULL)
    assert decision.queue in (None, decision.proposed_agency)
    assert decision.proposed_unit is None or decision.proposed_agency is not None
    for proposed in (decision.proposed_agency, decision.proposed_unit, *decision.copies):
        facts = None if proposed is None else DIRECTORY.get(proposed)
        assert facts is None or facts.is_valid_on(evidence.on)


@given(books, evidences, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_route_does_not_depend_on_the_order_in_which_rules_are_read(
    book: list[dict[str, Any]], evidence: Evidence, chance: random.Random
) -> None:
    rules = [Rule.of(rule) for rule in book]
    shuffled = chance.sample(rules, len(rules))

    assert route(evidence, RuleSet(1, shuffled), DIRECTORY) == route(evidence, RuleSet(1, rules), DIRECTORY)


@given(books, evidences)
@settings(max_examples=200, deadline=None)
def test_no_rule_before_the_deciding_one_applies(book: list[dict[str, Any]], evidence: Evidence) -> None:
    rules = RuleSet(1, map(Rule.of, book))
    decision = route(evidence, rules, DIRECTORY)
    ids = [rule.id for rule in rules.rules]
    earlier = rules.rules[: ids.index(decision.rule_id)] if decision.rule_id else rules.rules

    assert route(evidence, RuleSet(1, earlier), DIRECTORY).rule_id is None


@given(books, evidences)
@settings(max_examples=200, deadline=None)
def test_every_reason_can_be_said(book: list[dict[str, Any]], evidence: Evidence) -> None:
    decision = route(evidence, RuleSet(1, map(Rule.of, book)), DIRECTORY)

    assert all(sentence(reason, "id") and sentence(reason, "en") for reason in decision.because)
