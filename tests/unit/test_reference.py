"""The reference data as it ships: every code exists, and everything agrees with the code."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ml.text import ABBREVIATIONS, tokens
from rules.codes import covers
from rules.deadlines import Limit, LimitUnit
from rules.language import ENTRY, LOCAL_GOVERNMENT, NATIONAL, CategoryIs, Text, leaves
from rules.lifecycle import STEPS
from rules.matching import Words, phrase_of
from rules.places import RegionKind, region
from rules.rule_set import RuleSet
from rules.vocabulary import (
    Action,
    AgencyLevel,
    Channel,
    Classification,
    Clock,
    Connection,
    ReportType,
    Role,
    Status,
    TermKind,
)

READ = Callable[[str], Any]
BASES = {"sourced", "sourced_label_parent_inferred", "memory", "assumed"}
SEED_AGENCIES = {
    "KEMENKO_EKON", "ATR_BPN", "KEM_BUMN", "ESDM", "KEMENKES", "KOMINFO", "PUPR", "KEMENDAG", "KEMENDES",
    "KEMENSOS", "KEJAGUNG", "KPK", "BI",
}  # fmt: skip
SUCCESSORS_OF_THE_SEED = {"BP_BUMN", "KOMDIGI", "PU", "PKP", "KEMENDES_PDT", "KEMENTRANS"}


@pytest.fixture(scope="session")
def categories(reference: READ) -> dict[str, dict[str, Any]]:
    return {row["code"]: row for row in reference("categories")}


@pytest.fixture(scope="session")
def by_code(agencies: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["code"]: row for row in agencies}


@pytest.mark.parametrize("name", ["agencies", "categories", "clocks", "office_kinds"])
def test_codes_are_unique_and_every_row_says_where_it_is_from(reference: READ, name: str) -> None:
    rows = reference(name)

    assert [code for code, count in Counter(row["code"] for row in rows).items() if count > 1] == []
    assert {row["basis"] for row in rows} <= BASES


@pytest.mark.parametrize("name", ["agencies", "categories", "clocks"])
def test_a_validity_ends_after_it_begins(reference: READ, name: str) -> None:
    spans = [(row.get("valid_from", date.min), row.get("valid_to", date.max)) for row in reference(name)]

    assert [span for span in spans if span[0] >= span[1]] == []


# ---- terms


def test_there_are_terms_of_every_kind(reference: READ) -> None:
    # The kinds of local office have a file of their own.
    assert list(reference("terms")) == [kind for kind in TermKind if kind is not TermKind.OFFICE_KIND]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("STATUS", Status),
        ("ROLE", Role),
        ("CHANNEL", Channel),
        ("REPORT_TYPE", ReportType),
        ("CLASSIFICATION", Classification),
    ],
)
def test_terms_have_the_codes_of_the_vocabulary(reference: READ, kind: str, words: type[Status]) -> None:
    assert [term["code"] for term in reference("terms")[kind]] == list(words)


def test_every_term_has_both_labels_and_a_code_of_its_own(reference: READ) -> None:
    for terms in reference("terms").values():
        assert len({term["code"] for term in terms}) == len(terms)
        assert all(term["label_id"] and term["label_en"] and term["basis"] in BASES for term in terms)


# ---- transitions


def test_transitions_are_the_steps_of_the_lifecycle(reference: READ) -> None:
    rows = reference("transitions")

    assert {(row["from"], row["action"]): row["to"] for row in rows} == STEPS
    assert len(rows) == len(STEPS)


def test_transitions_name_roles_and_have_labels(reference: READ) -> None:
    for row in reference("transitions"):
        assert Action(row["action"])
        assert row["who"]
        assert set(row["who"]) <= set(Role)
        assert row["label_id"]
        assert row["label_en"]
        assert row["basis"] in BASES


# ---- clocks


def test_clocks_are_limits_of_known_clocks(reference: READ) -> None:
    for row in reference("clocks"):
        assert row.get("clock") in {None, *Clock}
        assert Limit(row["value"], LimitUnit(row["unit"])).value == row["value"]
        assert set(row.get("classifications", ())) <= set(Classification)
        assert row["label_id"]
        assert row["label_en"]


def test_every_clock_has_a_general_limit_and_every_classification_a_completion(reference: READ) -> None:
    general = [row for row in reference("clocks") if "mechanism" not in row]
    completions = [row for row in general if row.get("clock") == Clock.COMPLETION]

    assert {row["clock"] for row in general if "clock" in row} == set(Clock)
    assert sorted(c for row in completions for c in row["classifications"]) == sorted(Classification)


def test_the_covid_mechanism_is_one_and_two_working_days(reference: READ) -> None:
    covid = {row["clock"]: row for row in reference("clocks") if row.get("mechanism") == "COVID"}

    assert {clock: (row["value"], row["unit"]) for clock, row in covid.items()} == {
        Clock.VERIFICATION: (1, "WORKING_DAY"),
        Clock.FIRST_RESPONSE: (2, "WORKING_DAY"),
    }
    assert {(row["valid_from"], row["valid_to"]) for row in covid.values()} == {(date(2020, 8, 7), date(2023, 6, 21))}


# ---- categories


def test_the_menu_is_complete(categories: dict[str, dict[str, Any]]) -> None:
    assert len(categories) == 623
    assert sum("parent" not in row for row in categories.values()) == 38


def test_a_categorys_code_spells_its_parent(categories: dict[str, dict[str, Any]]) -> None:
    for code, row in categories.items():
        parent = code.rpartition(".")[0]
        assert row.get("parent", "") == parent
        assert parent in categories or not parent
        assert row["label_id"]
        assert code.count(".") < 4


def test_a_topics_validity_holds_for_everything_below_it(categories: dict[str, dict[str, Any]]) -> None:
    for code, row in categories.items():
        topic = categories[code.split(".")[0]]
        assert (row.get("valid_from"), row.get("valid_to")) == (topic.get("valid_from"), topic.get("valid_to"))


def test_shares_are_those_of_all_topics_together(categories: dict[str, dict[str, Any]]) -> None:
    shares = {code: row["share"] for code, row in categories.items() if "share" in row}

    assert set(shares) == {code for code, row in categories.items() if not row.get("parent")}
    assert sum(shares.values()) == pytest.approx(1.0, abs=0.01)


def test_a_keyword_survives_reading_as_the_classifier_reads(categories: dict[str, dict[str, Any]]) -> None:
    # "DPT" would be read as "dapat" and point at everything.
    misread = {
        (code, word)
        for code, row in categories.items()
        for word in row.get("keywords", [])
        if " " not in word and word.lower() in ABBREVIATIONS
    }

    assert misread == set()


def test_time_bound_topics_have_an_end_or_a_beginning(categories: dict[str, dict[str, Any]]) -> None:
    ended = {code for code, row in categories.items() if "valid_to" in row and "parent" not in row}
    begun = {code for code, row in categories.items() if "valid_from" in row and "parent" not in row}

    assert ended == {"CORONA", "PEN", "MUDIK", "KHUSUS"}
    assert begun == {"MBG"}


# ---- agencies


def test_the_seeds_thirteen_and_their_successors_verify_for_themselves(
    by_code: dict[str, dict[str, Any]],
) -> None:
    assert {code for code, row in by_code.items() if row.get("seed_2020")} == SEED_AGENCIES
    full = {code for code, row in by_code.items() if row["connection"] == Connection.FULL and "." not in code}
    assert full == SEED_AGENCIES | SUCCESSORS_OF_THE_SEED | {"KOTA_SEMARANG"}


def test_agencies_point_at_agencies_and_categories_that_exist(
    by_code: dict[str, dict[str, Any]], categories: dict[str, dict[str, Any]]
) -> None:
    for row in by_code.values():
        assert Connection(row["connection"])
        assert row.get("parent") in {None, *by_code}
        assert set(row.get("successors", ())) <= set(by_code)
        assert set(row.get("handles", ())) <= set(categories)


def test_an_agency_with_successors_has_an_end_and_they_begin_on_that_day(
    by_code: dict[str, dict[str, Any]],
) -> None:
    for row in by_code.values():
        assert ("successors" in row) == ("valid_to" in row)
        for successor in row.get("successors", ()):
            assert by_code[successor]["valid_from"] == row["valid_to"]


def test_a_local_government_has_the_region_of_its_level(by_code: dict[str, dict[str, Any]]) -> None:
    local = {AgencyLevel.PROVINCE, AgencyLevel.REGENCY, AgencyLevel.CITY}

    for row in by_code.values():
        assert ("region" in row) == (row["level"] in local)
        if "region" not in row:
            continue
        place = region(row["region"])
        assert place is not None
        assert place.kind == RegionKind(row["level"])
        if place.kind is not RegionKind.PROVINCE:
            assert by_code[row["parent"]]["region"] == place.parent
            assert row["name"] == f"Pemerintah {place.name}"


def test_a_unit_belongs_to_its_agency_and_local_units_have_a_kind(
    reference: READ, by_code: dict[str, dict[str, Any]]
) -> None:
    kinds = {row["code"] for row in reference("office_kinds")}

    for code, row in by_code.items():
        assert (row["level"] == AgencyLevel.UNIT) == ("." in code)
        if "." not in code:
            continue
        parent = by_code[row["parent"]]
        assert covers(row["parent"], code)
        assert row["connection"] == parent["connection"]
        assert ("office_kind" in row) == ("region" in parent)
        assert row.get("office_kind") in {None, *kinds}


def test_every_kind_of_office_but_the_village_one_exists_in_semarang(
    reference: READ, by_code: dict[str, dict[str, Any]]
) -> None:
    kinds = {row["code"] for row in reference("office_kinds")}
    there = [row["office_kind"] for row in by_code.values() if row.get("parent") == "KOTA_SEMARANG"]

    assert sorted(there) == sorted(kinds - {"PEMDA.DESA"})


def test_kinds_of_office_handle_categories_that_exist(reference: READ, categories: dict[str, dict[str, Any]]) -> None:
    for row in reference("office_kinds"):
        assert row["code"].startswith("PEMDA.")
        assert row["label_id"]
        assert row["label_en"]
        assert set(row.get("handles", ())) <= set(categories)


# ---- routing


def test_rules_point_at_what_exists(
    reference: READ,
    shipped_rules: RuleSet,
    by_code: dict[str, dict[str, Any]],
    categories: dict[str, dict[str, Any]],
) -> None:
    kinds = {row["code"] for row in reference("office_kinds")}
    queues = {None, ENTRY, LOCAL_GOVERNMENT, NATIONAL} | set(by_code) | kinds

    for rule in shipped_rules.rules:
        assert rule.then.queue in queues
        assert set(rule.then.copies) <= set(by_code)
        assert rule.then.mechanism in {None, "COVID"}
        for leaf in leaves(rule.when):
            if isinstance(leaf, CategoryIs):
                assert set(leaf.category.codes) <= set(categories)


def test_every_rule_has_a_place_of_its_own(shipped_rules: RuleSet) -> None:
    positions = [rule.position for rule in shipped_rules.rules]

    assert len(set(positions)) == len(positions)


def test_a_rule_finds_the_words_it_is_written_with_and_says_nothing_twice(shipped_rules: RuleSet) -> None:
    for rule in shipped_rules.rules:
        asked = [leaf.text for leaf in leaves(rule.when) if isinstance(leaf, Text)]
        phrases = [phrase_of(text, shipped_rules.reading) for text in asked]
        for text, phrase in zip(asked, phrases, strict=True):
            assert phrase is not None
            assert Words(tokens(text.words), shipped_rules.reading).found(phrase), f"{rule.code}: {text.words}"
        assert len(set(phrases)) == len(phrases), rule.code
