"""From what was trained to what is served: the arrays and the dictionary of the lean scorer."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from ml.dataset import Example
from ml.heads import Head
from ml.pipeline import Features, Matrix, two_columns
from ml.scorer import FORMAT
from ml.titles import TitleModel, finish, without_private

# Titles beyond this make the artefact large and the search slow; the newest are at the end of the data.
MAX_NEAREST = 20_000
# A word in more than this share of the titled complaints says little about which is nearest.
COMMON = 0.2


def pack(
    features: Features,
    stems: Mapping[str, str],
    heads: Mapping[str, Head],
    titles: TitleModel,
    titled: Sequence[Example],
    titled_rows: Matrix,
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The scorer as plain data and as arrays; both depend on the training data alone, not on time or machine.

    `titled` are the complaints with a title and `titled_rows` their texts as numbers, in the same order.
    """
    arrays: dict[str, NDArray[Any]] = {
        "words.common": features.common,
        "words.idf": features.words.idf_.astype(np.float32),
        "characters.idf": (
            features.characters.idf_.astype(np.float32) if features.with_characters else np.zeros(0, dtype=np.float32)
        ),
    }
    for target, head in sorted(heads.items()):
        arrays.update(_head_arrays(target, head))
    shown = [finish(without_private(example.title or "")) for example in titled]
    usable = [row for row, title in enumerate(shown) if " " in title][-MAX_NEAREST:]
    arrays.update(_nearest_arrays(titled_rows.words[np.asarray(usable, dtype=np.int64)]))
    meta = {
        "format": FORMAT,
        "words": _terms(features.words),
        "characters": _terms(features.characters) if features.with_characters else [],
        "stems": dict(stems),
        "titles": {"weights": dict(titles.weights), "rates": dict(titles.rates), "length": titles.length},
        "nearest_titles": [shown[row] for row in usable],
        "heads": {target: _head_meta(head) for target, head in sorted(heads.items())},
    }
    return meta, arrays


def _terms(vectoriser: Any) -> list[str]:
    vocabulary: dict[str, int] = vectoriser.vocabulary_
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _head_meta(head: Head) -> dict[str, Any]:
    return {
        "classes": list(head.pair.classes),
        "kinds": [asdict(kind) for kind in head.offices.kinds if kind.name in head.pair.classes],
        "calibration": asdict(head.pair.calibration),
        "threshold": head.threshold,
        "low_data": head.low_data,
        "with_characters": head.pair.with_characters,
    }


def _head_arrays(target: str, head: Head) -> dict[str, NDArray[Any]]:
    pair = head.pair
    if pair.a is None:
        return {}
    arrays: dict[str, NDArray[Any]] = {f"{target}.scale": pair.scale.astype(np.float32)}
    for name, model in (("a", pair.a), ("b", pair.b)):
        weights, bias = model.coef_.T, model.intercept_
        if weights.shape[1] == 1:
            weights = two_columns(weights[:, 0], is_margin=name == "a")
            bias = two_columns(np.asarray(bias), is_margin=name == "a")[0]
        # Half precision loses nothing: the models were rounded to it when they were trained.
        arrays[f"{target}.{name}"] = np.ascontiguousarray(weights, dtype=np.float16)
        arrays[f"{target}.{name}0"] = np.asarray(bias, dtype=np.float32)
    return arrays


def _nearest_arrays(rows: Any) -> dict[str, NDArray[Any]]:
    columns = sparse.csc_array(rows)
    counts = np.diff(columns.indptr)
    if rows.shape[0] > 50:
        columns = columns @ sparse.diags_array((counts <= COMMON * rows.shape[0]).astype(np.float32))
        columns = sparse.csc_array(columns)
        columns.eliminate_zeros()
    columns.sort_indices()
    return {
        "nearest.starts": columns.indptr.astype(np.int64),
        "nearest.rows": columns.indices.astype(np.int32),
        "nearest.values": columns.data.astype(np.float32),
    }
