"""Which agency is meant by a name: the two traps of the seed, and what else people write."""

from datetime import date

import pytest

from rules.names import AgencyEntry, AgencyNames, Match, MatchedBy
from rules.vocabulary import AgencyLevel


def test_land_written_as_defence_is_still_land(names: AgencyNames) -> None:
    assert names.match("Badan Pertahanan Nasional") == (Match("ATR_BPN", 1.0, MatchedBy.ALIAS),)


def test_the_seeds_full_misspelling_is_land(names: AgencyNames) -> None:
    found = names.match("Kementerian Agraria dan Tata Ruang/Badan Pertahanan Nasional")

    assert [match.code for match in found] == ["ATR_BPN"]


def test_the_defence_ministry_is_not_land(names: AgencyNames) -> None:
    assert [match.code for match in names.match("Kementerian Pertahanan")] == ["KEMHAN"]


def test_the_defence_ministry_is_not_land_where_it_is_not_listed() -> None:
    land = AgencyEntry(
        "ATR_BPN",
        "Kementerian Agraria dan Tata Ruang/Badan Pertanahan Nasional",
        "Kementerian ATR/BPN",
        AgencyLevel.NATIONAL,
        ("BPN", "Badan Pertahanan Nasional"),
    )
    trade = AgencyEntry("KEMENDAG", "Kementerian Perdagangan", "Kemendag", AgencyLevel.NATIONAL)

    assert AgencyNames([land, trade]).match("Kementerian Pertahanan") == ()


def test_a_land_ministry_is_not_defence(names: AgencyNames) -> None:
    assert [match.code for match in names.match("Kementerian Pertanahan")] == ["ATR_BPN"]


def test_a_misspelt_ministry_is_found(names: AgencyNames) -> None:
    assert [match.code for match in names.match("Kementerian Komunikasi dan Infomatika")] == ["KOMINFO"]
    assert [match.code for match in names.match("kementrian komunikasi & infomratika")] == ["KOMINFO"]


def test_a_misspelling_that_nobody_listed_is_fuzzy() -> None:
    known = AgencyEntry("KOMINFO", "Kementerian Komunikasi dan Informatika", "Kominfo", AgencyLevel.NATIONAL)
    other = AgencyEntry("KEMENDAG", "Kementerian Perdagangan", "Kemendag", AgencyLevel.NATIONAL)

    found = AgencyNames([known, other]).match("Kementerian Komunikasi dan Infomatika")

    assert found == (Match("KOMINFO", 0.99, MatchedBy.FUZZY),)


def test_a_department_stands_for_its_bank(names: AgencyNames) -> None:
    found = names.match("Departemen Komunikasi Bank Indonesia")

    assert found == (Match("BI", 1.0, MatchedBy.NAME, unit="BI.DKOM"),)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("KEMENKES", Match("KEMENKES", 1.0, MatchedBy.CODE)),
        ("atr/bpn", Match("ATR_BPN", 1.0, MatchedBy.CODE)),
        ("Kementerian Kesehatan RI", Match("KEMENKES", 1.0, MatchedBy.NAME)),
        ("Kepada Yth. Menteri Kesehatan", Match("KEMENKES", 1.0, MatchedBy.NAME)),
        ("PT. PLN (Persero)", Match("PLN", 1.0, MatchedBy.CODE)),
        ("Pemkot Semarang", Match("KOTA_SEMARANG", 1.0, MatchedBy.NAME)),
        ("polsek", Match("POLRI", 1.0, MatchedBy.ALIAS)),
        ("Kantor Perwakilan Bank Indonesia", Match("BI", 0.9, MatchedBy.CONTAINED)),
        ("kementrian kesehatn", Match("KEMENKES", 0.99, MatchedBy.FUZZY)),
        ("dinas pu kota semarang", Match("KOTA_SEMARANG", 1.0, MatchedBy.ALIAS, unit="KOTA_SEMARANG.DPU")),
    ],
)
def test_names_are_matched_the_surest_way(names: AgencyNames, text: str, match: Match) -> None:
    assert names.match(text)[0] == match


@pytest.mark.parametrize("text", ["", "  ", "?", "xyzzy", "Kementerian", "Indonesia", "dan", "kata " * 40])
def test_what_names_nobody_matches_nobody(names: AgencyNames, text: str) -> None:
    assert names.match(text) == ()


def test_an_office_that_every_city_has_is_nobodys_without_the_place(names: AgencyNames) -> None:
    assert names.match("Dinas Pekerjaan Umum") == ()


def test_a_name_that_two_agencies_had_gives_both(names: AgencyNames) -> None:
    assert [match.code for match in names.match("PU")] == ["PU", "PUPR"]


def test_a_unit_whose_agency_is_unknown_stands_for_itself() -> None:
    unit = AgencyEntry("X.Y", "Kantor Contoh Raya", "KCR", AgencyLevel.UNIT, parent="X")

    assert AgencyNames([unit]).match("KCR") == (Match("X.Y", 1.0, MatchedBy.SHORT_NAME),)


def test_an_ended_agency_answers_with_its_successors(names: AgencyNames) -> None:
    assert names.current("KOMINFO", date(2020, 8, 7)) == ("KOMINFO",)
    assert names.current("KOMINFO", date(2026, 11, 24)) == ("KOMDIGI",)
    assert names.current("PUPR", date(2026, 11, 24)) == ("PU", "PKP")
