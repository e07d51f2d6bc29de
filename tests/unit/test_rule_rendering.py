"""What a rule reads like: every test, every outcome, groups in brackets, days in words."""

from typing import Any

import pytest

from rules.language import Rule
from rules.reasons import Language
from rules.rendering import rendered, rendered_condition

NAMES = {"33.74": "Kota Semarang", "ESDM": "Kementerian ESDM", "COVID": "Covid-19", "SMS": "SMS 1708"}


def a_rule(**given: Any) -> Rule:
    return Rule.model_validate(
        {"code": "R", "position": 1, "name": "Nama", "reason": "Alasan.", "then": {"queue": "PLN"}, **given}
    )


def words(text: str) -> dict[str, Any]:
    return {"text": {"words": text}}


TESTS: list[tuple[dict[str, Any], str, str]] = [
    (words("token listrik"), "laporan menyebut “token listrik”", "the report mentions “token listrik”"),
    (
        {"text": {"words": "lampu mati", "within": 5}},
        "laporan menyebut kata-kata “lampu mati” dalam jarak 5 kata",
        "the report mentions the words “lampu mati” within 5 words",
    ),
    (
        {"text": {"words": "KIS", "asWritten": True}},
        "laporan menyebut “KIS” persis seperti tertulis",
        "the report mentions “KIS” exactly as written",
    ),
    ({"category": {"codes": ["ESDM", "PUPR"]}}, "kategorinya Kementerian ESDM atau PUPR",
     "its category is Kementerian ESDM or PUPR"),
    (
        {"category": {"codes": ["ESDM"], "minConfidence": 0.855}},
        "kategorinya Kementerian ESDM (atau diduga demikian, keyakinan paling sedikit 85.5%)",
        "its category is Kementerian ESDM (or probably so, at least 85.5% sure)",
    ),
    ({"region": ["33.74", "31"]}, "lokasinya di Kota Semarang atau 31", "its place is in Kota Semarang or 31"),
    ({"reportType": ["ASPIRATION"]}, "jenis laporannya ASPIRATION", "it is of the type ASPIRATION"),
    ({"channel": ["SMS"]}, "masuk melalui kanal SMS 1708", "it came in through the channel SMS 1708"),
    ({"chosenAgency": ["PLN"]}, "pelapor memilih PLN", "the reporter chose PLN"),
    (
        {"classifier": {"head": "agency", "labels": ["PEMDA.PU"], "minConfidence": 0.9}},
        "sistem menduga instansi PEMDA.PU (keyakinan paling sedikit 90%)",
        "the system takes it for PEMDA.PU (at least 90% sure)",
    ),
    (
        {"classifier": {"head": "category", "labels": ["ESDM"], "minConfidence": 1}},
        "sistem menduga kategori Kementerian ESDM (keyakinan paling sedikit 100%)",
        "the system takes it for the category Kementerian ESDM (at least 100% sure)",
    ),
    ({"agreement": "AGREE"}, "dugaan sistem sama dengan tujuan aturan ini",
     "the system would choose as this rule does"),
    (
        {"agreement": "DISAGREE"},
        "dugaan sistem berbeda dari tujuan aturan ini",
        "the system would choose otherwise than this rule",
    ),
    ({"urgency": ["HIGH", "EMERGENCY"]}, "tingkat kepentingannya mendesak atau darurat",
     "its urgency is urgent or an emergency"),
    (
        {"days": {"since": "2026-12-24", "until": "2027-01-03"}},
        "dikirim sejak 24 Desember 2026 sampai dengan 2 Januari 2027",
        "it was submitted from 24 December 2026 up to and including 2 January 2027",
    ),
    ({"days": {"since": "2026-08-17", "until": "2026-08-18"}}, "dikirim pada 17 Agustus 2026",
     "it was submitted on 17 August 2026"),
    ({"hours": {"since": "22:00", "until": "04:30:15"}}, "dikirim antara pukul 22.00 dan 04.30.15",
     "it was submitted between 22.00 and 04.30.15"),
    ({"weekday": ["SATURDAY", "SUNDAY"]}, "dikirim pada hari Sabtu atau Minggu",
     "it was submitted on a Saturday or Sunday"),
    ({"reporter": ["ANONYMOUS", "ON_BEHALF"]}, "pelapor anonim atau diwakili petugas",
     "the reporter is anonymous or is represented by an officer"),
]  # fmt: skip


