"""What unit tests are given: small pieces of evidence and rules, and the reference data as it ships."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import yaml

from complaints.words import READING
from rules.deadlines import JAKARTA, WorkingCalendar
from rules.directory import AgencyFacts, Directory
from rules.language import Rule, RuleDocument
from rules.names import AgencyEntry, AgencyNames
from rules.routing import Evidence
from rules.rule_set import RuleSet
from rules.vocabulary import AgencyLevel, Channel, Connection, ReportType

REFERENCE = Path(__file__).parents[2] / "complaints" / "reference"


@pytest.fixture(scope="session")
def reference() -> Callable[[str], Any]:
    """Reads one file of the reference data."""

    def read(name: str) -> Any:
        return yaml.safe_load((REFERENCE / f"{name}.yaml").read_text(encoding="utf-8"))

    return read


@pytest.fixture(scope="session")
def agencies(reference: Callable[[str], Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = reference("agencies")
    return rows


@pytest.fixture(scope="session")
def directory(agencies: list[dict[str, Any]]) -> Directory:
    return Directory(
        AgencyFacts(
            code=row["code"],
            connection=Connection(row["connection"]),
            level=AgencyLevel(row["level"]),
            region=row.get("region"),
            office_kind=row.get("office_kind"),
            parent=row.get("parent"),
            valid_from=row.get("valid_from"),
            valid_to=row.get("valid_to"),
            successors=tuple(row.get("successors", ())),
            handles=tuple(row.get("handles", ())),
        )
        for row in agencies
    )


@pytest.fixture(scope="session")
def names(agencies: list[dict[str, Any]]) -> AgencyNames:
    return AgencyNames(
        AgencyEntry(
            code=row["code"],
            name=row["name"],
            short_name=row["short_name"],
            level=AgencyLevel(row["level"]),
            aliases=tuple(row.get("aliases", ())),
            parent=row.get("parent"),
            valid_from=row.get("valid_from"),
            valid_to=row.get("valid_to"),
            successors=tuple(row.get("successors", ())),
        )
        for row in agencies
    )


@pytest.fixture(scope="session")
def shipped_rules(reference: Callable[[str], Any]) -> RuleSet:
    document = RuleDocument.model_validate(reference("routing"))
    return RuleSet(1, document.rules, document.classifier, READING)


@pytest.fixture(scope="session")
def calendar() -> WorkingCalendar:
    return WorkingCalendar()


@pytest.fixture
def an_evidence() -> Callable[..., Evidence]:
    """Evidence of a complaint of November 2026 that says nothing, but for what is given; `on` is a day at noon."""

    def build(text: str = "", on: date = date(2026, 11, 24), **given: Any) -> Evidence:
        silence: Mapping[str, Any] = {
            "words": tuple(text.split()),
            "category": None,
            "chosen_agency": None,
            "entry_agency": None,
            "region": None,
            "channel": Channel.WEB,
            "report_type": ReportType.COMPLAINT,
            "at": datetime.combine(on, time(12), JAKARTA),
        }
        return Evidence(**{**silence, **given})

    return build


@pytest.fixture
def a_rule() -> Callable[..., Rule]:
    """A rule that always holds and leads to the national desk, but for what is given."""

    def build(code: str = "R", **given: Any) -> Rule:
        plain: Mapping[str, Any] = {
            "position": 10,
            "name": "Nama",
            "reason": "Alasan.",
            "then": {"queue": "NATIONAL"},
        }
        return Rule.model_validate({"code": code, **plain, **given})

    return build
