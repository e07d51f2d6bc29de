"""Rule sets as files: what is written, what is refused while reading, and what two of them differ in."""

from datetime import time
from typing import Any

import pytest

from rules.checking import BadRules, RuleFault, RuleLimits, RuleProblem
from rules.documents import FieldChange, RuleChange, RuleChanges, diff, from_yaml, schema_text, to_yaml
from rules.language import HourIs, Hours, RuleDocument, Text, TextTest
from rules.parsing import single_tests
from tests.architecture.house import ROOT

LIMITS = RuleLimits()
WRITTEN = """\
reason: Token listrik ke PLN
classifier:
  agencies:
    ESDM: 0.9
    PLN: 0.8
rules:
  - code: TOKEN
    position: 10
    name: Token listrik
    reason: PLN yang mengurus token.
    when:
      all:
        - text:
            words: token listrik
        - region:
            - '33.74'
            - '33.10'
    then:
      queue: PLN
      urgency: HIGH
    validFrom: '2026-11-24'
  - code: LAIN
    position: 20
    name: Lain-lain
    reason: Sisanya.
    then:
      queue: NATIONAL
"""
BY_HAND = """
# What people write: without quotes, in either spelling.
reason: Token listrik ke PLN
classifier: {agencies: {PLN: 0.8, ESDM: 0.9}}
rules:
- {code: LAIN, position: 20, name: Lain-lain, reason: Sisanya., when: null, then: {queue: NATIONAL}}
- code: TOKEN
  position: 10
  name: "Token listrik"
  reason: PLN yang mengurus token.
  when: {all: [{text: {words: token listrik, as_written: false}}, {region: [33.74, 33.10]}]}
  then: {queue: PLN, urgency: HIGH}
  valid_from: 2026-11-24
"""


def a_document(*rules: dict[str, Any], **given: Any) -> RuleDocument:
    plain = {"position": 1, "name": "Nama", "reason": "Alasan.", "then": {"queue": "PLN"}}
    return RuleDocument.model_validate({"reason": "uji", "rules": [{**plain, **rule} for rule in rules], **given})


def refusal_of(text: str) -> tuple[RuleProblem, ...]:
    with pytest.raises(BadRules) as refusal:
        from_yaml(text, LIMITS)
    return refusal.value.problems


def test_a_document_is_written_in_the_order_in_which_rules_are_asked() -> None:
    document = from_yaml(BY_HAND, LIMITS)

    assert [rule.code for rule in document.rules] == ["LAIN", "TOKEN"]
    assert to_yaml(document) == WRITTEN


def test_what_was_written_is_read_back() -> None:
    assert to_yaml(from_yaml(WRITTEN, LIMITS)) == WRITTEN


@pytest.mark.parametrize(
    ("written", "words"), [("NO", "NO"), ("1_000", "1_000"), ("0x10", "0x10"), ("22:00", "22:00"), ("'null'", "null")]
)
def test_plain_words_stay_the_words_that_were_written(written: str, words: str) -> None:
    text = WRITTEN.replace("words: token listrik", f"words: {written}")

    (_, condition), _ = single_tests(from_yaml(text, LIMITS).rules[0])

    assert condition == Text(text=TextTest(words=words))


