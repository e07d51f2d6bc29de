"""Suggestions for new complaints: titles, and for each target the best labels with their reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ml.answer import Ranked
from ml.confidence import Floats
from ml.scorer import LeanHead, Reading, Scorer
from ml.titles import readable_label, suggest_titles
from ml.tree import LEAF, MAIN

CHOICES = 3
AGENCY = "agency"
# A title or a place longer than this is not one; what is beyond is not read.
MAX_LINE = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """What a citizen has written so far. `location` is "Kel. X, Kec. Y, Kota Z" from small to large.

    `category` and `category_main` are labels a person has set: the agency follows from them. `asked` are agencies
    whose chance together is wanted; one that ends in "." stands for all labels that begin with it.
    """

    text: str
    title: str | None = None
    location: str | None = None
    category: str | None = None
    category_main: str | None = None
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One suggested label, the chance (0 to 1) that it is right, and the citizen's words that spoke for it.

    `words` come from one linear model before calibration: they explain, they do not add up to `confidence`.
    """

    label: str
    confidence: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best labels of one target, best first: three, or all when the target has fewer.

    `abstained`: the model was asked and is not sure, its first confidence is below `threshold`. The choices
    are there all the same, for people to look at. `is_proven`: the head rests on enough decisions of people;
    `is_automatic`: sure, and proven, so that it may act without one. `plausible`: how many labels hold the right one
    in 95 of 100 cases; where nothing is automatic yet, that many choices are given, up to ten.
    """

    choices: tuple[Choice, ...]
    abstained: bool
    threshold: float
    is_automatic: bool = False
    plausible: int = 1
    is_proven: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Everything suggested for one draft; `heads` has one ranking per target the version was trained on.

    `asked_chance` is the chance (0 to 1) that the agency is one of `Draft.asked`, before it is calibrated; None when
    none was asked about, or the version knows none of them.
    """

    titles: tuple[str, str, str]
    heads: Mapping[str, Ranking]
    asked_chance: float | None = None


