"""The kind of office once a person has set the category: nearly always the one that had it before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ml.confidence import Calibration, Floats

# Labels a person can set that say something about the target.
GIVEN_BY = ("category", "category_main")
GIVEN_FOR = "agency"
# The table of a category is pulled towards the shares of all rows with the weight of this many rows.
SMOOTHING = 2.0
# Fewer rows with both labels make no table.
LEAST_ROWS = 30
TRUSTS: NDArray[np.float64] = np.asarray([0.1, 0.2, 0.3, 0.5, 0.7, 1.0])


@dataclass(frozen=True, slots=True)
class Given:
    """How the classes of a target are spread within each label of another one.

    `rows` has, for each label, how many rows each class number had; `shares` the classes' shares of all rows.
    `trust` is the power the chances from the text are raised to before they are multiplied with the table.
    """

    rows: Mapping[str, Mapping[int, int]]
    shares: tuple[float, ...]
    trust: float = 1.0
    calibration: Calibration = field(default_factory=Calibration)

    @classmethod
    def counted(cls, labels: Sequence[str], classes: Sequence[int], size: int) -> "Given":
        """Tables from rows with both labels; `classes` are class numbers below `size`."""
        rows: dict[str, dict[int, int]] = {}
        for label, number in zip(labels, classes, strict=True):
            within = rows.setdefault(label, {})
            within[number] = within.get(number, 0) + 1
        met = np.bincount(np.asarray(classes, dtype=np.int64), minlength=size) + 1.0 / size
        tables = {label: dict(sorted(within.items())) for label, within in sorted(rows.items())}
        return cls(tables, tuple(float(share) for share in met / met.sum()))

    def chances(self, chances: Floats, label: str) -> Floats:
        """Chances of the classes, shape (classes,), now that `label` is known; unchanged when it is new."""
        within = self.rows.get(label)
        if within is None:
            return chances
        table = np.asarray(self.shares) * SMOOTHING
        for number, rows in within.items():
            table[number] += rows
        joint = np.maximum(chances, 1e-9) ** self.trust * table
        found: Floats = joint / joint.sum()
        return found