def test_an_hour_without_quotes_is_an_hour() -> None:
    text = WRITTEN.replace("text:\n            words: token listrik", "hours: {since: 22:00, until: 04:30}")

    (_, condition), _ = single_tests(from_yaml(text, LIMITS).rules[0])

    assert condition == HourIs(hours=Hours(since=time(22), until=time(4, 30)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rules: ]", RuleProblem("", "", RuleFault.UNREADABLE, {"line": 1})),
        ("reason: &x a\nrules: []", RuleProblem("", "", RuleFault.UNREADABLE, {"line": 1})),
        ("a: b\nrules: *x", RuleProblem("", "", RuleFault.UNREADABLE, {"line": 2})),
        ("reason: !!python/object:os.system x\nrules: []", RuleProblem("", "", RuleFault.UNREADABLE, {"line": 1})),
        ("reason: !!int dua\nrules: []", RuleProblem("", "", RuleFault.UNREADABLE, {"line": 1})),
        ("reason: a\ud800\nrules: []", RuleProblem("", "", RuleFault.UNREADABLE, {"line": 0})),
        (
            "reason: a\nrules: []\nreason: b",
            RuleProblem("", "", RuleFault.DUPLICATE_KEY, {"line": 3, "given": "reason"}),
        ),
        (
            "reason: a\nrules: [{then: {queue: PLN,\n queue: ESDM}}]",
            RuleProblem("", "", RuleFault.DUPLICATE_KEY, {"line": 3, "given": "queue"}),
        ),
        ("rules: " + "[" * 100 + "]" * 100, RuleProblem("", "", RuleFault.TOO_DEEP, {"line": 1, "max": 60})),
        ("rules:\n" + "[" * 100_000, RuleProblem("", "", RuleFault.UNREADABLE, {"line": 2})),
        ("[reason, rules]", RuleProblem("", "", RuleFault.WRONG_TYPE, {"expected": "mapping"})),
        ("", RuleProblem("", "", RuleFault.WRONG_TYPE, {"expected": "mapping"})),
        ("? [a]\n: b", RuleProblem("", "", RuleFault.UNREADABLE, {"line": 1})),
    ],
    ids=[
        "broken",
        "anchor",
        "alias",
        "object",
        "tag",
        "half a pair",
        "key twice",
        "key twice inside",
        "deep",
        "endless",
        "list",
        "empty",
        "list as key",
    ],
)
def test_a_file_that_says_otherwise_than_it_looks_is_refused(text: str, problem: RuleProblem) -> None:
    assert refusal_of(text) == (problem,)


def test_a_file_with_a_control_character_is_unreadable() -> None:
    (problem,) = refusal_of("reason: a\x00b\nrules: []")

    assert problem.code is RuleFault.UNREADABLE


def test_the_difference_names_rules_and_fields() -> None:
    before = a_document(
        {"code": "SAMA"},
        {"code": "HILANG"},
        {"code": "UBAH", "when": {"any": [{"text": {"words": "a"}}, {"text": {"words": "b"}}]}},
        {"code": "PANJANG", "when": {"region": ["31"]}},
        {"code": "PINDAH"},
        classifier={"minConfidence": 0.8, "agencies": {"PLN": 0.9}},
    )
    after = a_document(
        {"code": "SAMA"},
        {
            "code": "UBAH",
            "when": {"any": [{"text": {"words": "a"}}, {"text": {"words": "c", "within": 3}}]},
            "then": {"queue": "PLN", "urgency": "HIGH"},
        },
        {"code": "PANJANG", "when": {"region": ["31", "32"]}, "position": 5},
        {"code": "PINDAH", "position": 2},
        {"code": "BARU"},
        classifier={"agencies": {"PLN": 0.7}},
        reason="lain",
    )

    changes = diff(before, after)

    assert changes == RuleChanges(
        added=("BARU",),
        removed=("HILANG",),
        changed=(
            RuleChange(
                "UBAH",
                (
                    FieldChange("when.any.1.text.words", "b", "c"),
                    FieldChange("when.any.1.text.within", None, 3),
                    FieldChange("then.urgency", None, "HIGH"),
                ),
            ),
            RuleChange("PANJANG", (FieldChange("when.region", ["31"], ["31", "32"]),)),
        ),
        moved=("PANJANG", "PINDAH"),
        policy=(FieldChange("minConfidence", 0.8, None), FieldChange("agencies.PLN", 0.9, 0.7)),
    )
    assert changes.codes == {"BARU", "HILANG", "UBAH", "PANJANG", "PINDAH"}


def test_the_same_rules_have_no_difference() -> None:
    document = a_document({"code": "A", "when": {"region": ["31"]}})

    assert not diff(document, a_document({"code": "A", "when": {"region": ["31"]}}, reason="lain"))
    assert diff(document, a_document({"code": "A", "when": {"region": ["31"]}, "name": "Lain"}))


def test_the_committed_schema_is_current() -> None:
    # python -c "from rules.documents import schema_text; print(schema_text(), end='')" > docs/rules.schema.json
    committed = (ROOT / "docs" / "rules.schema.json").read_text(encoding="utf-8")

    assert committed == schema_text()
