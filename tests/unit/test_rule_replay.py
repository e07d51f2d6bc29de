"""What a draft would have done with past complaints, counted beside the rules in use."""

from collections.abc import Callable
from typing import Any

import pytest

from rules.directory import AgencyFacts, Directory
from rules.evidence import Evidence, Ranked
from rules.language import Rule
from rules.replay import Case, Frequent, Move, Replayed, Sight, Tally, merged
from rules.routing import route
from rules.rule_set import RuleSet
from rules.vocabulary import AgencyLevel, Connection

AN_EVIDENCE = Callable[..., Evidence]
A_RULE = Callable[..., Rule]
DIRECTORY = Directory(
    [
        AgencyFacts("PLN", Connection.FULL, AgencyLevel.STATE_ENTERPRISE),
        AgencyFacts("PU", Connection.FULL, AgencyLevel.NATIONAL),
        AgencyFacts("BPN", Connection.SEMI, AgencyLevel.NATIONAL),
        AgencyFacts("KOTA", Connection.FULL, AgencyLevel.CITY, region="33.74"),
    ]
)


def said(words: str, queue: str, **then: Any) -> dict[str, Any]:
    return {"when": {"text": {"words": words}}, "then": {"queue": queue, **then}}


def counted(cases: list[Case], draft: list[Rule], active: list[Rule]) -> dict[str, Any]:
    tally = Tally()
    for case in cases:
        tally.add(case, RuleSet(2, draft), RuleSet(1, active), DIRECTORY)
    return tally.report(draft)


def test_nothing_counted_reports_nothing(a_rule: A_RULE) -> None:
    report = counted([], [a_rule("A", **said("lampu", "PLN"))], [])

    assert (report["complaints"], report["moved"], report["matrix"], report["is_exact"]) == (0, 0, [], True)
    assert report["agreement"] == {"draft": {"agreed": 0, "share": None}, "active": {"agreed": 0, "share": None}}
    assert report["dead"] == ["A"]
    assert report["rules"] == [
        {"code": "A", "holds": 0, "wins": 0, "decided": 0, "agreed": 0, "precision": None, "recall": None}
    ]


def test_moves_are_counted_from_whom_to_whom_and_by_which_rules(a_rule: A_RULE, an_evidence: AN_EVIDENCE) -> None:
    active = [a_rule("OLD", **said("lampu", "PU"))]
    draft = [a_rule("NEW", **said("lampu", "PLN"))]
    cases = [
        Case("1", an_evidence("lampu mati"), decided="PLN"),
        Case("2", an_evidence("lampu jalan"), decided="PU"),
        Case("3", an_evidence("lampu taman")),
        Case("4", an_evidence("air mati"), decided="PU"),
    ]

    report = counted(cases, draft, active)

    assert [report[name] for name in ("complaints", "decided", "moved", "improved", "worsened")] == [4, 3, 3, 1, 1]
    assert report["matrix"] == [{"from": "PU", "to": "PLN", "complaints": 3, "improved": 1, "worsened": 1}]
    assert report["deciders"] == [{"from": "OLD", "to": "NEW", "complaints": 3}]
    assert report["stages"] == {
        "draft": {"KEYWORD_TAG": 3, "NATIONAL_DESK": 1},
        "active": {"KEYWORD_TAG": 3, "NATIONAL_DESK": 1},
    }


def test_examples_of_moves_name_the_complaint_and_are_kept_up_to_a_limit(
    a_rule: A_RULE, an_evidence: AN_EVIDENCE
) -> None:
    draft, active = RuleSet(2, [a_rule("NEW", **said("lampu", "PLN"))]), RuleSet(1, [])
    tally = Tally(most_moves=2)

    for number in range(4):
        tally.add(Case(str(number), an_evidence("lampu"), decided="PU"), draft, active, DIRECTORY)

    assert tally.totals["moved"] == 4
    assert tally.moves == [Move(str(number), None, "PLN", None, "NEW", "PU") for number in range(2)]


def test_agreement_is_of_what_people_decided(a_rule: A_RULE, an_evidence: AN_EVIDENCE) -> None:
    active = [a_rule("A", **said("lampu", "PU"))]
    draft = [a_rule("A", **said("lampu", "PLN"))]
    cases = [Case(str(number), an_evidence("lampu"), decided="PLN") for number in range(3)]
    cases += [Case("3", an_evidence("lampu"), decided="PU"), Case("4", an_evidence("lampu"))]

    report = counted(cases, draft, active)

    assert report["agreement"] == {"draft": {"agreed": 3, "share": 0.75}, "active": {"agreed": 1, "share": 0.25}}


def test_each_rule_has_its_precision_and_recall(a_rule: A_RULE, an_evidence: AN_EVIDENCE) -> None:
    draft = [a_rule("LAMP", **said("lampu", "PLN"))]
    cases = [
        Case("1", an_evidence("lampu"), decided="PLN"),
        Case("2", an_evidence("lampu"), decided="PU"),
        Case("3", an_evidence("lampu")),
        # These three went to the rule's agency as well; it missed them.
        *(Case(str(number), an_evidence("token"), decided="PLN") for number in (4, 5, 6)),
        Case("7", an_evidence("jalan"), decided="PU"),
    ]

    report = counted(cases, draft, [])

    assert report["rules"] == [
        {"code": "LAMP", "holds": 3, "wins": 3, "decided": 2, "agreed": 1, "precision": 0.5, "recall": 0.25}
    ]


