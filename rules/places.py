"""Where a complaint is from: the regions of Indonesia down to the district, and the ones a text names."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import accumulate
from typing import Any

import ahocorasick
from lokal import wilayah

from rules.codes import covers
from rules.place_words import ALSO_CALLED, NOT_PLACES, ORDINARY_REGENCIES, ORDINARY_WORDS


class RegionKind(StrEnum):
    """The level of a region: province, regency (kabupaten) or city (kota), district (kecamatan)."""

    PROVINCE = "PROVINCE"
    REGENCY = "REGENCY"
    CITY = "CITY"
    DISTRICT = "DISTRICT"


@dataclass(frozen=True, slots=True)
class Region:
    """A region under its code of the home ministry (Kemendagri): 33, 33.74, 33.74.01."""

    code: str
    name: str
    kind: RegionKind
    parent: str | None


# How much a mention weighs. A kind before the name ("kec.", "kota") outranks a bare name; a district's bare
# name alone convinces nobody, together with its city it does.
_WITH_KIND, _BARE, _BARE_DISTRICT = 3, 2, 1
# The best guess must be this much better supported than every region that contradicts it.
_MARGIN = 2
# A text that names more places than this is a list, not a complaint from somewhere.
_MOST_MENTIONS = 60
_SHORTEST_BARE_DISTRICT = 4
_NO_FIT = 3
# Above this share of capital initials in a text, a capital says nothing about a word.
_MOST_CAPITALS = 0.8

_KIND_WORDS: Mapping[RegionKind, tuple[str, ...]] = {
    RegionKind.PROVINCE: ("provinsi", "prov", "propinsi", "pemprov"),
    RegionKind.REGENCY: ("kabupaten", "kab", "pemkab"),
    RegionKind.CITY: ("kota", "kodya", "kotamadya", "pemkot"),
    RegionKind.DISTRICT: ("kecamatan", "kec", "distrik"),
}
_KIND_OF_WORD = {word: kind for kind, words in _KIND_WORDS.items() for word in words}
_RANK = {RegionKind.PROVINCE: 0, RegionKind.REGENCY: 1, RegionKind.CITY: 1, RegionKind.DISTRICT: 2}
_KIND_OF_TYPE = {
    "provinsi": RegionKind.PROVINCE,
    "kabupaten": RegionKind.REGENCY,
    "kota": RegionKind.CITY,
    "kecamatan": RegionKind.DISTRICT,
    "distrik": RegionKind.DISTRICT,
}
_OFFICIAL_PREFIX = re.compile(
    r"^(?:kabupaten|kota)(?: administrasi)? |^daerah (?:khusus ibukota|istimewa) ", re.IGNORECASE
)
_WORD = re.compile(r"[A-Za-z]+|\d+")
# "Jalan Semarang" is in Surabaya as well, and nasi padang everywhere.
_BEFORE_OTHER_NAMES = frozenset({
    "bank", "batik", "cv", "gang", "gg", "jalan", "jl", "jln", "nasi", "perum", "perumahan", "pt", "raya",
    "sate", "soto", "tol",
})  # fmt: skip
_LOCATIVE = frozenset({
    "area", "asal", "daerah", "dari", "di", "kawasan", "ke", "sekitar", "warga", "wilayah",
})  # fmt: skip


def region(code: str) -> Region | None:
    """The region with this code; `None` when there is none down to the district level."""
    return _tree().get(code)


def children(code: str | None = None) -> tuple[Region, ...]:
    """The regions directly below, in the order of their codes; the provinces when `code` is `None`."""
    return _children().get(code, ())


def ancestors(code: str) -> tuple[Region, ...]:
    """The regions around this one, nearest first; empty for a province or an unknown code."""
    found, here = [], region(code)
    while here is not None and here.parent is not None:
        here = region(here.parent)
        if here is not None:
            found.append(here)
    return tuple(found)


def full_name(code: str) -> str | None:
    """The region with all around it, small to large: "Kec. Karang Pilang, Kota Surabaya, Jawa Timur"."""
    here = region(code)
    if here is None:
        return None
    own = f"Kec. {here.name}" if here.kind is RegionKind.DISTRICT else here.name
    return ", ".join([own, *(around.name for around in ancestors(code))])


def find_regions(query: str, limit: int = 10) -> tuple[Region, ...]:
    """Regions whose name fits what somebody types: exact names first, larger regions first.

    "kota semarang" and "kab semarang" find the city and the regency, "semarang" both and their districts.
    """
    words = _plain_words(query)
    kind = _KIND_OF_WORD.get(words[0]) if len(words) > 1 else None
    wanted = " ".join(words[1:] if kind else words)
    if not wanted:
        return ()
    ranked = []
    for code, names in _names().items():
        here = _tree()[code]
        fit = min(_fit(wanted, name) for name in names)
        if fit < _NO_FIT:
            ranked.append((kind not in (None, here.kind), fit, _RANK[here.kind], code))
    return tuple(_tree()[code] for *_, code in sorted(ranked)[:limit])


def place_in(text: str) -> tuple[Region, ...]:
    """Every region the text may be naming, the best supported first.

    A bare name counts when it is no ordinary word, or written with capitals like a name; a name that several
    regions share gives all of them.
    """
    mentions = _mentions(text)
    named = {code for mention in mentions for code in mention.codes}
    return tuple(_tree()[code] for code in _by_support(_evidence(mentions)) if code in named)


def resolve(text: str, given_location: str | None = None) -> Region | None:
    """The region a complaint is about, as precisely as its words allow; `None` when they leave it open.

    `given_location` is what the reporter entered: a code, which is believed and can only become more precise,
    or words, which count twice. A guess needs a margin over every region that contradicts it; of two regions
    that share a name ("Bandung"), neither is guessed until something else is said.
    """
    mentions = _mentions(text)
    known = region(given_location) if given_location else None
    if known is not None:
        inside = [m for m in mentions if any(covers(known.code, code) for code in m.codes)]
        mentions = [_Mention((known.code,), _WITH_KIND), *inside]
    elif given_location:
        mentions += [_Mention(m.codes, 2 * m.weight) for m in _mentions(given_location)]
    evidence = _evidence(mentions)
    for code in _by_support(evidence):
        if (known is None or covers(known.code, code)) and _prevails(code, evidence):
            return _tree()[code]
    return known


@dataclass(frozen=True, slots=True)
class _Mention:
    """The regions that one name in a text may mean."""

    codes: tuple[str, ...]
    weight: int


@dataclass(frozen=True, slots=True)
class _Form:
    """A way to write a name. One that is an ordinary word counts only where it is written like a name."""

    text: str
    mention: _Mention
    is_bare: bool
    is_ordinary: bool


@cache
def _tree() -> Mapping[str, Region]:
    regions: dict[str, Region] = {}

    def add_below(parent: str | None) -> None:
        for entry in wilayah.list_wilayah(parent):
            regions[entry.code] = Region(entry.code, entry.name, _KIND_OF_TYPE[entry.type], parent)
            if entry.level <= _RANK[RegionKind.DISTRICT]:
                add_below(entry.code)

    add_below(None)
    return regions


@cache
def _children() -> Mapping[str | None, tuple[Region, ...]]:
    below: dict[str | None, list[Region]] = {}
    for here in _tree().values():
        below.setdefault(here.parent, []).append(here)
    return {code: tuple(regions) for code, regions in below.items()}


@cache
def _names() -> Mapping[str, tuple[str, ...]]:
    """Names by code, in small letters and without the kind: the official one, then what people say."""
    plain = {code: " ".join(_plain_words(_OFFICIAL_PREFIX.sub("", r.name))) for code, r in _tree().items()}
    return {code: (name, *ALSO_CALLED.get(code, ())) for code, name in plain.items()}


def _plain_words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("'", ""))


def _fit(wanted: str, name: str) -> int:
    """How well a name fits: 0 exactly, 1 from its start, 2 from the start of a word, 3 not at all."""
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    return 2 if f" {wanted}" in name else _NO_FIT


@cache
def _gazetteer() -> Any:
    """An automaton over " name " of every region; built once, in a fifth of a second."""
    automaton = ahocorasick.Automaton()
    for form in _forms():
        automaton.add_word(f" {form.text} ", form)
    automaton.make_automaton()
    return automaton


def _forms() -> Iterator[_Form]:
    with_kind: dict[str, list[str]] = {}
    bare: dict[str, list[str]] = {}
    for code, names in _names().items():
        for name in names:
            bare.setdefault(name, []).append(code)
            for word in _KIND_WORDS[_tree()[code].kind]:
                with_kind.setdefault(f"{word} {name}", []).append(code)
    for text, codes in with_kind.items():
        yield _Form(text, _Mention(tuple(codes), _WITH_KIND), is_bare=False, is_ordinary=False)
    for name, codes in bare.items():
        # A bare name means the largest regions of that name: "Gorontalo" the province, not city or regency.
        rank = min(_RANK[_tree()[code].kind] for code in codes)
        largest = tuple(code for code in codes if _RANK[_tree()[code].kind] == rank)
        is_district = rank == _RANK[RegionKind.DISTRICT]
        if rank == _RANK[RegionKind.CITY] and f"kota {name}" not in with_kind:
            # "Kota Kudus" is what people call the town of a regency.
            yield _Form(f"kota {name}", _Mention(largest, _BARE), is_bare=False, is_ordinary=False)
        if name in with_kind or name in NOT_PLACES or (is_district and len(name) < _SHORTEST_BARE_DISTRICT):
            continue
        is_ordinary = name in ORDINARY_REGENCIES
        if is_district:
            is_ordinary = all(word in ORDINARY_WORDS or word.isdigit() for word in name.split())
        weight = _BARE_DISTRICT if is_district else _BARE
        yield _Form(name, _Mention(largest, weight), is_bare=True, is_ordinary=is_ordinary)


def _mentions(text: str) -> list[_Mention]:
    """What the text names, longest names first, each name once."""
    words = _WORD.findall(text.replace("'", ""))
    starts = list(accumulate((len(word) + 1 for word in words), initial=1))
    hits: list[tuple[int, _Form]] = [
        (bisect_left(starts, end - len(form.text)), form)
        for end, form in _gazetteer().iter(f" {' '.join(words).lower()} ")
    ]
    capitals_tell = sum(word[0].isupper() for word in words) < _MOST_CAPITALS * len(words)
    taken: set[int] = set()
    found: dict[tuple[str, ...], _Mention] = {}
    for first, form in sorted(hits, key=lambda hit: (-len(hit[1].text), hit[0])):
        span = range(first, first + form.text.count(" ") + 1)
        if taken.isdisjoint(span) and (not form.is_bare or _is_meant(form, words, span, capitals_tell)):
            before = found.get(form.mention.codes)
            if before is None or before.weight < form.mention.weight:
                found[form.mention.codes] = form.mention
        taken.update(span)
    return list(found.values())[:_MOST_MENTIONS]


def _is_meant(form: _Form, words: Sequence[str], span: range, capitals_tell: bool) -> bool:
    before = words[span.start - 1].lower() if span.start else ""
    if before in _BEFORE_OTHER_NAMES:
        return False
    if not form.is_ordinary:
        return True
    is_capital = capitals_tell and all(words[at][0].isupper() or words[at].isdigit() for at in span)
    return is_capital and (len(span) > 1 or before in _LOCATIVE)


def _evidence(mentions: Sequence[_Mention]) -> dict[str, frozenset[_Mention]]:
    """What speaks for each region that may be meant: mentions of itself, of what is around it and inside it.

    The city or regency of a named district may be meant as well: two of its districts speak for it together.
    """
    named = [code for mention in mentions for code in mention.codes]
    around = [code.rpartition(".")[0] for code in named if _tree()[code].kind is RegionKind.DISTRICT]
    return {
        code: frozenset(m for m in mentions if any(_related(code, other) for other in m.codes))
        for code in dict.fromkeys([*named, *around])
    }


def _by_support(evidence: Mapping[str, frozenset[_Mention]]) -> list[str]:
    """The best supported first; of equals, the most precise."""
    return sorted(evidence, key=lambda code: (-_weight(evidence[code]), -len(code)))


def _prevails(code: str, evidence: Mapping[str, frozenset[_Mention]]) -> bool:
    """Whether everything elsewhere has less support, and speaks against `code` by less than the margin."""
    own = evidence[code]
    return all(
        _weight(own) > _weight(other) and _weight(own) - _weight(other - own) >= _MARGIN
        for other in [frozenset[_Mention](), *(evidence[c] for c in evidence if not _related(code, c))]
    )


def _weight(mentions: frozenset[_Mention]) -> int:
    return sum(mention.weight for mention in mentions)


def _related(one: str, other: str) -> bool:
    return covers(one, other) or covers(other, one)
