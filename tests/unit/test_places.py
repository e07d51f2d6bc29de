"""Regions by code and by name, and the places a text names."""

import pytest

from rules.places import Region, RegionKind, ancestors, children, find_regions, place_in, region, resolve

SEMARANG_CITY = Region("33.74", "Kota Semarang", RegionKind.CITY, "33")
TEMBALANG = Region("33.74.10", "Tembalang", RegionKind.DISTRICT, "33.74")


def test_regions_are_known_by_their_code() -> None:
    assert region("33") == Region("33", "Jawa Tengah", RegionKind.PROVINCE, None)
    assert region("33.22") == Region("33.22", "Kabupaten Semarang", RegionKind.REGENCY, "33")
    assert region("33.74") == SEMARANG_CITY
    assert region("33.74.10") == TEMBALANG


@pytest.mark.parametrize("code", ["", "99", "33.74.99", "33.74.01.1001", "3374"])
def test_what_is_no_region_down_to_the_district_is_none(code: str) -> None:
    assert region(code) is None


def test_children_are_the_level_below() -> None:
    assert len(children()) == 38
    assert len(children("33")) == 35
    assert len(children("33.74")) == 16
    assert children("33.74.10") == ()
    assert children("99") == ()


def test_ancestors_come_nearest_first() -> None:
    assert [around.code for around in ancestors("33.74.10")] == ["33.74", "33"]
    assert ancestors("33") == ()
    assert ancestors("99") == ()


def test_the_districts_of_papua_are_districts() -> None:
    assert {below.kind for below in children("91.71")} == {RegionKind.DISTRICT}


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("kota semarang", ["33.74", "33.22"]),
        ("kab. semarang", ["33.22", "33.74"]),
        ("SEMARANG", ["33.22", "33.74"]),
        ("semarang te", ["33.74.01"]),
        ("kec. tebet", ["31.74.01"]),
        ("jateng", ["33"]),
        ("solo", ["33.72"]),
        ("jakarta sel", ["31.74"]),
    ],
)
def test_regions_are_found_by_what_people_type(query: str, codes: list[str]) -> None:
    found = [hit.code for hit in find_regions(query, limit=len(codes))]

    assert found == codes


@pytest.mark.parametrize("query", ["", "  ", "!?", "xyzzy"])
def test_nothing_is_found_by_what_names_no_region(query: str) -> None:
    assert find_regions(query) == ()


def test_no_more_regions_are_found_than_asked_for() -> None:
    assert len(find_regions("a", limit=3)) == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("jalan rusak di kota semarang", "33.74"),
        ("Jalan rusak di Kec. Tembalang, Kota Semarang", "33.74.10"),
        ("JALAN RUSAK DI KECAMATAN TEBET JAKARTA SELATAN", "31.74.01"),
        ("sampah menumpuk di surabaya", "35.78"),
        ("PDAM Kota Malang mati", "35.73"),
        ("di Kab. Bandung Barat", "32.17"),
        ("warga Kota Kudus", "33.19"),
        ("banjir di Jaksel", "31.74"),
        ("provinsi gorontalo", "75"),
    ],
)
def test_a_place_that_is_said_clearly_is_resolved(text: str, code: str) -> None:
    found = resolve(text)

    assert found is not None
    assert found.code == code


def test_two_regions_of_one_name_are_both_found_and_neither_is_guessed() -> None:
    assert [hit.code for hit in place_in("macet di Bandung")] == ["32.04", "32.73"]
    assert resolve("macet di Bandung") is None


def test_a_district_tells_two_regions_of_one_name_apart() -> None:
    found = resolve("banjir di banyumanik semarang")

    assert found is not None
    assert found.code == "33.74.11"


def test_a_shared_name_leaves_the_province_that_was_said() -> None:
    found = resolve("macet di Bandung, Jawa Barat")

    assert found is not None
    assert found.code == "32"


def test_two_districts_speak_for_their_city() -> None:
    found = resolve("listrik padam di arcamanik dan kiaracondong")

    assert found is not None
    assert found.code == "32.73"


def test_two_different_cities_leave_it_open() -> None:
    assert resolve("kereta dari Surabaya ke Medan terlambat") is None


@pytest.mark.parametrize(
    "text",
    [
        "ada batu di jalan",
        "tanah merah menutup jalan",
        "bau bau tidak sedap",
        "sungai penuh sampah",
        "mohon arahan dan tahunan",
        "",
        "123 !?",
    ],
)
def test_ordinary_words_are_no_places(text: str) -> None:
    assert place_in(text) == ()


def test_an_ordinary_word_counts_where_it_is_written_like_a_name() -> None:
    assert [hit.code for hit in place_in("sampah berserakan di Batu")] == ["35.79"]
    assert [hit.code for hit in place_in("macet parah sekali di Tanah Abang")] == ["16.12.05", "31.71.07"]


def test_capitals_say_nothing_in_a_text_of_capitals() -> None:
    assert place_in("ADA LUBANG DI BATU") == ()


def test_a_street_named_after_a_city_is_not_that_city() -> None:
    assert [hit.code for hit in place_in("di jalan semarang surabaya")] == ["35.78"]


def test_a_given_code_is_believed() -> None:
    assert resolve("jalan rusak", "33.74") == SEMARANG_CITY
    assert resolve("jalan rusak di surabaya", "33.74") == SEMARANG_CITY


def test_a_given_code_becomes_more_precise_by_the_text() -> None:
    assert resolve("jalan rusak di tembalang", "33.74") == TEMBALANG


def test_given_words_count_more_than_the_text() -> None:
    found = resolve("saya dari bandung", "Kota Surabaya")

    assert found is not None
    assert found.code == "35.78"


def test_given_words_that_name_nothing_leave_it_to_the_text() -> None:
    assert resolve("jalan rusak di kota semarang", "depan masjid") == SEMARANG_CITY


def test_a_text_that_names_every_province_names_no_place() -> None:
    assert resolve(" ".join(here.name for here in children()) * 30) is None
