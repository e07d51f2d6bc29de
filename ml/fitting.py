"""From labelled complaints to a candidate: every head, the titles, and what other desks and labels lend."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ml.dataset import COLUMNS, TARGETS, Example, without_copies
from ml.heads import Head, Lent, TrainingSet, train_head
from ml.labels import Label, of_target
from ml.pipeline import Features, Matrix, Prepared, prepare
from ml.sources import ENOUGH_OWN, Source, context_of, lends, lent_weight, neighbours, phrases, shares
from ml.text import Stemmer
from ml.title_training import train_titles
from ml.titles import TitleModel

Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """A candidate that is not yet in any store.

    The first `own` examples are those of this desk, oldest first; behind them stand lent ones. `matrix` has a row
    per example first. `foreign` counts the rows of the sources that were used at all.
    """

    examples: Sequence[Example]
    own: int
    features: Features
    matrix: Matrix
    stemmer: Stemmer
    heads: Mapping[str, Head]
    titles: TitleModel
    foreign: int = 0


def fit(
    examples: Sequence[Example],
    targets: Sequence[str] = TARGETS,
    tell: Tell = lambda text, fraction: None,
    *,
    sources: Sequence[Sequence[Example]] = (),
    labels: Sequence[Label] = (),
    threads: int = 1,
) -> Trained:
    """Train every target that some label of the examples has enough rows for.

    `sources` are rows of other desks, one list per desk: they are never answers of this one unless both use the
    same labels. `labels` describe labels before anybody used them. `tell` hears of each step and how much is done
    (0 to 1). The result depends on the set of examples alone, not on their order or on `threads`.
    """
    # More threads inside one sum would change its last bit.
    with threadpool_limits(1):
        return _fit(sorted(without_copies(examples), key=_age), len(examples), targets, tell, sources, labels, threads)


def _fit(
    own: Sequence[Example],
    given: int,
    targets: Sequence[str],
    tell: Tell,
    files: Sequence[Sequence[Example]],
    labels: Sequence[Label],
    threads: int,
) -> Trained:
    tell(f"{len(own)} complaints ({given - len(own)} exact copies left out)", 0.01)
    stemmer = Stemmer()
    near = neighbours(own, files, stemmer)
    tell(f"{len(set(near.own_groups))} groups of nearly equal texts", 0.05)
    described = {target: of_target(labels, target) for target in targets}
    lending = {target: [lends(target, own, source, described[target]) for source in near.sources] for target in targets}
    lent_by = [any(lending[target][number] for target in targets) for number in range(len(near.sources))]
    texts = [prepare(row.text, stemmer) for row in own]
    context = context_of([text.stems for text in texts], near.sources, lent_by)
    if context.width:
        foreign = sum(len(source.examples) for source in near.sources)
        tell(f"{len(context.terms)} words in context, {len(context.bias)} opinions from {foreign} foreign rows", 0.15)
    desk = _Desk(own, near.sources, lent_by, described, stemmer)
    features = Features(context=context).fit([*texts, *desk.lent_texts, *(text for text, _, _ in desk.phrases)])
    matrix = desk.matrix(features, texts)
    data = TrainingSet(
        desk.examples,
        matrix,
        [*near.own_groups, *desk.lent_groups],
        features.common,
        len(own),
        {target: desk.lent(target, lending[target]) for target in targets},
        {target: shares(described[target]) for target in targets},
    )
    heads: dict[str, Head] = {}
    for number, target in enumerate(targets):
        head = train_head(target, data, threads)
        done = 0.2 + 0.7 * (number + 1) / len(targets)
        if head is not None:
            heads[target] = head
            tell(f"{target}: {head.metrics.rows} rows, {head.metrics.labels} labels, unseen {_short(head)}", done)
        elif any(row.label(target) for row in own):
            tell(f"{target}: no label has enough rows", done)
    titles = train_titles([*desk.lent_examples, *own])
    tell(f"titles: {sum(bool(row.title) for row in desk.examples)} to learn from, {len(titles.weights)} weights", 0.95)
    return Trained(
        desk.examples, len(own), features, matrix, stemmer, heads, titles, sum(len(s.examples) for s in near.sources)
    )


class _Desk:
    """Own rows, then lent rows, then the phrases of labels: the order of the matrix."""

    def __init__(
        self,
        own: Sequence[Example],
        sources: Sequence[Source],
        lent_by: Sequence[bool],
        described: Mapping[str, Sequence[Label]],
        stemmer: Stemmer,
    ) -> None:
        self._sources = sources
        self._numbers = [number for number, lends_rows in enumerate(lent_by) if lends_rows]
        self._described = described
        self._own = own
        self.lent_examples = [row for number in self._numbers for row in sources[number].examples]
        self.lent_groups = [group for number in self._numbers for group in sources[number].groups]
        self.lent_texts = [prepare(row.text, stemmer) for row in self.lent_examples]
        self.examples = [*own, *self.lent_examples]
        self.phrases: list[tuple[Prepared, str, str]] = [
            (text, target, label)
            for target, rows in sorted(described.items())
            if self._teaches(target)
            for text, label in phrases(rows, stemmer)
        ]

    def _teaches(self, target: str) -> bool:
        # What a label is called teaches nothing any more to a desk that has its own thousands of rows.
        return sum(bool(row.label(target)) for row in self._own) < ENOUGH_OWN

    def matrix(self, features: Features, texts: Sequence[Prepared]) -> Matrix:
        """Numbers of all texts."""
        return features.transform([*texts, *self.lent_texts, *(text for text, _, _ in self.phrases)])

    def lent(self, target: str, lending: Sequence[bool]) -> Lent:
        """What teaches a target beside the own rows: rows of sources in the same language, phrases of labels."""
        known = {label.label for label in self._described[target]}
        known |= {label for row in self._own if known and (label := row.label(target))}
        rows: list[tuple[int, str]] = []
        start = len(self._own)
        for number in self._numbers:
            source = self._sources[number]
            if lending[number]:
                rows += [
                    (start + position, label)
                    for position, row in enumerate(source.examples)
                    if (label := row.label(target)) and (not known or label in known)
                ]
            start += len(source.examples)
        start = len(self.examples)
        rows += [(start + position, label) for position, (_, of, label) in enumerate(self.phrases) if of == target]
        own = sum(bool(row.label(target)) for row in self._own)
        return Lent(tuple(row for row, _ in rows), tuple(label for _, label in rows), lent_weight(own))


def _age(example: Example) -> tuple[str, ...]:
    return (example.date or "", *(str(getattr(example, column) or "") for column in COLUMNS))


def _short(head: Head) -> str:
    figures = head.metrics
    badge = ", low data" if head.low_data else ""
    return f"accuracy {figures.accuracy:.3f}, macro F1 {figures.macro_f1:.3f}, top 3 {figures.top3:.3f}{badge}"
