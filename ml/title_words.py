"""The words of a complaint as titles see them: without greetings and addressees, and with what is private marked."""

import re
from collections.abc import Sequence

from ml.text import ABBREVIATIONS, MASK_WORDS, readable
from ml.title_choice import Token
from ml.wording import ADDRESSING, FUNCTION_WORDS, GREETING_STARTS, HONORIFICS, NAME_CUES, PRESENTED, ROLES

# The subject stands early: later tokens only cost time.
MAX_TOKENS = 160
# An addressee is not longer than this.
LONGEST_ADDRESSEE = 10

_PIECE = re.compile(r"[^\W\d_]{3,}2(?!\w)|[^\W\d_]+(?:[-'’/][^\W\d_]+)*|\d+(?:[.,:/]\d+)*|[.!?;:\n]+|[,()\"“”|*•–—-]+")


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


def telling_words(found: Sequence[Token]) -> list[str]:
    """The words by which complaints are compared: neither names nor numbers."""
    return [token.word for token in found if not token.is_private and token.word.isalpha()]


def without_private(words: str) -> str:
    """Words from a person's hand (an old title, a place) without names, long numbers, addresses and links."""
    pieces = _pieces(words)
    hidden = _private(pieces)
    if not any(hidden):
        return words
    return " ".join(piece for (piece, _), is_private in zip(pieces, hidden, strict=True) if not is_private)


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
    for index in range(start + 1, min(start + LONGEST_ADDRESSEE, len(raw))):
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
        if word == "saya":
            _hide_presented(raw, hidden, index + 1)
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


def _hide_presented(raw: Sequence[tuple[str, int]], hidden: list[bool], start: int) -> None:
    """ "Saya sugeng widodo warga ..." presents a person also without capitals."""
    for index in range(start, min(start + 4, len(raw))):
        word, broken = raw[index]
        if word.lower() in PRESENTED:
            hidden[start:index] = [True] * (index - start)
            return
        if broken or not word[0].isalpha() or word.lower() in FUNCTION_WORDS:
            return


def _hide_divided_numbers(raw: Sequence[tuple[str, int]], hidden: list[bool]) -> None:
    """People write long numbers in groups: "(0812) 3456 7890" is a telephone as well, four groups of four a NIK."""
    start = 0
    for end in range(len(raw) + 1):
        if end < len(raw) and not raw[end][0][0].isalpha() and not any(sign.isalpha() for sign in raw[end][0]):
            continue
        if end > start and _is_long_number("".join(piece for piece, _ in raw[start:end])):
            hidden[start:end] = [True] * (end - start)
        start = end + 1


def _is_long_number(piece: str) -> bool:
    # Words begin with a letter and hold at most the sign of a doubled word.
    return not piece[0].isalpha() and sum(character.isdigit() for character in piece) >= 5
