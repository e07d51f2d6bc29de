"""Main and leaf categories as one answer: a leaf is never surer than the category it belongs to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from ml.answer import Ranked
from ml.confidence import Floats

MAIN, LEAF = "category_main", "category"
# How much the leaves have to say about the main category. On one desk and on the corpus .3 cost no accuracy and
# gained half a point of top 3 and a tenth of the leaves' log loss; .7 cost a point of the main category.
LEAVES_SHARE = 0.3


def parents(pairs: Iterable[tuple[str, str]], leaves: Iterable[str], mains: Iterable[str]) -> dict[str, str]:
    """The main category of each leaf: spelled by its code ("PUPR.JALAN"), or the commonest one in the rows.

    `pairs` are (leaf, main) of rows with both. Leaves without a known main category are left out.
    """
    known = set(mains)
    met: dict[str, Counter[str]] = {}
    for leaf, main in pairs:
        met.setdefault(leaf, Counter())[main] += 1
    found = {}
    for leaf in sorted(set(leaves)):
        spelled = leaf.split(".")[0]
        if spelled in known:
            found[leaf] = spelled
        elif leaf in met:
            main = min(met[leaf], key=lambda name: (-met[leaf][name], name))
            if main in known:
                found[leaf] = main
    return found


class Tree:
    """The numbers of leaves and main categories that belong together."""

    def __init__(self, parent: Mapping[str, str], leaves: tuple[str, ...], mains: tuple[str, ...]) -> None:
        number = {main: position for position, main in enumerate(mains)}
        self.main_of = np.asarray([number.get(parent.get(leaf, ""), -1) for leaf in leaves], dtype=np.int64)
        self._has_main = self.main_of >= 0
        self._mains = len(mains)

    def together(self, leaves: Floats, mains: Floats) -> tuple[Floats, Floats]:
        """Chances of leaves and of main categories after each has heard the other; both still sum to one.

        A main category becomes a mixture of its own chance and of its leaves'; a leaf is moved by what its main
        category gained or lost. Leaves without a main category, and main categories without leaves, keep theirs.
        """
        if not self._has_main.any():
            return leaves, mains
        summed = np.zeros(self._mains)
        np.add.at(summed, self.main_of[self._has_main], leaves[self._has_main])
        with_leaves = np.zeros(self._mains, dtype=bool)
        with_leaves[self.main_of[self._has_main]] = True
        reach = float(summed.sum())
        told = np.where(with_leaves, summed * float(mains[with_leaves].sum()) / max(reach, 1e-12), mains)
        mixed = (1.0 - LEAVES_SHARE) * mains + LEAVES_SHARE * told
        wanted = mixed[with_leaves] * reach / max(float(mixed[with_leaves].sum()), 1e-12)
        factor = np.ones(self._mains)
        factor[with_leaves] = wanted / np.maximum(summed[with_leaves], 1e-12)
        moved = leaves.copy()
        moved[self._has_main] *= factor[self.main_of[self._has_main]]
        return moved / moved.sum(), mixed / mixed.sum()

    def not_surer(self, leaves: Ranked, of_main: Mapping[int, float]) -> Ranked:
        """The leaves with confidences not above those of their main categories, which `of_main` has by number."""
        sure: list[float] = []
        for main, confidence in zip(self.mains_of(leaves), leaves.confidences, strict=True):
            sure.append(min(confidence, of_main.get(main, 1.0), *sure[-1:]))
        return replace(leaves, confidences=tuple(sure))

    def mains_of(self, leaves: Ranked) -> list[int]:
        """The main category of each leaf by number, -1 for none."""
        return [int(self.main_of[leaf]) for leaf in leaves.labels]
