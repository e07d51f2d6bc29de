"""Masking twice is masking once, nothing raises, and no long number survives."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.masking import HIDDEN, MARKS, masked

FRAGMENTS = [
    "NIK", "nik:", "KK", "rek BCA", "no rekening", "nama saya", "a.n.", "atas nama", "Bapak", "Bu", "saya", "hp",
    "telp", "plat", "lahir", "Budi Santoso", "siti", "Jalan Pemuda", "di Semarang", "budi@contoh.id", "H 1234 AB",
    "3374011209850001", "3374 0112 0985 0001", "0812-3456-7890", "+62 812", "3456 7890", "1234567890", "2020-08-07",
    "07-08-2020", "Rp 1.500.000", "08.00-16.00", ".", ",", ":", "\n", " ", "          ", "-", "/", "(", ")", "<NIK>",
    "<NAMA>", HIDDEN, "<", ">", "0", "7", "é", "🙏", "\ud800", "３３７４", "–",
]  # fmt: skip
scraps = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=4), max_size=25)
glue = st.sampled_from(["", " ", "  "])


@given(scraps, glue)
@settings(max_examples=300, deadline=None)
def test_masking_a_masked_text_changes_nothing(parts: list[str], between: str) -> None:
    once = masked(between.join(parts))

    assert masked(once) == once


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_masked(text: str) -> None:
    once = masked(text)

    assert masked(once) == once


@given(scraps, st.from_regex(r"[1-9][0-9]{15}", fullmatch=True), scraps)
@settings(max_examples=200, deadline=None)
def test_sixteen_digits_in_a_row_never_survive(before: list[str], nik: str, after: list[str]) -> None:
    safe = masked(" ".join([*before, nik, *after]))

    assert nik not in safe


@given(st.from_regex(r"08[1-9][0-9]{8,9}", fullmatch=True), st.sampled_from(["", " ", "-", "."]))
@settings(max_examples=200, deadline=None)
def test_mobile_numbers_in_groups_of_four_never_survive(number: str, between: str) -> None:
    written = between.join(number[start : start + 4] for start in range(0, len(number), 4))

    safe = masked(f"hubungi {written} segera")

    assert re.search(r"\d", re.sub("|".join(MARKS.values()), "", safe)) is None
