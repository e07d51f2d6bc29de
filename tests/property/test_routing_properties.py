"""Every evidence has exactly one route, whatever the rules say, and the same one each time."""

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rules.deadlines import JAKARTA
from rules.directory import AgencyFacts, Directory
from rules.evidence import Evidence, Ranked
from rules.language import (
    ENTRY,
    LOCAL_GOVERNMENT,
    NATIONAL,
    Agreement,
    ClassifierPolicy,
    ReporterFlag,
    Rule,
    RuleDocument,
    Weekday,
)
from rules.routing import Route, route, sentence
from rules.rule_set import RuleSet
from rules.vocabulary import AgencyLevel, Channel, Connection, ReportType, RuleKind, Urgency

WORDS = ["token", "listrik", "jalan", "rusak", "gorong-gorong", "3", "kg"]
PHRASES = ["token listrik", "jalan", "jalan rusak", "gorong gorong", "3 kg", "rusak token jalan", "?!"]
CATEGORIES = ["A", "A.B", "A.B.C", "D"]
REGIONS = ["33", "33.74", "33.74.01", "34", "99.99"]
AGENCIES = ["MIN", "OLD", "NEW", "HEIR", "CITY", "PROV", "CITY.PU", "STRAY.UNIT", "NOBODY", "PEMDA.PU", "PEMDA.LH"]
QUEUES = [*AGENCIES, ENTRY, LOCAL_GOVERNMENT, NATIONAL]
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
FIRST_DAY, LAST_DAY = date(2019, 1, 1), date(2026, 12, 31)


def some(values: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2)


confidences = st.floats(0, 1)
days = st.dates(FIRST_DAY, LAST_DAY)


def in_order(span: tuple[date | None, date | None]) -> bool:
    since, until = span
    return since is None or until is None or since < until


spans = st.tuples(st.none() | days, st.none() | days).filter(in_order)
texts = st.fixed_dictionaries(
    {"words": st.sampled_from(PHRASES)}, optional={"within": st.integers(2, 6), "as_written": st.booleans()}
)
tests = st.one_of(
    st.builds(lambda text: {"text": text}, texts),
    st.builds(
        lambda codes, least: {"category": {"codes": codes, "min_confidence": least}},
        some(CATEGORIES),
        st.none() | confidences,
    ),
    st.builds(
        lambda head, labels, least: {"classifier": {"head": head, "labels": labels, "min_confidence": least}},
        st.sampled_from(["agency", "category"]),
        some(["PEMDA", *AGENCIES, *CATEGORIES]),
        confidences,
    ),
    st.builds(lambda codes: {"region": codes}, some(REGIONS)),
    st.builds(lambda codes: {"chosen_agency": codes}, some(AGENCIES)),
    st.builds(lambda values: {"channel": values}, some(list(Channel))),
    st.builds(lambda values: {"report_type": values}, some(list(ReportType))),
    st.builds(lambda values: {"urgency": values}, some(list(Urgency))),
    st.builds(lambda values: {"weekday": values}, some(list(Weekday))),
    st.builds(lambda values: {"reporter": values}, some(list(ReporterFlag))),
    st.builds(lambda value: {"agreement": value}, st.sampled_from(Agreement)),
    spans.filter(any).map(lambda span: {"days": {"since": span[0], "until": span[1]}}),
    st.builds(lambda hour, later: {"hours": {"since": time(hour), "until": time((hour + later) % 24)}},
              st.integers(0, 23), st.integers(1, 23)),
)  # fmt: skip
conditions = st.recursive(
    tests,
    lambda below: st.builds(
        lambda how, parts: {how: parts},
        st.sampled_from(["all", "any", "none"]),
        st.lists(below, min_size=1, max_size=3),
    ),
    max_leaves=6,
)
extras = {
    "copies": st.lists(st.sampled_from(AGENCIES), max_size=2),
    "tags": st.lists(st.sampled_from(["a", "b"]), max_size=2),
    "urgency": st.sampled_from(Urgency),
}
choosing = st.fixed_dictionaries({"queue": st.sampled_from(QUEUES)}, optional={**extras, "mechanism": st.just("COVID")})
continuing = st.fixed_dictionaries({"continue": st.just(True)}, optional=extras)


def rules_with(outcomes: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda position, when, then, span: {
            "position": position,
            "name": "Nama",
            "reason": "Alasan.",
            "when": when,
            "then": then,
            "valid_from": span[0],
            "valid_to": span[1],
        },
        st.integers(0, 5),
        st.none() | conditions,
        outcomes,
        st.just((None, None)) | spans,
    )