def test_a_rule_that_holds_and_never_wins_names_what_mostly_wins_instead(
    a_rule: A_RULE, an_evidence: AN_EVIDENCE
) -> None:
    draft = [
        a_rule("FIRST", position=1, **said("lampu", "PLN")),
        a_rule("SECOND", position=2, **said("lampu jalan", "PU")),
        a_rule("NOWHERE", position=3, **said("emas", "PU")),
        a_rule("ADDS", position=4, when={"text": {"words": "lampu"}}, then={"continue": True, "tags": ["gelap"]}),
    ]
    cases = [Case(str(number), an_evidence("lampu jalan")) for number in range(3)]
    cases.append(Case("4", an_evidence("lampu jalan", chosen_agency="BPN")))

    report = counted(cases, draft, draft)

    # What only adds is not meant to win, and a rule that wins is not told for the times it does not.
    assert report["unreachable"] == [{"code": "SECOND", "holds": 4, "instead": "FIRST", "complaints": 3}]
    assert report["dead"] == ["NOWHERE"]


def test_two_rules_that_hold_together_conflict_when_they_lead_to_different_agencies(
    a_rule: A_RULE, an_evidence: AN_EVIDENCE
) -> None:
    draft = [
        a_rule("A", position=1, **said("lampu", "PLN")),
        a_rule("B", position=2, **said("jalan", "PU")),
        a_rule("C", position=3, **said("lampu jalan", "PLN")),
        a_rule("D", position=4, **said("lampu", "LOCAL_GOVERNMENT")),
        a_rule("E", position=5, **said("lampu", "PEMDA.PU")),
    ]

    report = counted([Case("1", an_evidence("lampu jalan", region="33.74.01"))], draft, [])

    # D and E lead to the government of the same place.
    pairs = [["A", "B"], ["A", "D"], ["A", "E"], ["B", "C"], ["B", "D"], ["B", "E"], ["C", "D"], ["C", "E"]]
    assert report["conflicts"] == [{"rules": pair, "complaints": 1} for pair in pairs]


def test_spared_are_the_returns_of_what_the_draft_would_have_given_to_the_right_agency(
    a_rule: A_RULE, an_evidence: AN_EVIDENCE
) -> None:
    active = [a_rule("OLD", **said("lampu", "PU"))]
    draft = [a_rule("NEW", **said("lampu", "PLN"))]
    cases = [
        Case("right at once", an_evidence("lampu"), decided="PLN", hops=3),
        Case("never returned", an_evidence("lampu"), decided="PLN"),
        Case("wrong now", an_evidence("lampu"), decided="PU", hops=1),
        Case("wrong on both sides", an_evidence("lampu"), decided="BPN", hops=1),
        Case("not decided yet", an_evidence("lampu"), hops=2),
    ]

    report = counted(cases, draft, active)

    assert report["spared"] == {"complaints": 1, "hops": 3}
    assert report["returned"] == 4


def test_what_changes_beside_the_agency_is_counted(a_rule: A_RULE, an_evidence: AN_EVIDENCE) -> None:
    active = [a_rule("A", **said("lampu", "PLN"))]
    draft = [a_rule("A", **said("lampu", "PLN", mechanism="COVID", urgency="HIGH", tags=["gelap"], copies=["PU"]))]

    report = counted([Case("1", an_evidence("lampu")), Case("2", an_evidence("air"))], draft, active)

    assert report["changed"] == {"mechanism": 1, "urgency": 1, "tags": 1, "copies": 1}
    assert report["moved"] == 0


def test_parts_of_a_history_make_the_whole(a_rule: A_RULE, an_evidence: AN_EVIDENCE) -> None:
    draft, active = RuleSet(2, [a_rule("NEW", **said("lampu", "PLN"))]), RuleSet(1, [])
    parts = []
    for part in range(3):
        tally = Tally(most_moves=4)
        for number in range(2):
            tally.add(Case(f"{part}{number}", an_evidence("lampu"), decided="PLN"), draft, active, DIRECTORY)
        parts.append(tally)

    whole = merged(parts, most_moves=4)

    assert (whole.totals["complaints"], whole.totals["improved"]) == (6, 6)
    assert [move.id for move in whole.moves] == ["00", "01", "10", "11"]


def test_rare_keys_are_forgotten_and_it_is_told() -> None:
    few: Frequent[str] = Frequent(most=2)
    for key, count in (("a", 5), ("b", 4), ("c", 1), ("d", 2)):
        few.add(key, count)
    exact = few.is_exact

    few.add("e", 3)

    assert exact
    assert not few.is_exact
    assert few.largest() == [("a", 5), ("b", 4)]


@pytest.mark.parametrize("text", ["lampu jalan mati", "jalan rusak", ""])
def test_a_set_that_shares_its_sight_decides_like_any_other(
    text: str, a_rule: A_RULE, an_evidence: AN_EVIDENCE
) -> None:
    rules = [
        a_rule("A", position=1, when={"all": [{"text": {"words": "jalan lampu", "within": 4}}]}, then={"queue": "PLN"}),
        a_rule("B", position=2, when={"region": ["33"]}, then={"queue": "LOCAL_GOVERNMENT"}),
        a_rule("C", position=3, **said("jalan", "PU")),
    ]
    evidences = [
        an_evidence(text, region="33.74"),
        an_evidence(text),
        an_evidence(text, agencies=(Ranked("BPN", 0.9),), agency_is_sure=True, agency_is_proven=True),
    ]
    sight = Sight()
    shared = [Replayed(1, rules, None, sight), Replayed(2, rules[:1], None, sight)]
    plain = [RuleSet(1, rules), RuleSet(2, rules[:1])]

    for evidence in evidences:
        for ours, theirs in zip(shared, plain, strict=True):
            assert route(evidence, ours, DIRECTORY) == route(evidence, theirs, DIRECTORY)
            assert ours.holding(evidence) == theirs.holding(evidence)
            assert ours.held(theirs.see(evidence)) == theirs.holding(evidence)
