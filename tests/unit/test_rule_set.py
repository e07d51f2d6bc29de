"""Which of the rules of a set hold, and how a condition came out."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from complaints.words import READING
from rules.evidence import Evidence, Ranked
from rules.language import ClassifierPolicy, ReporterFlag, Rule
from rules.rule_set import BadRule, RuleSet
from rules.vocabulary import Channel, Urgency

AN_EVIDENCE = Callable[..., Evidence]
A_RULE = Callable[..., Rule]
# A Tuesday, half past ten in the evening in Jakarta.
LATE = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


def text(words: str, **how: Any) -> dict[str, Any]:
    return {"text": {"words": words, **how}}


def test_rules_stand_in_the_order_of_position_and_code(a_rule: A_RULE) -> None:
    rules = RuleSet(1, [a_rule("B", position=20), a_rule("C", position=10), a_rule("A", position=20)])

    assert [rule.code for rule in rules.rules] == ["C", "A", "B"]


def test_two_rules_of_one_code_are_refused(a_rule: A_RULE) -> None:
    with pytest.raises(BadRule, match="share a code"):
        RuleSet(1, [a_rule("A"), a_rule("A", position=20)])


def test_a_set_without_a_policy_has_the_ordinary_one() -> None:
    assert RuleSet(1, []).policy == ClassifierPolicy()


def test_all_rules_that_hold_are_found_in_order(a_rule: A_RULE, an_evidence: AN_EVIDENCE) -> None:
    rules = RuleSet(
        1,
        [
            a_rule("LAST", position=30, when=text("padam")),
            a_rule("SILENT", position=20, when=text("emas")),
            a_rule("ALWAYS", position=10),
            a_rule("REGION", position=5, when={"region": ["33"]}),
        ],
    )

    held = rules.holding(an_evidence("listrik padam", region="33.74"))

    assert [rule.code for rule in held] == ["REGION", "ALWAYS", "LAST"]


def test_the_order_does_not_depend_on_how_rules_are_found(a_rule: A_RULE, an_evidence: AN_EVIDENCE) -> None:
    book = [a_rule(f"R{number:02}", position=number, when=text(f"kata {number}")) for number in range(40)]

    held = RuleSet(1, book).holding(an_evidence("kata 33 kata 8 kata 16 kata 1"))

    assert [rule.position for rule in held] == [1, 8, 16, 33]


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"any": [text("token listrik"), text("emas")]}, True),
        ({"any": [text("emas"), text("perak")]}, False),
        ({"all": [text("token listrik"), text("padam")]}, True),
        ({"all": [text("token listrik"), text("emas")]}, False),
        ({"none": [text("emas"), text("perak")]}, True),
        ({"none": [text("emas"), text("padam")]}, False),
        ({"all": [{"any": [text("emas"), text("padam")]}, {"none": [text("token listrik")]}]}, False),
        ({"none": [{"none": [text("padam")]}]}, True),
        ({"any": [text("emas"), {"none": [text("perak")]}]}, True),
        (text("!!"), False),
        ({"none": [text("!!")]}, True),
        ({"category": {"codes": ["ESDM"]}}, True),
        ({"category": {"codes": ["ESDM.LISTRIK"]}}, True),
        ({"category": {"codes": ["ESDM.MIGAS", "ES"]}}, False),
        ({"region": ["34", "33"]}, True),
        ({"region": ["33.74"]}, True),
        ({"region": ["33.7", "34"]}, False),
        ({"channel": ["WEB", "SMS"]}, True),
        ({"channel": ["SMS"]}, False),
        ({"report_type": ["COMPLAINT"]}, True),
        ({"report_type": ["ASPIRATION"]}, False),
        ({"chosen_agency": ["BI"]}, True),
        ({"chosen_agency": ["KPK"]}, False),
        ({"urgency": ["HIGH", "EMERGENCY"]}, True),
        ({"urgency": ["NORMAL"]}, False),
        ({"reporter": ["SECRET", "ANONYMOUS"]}, True),
        ({"reporter": ["WITH_ACCOUNT"]}, False),
        ({"weekday": ["TUESDAY"]}, True),
        ({"weekday": ["MONDAY", "WEDNESDAY"]}, False),
        ({"days": {"since": date(2026, 11, 24)}}, True),
        ({"days": {"until": date(2026, 11, 24)}}, False),
        ({"hours": {"since": time(22, 30), "until": time(23)}}, True),
        ({"hours": {"since": time(8), "until": time(22, 30)}}, False),
        ({"hours": {"since": time(22), "until": time(5)}}, True),
        ({"hours": {"since": time(23), "until": time(22, 30)}}, False),
    ],
)
def test_a_condition_holds_or_not_and_the_trace_agrees(
    a_rule: A_RULE, an_evidence: AN_EVIDENCE, when: dict[str, Any], holds: bool
) -> None:
    evidence = an_evidence(
        "token listrik padam",
        at=LATE,
        category="ESDM.LISTRIK",
        region="33.74",
        chosen_agency="BI.DKOM",
        urgency=Urgency.HIGH,
        reporter=frozenset({ReporterFlag.ANONYMOUS}),
    )
    rule = a_rule(when=when)
    rules = RuleSet(1, [rule])

    assert (rules.holding(evidence) == (rule,)) == holds
    assert rules.judge(rule, evidence) == holds
    assert rules.traced(rule, evidence).is_true == holds


@pytest.mark.parametrize(
    ("on", "holds"),
    [(date(2020, 8, 6), False), (date(2020, 8, 7), True), (date(2023, 6, 20), True), (date(2023, 6, 21), False)],
)
def test_a_rule_holds_from_its_first_day_until_the_day_before_its_end(
    a_rule: A_RULE, an_evidence: AN_EVIDENCE, on: date, holds: bool
) -> None:
    rule = a_rule(valid_from=date(2020, 8, 7), valid_to=date(2023, 6, 21))
    rules = RuleSet(1, [rule])

    assert (rules.holding(an_evidence(on=on)) == (rule,)) == holds
    assert rules.judge(rule, an_evidence(on=on)) == holds


@pytest.mark.parametrize("when", [{"channel": ["WALK_IN"]}, text("padam"), None])
def test_a_rule_for_the_door_holds_only_where_there_is_one(
    a_rule: A_RULE, an_evidence: AN_EVIDENCE, when: dict[str, Any] | None
) -> None:
    rule = a_rule(when=when, then={"queue": "ENTRY"})
    rules = RuleSet(1, [rule])
    without = an_evidence("padam", channel=Channel.WALK_IN)

    assert (rules.holding(without), rules.judge(rule, without)) == ((), False)
    assert rules.holding(an_evidence("padam", channel=Channel.WALK_IN, entry_agency="BI")) == (rule,)


@pytest.mark.parametrize(
    ("answer", "is_proven", "holds"),
    [
        (Ranked("ESDM.LISTRIK", 0.8), True, True),
        (Ranked("ESDM.LISTRIK", 0.79), True, False),
        (Ranked("AGAMA", 0.99), True, False),
        (Ranked("ESDM.LISTRIK", 0.99), False, False),
    ],
)
@pytest.mark.parametrize(
    "when",
    [
        {"category": {"codes": ["ESDM"], "min_confidence": 0.8}},
        {"classifier": {"head": "category", "labels": ["ESDM"], "min_confidence": 0.8}},
    ],
)
def test_the_classifiers_category_counts_when_it_is_sure_and_proven(
    a_rule: A_RULE, an_evidence: AN_EVIDENCE, when: dict[str, Any], answer: Ranked, is_proven: bool, holds: bool
) -> None:
    rule = a_rule(when=when)
    evidence = an_evidence(categories=(answer,), category_is_proven=is_proven)

    assert (RuleSet(1, [rule]).holding(evidence) == (rule,)) == holds
    assert RuleSet(1, []).judge(rule, evidence) == holds


def test_a_guess_never_stands_in_for_a_given_category(a_rule: A_RULE, an_evidence: AN_EVIDENCE) -> None:
    guessing = a_rule("GUESS", when={"category": {"codes": ["ESDM"], "min_confidence": 0.8}})
    plain = a_rule("PLAIN", when={"category": {"codes": ["ESDM"]}})
    guess = {"categories": (Ranked("ESDM.LISTRIK", 0.99),), "category_is_proven": True}
    rules = RuleSet(1, [guessing, plain])

    assert rules.holding(an_evidence(category="AGAMA", **guess)) == ()
    assert rules.holding(an_evidence(**guess)) == (guessing,)


@pytest.mark.parametrize(
    ("queue", "given", "agreement"),
    [
        ("PLN", {}, "AGREE"),
        ("PLN.UNIT", {}, "AGREE"),
        ("KPK", {}, "DISAGREE"),
        ("ENTRY", {"entry_agency": "PLN"}, "AGREE"),
        ("ENTRY", {"entry_agency": "KPK"}, "DISAGREE"),
        ("NATIONAL", {}, None),
        ("PLN", {"agency_is_proven": False}, None),
        ("PLN", {"agencies": ()}, None),
        ("LOCAL_GOVERNMENT", {}, "DISAGREE"),
        ("LOCAL_GOVERNMENT", {"agencies": (Ranked("PEMDA.PU", 0.3),)}, "AGREE"),
        ("PEMDA.PU", {"agencies": (Ranked("PEMDA.PU", 0.3),)}, "AGREE"),
        ("KOTA_SEMARANG", {"agencies": (Ranked("PEMDA.PU", 0.3),), "meant_agency": "KOTA_SEMARANG.DPU"}, "AGREE"),
    ],
)
def test_a_rule_may_ask_whether_the_classifier_agrees_with_it(
    a_rule: A_RULE, an_evidence: AN_EVIDENCE, queue: str, given: dict[str, Any], agreement: str | None
) -> None:
    asking = [
        a_rule(word, when={"agreement": word}, then={"queue": queue}, position=position)
        for position, word in enumerate(("AGREE", "DISAGREE"))
    ]
    evidence = an_evidence(**{"agencies": (Ranked("PLN", 0.9),), "agency_is_proven": True, **given})

    held = RuleSet(1, asking).holding(evidence)

    assert [rule.code for rule in held] == ([] if agreement is None else [agreement])


def test_a_trace_shows_every_part_and_the_words_it_found(a_rule: A_RULE, an_evidence: AN_EVIDENCE) -> None:
    rule = a_rule(when={"all": [{"any": [text("emas"), text("lampu jalan")]}, {"none": [text("tol")]}]})
    rules = RuleSet(1, [rule], reading=READING)

    trace = rules.traced(rule, an_evidence("lampunya jalan mati"))

    either, neither = trace.below
    assert [(part.test, part.is_true) for part in (trace, either, neither)] == [
        ("all", True),
        ("any", True),
        ("none", True),
    ]
    assert [(part.is_true, part.words) for part in either.below] == [(False, ()), (True, ("lampunya", "jalan"))]
    assert (neither.below[0].test, neither.below[0].is_true) == ("text", False)
    assert list(trace.leaves()) == [either.below[1]]


def test_a_rule_without_condition_always_holds(a_rule: A_RULE, an_evidence: AN_EVIDENCE) -> None:
    rule = a_rule()
    trace = RuleSet(1, [rule]).traced(rule, an_evidence())

    assert (trace.test, trace.condition, trace.is_true, trace.below) == ("always", None, True, ())
