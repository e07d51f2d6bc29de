"""Suggestions for new complaints: titles, and for each target the best labels with their reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ml.answer import Ranked
from ml.scorer import LeanHead, Reading, Scorer
from ml.titles import readable_label, suggest_titles

CHOICES = 3
# A title or a place longer than this is not one; what is beyond is not read.
MAX_LINE = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """What a citizen has written so far. `location` is "Kel. X, Kec. Y, Kota Z" from small to large."""

    text: str
    title: str | None = None
    location: str | None = None


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
    are there all the same, for people to look at.
    """

    choices: tuple[Choice, ...]
    abstained: bool
    threshold: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Everything suggested for one draft; `heads` has one ranking per target the version was trained on."""

    titles: tuple[str, str, str]
    heads: Mapping[str, Ranking]


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
        """Only one target, without titles and reasons: for measuring."""
        head = self._scorer.heads[target]
        rankings = []
        for draft in drafts:
            text = _features_text(draft)
            ranked = head.rank(self._scorer.reader.read(text), draft.location, text, CHOICES)
            rankings.append(_ranking(head, ranked, None))
        return rankings

    def _suggest(self, draft: Draft) -> Suggestion:
        scorer = self._scorer
        text = _features_text(draft)
        location = draft.location[:MAX_LINE] if draft.location else None
        reading = scorer.reader.read(text)
        heads = {}
        for target, head in scorer.heads.items():
            heads[target] = _ranking(head, head.rank(reading, location, text, CHOICES), reading)
        titles = suggest_titles(
            draft.text,
            scorer.titles,
            nearest=scorer.nearest.find(reading),
            issue=_issue(heads),
            location=location,
        )
        return Suggestion(titles, heads)


def _features_text(draft: Draft) -> str:
    # A title a person has confirmed is worth two to three points, so it is read together with the text.
    return draft.text if not draft.title else f"{draft.title[:MAX_LINE]}\n{draft.text}"


def _ranking(head: LeanHead, ranked: Ranked, reading: Reading | None) -> Ranking:
    choices = tuple(
        Choice(head.judge.labels[label], confidence, head.speaking(reading, label) if reading is not None else ())
        for label, confidence in zip(ranked.labels, ranked.confidences, strict=True)
    )
    return Ranking(choices, choices[0].confidence < head.threshold, head.threshold)


def _issue(heads: Mapping[str, Ranking]) -> str | None:
    for target in ("category", "category_main"):
        if target in heads:
            return readable_label(heads[target].choices[0].label) or None
    return None
