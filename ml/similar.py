"""Which words of a text are searched, and how near two complaints are by the words they share."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from math import log, sqrt
from typing import NamedTuple

from ml.text import MASK_WORDS, Stemmer, words

# Words that hold sentences together. They are in nearly every complaint, so an index over them finds nothing and
# doubles in size; places in a phrase are counted with them, so "lampu di jalan" still means what it says.
FUNCTION_WORDS = frozenset({
    "ada", "adalah", "agar", "akan", "aku", "atas", "atau", "bagi", "bahwa", "bapak", "banyak", "belum", "beri",
    "biar", "bisa", "buat", "dalam", "dan", "dapat", "dari", "dengan", "di", "hal", "harus", "ibu", "ingin", "ini",
    "itu", "jadi", "juga", "kalau", "kami", "karena", "ke", "kenapa", "kepada", "ketika", "kita", "kok", "lagi",
    "lain", "lalu", "lebih", "maka", "mana", "masih", "mau", "mohon", "nya", "oleh", "pada", "para", "per", "saat",
    "saja", "salam", "sama", "sampai", "sangat", "saya", "sebagai", "sedang", "sehingga", "sekali", "selamat",
    "semua", "seperti", "serta", "setiap", "sudah", "supaya", "tapi", "tentang", "terima", "kasih", "tersebut",
    "terus", "tetapi", "tolong", "untuk", "yaitu", "yang", "yg", "yth",
})  # fmt: skip

# A longer text is found by its first so many words; every step here is linear in this number.
MAX_WORDS = 2_000
# What a stem that is in no list of frequencies counts as: seen once among a million.
RAREST_SHARE = 1e-6
# Two stems stand beside each other when at most one function word lies between.
_BESIDE = 2
# What is never a word: the marks of masked data are searched by nobody.
_SURFACE = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


class Placed(NamedTuple):
    """A stem and its place in the text, counted in words from one."""

    place: int
    stem: str


class Piece(NamedTuple):
    """A piece of a text as it was written, and whether it is what somebody looked for."""

    text: str
    is_match: bool


@cache
def stemmer() -> Stemmer:
    """The stems of this process. No model's table: what is stored must meet what is asked, whatever serves."""
    return Stemmer()


def placed_stems(text: str) -> list[Placed]:
    """The stems that a text is found by, in order: as the classifier reads it, without function words and masks."""
    stem = stemmer().stem
    return [
        Placed(place, stem(token))
        for place, (_, token) in enumerate(words(text)[:MAX_WORDS], start=1)
        if token not in FUNCTION_WORDS and token not in MASK_WORDS
    ]


def terms(placed: Iterable[Placed]) -> Counter[str]:
    """How often each stem and each pair of neighbouring stems occurs."""
    ordered = sorted(placed)
    counts = Counter(stem for _, stem in ordered)
    counts.update(
        f"{left.stem} {right.stem}" for left, right in pairwise(ordered) if right.place - left.place <= _BESIDE
    )
    return counts


def rarity(shares: Mapping[str, float]) -> Callable[[str], float]:
    """The weight of a term by the share (0 to 1) of complaints that have it; a pair weighs as its stems together."""

    @cache
    def weight(term: str) -> float:
        parts = term.split(" ")
        # The mean and not the sum: neighbours depend on each other, and one changed word breaks two pairs.
        return sum(-log(max(shares.get(part, RAREST_SHARE), RAREST_SHARE)) for part in parts) / len(parts)

    return weight


def nearness(one: Mapping[str, int], other: Mapping[str, int], weight: Callable[[str], float]) -> float:
    """The cosine, 0 to 1, of two texts as weighed terms; more of the same word counts by its logarithm."""
    shared = one.keys() & other.keys()
    if not shared:
        return 0.0
    dot = sum((1 + log(one[term])) * (1 + log(other[term])) * weight(term) ** 2 for term in shared)
    return min(1.0, dot / (_length(one, weight) * _length(other, weight)))


def _length(counts: Mapping[str, int], weight: Callable[[str], float]) -> float:
    return sqrt(sum(((1 + log(count)) * weight(term)) ** 2 for term, count in counts.items()))


def telling(stems: Iterable[str], shares: Mapping[str, float], *, most: int, budget: float) -> list[str]:
    """The rarest stems, at most `most`, until their shares add up to `budget`; at least two if there are two.

    Stems nobody else wrote are half of them at most: a misspelt word is rarer than any, and leads nowhere.
    """
    # Among words nobody counted yet, long ones are the rarer.
    ranked = sorted(set(stems), key=lambda stem: (shares.get(stem, 0.0), -len(stem), stem))
    unknown = [stem for stem in ranked if stem not in shares]
    known = [stem for stem in ranked if stem in shares]
    room_for_unknown = most - min(len(known), most - most // 2)
    chosen, spent = unknown[:room_for_unknown], 0.0
    for stem in known[: most - len(chosen)]:
        spent += shares[stem]
        if spent > budget and len(chosen) >= 2:
            break
        chosen.append(stem)
    return chosen


def shown(text: str, stems: frozenset[str], *, around: int) -> list[Piece]:
    """About `around` characters of a text where it has most of these stems, cut into what matches and what not."""
    found = [match.span() for match in _SURFACE.finditer(text) if _meets(match[0], stems)]
    start = _best_start(found, around)
    # Cut at words, never inside one.
    if start:
        start = text.find(" ", start) + 1 if text.find(" ", start, start + 40) >= 0 else start
    end = min(len(text), start + around)
    if end < len(text):
        end = cut if (cut := text.rfind(" ", start, end)) > start else end
    pieces: list[Piece] = []
    position = start
    for left, right in found:
        if left < position or right > end:
            continue
        if left > position:
            pieces.append(Piece(text[position:left], is_match=False))
        pieces.append(Piece(text[left:right], is_match=True))
        position = right
    if position < end:
        pieces.append(Piece(text[position:end], is_match=False))
    return pieces


def _meets(surface: str, stems: frozenset[str]) -> bool:
    return any(stemmer().stem(token) in stems for _, token in words(surface))


def _best_start(found: Sequence[tuple[int, int]], around: int) -> int:
    """Where a window begins that holds most of the matches, a little before its first one."""
    if not found:
        return 0
    held = max(found, key=lambda first: (sum(first[0] <= left < first[0] + around for left, _ in found), -first[0]))
    return max(0, held[0] - around // 5)