moments = st.datetimes(datetime(2019, 1, 1), datetime(2026, 12, 31), timezones=st.just(JAKARTA))  # noqa: DTZ001
evidences = st.builds(
    Evidence,
    words=st.lists(st.sampled_from(WORDS), max_size=8).map(tuple),
    category=st.none() | st.sampled_from(CATEGORIES),
    chosen_agency=st.none() | st.sampled_from(AGENCIES),
    entry_agency=st.none() | st.sampled_from(AGENCIES),
    region=st.none() | st.sampled_from(REGIONS),
    channel=st.sampled_from(Channel),
    report_type=st.sampled_from(ReportType),
    at=moments,
    urgency=st.sampled_from(Urgency),
    reporter=st.frozensets(st.sampled_from(ReporterFlag)),
    categories=st.lists(st.builds(Ranked, st.sampled_from(CATEGORIES), confidences), max_size=2).map(tuple),
    agencies=st.lists(st.builds(Ranked, st.sampled_from(AGENCIES), confidences), max_size=4).map(tuple),
    meant_agency=st.none() | st.sampled_from(AGENCIES),
    agency_is_sure=st.booleans(),
    agency_is_proven=st.booleans(),
    category_is_proven=st.booleans(),
    chosen_chance=st.none() | confidences,
)
policies = st.builds(
    ClassifierPolicy,
    min_confidence=st.none() | confidences,
    agencies=st.dictionaries(st.sampled_from(AGENCIES), confidences, max_size=2),
    unlikely_below=confidences,
)
books = st.lists(rules_with(choosing | continuing), max_size=6).map(
    lambda rules: [Rule.model_validate({"code": f"R{number}", **rule}) for number, rule in enumerate(rules)]
)


def outcome(decision: Route) -> tuple[Any, ...]:
    """What a decision does to a complaint."""
    return decision.queue, decision.proposed_agency, decision.proposed_unit, decision.mechanism, decision.rule_id


@given(books, policies, evidences)
@settings(max_examples=300, deadline=None)
def test_every_evidence_has_a_route_to_a_queue_that_verifies(
    book: list[Rule], policy: ClassifierPolicy, evidence: Evidence
) -> None:
    decision = route(evidence, RuleSet(1, book, policy), DIRECTORY)

    agency = None if decision.queue is None else DIRECTORY.get(decision.queue)
    assert decision.queue is None or (agency is not None and agency.connection is Connection.FULL)
    assert decision.queue in (None, decision.proposed_agency)
    assert decision.proposed_unit is None or decision.proposed_agency is not None
    assert [step.stage for step in decision.path if step.taken] == [decision.kind]
    for proposed in (decision.proposed_agency, decision.proposed_unit, *decision.copies):
        facts = None if proposed is None else DIRECTORY.get(proposed)
        assert facts is None or facts.is_valid_on(evidence.on)


