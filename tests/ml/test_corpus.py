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
LEAST = 1_200


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


def exists(agency: dict[str, Any]) -> bool:
    return bool(agency.get("valid_from", TODAY) <= TODAY < agency.get("valid_to", date.max))


def test_there_are_enough_rows(corpus: tuple[Example, ...]) -> None:
    assert len(corpus) >= LEAST


def test_every_row_is_complete(corpus: tuple[Example, ...]) -> None:
    incomplete = [row.id for row in corpus if not (row.title and row.category_main and row.agency and row.report_type)]

    assert incomplete == []


def test_every_id_is_used_once(corpus: tuple[Example, ...]) -> None:
    assert [name for name, rows in Counter(row.id for row in corpus).items() if rows > 1] == []


def test_every_topic_is_a_category_of_the_reference_data(corpus: tuple[Example, ...], categories: set[str]) -> None:
    unknown = {(row.id, row.category_main) for row in corpus if row.category_main not in categories}
    unknown |= {(row.id, row.category) for row in corpus if row.category and row.category not in categories}

    assert unknown == set()


def test_a_category_lies_below_the_main_category_of_its_row(corpus: tuple[Example, ...]) -> None:
    assert [row.id for row in corpus if row.category and row.category.split(".")[0] != row.category_main] == []


def test_every_agency_is_an_agency_or_a_kind_of_local_office(
    corpus: tuple[Example, ...], agencies: dict[str, dict[str, Any]], kinds: set[str]
) -> None:
    assert {(row.id, row.agency) for row in corpus if row.agency not in {*agencies, *kinds}} == set()


def test_every_agency_exists_today(
    corpus: tuple[Example, ...], agencies: dict[str, dict[str, Any]], kinds: set[str]
) -> None:
    named = {str(row.agency) for row in corpus if row.agency not in kinds}

    assert {code for code in named if not exists(agencies[code])} == set()


def test_every_report_type_is_one_of_three(corpus: tuple[Example, ...]) -> None:
    assert {row.report_type for row in corpus} == {"COMPLAINT", "ASPIRATION", "INFORMATION_REQUEST"}


def test_no_text_and_no_title_has_a_private_number_or_an_address(corpus: tuple[Example, ...]) -> None:
    private = {MASKS["nik"], MASKS["tel"], MASKS["email"]}

    found = [row.id for row in corpus if private & {*tokens(row.text), *tokens(row.title or "")}]
    found += [row.id for row in corpus if re.search(r"\d(?:[ .-]?\d){8,}|\w@\w", f"{row.text} {row.title}")]

    assert found == []


def test_no_two_texts_are_nearly_equal(corpus: tuple[Example, ...]) -> None:
    groups = near_duplicate_groups([row.text for row in corpus])

    together = Counter(groups)
    assert [row.id for row, group in zip(corpus, groups, strict=True) if together[group] > 1] == []
