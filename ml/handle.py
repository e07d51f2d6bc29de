"""The classifier in use: replaced while requests run, without a lock and without a mixed answer."""

from collections.abc import Sequence

from ml.predictor import Draft, Predictor, Suggestion


class ClassifierHandle:
    """Holds the current predictor, or None when there is none.

    `swap` is one attribute assignment, which Python makes atomic; a running `suggest` keeps the predictor it
    began with.
    """

    def __init__(self, current: Predictor | None = None) -> None:
        self._current = current

    @property
    def current(self) -> Predictor | None:
        """The predictor that the next call will use."""
        return self._current

    @property
    def version(self) -> str | None:
        """The version in use; None when there is none."""
        current = self._current
        return None if current is None else current.version

    def swap(self, new: Predictor | None) -> Predictor | None:
        """Put another predictor in place and return the one before."""
        before, self._current = self._current, new
        return before

    def suggest(self, batch: Sequence[Draft]) -> list[Suggestion] | None:
        """One suggestion per draft, all by the same version; None when there is no classifier to ask."""
        current = self._current
        return None if current is None else current.suggest(batch)
