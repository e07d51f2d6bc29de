"""The corpus speaks the language of the reference data, and nobody can be found in it."""

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from ml.dataset import Example, near_duplicate_groups
from ml.text import MASKS, tokens

REFERENCE = Path(__file__).parents[2] / "complaints" / "reference"
TODAY = date(2026, 4, 13)
LEAST = 1_900
URGENCY = {"NORMAL": 1_500, "HIGH": 150, "EMERGENCY": 60}
NOISE = {"GENUINE": LEAST, "EMPTY": 75, "ABUSIVE": 75, "REPLY": 75, "WRONG_ADDRESSEE": 75}
DECIDED = ("title", "category_main", "agency", "report_type", "urgency")
NOT_FOR_NOISE = ("title", "category_main", "category", "agency", "location", "date", "report_type", "urgency")


def reference(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.safe_load((REFERENCE / f"{name}.yaml").read_text(encoding="utf-8"))
    return rows


@pytest.fixture(scope="module")
def categories() -> set[str]:
    return {row["code"] for row in reference("categories")}


@pytest.fixture(scope="module")
def agencies() -> dict[str, dict[str, Any]]:
    return {row["code"]: row for row in reference("agencies")}


@pytest.fixture(scope="module")
def kinds() -> set[str]:
    return {row["code"] for row in reference("office_kinds")}


@pytest.fixture(scope="module")
def genuine(corpus: tuple[Example, ...]) -> tuple[Example, ...]:
    """The rows that an office can do something about."""
    return tuple(row for row in corpus if row.noise == "GENUINE")


@pytest.fixture(scope="module")
def noise(corpus: tuple[Example, ...]) -> tuple[Example, ...]:
    """The rows that an admin would archive."""
    return tuple(row for row in corpus if row.noise != "GENUINE")


def exists(agency: dict[str, Any]) -> bool:
    return bool(agency.get("valid_from", TODAY) <= TODAY < agency.get("valid_to", date.max))


@pytest.mark.parametrize(("value", "least"), NOISE.items())
def test_there_are_enough_rows_of_every_kind_of_noise_and_of_none(
    corpus: tuple[Example, ...], value: str, least: int
) -> None:
    assert sum(row.noise == value for row in corpus) >= least


def test_every_row_says_whether_it_is_noise(corpus: tuple[Example, ...]) -> None:
    assert {row.noise for row in corpus} == set(NOISE)


def test_every_genuine_row_is_complete(genuine: tuple[Example, ...]) -> None:
    incomplete = [row.id for row in genuine if not all(getattr(row, column) for column in DECIDED)]

    assert incomplete == []


def test_noise_has_a_file_of_its_own_and_no_other_label(noise: tuple[Example, ...]) -> None:
    assert {row.id.split("-")[0] for row in noise} == {"derau"}
    assert [row.id for row in noise if any(getattr(row, column) for column in NOT_FOR_NOISE)] == []


@pytest.mark.parametrize(("value", "least"), URGENCY.items())
def test_there_are_enough_genuine_rows_of_every_urgency(genuine: tuple[Example, ...], value: str, least: int) -> None:
    assert sum(row.urgency == value for row in genuine) >= least


def test_every_urgency_is_one_of_three(genuine: tuple[Example, ...]) -> None:
    assert {row.urgency for row in genuine} == set(URGENCY)


def test_an_emergency_is_rare_and_most_rows_can_wait(genuine: tuple[Example, ...]) -> None:
    parts = Counter(row.urgency for row in genuine)

    assert parts["EMERGENCY"] / len(genuine) < 0.06
    assert parts["NORMAL"] / len(genuine) > 0.75


def test_every_id_is_used_once(corpus: tuple[Example, ...]) -> None:
    assert [name for name, rows in Counter(row.id for row in corpus).items() if rows > 1] == []


def test_every_topic_is_a_category_of_the_reference_data(genuine: tuple[Example, ...], categories: set[str]) -> None:
    unknown = {(row.id, row.category_main) for row in genuine if row.category_main not in categories}
    unknown |= {(row.id, row.category) for row in genuine if row.category and row.category not in categories}

    assert unknown == set()


def test_a_category_lies_below_the_main_category_of_its_row(corpus: tuple[Example, ...]) -> None:
    assert [row.id for row in corpus if row.category and row.category.split(".")[0] != row.category_main] == []


def test_every_agency_is_an_agency_or_a_kind_of_local_office(
    genuine: tuple[Example, ...], agencies: dict[str, dict[str, Any]], kinds: set[str]
) -> None:
    assert {(row.id, row.agency) for row in genuine if row.agency not in {*agencies, *kinds}} == set()


def test_every_agency_exists_today(
    genuine: tuple[Example, ...], agencies: dict[str, dict[str, Any]], kinds: set[str]
) -> None:
    named = {str(row.agency) for row in genuine if row.agency not in kinds}

    assert {code for code in named if not exists(agencies[code])} == set()


def test_every_report_type_is_one_of_three(genuine: tuple[Example, ...]) -> None:
    assert {row.report_type for row in genuine} == {"COMPLAINT", "ASPIRATION", "INFORMATION_REQUEST"}


def test_no_text_and_no_title_has_a_private_number_or_an_address(corpus: tuple[Example, ...]) -> None:
    private = {MASKS["nik"], MASKS["tel"], MASKS["email"]}

    found = [row.id for row in corpus if private & {*tokens(row.text), *tokens(row.title or "")}]
    found += [row.id for row in corpus if re.search(r"\d(?:[ .-]?\d){8,}|\w@\w", f"{row.text} {row.title}")]

    assert found == []


def test_no_two_texts_are_nearly_equal(corpus: tuple[Example, ...]) -> None:
    groups = near_duplicate_groups([row.text for row in corpus])

    together = Counter(groups)
    assert [row.id for row, group in zip(corpus, groups, strict=True) if together[group] > 1] == []
