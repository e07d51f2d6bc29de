"""Which three of many possible titles are offered: those that together come nearest to what a person would write."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.nearest import RARE, Near, NearestTitles, words_of
from ml.wording import FUNCTION_WORDS, PHATIC

# Runs of words that are weighed against each other; the rest keeps too little of what titles keep.
POOL = 32
SHORTEST, LONGEST = 2, 12
SPAN_FEATURES = 36
NEAR_FEATURES = 23
# The choice is surer of its first candidates than the weights are alone; 1 to 2 measured alike.
SHARPNESS = 1.5
# An edge word met in too few titles to know whether it begins or ends them.
UNKNOWN_EDGE = -2.0

Numbers = NDArray[np.float64]


class Token(NamedTuple):
    """A word of a complaint where it stands: sentence and place in it count from 0."""

    surface: str
    word: str
    sentence: int
    place: int
    is_private: bool
    breaks_before: int


class Candidates(NamedTuple):
    """Possible titles: runs of `found` first, then `titles` with the words of each.

    `features` has the shape (candidates, features); `words` holds a number per word of `found`.
    """

    found: Sequence[Token]
    words: Sequence[int]
    starts: Sequence[int]
    stops: Sequence[int]
    titles: Sequence[tuple[str, tuple[int, ...]]]
    features: Numbers

    def text(self, row: int) -> str:
        """One candidate as written."""
        if row < len(self.starts):
            return " ".join(token.surface for token in self.found[self.starts[row] : self.stops[row]])
        return self.titles[row - len(self.starts)][0]


def candidates(
    found: Sequence[Token],
    ends: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    keep: Numbers,
    length: float,
    edges: tuple[Mapping[str, float], Mapping[str, float]],
    near: Sequence[Near],
    index: NearestTitles,
) -> Candidates:
    """Runs of words and titles of near complaints.

    `ends` says which words may begin and end a run, `keep` is the chance of each word to be in the title,
    `length` the usual number of words of a title, `edges` the log odds of words to begin and to end one.
    """
    total = sum(title.nearness for title in near) or 1.0
    votes: Counter[str] = Counter()
    for title in near:
        for word in set(title.words):
            votes[word] += title.nearness / total  # type: ignore[assignment]
    starts, stops, spans = _spans(found, ends, keep, length, edges, votes, near[0].nearness if near else 0.0)
    numbers: dict[str, int] = {}
    words = [numbers.setdefault(token.word, len(numbers)) for token in found]
    chance: dict[str, float] = {}
    for token, kept in zip(found, keep.tolist(), strict=True):
        chance[token.word] = max(chance.get(token.word, 0.0), kept)
    titles: list[tuple[str, tuple[int, ...]]] = []
    rows: list[list[float]] = []
    seen: set[tuple[str, ...]] = set()
    for rank, title in enumerate(near):
        for is_cut, text in enumerate((title.title, _without_strangers(title, chance, index))):
            own = title.words if not is_cut else tuple(words_of(text))
            if own not in seen and len(own) >= SHORTEST:
                seen.add(own)
                titles.append((text, tuple([numbers.setdefault(word, len(numbers)) for word in own])))
                row = _near_features(own, title, rank, near[0].nearness, chance, votes, length, edges, index)
                row += (log(index.popularity.get(text.lower(), 0) + 1), float(is_cut))
                rows.append(row)
    features = np.zeros((len(starts) + len(rows), SPAN_FEATURES + NEAR_FEATURES))
    features[: len(starts), :SPAN_FEATURES] = spans
    if rows:
        features[len(starts) :, SPAN_FEATURES:] = rows
    return Candidates(found, words, starts, stops, titles, features)


def best_three(possible: Candidates, weights: Numbers) -> list[str]:
    """The three candidates with the highest expected word overlap (F1) of the best of them, best first.

    The candidates themselves stand for what a person might write, each with its chance: a second title is
    worth only what the first does not already cover.
    """
    if not len(possible.features):
        return []
    scores = SHARPNESS * (possible.features @ weights)
    chances = np.exp(scores - scores.max())
    chances /= chances.sum()
    overlap = _overlaps(possible)
    covered = np.zeros(len(chances))
    chosen: list[int] = []
    for _ in range(min(3, len(chances))):
        gain = np.maximum(overlap, covered) @ chances
        gain[chosen] = -1.0
        best = int(gain.argmax())
        chosen.append(best)
        covered = np.maximum(covered, overlap[best])
    return [possible.text(row) for row in chosen]


def runs(count: int, shortest: int, longest: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where every run of `shortest` to `longest` of `count` words starts, and its length; the short ones first."""
    starts = np.tile(np.arange(count), longest + 1 - shortest)
    lengths = np.repeat(np.arange(shortest, longest + 1), count)
    inside = starts + lengths <= count
    return starts[inside], lengths[inside]


