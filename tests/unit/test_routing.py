"""Which stage decides, which reasons it gives, and what is kept of the others."""

from collections.abc import Callable
from typing import Any

import pytest

from rules.directory import Directory
from rules.evidence import Evidence, Ranked
from rules.language import Rule
from rules.routing import Reason, ReasonCode, Route, Step, route
from rules.rule_set import RuleSet
from rules.vocabulary import Channel, RuleKind, Urgency

AN_EVIDENCE = Callable[..., Evidence]
A_RULE = Callable[..., Rule]
NO_RULES = RuleSet(1, [])


def text(words: str) -> dict[str, Any]:
    return {"text": {"words": words}}


def says(*labels: str, confidence: float = 0.9) -> dict[str, Any]:
    """What a classifier that people trust says."""
    return {"agencies": tuple(Ranked(label, confidence) for label in labels), "agency_is_proven": True}


def test_the_first_rule_that_holds_decides(directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE) -> None:
    rules = RuleSet(
        7,
        [
            a_rule("LATER", position=30, then={"queue": "KPK"}),
            a_rule("SILENT", position=10, when=text("emas"), then={"queue": "BI"}),
            a_rule("FIRST", position=20, then={"queue": "ESDM"}),
        ],
    )

    decision = route(an_evidence("batu bara"), rules, directory)

    assert (decision.rule_id, decision.queue, decision.rule_set_version) == ("FIRST", "ESDM", 7)
    assert (decision.kind, decision.lost) == (RuleKind.OTHER, ("LATER",))


def test_without_any_sign_the_national_desk_verifies(directory: Directory, an_evidence: AN_EVIDENCE) -> None:
    decision = route(an_evidence(), NO_RULES, directory)

    no_rule = Reason(ReasonCode.NO_RULE)
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
        because=(no_rule, Reason(ReasonCode.NATIONAL_DESK)),
        path=(
            Step(RuleKind.REPORTER_CHOICE, taken=False),
            Step(RuleKind.SPECIAL_CATEGORY, taken=False),
            Step(RuleKind.OTHER, taken=False),
            Step(RuleKind.CLASSIFIER, taken=False),
            Step(RuleKind.PLACE, taken=False),
            Step(RuleKind.NATIONAL_DESK, taken=True, because=(no_rule,)),
        ),
    )


