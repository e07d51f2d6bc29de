"""What a small desk takes from others: their rows where both use the same labels, their models' opinions elsewhere."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.svm import LinearSVC

from ml.context import TEXTS_FOR_VECTORS, Context, Opinion, count, half, joined, terms_of, vectors_of, weighed
from ml.dataset import TARGETS, Example, fingerprint, near_duplicate_groups, without_copies
from ml.labels import Label
from ml.pipeline import Prepared, prepare, two_columns
from ml.places import LocalOffices
from ml.text import Stemmer

# With this many rows of its own a desk learns nothing from others: -0.3 points on 7,000 rows, +2 to +8 on 600.
ENOUGH_OWN = 5_000
# A lent row counts as a third of an own one while there are none, and less with every own one. Beside 50 own rows a
# third was the best of seven weights (a tenth cost a point), beside 300 a tenth (a third cost a point).
LENT_WEIGHT = 1.0 / 3.0
LENT_FADES = 150.0
# Two desks speak the same language when this part of the rows carries labels of the other one. Rows of a desk that
# shares but a few labels cost nine points: what they teach is how often those few are used elsewhere.
SAME_LANGUAGE = 0.5
# A label of another desk with fewer rows gives no opinion worth asking for.
ROWS_FOR_OPINION = 5


@dataclass(frozen=True, slots=True)
class Source:
    """Another desk: its rows without those that nearly equal an own one, their numbers of group, and their stems."""

    examples: tuple[Example, ...]
    groups: tuple[int, ...]
    stems: tuple[str, ...]

    def labels(self, target: str) -> Counter[str]:
        """How many rows each label of a target has."""
        return Counter(label for row in self.examples if (label := row.label(target)))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The sources in an order of their own, and the groups of nearly equal texts of the own rows."""

    sources: tuple[Source, ...]
    own_groups: tuple[int, ...]


def neighbours(own: Sequence[Example], files: Sequence[Sequence[Example]], stemmer: Stemmer) -> Neighbours:
    """Clean the rows of the sources: no copies, no file twice, no text that nearly equals an own one."""
    by_content = {fingerprint(rows): rows for rows in (without_copies(rows) for rows in files) if rows}
    lists = [sorted(by_content[key], key=_content) for key in sorted(by_content)]
    groups = near_duplicate_groups([row.text for row in (*own, *(row for rows in lists for row in rows))])
    known = set(groups[: len(own)])
    sources, start = [], len(own)
    for rows in lists:
        kept = [(row, group) for row, group in zip(rows, groups[start:], strict=False) if group not in known]
        start += len(rows)
        if kept:
            stems = tuple(_with_title(row, stemmer) for row, _ in kept)
            sources.append(Source(tuple(row for row, _ in kept), tuple(group for _, group in kept), stems))
    return Neighbours(tuple(sources), tuple(groups[: len(own)]))


def lends(target: str, own: Sequence[Example], source: Source, labels: Sequence[Label]) -> bool:
    """Whether rows of a source may teach a target: own rows, or known labels, must be in the same language."""
    theirs = source.labels(target)
    ours = Counter(label for row in own if (label := row.label(target)))
    if not theirs or ours.total() >= ENOUGH_OWN:
        return False
    known = {label.label for label in labels}
    if sum(rows for label, rows in theirs.items() if label in known) >= SAME_LANGUAGE * theirs.total():
        return True
    if not ours:
        return not known
    return sum(rows for label, rows in ours.items() if label in theirs) >= SAME_LANGUAGE * ours.total()


def context_of(own: Sequence[str], sources: Sequence[Source], lending: Sequence[bool]) -> Context:
    """What the own texts (as stems) and the sources know about words.

    A source that lends rows (`lending`) is not asked for its opinion as well: what it has to say is in the rows, and
    heard twice it outvoted fifty own rows (two to three points, even where no model had seen the row it judged).
    """
    asked = sources if len(own) < ENOUGH_OWN else ()
    texts = [*own, *(stems for source in asked for stems in source.stems)]
    if not asked and len(texts) < TEXTS_FOR_VECTORS:
        return Context()
    terms, idf = terms_of(texts)
    if not terms:
        return Context()
    none = np.zeros((len(terms), 0), dtype=np.float32), np.zeros(0, dtype=np.float32)
    views = vectors_of(texts, terms) if len(texts) >= TEXTS_FOR_VECTORS else none
    models: list[Opinion] = []
    for source, lends_rows in zip(asked, lending, strict=False):
        if lends_rows:
            continue
        rows = weighed(count(source.stems, terms), idf)
        for target in TARGETS:
            names = _names(source, target)
            if len(set(filter(None, names))) > 1:
                models.append(_opinion(rows, names))
    return joined(terms, idf, views, models)


def lent_weight(own: int) -> float:
    """What a lent row counts beside `own` labelled rows of the desk, each of which counts 1."""
    return LENT_WEIGHT * LENT_FADES / (LENT_FADES + own)


def _names(source: Source, target: str) -> list[str | None]:
    given = [row.label(target) for row in source.examples]
    offices = LocalOffices.among(label for label in given if label)
    named = [offices.class_of(label) if label else None for label in given]
    rows = Counter(named)
    return [name if name and rows[name] >= ROWS_FOR_OPINION else None for name in named]


def _opinion(rows: Any, names: Sequence[str | None]) -> Opinion:
    known = [position for position, name in enumerate(names) if name]
    model = LinearSVC(C=0.3, class_weight="balanced", dual=True, tol=0.1, random_state=0)
    model.fit(rows[known], [str(names[position]) for position in known])
    weights, bias = model.coef_.T, model.intercept_
    if weights.shape[1] == 1:
        weights = two_columns(weights[:, 0])
        bias = two_columns(np.asarray(bias))[0]
    return Opinion(half(weights), np.asarray(bias, dtype=np.float32))


def _content(example: Example) -> tuple[str, ...]:
    return (example.text, *(example.label(target) or "" for target in TARGETS), example.title or "", example.id)


def _with_title(example: Example, stemmer: Stemmer) -> str:
    return prepare(f"{example.title}\n{example.text}" if example.title else example.text, stemmer).stems


def phrases(labels: Sequence[Label], stemmer: Stemmer) -> list[tuple[Prepared, str]]:
    """Names and keywords of labels as very short complaints, each with its label."""
    return [(prepare(phrase, stemmer), label.label) for label in labels for phrase in label.phrases]


def shares(labels: Sequence[Label]) -> Mapping[str, float]:
    """Published shares of the labels that have one."""
    return {label.label: label.share for label in labels if label.share is not None}
