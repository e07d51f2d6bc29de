"""Every reason can be said in both languages."""

from string import Formatter

import pytest

from rules.reasons import SENTENCES, Language, Reason, ReasonCode, sentence


@pytest.mark.parametrize("code", list(ReasonCode))
def test_both_languages_have_the_sentence_and_ask_for_the_same_data(code: ReasonCode) -> None:
    asked = {
        language: {field for _, field, _, _ in Formatter().parse(sentences[code]) if field}
        for language, sentences in SENTENCES.items()
    }

    assert asked["id"] == asked["en"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "id",
            "PLN belum memverifikasi sendiri, jadi Admin Nasional yang memverifikasi; PLN diusulkan sebagai tujuan.",
        ),
        ("en", "PLN does not verify for itself yet, so the national desk does; PLN is proposed as the addressee."),
    ],
)
def test_a_reason_is_one_sentence(language: Language, said: str) -> None:
    assert sentence(Reason(ReasonCode.NATIONAL_VERIFIES, {"agency": "PLN"}), language) == said


def test_names_stand_in_the_place_of_codes_also_in_lists() -> None:
    reason = Reason(ReasonCode.SEVERAL_SUCCESSORS, {"agency": "PUPR", "successors": ["PU", "PKP"]})
    names = {"PUPR": "Kementerian PUPR", "PU": "Kementerian PU"}

    assert sentence(reason, "id", names) == (
        "Urusan Kementerian PUPR terbagi kepada Kementerian PU, PKP, dan kategori laporan belum menentukan yang mana."
    )
