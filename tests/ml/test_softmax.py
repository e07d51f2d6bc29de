"""Our softmax regression finds what the one of scikit-learn finds, and the same each time."""

import numpy as np
import pytest
import scipy.sparse as sparse
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ml.softmax import SoftmaxRegression

Rows = tuple[sparse.csr_array, NDArray[np.float32], NDArray[np.int64], NDArray[np.float64]]


@pytest.fixture
def rows() -> Rows:
    """Words, dense columns, answers and weights of two hundred rows of six classes."""
    chance = np.random.default_rng(3)
    truth = chance.integers(0, 6, 200)
    words = sparse.random_array((200, 40), density=0.2, rng=chance, dtype=np.float32)
    words = sparse.csr_array(words + sparse.csr_array(np.eye(6, 40, dtype=np.float32)[truth] * 0.4))
    return words, chance.normal(size=(200, 5)).astype(np.float32), truth, chance.uniform(0.2, 3.0, 200)


def test_at_the_end_the_weights_are_those_of_scikit_learn(rows: Rows) -> None:
    words, dense, truth, weights = rows
    expected = LogisticRegression(C=2.0, tol=1e-8, max_iter=2_000)
    expected.fit(np.hstack([words.toarray(), dense]).astype(np.float64), truth, sample_weight=weights)

    found = SoftmaxRegression(2.0, 1e-6, 2_000).fit(words, dense, truth, weights)

    assert found.coef_.shape == (6, 45)
    assert found.coef_ == pytest.approx(expected.coef_, abs=2e-3)
    assert found.intercept_ - found.intercept_.mean() == pytest.approx(expected.intercept_, abs=2e-3)


def test_two_classes_have_a_row_each_that_mirror_one_another(rows: Rows) -> None:
    words, dense, truth, weights = rows

    found = SoftmaxRegression(2.0, 1e-6, 2_000).fit(words, dense, truth % 2, weights)

    assert found.coef_.shape == (2, 45)
    assert found.coef_[0] == pytest.approx(-found.coef_[1], abs=1e-4)


def test_classes_that_no_row_has_are_left_out(rows: Rows) -> None:
    words, dense, truth, weights = rows

    found = SoftmaxRegression(2.0, 1e-3, 40).fit(words, dense, truth * 10, weights)

    assert found.classes_.tolist() == [0, 10, 20, 30, 40, 50]
    assert found.intercept_.shape == (6,)


def test_without_dense_columns_only_the_words_are_learned_from(rows: Rows) -> None:
    words, _, truth, weights = rows

    found = SoftmaxRegression(2.0, 1e-3, 40).fit(words, np.zeros((200, 0), dtype=np.float32), truth, weights)

    answers = found.classes_[(words @ found.coef_.T + found.intercept_).argmax(axis=1)]
    assert (answers == truth).mean() > 0.8


def test_the_same_rows_give_the_same_bits(rows: Rows) -> None:
    first, second = (SoftmaxRegression(20.0, 1e-3, 40).fit(*rows) for _ in range(2))

    assert first.coef_.tobytes() == second.coef_.tobytes()


def test_one_heavy_row_counts_as_its_copies(rows: Rows) -> None:
    words, dense, truth, _ = rows
    heavy = np.where(np.arange(200) == 0, 3.0, 1.0)
    copies = np.asarray([0, 0, *range(200)])

    weighed = SoftmaxRegression(2.0, 1e-6, 2_000).fit(words, dense, truth, heavy)
    copied = SoftmaxRegression(2.0, 1e-6, 2_000).fit(words[copies], dense[copies], truth[copies], np.ones(202))

    assert weighed.coef_ == pytest.approx(copied.coef_, abs=2e-3)


def test_columns_of_nothing_are_no_reason_to_fail() -> None:
    nothing = sparse.csr_array((4, 3), dtype=np.float32)

    found = SoftmaxRegression(20.0, 1e-3, 40).fit(
        nothing, np.zeros((4, 0), dtype=np.float32), np.asarray([0, 0, 0, 1]), np.ones(4)
    )

    assert not found.coef_.any()
    assert np.exp(found.intercept_[0] - found.intercept_[1]) == pytest.approx(3.0, abs=0.02)
