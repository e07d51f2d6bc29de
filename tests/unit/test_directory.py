"""Who verifies for whom, which office serves a place, and what a classifier's label means there."""

from datetime import date

import pytest

from rules.directory import AgencyFacts, Directory
from rules.vocabulary import AgencyLevel, Connection

TODAY = date(2026, 11, 24)


def test_a_unit_is_owned_by_the_agency_above_it(directory: Directory) -> None:
    owner = directory.owner("BI.DKOM")

    assert owner is not None
    assert owner.code == "BI"


def test_a_unit_in_the_void_is_owned_by_nobody() -> None:
    stray = AgencyFacts("X.Y", Connection.FULL, AgencyLevel.UNIT, parent="X")
    circle = AgencyFacts("C", Connection.FULL, AgencyLevel.UNIT, parent="C")
    directory = Directory([stray, circle])

    assert directory.owner("X.Y") is None
    assert directory.owner("C") is None
    assert directory.owner("NONE") is None


@pytest.mark.parametrize(
    ("region", "code"),
    [("33.74", "KOTA_SEMARANG"), ("33.74.10", "KOTA_SEMARANG"), ("33.22", "PROV_JATENG"), ("33", "PROV_JATENG")],
)
def test_a_place_is_served_by_its_city_else_by_its_province(directory: Directory, region: str, code: str) -> None:
    government = directory.government(region, TODAY)

    assert government is not None
    assert government.code == code


def test_a_place_without_a_connected_government_is_served_by_nobody(directory: Directory) -> None:
    assert directory.government("73.71", TODAY) is None


def test_the_category_decides_among_successors(directory: Directory) -> None:
    assert directory.heir("PUPR", TODAY, "PUPR.PERMUKIMAN.X") == "PKP"
    assert directory.heir("PUPR", TODAY, "PUPR.INFRASTRUKTUR_JALAN") == "PU"
    assert directory.heir("PUPR", TODAY, None) is None
    assert directory.heir("PUPR", TODAY, "AGAMA") is None


def test_successors_that_handle_a_category_equally_leave_it_open(directory: Directory) -> None:
    category = "EKONKEU.KOPERASI_USAHA_KECIL_DAN_MENENGAH"

    assert directory.heir("KEMENKOPUKM", TODAY, category) is None


@pytest.mark.parametrize(
    ("label", "region", "code"),
    [
        ("PLN", None, "PLN"),
        ("KOMINFO", None, "KOMDIGI"),
        ("PEMDA.PU", "33.74.10", "KOTA_SEMARANG.DPU"),
        ("PEMDA.DESA", "33.74.10", "KOTA_SEMARANG"),
        ("PEMDA.PU", "33.22", "PROV_JATENG"),
        ("PEMDA.PU", "73.71", None),
        ("PEMDA.PU", None, None),
        ("NONE", None, None),
    ],
)
def test_a_label_means_an_agency_or_the_office_of_the_place(
    directory: Directory, label: str, region: str | None, code: str | None
) -> None:
    assert directory.resolve(label, region=region, on=TODAY) == code


def test_a_unit_is_found_by_what_it_handles(directory: Directory) -> None:
    assert directory.unit("KOTA_SEMARANG", TODAY, category="DUKCAPIL.PERNIKAHAN") == "KOTA_SEMARANG.DISDUKCAPIL"
    assert directory.unit("KOTA_SEMARANG", TODAY, category="AGAMA") is None
    assert directory.unit("PLN", TODAY, category="ESDM.LISTRIK") is None


def test_of_two_offices_of_a_kind_the_category_decides() -> None:
    kind = {"connection": Connection.FULL, "level": AgencyLevel.UNIT, "office_kind": "PEMDA.PU", "parent": "G"}
    roads = AgencyFacts("G.ROADS", **kind, handles=("ROADS",))  # type: ignore[arg-type]
    rivers = AgencyFacts("G.RIVERS", **kind, handles=("RIVERS",))  # type: ignore[arg-type]
    directory = Directory([AgencyFacts("G", Connection.FULL, AgencyLevel.CITY, "01.01"), roads, rivers])

    assert directory.unit("G", TODAY, "PEMDA.PU", "RIVERS.BANK") == "G.RIVERS"
    assert directory.unit("G", TODAY, "PEMDA.PU") is None


def test_get_gives_the_facts_or_none(directory: Directory) -> None:
    facts = directory.get("PLN")

    assert facts is not None
    assert facts.is_valid_on(TODAY)
    assert directory.get("NONE") is None
