"""What is no rule, what speaks of nobody, and what never decides: each named by rule and field."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from rules import language
from rules.checking import (
    BadRules,
    RuleFacts,
    RuleFault,
    RuleLimits,
    RuleProblem,
    Span,
    problems_of,
    read_document,
    read_policy,
    read_rule,
    warnings_of,
)
from rules.directory import AgencyFacts, Directory
from rules.language import ClassifierPolicy, Rule, RuleDocument
from rules.parsing import _OBJECTIONS, TEST_NAMES
from rules.vocabulary import AgencyLevel, Connection
from tests.architecture.house import ROOT

LIMITS = RuleLimits()
TODAY = date(2026, 11, 24)
PLAIN: dict[str, Any] = {"code": "R", "position": 1, "name": "Nama", "reason": "Alasan.", "then": {"queue": "PLN"}}
WORDS: dict[str, Any] = {"text": {"words": "listrik padam"}}


def a_rule(code: str = "R", **given: Any) -> Rule:
    return read_rule({**PLAIN, "code": code, **given}, LIMITS)


def agency(code: str, level: AgencyLevel = AgencyLevel.NATIONAL, **given: Any) -> AgencyFacts:
    return AgencyFacts(code, Connection.FULL, level, **given)


@pytest.fixture
def facts() -> RuleFacts:
    return RuleFacts(
        directory=Directory(
            [
                agency("PLN"),
                agency("ESDM"),
                agency("ESDM-UNIT", AgencyLevel.UNIT, parent="ESDM"),
                agency("PUPR", valid_to=date(2024, 10, 21), successors=("PU", "PKP")),
                agency("PU", valid_from=date(2024, 10, 21)),
                agency("PKP", valid_from=date(2024, 10, 21)),
                agency("KLHK", valid_to=date(2024, 10, 21), successors=("KLH",)),
                agency("KLH", valid_from=date(2024, 10, 21)),
                agency("BARU", valid_from=date(2027, 1, 1)),
            ]
        ),
        categories={
            "ESDM": Span(),
            "ESDM.LISTRIK": Span(),
            "ESDM.LISTRIK.LAMA": Span(None, date(2025, 1, 1)),
            "ESDM.LISTRIK.LAMA.SEKALI": Span(None, date(2024, 1, 1)),
        },
        office_kinds=frozenset({"PEMDA.PU", "PEMDA.SOSIAL"}),
        mechanisms={"COVID": Span(date(2020, 8, 7), date(2023, 6, 21)), "BANJIR": Span(date(2026, 11, 1))},
        words_of=lambda text: text.replace("!", " ").split(),
        on=TODAY,
    )


def nested(levels: int) -> dict[str, Any]:
    tree = WORDS
    for _ in range(levels - 1):
        tree = {"all": [tree]}
    return tree


def refusal_of(data: Any, limits: RuleLimits = LIMITS) -> list[tuple[str, RuleFault, dict[str, str | int]]]:
    with pytest.raises(BadRules) as refusal:
        read_rule(data, limits)
    return [(problem.field, problem.code, dict(problem.data)) for problem in refusal.value.problems]


TOO_LARGE: list[tuple[dict[str, Any], str, RuleFault, dict[str, str | int]]] = [
    ({"when": {"any": [WORDS] * 3000}}, "when.any", RuleFault.TOO_MANY_CONDITIONS, {"max": 200, "length": 3001}),
    ({"when": {"any": [{"all": [WORDS] * 150}] * 3}}, "when.any.1.all", RuleFault.TOO_MANY_CONDITIONS,
     {"max": 200, "length": 303}),
    ({"when": {"any": [*[WORDS] * 150, {"all": [WORDS] * 49}]}}, "when", RuleFault.TOO_MANY_CONDITIONS,
     {"max": 200, "length": 201}),
    ({"when": nested(9)}, "when" + ".all.0" * 8, RuleFault.TOO_DEEP, {"max": 8}),
    ({"when": nested(10_000)}, "when" + ".all.0" * 8, RuleFault.TOO_DEEP, {"max": 8}),
    ({"when": {"text": {"words": "a" * 10_000}}}, "when.text.words", RuleFault.TOO_LONG,
     {"max": 200, "length": 10_000}),
    ({"when": {"text": {"words": "a " * 13}}}, "when.text.words", RuleFault.TOO_MANY_WORDS, {"max": 12, "length": 13}),
    ({"when": {"region": ["31"] * 1001}}, "when.region", RuleFault.TOO_MANY, {"max": 1000, "length": 1001}),
    ({"then": {"queue": "PLN", "tags": ["a"] * 11}}, "then.tags", RuleFault.TOO_MANY, {"max": 10, "length": 11}),
    ({"then": {"queue": "PLN", "copies": ["ESDM"] * 11}}, "then.copies", RuleFault.TOO_MANY,
     {"max": 10, "length": 11}),
    ({f"k{number}": 1 for number in range(2000)}, "", RuleFault.TOO_MANY, {"max": 1000, "length": 2005}),
    ({"name": "a\x00b"}, "name", RuleFault.CONTROL_CHARACTER, {}),
    ({"when": {"text": {"words": "a\ud800"}}}, "when.text.words", RuleFault.CONTROL_CHARACTER, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "field", "code", "data"), TOO_LARGE, ids=[f"{case[1][:20]} {case[2]}" for case in TOO_LARGE]
)
def test_what_is_too_large_is_one_problem_with_its_field(
    given: dict[str, Any], field: str, code: RuleFault, data: dict[str, str | int]
) -> None:
    assert refusal_of({**PLAIN, **given}) == [(field, code, data)]


def test_what_is_just_small_enough_is_read() -> None:
    wide = a_rule(when={"any": [WORDS] * 199})
    deep = a_rule(when=nested(8))
    long = a_rule(when={"text": {"words": "a" * 200}})

    assert [rule.code for rule in (wide, deep, long)] == ["R", "R", "R"]


MISTAKES: list[tuple[dict[str, Any], str, RuleFault, dict[str, str | int]]] = [
    ({"code": "kecil"}, "code", RuleFault.BAD_RULE_CODE, {}),
    ({"position": -1}, "position", RuleFault.OUT_OF_RANGE, {"min": 0, "max": 1_000_000}),
    ({"position": "x"}, "position", RuleFault.WRONG_TYPE, {"expected": "number"}),
    ({"name": " "}, "name", RuleFault.REQUIRED, {}),
    ({"name": "a" * 121}, "name", RuleFault.TOO_LONG, {"max": 120, "length": 121}),
    ({"kind": "X"}, "kind", RuleFault.UNKNOWN_FIELD, {}),
    ({"when": "listrik"}, "when", RuleFault.UNKNOWN_TEST, {"allowed": ", ".join(TEST_NAMES.values())}),
    ({"when": {"all": [{"regex": ".*"}]}}, "when.all.0", RuleFault.UNKNOWN_TEST,
     {"allowed": ", ".join(TEST_NAMES.values())}),
    ({"when": {"all": [WORDS], "any": [WORDS]}}, "when", RuleFault.UNKNOWN_TEST,
     {"allowed": ", ".join(TEST_NAMES.values())}),
    ({"when": {"none": []}}, "when.none", RuleFault.REQUIRED, {}),
    ({"when": {"all": [{"any": [WORDS, {"text": {"words": 3}}]}]}}, "when.all.0.any.1.text.words",
     RuleFault.WRONG_TYPE, {"expected": "text"}),
    ({"when": {"any": [{"text": {"words": 3}}]}}, "when.any.0.text.words", RuleFault.WRONG_TYPE, {"expected": "text"}),
    ({"when": {"reportType": ["KELUHAN"]}}, "when.reportType.0", RuleFault.UNKNOWN_CODE,
     {"allowed": "COMPLAINT, ASPIRATION, INFORMATION_REQUEST"}),
    ({"when": {"text": {"words": "a", "within": 1}}}, "when.text.within", RuleFault.OUT_OF_RANGE,
     {"min": 2, "max": 100}),
    ({"when": {"category": {"codes": ["ESDM"], "minConfidence": 1.5}}}, "when.category.minConfidence",
     RuleFault.OUT_OF_RANGE, {"min": 0, "max": 1}),
    ({"when": {"days": {}}}, "when.days", RuleFault.REQUIRED, {}),
    ({"when": {"days": {"since": "2026-01-02", "until": "2026-01-02"}}}, "when.days.until",
     RuleFault.BEFORE_START, {}),
    ({"when": {"hours": {"since": "10:00", "until": "10:00"}}}, "when.hours.until", RuleFault.SAME_HOUR, {}),
    ({"when": {"all": [{"hours": {"since": "10:00+07:00", "until": "12:00"}}]}}, "when.all.0.hours.since",
     RuleFault.WITH_TIME_ZONE, {}),
    ({"then": {}}, "then.queue", RuleFault.REQUIRED, {}),
    ({"then": {"queue": "PLN", "continue": True}}, "then.continue", RuleFault.CONTINUES_WITH_QUEUE, {}),
    ({"then": {"queue": "PLN", "urgency": "SANGAT"}}, "then.urgency", RuleFault.UNKNOWN_CODE,
     {"allowed": "NORMAL, HIGH, EMERGENCY"}),
    ({"validFrom": "2026-01-02", "validTo": "2026-01-01"}, "validTo", RuleFault.BEFORE_START, {}),
    ({"validFrom": "kemarin"}, "validFrom", RuleFault.WRONG_TYPE, {"expected": "date"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "field", "code", "data"), MISTAKES, ids=[f"{case[1]} {case[2]}" for case in MISTAKES]
)
def test_a_mistake_is_named_by_its_field(
    given: dict[str, Any], field: str, code: RuleFault, data: dict[str, str | int]
) -> None:
    assert refusal_of({**PLAIN, **given}) == [(field, code, data)]


def test_all_mistakes_of_a_rule_are_named_together() -> None:
    found = refusal_of({"code": "R", "position": 1, "when": {"any": [{"text": {}}, 5]}, "then": []})

    assert {(field, code) for field, code, _ in found} == {
        ("name", RuleFault.REQUIRED),
        ("reason", RuleFault.REQUIRED),
        ("when.any.0.text.words", RuleFault.REQUIRED),
        ("when.any.1", RuleFault.UNKNOWN_TEST),
        ("then", RuleFault.WRONG_TYPE),
    }


@pytest.mark.parametrize("data", [None, 5, "R", [PLAIN]])
def test_what_is_no_mapping_is_no_rule(data: Any) -> None:
    assert refusal_of(data) == [("", RuleFault.WRONG_TYPE, {"expected": "mapping"})]


def test_every_objection_of_the_language_has_a_fault() -> None:
    source = (ROOT / "rules" / "language.py").read_text(encoding="utf-8")

    objections = {line.split('ValueError("')[1].split('")')[0] for line in source.splitlines() if "ValueError(" in line}

    assert objections == set(_OBJECTIONS)
    assert language.__file__ == str(ROOT / "rules" / "language.py")


def test_a_document_names_mistakes_of_every_rule() -> None:
    document = {
        "classifier": {"minConfidence": 2},
        "rules": [{**PLAIN, "position": "x"}, PLAIN, PLAIN, {"position": 1}, "R"],
        "extra": 1,
    }

    with pytest.raises(BadRules) as refusal:
        read_document(document, LIMITS)

    assert [(problem.rule, problem.field, problem.code) for problem in refusal.value.problems] == [
        ("R", "position", RuleFault.WRONG_TYPE),
        ("#4", "code", RuleFault.REQUIRED),
        ("#4", "name", RuleFault.REQUIRED),
        ("#4", "reason", RuleFault.REQUIRED),
        ("#4", "then", RuleFault.REQUIRED),
        ("#5", "", RuleFault.WRONG_TYPE),
        ("", "classifier.minConfidence", RuleFault.OUT_OF_RANGE),
        ("R", "code", RuleFault.DUPLICATE_CODE),
        ("", "reason", RuleFault.REQUIRED),
        ("", "extra", RuleFault.UNKNOWN_FIELD),
    ]


@pytest.mark.parametrize(
    ("document", "limits", "problem"),
    [
        ([], LIMITS, RuleProblem("", "", RuleFault.WRONG_TYPE, {"expected": "mapping"})),
        ({"reason": "x"}, LIMITS, RuleProblem("", "rules", RuleFault.REQUIRED)),
        ({"reason": "x", "rules": {}}, LIMITS, RuleProblem("", "rules", RuleFault.WRONG_TYPE, {"expected": "list"})),
        (
            {"reason": "x", "rules": [PLAIN] * 3},
            RuleLimits(rules=2),
            RuleProblem("", "rules", RuleFault.TOO_MANY_RULES, {"max": 2, "length": 3}),
        ),
        (
            {"reason": "x", "rules": [{**PLAIN, "when": {"any": [WORDS, WORDS]}}]},
            RuleLimits(phrases=1),
            RuleProblem("", "rules", RuleFault.TOO_MANY_PHRASES, {"max": 1, "length": 2}),
        ),
        (
            {"reason": "x", "classifier": 5, "rules": []},
            LIMITS,
            RuleProblem("", "classifier", RuleFault.WRONG_TYPE, {"expected": "mapping"}),
        ),
    ],
)
def test_what_is_wrong_with_a_set_names_no_rule(document: Any, limits: RuleLimits, problem: RuleProblem) -> None:
    with pytest.raises(BadRules) as refusal:
        read_document(document, limits)

    assert refusal.value.problems == (problem,)


def test_a_policy_lists_no_endless_labels() -> None:
    with pytest.raises(BadRules) as refusal:
        read_policy({"agencies": {f"A{number}": 1 for number in range(1001)}}, LIMITS)

    told = {"max": 1000, "length": 1001}
    assert refusal.value.problems == (RuleProblem("", "classifier.agencies", RuleFault.TOO_MANY, told),)


REFERENCES: list[tuple[dict[str, Any], str, RuleFault, dict[str, str | int]]] = [
    ({"then": {"queue": "TIDAK_ADA"}}, "then.queue", RuleFault.UNKNOWN_AGENCY, {"given": "TIDAK_ADA"}),
    ({"then": {"queue": "PEMDA.TIDAK_ADA"}}, "then.queue", RuleFault.UNKNOWN_OFFICE_KIND,
     {"given": "PEMDA.TIDAK_ADA"}),
    ({"then": {"queue": "PUPR"}}, "then.queue", RuleFault.AGENCY_ENDED,
     {"given": "PUPR", "on": "2024-10-21", "successors": "PU, PKP"}),
    ({"then": {"queue": "BARU"}}, "then.queue", RuleFault.AGENCY_NOT_YET, {"given": "BARU", "on": "2027-01-01"}),
    ({"then": {"queue": "PLN", "copies": ["X"]}}, "then.copies.0", RuleFault.UNKNOWN_AGENCY, {"given": "X"}),
    ({"then": {"queue": "PLN", "copies": ["ESDM", "PLN"]}}, "then.copies.1", RuleFault.COPY_TO_ITSELF,
     {"given": "PLN"}),
    ({"then": {"queue": "ESDM-UNIT", "copies": ["ESDM"]}}, "then.copies.0", RuleFault.COPY_TO_ITSELF,
     {"given": "ESDM"}),
    ({"then": {"queue": "ESDM", "copies": ["ESDM-UNIT"]}}, "then.copies.0", RuleFault.COPY_TO_ITSELF,
     {"given": "ESDM-UNIT"}),
    ({"then": {"queue": "NATIONAL", "copies": ["PLN", "PLN"]}}, "then.copies.1", RuleFault.COPY_TWICE,
     {"given": "PLN"}),
    ({"then": {"queue": "PLN", "mechanism": "X"}}, "then.mechanism", RuleFault.UNKNOWN_MECHANISM, {"given": "X"}),
    ({"then": {"queue": "PLN", "mechanism": "BANJIR"}, "validFrom": "2026-10-31"}, "validFrom",
     RuleFault.OUTSIDE_MECHANISM, {"mechanism": "BANJIR", "from": "2026-11-01", "to": ""}),
    ({"then": {"queue": "PLN", "mechanism": "COVID"}, "validFrom": "2020-08-07", "validTo": "2023-06-22"}, "validTo",
     RuleFault.OUTSIDE_MECHANISM, {"mechanism": "COVID", "from": "2020-08-07", "to": "2023-06-21"}),
    ({"when": {"any": [{"category": {"codes": ["ESDM", "X"]}}]}}, "when.any.0.category.codes.1",
     RuleFault.UNKNOWN_CATEGORY, {"given": "X"}),
    ({"when": {"category": {"codes": ["ESDM.LISTRIK.LAMA"]}}}, "when.category.codes.0", RuleFault.CATEGORY_ENDED,
     {"given": "ESDM.LISTRIK.LAMA", "on": "2025-01-01", "successors": "ESDM.LISTRIK"}),
    ({"when": {"category": {"codes": ["ESDM.LISTRIK.LAMA.SEKALI"]}}}, "when.category.codes.0",
     RuleFault.CATEGORY_ENDED,
     {"given": "ESDM.LISTRIK.LAMA.SEKALI", "on": "2024-01-01", "successors": "ESDM.LISTRIK"}),
    ({"when": {"region": ["31", "99.99"]}}, "when.region.1", RuleFault.UNKNOWN_REGION, {"given": "99.99"}),
    ({"when": {"chosenAgency": ["PEMDA.PU"]}}, "when.chosenAgency.0", RuleFault.UNKNOWN_OFFICE_KIND,
     {"given": "PEMDA.PU"}),
    ({"when": {"classifier": {"head": "agency", "labels": ["ESDM", "PEMDA.X"], "minConfidence": 0}}},
     "when.classifier.labels.1", RuleFault.UNKNOWN_OFFICE_KIND, {"given": "PEMDA.X"}),
    ({"when": {"classifier": {"head": "category", "labels": ["PLN"], "minConfidence": 0}}},
     "when.classifier.labels.0", RuleFault.UNKNOWN_CATEGORY, {"given": "PLN"}),
    ({"when": {"text": {"words": "!!!"}}}, "when.text.words", RuleFault.NO_WORDS, {"given": "!!!"}),
    ({"when": {"agreement": "AGREE"}, "then": {"queue": "NATIONAL"}}, "when.agreement",
     RuleFault.AGREEMENT_WITHOUT_AGENCY, {}),
    ({"when": {"agreement": "AGREE"}, "then": {"continue": True}}, "when.agreement",
     RuleFault.AGREEMENT_WITHOUT_AGENCY, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "field", "code", "data"), REFERENCES, ids=[f"{case[1]} {case[2]}" for case in REFERENCES]
)
def test_a_rule_speaks_of_what_exists(
    given: dict[str, Any], field: str, code: RuleFault, data: dict[str, str | int], facts: RuleFacts
) -> None:
    assert problems_of([a_rule(**given)], facts, LIMITS) == [RuleProblem("R", field, code, data)]


@pytest.mark.parametrize(
    "given",
    [
        {"then": {"queue": "PEMDA.PU", "copies": ["ESDM"]}},
        {"then": {"queue": "ENTRY"}, "when": {"agreement": "AGREE"}},
        {"then": {"queue": "LOCAL_GOVERNMENT", "mechanism": "BANJIR"}, "validFrom": "2026-11-01"},
        {"then": {"queue": "PUPR", "mechanism": "COVID"}, "validFrom": "2020-08-07", "validTo": "2023-06-21"},
        {"then": {"queue": "BARU"}, "validFrom": "2027-01-01"},
        {"when": {"classifier": {"head": "agency", "labels": ["PEMDA", "PEMDA.PU", "PLN"], "minConfidence": 0.5}}},
        {"when": {"all": [{"region": ["33.74"]}, {"category": {"codes": ["ESDM.LISTRIK"]}}, WORDS]}},
    ],
    ids=["local office", "door", "mechanism", "of the past", "of the future", "labels", "tests"],
)
def test_what_exists_at_its_time_is_no_problem(given: dict[str, Any], facts: RuleFacts) -> None:
    assert problems_of([a_rule(**given)], facts, LIMITS) == []


def test_a_copy_to_the_successor_of_the_queue_is_a_copy_to_itself(facts: RuleFacts) -> None:
    rule = a_rule(then={"queue": "KLHK", "copies": ["KLH"]})

    found = [problem.code for problem in problems_of([rule], facts, LIMITS)]

    assert found == [RuleFault.AGENCY_ENDED, RuleFault.COPY_TO_ITSELF]


def test_a_document_is_checked_with_its_policy(facts: RuleFacts) -> None:
    document = RuleDocument(
        reason="uji",
        classifier=ClassifierPolicy(agencies={"PLN": 0.9, "PEMDA.PU": 0.9, "X": 0.9}),
        rules=(a_rule("A"), a_rule("A"), a_rule("B")),
    )

    assert problems_of(document, facts, RuleLimits(rules=2)) == [
        RuleProblem("", "rules", RuleFault.TOO_MANY_RULES, {"max": 2, "length": 3}),
        RuleProblem("A", "code", RuleFault.DUPLICATE_CODE, {"given": "A"}),
        RuleProblem("", "classifier.agencies.X", RuleFault.UNKNOWN_AGENCY, {"given": "X"}),
    ]


COVID = {"queue": "PLN", "mechanism": "COVID"}


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (
            [a_rule("A", when={"any": [WORDS, {"region": ["31", "33"]}]}),
             a_rule("B", position=2, when={"any": [{"region": ["33", "31"]}, WORDS]})],
            [("B", RuleFault.SHADOWED, "A")],
        ),
        ([a_rule("A"), a_rule("B", position=2, when=WORDS)], [("B", RuleFault.BELOW_ALWAYS, "A")]),
        ([a_rule("A", position=2), a_rule("B", position=1, when=WORDS)], []),
        ([a_rule("A", then={"queue": "ENTRY"}), a_rule("B", position=2, when=WORDS)], []),
        ([a_rule("A", then={"continue": True}), a_rule("B", position=2, when=WORDS)], []),
        ([a_rule("A", then=COVID), a_rule("B", position=2, when=WORDS)], []),
        ([a_rule("A", then=COVID), a_rule("B", position=2, then=COVID, when=WORDS)],
         [("B", RuleFault.BELOW_ALWAYS, "A")]),
        ([a_rule("A", when=WORDS, validTo="2026-12-01"), a_rule("B", position=2, when=WORDS)], []),
        ([a_rule("A", when=WORDS), a_rule("B", position=2, when=WORDS, validTo="2026-12-01")],
         [("B", RuleFault.SHADOWED, "A")]),
    ],
    ids=["same in another order", "below always", "above always", "door", "continues", "other stage", "same stage",
         "outlives it", "within it"],
)  # fmt: skip
def test_a_rule_that_never_decides_is_found_with_the_one_above(
    rules: Sequence[Rule], found: list[tuple[str, RuleFault, str]]
) -> None:
    assert [(warning.rule, warning.code, warning.data["by"]) for warning in warnings_of(rules)] == found
