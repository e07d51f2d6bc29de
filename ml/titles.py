"""Three titles for a complaint: taken from its words, or from the nearest complaint that has one."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ml.text import ABBREVIATIONS, MASK_WORDS, readable
from ml.wording import (
    ACRONYMS,
    ADDRESSING,
    DANGLING,
    FUNCTION_WORDS,
    GREETING_STARTS,
    HONORIFICS,
    KEPT_SHORT,
    NAME_CUES,
    OPENERS,
    PERSONS,
    PHATIC,
    ROLES,
    SMALL_WORDS,
)

MAX_TITLE = 100
# The subject stands early: later tokens only cost time.
MAX_TOKENS = 160
SHORTEST, LONGEST = 2, 10
# A text with fewer words that say something is its own title; nothing can be chosen from it.
WORDS_TO_CHOOSE = 4
# Real titles have 5.4 to 5.8 words; used until titles were learned from.
USUAL_LENGTH = 5.6
# Below this nearness (cosine) the nearest complaint is about something else.
NEAR_ENOUGH = 0.3
# A few words are near to many things; they must be nearly all there is.
NEAR_ENOUGH_FOR_SHORT = 0.5
# Two spans that share more than this part of the shorter one are the same suggestion.
SAME_SPAN = 0.5

_PIECE = re.compile(r"[^\W\d_]{3,}2(?!\w)|[^\W\d_]+(?:[-'’/][^\W\d_]+)*|\d+(?:[.,:/]\d+)*|[.!?;:\n]+|[,()\"“”|*•–—-]+")
_UNFINISHED = re.compile(r"^[^\w]+|[^\w)]+$")
_CODE = re.compile(r"[A-Z0-9_.]+")
_LAST_RESORT = ("Laporan Warga", "Pengaduan Masyarakat", "Permohonan Tindak Lanjut")


class Token(NamedTuple):
    """A word of a complaint where it stands: sentence and place in it count from 0."""

    surface: str
    word: str
    sentence: int
    place: int
    is_private: bool
    breaks_before: int


@dataclass(frozen=True, slots=True)
class TitleModel:
    """What was learned from titled complaints: weights of token features, and how long titles are.

    `weights` empty means nothing was learned; spans are then chosen by general rules.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    rates: Mapping[str, int] = field(default_factory=dict)
    length: float = USUAL_LENGTH


def suggest_titles(
    text: str, model: TitleModel, *, nearest: str | None, issue: str | None, location: str | None
) -> tuple[str, str, str]:
    """Three different titles, best first; never empty, at most MAX_TITLE characters, whatever the text is.

    `nearest` is the title of a similar complaint (or None), `issue` a readable name of the likely topic and
    `location` the place given at intake, both for texts too short to hold a title.
    """
    found = tokens_of(text)
    candidates: list[str] = []
    usable = [token for token in found if not token.is_private and token.word not in PHATIC]
    if not any(token.word not in FUNCTION_WORDS for token in usable):
        nearest = None
    if len(usable) >= WORDS_TO_CHOOSE:
        candidates.extend(spans(found, model))
        candidates[2:2] = [nearest] if nearest else []
        candidates.append(_first_sentence(found))
    else:
        candidates.append(" ".join(token.surface for token in usable))
        candidates.extend([nearest] if nearest else [])
    candidates.extend(_templates(usable, issue, location))
    first, second, third = _three_different(candidates)
    return first, second, third


def tokens_of(text: str) -> list[Token]:
    """The first MAX_TOKENS words without greetings and addressees; private ones (names, long numbers) are marked."""
    raw = _pieces(text)
    private = _private(raw)
    found: list[Token] = []
    sentence, place, greeting, addressed = -1, 0, True, False
    skip_to = 0
    for index, (surface, broken) in enumerate(raw):
        if broken == 2:
            sentence, place, greeting = sentence + 1, 0, True
        if index < skip_to:
            continue
        word = surface.lower()
        word = ABBREVIATIONS.get(word, word)
        if greeting and word in GREETING_STARTS and not private[index]:
            addressed = addressed or word in ADDRESSING
            continue
        greeting = False
        if addressed:
            addressed = False
            skip_to = _end_of_addressee(raw, index)
            if skip_to:
                continue
        found.append(Token(surface, word, sentence, place, private[index], broken if found else 2))
        place += 1
    return found