class Predictor:
    """One loaded version. Safe to share between threads."""

    def __init__(self, scorer: Scorer, version: str) -> None:
        self.version = version
        self._scorer = scorer

    @property
    def targets(self) -> tuple[str, ...]:
        """What can be suggested, sorted."""
        return tuple(sorted(self._scorer.heads))

    def labels(self, target: str) -> tuple[str, ...]:
        """Every label a target can answer, sorted; KeyError for a target the version does not have."""
        return self._scorer.heads[target].judge.labels

    def suggest(self, drafts: Sequence[Draft]) -> list[Suggestion]:
        """A suggestion per draft, in order. Each is the same whether asked alone or among others."""
        return [self._suggest(draft) for draft in drafts]

    def rank(self, drafts: Sequence[Draft], target: str) -> list[Ranking]:
        """Only one target, without titles and reasons: for measuring. KeyError for a target it does not have."""
        scorer = self._scorer
        head = scorer.heads[target]
        asked = {target: head, **(scorer.heads if scorer.tree and target in (LEAF, MAIN) else {})}
        asked = {name: head for name, head in asked.items() if name == target or name in (LEAF, MAIN)}
        answers = []
        for draft in drafts:
            chances, scores = self._chances(draft, scorer.reader.read(_features_text(draft)), asked)
            ranked = self._ranked(draft, chances, scores, asked)
            answers.append(_ranking(head, ranked[target], None))
        return answers

    def chances(self, draft: Draft, target: str) -> dict[str, float]:
        """The chance of every label of a target before it is calibrated; they sum to one."""
        scorer = self._scorer
        reading = scorer.reader.read(_features_text(draft))
        found, _ = self._chances(draft, reading, scorer.heads)
        return dict(zip(self.labels(target), map(float, found[target]), strict=True))

    def _suggest(self, draft: Draft) -> Suggestion:
        scorer = self._scorer
        reading = scorer.reader.read(_features_text(draft))
        chances, scores = self._chances(draft, reading, scorer.heads)
        ranked = self._ranked(draft, chances, scores, scorer.heads)
        heads = {target: _ranking(head, ranked[target], reading) for target, head in scorer.heads.items()}
        location = draft.location[:MAX_LINE] if draft.location else None
        titles = suggest_titles(draft.text, scorer.titles, issue=_issue(heads), location=location)
        return Suggestion(titles, heads, self._asked_chance(draft.asked, chances))

    def _asked_chance(self, asked: Sequence[str], chances: Mapping[str, Floats]) -> float | None:
        if not asked or AGENCY not in chances:
            return None
        whole, begins = set(asked), tuple(entry for entry in asked if entry.endswith("."))
        labels = self._scorer.heads[AGENCY].judge.labels
        found = [number for number, label in enumerate(labels) if label in whole or label.startswith(begins)]
        # Rounding may bring a sum of all labels a little above one.
        return min(float(chances[AGENCY][found].sum()), 1.0) if found else None

    def _chances(
        self, draft: Draft, reading: Reading, heads: Mapping[str, LeanHead]
    ) -> tuple[dict[str, Floats], dict[str, tuple[Floats, Floats]]]:
        text, known = _features_text(draft), _known(draft)
        location = draft.location[:MAX_LINE] if draft.location else None
        scores = {target: head.scores(reading) for target, head in heads.items()}
        chances = {target: head.judge.chances(*scores[target], location, text, known) for target, head in heads.items()}
        tree = self._scorer.tree
        if tree and LEAF in heads and MAIN in heads:
            chances[LEAF], chances[MAIN] = tree.together(chances[LEAF], chances[MAIN])
        return chances, scores

    def _ranked(
        self,
        draft: Draft,
        chances: Mapping[str, Floats],
        scores: Mapping[str, tuple[Floats, Floats]],
        heads: Mapping[str, LeanHead],
    ) -> dict[str, Ranked]:
        known, tree = _known(draft), self._scorer.tree
        ranked = {
            target: head.judge.answer(chances[target], *scores[target], _count(head), known)
            for target, head in heads.items()
        }
        if tree and LEAF in heads and MAIN in heads:
            # The best main category stands first, because the confidences of the others follow from its own.
            mains = [ranked[MAIN].labels[0], *(main for main in tree.mains_of(ranked[LEAF]) if main >= 0)]
            sure = heads[MAIN].judge.sure(chances[MAIN], *scores[MAIN], mains, known)
            ranked[LEAF] = tree.not_surer(ranked[LEAF], dict(zip(mains[::-1], sure[::-1], strict=True)))
        return ranked


def _features_text(draft: Draft) -> str:
    # A title a person has confirmed is worth two to three points, so it is read together with the text.
    return draft.text if not draft.title else f"{draft.title[:MAX_LINE]}\n{draft.text}"


def _ranking(head: LeanHead, ranked: Ranked, reading: Reading | None) -> Ranking:
    labels = head.judge.labels
    words: list[tuple[str, ...]] = [()] * len(ranked.labels)
    if reading is not None:
        # Further choices are there to be picked from a list, where nobody reads reasons.
        words = [*head.speaking(reading, ranked.labels[:CHOICES]), *words[CHOICES:]]
    choices = tuple(
        Choice(labels[label], confidence, said)
        for label, confidence, said in zip(ranked.labels, ranked.confidences, words, strict=True)
    )
    sure = choices[0].confidence >= head.threshold
    proven = head.may_be_automatic
    return Ranking(choices, not sure, head.threshold, sure and proven, ranked.plausible, proven)


def _count(head: LeanHead) -> int | None:
    return CHOICES if head.may_be_automatic else None


def _known(draft: Draft) -> Mapping[str, str]:
    given = {"category": draft.category, "category_main": draft.category_main}
    return {name: label for name, label in given.items() if label}


def _issue(heads: Mapping[str, Ranking]) -> str | None:
    for target in ("category", "category_main"):
        if target in heads:
            return readable_label(heads[target].choices[0].label) or None
    return None
