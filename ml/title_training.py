"""Learning which words of a complaint people keep in its title."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from ml.dataset import Example
from ml.text import tokens
from ml.titles import TitleModel, token_features, tokens_of

# Below this many titled rows the general rules choose as well as a learned model.
ROWS_FOR_TITLES = 200
# Rows beyond this add minutes, not quality; the newest are at the end of the data.
MAX_ROWS = 8_000
# Features met fewer times than this are noise.
LEAST = 2


def train_titles(examples: Sequence[Example]) -> TitleModel:
    """A model from the examples that have a title; an empty one when they are fewer than ROWS_FOR_TITLES."""
    titled = [example for example in examples if example.title][-MAX_ROWS:]
    if len(titled) < ROWS_FOR_TITLES:
        return TitleModel()
    in_title = [set(tokens(example.title or "")) for example in titled]
    found = [tokens_of(example.text) for example in titled]
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
    length = float(np.mean([len((example.title or "").split()) for example in titled]))
    return TitleModel(weights, rates, round(length, 2))


def _rates(found: Sequence[Sequence[object]], in_title: Sequence[set[str]]) -> dict[str, int]:
    # How often a word of a text is also in its title, in tenths. Counted without smoothing away rare words:
    # each row is judged by a rate it took part in, so words met once or twice are left out.
    met: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for text_tokens, title in zip(found, in_title, strict=True):
        for word in sorted({token.word for token in text_tokens}):  # type: ignore[attr-defined]
            met[word] += 1
            kept[word] += word in title
    return {
        word: min(int(10 * (kept[word] + 0.5) / (count + 4)), 9) for word, count in sorted(met.items()) if count >= 4
    }
