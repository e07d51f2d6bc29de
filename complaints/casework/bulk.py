"""One decision for many cases: each in a transaction of its own, each with its own answer."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from complaints.events import Tagged
from complaints.inputs import Problems
from complaints.policy import Actor
from complaints.refusals import Invalid, Problem, Refusal
from complaints.work import Work, Workshop
from models import Complaint
from rules.vocabulary import Action


@dataclass(frozen=True, slots=True)
class Item:
    """A case and the version that somebody looked at."""

    id: UUID
    seen_version: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item: done with this version, or refused."""

    id: UUID
    version: int | None
    refusal: Refusal | None


Verb = Callable[[Work, Item], Awaitable[Complaint]]


async def one_by_one(
    workshop: Workshop, actor: Actor, items: Sequence[Item], verb: Verb, request_id: str | None = None
) -> list[Outcome]:
    """Do it to each item, in order; a refusal of one changes nothing about the others.

    Raises `Invalid` for too many.
    """
    most = workshop.allowances.bulk_max
    if not 1 <= len(items) <= most:
        raise Invalid(Problem("items", "TOO_MANY" if items else "REQUIRED", {"max": most, "length": len(items)}))
    return [await _one(workshop, actor, item, verb, request_id) for item in items]


async def _one(workshop: Workshop, actor: Actor, item: Item, verb: Verb, request_id: str | None) -> Outcome:
    try:
        async with workshop.work(actor, request_id) as work:
            complaint = await verb(work, item)
        return Outcome(item.id, complaint.version, None)
    except Refusal as refusal:
        return Outcome(item.id, None, refusal)


async def tag(
    work: Work, complaint_id: UUID, *, add: Sequence[str] = (), remove: Sequence[str] = (), seen_version: int
) -> Complaint:
    """Add and remove tags, whatever the status; what changes nothing leaves no event.

    Raises what `Work.complaint` raises, and `Invalid` for tags too long or too many.
    """
    complaint = await work.complaint(complaint_id, Action.TAG, seen_version=seen_version)
    allowed, problems = work.allowances, Problems()
    kept = [word for word in complaint.tags if word not in remove]
    wanted = problems.words([*kept, *add], "add", most=allowed.tags_max, longest=allowed.tag_max)
    problems.settle()
    added, removed = set(wanted) - set(complaint.tags), set(complaint.tags) - set(wanted)
    if added or removed:
        complaint.tags = wanted
        work.record(complaint, Tagged(len(added), len(removed)))
    return complaint
