"""Whatever anybody writes, the classifier answers, its chances sum to one, and its reasons are the writer's words."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import store as registry
from ml.candidate import write
from ml.dataset import load
from ml.fitting import fit
from ml.labels import Label
from ml.predictor import Draft, Predictor
from ml.text import words

CORPUS = Path(__file__).parents[2] / "ml" / "corpus"
TARGETS = ("category", "category_main", "agency", "report_type", "urgency", "noise")
ODD = (
    "",
    " ",
    "\x00" * 50,
    "x" * 50_000,
    "a b " * 25_000,
    "😀" * 3_000,
    "\u202eمرحبا بالعالم",
    "<<<>>>&amp;&&",
    "\ud800",
)


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """Two topics as own rows, a third as a source, and one label that only has a name."""
    rows = load([CORPUS / "mudik.jsonl", CORPUS / "p4gn.jsonl"]).examples
    source = load([CORPUS / "mbg.jsonl"]).examples
    store = tmp_path_factory.mktemp("answering")
    labels = [Label("category_main", "MUDIK", "Mudik", ("mudik",)), Label("category_main", "P4GN", "Narkotika")]
    return registry.load(store, write(fit(rows, TARGETS, sources=[source], labels=labels), store))


def _check(predictor: Predictor, draft: Draft) -> None:
    suggestion = predictor.suggest([draft])[0]
    written = {word.surface for word in words(f"{draft.title or ''}\n{draft.text}")}
    assert len(set(suggestion.titles)) == 3
    assert tuple(sorted(suggestion.heads)) == predictor.targets
    for target, ranking in suggestion.heads.items():
        sure = [choice.confidence for choice in ranking.choices]
        assert 1 <= len(sure) <= 10
        assert sure == sorted(sure, reverse=True)
        assert 0.0 <= sure[-1] <= sure[0] <= 1.0
        assert ranking.plausible >= 1
        assert sum(predictor.chances(draft, target).values()) == pytest.approx(1.0)
        assert all(set(said.split()) <= written for choice in ranking.choices for said in choice.words)


@given(st.text(st.characters(), max_size=300), st.none() | st.text(max_size=40), st.none() | st.text(max_size=40))
@settings(deadline=None, max_examples=60)
def test_any_text_is_answered(answering: Predictor, text: str, title: str | None, location: str | None) -> None:
    _check(answering, Draft(text, title or None, location or None))


@given(
    st.lists(st.sampled_from(["sabu", "mudik", "narkoba", "polisi", "12345", "yg", "tlg", "pak", "😀"]), max_size=40)
)
@settings(deadline=None, max_examples=60)
def test_reasons_are_words_of_the_text(answering: Predictor, parts: list[str]) -> None:
    _check(answering, Draft(" ".join(parts)))


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_a_hostile_text_is_answered(answering: Predictor, text: str) -> None:
    _check(answering, Draft(text))
