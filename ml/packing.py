"""From what was trained to what is served: the arrays and the dictionary of the lean scorer."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.context import arrays_of
from ml.heads import Head
from ml.pipeline import Features, two_columns
from ml.scorer import FORMAT
from ml.titles import TitleModel


def pack(
    features: Features,
    stems: Mapping[str, str],
    heads: Mapping[str, Head],
    titles: TitleModel,
    parent: Mapping[str, str],
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The scorer as plain data and as arrays; both depend on the training data alone, not on time or machine.

    `parent` is the main category of each leaf.
    """
    arrays: dict[str, NDArray[Any]] = {
        "words.idf": features.words.idf_.astype(np.float32),
        "characters.idf": (
            features.characters.idf_.astype(np.float32) if features.with_characters else np.zeros(0, dtype=np.float32)
        ),
    }
    arrays.update(arrays_of(features.context))
    for target, head in sorted(heads.items()):
        arrays.update(_head_arrays(target, head))
    title_meta, title_arrays = titles.as_plain()
    arrays.update(title_arrays)
    meta = {
        "format": FORMAT,
        "words": _terms(features.words),
        "characters": _terms(features.characters) if features.with_characters else [],
        "stems": dict(stems),
        "context": {"terms": list(features.context.terms), "starts": list(features.context.starts)},
        "titles": title_meta,
        "parent": dict(sorted(parent.items())),
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
        "may_be_automatic": head.may_be_automatic,
        "plausible_from": head.plausible_from,
        "given": {
            column: {
                **asdict(given),
                "rows": {label: {str(key): n for key, n in row.items()} for label, row in given.rows.items()},
            }
            for column, given in sorted(head.given.items())
        },
        "with_characters": head.pair.with_characters,
    }


def _head_arrays(target: str, head: Head) -> dict[str, NDArray[Any]]:
    pair = head.pair
    if pair.a is None:
        return {}
    arrays: dict[str, NDArray[Any]] = {
        f"{target}.scale": pair.scale.astype(np.float32),
        f"{target}.common": pair.common,
    }
    for name, model in (("a", pair.a), ("b", pair.b)):
        weights, bias = model.coef_.T, model.intercept_
        if weights.shape[1] == 1:
            weights, bias = two_columns(weights[:, 0]), two_columns(np.asarray(bias))[0]
        # Half precision loses nothing: the models were rounded to it when they were trained.
        arrays[f"{target}.{name}"] = np.ascontiguousarray(weights, dtype=np.float16)
        arrays[f"{target}.{name}0"] = np.asarray(bias, dtype=np.float32)
    return arrays
