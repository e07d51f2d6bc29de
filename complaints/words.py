"""Texts and rules read in one way: as the classifier reads them."""

from ml.text import Stemmer, tokens
from rules.matching import Reading


class _Reading:
    """Tokens and stems of `ml.text`."""

    def __init__(self) -> None:
        self._stemmer = Stemmer()

    def words(self, text: str) -> tuple[str, ...]:
        return tuple(tokens(text))

    def stem(self, word: str) -> str:
        return self._stemmer.stem(word)


# One for the process: what it has stemmed once, it knows.
READING: Reading = _Reading()
