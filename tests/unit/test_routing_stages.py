"""What decides where no rule does: the reporter's choice, the classifier, the place."""

from collections.abc import Callable
from typing import Any

import pytest

from rules.directory import Directory
from rules.evidence import Evidence, Ranked
from rules.language import ClassifierPolicy, Rule
from rules.routing import Candidate, Reason, ReasonCode, Step, route
from rules.rule_set import RuleSet
from rules.vocabulary import RouteFlag, RuleKind, Urgency

AN_EVIDENCE = Callable[..., Evidence]
A_RULE = Callable[..., Rule]
NO_RULES = RuleSet(1, [])


def says(*labels: str, confidence: float = 0.9) -> dict[str, Any]:
    """What a classifier that people trust says."""
    return {"agencies": tuple(Ranked(label, confidence) for label in labels), "agency_is_proven": True}


# ---- the reporter's choice


def test_the_reporters_choice_comes_before_rules_and_classifier(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    rules = RuleSet(1, [a_rule(then={"queue": "BI", "tags": ["uang"]})])

    decision = route(an_evidence(chosen_agency="KPK", agency_is_sure=True, **says("PLN")), rules, directory)

    assert (decision.kind, decision.rule_id, decision.queue) == (RuleKind.REPORTER_CHOICE, None, "KPK")
    assert (decision.lost, decision.tags, decision.flags) == (("R",), (), frozenset())
    assert decision.because[0] == Reason(ReasonCode.REPORTER_CHOICE, {"agency": "KPK"})


def test_the_special_limits_hold_also_where_the_reporter_chose(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    special = {
        "queue": "KEMENKES",
        "mechanism": "COVID",
        "urgency": "HIGH",
        "tags": ["covid-19"],
        "copies": ["KEMENSOS"],
    }

    decision = route(an_evidence(chosen_agency="KPK"), RuleSet(1, [a_rule("COVID", then=special)]), directory)

    assert (decision.kind, decision.rule_id, decision.queue) == (RuleKind.REPORTER_CHOICE, None, "KPK")
    assert (decision.mechanism, decision.urgency, decision.also) == ("COVID", Urgency.HIGH, ("COVID",))
    assert (decision.tags, decision.copies) == (("covid-19",), ("KEMENSOS",))
    assert decision.because[-1] == Reason(ReasonCode.MECHANISM, {"mechanism": "COVID"})
    assert decision.path[-1] == Step(
        RuleKind.SPECIAL_CATEGORY, taken=False, candidates=(Candidate("KEMENKES", "COVID"),)
    )


@pytest.mark.parametrize(
    ("given", "is_unlikely"),
    [
        ({"chosen_chance": 0.019}, True),
        ({"chosen_chance": 0.02}, False),
        ({"chosen_chance": None}, False),
        ({"chosen_chance": 0.0, "agency_is_proven": False}, False),
        ({"chosen_chance": 0.0, "agencies": ()}, False),
    ],
)
def test_a_choice_that_the_classifier_hardly_believes_is_flagged_and_kept(
    directory: Directory, an_evidence: AN_EVIDENCE, given: dict[str, Any], is_unlikely: bool
) -> None:
    decision = route(an_evidence(chosen_agency="KPK", **{**says("PLN"), **given}), NO_RULES, directory)

    doubt = Reason(ReasonCode.CHOICE_UNLIKELY, {"agency": "PLN", "percent": "90"})
    assert (decision.kind, decision.queue) == (RuleKind.REPORTER_CHOICE, "KPK")
    assert (RouteFlag.CHOICE_UNLIKELY in decision.flags) == is_unlikely
    assert (doubt in decision.because) == is_unlikely


def test_from_which_chance_a_choice_is_unlikely_is_the_sets_policy(
    directory: Directory, an_evidence: AN_EVIDENCE
) -> None:
    evidence = an_evidence(chosen_agency="KPK", chosen_chance=0.1, **says("PLN"))
    strict = RuleSet(1, [], ClassifierPolicy(unlikely_below=0.2))

    assert route(evidence, strict, directory).flags == {RouteFlag.CHOICE_UNLIKELY}
    assert route(evidence, NO_RULES, directory).flags == frozenset()


# ---- the classifier and the place


@pytest.mark.parametrize(
    ("answers", "is_sure", "policy", "queue"),
    [
        ((Ranked("KPK", 0.9), Ranked("BI", 0.1)), True, {}, "KPK"),
        ((Ranked("KPK", 0.9),), False, {}, None),
        ((Ranked("KPK", 0.6),), True, {"min_confidence": 0.7}, None),
        ((Ranked("KPK", 0.6),), True, {"min_confidence": 0.7, "agencies": {"KPK": 0.5}}, "KPK"),
        ((Ranked("KPK", 0.6),), True, {"agencies": {"KPK": 0.7}}, None),
        ((Ranked("KPK", 0.7),), True, {"agencies": {"KPK": 0.7}}, "KPK"),
        ((), True, {}, None),
    ],
)
def test_the_classifier_decides_only_when_it_is_sure_enough(
    directory: Directory,
    an_evidence: AN_EVIDENCE,
    answers: tuple[Ranked, ...],
    is_sure: bool,
    policy: dict[str, Any],
    queue: str | None,
) -> None:
    rules = RuleSet(1, [], ClassifierPolicy.model_validate(policy))

    decision = route(an_evidence(agencies=answers, agency_is_sure=is_sure), rules, directory)

    assert (decision.queue, decision.kind is RuleKind.CLASSIFIER) == (queue, queue is not None)


@pytest.mark.parametrize(
    ("is_sure", "reason"),
    [
        (True, Reason(ReasonCode.CLASSIFIER_BELOW, {"agency": "KPK", "percent": "60", "needed": "70"})),
        (False, Reason(ReasonCode.CLASSIFIER_UNSURE, {"agency": "KPK", "percent": "60"})),
    ],
)
def test_the_path_says_why_the_classifier_did_not_decide(
    directory: Directory, an_evidence: AN_EVIDENCE, is_sure: bool, reason: Reason
) -> None:
    rules = RuleSet(1, [], ClassifierPolicy(min_confidence=0.7))
    evidence = an_evidence(agency_is_sure=is_sure, **says("KPK", confidence=0.6))

    (step,) = (step for step in route(evidence, rules, directory).path if step.stage is RuleKind.CLASSIFIER)

    assert (step.taken, step.because) == (False, (reason,))


def test_the_classifiers_three_answers_are_kept_whoever_decides(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    answers = says("PLN", "ESDM", "BI", "KPK", confidence=0.25)

    decision = route(an_evidence(**answers), RuleSet(1, [a_rule()]), directory)

    assert [(step.stage, step.taken) for step in decision.path] == [
        (RuleKind.REPORTER_CHOICE, False),
        (RuleKind.SPECIAL_CATEGORY, False),
        (RuleKind.OTHER, True),
        (RuleKind.CLASSIFIER, False),
    ]
    assert decision.path[-1].candidates == tuple(Candidate(code, score=0.25) for code in ("PLN", "ESDM", "BI"))


def test_an_unsure_local_matter_goes_to_the_government_of_the_place(
    directory: Directory, an_evidence: AN_EVIDENCE
) -> None:
    decision = route(an_evidence(region="33.74.10", **says("PEMDA.LH", confidence=0.2)), NO_RULES, directory)

    assert (decision.kind, decision.queue, decision.proposed_unit) == (
        RuleKind.PLACE,
        "KOTA_SEMARANG",
        "KOTA_SEMARANG.DLH",
    )
    assert decision.because[0] == Reason(ReasonCode.PLACE, {"agency": "PEMDA.LH", "percent": "20"})
    assert decision.path[-1].candidates == (Candidate("KOTA_SEMARANG", score=0.2),)


@pytest.mark.parametrize(
    "given",
    [
        {"region": None, **says("PEMDA.LH")},
        {"region": "73.71", **says("PEMDA.LH")},
        {"region": "33.74", **says("PLN")},
        {"region": "33.74", **says("PEMDA.LH"), "agency_is_proven": False},
        {"region": "33.74"},
    ],
    ids=["no place", "no government there", "no local matter", "not proven", "no classifier"],
)
def test_where_the_place_does_not_decide_the_national_desk_verifies(
    directory: Directory, an_evidence: AN_EVIDENCE, given: dict[str, Any]
) -> None:
    assert route(an_evidence(**given), NO_RULES, directory).kind is RuleKind.NATIONAL_DESK