def test_an_agency_that_verifies_for_itself_gets_its_own_queue(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    decision = route(an_evidence(), RuleSet(1, [a_rule(then={"queue": "ESDM"})]), directory)

    assert (decision.queue, decision.proposed_agency) == ("ESDM", "ESDM")
    assert decision.because == (
        Reason(ReasonCode.RULE, {"rule": "Nama", "why": "Alasan."}),
        Reason(ReasonCode.OWN_QUEUE, {"agency": "ESDM"}),
    )


@pytest.mark.parametrize("agency", ["PLN", "BNN"])
def test_an_agency_that_does_not_is_proposed_to_the_national_desk(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE, agency: str
) -> None:
    decision = route(an_evidence(), RuleSet(1, [a_rule(then={"queue": agency})]), directory)

    assert (decision.queue, decision.proposed_agency) == (None, agency)
    assert decision.because[-1] == Reason(ReasonCode.NATIONAL_VERIFIES, {"agency": agency})


def test_a_rule_passes_on_urgency_tags_copies_and_mechanism(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    then = {
        "queue": "KEMENKES",
        "urgency": "EMERGENCY",
        "tags": ["keracunan"],
        "copies": ["KOMINFO", "KEMENKES", "NONE", "POLRI"],
        "mechanism": "COVID",
    }

    decision = route(an_evidence(), RuleSet(1, [a_rule(then=then)]), directory)

    assert decision.urgency is Urgency.EMERGENCY
    assert decision.tags == ("keracunan",)
    assert decision.copies == ("KOMDIGI", "POLRI")
    assert (decision.kind, decision.mechanism) == (RuleKind.SPECIAL_CATEGORY, "COVID")
    assert decision.because.count(Reason(ReasonCode.MECHANISM, {"mechanism": "COVID"})) == 1
    assert (decision.also, len(decision.path)) == ((), 2)


def test_a_rule_gives_what_it_saw_as_reasons(directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE) -> None:
    when = {
        "all": [
            {"region": ["33"]},
            {"category": {"codes": ["ESDM"]}},
            {"any": [text("emas"), text("token listrik")]},
            text("padam"),
            {"channel": ["WEB"]},
            {"none": [text("perak")]},
            {"classifier": {"head": "agency", "labels": ["PLN"], "min_confidence": 0.5}},
        ]
    }
    evidence = an_evidence("token listrik padam", category="ESDM.LISTRIK", region="33.74", **says("PLN"))

    decision = route(evidence, RuleSet(1, [a_rule(when=when)]), directory)

    assert decision.because == (
        Reason(ReasonCode.RULE, {"rule": "Nama", "why": "Alasan."}),
        Reason(ReasonCode.CHANNEL, {"channel": "WEB"}),
        Reason(ReasonCode.PHRASES, {"phrases": ("token listrik", "padam")}),
        Reason(ReasonCode.CATEGORY, {"category": "ESDM.LISTRIK"}),
        Reason(ReasonCode.CLASSIFIER, {"agency": "PLN", "percent": "90"}),
        Reason(ReasonCode.REGION, {"region": "33.74"}),
        Reason(ReasonCode.NATIONAL_DESK),
    )


def test_a_guessed_category_is_given_with_its_confidence(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    rules = RuleSet(1, [a_rule(when={"category": {"codes": ["ESDM"], "min_confidence": 0.5}})])
    guess = (Ranked("ESDM.LISTRIK", 0.874),)

    decision = route(an_evidence(categories=guess, category_is_proven=True), rules, directory)

    assert decision.because[1] == Reason(ReasonCode.CATEGORY_GUESS, {"category": "ESDM.LISTRIK", "percent": "87"})


def test_what_two_conditions_saw_is_said_once(directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE) -> None:
    asked = {"head": "category", "labels": ["ESDM"], "min_confidence": 0.5}
    when = {"all": [{"category": {"codes": ["ESDM"], "min_confidence": 0.5}}, {"classifier": asked}]}
    evidence = an_evidence(categories=(Ranked("ESDM.LISTRIK", 0.8),), category_is_proven=True)

    decision = route(evidence, RuleSet(1, [a_rule(when=when)]), directory)

    assert [reason.code for reason in decision.because].count(ReasonCode.CATEGORY_GUESS) == 1


def test_whoever_is_proposed_gets_no_copy(directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE) -> None:
    copies = {"continue": True, "copies": ["BI", "BI.DKOM", "OJK"]}

    decision = route(an_evidence(chosen_agency="BI.DKOM"), RuleSet(1, [a_rule(then=copies)]), directory)

    assert (decision.proposed_agency, decision.proposed_unit, decision.copies) == ("BI", "BI.DKOM", ("OJK",))


def test_a_report_through_an_agencys_door_enters_its_queue(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    rules = RuleSet(1, [a_rule(when={"channel": ["WALK_IN"]}, then={"queue": "ENTRY"})])

    decision = route(an_evidence(channel=Channel.WALK_IN, entry_agency="KPK"), rules, directory)

    assert (decision.kind, decision.queue) == (RuleKind.CHANNEL, "KPK")
    assert Reason(ReasonCode.ENTRY, {"agency": "KPK"}) in decision.because


def test_a_rule_that_names_a_mechanism_comes_before_the_others(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    rules = RuleSet(
        1,
        [
            a_rule("PLAIN", position=1, then={"queue": "KPK"}),
            a_rule("SPECIAL", position=9, then={"queue": "KEMENKES", "mechanism": "COVID"}),
        ],
    )

    decision = route(an_evidence(), rules, directory)

    assert (decision.rule_id, decision.queue, decision.lost) == ("SPECIAL", "KEMENKES", ("PLAIN",))


# ---- rules that continue


@pytest.mark.parametrize("given", [{}, {"chosen_agency": "BI"}, {"agency_is_sure": True, **says("BI")}])
def test_a_rule_that_continues_adds_to_whatever_decides(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE, given: dict[str, Any]
) -> None:
    more = {"continue": True, "urgency": "HIGH", "tags": ["bahaya"], "copies": ["KPK"]}
    without = route(an_evidence(**given), NO_RULES, directory)

    decision = route(an_evidence(**given), RuleSet(1, [a_rule("MORE", position=99, then=more)]), directory)

    assert (decision.queue, decision.kind, decision.rule_id) == (without.queue, without.kind, None)
    assert (decision.urgency, decision.tags, decision.copies) == (Urgency.HIGH, ("bahaya",), ("KPK",))
    assert (decision.also, decision.lost) == (("MORE",), ())
    assert decision.because == (
        *without.because,
        Reason(ReasonCode.TAGGED_BY, {"rule": "Nama", "why": "Alasan."}),
    )


def test_the_highest_urgency_counts_and_every_tag_is_given_once(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    rules = RuleSet(
        1,
        [
            a_rule("A", position=1, then={"continue": True, "urgency": "HIGH", "tags": ["a", "b"], "copies": ["BI"]}),
            a_rule("B", position=2, then={"queue": "KPK", "urgency": "EMERGENCY", "tags": ["b"], "copies": ["BI"]}),
            a_rule("C", position=3, then={"continue": True, "tags": ["c"], "copies": ["KPK"]}),
        ],
    )

    decision = route(an_evidence(), rules, directory)

    assert (decision.urgency, decision.tags, decision.copies) == (Urgency.EMERGENCY, ("b", "a", "c"), ("BI",))


def test_of_the_rules_that_came_too_late_five_are_kept(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    rules = RuleSet(1, [a_rule(f"R{number}", position=number) for number in range(9)])

    assert route(an_evidence(), rules, directory).lost == ("R1", "R2", "R3", "R4", "R5")
