"""Three titles for a complaint: taken from its words, or from the nearest complaint that has one."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from ml.nearest import Near, NearestTitles, from_plain
from ml.text import ABBREVIATIONS, MASK_WORDS
from ml.title_choice import Candidates, Token, best_three, candidates, runs
from ml.title_words import telling_words, tokens_of, without_private
from ml.wording import (
    ACRONYMS,
    DANGLING,
    FUNCTION_WORDS,
    KEPT_SHORT,
    OPENERS,
    PERSONS,
    PHATIC,
    PLACE_CUES,
    PLACE_PREPOSITIONS,
    SMALL_WORDS,
)

MAX_TITLE = 100
# Words (about 150 bytes each) whose weights are remembered.
MAX_KNOWN = 50_000
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

_UNFINISHED = re.compile(r"^[^\w]+|[^\w)]+$")
_CODE = re.compile(r"[A-Z0-9_.]+")
_LAST_RESORT = ("Laporan Warga", "Pengaduan Masyarakat", "Permohonan Tindak Lanjut")


@dataclass(frozen=True, slots=True)
class TitleModel:
    """What was learned from titled complaints: weights of token features, and how long titles are.

    `weights` empty means nothing was learned; spans are then chosen by general rules. `begins` and `finishes`
    hold the log odds of words to stand first and last in a title, `choice` the weights of the features of whole
    candidates, `nearest` the titles that are known.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    rates: Mapping[str, int] = field(default_factory=dict)
    length: float = USUAL_LENGTH
    begins: Mapping[str, float] = field(default_factory=dict)
    finishes: Mapping[str, float] = field(default_factory=dict)
    choice: Sequence[float] = ()
    nearest: NearestTitles | None = None
    # Sums of weights that were needed before; only time depends on them.
    known: dict[str, tuple[float, float, float, int]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    where: list[Any] = field(default_factory=list, init=False, compare=False, repr=False)

    def as_plain(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is saved: plain data, and the arrays of the known titles; see `title_model`."""
        nearest, arrays = self.nearest.as_plain() if self.nearest else ({"titles": [], "terms": []}, {})
        return {
            "weights": dict(self.weights),
            "rates": dict(self.rates),
            "length": self.length,
            "begins": dict(self.begins),
            "finishes": dict(self.finishes),
            "choice": list(self.choice),
            "nearest": nearest,
        }, arrays


def title_model(meta: Mapping[str, Any], arrays: Mapping[str, Any], stems: Mapping[str, str]) -> TitleModel:
    """A model as it was saved."""
    nearest = from_plain(meta["nearest"], arrays, stems)
    return TitleModel(
        meta["weights"], meta["rates"], meta["length"], meta["begins"], meta["finishes"], meta["choice"], nearest
    )


def suggest_titles(
    text: str, model: TitleModel, *, nearest: str | None = None, issue: str | None, location: str | None
) -> tuple[str, str, str]:
    """Three different titles, best first; never empty, at most MAX_TITLE characters, whatever the text is.

    `nearest` is the title of a similar complaint that the model does not know of (or None), `issue` a readable
    name of the likely topic and
    `location` the place given at intake, both for texts too short to hold a title.
    """
    found = tokens_of(text)
    offered: list[str] = []
    usable = [token for token in found if not token.is_private and token.word not in PHATIC]
    says_something = any(token.word not in FUNCTION_WORDS for token in usable)
    near = near_titles(found, model) if says_something else []
    if not says_something:
        nearest = None
    elif nearest is None and near:
        enough = NEAR_ENOUGH if len(usable) >= WORDS_TO_CHOOSE else NEAR_ENOUGH_FOR_SHORT
        nearest = near[0].title if near[0].nearness >= enough else None
    if len(usable) < WORDS_TO_CHOOSE:
        offered.append(" ".join(token.surface for token in usable))
        offered.extend([nearest] if nearest else [])
    elif model.nearest is not None and len(model.choice):
        offered.extend(best_three(possible_titles(found, model, near), np.asarray(model.choice)))
    else:
        offered.extend(spans(found, model))
        offered[2:2] = [nearest] if nearest else []
    others = _when_too_few(found, usable, issue, location)
    first, second, third = _three_different(chain(offered, others))
    return first, second, third


def near_titles(found: Sequence[Token], model: TitleModel, without: int = -1) -> list[Near]:
    """Titles of known complaints that share words with this one; `without` is a row to pass over (for training)."""
    if model.nearest is None:
        return []
    return model.nearest.find(telling_words(found), without)


def possible_titles(found: Sequence[Token], model: TitleModel, near: Sequence[Near]) -> Candidates:
    """Everything a learned model weighs against each other for one complaint."""
    if model.nearest is None:
        raise ValueError("nothing was learned")
    edges = (model.begins, model.finishes)
    keep = np.asarray(keep_chances(found, model))
    return candidates(found, _ends(found), keep, model.length, edges, near, model.nearest)


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
    starts, lengths = runs(len(found), SHORTEST, LONGEST)
    ends = starts + lengths
    crosses = (hard[ends] - hard[starts + 1] > 0) | (hidden[ends] - hidden[starts] > 0)
    allowed = may_start[starts] & may_end[ends - 1] & ~crosses
    starts, ends, lengths = starts[allowed], ends[allowed], lengths[allowed]
    score = 2 * (total[ends] - total[starts]) / (lengths + model.length)
    score -= 0.06 * (soft[ends] - soft[starts + 1])
    order = np.lexsort((ends, starts, -score))
    chosen: list[tuple[int, int]] = []
    for start, end in zip(starts[order].tolist(), ends[order].tolist(), strict=True):
        if all(_shared(start, end, *other) <= SAME_SPAN for other in chosen):
            chosen.append((start, end))
            if len(chosen) == 3:
                break
    return [" ".join(token.surface for token in found[start:end]) for start, end in chosen]


def keep_chances(found: Sequence[Token], model: TitleModel) -> list[float]:
    """For each token the chance that a person would keep it in the title."""
    if not model.weights:
        return [_general_chance(token) for token in found]
    weights, rates = model.weights.get, model.rates
    known = model.known
    places, quarters, capitals, digits, often, around, twice = _position_weights(model)
    times = Counter([token.word for token in found])
    bias = weights("bias", 0.0)
    for word in times:
        if word not in known:
            if len(known) > MAX_KNOWN:
                known.clear()
            rate = rates.get(word, -1)
            own = weights(f"w {word}", 0.0) + weights(f"r {rate}", 0.0) + weights(f"l {min(len(word), 12)}", 0.0)
            known[word] = (own + bias, weights(f"b {word}", 0.0), weights(f"a {word}", 0.0), rate)
    opening = (0.0, weights("b ^", 0.0), 0.0, rates.get("^", -1))
    closing = (0.0, 0.0, weights("a $", 0.0), rates.get("$", -1))
    scores: list[float] = []
    count = len(found)
    for index, token in enumerate(found):
        own_weight, _, _, rate = known[token.word]
        _, before, _, rate_before = opening if not index or token.breaks_before else known[found[index - 1].word]
        last = index + 1 == count or found[index + 1].breaks_before
        _, _, after, rate_after = closing if last else known[found[index + 1].word]
        surface = token.surface
        first = surface[0]
        capital = first.isupper() + (surface.isupper() and len(surface) > 1)
        place = token.place
        sentence = min(token.sentence, 3)
        shape = places[sentence][min(place // 3, 4)] + quarters[min(index // 4, 12)]
        shape += capitals[capital][place == 0] + digits[first.isdigit()] + often[min(times[token.word], 4)]
        shape += around[rate_before + 1][rate_after + 1] + twice[rate + 1][sentence]
        scores.append(own_weight + before + after + shape)
    chances: list[float] = (1.0 / (1.0 + np.exp(-np.clip(scores, -30, 30)))).tolist()
    return chances


def _position_weights(model: TitleModel) -> list[Any]:
    """The weights of everything but words, as nested lists: the same features as in `token_features`."""
    if not model.where:
        weights, rates = model.weights.get, range(-1, 10)
        model.where.extend(
            (
                [[weights(f"p {sentence}{place}", 0.0) for place in range(5)] for sentence in range(4)],
                [weights(f"i {quarter}", 0.0) for quarter in range(13)],
                [[weights(f"c {capital}{begins}", 0.0) for begins in range(2)] for capital in range(3)],
                [weights(f"d {digit}", 0.0) for digit in range(2)],
                [weights(f"n {times}", 0.0) for times in range(5)],
                [[weights(f"ra {before}{after}", 0.0) for after in rates] for before in rates],
                [[weights(f"rp {rate}{sentence}", 0.0) for sentence in range(4)] for rate in rates],
            )
        )
    return model.where


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


def readable_label(label: str) -> str:
    """A label as words: "KESEHATAN.IURAN_BPJS" becomes "Iuran BPJS", names stay; empty for a mere code ("LHK")."""
    if not _CODE.fullmatch(label):
        return finish(label)
    last = label.rpartition(".")[2]
    return finish(last.replace("_", " ").lower()) if len(last) < len(label) or "_" in last else ""


def _three_different(candidates: Iterable[str]) -> list[str]:
    chosen: list[str] = []
    for candidate in chain(candidates, _LAST_RESORT):
        title = finish(candidate)
        if title and all(title.lower() != other.lower() for other in chosen):
            chosen.append(title)
            if len(chosen) == 3:
                break
    return chosen


def _when_too_few(
    found: Sequence[Token], usable: Sequence[Token], issue: str | None, location: str | None
) -> Iterator[str]:
    # Made only when they are needed.
    if len(usable) >= WORDS_TO_CHOOSE:
        yield _first_sentence(found)
    yield from _templates(usable, issue, location)


def _templates(usable: Sequence[Token], issue: str | None, location: str | None) -> Iterator[str]:
    place = finish(without_private(location[: 2 * MAX_TITLE].split(",")[0])) if location else ""
    count = 6
    while count < len(usable) and count and usable[count - 1].word in PLACE_CUES:
        count -= 1
    own = finish(" ".join(token.surface for token in usable[:count]))
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


def _ends(found: Sequence[Token]) -> tuple[np.ndarray, np.ndarray]:
    # "Mohon Perbaikan Jalan" is a common title, "Saya Mohon" is none, and neither ends with politeness.
    start = np.asarray(
        [_may_start(token.word) and token.word not in PERSONS and not token.word.isdecimal() for token in found]
    )
    end = np.asarray([_may_end(token.word) and token.word not in PHATIC for token in found])
    for index in range(1, len(found) - 1):
        # "Lampu mati di jalan" is half a phrase when the name of the road comes next.
        if found[index].word in PLACE_CUES and found[index - 1].word in PLACE_PREPOSITIONS:
            end[index] &= found[index + 1].breaks_before > 0
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