def _spans(
    found: Sequence[Token],
    ends: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    keep: Numbers,
    usual: float,
    edges: tuple[Mapping[str, float], Mapping[str, float]],
    votes: Mapping[str, float],
    top: float,
) -> tuple[list[int], list[int], Numbers]:
    count = len(found)
    broken = np.asarray([*(word.breaks_before for word in found), 2])
    inner = np.zeros((count + 1, 6))
    np.cumsum(
        [
            (
                word.is_private,
                word.breaks_before == 2,
                word.breaks_before == 1,
                word.word in FUNCTION_WORDS,
                word.word in PHATIC,
                votes.get(word.word, 0.0),
            )
            for word in found
        ],
        axis=0,
        out=inner[1:],
    )
    kept = np.concatenate([[0.0], np.cumsum(keep)])
    logs = np.concatenate([[0.0], np.cumsum(np.log(keep + 1e-4))])
    starts, lengths = runs(count, SHORTEST, LONGEST)
    stops = starts + lengths
    allowed = ends[0][starts] & ends[1][stops - 1] & (inner[stops, 0] == inner[starts, 0])
    allowed &= inner[stops, 1] == inner[starts + 1, 1]
    starts, stops, lengths = starts[allowed], stops[allowed], lengths[allowed]
    score = 2 * (kept[stops] - kept[starts]) / (lengths + usual) - 0.06 * (inner[stops, 2] - inner[starts + 1, 2])
    order = np.argsort(-score, kind="stable")[:POOL]
    starts, stops, lengths, score = starts[order], stops[order], lengths[order], score[order]
    if not len(starts):
        return [], [], np.zeros((0, SPAN_FEATURES))
    first = np.asarray([edges[0].get(word.word, UNKNOWN_EDGE) for word in found])
    last = np.asarray([edges[1].get(word.word, UNKNOWN_EDGE) for word in found])
    sentences = np.minimum([word.sentence for word in found], 4)
    around = np.concatenate([[0.0], keep, [0.0]])
    within = inner[stops] - inner[starts]
    total = kept[stops] - kept[starts]
    said = logs[stops] - logs[starts]
    features = np.zeros((len(starts), SPAN_FEATURES))
    columns = (
        1.0, total, total / lengths, score, said / lengths, said, first[starts], last[stops - 1], keep[starts],
        keep[stops - 1], np.where(broken[starts] > 0, 0.0, around[starts]),
        np.where(broken[stops] > 0, 0.0, around[stops + 1]), broken[starts] == 1, broken[starts] == 2,
        broken[stops] == 1, broken[stops] == 2, sentences[starts], starts == 0, np.log1p(starts),
        inner[stops, 2] - inner[starts + 1, 2], within[:, 3], within[:, 4], within[:, 5], within[:, 5] / lengths,
        within[:, 5] * top, lengths / 10, total.max() - total,
    )  # fmt: skip
    for column, values in enumerate(columns):
        features[:, column] = values
    # One column for each length but the longest ones, which are alike.
    short = lengths <= SPAN_FEATURES - len(columns) + 1
    features[np.flatnonzero(short), len(columns) + lengths[short] - SHORTEST] = 1.0
    return starts.tolist(), stops.tolist(), features


def _near_features(
    own: Sequence[str],
    title: Near,
    rank: int,
    top: float,
    chance: Mapping[str, float],
    votes: Mapping[str, float],
    usual: float,
    edges: tuple[Mapping[str, float], Mapping[str, float]],
    index: NearestTitles,
) -> list[float]:
    count = len(own)
    strangers = [word for word in own if word not in chance]
    rare = sum(index.spread.get(word, 0) < RARE for word in strangers)
    kept = sum(chance.get(word, 0.0) for word in own)
    voted = sum(votes.get(word, 0.0) for word in own)
    known = count - len(strangers)
    return [
        1.0,
        title.nearness,
        title.nearness**2,
        title.nearness - top,
        float(rank == 0),
        float(rank),
        known / count,
        kept,
        2 * (kept + 0.3 * len(strangers)) / (count + usual),
        float(rare),
        rare / count,
        voted,
        voted / count,
        sum(votes.get(word, 0.0) for word in strangers),
        len(strangers) / count,
        edges[0].get(own[0], UNKNOWN_EDGE),
        edges[1].get(own[-1], UNKNOWN_EDGE),
        count / 10,
        float(count <= 2),
        float(count >= 8),
        title.nearness * known / count,
    ]


def _without_strangers(title: Near, chance: Mapping[str, float], index: NearestTitles) -> str:
    # The place of another complaint is wrong here: the title ends before a rare word this complaint lacks.
    strangers = {word for word in title.words if word not in chance and index.spread.get(word, 0) < RARE}
    if not strangers:
        return ""
    kept: list[str] = []
    for part in title.title.split():
        if not strangers.isdisjoint(words_of(part)):
            break
        kept.append(part)
    while kept and kept[-1].lower() in FUNCTION_WORDS:
        kept.pop()
    return " ".join(kept)


def _overlaps(possible: Candidates) -> Numbers:
    lengths = [stop - start for start, stop in zip(possible.starts, possible.stops, strict=True)]
    columns = [
        word for start, stop in zip(possible.starts, possible.stops, strict=True) for word in possible.words[start:stop]
    ]
    for _, own in possible.titles:
        lengths.append(len(own))
        columns.extend(own)
    has = np.zeros((len(lengths), max(columns) + 1), dtype=np.float32)
    has[np.repeat(np.arange(len(lengths)), lengths), columns] = 1.0
    sizes = has.sum(axis=1)
    overlap: Numbers = 2 * (has @ has.T) / (sizes[:, None] + sizes)
    return overlap
