"""What the check symbol of a tracking code finds."""

from hypothesis import assume, given
from hypothesis import strategies as st

from rules.tracking import ALPHABET, make_code, normalise_code

symbols = st.text(alphabet=ALPHABET, min_size=13, max_size=13)


def code_of(chosen: str) -> str:
    left = iter(chosen)
    return make_code(lambda _: next(left))


@given(symbols)
def test_every_code_made_is_accepted(chosen: str) -> None:
    code = code_of(chosen)

    assert normalise_code(code.lower().replace("-", "")) == code


@given(symbols, st.integers(0, 13), st.sampled_from(ALPHABET))
def test_every_single_wrong_symbol_is_found(chosen: str, position: int, wrong: str) -> None:
    code = code_of(chosen).replace("-", "")
    assume(code[position] != wrong)

    assert normalise_code(code[:position] + wrong + code[position + 1 :]) is None


@given(symbols, st.integers(0, 12))
def test_every_swap_of_neighbours_is_found_except_0_with_z(chosen: str, position: int) -> None:
    code = code_of(chosen).replace("-", "")
    one, other = code[position], code[position + 1]
    assume(one != other and {one, other} != {"0", "Z"})

    assert normalise_code(code[:position] + other + one + code[position + 2 :]) is None


@given(st.text(max_size=30))
def test_any_text_gives_a_code_or_none(text: str) -> None:
    code = normalise_code(text)

    assert code is None or normalise_code(code) == code
