"""What the tests of advice are given: a small part of the corpus, trained once, and folders to spoil."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ml import store as registry
from ml.candidate import write
from ml.dataset import Example, load
from ml.fitting import Trained, fit
from ml.predictor import Predictor

CORPUS = Path(__file__).parents[2] / "ml" / "corpus"
TARGETS = ("category_main", "agency", "report_type")
TOPICS = ("agama", "dukcapil", "mbg", "mudik", "p4gn")
TWO_TOPICS = ("mudik", "p4gn")


@pytest.fixture(scope="session")
def topic_file() -> Callable[[str], Path]:
    """The corpus file of one topic."""
    return lambda topic: CORPUS / f"{topic}.jsonl"


@pytest.fixture(scope="session")
def corpus() -> tuple[Example, ...]:
    """Every row of the corpus."""
    loaded = load([CORPUS])
    assert loaded.problems == ()
    return loaded.examples


@pytest.fixture(scope="session")
def unseen(topic_file: Callable[[str], Path]) -> tuple[Example, ...]:
    """Rows that no test trains on."""
    return load([topic_file("hewan")]).examples


@pytest.fixture(scope="session")
def trained(topic_file: Callable[[str], Path]) -> Trained:
    """Five topics, three targets: the one larger training of a test process."""
    return fit(load(map(topic_file, TOPICS)).examples, TARGETS)


@pytest.fixture(scope="session")
def shelf(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the larger training in it, to be read only."""
    store = tmp_path_factory.mktemp("shelf")
    write(trained, store)
    return store


@pytest.fixture(scope="session")
def predictor(shelf: Path) -> Predictor:
    """The larger training as it serves."""
    return registry.load(shelf)


@pytest.fixture(scope="session")
def two_topics(topic_file: Callable[[str], Path]) -> tuple[Example, ...]:
    """Thirty rows of two topics."""
    return load(map(topic_file, TWO_TOPICS)).examples


@pytest.fixture(scope="session")
def nonsense(two_topics: tuple[Example, ...]) -> list[Example]:
    """The same rows with every other label wrong, two by two."""
    turned = {"MUDIK": "P4GN", "P4GN": "MUDIK"}
    return [
        replace(example, category_main=turned[str(example.category_main)]) if number % 4 < 2 else example
        for number, example in enumerate(two_topics)
    ]


@pytest.fixture(scope="session")
def small(two_topics: tuple[Example, ...]) -> Trained:
    """A training of the two topics, enough for whatever does not ask how good the answers are."""
    return fit(two_topics, ["category_main"])


@pytest.fixture(scope="session")
def small_shelf(small: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the small training in it, to be read only."""
    store = tmp_path_factory.mktemp("small-shelf")
    write(small, store)
    return store


@pytest.fixture
def own_store(small_shelf: Path, tmp_path: Path) -> Path:
    """A copy of the small store, which the test may spoil."""
    store = tmp_path / "store"
    shutil.copytree(small_shelf, store)
    return store
