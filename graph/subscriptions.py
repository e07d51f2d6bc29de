"""Live changes: the feed carries ids, every subscriber reads the row again through their own policy."""

from collections.abc import AsyncGenerator, Mapping
from types import MappingProxyType
from uuid import UUID

import strawberry
from strawberry import relay

from complaints import reading
from complaints.casework.presence import handles, present
from complaints.policy import require
from complaints.reading import QueueFilter, QueueOrder
from complaints.telling.reading import unread_count
from graph.context import Info, Topic
from graph.context import Subscription as FeedSubscription
from graph.fetch import found_complaint, one_complaint
from graph.fetch_learning import one_run
from graph.fetch_rules import replay_by_id
from graph.ids import row_id
from graph.queries.complaints import ComplaintFilter
from graph.types.casework import CasePresence
from graph.types.complaint import Complaint
from graph.types.learning import TrainingRun
from graph.types.telling import NotificationsChange
from graph.types.trials import RuleReplay
from rules.vocabulary import Action, JobState

# The permission of each subscription. Field extensions, like `Guard`, do not reach them, so the schema compares this.
GUARDS: Mapping[str, Action] = MappingProxyType(
    {
        "complaint_changed": Action.READ_COMPLAINT,
        "queue_changed": Action.READ_QUEUE,
        "training_run_changed": Action.READ_CLASSIFIERS,
        "rule_replay_changed": Action.MANAGE_RULES,
        "notifications_changed": Action.READ_NOTIFICATIONS,
        "presence_changed": Action.READ_QUEUE,
    }
)
_GOING_ON = (JobState.QUEUED, JobState.RUNNING)


@strawberry.type(description="Something changed. Without a complaint some changes were missed: fetch anew.")
class QueueChange:
    """One complaint of the queue, or the news that some were missed."""

    complaint: Complaint | None
    id: relay.GlobalID | None = strawberry.field(description="Of a complaint that is in the queue or just left it.")
    is_in_queue: bool


@strawberry.type
class Subscription:
    """Everything that is pushed."""

    @strawberry.subscription(description="A complaint you may read, now and after each change.")
    async def complaint_changed(self, info: Info, id: relay.GlobalID) -> AsyncGenerator[Complaint, None]:
        """Ends when the complaint leaves your sight."""
        _ask(info, "complaint_changed")
        complaint_id = row_id(id, "Complaint")
        with info.context.tools.subscribe(Topic.COMPLAINT) as subscription:
            if (complaint := await _read(info, complaint_id)) is None:
                return
            yield complaint
            async for changed in subscription.changes():
                if changed is not None and changed != complaint_id:
                    continue
                if (complaint := await _read(info, complaint_id)) is None:
                    return
                yield complaint

    @strawberry.subscription(description="Complaints that enter your queue, change in it, or leave it.")
    async def queue_changed(
        self, info: Info, filter: ComplaintFilter | None = None
    ) -> AsyncGenerator[QueueChange, None]:
        """Only what was in this queue before is reported as having left it."""
        _ask(info, "queue_changed")
        context = info.context
        wanted = (filter or ComplaintFilter()).wanted(context.tools.workshop.clock())
        shown: set[UUID] = set()
        with context.tools.subscribe(Topic.COMPLAINT) as subscription:
            async for changed in subscription.changes():
                if changed is None:
                    yield QueueChange(complaint=None, id=None, is_in_queue=False)
                    continue
                complaint = await _read(info, changed, wanted)
                if complaint is None and changed not in shown:
                    continue
                (shown.discard if complaint is None else shown.add)(changed)
                yield QueueChange(
                    complaint=complaint,
                    id=relay.GlobalID("Complaint", str(changed)),
                    is_in_queue=complaint is not None,
                )

    @strawberry.subscription(description="A training, now and after each change; ends when it ended.")
    async def training_run_changed(self, info: Info, id: relay.GlobalID) -> AsyncGenerator[TrainingRun, None]:
        """A run that is not there ends at once."""
        _ask(info, "training_run_changed")
        run_id = row_id(id, "TrainingRun")
        with info.context.tools.subscribe(Topic.TRAINING_RUN) as subscription:
            async for _ in _now_and_when(subscription, run_id):
                if (run := await _read_run(info, run_id)) is None:
                    return
                yield run
                # The log was read while the answer was made; nothing stays open until the next change.
                await info.context.reader.close()
                if run.state not in _GOING_ON:
                    return

    @strawberry.subscription(description="A replay, now and after each change; ends when it ended.")
    async def rule_replay_changed(self, info: Info, id: relay.GlobalID) -> AsyncGenerator[RuleReplay, None]:
        """A replay that is not there ends at once."""
        _ask(info, "rule_replay_changed")
        replay_id = row_id(id, "RuleReplay")
        with info.context.tools.subscribe(Topic.RULE_REPLAY) as subscription:
            async for _ in _now_and_when(subscription, replay_id):
                if (replay := await _read_replay(info, replay_id)) is None:
                    return
                yield replay
                if replay.state not in _GOING_ON:
                    return

    @strawberry.subscription(description="Who has a case open, now and whenever somebody comes or goes.")
    async def presence_changed(self, info: Info, id: relay.GlobalID) -> AsyncGenerator[list[CasePresence], None]:
        """Ends when the case is none of the reader's any more. A lease that ran out is noticed within a minute."""
        _ask(info, "presence_changed")
        complaint_id = row_id(id, "Complaint")
        with info.context.tools.subscribe(Topic.PRESENCE) as subscription:
            async for _ in _now_and_when(subscription, complaint_id):
                if (who := await _read_presence(info, complaint_id)) is None:
                    return
                yield who

    @strawberry.subscription(description="How many of your notifications are unread, now and after each change.")
    async def notifications_changed(self, info: Info) -> AsyncGenerator[NotificationsChange, None]:
        """Somebody without an account hears once that there is nothing."""
        _ask(info, "notifications_changed")
        person_id = info.context.actor.id
        with info.context.tools.subscribe(Topic.NOTIFICATION) as subscription:
            yield await _read_unread(info)
            async for changed in subscription.changes():
                if changed is None or changed == person_id:
                    yield await _read_unread(info)


