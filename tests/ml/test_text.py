"""How a citizen's words are read: the same way every time, and without what is private."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.text import MAX_CHARS, MAX_STEMMED_WORD, STEM_OVERRIDES, Stemmer, normalise, readable, tokens, words

# Half a character pair is among them: broken escapes put it into JSON.
any_text = st.text(st.characters(), max_size=300)
fragments = st.sampled_from(
    ["jln", " ", "0812", "-", "/", "34567", "é", "&amp;", "<br>", "a@b.id", "www.x.id", "\n", "ﬁ", "½", "𝐉", "62", "8"]
)
written = st.lists(fragments, max_size=30).map("".join)


@given(any_text | written)
@settings(deadline=None)
def test_a_normalised_text_is_not_changed_again(text: str) -> None:
    once = normalise(text)

    assert normalise(once) == once


@given(any_text)
@settings(deadline=None)
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    found = words(text)

    assert tokens(text) == [word.token for word in found]
    assert all(word.token and word.token.isascii() for word in found)
    assert len(Stemmer().stems(tokens(text))) == len(found)
    assert "\x00" not in readable(text)


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("081234567890", "masktelepon"),
        ("0812-3456-7890", "masktelepon"),
        ("+62 812 3456 7890", "masktelepon"),
        ("3578010101900001", "masknik"),
        ("budi.santoso@surat.co.id", "maskemail"),
        ("https://contoh.id/laporan?nomor=1", "masktautan"),
        ("1234567", "masknomor"),
    ],
)
def test_what_is_private_becomes_a_word_that_says_only_what_it_was(text: str, mask: str) -> None:
    sentence = f"Hubungi {text} segera"

    assert readable(sentence).split() == ["Hubungi", mask, "segera"]
    assert tokens(sentence) == ["hubungi", mask, "segera"]
    assert [word.surface for word in words(sentence)] == ["hubungi", mask, "segera"]


@pytest.mark.parametrize("number", ["0812/345/678", "0812 345 678", "(0812) 345-678", "0812.345.678", "0812345678"])
def test_a_telephone_number_reads_alike_however_it_is_divided(number: str) -> None:
    assert tokens(f"telp {number}") == ["telp", "masktelepon"]


@pytest.mark.parametrize(
    ("tag", "mask"),
    [("<nik>", "masknik"), ("< TEL >", "masktelepon"), ("<nama>", "masknama"), ("<user>", "maskakun")],
)
def test_masks_of_another_system_become_ours(tag: str, mask: str) -> None:
    assert tokens(f"saya {tag} melapor") == ["saya", mask, "melapor"]


def test_six_digits_are_no_private_number() -> None:
    assert tokens("kode pos 601111 RT 03") == ["kode", "pos", "601111", "rt", "03"]


def test_everyday_abbreviations_are_spelled_out() -> None:
    assert tokens("Jln rusak yg di kec. kami tdk diperbaiki, trims") == (
        ["jalan", "rusak", "yang", "di", "kecamatan", "kami", "tidak", "diperbaiki", "terima", "kasih"]
    )


def test_an_abbreviation_remembers_how_it_was_written() -> None:
    assert [tuple(word) for word in words("JLN. Kami")] == [("jln", "jalan"), ("kami", "kami")]


def test_markup_is_no_part_of_what_was_said() -> None:
    assert readable("<b>Jalan</b>rusak<br/>di desa") == " Jalan rusak\ndi desa"
    assert tokens("air &amp;amp; listrik") == ["air", "listrik"]


@pytest.mark.parametrize("loud", ["𝐉𝐀𝐋𝐀𝐍 rusak", "ＪＡＬＡＮ rusak", "jálan rusak", "ja\u200blan rusak"])
def test_letters_in_disguise_are_the_letters(loud: str) -> None:
    assert tokens(loud) == ["jalan", "rusak"]


def test_more_than_the_longest_text_is_not_read() -> None:
    assert len(tokens("a " * MAX_CHARS)) == MAX_CHARS // 2
    assert len(normalise("dll " * MAX_CHARS)) <= MAX_CHARS


def test_stems_meet_where_words_differ() -> None:
    assert Stemmer().stems(["perbaikan", "diperbaiki", "memperbaiki"]) == ["baik", "baik", "baik"]


def test_a_word_longer_than_any_stays_as_it_is() -> None:
    longest = "memper" + "a" * (MAX_STEMMED_WORD - len("memper") - 2) + "kan"

    assert len(longest) == MAX_STEMMED_WORD + 1
    assert Stemmer().stem(longest) == longest


@pytest.mark.parametrize("token", ["2024", "masktelepon", "masknik"])
def test_numbers_and_masks_have_no_stem(token: str) -> None:
    assert Stemmer().stem(token) == token


@pytest.mark.parametrize(("word", "stem"), [("kerusakan", "rusak"), ("pemadaman", "padam"), ("kelurahan", "kelurahan")])
def test_where_the_dictionary_errs_our_stem_stands(word: str, stem: str) -> None:
    assert Stemmer().stem(word) == stem


def test_our_stem_stands_even_against_a_saved_table() -> None:
    assert Stemmer({"kerusakan": "rusa"}).stem("kerusakan") == "rusak"


def test_a_saved_table_answers_before_the_dictionary_does() -> None:
    stemmer = Stemmer({"berlubang": "lubang-besar"})

    assert stemmer.stem("berlubang") == "lubang-besar"
    assert stemmer.table() == dict(sorted({"berlubang": "lubang-besar", **STEM_OVERRIDES}.items()))


@pytest.mark.parametrize(
    ("mark", "mask"),
    [
        ("<NIK>", "masknik"),
        ("<TELEPON>", "masktelepon"),
        ("<SUREL>", "maskemail"),
        ("<NAMA>", "masknama"),
        ("<KK>", "masknomor"),
        ("<REKENING>", "masknomor"),
        ("<PELAT>", "masknomor"),
        ("<NOMOR>", "masknomor"),
        ("<TANGGAL LAHIR>", "masknomor"),
    ],
)
def test_what_salur_masks_reads_as_what_the_reader_masks(mark: str, mask: str) -> None:
    assert tokens(f"hubungi {mark} segera") == ["hubungi", mask, "segera"]
