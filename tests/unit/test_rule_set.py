"""Reading rules, and finding their phrases."""

from collections.abc import Callable
from datetime import date

import pytest

from rules.rule_set import BadRule, Condition, Outcome, Rule, RuleSet
from rules.vocabulary import Channel, ReportType, RuleKind, Urgency


def test_a_rule_is_read_with_everything_it_can_say() -> None:
    rule = Rule.of(
        {
            "id": "a row's id is not the rule's",
            "code": "LISTRIK",
            "position": 410,
            "kind": "KEYWORD_TAG",
            "name": "Listrik",
            "reason": "PLN.",
            "conditions": {
                "any": ["Token Listrik", "gorong-gorong"],
                "all": ["mati"],
                "none": ["3kg"],
                "categories": ["ESDM"],
                "regions": ["33"],
                "channels": ["WEB"],
                "report_types": ["COMPLAINT"],
                "chosen_agency": False,
                "min_confidence": 0.8,
            },
            "outcome": {
                "queue": "PLN",
                "urgency": "HIGH",
                "tags": ["listrik"],
                "copies": ["ESDM"],
                "mechanism": "COVID",
            },
            "valid_from": date(2020, 8, 7),
            "valid_to": date(2023, 6, 21),
        }
    )

    assert rule == Rule(
        id="LISTRIK",
        position=410,
        kind=RuleKind.KEYWORD_TAG,
        name="Listrik",
        reason="PLN.",
        condition=Condition(
            any_of=("token listrik", "gorong gorong"),
            all_of=("mati",),
            none_of=("3 kg",),
            categories=("ESDM",),
            regions=("33",),
            channels=(Channel.WEB,),
            report_types=(ReportType.COMPLAINT,),
            chosen_agency=False,
            min_confidence=0.8,
        ),
        outcome=Outcome("PLN", Urgency.HIGH, ("listrik",), ("ESDM",), "COVID"),
        valid_from=date(2020, 8, 7),
        valid_to=date(2023, 6, 21),
    )


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"kind": "MAGIC"}, "MAGIC"),
        ({"outcome": {}}, "queue"),
        ({"outcome": {"queue": "PLN", "urgency": "SOON"}}, "SOON"),
        ({"outcome": {"queue": "PLN", "to": "X"}}, "unknown keys to"),
        ({"conditions": {"regex": ["x"]}}, "unknown keys regex"),
        ({"conditions": {"any": "token listrik"}}, "list is expected"),
        ({"conditions": {"any": ["!!"]}}, "no letter or digit"),
        ({"conditions": {"channels": ["FAX"]}}, "FAX"),
        ({"conditions": {"min_confidence": 80}}, "between 0 and 1"),
        ({"conditions": {"chosen_agency": "yes"}}, "neither true nor false"),
        ({"conditions": {"chosen_agency": None, "min_confidence": None, "any": None}}, "NoneType"),
    ],
)
def test_a_rule_that_cannot_be_read_says_which_and_why(
    a_rule: Callable[..., Rule], given: dict[str, object], problem: str
) -> None:
    with pytest.raises(BadRule, match=rf"rule WRONG: .*{problem}"):
        a_rule("WRONG", **given)


def test_a_rule_without_code_is_refused() -> None:
    with pytest.raises(BadRule, match="rule None: 'code'"):
        Rule.of({})


def test_rules_stand_in_the_order_of_their_positions(a_rule: Callable[..., Rule]) -> None:
    rules = RuleSet(1, [a_rule("B", position=20), a_rule("C", position=10), a_rule("A", position=20)])

    assert [rule.id for rule in rules.rules] == ["C", "A", "B"]


def test_two_rules_of_one_id_are_refused(a_rule: Callable[..., Rule]) -> None:
    with pytest.raises(BadRule, match="share an id"):
        RuleSet(1, [a_rule("A"), a_rule("A", position=20)])


def test_phrases_are_found_as_whole_words_in_a_row(a_rule: Callable[..., Rule]) -> None:
    rules = RuleSet(1, [a_rule(conditions={"any": ["token listrik", "sim", "gorong gorong", "listrik padam"]})])

    assert rules.phrases_in(["token", "listrik", "padam"]) == {"token listrik", "listrik padam"}
    assert rules.phrases_in(["kartu", "simpanan", "listrik", "token"]) == frozenset()
    assert rules.phrases_in(["gorong-gorong"]) == {"gorong gorong"}
    assert rules.phrases_in([]) == frozenset()


def test_a_rule_set_without_phrases_finds_none(a_rule: Callable[..., Rule]) -> None:
    assert RuleSet(1, [a_rule()]).phrases_in(["token", "listrik"]) == frozenset()
    assert RuleSet(1, []).phrases_in(["token"]) == frozenset()
