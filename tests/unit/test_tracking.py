"""Tracking codes: what is forgiven when somebody types one, and what is not."""

import re

import pytest

from rules.tracking import make_code, normalise_code

CODE = "7K3M-10X2-9VTB-HP"


def test_a_code_is_shown_in_groups() -> None:
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{2}", CODE)


def test_a_code_holds_thirteen_chosen_symbols() -> None:
    left = iter("0123456789ABCDEFG")

    code = make_code(lambda _: next(left))

    assert code[:16] == "0123-4567-89AB-C"
    assert next(left) == "D"


def test_the_check_symbol_is_known_for_known_symbols() -> None:
    assert make_code(lambda _: "0") == "0000-0000-0000-00"
    assert make_code(lambda _: "1") == "1111-1111-1111-1C"


def test_a_code_stays_as_it_is() -> None:
    assert normalise_code(CODE) == CODE


@pytest.mark.parametrize(
    "typed",
    [
        CODE.lower(),
        CODE.replace("-", ""),
        CODE.replace("-", " "),
        f"  {CODE}\n",
        CODE.replace("-", "–"),
        CODE.replace("0", "O").replace("1", "l"),
        CODE.replace("0", "o").replace("1", "I"),
    ],
)
def test_the_way_of_writing_is_forgiven(typed: str) -> None:
    assert normalise_code(typed) == CODE


@pytest.mark.parametrize(
    "typed", ["", "-", "abc", CODE[:-1], CODE + "0", CODE.replace(CODE[0], "U"), "ß" * 14, "①" * 14]
)
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert normalise_code(typed) is None
