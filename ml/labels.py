"""What is known about labels before anybody used them: names, keywords and published shares."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.dataset import TARGETS, Problem


@dataclass(frozen=True, slots=True)
class Label:
    """One label of a target: its readable name, words that point to it, and the share of complaints it gets."""

    target: str
    label: str
    name: str
    keywords: tuple[str, ...] = ()
    share: float | None = None

    @property
    def phrases(self) -> tuple[str, ...]:
        """Name and keywords, each once: short texts that belong to this label."""
        return tuple(dict.fromkeys((self.name, *self.keywords)))


def read_labels(file: Path) -> tuple[tuple[Label, ...], tuple[Problem, ...]]:
    """Labels from JSON Lines of {"target", "label", "name", "keywords": [...], "share"}; bad lines are Problems."""
    labels: list[Label] = []
    problems: list[Problem] = []
    try:
        lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        return (), (Problem(str(file), 0, f"cannot be read: {error}"),)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = _label(json.loads(line))
        except (ValueError, RecursionError) as error:
            found = f"not JSON: {str(error)[:80]}"
        if isinstance(found, Label):
            labels.append(found)
        else:
            problems.append(Problem(str(file), number, found))
    return tuple(labels), tuple(problems)


def of_target(labels: Iterable[Label], target: str) -> tuple[Label, ...]:
    """The labels of one target, sorted; of two with the same label the first stays."""
    chosen: dict[str, Label] = {}
    for label in labels:
        if label.target == target:
            chosen.setdefault(label.label, label)
    return tuple(chosen[name] for name in sorted(chosen))


def labels_fingerprint(labels: Sequence[Label]) -> str:
    """SHA-256 (hex) over the labels in any order."""
    lines = sorted(
        json.dumps([row.target, row.label, row.name, row.keywords, row.share], ensure_ascii=False) for row in labels
    )
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _label(row: Any) -> Label | str:
    if not isinstance(row, Mapping):
        return "not a JSON object"
    target, label, share = row.get("target"), row.get("label"), row.get("share")
    name, keywords = row.get("name") or label, row.get("keywords") or []
    if target not in TARGETS:
        return f"'target' is not one of {', '.join(TARGETS)}"
    if not isinstance(label, str) or not label.strip() or not isinstance(name, str):
        return "'label' or 'name' is not text"
    if not isinstance(keywords, list) or not all(isinstance(word, str) for word in keywords):
        return "'keywords' is not a list of texts"
    if share is not None and (isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1):
        return "'share' is not a number from 0 to 1"
    return Label(target, label, name, tuple(keywords), None if share is None else float(share))
