"""Learning from titled complaints: which words people keep, and which of many possible titles comes nearest."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import scipy.optimize as optimize
from numpy.typing import NDArray
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from ml.dataset import Example
from ml.nearest import index_of, words_of
from ml.text import Stemmer, tokens
from ml.title_choice import Token
from ml.title_words import telling_words, tokens_of, without_private
from ml.titles import (
    TitleModel,
    finish,
    near_titles,
    possible_titles,
    token_features,
)

# Below this many titled rows the general rules choose as well as a learned model.
ROWS_FOR_TITLES = 200
# Rows beyond this add minutes, not quality; the newest are at the end of the data.
MAX_ROWS = 8_000
# Features met fewer times than this are noise.
LEAST = 2
# The choice has a few dozen weights; more rows than this made them no better.
ROWS_FOR_CHOICE = 1_600
# The chances of words are learned on one half and judged on the other: the choice must know how far to trust them.
HALVES = 2
# How much better a candidate must be (F1) to be clearly the better title; 10 to 16 measured alike.
STEEPNESS = 12.0
RIDGE = 1.0

Floats = NDArray[np.float64]


def train_titles(examples: Sequence[Example]) -> TitleModel:
    """A model from the examples that have a title; it only knows the titles when fewer than ROWS_FOR_TITLES.

    Titled complaints of other desks may stand before the own ones: they teach as well.
    """
    titled = [example for example in examples if example.title][-MAX_ROWS:]
    found = [tokens_of(example.text) for example in titled]
    titles = [example.title or "" for example in titled]
    if len(titled) < ROWS_FOR_TITLES:
        return _with_known(TitleModel(), found, titles)
    kept = _learn_words(found, titles)
    if not kept.weights:
        return _with_known(TitleModel(), found, titles)
    return _with_choice(kept, found, titles)


def _learn_words(found: Sequence[Sequence[Token]], titles: Sequence[str]) -> TitleModel:
    in_title = [set(tokens(title)) for title in titles]
    rates = _rates(found, in_title)
    rows: list[dict[str, float]] = []
    kept: list[bool] = []
    for text_tokens, title in zip(found, in_title, strict=True):
        for token, names in zip(text_tokens, token_features(text_tokens, rates), strict=True):
            rows.append(dict.fromkeys(names, 1.0))
            kept.append(not title.isdisjoint(tokens(token.surface)))
    if len(set(kept)) < 2:
        return TitleModel()
    vectoriser = DictVectorizer(dtype=np.float32)
    matrix = vectoriser.fit_transform(rows)
    common = np.flatnonzero(np.asarray(matrix.sum(axis=0)).ravel() >= LEAST)
    model = LogisticRegression(C=0.3, solver="liblinear", random_state=0)
    model.fit(matrix[:, common], np.asarray(kept))
    names = vectoriser.get_feature_names_out()[common]
    weights = {str(name): round(float(weight), 4) for name, weight in zip(names, model.coef_[0], strict=True)}
    weights["bias"] = round(float(model.intercept_[0]), 4)
    length = float(np.mean([len(title.split()) for title in titles]))
    return TitleModel(weights, rates, round(length, 2))


def _with_known(model: TitleModel, found: Sequence[Sequence[Token]], titles: Sequence[str]) -> TitleModel:
    shown = [finish(without_private(title)) for title in titles]
    usable = [row for row, title in enumerate(shown) if " " in title]
    if not usable:
        return model
    stemmer = Stemmer()
    compared = [telling_words(found[row]) for row in usable]
    every = {word for words in (*compared, *(words_of(shown[row]) for row in usable)) for word in words}
    stems = {word: stemmer.stem(word) for word in sorted(every)}
    return replace(model, nearest=index_of(compared, [shown[row] for row in usable], stems))


def _with_choice(model: TitleModel, found: Sequence[Sequence[Token]], titles: Sequence[str]) -> TitleModel:
    """The model with known titles and with the weights that choose between candidates."""
    begins, finishes = _edges(titles)
    model = _with_known(replace(model, begins=begins, finishes=finishes), found, titles)
    if model.nearest is None:
        return model
    usable = [row for row, title in enumerate(titles) if " " in finish(without_private(title))]
    place = {row: number for number, row in enumerate(usable)}
    features: list[Floats] = []
    overlaps: list[Floats] = []
    first = max(0, len(found) - ROWS_FOR_CHOICE)
    bounds = [len(found) * part // HALVES for part in range(HALVES + 1)]
    for start, end in pairwise(bounds):
        if end <= first:
            continue
        rest = [row for row in range(len(found)) if not start <= row < end]
        halved = _learn_words([found[row] for row in rest], [titles[row] for row in rest])
        halved = replace(model, weights=halved.weights, rates=halved.rates)
        for row in range(max(start, first), end):
            near = near_titles(found[row], halved, place.get(row, -1))
            possible = possible_titles(found[row], halved, near)
            if len(possible.features) > 2:
                wanted = Counter(words_of(titles[row]))
                features.append(possible.features)
                written = (finish(possible.text(number)) for number in range(len(possible.features)))
                overlaps.append(np.asarray([_f1(Counter(words_of(text)), wanted) for text in written]))
    if not features:
        return model
    return replace(model, choice=tuple(_choice_weights(features, overlaps)))


def _choice_weights(features: Sequence[Floats], overlaps: Sequence[Floats]) -> list[float]:
    """Weights under which the chances of candidates follow their overlap with the real title (list-wise)."""
    matrix = np.concatenate(features)
    spread = matrix.std(axis=0) + 1e-6
    scaled = (matrix - matrix.mean(axis=0)) / spread
    sizes = [len(part) for part in overlaps]
    starts = np.cumsum([0, *sizes[:-1]])
    group = np.repeat(np.arange(len(sizes)), sizes)

    def chances(scores: Floats) -> Floats:
        powers = np.exp(scores - np.maximum.reduceat(scores, starts)[group])
        shared: Floats = powers / np.add.reduceat(powers, starts)[group]
        return shared

    wanted = chances(STEEPNESS * np.concatenate(overlaps))
    # A complaint none of whose candidates is any good teaches little.
    worth = np.asarray([part.max() for part in overlaps])[group]

    def loss(weights: Floats) -> tuple[float, Floats]:
        given = chances(scaled @ weights)
        missed = -float((worth * wanted * np.log(given + 1e-12)).sum())
        slope: Floats = scaled.T @ (worth * (given - wanted)) + RIDGE * weights
        return missed + 0.5 * RIDGE * float(weights @ weights), slope

    solved = optimize.minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 150})
    # A constant column has no spread; its weight means nothing.
    return [round(float(weight), 5) for weight in np.where(spread > 1e-5, solved.x / spread, 0.0)]


def _edges(titles: Sequence[str]) -> tuple[dict[str, float], dict[str, float]]:
    words = [own for title in titles if (own := words_of(title))]
    met = Counter(word for own in words for word in set(own))
    odds: list[dict[str, float]] = []
    for place in (0, -1):
        there = Counter(own[place] for own in words)
        odds.append(
            {
                word: round(float(np.log((there[word] + 0.5) / (count - there[word] + 1.5))), 3)
                for word, count in sorted(met.items())
                if count >= LEAST
            }
        )
    return odds[0], odds[1]


def _f1(words: Mapping[str, int], wanted: Mapping[str, int]) -> float:
    size = sum(words.values()) + sum(wanted.values())
    return 2 * sum(min(count, wanted.get(word, 0)) for word, count in words.items()) / size if size else 0.0


def _rates(found: Sequence[Sequence[Token]], in_title: Sequence[set[str]]) -> dict[str, int]:
    # How often a word of a text is also in its title, in tenths. Counted without smoothing away rare words:
    # each row is judged by a rate it took part in, so words met once or twice are left out.
    met: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for text_tokens, title in zip(found, in_title, strict=True):
        for word in sorted({token.word for token in text_tokens}):
            met[word] += 1
            kept[word] += word in title
    return {
        word: min(int(10 * (kept[word] + 0.5) / (count + 4)), 9) for word, count in sorted(met.items()) if count >= 4
    }
