"""A complaint follows another one that says the same, and can be set free again."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from complaints.clocks import Clocks
from complaints.events import Absorbed, Merged, Released, Unmerged
from complaints.follow_up import answered
from complaints.inputs import required_text
from complaints.refusals import Busy, Invalid, Problem
from complaints.work import Work
from models import Complaint, ComplaintEvent, ComplaintMerge, new_id
from rules.lifecycle import possible
from rules.vocabulary import Action, Audience, Status

# So many reports of one broken bridge are one case; more are a campaign, and need another tool.
MOST_CHILDREN = 500


async def merge(work: Work, child_id: UUID, parent_id: UUID, reason: str, *, seen_version: int) -> Complaint:
    """Let the child follow the parent: it keeps its code, status and queue, its clocks stand still.

    A parent that follows another one itself hands on to that one, and what follows the child moves along: nobody
    follows a follower. Raises what `Work.complaint` raises for either, `Invalid` for the reason, a circle, an archived
    parent, a secret parent of an open child, and `Busy` when somebody merges the same complaints just now.
    """
    work.require(Action.MERGE)
    body = required_text(reason, "reason", work.allowances.message_max)
    root_id = await _root(work, parent_id)
    if root_id == child_id:
        raise Invalid(Problem("parentId", "MERGE_CIRCLE"))
    followers = await _follower_ids(work, child_id)
    locked = await _all_locked(work, [child_id, root_id], followers, {child_id: seen_version})
    child, parent = locked[child_id], locked[root_id]
    if parent.merged_into_id is not None or list(followers) != list(await _follower_ids(work, child_id)):
        # Somebody was faster, between the look and the lock.
        raise Busy
    if child.merged_into_id is not None:
        raise Invalid(Problem("id", "MERGED_ALREADY"))
    if parent.status is Status.ARCHIVED:
        raise Invalid(Problem("parentId", "MERGE_INTO_ARCHIVED"))
    if parent.is_secret and not child.is_secret:
        # Its reporter would follow what nobody may tell.
        raise Invalid(Problem("parentId", "MERGE_INTO_SECRET"))
    if any(parent.is_secret and not locked[row_id].is_secret for row_id in followers):
        raise Invalid(Problem("parentId", "MERGE_INTO_SECRET"))
    taken = len(await _follower_ids(work, root_id)) + len(followers) + 1
    if taken > MOST_CHILDREN:
        raise Invalid(Problem("parentId", "TOO_MANY", {"max": MOST_CHILDREN, "length": taken}))
    note_id = work.keep(child, body, Audience.INTERNAL)
    await _follow(work, child, parent, None, note_id)
    for row_id in followers:
        await _follow(work, locked[row_id], parent, child, None)
    return child


async def unmerge(work: Work, child_id: UUID, reason: str, *, seen_version: int) -> Complaint:
    """Set a child free: its own status and queue count again, its clocks go on where they stood.

    What had moved along with it follows it again. Raises what `Work.complaint` raises, and `Invalid` for the reason
    and for what follows nothing.
    """
    work.require(Action.MERGE)
    body = required_text(reason, "reason", work.allowances.message_max)
    parent_id = await work.session.scalar(select(Complaint.merged_into_id).where(Complaint.id == child_id))
    companions = await _companion_ids(work, child_id)
    wanted = [child_id] if parent_id is None else [child_id, parent_id]
    locked = await _all_locked(work, wanted[:1], [*wanted[1:], *companions], {child_id: seen_version})
    child = locked[child_id]
    if child.merged_into_id is None:
        raise Invalid(Problem("id", "NOT_MERGED"))
    if child.merged_into_id != parent_id or list(companions) != list(await _companion_ids(work, child_id)):
        raise Busy
    parent = locked[child.merged_into_id]
    record = await _open_record(work, child_id)
    record.undone_at = work.now
    child.merged_into_id = None
    (await Clocks.of(work, child)).go_on(record.paused_clock_ids)
    if await _was_answered(work, child, record.merged_at) and Action.REPLY in possible(child.status):
        # What its reporter wrote meanwhile takes effect now: a deferred report is complete, none closes by silence.
        await answered(work, child)
    work.record(child, Unmerged(parent.id, work.keep(child, body, Audience.INTERNAL)))
    work.record(parent, Released(child.id))
    # The database allows one open merge of a complaint: the old one must be closed before the next is written.
    for row_id in companions:
        companion, old = locked[row_id], await _open_record(work, row_id)
        await _turn(work, companion, old, child, None)
        work.record(parent, Released(row_id))
        work.record(child, Absorbed(row_id))
    return child


async def followers_of(work: Work, complaint: Complaint) -> Sequence[Complaint]:
    """The complaints that follow this one: their reporters hear whatever its own reporter may hear.

    What concerns one reporter alone (a question, an answer for the parties) is not for them: tell them of events for
    `EVERYONE` only.
    """
    statement = select(Complaint).where(Complaint.merged_into_id == complaint.id).order_by(Complaint.id)
    return (await work.session.scalars(statement)).all()


async def _follow(
    work: Work, child: Complaint, parent: Complaint, moved_with: Complaint | None, note_id: UUID | None
) -> None:
    if moved_with is not None:
        old = await _open_record(work, child.id)
        await _turn(work, child, old, parent, moved_with)
        work.record(moved_with, Released(child.id))
    else:
        paused = (await Clocks.of(work, child)).stand_still()
        child.merged_into_id = parent.id
        work.session.add(
            ComplaintMerge(
                id=new_id(),
                child_id=child.id,
                parent_id=parent.id,
                merged_at=work.now,
                merged_by_id=work.actor.id,
                paused_clock_ids=paused,
            )
        )
        work.record(child, Merged(parent.id, note_id))
    work.record(parent, Absorbed(child.id))


async def _turn(
    work: Work, child: Complaint, old: ComplaintMerge, parent: Complaint, moved_with: Complaint | None
) -> None:
    """Follow somebody else from now on; the clocks go on standing still."""
    old.undone_at = work.now
    # One open merge of a complaint at a time (partial unique index): the old one is closed first.
    await work.session.flush()
    child.merged_into_id = parent.id
    work.session.add(
        ComplaintMerge(
            id=new_id(),
            child_id=child.id,
            parent_id=parent.id,
            merged_at=work.now,
            merged_by_id=work.actor.id,
            moved_with_id=None if moved_with is None else moved_with.id,
            paused_clock_ids=old.paused_clock_ids,
        )
    )
    work.record(child, Merged(parent.id))


async def _root(work: Work, complaint_id: UUID) -> UUID:
    """Whom a complaint follows, or itself; what is not there is found missing when it is locked."""
    followed = await work.session.scalar(select(Complaint.merged_into_id).where(Complaint.id == complaint_id))
    return followed or complaint_id


async def _follower_ids(work: Work, complaint_id: UUID) -> Sequence[UUID]:
    statement = select(Complaint.id).where(Complaint.merged_into_id == complaint_id).order_by(Complaint.id)
    return (await work.session.scalars(statement)).all()


async def _companion_ids(work: Work, complaint_id: UUID) -> Sequence[UUID]:
    """What followed this complaint until it was merged, and moved along."""
    statement = (
        select(ComplaintMerge.child_id)
        .where(ComplaintMerge.moved_with_id == complaint_id, ComplaintMerge.undone_at.is_(None))
        .order_by(ComplaintMerge.child_id)
    )
    return (await work.session.scalars(statement)).all()


async def _was_answered(work: Work, child: Complaint, since: datetime) -> bool:
    statement = select(ComplaintEvent.id).where(
        ComplaintEvent.complaint_id == child.id, ComplaintEvent.kind == "Replied", ComplaintEvent.at >= since
    )
    return (await work.session.scalars(statement.limit(1))).first() is not None


async def _open_record(work: Work, complaint_id: UUID) -> ComplaintMerge:
    statement = select(ComplaintMerge).where(
        ComplaintMerge.child_id == complaint_id, ComplaintMerge.undone_at.is_(None)
    )
    return (await work.session.scalars(statement)).one()


async def _all_locked(
    work: Work, asked: Iterable[UUID], along: Iterable[UUID], versions: dict[UUID, int]
) -> dict[UUID, Complaint]:
    """All rows, locked in the order of their ids: two merges in opposite directions wait for each other, not forever.

    The actor must be allowed to merge what was `asked` for; what moves `along` is bound to it.
    """
    theirs = set(asked)
    locked: dict[UUID, Complaint] = {}
    for row_id in sorted({*theirs, *along}):
        if row_id in theirs:
            locked[row_id] = await work.complaint(row_id, Action.MERGE, seen_version=versions.get(row_id))
        else:
            statement = select(Complaint).where(Complaint.id == row_id).with_for_update()
            locked[row_id] = (await work.session.scalars(statement)).one()
    return locked
