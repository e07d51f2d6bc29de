"""Whatever rules say, they are read back from their file as they were, and can be told as a sentence."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.checking import BadRules, RuleLimits, read_document, read_rule
from rules.documents import diff, from_yaml, ordered, plain, to_yaml
from rules.language import Agreement, Head, ReporterFlag, Rule, RuleDocument, Weekday
from rules.rendering import rendered
from rules.vocabulary import Channel, ReportType, Urgency

LIMITS = RuleLimits()
texts = (
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).map(str.strip).filter(bool)
    | st.sampled_from(["NO", "null", "~", "22:00", "33.10", "1e3", "yes", "- a", "a: b", "#", "'", '"', "2026-01-01"])
)  # fmt: skip
shares = st.floats(0, 1)
days = st.dates()


def some(values: Any) -> Any:
    return st.lists(values, min_size=1, max_size=3)


def optional(**fields: Any) -> Any:
    return st.fixed_dictionaries({}, optional=fields)


tests = st.one_of(
    st.builds(
        lambda words, more: {"text": {"words": words, **more}},
        st.lists(texts, min_size=1, max_size=3).map(" ".join).filter(lambda text: len(text.split()) <= 12),
        optional(within=st.integers(2, 100), asWritten=st.booleans()),
    ),
    st.builds(lambda codes, more: {"category": {"codes": codes, **more}}, some(texts), optional(minConfidence=shares)),
    st.builds(
        lambda head, labels, share: {"classifier": {"head": head, "labels": labels, "minConfidence": share}},
        st.sampled_from(Head), some(texts), shares,
    ),
    st.builds(lambda since, length: {"days": {"since": since, "until": since + timedelta(days=length)}},
              st.dates(max_value=date(9000, 1, 1)), st.integers(1, 1000)),
    st.builds(lambda until: {"days": {"until": until}}, days),
    st.lists(st.times(), min_size=2, max_size=2, unique=True).map(
        lambda two: {"hours": {"since": two[0], "until": two[1]}}
    ),
    some(texts).map(lambda codes: {"region": codes}),
    some(texts).map(lambda codes: {"chosenAgency": codes}),
    some(st.sampled_from(Channel)).map(lambda codes: {"channel": codes}),
    some(st.sampled_from(ReportType)).map(lambda codes: {"reportType": codes}),
    some(st.sampled_from(Urgency)).map(lambda codes: {"urgency": codes}),
    some(st.sampled_from(Weekday)).map(lambda codes: {"weekday": codes}),
    some(st.sampled_from(ReporterFlag)).map(lambda codes: {"reporter": codes}),
    st.sampled_from(Agreement).map(lambda agreement: {"agreement": agreement}),
)  # fmt: skip
conditions = st.recursive(
    tests,
    lambda below: st.builds(
        lambda group, inside: {group: inside}, st.sampled_from(["all", "any", "none"]), some(below)
    ),
    max_leaves=8,
)
additions = optional(urgency=st.sampled_from(Urgency), tags=some(texts), copies=some(texts))
outcomes = st.one_of(
    st.builds(lambda queue, more, mechanism: {"queue": queue, **more, **mechanism}, texts, additions,
              optional(mechanism=texts)),
    additions.map(lambda more: {"continue": True, **more}),
)  # fmt: skip
validities: st.SearchStrategy[Any] = st.one_of(
    st.just({}),
    days.map(lambda day: {"validFrom": day}),
    days.map(lambda day: {"validTo": day}),
    st.lists(days, min_size=2, max_size=2, unique=True).map(lambda two: {"validFrom": min(two), "validTo": max(two)}),
)
rules = st.builds(
    lambda base, when, validity: Rule.model_validate({**base, **when, **validity}),
    st.fixed_dictionaries(
        {
            "code": st.from_regex(r"\A[A-Z0-9][A-Z0-9_-]{0,8}\Z"),
            "position": st.integers(0, 1_000_000),
            "name": texts,
            "reason": texts,
            "then": outcomes,
        }
    ),
    optional(when=conditions),
    validities,
)
policies = optional(minConfidence=shares, agencies=st.dictionaries(texts, shares, max_size=3), unlikelyBelow=shares)
documents = st.builds(
    lambda reason, policy, rules: RuleDocument.model_validate({"reason": reason, "classifier": policy, "rules": rules}),
    texts,
    policies,
    st.lists(rules, max_size=3, unique_by=lambda rule: rule.code),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from(["when", "then", "all", "any", "text", "code", "words", "rules", "x"]), below)
    ),
    max_leaves=10,
)


@given(documents)
def test_a_document_is_read_back_as_it_was_written(document: RuleDocument) -> None:
    text = to_yaml(document)

    assert from_yaml(text, LIMITS) == ordered(document)
    assert to_yaml(from_yaml(text, LIMITS)) == text


@given(rules)
def test_a_rule_is_read_back_as_it_is_stored(rule: Rule) -> None:
    assert Rule.model_validate(plain(rule)) == rule
    assert read_rule(plain(rule), LIMITS) == rule


@given(rules)
def test_every_rule_can_be_told(rule: Rule) -> None:
    said = [rendered(rule, "id"), rendered(rule, "en")]

    assert said[0].startswith(("JIKA ", "UNTUK SETIAP LAPORAN: "))
    assert said[1].startswith(("IF ", "FOR EVERY REPORT: "))


@given(documents, documents)
def test_documents_differ_in_what_they_say_they_differ_in(before: RuleDocument, after: RuleDocument) -> None:
    changes = diff(before, after)

    old, new = ({rule.code: rule for rule in document.rules} for document in (before, after))
    assert changes.codes == {code for code in {*old, *new} if old.get(code) != new.get(code)}
    assert bool(changes.policy) == (plain(before.classifier) != plain(after.classifier))


@given(anything)
@settings(max_examples=300)
def test_whatever_is_given_is_read_or_refused(data: Any) -> None:
    refused = []
    for read in (read_rule, read_document):
        try:
            read(data, LIMITS)
        except BadRules as refusal:
            refused.append(refusal)

    assert all(refusal.problems for refusal in refused)


@given(st.text() | st.lists(st.sampled_from([*"ab:-[]{}'\"!&*#|>? \n", "rules:", "reason: x\n"])).map("".join))
@settings(max_examples=500)
def test_whatever_a_file_holds_is_read_or_refused(text: str) -> None:
    refused = []
    try:
        from_yaml(text, LIMITS)
    except BadRules as refusal:
        refused.append(refusal)

    assert all(refusal.problems for refusal in refused)