@given(books, evidences, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_route_does_not_depend_on_the_order_in_which_rules_are_read(
    book: list[Rule], evidence: Evidence, chance: random.Random
) -> None:
    shuffled = chance.sample(book, len(book))

    assert route(evidence, RuleSet(1, shuffled), DIRECTORY) == route(evidence, RuleSet(1, book), DIRECTORY)


@given(books, policies, evidences)
@settings(max_examples=200, deadline=None)
def test_a_draft_equal_to_the_active_set_moves_nothing(
    book: list[Rule], policy: ClassifierPolicy, evidence: Evidence
) -> None:
    document = RuleDocument(reason="Alasan.", classifier=policy, rules=tuple(book))
    stored = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    draft = RuleDocument.model_validate({"rules": (), **stored})

    active = route(evidence, RuleSet(1, book, policy), DIRECTORY)
    decision = route(evidence, RuleSet(2, draft.rules, draft.classifier), DIRECTORY)

    assert replace(decision, rule_set_version=1) == active


@given(books, evidences)
@settings(max_examples=300, deadline=None)
def test_rules_hold_alone_as_they_hold_together(book: list[Rule], evidence: Evidence) -> None:
    rules = RuleSet(1, book)

    assert rules.holding(evidence) == tuple(rule for rule in rules.rules if rules.judge(rule, evidence))


def precedence(rule: Rule) -> tuple[bool, int, str]:
    return rule.then.mechanism is None, rule.position, rule.code


@given(books, rules_with(choosing), evidences)
@settings(max_examples=400, deadline=None)
def test_a_rule_added_below_the_winner_never_changes_the_outcome(
    book: list[Rule], added: dict[str, Any], evidence: Evidence
) -> None:
    before = route(evidence, RuleSet(1, book), DIRECTORY)
    lower = Rule.model_validate({"code": "ADDED", **added})
    winner = next((rule for rule in book if rule.code == before.rule_id), None)
    if before.kind is RuleKind.REPORTER_CHOICE:
        # Only the mechanism of a special category reaches past the reporter's choice.
        assume(lower.then.mechanism is None)
    else:
        assume(winner is not None and precedence(lower) > precedence(winner))

    after = route(evidence, RuleSet(1, [*book, lower]), DIRECTORY)

    assert outcome(after) == outcome(before)
    assert (after.urgency, after.tags, after.copies) == (before.urgency, before.tags, before.copies)


@given(books, rules_with(continuing), evidences)
@settings(max_examples=200, deadline=None)
def test_a_rule_that_continues_never_moves_a_complaint(
    book: list[Rule], added: dict[str, Any], evidence: Evidence
) -> None:
    before = route(evidence, RuleSet(1, book), DIRECTORY)

    after = route(evidence, RuleSet(1, [*book, Rule.model_validate({"code": "ADDED", **added})]), DIRECTORY)

    assert (outcome(after), after.kind, after.lost) == (outcome(before), before.kind, before.lost)
    assert set(before.tags) <= set(after.tags)
    assert set(before.copies) <= set(after.copies)


@given(books, evidences)
@settings(max_examples=200, deadline=None)
def test_no_rule_before_the_deciding_one_holds(book: list[Rule], evidence: Evidence) -> None:
    decision = route(evidence, RuleSet(1, book), DIRECTORY)
    winner = next((rule for rule in book if rule.code == decision.rule_id), None)
    assume(decision.kind is not RuleKind.REPORTER_CHOICE)
    choosers = [rule for rule in book if not rule.then.continues]
    earlier = [rule for rule in choosers if winner is None or precedence(rule) < precedence(winner)]

    assert RuleSet(1, earlier).holding(evidence) == ()


@given(books, policies, evidences)
@settings(max_examples=200, deadline=None)
def test_every_reason_can_be_said(book: list[Rule], policy: ClassifierPolicy, evidence: Evidence) -> None:
    decision = route(evidence, RuleSet(1, book, policy), DIRECTORY)

    reasons = [*decision.because, *(reason for step in decision.path for reason in step.because)]
    assert all(sentence(reason, "id") and sentence(reason, "en") for reason in reasons)


# ---- many rules and many texts


def _some_condition(chance: random.Random, depth: int = 0) -> dict[str, Any]:
    if depth < 3 and chance.random() < 0.4:
        parts = [_some_condition(chance, depth + 1) for _ in range(chance.randint(1, 3))]
        return {chance.choice(["all", "any", "none"]): parts}
    words = " ".join(chance.choice([*WORDS, _noise(chance)]) for _ in range(chance.randint(1, 3)))
    return chance.choice(
        [
            {"text": {"words": words.strip() or "-"}},
            {"text": {"words": words.strip() or "-", "within": chance.randint(2, 9)}},
            {"region": [chance.choice(REGIONS)]},
            {"category": {"codes": [chance.choice(CATEGORIES)], "min_confidence": chance.random()}},
            {"classifier": {"head": "agency", "labels": [chance.choice(AGENCIES)], "min_confidence": chance.random()}},
            {"weekday": [chance.choice(list(Weekday))]},
        ]
    )


def _noise(chance: random.Random, *more: int) -> str:
    """Letters of several scripts, and signs."""
    return "".join(chr(chance.choice([*range(32, 127), 0xE9, 0x130, 0x4E2D, 0x1F600, *more])) for _ in range(4))


def _some_evidence(chance: random.Random) -> Evidence:
    return Evidence(
        # Half a character as well: a rule cannot be written with one, a text may have it.
        words=tuple(chance.choice([*WORDS, _noise(chance, 0xD83D)]) for _ in range(chance.randint(0, 40))),
        category=chance.choice([None, *CATEGORIES]),
        chosen_agency=None,
        entry_agency=chance.choice([None, *AGENCIES]),
        region=chance.choice([None, *REGIONS, "", "...", "33."]),
        channel=chance.choice(list(Channel)),
        report_type=chance.choice(list(ReportType)),
        at=datetime.combine(FIRST_DAY, time(), JAKARTA) + timedelta(hours=chance.randint(0, 60_000)),
        categories=(Ranked(chance.choice(CATEGORIES), chance.random()),),
        agencies=(Ranked(chance.choice(AGENCIES), chance.random()),),
        agency_is_proven=True,
        category_is_proven=True,
    )


def test_a_hundred_thousand_rules_and_texts_raise_nothing_and_hold_alone_as_together() -> None:
    chance = random.Random(20261124)  # noqa: S311 - a test, not a secret
    asked = 0
    for _ in range(50):
        book = [
            Rule.model_validate(
                {
                    "code": f"R{number}",
                    "position": chance.randint(0, 50),
                    "name": "Nama",
                    "reason": "Alasan.",
                    "when": _some_condition(chance),
                    "then": {"queue": chance.choice(QUEUES)},
                }
            )
            for number in range(100)
        ]
        rules = RuleSet(1, book)
        for _ in range(20):
            evidence = _some_evidence(chance)
            decision = route(evidence, rules, DIRECTORY)
            seen = rules.see(evidence)
            alone = tuple(
                rule
                for rule in rules.rules
                if (rule.then.queue != ENTRY or evidence.entry_agency) and rules.trace(rule, seen).is_true
            )
            assert rules.held(seen) == alone
            assert decision.rule_id == (alone[0].code if alone else None)
            asked += len(book)
    assert asked == 100_000
