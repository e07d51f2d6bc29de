"""What becomes of the names that people, and people who mean harm, give to files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.files.links import Variant, file_headers
from complaints.files.naming import safe_name


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("jalan rusak.jpg", "jalan rusak.jpg"),
        ("Foto Jalan (2).JPEG", "Foto Jalan (2).jpeg"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("/", "berkas"),
        ("", "berkas"),
        ("...", "berkas"),
        (".htaccess", "htaccess"),
        ("foto\u202egpj.exe", "fotogpj.exe"),
        ("a\x00b\r\nSet-Cookie: x.png", "abSet-Cookie_ x.png"),
        ("ku\"tip'.png", "ku_tip_.png"),
        ("\u200fجامع.pdf", "جامع.pdf"),
        ("\ud800.pdf", "pdf"),
        ("x" * 500 + ".jpg", "x" * 116 + ".jpg"),
    ],
)
def test_a_name_keeps_what_is_harmless_and_nothing_else(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


def test_the_ending_is_that_of_the_content() -> None:
    assert safe_name("laporan.pdf.exe", ".jpg") == "laporan.pdf.jpg"
    assert safe_name("tanpa akhiran", ".pdf") == "tanpa akhiran.pdf"


@given(st.text(max_size=300), st.sampled_from([None, ".jpg", ".webm"]))
def test_no_name_is_a_path_a_header_or_hidden_and_doing_it_twice_changes_nothing(
    name: str, extension: str | None
) -> None:
    kept = safe_name(name, extension)

    assert 0 < len(kept) <= 120
    assert not set(kept) & set('/\\"\r\n\x00')
    assert not kept.startswith(".")
    assert safe_name(kept, extension) == kept


def test_headers_carry_every_name_in_two_forms() -> None:
    headers = file_headers("jalan é rusak.pdf", "application/pdf", Variant.FILE, 300)

    both = "filename=\"jalan _ rusak.pdf\"; filename*=UTF-8''jalan%20%C3%A9%20rusak.pdf"
    assert headers == {
        "content-type": "application/pdf",
        "content-disposition": f"attachment; {both}",
        "cache-control": "private, max-age=300",
    }


def test_pictures_and_films_are_shown_and_a_smaller_size_says_what_it_is() -> None:
    shown = {
        variant: file_headers("foto.jpg", "image/jpeg", variant, 60)["content-disposition"].split(";")[:2]
        for variant in Variant
    }

    assert shown == {
        Variant.FILE: ["inline", ' filename="foto.jpg"'],
        Variant.SMALL: ["inline", ' filename="foto.small.webp"'],
        Variant.LARGE: ["inline", ' filename="foto.large.webp"'],
    }
