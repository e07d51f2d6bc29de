"""Of many possible titles those three are offered that together cover most of what a person might write."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ml.dataset import load
from ml.nearest import index_of, words_of
from ml.title_choice import Candidates, best_three
from ml.title_training import train_titles
from ml.title_words import tokens_of
from ml.titles import TitleModel, keep_chances, suggest_titles, title_model, token_features

TEXT = "Jalan di depan pasar berlubang besar dan dalam, sudah banyak pengendara motor jatuh saat hujan."


@pytest.fixture(scope="session")
def learned(topic_file: Callable[[str], Path]) -> TitleModel:
    """A model of titles from the largest topic."""
    return train_titles(load([topic_file("pupr")]).examples)


def test_a_second_title_is_one_that_the_first_does_not_cover() -> None:
    titles = (("Lampu Jalan Mati", (0, 1, 2)), ("Lampu Jalan Padam", (0, 1, 3)), ("Sampah Menumpuk", (4, 5)))
    possible = Candidates((), (), (), (), titles, np.asarray([[1.0], [0.95], [0.9]]))

    chosen = best_three(possible, np.ones(1))

    assert chosen[:2] == ["Lampu Jalan Mati", "Sampah Menumpuk"]


def test_the_nearest_title_is_that_of_the_complaint_with_the_same_words() -> None:
    texts = [
        ["lampu", "jalan", "padam"],
        ["sampah", "menumpuk", "pasar"],
        ["lampu", "taman", "padam"],
        ["sampah", "pasar"],
    ]
    index = index_of(texts, ["Lampu Jalan", "Sampah Pasar", "Lampu Taman", "Bau Sampah"], {})

    near = index.find(["sampah", "menumpuk", "di", "pasar"])

    assert near[0].title == "Sampah Pasar"
    assert near[0].nearness > near[-1].nearness
    assert "Sampah Pasar" not in [title.title for title in index.find(["sampah", "pasar"], without=1)]


def test_a_text_of_unknown_words_is_near_to_nothing() -> None:
    assert index_of([["lampu"], ["lampu"]], ["Lampu Mati", "Lampu Padam"], {}).find(["zaitun"]) == []


def test_the_words_of_a_title_are_its_letters_and_digits() -> None:
    assert words_of("Jalan RT 03/RW 05, Rusak!") == ["jalan", "rt", "03", "rw", "05", "rusak"]


def test_remembered_sums_are_the_sums_of_the_named_features(learned: TitleModel) -> None:
    found = tokens_of(TEXT)
    named = [
        learned.weights["bias"] + sum(learned.weights.get(name, 0.0) for name in names)
        for names in token_features(found, learned.rates)
    ]

    assert np.allclose(keep_chances(found, learned), 1 / (1 + np.exp(-np.asarray(named))))


def test_a_saved_model_offers_the_same_titles(learned: TitleModel) -> None:
    assert learned.nearest is not None
    meta, arrays = learned.as_plain()
    read = title_model(meta, arrays, learned.nearest.stems)

    assert suggest_titles(TEXT, read, issue=None, location=None) == (
        suggest_titles(TEXT, learned, issue=None, location=None)
    )


def test_the_same_titles_teach_the_same(learned: TitleModel, topic_file: Callable[[str], Path]) -> None:
    again = train_titles(load([topic_file("pupr")]).examples)

    assert again.choice == learned.choice
    assert len(learned.choice) > 0
