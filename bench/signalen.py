"""Ours against the recipe of Signalen's classifier, on the same rows in one run: `python -m bench.signalen DATA`.

Signalen (Amsterdam's complaint system) trains with lower-cased, stemmed words, CountVectorizer, term frequency
without IDF, and an L1 logistic regression with liblinear; two grids of its search differ only in class weights. Here
with Sastrawi's stems and stop words, which are compared after stemming as there.
"""

import re
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from Sastrawi.StopWordRemover.StopWordRemoverFactory import StopWordRemoverFactory
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from bench.tasks import TASKS, Split, Task, rows_of, splits_of
from ml.candidate import write
from ml.dataset import Example
from ml.evaluate import judge
from ml.fitting import fit
from ml.metrics import Judged, measure
from ml.predictor import Draft
from ml.store import load
from ml.text import Stemmer

_NOT_A_WORD = re.compile(r"\W")
# Each from this desk alone and from the text alone, as Signalen has it.
_COMPARED = ("surabaya-agency", "surabaya-topic", "national-agency", "bandung-main", "bandung-agency", "lapor-agency")
# How many single texts are timed.
_TIMED = 200


@dataclass(frozen=True, slots=True)
class Result:
    """Answers to the test rows, seconds of CPU to train, and milliseconds of CPU for one text."""

    judged: list[Judged]
    fit_seconds: float
    single_ms: float


def ours(split: Split, task: Task) -> Result:
    """Trained and served as the product does it, from the data of this desk alone."""
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        version = write(fit(split.train, [task.target]), Path(folder))
        seconds = time.process_time() - started
        predictor = load(Path(folder), version)
        judged = judge(predictor, split.test, task.target)
    texts = [row.text for row in split.test[:_TIMED]]
    return Result(judged, seconds, _per_text(texts, lambda text: predictor.rank([Draft(text)], task.target)))


def signalen(split: Split, task: Task) -> Result:
    """Trained as their repository does it."""
    stemmer = Stemmer()
    started = time.process_time()
    texts = [_stemmed(row.text, stemmer) for row in split.train]
    labels = [str(row.label(task.target)) for row in split.train]
    model = _Signalen(stemmer, texts, labels)
    seconds = time.process_time() - started
    judged = _judged(model, split.test, task.target)
    timed = [row.text for row in split.test[:_TIMED]]
    return Result(judged, seconds, _per_text(timed, lambda text: model.chances([text])))


class _Signalen:
    """The recipe.

    liblinear's own one-versus-rest was taken out of scikit-learn; the wrapper fits the same problems. All of them are
    asked with one product, as liblinear did, or the wrapper's loop would be what is timed.
    """

    def __init__(self, stemmer: Stemmer, texts: Sequence[str], labels: Sequence[str]) -> None:
        self._stemmer = stemmer
        stop_words = sorted({stemmer.stem(word) for word in StopWordRemoverFactory().get_stop_words()})
        counts = CountVectorizer(stop_words=stop_words, ngram_range=(1, 1))
        self._features = make_pipeline(counts, TfidfTransformer(use_idf=False))
        regression = OneVsRestClassifier(LogisticRegression(C=1.0, l1_ratio=1.0, solver="liblinear", max_iter=300))
        with warnings.catch_warnings():
            # The stems of some stop words are cut again by the tokeniser, there as here.
            warnings.simplefilter("ignore", UserWarning)
            regression.fit(self._features.fit_transform(texts), labels)
        self.classes = regression.classes_
        self._weights = np.vstack([part.coef_ for part in regression.estimators_]).T
        self._bias = np.concatenate([part.intercept_ for part in regression.estimators_])

    def chances(self, texts: Sequence[str]) -> Any:
        """Shape (texts, classes)."""
        numbers = self._features.transform([_stemmed(text, self._stemmer) for text in texts])
        single = 1.0 / (1.0 + np.exp(-(numbers @ self._weights + self._bias)))
        return single / single.sum(axis=1, keepdims=True)


def _stemmed(text: str, stemmer: Stemmer) -> str:
    return " ".join(stemmer.stem(word) for word in _NOT_A_WORD.sub(" ", text.lower()).split())


def _judged(model: _Signalen, rows: Sequence[Example], target: str) -> list[Judged]:
    chances = model.chances([row.text for row in rows])
    judged = []
    for row, chance in zip(rows, chances, strict=True):
        order = np.argsort(-chance, kind="stable")[:3]
        answers = tuple(str(model.classes[label]) for label in order)
        judged.append(Judged(str(row.label(target)), answers, float(chance[order[0]])))
    return judged


def _per_text(texts: Sequence[str], answer: Callable[[str], object]) -> float:
    answer(texts[0])
    times = []
    for text in texts:
        started = time.process_time_ns()
        answer(text)
        times.append((time.process_time_ns() - started) / 1e6)
    return statistics.median(times)


def main(
    data: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The folder with the open data.")],
    folds: Annotated[int, typer.Option(min=2, help="How many grouped folds.")] = 4,
    only: Annotated[int, typer.Option(min=1, help="How many of them are run.")] = 1,
) -> None:
    """Print accuracy, macro F1, top 3, training time and latency of both, task by task."""
    print("task | rows | labels | accuracy/macro F1/top 3 | fit, CPU s | three labels for one text, CPU ms")
    for name in _COMPARED:
        task = TASKS[name]
        rows = rows_of(task, data)
        theirs, own = [], []
        for split in splits_of(task, rows, folds=folds, first=only):
            theirs.append(signalen(split, task))
            own.append(ours(split, task))
        labels = len({row.label(task.target) for row in rows})
        for side, results in (("Signalen", theirs), ("ours", own)):
            spent = f"{_mean(results, 'fit_seconds'):.1f} | {_mean(results, 'single_ms'):.2f}"
            print(f"{name}, {side} | {len(rows)} | {labels} | {_told(results)} | {spent}", flush=True)


def _told(results: Sequence[Result]) -> str:
    figures = measure([row for result in results for row in result.judged])
    return f"{figures.accuracy:.3f}/{figures.macro_f1:.3f}/{figures.top3:.3f}"


def _mean(results: Sequence[Result], name: str) -> float:
    return statistics.mean(getattr(result, name) for result in results)


if __name__ == "__main__":
    typer.run(main)
