"""Checking what people typed, all problems at once, before anything is written."""

import re
import unicodedata
from collections.abc import Iterable

from complaints.refusals import Invalid, Problem

# C0 and C1 controls except tab, line feed and carriage return. PostgreSQL cannot store NUL, and the rest is
# never typed by a person.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Problems:
    """Collects what is wrong, then raises it together."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, field: str, code: str, **data: str | int) -> None:
        """Note one problem under the field's name as the client knows it."""
        self._found.append(Problem(field, code, data))

    def has(self, field: str) -> bool:
        """Whether something was noted about this field."""
        return any(problem.field == field for problem in self._found)

    def text(self, value: str | None, field: str, *, longest: int, shortest: int = 0) -> str | None:
        """The text in NFC without outer blanks, or None when nothing was typed; lengths in characters."""
        if value is None:
            return None
        if _CONTROL.search(value) or any("\ud800" <= c <= "\udfff" for c in value):
            self.add(field, "CONTROL_CHARACTER")
            return None
        text = unicodedata.normalize("NFC", value).strip()
        if len(text) > longest:
            self.add(field, "TOO_LONG", max=longest, length=len(text))
            return None
        if len(text) < shortest:
            self.add(field, "TOO_SHORT" if text else "REQUIRED", min=shortest, length=len(text))
            return None
        return text or None

    def words(self, values: Iterable[str], field: str, *, most: int, longest: int) -> list[str]:
        """Distinct short texts, in order."""
        kept: list[str] = []
        for value in values:
            text = self.text(value, field, longest=longest)
            if text is not None and text not in kept:
                kept.append(text)
        if len(kept) > most:
            self.add(field, "TOO_MANY", max=most, length=len(kept))
        return kept

    def settle(self) -> None:
        """Raise `Invalid` with everything found, or pass."""
        if self._found:
            raise Invalid(*self._found)


def required_text(value: str, field: str, longest: int) -> str:
    """One text that must be there; raises `Invalid` naming the field."""
    problems = Problems()
    text = problems.text(value, field, longest=longest, shortest=1)
    problems.settle()
    return text or ""


def optional_text(value: str | None, field: str, longest: int) -> str | None:
    """One text that may be absent; raises `Invalid` naming the field."""
    problems = Problems()
    text = problems.text(value, field, longest=longest)
    problems.settle()
    return text
