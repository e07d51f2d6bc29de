"""Phrases that tell the agency, found in what people decided before, as rules that a person may take up."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rules.language import Outcome, Rule, Text, TextTest

# The point of the normal distribution that leaves 2.5 % on either side.
Z = 1.959963984540054
# A phrase is at most so many words side by side.
LONGEST_PHRASE = 3
NAME_MAX = 120


@dataclass(frozen=True, slots=True)
class MiningSettings:
    """What a phrase must show before it is proposed.

    `support` is the number of decided complaints with it, on the older history and again on the newer one; `precision`
    the share of them that went to its agency, on both. `held_out` is the newest share of history, which only judges
    what the older part proposed. `most_per_agency` keeps one agency from filling the list.
    """

    support: int = 20
    precision: float = 0.95
    held_out: float = 0.25
    most_per_agency: int = 20


@dataclass(frozen=True, slots=True)
class Count:
    """Of `cases` decided complaints that contain a phrase, `hits` went to its agency."""

    hits: int
    cases: int

    @property
    def precision(self) -> float:
        """The share that went there; 0 of none."""
        return self.hits / self.cases if self.cases else 0.0

    @property
    def low(self) -> float:
        """The lower bound of its Wilson interval (95 %): few cases say less than many."""
        return wilson_low(self.hits, self.cases)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A phrase, as stems and as people mostly write it, and the agency most complaints with it went to.

    `taught` counts the older history, `held_out` the newest part, for the same agency. The agency is a code or a kind
    of local office.
    """

    stems: tuple[str, ...]
    words: tuple[str, ...]
    agency: str
    taught: Count
    held_out: Count


def wilson_low(hits: int, cases: int, z: float = Z) -> float:
    """The lower bound of the Wilson interval of a share; 0 of no case."""
    if cases == 0 or hits == 0:
        return 0.0
    share = hits / cases
    middle = share + z**2 / (2 * cases)
    half = z * math.sqrt(share * (1 - share) / cases + (z / (2 * cases)) ** 2)
    return (middle - half) / (1 + z**2 / cases)


def chosen(candidates: Iterable[Candidate], settings: MiningSettings) -> list[Candidate]:
    """The candidates worth a person's look, the surest first.

    The older history chooses, by the lower Wilson bound; the newest one confirms. What a better phrase of the same
    agency contains, or is contained in, says nothing new.
    """
    sure = [
        candidate
        for candidate in candidates
        if all(
            count.cases >= settings.support and count.precision >= settings.precision
            for count in (candidate.taught, candidate.held_out)
        )
    ]
    kept: defaultdict[str, list[Candidate]] = defaultdict(list)
    # Of equals the shorter one holds more often, the rest is order for order's sake.
    for candidate in sorted(sure, key=lambda c: (-c.taught.low, len(c.stems), c.stems, c.agency)):
        better = kept[candidate.agency]
        if len(better) < settings.most_per_agency and not any(
            contains(candidate.stems, other.stems) or contains(other.stems, candidate.stems) for other in better
        ):
            better.append(candidate)
    found = [candidate for of_agency in kept.values() for candidate in of_agency]
    return sorted(found, key=lambda c: (-c.held_out.low, c.agency, c.stems))


def contains(whole: Sequence[str], part: Sequence[str]) -> bool:
    """Whether `part` stands in `whole`, side by side."""
    return any(tuple(whole[start : start + len(part)]) == tuple(part) for start in range(len(whole) - len(part) + 1))


def proposed(candidate: Candidate, called: Mapping[str, str]) -> Rule:
    """The rule that a candidate makes; `called` is what people call agencies and kinds of office.

    Its code and position mean nothing: whoever takes it up gives it both.
    """
    phrase = " ".join(candidate.words)
    name = called.get(candidate.agency, candidate.agency)
    count = candidate.held_out
    return Rule(
        code="USULAN",
        position=0,
        name=f"'{phrase}' ke {name}"[:NAME_MAX],
        reason=f"'{phrase}' → {name}, {count.cases} kasus, {_percent(count.precision)}",
        when=Text(text=TextTest(words=phrase)),
        then=Outcome(queue=candidate.agency),
    )


def _percent(share: float) -> str:
    # As Indonesian writes it: a comma, and no decimal that says nothing.
    return f"{100 * share:.1f}".rstrip("0").rstrip(".").replace(".", ",") + " %"
