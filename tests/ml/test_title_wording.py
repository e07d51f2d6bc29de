"""What is left out of a title, and what hurried typing becomes in one."""

import pytest

from ml.title_words import tokens_of, without_private
from ml.titles import TitleModel, suggest_titles
from ml.wording import FUNCTION_WORDS, OPENERS


def titles(text: str) -> tuple[str, str, str]:
    return suggest_titles(text, TitleModel(), nearest=None, issue=None, location=None)


@pytest.mark.parametrize(
    "text",
    [
        "Kepada Yth. Kepala Dinas Perhubungan. Lampu merah di perempatan pasar mati sejak kemarin",
        "Yth. Kepala Dinas Perhubungan,\nLampu merah di perempatan pasar mati sejak kemarin",
    ],
)
def test_who_is_addressed_is_no_subject(text: str) -> None:
    assert "Perhubungan" not in " ".join(titles(text))
    assert titles(text)[0].startswith("Lampu Merah")


def test_a_long_sentence_to_an_office_is_kept() -> None:
    words = [token.word for token in tokens_of("Kepada dinas perhubungan tolong perbaiki lampu merah yang mati")]

    assert words[:4] == ["dinas", "perhubungan", "tolong", "perbaiki"]


def test_who_writes_is_left_out_when_capitals_tell() -> None:
    assert "Sugeng" not in " ".join(titles("Saya Sugeng Widodo ingin melaporkan lampu jalan mati di gang kami"))


def test_a_doubled_word_is_written_out() -> None:
    assert "Anak-Anak" in titles("anak2 sering jatuh di lubang jalan depan sekolah")[0]


@pytest.mark.parametrize(
    "text", ["lampu mati di jalan merdeka rt 02 rw 03", "yang rusak dan di jalan dan ke pasar yang"]
)
def test_no_title_begins_or_ends_with_a_word_that_only_joins(text: str) -> None:
    for title in titles(text):
        words = title.lower().split()
        assert words[0] not in FUNCTION_WORDS - OPENERS
        assert words[-1] not in FUNCTION_WORDS
        assert words[-1] not in {"rt", "rw"}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Jalan Rusak, Gelap", "Jalan Rusak, Gelap"),
        ("Jalan Rusak hubungi 081234567890", "Jalan Rusak hubungi"),
        ("KTP hilang bernama Sugeng Widodo", "KTP hilang bernama"),
    ],
)
def test_an_old_title_is_shown_to_others_without_what_is_private(written: str, kept: str) -> None:
    assert without_private(written) == kept


def test_who_presents_himself_is_left_out_without_capitals_too() -> None:
    hidden = [token.word for token in tokens_of("saya sugeng widodo warga kampung baru") if token.is_private]

    assert hidden == ["sugeng", "widodo"]


def test_no_run_of_words_ends_between_a_cue_and_the_name_of_a_place() -> None:
    offered = titles("Lampu penerangan umum mati di jalan Kenanga sejak minggu lalu")

    assert [title for title in offered if title.endswith("di Jalan")] == []


def test_no_run_of_words_begins_with_a_bare_number() -> None:
    offered = titles("nomor 36 pompa air bersih rusak, 12 rumah warga kekeringan")

    assert [title for title in offered if title[0].isdigit()] == []