def spans(found: Sequence[Token], model: TitleModel) -> list[str]:
    """Up to three runs of words that would make a title, best first, with little in common."""
    if len(found) < SHORTEST:
        return []
    keep = np.asarray(keep_chances(found, model))
    may_start, may_end = _ends(found)
    broken = np.asarray([token.breaks_before for token in found])
    hidden = np.cumsum([0, *(token.is_private for token in found)])
    soft, hard = np.cumsum([0, *(broken == 1)]), np.cumsum([0, *(broken == 2)])
    total = np.cumsum([0.0, *keep])
    scored: list[tuple[float, int, int]] = []
    for length in range(SHORTEST, min(LONGEST, len(found)) + 1):
        starts = np.arange(len(found) - length + 1)
        ends = starts + length
        score = 2 * (total[ends] - total[starts]) / (length + model.length)
        score -= 0.06 * (soft[ends] - soft[starts + 1])
        crosses = (hard[ends] - hard[starts + 1] > 0) | (hidden[ends] - hidden[starts] > 0)
        allowed = may_start[starts] & may_end[ends - 1] & ~crosses
        scored.extend((float(score[start]), int(start), int(start) + length) for start in starts[allowed])
    scored.sort(key=lambda span: (-span[0], span[1], span[2]))
    chosen: list[tuple[int, int]] = []
    for _, start, end in scored:
        if all(_shared(start, end, *other) <= SAME_SPAN for other in chosen):
            chosen.append((start, end))
            if len(chosen) == 3:
                break
    return [" ".join(token.surface for token in found[start:end]) for start, end in chosen]


def keep_chances(found: Sequence[Token], model: TitleModel) -> list[float]:
    """For each token the chance that a person would keep it in the title."""
    if not model.weights:
        return [_general_chance(token) for token in found]
    weights = model.weights
    bias = weights.get("bias", 0.0)
    scores = [bias + sum(weights.get(name, 0.0) for name in names) for names in token_features(found, model.rates)]
    chances: list[float] = (1.0 / (1.0 + np.exp(-np.clip(scores, -30, 30)))).tolist()
    return chances


def token_features(found: Sequence[Token], rates: Mapping[str, int]) -> Iterator[tuple[str, ...]]:
    """Names of the features of each token; `rates` holds how often (0-9) a text word is also in the title."""
    times: dict[str, int] = {}
    for token in found:
        times[token.word] = times.get(token.word, 0) + 1
    for index, token in enumerate(found):
        before = found[index - 1].word if index and not token.breaks_before else "^"
        after = found[index + 1] if index + 1 < len(found) else None
        following = after.word if after is not None and not after.breaks_before else "$"
        where = f"{min(token.sentence, 3)}{min(token.place // 3, 4)}"
        capital = token.surface[0].isupper() + (token.surface.isupper() and len(token.surface) > 1)
        rate = rates.get(token.word, -1)
        yield (
            f"w {token.word}",
            f"b {before}",
            f"a {following}",
            f"p {where}",
            f"i {min(index // 4, 12)}",
            f"c {int(capital)}{int(token.place == 0)}",
            f"d {int(token.surface[0].isdigit())}",
            f"r {rate}",
            f"ra {rates.get(before, -1)}{rates.get(following, -1)}",
            f"n {min(times[token.word], 4)}",
            f"l {min(len(token.word), 12)}",
            f"rp {rate}{min(token.sentence, 3)}",
        )


def finish(words: str) -> str:
    """A title as it is shown: Title Case, no function word at either end, at most MAX_TITLE characters.

    Empty when nothing is left.
    """
    written = words[: 10 * MAX_TITLE].split()
    shouted = len(written) > 1 and all(part.isupper() or not part.isalpha() for part in written)
    parts = " ".join(_spelled(part, shouted) for part in written if part.lower() not in MASK_WORDS).split()
    while parts and (len(" ".join(parts)) > MAX_TITLE or not _may_end(_bare(parts[-1]))):
        parts.pop()
    while parts and not _may_start(_bare(parts[0])):
        parts.pop(0)
    cased = [part.lower() if index and part.lower() in SMALL_WORDS else part for index, part in enumerate(parts)]
    return _UNFINISHED.sub("", " ".join(cased))


def without_private(words: str) -> str:
    """Words from a person's hand (an old title, a place) without names, long numbers, addresses and links."""
    pieces = _pieces(words)
    hidden = _private(pieces)
    if not any(hidden):
        return words
    return " ".join(piece for (piece, _), is_private in zip(pieces, hidden, strict=True) if not is_private)


def readable_label(label: str) -> str:
    """A label as words: "KESEHATAN.IURAN_BPJS" becomes "Iuran BPJS", names stay; empty for a mere code ("LHK")."""
    if not _CODE.fullmatch(label):
        return finish(label)
    last = label.rpartition(".")[2]
    return finish(last.replace("_", " ").lower()) if len(last) < len(label) or "_" in last else ""


def _three_different(candidates: Iterable[str]) -> list[str]:
    chosen: list[str] = []
    for candidate in (*candidates, *_LAST_RESORT):
        title = finish(candidate)
        if title and all(title.lower() != other.lower() for other in chosen):
            chosen.append(title)
            if len(chosen) == 3:
                break
    return chosen


def _templates(usable: Sequence[Token], issue: str | None, location: str | None) -> Iterator[str]:
    place = finish(without_private(location[: 2 * MAX_TITLE].split(",")[0])) if location else ""
    own = finish(" ".join(token.surface for token in usable[:6]))
    for subject in (own, issue or ""):
        if subject and place:
            yield f"{subject} di {place}"
    if issue:
        yield issue
    if own:
        yield f"Laporan {own}"
    if issue:
        yield f"Laporan {issue}"
    if place:
        yield f"Laporan Warga {place}"


