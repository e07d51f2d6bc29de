"""Offices that exist once per place: the topic decides the kind of office, the place decides which one."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A city has a hundred offices of the same kind that differ by place alone. Predicting their names one by one
# from words got 71 % of 212 agencies right, kind first and place second 79 %.
_LOCAL_KIND = re.compile(
    r"^(kelurahan|kecamatan|desa|nagari|distrik|kel\.|kec\.)\s+(?=\S)(.+)$", re.IGNORECASE | re.DOTALL
)
_PLACE_PREFIX = re.compile(
    r"^\s*(kelurahan|kecamatan|desa|nagari|distrik|kel|kec|kota|kabupaten|kab|provinsi|prov)\b\.?\s*",
    re.IGNORECASE,
)
_SAME_KIND = {"kel": "kelurahan", "kec": "kecamatan", "kel.": "kelurahan", "kec.": "kecamatan"}
# Fewer labels of a kind than this can be told apart by their words.
MIN_OFFICES = 3
# How often the named place really is the office, when the kind is right: 1,042 of 1,085 in one city.
PLACE_IS_RIGHT = 0.95
# A place that is only mentioned in the text says less: people also write where they live.
MENTION_IS_RIGHT = 0.7

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kind:
    """All offices of one kind: the class the head predicts, its offices, their place names and shares."""

    name: str
    prefix: str
    offices: tuple[str, ...]
    places: tuple[str, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LocalOffices:
    """The kinds of local office among a target's labels, and how to come from a kind to an office."""

    kinds: tuple[Kind, ...] = ()

    @classmethod
    def among(cls, labels: Iterable[str]) -> "LocalOffices":
        """Find the kinds with at least MIN_OFFICES different offices; `labels` has one entry per row."""
        rows: dict[str, Counter[str]] = {}
        for label in labels:
            match = _LOCAL_KIND.match(label)
            if match:
                rows.setdefault(_kind(match[1]), Counter())[label] += 1
        kinds = []
        for prefix, offices in sorted(rows.items()):
            if len(offices) >= MIN_OFFICES:
                names = tuple(sorted(offices))
                total = offices.total()
                places = tuple(place_key(_LOCAL_KIND.sub(r"\2", name)) for name in names)
                shares = tuple(offices[name] / total for name in names)
                kinds.append(Kind(f"{prefix} *", prefix, names, places, shares))
        return cls(tuple(kinds))

    def class_of(self, label: str) -> str:
        """The class the head is trained on: the kind for a local office, the label itself for all others."""
        match = _LOCAL_KIND.match(label)
        if match:
            for kind in self.kinds:
                if kind.prefix == _kind(match[1]):
                    return kind.name
        return label

    def by_name(self) -> Mapping[str, Kind]:
        """Kinds by the name of their class."""
        return {kind.name: kind for kind in self.kinds}


def place_key(name: str) -> str:
    """What is equal between "Karang Pilang", "Karangpilang" and "KARANG-PILANG"."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def office_chances(kind: Kind, location: str | None, text_key: str) -> Floats:
    """The chance of each office of a kind, in the order of `kind.offices`; their sum is 1.

    `location` is "Kel. X, Kec. Y, Kota Z" as given at intake; `text_key` is `place_key` of the text. A named
    place outweighs a mention in the text, which outweighs the share the office had in training.
    """
    shares = np.asarray(kind.shares, dtype=np.float64)
    named = set(_named_places(location, kind.prefix)) if location else set()
    hits = np.asarray([place in named for place in kind.places], dtype=np.float64)
    trust = PLACE_IS_RIGHT
    if not hits.any():
        # Short names hide inside longer words; five letters are rarely anything but the place.
        hits = np.asarray([len(place) >= 5 and place in text_key for place in kind.places], dtype=np.float64)
        trust = MENTION_IS_RIGHT
    if not hits.any():
        return shares
    chances: Floats = trust * hits / hits.sum() + (1 - trust) * shares
    return chances


def _kind(word: str) -> str:
    return _SAME_KIND.get(word.lower(), word.lower()).rstrip(".")


def _named_places(location: str, prefix: str) -> list[str]:
    found = []
    for part in location.split(","):
        match = _PLACE_PREFIX.match(part)
        if match and _kind(match[1]) == prefix:
            found.append(place_key(part[match.end() :]))
        elif not match:
            found.append(place_key(part))
    return found


class Spread:
    """From the chances of a head's classes to the chances of its labels, one complaint at a time."""

    def __init__(self, classes: Sequence[str], offices: LocalOffices) -> None:
        kinds = offices.by_name()
        labels = {name for name in classes if name not in kinds}
        for name in classes:
            labels.update(kinds[name].offices if name in kinds else ())
        self.labels: tuple[str, ...] = tuple(sorted(labels))
        position = {label: index for index, label in enumerate(self.labels)}
        plain = [(index, position[name]) for index, name in enumerate(classes) if name not in kinds]
        self._plain = np.asarray(plain, dtype=np.int64).reshape(-1, 2).T
        self._local = [
            (index, kinds[name], np.asarray([position[office] for office in kinds[name].offices]))
            for index, name in enumerate(classes)
            if name in kinds
        ]
        # Which class answers for a label: what is known about a kind holds for each of its offices.
        self.class_of_label = np.zeros(len(self.labels), dtype=np.int64)
        self.class_of_label[self._plain[1]] = self._plain[0]
        for index, _, labels_of_kind in self._local:
            self.class_of_label[labels_of_kind] = index

    def __call__(self, chances: Floats, location: str | None, text: str) -> Floats:
        """Chances of `labels`, shape (labels,); the sum of `chances`, shape (classes,), is kept."""
        if not self._local:
            return chances
        full = np.zeros(len(self.labels), dtype=np.float64)
        full[self._plain[1]] = chances[self._plain[0]]
        text_key = place_key(text)
        for index, kind, positions in self._local:
            full[positions] = chances[index] * office_chances(kind, location, text_key)
        return full
