"""Whom an outcome means: the office of the place, the successor of an agency, the queue of a unit."""

from collections.abc import Callable
from datetime import date

import pytest

from rules.directory import Directory
from rules.routing import Evidence, Ranked, Reason, ReasonCode, Rule, RuleSet, route

AN_EVIDENCE = Callable[..., Evidence]
A_RULE = Callable[..., Rule]
SEED = date(2020, 8, 7)
NO_RULES = RuleSet(1, [])


def test_a_kind_of_office_becomes_the_unit_of_the_place(directory: Directory, an_evidence: AN_EVIDENCE) -> None:
    evidence = an_evidence(agencies=(Ranked("PEMDA.LH", 0.9),), agency_is_sure=True, region="33.74.10")

    decision = route(evidence, NO_RULES, directory)

    assert decision.queue == "KOTA_SEMARANG"
    assert decision.proposed_unit == "KOTA_SEMARANG.DLH"
    assert decision.because[1:] == (
        Reason(ReasonCode.LOCAL_GOVERNMENT, {"region": "33.74.10", "agency": "KOTA_SEMARANG"}),
        Reason(ReasonCode.UNIT, {"unit": "KOTA_SEMARANG.DLH", "agency": "KOTA_SEMARANG"}),
        Reason(ReasonCode.OWN_QUEUE, {"agency": "KOTA_SEMARANG"}),
    )


def test_a_local_matter_goes_to_the_unit_that_handles_its_category(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    rules = RuleSet(1, [a_rule(then={"queue": "LOCAL_GOVERNMENT"})])

    decision = route(an_evidence(category="HUB.PARKIR_LIAR", region="33.74"), rules, directory)

    assert (decision.queue, decision.proposed_unit) == ("KOTA_SEMARANG", "KOTA_SEMARANG.DISHUB")


def test_a_local_matter_without_a_place_goes_to_the_national_desk(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    decision = route(an_evidence(), RuleSet(1, [a_rule(then={"queue": "PEMDA.PU"})]), directory)

    assert (decision.queue, decision.proposed_agency, decision.rule_id) == (None, None, "R")
    assert [reason.code for reason in decision.because[1:]] == [ReasonCode.NO_REGION, ReasonCode.NATIONAL_DESK]


def test_a_local_matter_where_nobody_is_connected_goes_to_the_national_desk(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    rules = RuleSet(1, [a_rule(then={"queue": "LOCAL_GOVERNMENT"})])

    decision = route(an_evidence(region="73.71"), rules, directory)

    assert (decision.queue, decision.proposed_agency) == (None, None)
    assert decision.because[1] == Reason(ReasonCode.NO_LOCAL_GOVERNMENT, {"region": "73.71"})


@pytest.mark.parametrize(
    ("region", "reason"),
    [
        ("33.22.01", ReasonCode.PROVINCE_INSTEAD),
        ("33", ReasonCode.LOCAL_GOVERNMENT),
        ("31.74", ReasonCode.LOCAL_GOVERNMENT),  # the cities of Jakarta have no government of their own
    ],
)
def test_the_province_stands_in_for_a_regency_that_is_not_connected(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE, region: str, reason: ReasonCode
) -> None:
    rules = RuleSet(1, [a_rule(then={"queue": "LOCAL_GOVERNMENT"})])

    decision = route(an_evidence(region=region), rules, directory)

    assert decision.because[1].code is reason


def test_an_ended_agency_is_followed_to_its_one_successor(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    decision = route(an_evidence(), RuleSet(1, [a_rule(then={"queue": "KOMINFO"})]), directory)

    assert decision.queue == "KOMDIGI"
    assert decision.because[1] == Reason(
        ReasonCode.SUCCESSOR, {"agency": "KOMINFO", "successor": "KOMDIGI", "on": "2026-11-24"}
    )


def test_an_agency_of_today_was_its_predecessor_in_the_seeds_time(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    decision = route(an_evidence(on=SEED), RuleSet(1, [a_rule(then={"queue": "KOMDIGI"})]), directory)

    assert decision.queue == "KOMINFO"


def test_of_several_successors_the_category_chooses(directory: Directory, an_evidence: AN_EVIDENCE) -> None:
    decision = route(an_evidence(chosen_agency="PUPR", category="PUPR.PERMUKIMAN"), NO_RULES, directory)

    assert decision.queue == "PKP"


def test_of_several_successors_the_classifiers_guess_may_choose(directory: Directory, an_evidence: AN_EVIDENCE) -> None:
    guesses = (Ranked("PUPR.INFRASTRUKTUR_JALAN", 0.4),)

    decision = route(an_evidence(chosen_agency="PUPR", categories=guesses), NO_RULES, directory)

    assert decision.queue == "PU"


def test_several_successors_without_a_category_go_to_the_national_desk(
    directory: Directory, an_evidence: AN_EVIDENCE
) -> None:
    decision = route(an_evidence(chosen_agency="PUPR"), NO_RULES, directory)

    assert (decision.queue, decision.proposed_agency) == (None, None)
    assert decision.because[1] == Reason(ReasonCode.SEVERAL_SUCCESSORS, {"agency": "PUPR", "successors": ("PU", "PKP")})


def test_an_agency_before_its_time_without_predecessor_goes_to_the_national_desk(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    decision = route(an_evidence(on=SEED), RuleSet(1, [a_rule(then={"queue": "BGN"})]), directory)

    assert decision.because[1] == Reason(ReasonCode.NO_SUCCESSOR, {"agency": "BGN", "on": "2020-08-07"})


def test_an_unknown_agency_goes_to_the_national_desk(
    directory: Directory, an_evidence: AN_EVIDENCE, a_rule: A_RULE
) -> None:
    decision = route(an_evidence(), RuleSet(1, [a_rule(then={"queue": "NONE"})]), directory)

    assert [reason.code for reason in decision.because[1:]] == [ReasonCode.UNKNOWN_AGENCY, ReasonCode.NATIONAL_DESK]


def test_a_chosen_unit_waits_in_the_queue_of_its_agency(directory: Directory, an_evidence: AN_EVIDENCE) -> None:
    decision = route(an_evidence(chosen_agency="BI.DKOM"), NO_RULES, directory)

    assert (decision.queue, decision.proposed_agency, decision.proposed_unit) == ("BI", "BI", "BI.DKOM")
