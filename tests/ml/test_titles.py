"""Every complaint gets three titles that can be shown, and none of them tells who wrote."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.dataset import load
from ml.predictor import Draft, Predictor
from ml.title_training import ROWS_FOR_TITLES, train_titles
from ml.titles import MAX_TITLE, USUAL_LENGTH, TitleModel, finish, readable_label, suggest_titles

UNTRAINED = TitleModel()
PHRASES = [
    "jalan rusak parah", "Selamat pagi bapak", "mohon ditindaklanjuti", "lampu mati", "di Kel. Gubeng", "banjir",
    "😀", "12", "!!!", "yang", "x" * 120, "\n", ".", "RT 03/RW 05", "terima kasih", "JALAN", "Rp 1.500.000",
]  # fmt: skip
any_text = st.text(st.characters(), max_size=200) | st.lists(st.sampled_from(PHRASES), max_size=15).map(" ".join)
some_text = st.none() | st.text(st.characters(), max_size=120)


@pytest.fixture(scope="session")
def learned(topic_file: Callable[[str], Path]) -> TitleModel:
    """A model of titles from the largest topic."""
    return train_titles(load([topic_file("pupr")]).examples)


def are_titles(titles: tuple[str, str, str]) -> bool:
    different = {title.lower() for title in titles}
    return len(different) == 3 and all(0 < len(title.strip()) <= MAX_TITLE for title in titles)


@given(any_text, some_text, some_text, some_text)
@settings(deadline=None, max_examples=200)
def test_any_text_gets_three_different_titles_of_at_most_a_hundred_characters(
    text: str, nearest: str | None, issue: str | None, location: str | None
) -> None:
    assert are_titles(suggest_titles(text, UNTRAINED, nearest=nearest, issue=issue, location=location))


@given(any_text)
@settings(deadline=None, max_examples=60)
def test_learned_titles_keep_the_same_promise(learned: TitleModel, text: str) -> None:
    assert are_titles(suggest_titles(text, learned, nearest=None, issue=None, location=None))


@pytest.mark.parametrize(
    "text",
    ["", " ", "banjir", "😀", "😀 " * 500, "9" * 300, "a" * 30_000, "jalan " * 5_000, "\x00", ".", "yang dan di"],
)
def test_a_version_keeps_the_same_promise(predictor: Predictor, text: str) -> None:
    assert are_titles(predictor.suggest([Draft(text)])[0].titles)


@pytest.mark.parametrize(
    "number",
    [
        "081234567890",
        "0812-3456-7890",
        "0812 3456 7890",
        "+62 812 3456 7890",
        "0812/345/678",
        "3578010101900001",
        "1234567890",
        "budi.santoso@surat.co.id",
        "https://contoh.id/u/98765",
    ],
)
@pytest.mark.parametrize(
    "text", ["Jalan rusak parah, hubungi {} segera", "{}", "nomor saya {} lampu mati", "{} KTP hilang di kelurahan"]
)
def test_no_private_number_or_address_becomes_part_of_a_title(number: str, text: str, learned: TitleModel) -> None:
    for model in (UNTRAINED, learned):
        titles = suggest_titles(text.format(number), model, nearest=None, issue="Jalan Rusak", location="Kel. Gubeng")

        assert not re.search(r"\d{2}|@|mask|santoso|contoh", " ".join(titles).lower())


@pytest.mark.parametrize(
    "text",
    [
        "Nama saya Sugeng Widodo dari desa, jalan rusak parah sekali di depan sekolah",
        "Bapak Sugeng Widodo ketua panitia meminta uang untuk perbaikan jalan rusak",
        "saya bernama sugeng widodo, lampu jalan mati di gang kami sejak kemarin",
    ],
)
def test_no_name_of_a_person_becomes_part_of_a_title(text: str) -> None:
    titles = suggest_titles(text, UNTRAINED, nearest=None, issue=None, location=None)

    assert not re.search("sugeng|widodo", " ".join(titles).lower())


def test_a_title_leaves_out_the_greeting_and_who_writes() -> None:
    text = "Selamat pagi bapak. Saya mau lapor, jalan berlubang di depan pasar Wonokromo. Terima kasih"

    first, _, _ = suggest_titles(text, UNTRAINED, nearest=None, issue=None, location=None)

    assert "Jalan Berlubang" in first
    assert not {"selamat", "pagi", "bapak", "saya", "terima", "kasih"} & set(first.lower().split())


def test_a_text_too_short_to_choose_from_is_its_own_title_with_topic_and_place() -> None:
    assert suggest_titles("banjir", UNTRAINED, nearest=None, issue="Drainase", location="Kel. Gubeng, Surabaya") == (
        "Banjir",
        "Banjir di Kel. Gubeng",
        "Drainase di Kel. Gubeng",
    )


def test_the_title_of_the_nearest_complaint_is_among_the_three() -> None:
    text = "Jalan di depan SD rusak parah dan berlubang, sudah banyak pengendara motor jatuh."

    titles = suggest_titles(text, UNTRAINED, nearest="Jalan Rusak di Sekolah", issue=None, location=None)

    assert "Jalan Rusak di Sekolah" in titles


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("jln rusak di depan", "Jalan Rusak"),
        ("yang lampu PJU mati", "Lampu PJU Mati"),
        ("BANTUAN PKH BELUM CAIR", "Bantuan PKH Belum Cair"),
        ("belum ada air", "Belum Ada Air"),
        ("harga pupuk naik!!", "Harga Pupuk Naik"),
        ("dan yang di", ""),
        ("…", ""),
        ("telepon masktelepon rusak", "Telepon Rusak"),
    ],
)
def test_a_title_is_written_as_titles_are(words: str, title: str) -> None:
    assert finish(words) == title


def test_a_title_that_is_too_long_ends_after_a_whole_word() -> None:
    title = finish("perbaikan jembatan " * 10)

    assert title == " ".join(["Perbaikan Jembatan"] * 5)
    assert len(title) <= MAX_TITLE


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("KESEHATAN.IURAN_BPJS", "Iuran BPJS"),
        ("PUPR.INFRASTRUKTUR_JALAN.JALAN_BERLUBANG", "Jalan Berlubang"),
        ("Jalan Rusak", "Jalan Rusak"),
    ],
)
def test_a_code_becomes_a_name_to_read(label: str, name: str) -> None:
    assert readable_label(label) == name


def test_few_titles_teach_nothing(topic_file: Callable[[str], Path], learned: TitleModel) -> None:
    few = load([topic_file("pupr")]).examples[: ROWS_FOR_TITLES - 1]

    taught = train_titles(few)

    assert (taught.weights, taught.rates, taught.choice, taught.length) == ({}, {}, (), USUAL_LENGTH)
    assert taught.nearest is not None
    assert learned.weights["bias"] < 0
    assert 3 < learned.length < 9


@pytest.mark.parametrize(
    "text",
    [
        "Jalan rusak parah hubungi (0812) 3456 7890 segera",
        "NIK saya 3578 0101 0190 0001 tidak terdaftar di bansos",
        "telp (031) 567 8901 tidak diangkat dinas sosial",
    ],
)
def test_a_number_written_in_groups_is_in_no_title(predictor: Predictor, text: str) -> None:
    [answer] = predictor.suggest([Draft(text)])

    assert [title for title in answer.titles if any(sign.isdigit() for sign in title)] == []
