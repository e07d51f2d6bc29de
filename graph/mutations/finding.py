"""Merging duplicates and setting them free, and keeping questions under a name."""

from typing import Annotated

import strawberry
from strawberry import relay

from complaints.casework.bulk import Item, one_by_one
from complaints.finding.views import View, delete_view, save_view
from complaints.follow_up import follow_up
from complaints.merge import merge, unmerge
from complaints.reading import QueueOrder
from graph.context import Info
from graph.errors import (
    BusyError,
    IllegalStepError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    StaleError,
)
from graph.fetch import one_complaint
from graph.guard import Guard
from graph.ids import row_id
from graph.mutations.bulk import BulkItem
from graph.queries.complaints import ComplaintFilter
from graph.queries.finding import SavedView
from graph.types.casework import BulkOutcome
from graph.types.complaint import Complaint
from rules.vocabulary import Action, Audience


@strawberry.input(description="Which complaint follows which, and why.")
class MergeComplaintsInput:
    """A child and its parent."""

    id: relay.GlobalID = strawberry.field(description="The one that will follow; it keeps its code.")
    seen_version: int
    parent_id: relay.GlobalID = strawberry.field(description="If it follows another one, that one is meant.")
    reason: str = strawberry.field(description="For handlers.")


@strawberry.input(description="Which complaint stands alone again, and why.")
class UnmergeComplaintsInput:
    """A child."""

    id: relay.GlobalID
    seen_version: int
    reason: str = strawberry.field(description="For handlers.")


@strawberry.input(description="A question and its name; the same name again replaces it.")
class SaveViewInput:
    """A view."""

    name: str
    filter: ComplaintFilter | None = None
    order: QueueOrder = QueueOrder.NEWEST
    text: str | None = None


@strawberry.type
class MergeComplaintsPayload:
    """The child."""

    complaint: Complaint | None


@strawberry.type
class UnmergeComplaintsPayload:
    """The complaint that stands alone again."""

    complaint: Complaint | None


@strawberry.type
class FollowUpManyPayload:
    """One outcome for each item, in the order of the input."""

    outcomes: list[BulkOutcome]


@strawberry.type
class SaveViewPayload:
    """The view as it is kept."""

    view: SavedView


@strawberry.type
class DeleteViewPayload:
    """What is gone."""

    id: relay.GlobalID


MergeComplaintsResult = Annotated[
    MergeComplaintsPayload | StaleError | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("MergeComplaintsResult"),
]
UnmergeComplaintsResult = Annotated[
    UnmergeComplaintsPayload
    | IllegalStepError
    | StaleError
    | InvalidError
    | NotFoundError
    | NotAllowedError
    | NotSignedInError
    | BusyError,
    strawberry.union("UnmergeComplaintsResult"),
]
FollowUpManyResult = Annotated[
    FollowUpManyPayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("FollowUpManyResult"),
]
SaveViewResult = Annotated[
    SaveViewPayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("SaveViewResult"),
]
DeleteViewResult = Annotated[
    DeleteViewPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("DeleteViewResult"),
]


@strawberry.type
class FindingMutation:
    """`mergeComplaints`, `unmergeComplaints`, `followUpMany`, `saveView`, `deleteView`."""

    @strawberry.mutation(
        extensions=[Guard(Action.MERGE)],
        description="Let a duplicate follow another complaint: it keeps its code, its reporter follows the answers.",
    )
    async def merge_complaints(self, info: Info, input: MergeComplaintsInput) -> MergeComplaintsResult:
        """One verb."""
        parent_id = row_id(input.parent_id, "Complaint", "parentId")
        async with info.context.work() as work:
            row = await merge(
                work, row_id(input.id, "Complaint"), parent_id, input.reason, seen_version=input.seen_version
            )
        return MergeComplaintsPayload(complaint=await one_complaint(info, row.id))

    @strawberry.mutation(
        extensions=[Guard(Action.MERGE)],
        description="Set a merged complaint free: its status, queue and clocks go on where they stood.",
    )
    async def unmerge_complaints(self, info: Info, input: UnmergeComplaintsInput) -> UnmergeComplaintsResult:
        """One verb."""
        async with info.context.work() as work:
            row = await unmerge(work, row_id(input.id, "Complaint"), input.reason, seen_version=input.seen_version)
        return UnmergeComplaintsPayload(complaint=await one_complaint(info, row.id))

    @strawberry.mutation(
        extensions=[Guard(Action.FOLLOW_UP)],
        description="One answer to many, for a group that is not merged; what is merged hears its parent's answers.",
    )
    async def follow_up_many(
        self, info: Info, items: list[BulkItem], text: str, audience: Audience = Audience.EVERYONE
    ) -> FollowUpManyResult:
        """One verb for each."""
        context = info.context
        wanted = [
            Item(row_id(item.id, "Complaint", f"items.{at}.id"), item.seen_version) for at, item in enumerate(items)
        ]
        outcomes = await one_by_one(
            context.tools.workshop,
            context.actor,
            wanted,
            lambda work, item: follow_up(work, item.id, text, audience, seen_version=item.seen_version),
            context.request_id,
        )
        await context.reader.close()
        return FollowUpManyPayload(outcomes=[BulkOutcome.of(outcome) for outcome in outcomes])

    @strawberry.mutation(extensions=[Guard(Action.READ_QUEUE)], description="Keep a question under a name.")
    async def save_view(self, info: Info, input: SaveViewInput) -> SaveViewResult:
        """One verb."""
        asked = input.filter or ComplaintFilter()
        wanted = asked.wanted(info.context.tools.workshop.clock())
        async with info.context.work() as work:
            row = await save_view(work, input.name, View(wanted, input.order, input.text, asked.is_overdue))
        return SaveViewPayload(view=SavedView.of(info.context, row))

    @strawberry.mutation(extensions=[Guard(Action.READ_QUEUE)], description="Forget one of your questions.")
    async def delete_view(self, info: Info, id: relay.GlobalID) -> DeleteViewResult:
        """One verb."""
        async with info.context.work() as work:
            await delete_view(work, row_id(id, "SavedView"))
        return DeleteViewPayload(id=id)
