"""The words a complaint is found by: written by the verbs, read by every search.

The stems are our own, under no configuration of PostgreSQL: its `indonesian` stemmer knows no everyday spelling, makes
"ecewa" of "mengecewakan" and keeps "yang". What is stored and what is asked both pass `ml.similar.placed_stems`, so
"jln rusak" meets "jalan yang rusak", and the classifier reads the same words.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from complaints.work import Work
from ml.similar import Placed, placed_stems
from models import Complaint, ComplaintText, ComplaintWords
from rules.deadlines import local_date

# Counts up when texts are read in another way; the nightly job then makes all vectors again.
METHOD = 1
# So far apart that no phrase begins in a title and ends in the text.
_APART = 20
# PostgreSQL knows no later place, and a stem needs no more places than these to be ranked by.
_LAST_PLACE = 16_000
_PLACES = 20
_LEXEME = re.compile(r"'([^']+)'(?::([0-9A-D,]+))?")
_PLACE = re.compile(r"\d+")


def month_key(moment: datetime) -> str:
    """The word that stands for the month of a moment in every vector: the newest are found without the oldest."""
    day = local_date(moment)
    return f"@{day.year:04}{day.month:02}"


def vector_of(title: str | None, body: str, place: str | None, submitted_at: datetime) -> str:
    """A `tsvector`, as PostgreSQL reads it: titles weigh A, places B, texts D."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    start = 0
    for weight, text in (("A", title), ("B", place), ("", body)):
        if not text:
            continue
        placed = placed_stems(text)
        for position, stem in placed:
            if start + position <= _LAST_PLACE and len(found[stem]) < _PLACES:
                found[stem].append(f"{start + position}{weight}")
        start += (placed[-1].place if placed else 0) + _APART
    lexemes = [f"'{stem}':{','.join(places)}" if places else f"'{stem}'" for stem, places in found.items()]
    return " ".join([*lexemes, f"'{month_key(submitted_at)}'"])


def words_of(complaint: Complaint, text: ComplaintText) -> Mapping[str, str | int | None]:
    """The columns of `ComplaintWords` for a complaint as it is now."""
    body = text.edited_body or text.original_body
    is_published = complaint.published_at is not None and not complaint.is_secret and text.public_body is not None
    return {
        "words": vector_of(text.title or text.original_title, body, text.place, complaint.submitted_at),
        "public_words": vector_of(text.public_title, text.public_body or "", None, complaint.submitted_at)
        if is_published
        else None,
        "method": METHOD,
    }


def first_words(complaint: Complaint, text: ComplaintText) -> ComplaintWords:
    """The row of a complaint that is just being filed."""
    return ComplaintWords(complaint_id=complaint.id, **words_of(complaint, text))


async def keep_words(work: Work, complaint: Complaint, text: ComplaintText) -> None:
    """Bring the words of a complaint in step with its texts; the complaint's row is locked."""
    row = await work.session.get(ComplaintWords, complaint.id)
    if row is None:
        work.session.add(first_words(complaint, text))
        return
    for name, value in words_of(complaint, text).items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def stems_in(vector: str) -> list[Placed]:
    """The stems of a `tsvector` as PostgreSQL writes it, in the order of their places; the month is no stem."""
    return sorted(_placed(vector))


def _placed(vector: str) -> Iterator[Placed]:
    for stem, places in _LEXEME.findall(vector):
        yield from (Placed(int(place), stem) for place in _PLACE.findall(places))


def months(submitted_at: datetime, back: int) -> Iterable[str]:
    """The words of the month of a moment and of so many before it."""
    day = local_date(submitted_at)
    number = day.year * 12 + day.month - 1
    return [f"@{(number - step) // 12:04}{(number - step) % 12 + 1:02}" for step in range(back + 1)]