def _first_sentence(found: Sequence[Token]) -> str:
    words: list[str] = []
    for token in found:
        if (token.breaks_before == 2 and len(words) > SHORTEST) or token.is_private:
            if len(words) > SHORTEST:
                break
            words = []
        if not token.is_private and not (not words and token.word in PHATIC):
            words.append(token.surface)
        if len(words) == LONGEST:
            break
    return " ".join(words)


def _general_chance(token: Token) -> float:
    # Without titles to learn from: content words, early ones first.
    if token.word in PHATIC:
        return 0.05
    early = 0.85 ** min(token.sentence, 4) * 0.97 ** min(token.place, 20)
    if token.word in FUNCTION_WORDS:
        return 0.3 * early
    return (0.35 if token.surface[0].isdigit() else 0.75) * early


def _pieces(text: str) -> list[tuple[str, int]]:
    # Words with what stands before each: 0 nothing, 1 a comma or bracket, 2 the end of a sentence.
    raw: list[tuple[str, int]] = []
    breaks = 2
    for piece in _PIECE.findall(readable(text)):
        if piece[0].isalnum():
            # "anak2" is how "anak-anak" is typed.
            twice = piece[-1] == "2" and piece[0].isalpha()
            raw.append((f"{piece[:-1]}-{piece[:-1].lower()}" if twice else piece, breaks))
            breaks = 0
            if len(raw) == MAX_TOKENS:
                break
        else:
            breaks = max(breaks, 2 if piece[0] in ".!?;:\n" else 1)
    return raw


def _end_of_addressee(raw: Sequence[tuple[str, int]], start: int) -> int:
    # "Kepala Dinas X," after "Kepada Yth."; 0 when what follows is too long to be an addressee.
    for index in range(start + 1, min(start + LONGEST, len(raw))):
        if raw[index][1]:
            return index
    return 0


def _private(raw: Sequence[tuple[str, int]]) -> list[bool]:
    hidden = [piece.lower() in MASK_WORDS or _is_long_number(piece) for piece, _ in raw]
    _hide_divided_numbers(raw, hidden)
    # Where everything is in capitals, or every word begins with one, capitals do not show a person.
    telling = sum(piece[0].isupper() for piece, _ in raw) * 2 < len(raw)
    for index, (piece, _) in enumerate(raw):
        word = piece.lower()
        explicit = word in NAME_CUES or (word == "saya" and index > 0 and raw[index - 1][0].lower() == "nama")
        if not explicit and not (telling and word in HONORIFICS):
            continue
        for follower in range(index + 1, min(index + 4, len(raw))):
            name, broken = raw[follower]
            if broken or not name[0].isalpha() or name.lower() in ROLES or name.lower() in FUNCTION_WORDS:
                break
            if not explicit and not (name[0].isupper() and name[1:].islower()):
                break
            hidden[follower] = True
    return hidden


def _hide_divided_numbers(raw: Sequence[tuple[str, int]], hidden: list[bool]) -> None:
    """People write long numbers in groups: "(0812) 3456 7890" is a telephone as well, four groups of four a NIK."""
    start = 0
    for end in range(len(raw) + 1):
        if end < len(raw) and not any(sign.isalpha() for sign in raw[end][0]):
            continue
        if _is_long_number("".join(piece for piece, _ in raw[start:end])):
            hidden[start:end] = [True] * (end - start)
        start = end + 1


def _is_long_number(piece: str) -> bool:
    return sum(character.isdigit() for character in piece) >= 5


def _ends(found: Sequence[Token]) -> tuple[np.ndarray, np.ndarray]:
    # "Mohon Perbaikan Jalan" is a common title, "Saya Mohon" is none, and neither ends with politeness.
    start = np.asarray([_may_start(token.word) and token.word not in PERSONS for token in found])
    end = np.asarray([_may_end(token.word) and token.word not in PHATIC for token in found])
    return start, end


def _may_start(word: str) -> bool:
    return word in OPENERS or ABBREVIATIONS.get(word, word) not in FUNCTION_WORDS


def _may_end(word: str) -> bool:
    return word not in DANGLING and ABBREVIATIONS.get(word, word) not in FUNCTION_WORDS


def _bare(part: str) -> str:
    return _UNFINISHED.sub("", part).lower()


def _shared(start: int, end: int, other_start: int, other_end: int) -> float:
    common = min(end, other_end) - max(start, other_start)
    return max(common, 0) / min(end - start, other_end - other_start)


def _spelled(part: str, shouted: bool) -> str:
    word = part.lower()
    if word in ACRONYMS:
        return word.upper()
    spelled = ABBREVIATIONS.get(word, word)
    if spelled != word and word not in KEPT_SHORT:
        return " ".join(piece.capitalize() for piece in spelled.split())
    if part.isupper() and not shouted and 1 < len(part) <= 6:
        return part
    return "-".join(piece[:1].upper() + piece[1:].lower() for piece in part.split("-"))
