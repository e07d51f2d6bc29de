"""The code with which somebody without an account follows a complaint."""

from collections.abc import Callable

# Crockford's base 32: no I, L, O and U, so that a code survives handwriting and the telephone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_SYMBOLS = 13  # 65 bits

_GROUP = 4
_LENGTH = RANDOM_SYMBOLS + 1
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SEPARATORS = str.maketrans(dict.fromkeys(" \t\r\n\u00a0-.\u2010\u2011\u2012\u2013\u2014", ""))


def make_code(choose: Callable[[str], str]) -> str:
    """A new tracking code such as `7K3M-Q0X2-9VTB-HC`: 13 chosen symbols and one check symbol.

    `choose` takes one symbol out of a string and must be unpredictable (`secrets.choice`): the code is half
    of what protects a secret complaint.
    """
    symbols = "".join(choose(ALPHABET) for _ in range(RANDOM_SYMBOLS))
    return _grouped(symbols + _check_symbol(symbols))


def normalise_code(text: str) -> str | None:
    """The code somebody typed, written as `make_code` writes it; `None` when it cannot be a code.

    Lower case, other or missing separators, O for 0 and I or L for 1 are forgiven. The check symbol finds
    every single wrong symbol and every swap of neighbours except 0 with Z.
    """
    typed = text.translate(_SEPARATORS)
    if not typed.isascii():
        return None
    symbols = typed.upper().translate(_MISREAD)
    if len(symbols) != _LENGTH or not set(symbols) <= set(ALPHABET):
        return None
    return _grouped(symbols) if _check_symbol(symbols[:-1]) == symbols[-1] else None


def _check_symbol(symbols: str) -> str:
    # Luhn's algorithm for an alphabet of 32 instead of 10: every second value is doubled, digits are added.
    base, total = len(ALPHABET), 0
    for position, symbol in enumerate(reversed(symbols)):
        value = ALPHABET.index(symbol) * (2 - position % 2)
        total += value // base + value % base
    return ALPHABET[-total % base]


def _grouped(symbols: str) -> str:
    return "-".join(symbols[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))
