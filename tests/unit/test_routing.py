"""Which rule decides, and which reasons it gives."""

from collections.abc import Callable
from datetime import date

import pytest

from rules.directory import Directory
from rules.routing import Evidence, Ranked, Reason, ReasonCode, Route, Rule, RuleSet, route
from rules.vocabulary import RuleKind, Urgency

AN_EVIDENCE = Callable[..., Evidence]
A_RULE = Callable[..., Rule]


def test_the_first_rule_that_applies_decides(directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE) -> None:
    rules = RuleSet(
        7,
        [
            a_rule("LATER", position=30, outcome={"queue": "KPK"}),
            a_rule("SILENT", position=10, conditions={"any": ["emas"]}, outcome={"queue": "BI"}),
            a_rule("FIRST", position=20, outcome={"queue": "ESDM"}),
        ],
    )

    decision = route(an_evidence("batu bara"), rules, directory)

    assert (decision.rule_id, decision.queue, decision.rule_set_version) == ("FIRST", "ESDM", 7)


def test_without_a_rule_the_national_desk_verifies(directory: Directory, an_evidence: AN_EVIDENCE) -> None:
    decision = route(an_evidence(), RuleSet(1, []), directory)

    assert decision == Route(
        queue=None,
        proposed_agency=None,
        proposed_unit=None,
        kind=RuleKind.NATIONAL_DESK,
        rule_id=None,
        rule_set_version=1,
        urgency=Urgency.NORMAL,
        tags=(),
        copies=(),
        mechanism=None,
        because=(Reason(ReasonCode.NO_RULE), Reason(ReasonCode.NATIONAL_DESK)),
    )