@pytest.mark.parametrize(("when", "indonesian", "english"), TESTS, ids=[str(next(iter(test[0]))) for test in TESTS])
def test_each_test_is_said_in_both_languages(when: dict[str, Any], indonesian: str, english: str) -> None:
    condition = a_rule(when=when).when

    said = [rendered_condition(condition, "id", NAMES), rendered_condition(condition, "en", NAMES)]

    assert said == [indonesian, english]


@pytest.mark.parametrize(
    ("then", "indonesian", "english"),
    [
        ({"queue": "ESDM"}, "masuk antrean Kementerian ESDM", "it enters the queue of Kementerian ESDM"),
        ({"queue": "NATIONAL"}, "masuk antrean Admin Nasional", "it enters the queue of the national desk"),
        (
            {"queue": "LOCAL_GOVERNMENT"},
            "masuk antrean pemerintah daerah setempat",
            "it enters the queue of the local government there",
        ),
        (
            {"queue": "ENTRY"},
            "masuk antrean instansi yang pintunya dipakai",
            "it enters the queue of the agency through whose door it came",
        ),
        (
            {"queue": "PLN", "mechanism": "COVID", "urgency": "HIGH", "tags": ["a", "b"], "copies": ["ESDM", "PUPR"]},
            "masuk antrean PLN; berlaku mekanisme khusus Covid-19; menjadi mendesak; ditandai a, b; "
            "tembusan Kementerian ESDM, PUPR",
            "it enters the queue of PLN; the special mechanism Covid-19 holds; it becomes urgent; it is tagged a, b; "
            "a copy goes to Kementerian ESDM, PUPR",
        ),
        (
            {"continue": True, "urgency": "EMERGENCY"},
            "menjadi darurat; aturan berikutnya tetap diperiksa",
            "it becomes an emergency; the rules below are asked as well",
        ),
    ],
)
def test_each_outcome_is_said_in_both_languages(then: dict[str, Any], indonesian: str, english: str) -> None:
    rule = a_rule(then=then)

    said = [rendered(rule, "id", NAMES), rendered(rule, "en", NAMES)]

    assert said == [f"UNTUK SETIAP LAPORAN: {indonesian}.", f"FOR EVERY REPORT: {english}."]


def test_a_group_within_a_group_stands_in_brackets() -> None:
    rule = a_rule(
        when={"all": [words("a"), {"none": [words("b"), {"all": [words("c"), words("d")]}]}, {"any": [words("e")]}]}
    )

    sentence = rendered(rule, "id")

    assert sentence == (
        "JIKA laporan menyebut “a” DAN BUKAN (laporan menyebut “b” ATAU "
        "(laporan menyebut “c” DAN laporan menyebut “d”)) DAN (laporan menyebut “e”) MAKA masuk antrean PLN."
    )


@pytest.mark.parametrize(
    ("validity", "language", "sentence"),
    [
        ({"validFrom": "2020-08-07", "validTo": "2023-06-21"}, "id",
         "Berlaku sejak 7 Agustus 2020 sampai dengan 20 Juni 2023."),
        ({"validFrom": "2020-08-07"}, "en", "Valid from 7 August 2020 on."),
        ({"validTo": "2027-01-01"}, "en", "Valid up to and including 31 December 2026."),
        ({"validTo": "0001-01-01"}, "id", "Berlaku sampai dengan 1 Januari 1."),
    ],
)  # fmt: skip
def test_validity_is_said_with_its_last_day(validity: dict[str, str], language: Language, sentence: str) -> None:
    assert rendered(a_rule(**validity), language).endswith(f". {sentence}")
