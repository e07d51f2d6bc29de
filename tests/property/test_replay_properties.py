"""A history may be counted in parts, and a draft that says what acts already moves nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.directory import AgencyFacts, Directory
from rules.evidence import Evidence, Ranked
from rules.language import Rule
from rules.replay import Case, Replayed, Sight, Tally, merged
from rules.rule_set import RuleSet
from rules.vocabulary import AgencyLevel, Channel, Connection, ReportType

WORDS = ["lampu", "jalan", "rusak", "token"]
AGENCIES = ["PLN", "PU", "BPN", "KOTA"]
REGIONS = ["33", "33.74", "34"]
QUEUES = [*AGENCIES, "LOCAL_GOVERNMENT", "NATIONAL", "ENTRY", "PEMDA.PU"]
DIRECTORY = Directory(
    [
        *(AgencyFacts(code, Connection.FULL, AgencyLevel.NATIONAL) for code in AGENCIES[:3]),
        AgencyFacts("KOTA", Connection.FULL, AgencyLevel.CITY, region="33.74"),
    ]
)

tests = st.one_of(
    st.sampled_from(WORDS).map(lambda word: {"text": {"words": word}}),
    st.sampled_from(REGIONS).map(lambda code: {"region": [code]}),
    st.sampled_from(AGENCIES).map(
        lambda code: {"classifier": {"head": "agency", "labels": [code], "min_confidence": 0.5}}
    ),
)
conditions = st.none() | tests | st.lists(tests, min_size=1, max_size=2).map(lambda below: {"any": below})
outcomes = st.one_of(
    st.fixed_dictionaries({"queue": st.sampled_from(QUEUES)}, optional={"mechanism": st.just("COVID")}),
    st.just({"continue": True, "tags": ["tanda"]}),
)
books = st.lists(st.tuples(st.integers(0, 3), conditions, outcomes), max_size=5).map(
    lambda rules: [
        Rule.model_validate(
            {"code": f"R{number}", "position": position, "name": "N", "reason": "A.", "when": when, "then": then}
        )
        for number, (position, when, then) in enumerate(rules)
    ]
)
evidences = st.builds(
    Evidence,
    words=st.lists(st.sampled_from(WORDS), max_size=4).map(tuple),
    category=st.none(),
    chosen_agency=st.none() | st.sampled_from(AGENCIES),
    entry_agency=st.none() | st.sampled_from(AGENCIES),
    region=st.none() | st.sampled_from(REGIONS),
    channel=st.just(Channel.WEB),
    report_type=st.just(ReportType.COMPLAINT),
    at=st.just(datetime(2026, 4, 13, 2, 0, tzinfo=UTC)),
    agencies=st.lists(st.builds(Ranked, st.sampled_from(AGENCIES), st.floats(0, 1)), max_size=2).map(tuple),
    agency_is_sure=st.booleans(),
    agency_is_proven=st.booleans(),
)
cases = st.builds(
    Case,
    id=st.uuids().map(str),
    evidence=evidences,
    decided=st.none() | st.sampled_from(AGENCIES),
    hops=st.integers(0, 3),
)


def tally_of(some: Sequence[Case], draft: RuleSet, active: RuleSet, most_moves: int = 5) -> Tally:
    tally = Tally(most_moves)
    for case in some:
        tally.add(case, draft, active, DIRECTORY)
    return tally


@given(books, books, st.lists(cases, max_size=12), st.lists(st.integers(0, 12), max_size=3))
@settings(max_examples=150, deadline=None)
def test_the_parts_of_a_history_together_are_the_whole(
    draft: list[Rule], active: list[Rule], history: list[Case], cuts: list[int]
) -> None:
    sides = RuleSet(2, draft), RuleSet(1, active)
    borders = sorted({0, *(min(cut, len(history)) for cut in cuts), len(history)})
    parts = [tally_of(history[since:until], *sides) for since, until in pairwise(borders)]

    whole = merged(parts, most_moves=5)

    assert whole == tally_of(history, *sides)
    assert whole.report(draft) == tally_of(history, *sides).report(draft)


@given(books, st.lists(cases, max_size=8))
@settings(max_examples=150, deadline=None)
def test_a_draft_that_equals_the_active_set_moves_nothing(book: list[Rule], history: list[Case]) -> None:
    report = tally_of(history, RuleSet(2, book), RuleSet(1, book)).report(book)

    assert [report[name] for name in ("moved", "improved", "worsened")] == [0, 0, 0]
    assert report["matrix"] == report["deciders"] == []
    assert set(report["changed"].values()) == {0}
    assert report["stages"]["draft"] == report["stages"]["active"]
    assert report["agreement"]["draft"] == report["agreement"]["active"]
    assert report["spared"] == {"complaints": 0, "hops": 0}


@given(books, books, st.lists(cases, max_size=8))
@settings(max_examples=150, deadline=None)
def test_figures_of_a_report_fit_together(draft: list[Rule], active: list[Rule], history: list[Case]) -> None:
    report = tally_of(history, RuleSet(2, draft), RuleSet(1, active)).report(draft)

    rules = {figures["code"]: figures for figures in report["rules"]}
    gained = report["agreement"]["draft"]["agreed"] - report["agreement"]["active"]["agreed"]
    assert report["improved"] - report["worsened"] == gained
    assert sum(move["complaints"] for move in report["matrix"]) == report["moved"]
    assert set(report["dead"]) == {code for code, figures in rules.items() if figures["holds"] == 0}
    for figures in rules.values():
        assert figures["holds"] >= figures["wins"] >= figures["decided"] >= figures["agreed"]
        assert all(figures[share] is None or 0 <= figures[share] <= 1 for share in ("precision", "recall"))
    for told in report["unreachable"]:
        assert rules[told["code"]]["wins"] == 0
        assert 0 < told["complaints"] <= told["holds"] == rules[told["code"]]["holds"]


@given(books, books, st.lists(cases, max_size=8))
@settings(max_examples=150, deadline=None)
def test_sets_that_share_their_sight_count_the_same(draft: list[Rule], active: list[Rule], history: list[Case]) -> None:
    sight = Sight()
    shared = tally_of(history, Replayed(2, draft, None, sight), Replayed(1, active, None, sight))

    assert shared == tally_of(history, RuleSet(2, draft), RuleSet(1, active))
