"""What somebody typed into a search field, as a question over stems."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from complaints.inputs import Problems
from ml.similar import Placed, placed_stems
from rules.tracking import normalise_code

LONGEST = 300
# More conditions than anybody types; each one costs a walk through the index.
MOST_TERMS = 20

# A minus only where a word begins: "anak-anak" is one word.
_TERM = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')
_ALTERNATIVES = frozenset({"OR", "ATAU"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question: a `tsquery`, the stems to show in what is found, and those that each find must have one of.

    `code` is the tracking code, if the whole text is one.
    """

    tsquery: str
    stems: frozenset[str]
    groups: Sequence[Sequence[str]]
    code: str | None = None

    def share(self, shares: Mapping[str, float]) -> float:
        """At most this share of all complaints can answer: that of the rarest stem of every alternative."""
        return min(1.0, sum(min(shares.get(stem, 0.0) for stem in group) for group in self.groups))

    def within(self, months: Iterable[str]) -> str:
        """The `tsquery` narrowed to complaints of these months."""
        either = " | ".join(f"'{month}'" for month in months)
        return f"({self.tsquery}) & ({either})"


def read_query(text: str, field: str = "text") -> Wanted:
    """Words, "exact phrases", -left -out, and OR (ATAU) between alternatives, as people write them.

    Raises `Invalid` for a text too long, and for one that looks for nothing: only everyday words, only minus.
    """
    problems = Problems()
    tidy = problems.text(text, field, shortest=1, longest=LONGEST)
    problems.settle()
    code = normalise_code(tidy or "")
    alternatives: list[list[str]] = [[]]
    wanted: list[list[str]] = [[]]
    for number, match in enumerate(_TERM.finditer(tidy or "")):
        if number == MOST_TERMS:
            break
        if match["word"] in _ALTERNATIVES and not match["minus"]:
            alternatives.append([])
            wanted.append([])
            continue
        placed = placed_stems(match["phrase"] if match["word"] is None else match["word"])
        if not placed:
            continue
        together = match["phrase"] is not None or match["minus"] is not None
        condition = _phrase(placed) if together else " & ".join(f"'{stem}'" for _, stem in placed)
        alternatives[-1].append(f"!({condition})" if match["minus"] else f"({condition})")
        if not match["minus"]:
            wanted[-1].extend(stem for _, stem in placed)
    complete = [(terms, stems) for terms, stems in zip(alternatives, wanted, strict=True) if stems]
    if not complete and code is None:
        problems.add(field, "NO_SEARCH_WORDS")
        problems.settle()
    return Wanted(
        tsquery=" | ".join(f"({' & '.join(terms)})" for terms, _ in complete),
        stems=frozenset(stem for _, stems in complete for stem in stems),
        groups=tuple(tuple(stems) for _, stems in complete),
        code=code,
    )


def _phrase(placed: Sequence[Placed]) -> str:
    """Stems in this order, as far apart as they were written."""
    return "".join(_steps(placed))


def _steps(placed: Sequence[Placed]) -> Iterator[str]:
    before: int | None = None
    for place, stem in placed:
        if before is not None:
            yield f" <{place - before}> "
        yield f"'{stem}'"
        before = place