async def _now_and_when(subscription: FeedSubscription, row_id: UUID) -> AsyncGenerator[None, None]:
    yield
    async for changed in subscription.changes():
        if changed is None or changed == row_id:
            yield


def _ask(info: Info, field: str) -> None:
    if info.context.denied is not None:
        raise info.context.denied
    require(info.context.actor, GUARDS[field])


async def _read(info: Info, complaint_id: UUID, wanted: QueueFilter | None = None) -> Complaint | None:
    context = info.context
    await context.renew()
    try:
        if wanted is None:
            return await one_complaint(info, complaint_id)
        listing = reading.queue(context.actor, wanted, QueueOrder.NEWEST, context.knowledge)
        held = listing.statement.where(reading.has_id(complaint_id))
        return await found_complaint(info, held, context.actor)
    finally:
        # The next change must be seen, not the moment of this one.
        await context.reader.close()


async def _read_presence(info: Info, complaint_id: UUID) -> list[CasePresence] | None:
    context = info.context
    await context.renew()
    _ask(info, "presence_changed")
    try:
        if await context.reader.one(handles(context.actor, complaint_id)) is None:
            return None
        now = context.tools.workshop.clock()
        rows = await context.reader.rows(present(context.actor, complaint_id, now))
        return [CasePresence.of(context, row) for row in rows]
    finally:
        await context.reader.close()


async def _read_unread(info: Info) -> NotificationsChange:
    context = info.context
    await context.renew()
    _ask(info, "notifications_changed")
    try:
        row = await context.reader.one(unread_count(context.actor))
        return NotificationsChange(unread_count=0 if row is None else int(row[0]))
    finally:
        await context.reader.close()


async def _read_run(info: Info, run_id: UUID) -> TrainingRun | None:
    context = info.context
    await context.renew()
    # Somebody's role may have changed since they subscribed.
    _ask(info, "training_run_changed")
    try:
        return await one_run(info, run_id)
    finally:
        await context.reader.close()


async def _read_replay(info: Info, replay_id: UUID) -> RuleReplay | None:
    context = info.context
    await context.renew()
    _ask(info, "rule_replay_changed")
    try:
        return await replay_by_id(info, replay_id)
    finally:
        await context.reader.close()
