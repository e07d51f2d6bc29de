"""Open complaints that probably are one: near in words, place and time, found together so that one answer does."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from complaints.finding.search import frequencies
from complaints.finding.similar import TELLING, in_one_regency
from complaints.finding.vectors import stems_in
from complaints.policy import Actor, is_handler
from complaints.reader import Reader
from ml.similar import nearness, rarity, telling, terms
from models import Complaint, ComplaintWords
from rules.lifecycle import OPEN

# How many of the newest open cases are put together; older ones were seen when they were new.
COMPARED = 300
# At least so near (cosine), by what is known of the places; nobody groups across regencies.
NEAR_AT_ONE_PLACE, NEAR_ANYWHERE = 0.3, 0.45
# A word in more of the compared than this leads everybody to everybody.
COMMON = 40
SHOWN_WORDS = 6


@dataclass(frozen=True, slots=True)
class Cluster:
    """Complaints that belong together, newest first, and the stems that most of them share, the rarest first."""

    complaint_ids: tuple[UUID, ...]
    shared_words: tuple[str, ...]
    first_at: datetime
    last_at: datetime


async def clusters(
    reader: Reader, actor: Actor, *, now: datetime, days: int, region_code: str | None, most: int
) -> list[Cluster]:
    """The largest groups first, at most `most`, among the newest open complaints the actor works on or watches."""
    rows = await reader.rows(_open(actor, now - timedelta(days=days), region_code))
    placed = {row.id: stems_in(row.words) for row in rows}
    stems = sorted({stem for each in placed.values() for _, stem in each})
    shares = {row.stem: row.share for row in await reader.rows(frequencies(stems))} if stems else {}
    counts = {row_id: terms(each) for row_id, each in placed.items()}
    groups = _joined([row.id for row in rows], _near_pairs(rows, counts, shares))
    moments = {row.id: row.submitted_at for row in rows}
    found = [_cluster(group, counts, moments, shares) for group in groups if len(group) > 1]
    return sorted(found, key=lambda each: (-len(each.complaint_ids), each.last_at, each.complaint_ids))[:most]


def _open(actor: Actor, since: datetime, region_code: str | None) -> Select[UUID, datetime, str | None, str]:
    statement = (
        select(Complaint.id, Complaint.submitted_at, Complaint.region_code, ComplaintWords.words)
        .join(ComplaintWords, ComplaintWords.complaint_id == Complaint.id)
        .where(
            is_handler(actor),
            Complaint.status.in_(sorted(OPEN)),
            Complaint.merged_into_id.is_(None),
            Complaint.submitted_at >= since,
        )
        .order_by(Complaint.submitted_at.desc(), Complaint.id.desc())
        .limit(COMPARED)
    )
    if region_code is not None:
        below = Complaint.region_code.startswith(f"{region_code}.", autoescape=True)
        statement = statement.where((Complaint.region_code == region_code) | below)
    return statement


def _near_pairs(
    rows: Sequence[Row[Any]], counts: Mapping[UUID, Counter[str]], shares: Mapping[str, float]
) -> Iterator[tuple[UUID, UUID]]:
    weight = rarity(shares)
    places = {row.id: row.region_code for row in rows}
    having: defaultdict[str, list[UUID]] = defaultdict(list)
    for row_id, own in counts.items():
        single = [term for term in own if " " not in term]
        for stem in telling(single, shares, most=2 * TELLING, budget=1.0):
            having[stem].append(row_id)
    shared = Counter(pair for ids in having.values() if len(ids) <= COMMON for pair in combinations(ids, 2))
    for (one, other), together in shared.items():
        if together < 2 or (places[one] and places[other] and not in_one_regency(places[one], places[other])):
            continue
        least = NEAR_AT_ONE_PLACE if in_one_regency(places[one], places[other]) else NEAR_ANYWHERE
        if nearness(counts[one], counts[other], weight) >= least:
            yield one, other


def _joined(ids: Sequence[UUID], pairs: Iterator[tuple[UUID, UUID]]) -> list[list[UUID]]:
    """Groups of what is linked, directly or through others; each in the order of `ids`."""
    leader = {row_id: row_id for row_id in ids}

    def led_by(row_id: UUID) -> UUID:
        while leader[row_id] != row_id:
            leader[row_id] = leader[leader[row_id]]
            row_id = leader[row_id]
        return row_id

    for one, other in pairs:
        leader[led_by(other)] = led_by(one)
    groups: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for row_id in ids:
        groups[led_by(row_id)].append(row_id)
    return list(groups.values())


def _cluster(
    group: Sequence[UUID],
    counts: Mapping[UUID, Counter[str]],
    moments: Mapping[UUID, datetime],
    shares: Mapping[str, float],
) -> Cluster:
    weight = rarity(shares)
    having = Counter(term for row_id in group for term in counts[row_id] if " " not in term)
    shared = [term for term, number in having.items() if 2 * number > len(group)]
    ranked = sorted(shared, key=lambda term: (-weight(term) * having[term], -len(term), term))
    times = [moments[row_id] for row_id in group]
    return Cluster(tuple(group), tuple(ranked[:SHOWN_WORDS]), min(times), max(times))