def test_an_agency_that_verifies_for_itself_gets_its_own_queue(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    decision = route(an_evidence(), RuleSet(1, [a_rule(outcome={"queue": "ESDM"})]), directory)

    assert (decision.queue, decision.proposed_agency) == ("ESDM", "ESDM")
    assert decision.because == (
        Reason(ReasonCode.RULE, {"rule": "Nama", "why": "Alasan."}),
        Reason(ReasonCode.OWN_QUEUE, {"agency": "ESDM"}),
    )


@pytest.mark.parametrize("agency", ["PLN", "BNN"])
def test_an_agency_that_does_not_is_proposed_to_the_national_desk(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE, agency: str
) -> None:
    decision = route(an_evidence(), RuleSet(1, [a_rule(outcome={"queue": agency})]), directory)

    assert (decision.queue, decision.proposed_agency) == (None, agency)
    assert decision.because[-1] == Reason(ReasonCode.NATIONAL_VERIFIES, {"agency": agency})


def test_a_rule_passes_on_urgency_tags_copies_and_mechanism(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    outcome = {
        "queue": "KEMENKES",
        "urgency": "EMERGENCY",
        "tags": ["keracunan"],
        "copies": ["KOMINFO", "KEMENKES", "NONE", "POLRI"],
        "mechanism": "COVID",
    }

    decision = route(an_evidence(), RuleSet(1, [a_rule(outcome=outcome)]), directory)

    assert decision.urgency is Urgency.EMERGENCY
    assert decision.tags == ("keracunan",)
    assert decision.copies == ("KOMDIGI", "POLRI")
    assert decision.mechanism == "COVID"
    assert Reason(ReasonCode.MECHANISM, {"mechanism": "COVID"}) in decision.because


@pytest.mark.parametrize(
    ("conditions", "applies"),
    [
        ({"any": ["token listrik", "emas"]}, True),
        ({"any": ["emas"]}, False),
        ({"all": ["token listrik", "padam"]}, True),
        ({"all": ["token listrik", "emas"]}, False),
        ({"none": ["emas"]}, True),
        ({"none": ["padam"]}, False),
        ({"any": ["padam"], "none": ["token listrik"]}, False),
        ({"categories": ["ESDM"]}, True),
        ({"categories": ["ESDM.LISTRIK"]}, True),
        ({"categories": ["ESDM.MIGAS", "ES"]}, False),
        ({"regions": ["33"]}, True),
        ({"regions": ["33.74"]}, True),
        ({"regions": ["33.7", "34"]}, False),
        ({"channels": ["WEB", "SMS"]}, True),
        ({"channels": ["SMS"]}, False),
        ({"report_types": ["COMPLAINT"]}, True),
        ({"report_types": ["ASPIRATION"]}, False),
        ({"chosen_agency": True}, False),
        ({"chosen_agency": False}, True),
    ],
)
def test_everything_a_rule_asks_must_hold(
    directory: Directory,
    an_evidence: AN_EVIDENCE,
    a_rule: A_RULE,
    conditions: dict[str, object],
    applies: bool,
) -> None:
    evidence = an_evidence("token listrik padam", category="ESDM.LISTRIK", region="33.74")

    decision = route(evidence, RuleSet(1, [a_rule(conditions=conditions)]), directory)

    assert (decision.rule_id == "R") == applies


def test_a_rule_gives_what_it_saw_as_reasons(directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE) -> None:
    conditions = {
        "any": ["emas", "token listrik"],
        "all": ["padam"],
        "categories": ["ESDM"],
        "regions": ["33"],
        "channels": ["WEB"],
    }
    evidence = an_evidence("token listrik padam", category="ESDM.LISTRIK", region="33.74")

    decision = route(evidence, RuleSet(1, [a_rule(conditions=conditions)]), directory)

    assert decision.because == (
        Reason(ReasonCode.RULE, {"rule": "Nama", "why": "Alasan."}),
        Reason(ReasonCode.CHANNEL, {"channel": "WEB"}),
        Reason(ReasonCode.PHRASES, {"phrases": ("padam", "token listrik")}),
        Reason(ReasonCode.CATEGORY, {"category": "ESDM.LISTRIK"}),
        Reason(ReasonCode.REGION, {"region": "33.74"}),
        Reason(ReasonCode.NATIONAL_DESK),
    )


def test_a_rule_about_a_place_needs_a_place(directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE) -> None:
    rules = RuleSet(1, [a_rule(conditions={"regions": ["33"]})])

    assert route(an_evidence(), rules, directory).rule_id is None


@pytest.mark.parametrize(
    ("on", "applies"),
    [(date(2020, 8, 6), False), (date(2020, 8, 7), True), (date(2023, 6, 20), True), (date(2023, 6, 21), False)],
)
def test_a_rule_applies_from_its_first_day_until_the_day_before_its_end(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE, on: date, applies: bool
) -> None:
    rule = a_rule(valid_from=date(2020, 8, 7), valid_to=date(2023, 6, 21))

    decision = route(an_evidence(on=on), RuleSet(1, [rule]), directory)

    assert (decision.rule_id == "R") == applies


@pytest.mark.parametrize(
    ("guess", "applies"),
    [
        (Ranked("ESDM.LISTRIK", 0.8), True),
        (Ranked("ESDM.LISTRIK", 0.79), False),
        (Ranked("AGAMA", 0.99), False),
    ],
)
def test_the_classifiers_category_counts_from_the_rules_confidence(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE, guess: Ranked, applies: bool
) -> None:
    rules = RuleSet(1, [a_rule(conditions={"categories": ["ESDM"], "min_confidence": 0.8})])

    decision = route(an_evidence(categories=(guess,)), rules, directory)

    assert (decision.rule_id == "R") == applies


def test_the_classifiers_category_counts_only_where_the_rule_says_so(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    rules = RuleSet(1, [a_rule(conditions={"categories": ["ESDM"]})])

    decision = route(an_evidence(categories=(Ranked("ESDM.LISTRIK", 0.99),)), rules, directory)

    assert decision.rule_id is None


def test_the_reporters_category_is_not_overruled_by_the_classifier(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    rules = RuleSet(1, [a_rule(conditions={"categories": ["ESDM"], "min_confidence": 0.8})])
    evidence = an_evidence(category="AGAMA", categories=(Ranked("ESDM.LISTRIK", 0.99),))

    assert route(evidence, rules, directory).rule_id is None


@pytest.mark.parametrize(("queue", "field"), [("CHOSEN", "chosen_agency"), ("ENTRY", "entry_agency")])
def test_a_rule_for_the_choice_or_the_door_applies_only_where_there_is_one(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE, queue: str, field: str
) -> None:
    rules = RuleSet(1, [a_rule(outcome={"queue": queue})])

    assert route(an_evidence(), rules, directory).rule_id is None
    assert route(an_evidence(**{field: "KPK"}), rules, directory).queue == "KPK"


@pytest.mark.parametrize(
    ("answers", "is_sure", "queue"),
    [
        ((Ranked("KPK", 0.9), Ranked("BI", 0.1)), True, "KPK"),
        ((Ranked("KPK", 0.9),), False, None),
        ((Ranked("KPK", 0.6),), True, None),
        ((), True, None),
    ],
)
def test_the_classifier_decides_only_when_it_is_sure_enough(
    directory: Directory,
    an_evidence: AN_EVIDENCE,
    a_rule: A_RULE,
    answers: tuple[Ranked, ...],
    is_sure: bool,
    queue: str | None,
) -> None:
    rules = RuleSet(1, [a_rule(conditions={"min_confidence": 0.7}, outcome={"queue": "CLASSIFIED"})])

    decision = route(an_evidence(agencies=answers, agency_is_sure=is_sure), rules, directory)

    assert decision.queue == queue


def test_the_classifiers_agency_is_given_with_its_confidence(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    rules = RuleSet(1, [a_rule(kind="CLASSIFIER", outcome={"queue": "CLASSIFIED"})])
    evidence = an_evidence(agencies=(Ranked("KPK", 0.874),), agency_is_sure=True)

    decision = route(evidence, rules, directory)

    assert decision.kind is RuleKind.CLASSIFIER
    assert decision.because[1] == Reason(ReasonCode.CLASSIFIER, {"agency": "KPK", "percent": "87"})
