"""What training made, before people see it: put into a store, asked, and compared with the version in use."""

import io
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import joblib

from ml import store as registry
from ml.dataset import Example, fingerprint, text_key, without_copies
from ml.fitting import Trained
from ml.gate import Figures
from ml.heads import Head
from ml.labels import Label, labels_fingerprint
from ml.metrics import MARGIN, PROMISE, thresholds
from ml.packing import pack
from ml.predictor import Predictor
from ml.report import Active, latency, report
from ml.scorer import Scorer
from ml.tree import LEAF, MAIN, parents

LIBRARIES = ("scikit-learn", "numpy", "scipy", "joblib", "PySastrawi", "threadpoolctl")
# What a candidate is called before its name, a hash of its content, is known.
UNNAMED = "candidate"


def write(trained: Trained, store: Path, *, key: bytes | None = None, origin: Mapping[str, Any] | None = None) -> str:
    """Put a candidate into a store and return its version; the same candidate always gets the same one.

    `origin` says what it was made from beside its own rows (see `origin_of`), so that the run can be repeated.
    """
    own = trained.examples[: trained.own]
    meta, arrays = _packed(trained)
    pipeline = io.BytesIO()
    pairs = {target: (head.pair, head.offices) for target, head in trained.heads.items()}
    joblib.dump({"features": trained.features, "heads": pairs}, pipeline, compress=3)
    content = {
        "dataset": {"fingerprint": fingerprint(own), "rows": len(own)},
        "origin": dict(origin or origin_of(sorted(trained.heads))),
        "libraries": {name: installed(name) for name in LIBRARIES},
        "targets": {target: _facts(head) for target, head in trained.heads.items()},
        "titles": {"rows": sum(bool(row.title) for row in own), "weights": len(trained.titles.weights)},
        "trained_on": sorted({text_key(row) for row in trained.examples}),
    }
    return registry.save(store, meta=meta, arrays=arrays, pipeline=pipeline.getvalue(), content=content, key=key)


def _parents(trained: Trained) -> dict[str, str]:
    if LEAF not in trained.heads or MAIN not in trained.heads:
        return {}
    pairs = [(leaf, main) for row in trained.examples if (leaf := row.label(LEAF)) and (main := row.label(MAIN))]
    return parents(pairs, trained.heads[LEAF].judge().labels, trained.heads[MAIN].judge().labels)


def origin_of(
    targets: Sequence[str], sources: Sequence[Sequence[Example]] = (), labels: Sequence[Label] = ()
) -> dict[str, Any]:
    """What a run was given beside its own rows: targets, fingerprints of sources and labels, in a fixed order."""
    files = [(fingerprint(rows), len(rows)) for rows in map(without_copies, sources)]
    return {
        "targets": sorted(targets),
        "sources": [{"fingerprint": print_, "rows": rows} for print_, rows in sorted(set(files))],
        "labels": {"fingerprint": labels_fingerprint(labels), "rows": len(labels)} if labels else None,
    }


def served(trained: Trained) -> Predictor:
    """The candidate as it would serve."""
    return Predictor(Scorer(*_packed(trained)), UNNAMED)


def in_use(store: Path, version: str, *, key: bytes | None = None) -> Active:
    """The version to compare a candidate with; raises `StoreError` as `ml.store.load` does."""
    known = registry.manifest(store, version, key=key)
    predictor = registry.load(store, version, key=key)
    return Active(predictor, frozenset(known.content["trained_on"]), known.targets)


def told(
    trained: Trained,
    *,
    active: Active | None = None,
    refit: Callable[[Sequence[Example]], Trained] | None = None,
    options: Mapping[str, Any] | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """The report of a candidate: figures beside the version in use, the verdict of the gate, and latency.

    `refit` trains on older rows, for the time split; without it there is none. The candidate is called UNNAMED.
    """
    again = None if refit is None else lambda rows: served(refit(rows))
    found = report(trained, UNNAMED, active=active, refit=again, options=options, tell=tell)
    own = trained.examples[: trained.own] or trained.examples
    found["latency"] = latency(served(trained), active.predictor if active else None, own)
    return found


def _packed(trained: Trained) -> tuple[dict[str, Any], dict[str, Any]]:
    return pack(trained.features, trained.stemmer.table(), trained.heads, trained.titles, _parents(trained))


def _facts(head: Head) -> dict[str, Any]:
    figures = Figures.of(head.judged)
    return {
        "labels": list(head.judge().labels),
        "too_few": head.too_few,
        "low_data": head.low_data,
        "decided_rows": head.decided_rows,
        "may_be_automatic": head.may_be_automatic,
        "metrics": head.metrics.as_dict(),
        "per_label": {label: list(counts) for label, counts in figures.labels.items()},
        "threshold": head.threshold,
        "threshold_policy": {"promise": PROMISE, "margin": MARGIN, "interval": "Wilson, one standard deviation"},
        "thresholds": thresholds(head.judged),
    }
