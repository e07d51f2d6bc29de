"""One sentence in both languages: Indonesian first, English second."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Wording(NamedTuple):
    """One sentence in both languages; braces take the refusal's data."""

    indonesian: str
    english: str

    def said(self, data: "Mapping[str, str | int | Wording]") -> "Wording":
        """The sentence with its data filled in; a datum may have words of its own in each language."""
        return Wording(
            self.indonesian.format(**{key: _in(value, 0) for key, value in data.items()}),
            self.english.format(**{key: _in(value, 1) for key, value in data.items()}),
        )


def _in(value: "str | int | Wording", language: int) -> str | int:
    return value[language] if isinstance(value, Wording) else value


def listed(wordings: Iterable[Wording]) -> Wording:
    """Several as one: "verifikasi, disposisi"; a dash for none."""
    found = list(wordings)
    return Wording(", ".join(w.indonesian for w in found) or "–", ", ".join(w.english for w in found) or "–")
