"""One decision for up to two hundred cases, each answered for itself: never all or nothing."""

from typing import Annotated

import strawberry
from strawberry import relay

from complaints.casework.bulk import Item, Verb, one_by_one, tag
from complaints.desk import archive
from complaints.dispatch import dispatch
from complaints.verify import Verdict, verify
from graph.context import Info
from graph.errors import BusyError, InvalidError, NotAllowedError, NotSignedInError
from graph.guard import Guard
from graph.ids import optional_row_id, row_id
from graph.mutations.verify import DestinationInput
from graph.types.casework import BulkOutcome
from rules.vocabulary import Action, Classification, Urgency


@strawberry.input(description="A complaint and the `version` you looked at.")
class BulkItem:
    """An `Item`."""

    id: relay.GlobalID
    seen_version: int


@strawberry.input(description="What holds for all of them; a field you leave out accepts what stands at each.")
class BulkVerdictInput:
    """A `Verdict` without what differs from case to case."""

    category_id: relay.GlobalID | None = None
    agency_id: relay.GlobalID | None = None
    classification: Classification | None = None
    urgency: Urgency | None = None
    note: str | None = None
    and_dispatch: DestinationInput | None = None


@strawberry.type
class BulkVerifyPayload:
    """One outcome for each item, in the order of the input."""

    outcomes: list[BulkOutcome]


@strawberry.type
class BulkDispatchPayload:
    """One outcome for each item, in the order of the input."""

    outcomes: list[BulkOutcome]


@strawberry.type
class BulkArchivePayload:
    """One outcome for each item, in the order of the input."""

    outcomes: list[BulkOutcome]


@strawberry.type
class BulkTagPayload:
    """One outcome for each item, in the order of the input."""

    outcomes: list[BulkOutcome]


BulkVerifyResult = Annotated[
    BulkVerifyPayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("BulkVerifyResult"),
]
BulkDispatchResult = Annotated[
    BulkDispatchPayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("BulkDispatchResult"),
]
BulkArchiveResult = Annotated[
    BulkArchivePayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("BulkArchiveResult"),
]
BulkTagResult = Annotated[
    BulkTagPayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("BulkTagResult"),
]


async def _for_each(info: Info, items: list[BulkItem], verb: Verb) -> list[BulkOutcome]:
    context = info.context
    wanted = [Item(row_id(item.id, "Complaint", f"items.{at}.id"), item.seen_version) for at, item in enumerate(items)]
    outcomes = await one_by_one(context.tools.workshop, context.actor, wanted, verb, context.request_id)
    await context.reader.close()
    return [BulkOutcome.of(outcome) for outcome in outcomes]


@strawberry.type
class BulkMutation:
    """`bulkVerify`, `bulkDispatch`, `bulkArchive`, `bulkTag`."""

    @strawberry.mutation(extensions=[Guard(Action.VERIFY)], description="The same verdict for many.")
    async def bulk_verify(self, info: Info, items: list[BulkItem], verdict: BulkVerdictInput) -> BulkVerifyResult:
        """One verb for each."""
        given = Verdict(
            category_id=optional_row_id(verdict.category_id, "Category", "verdict.categoryId"),
            agency_id=optional_row_id(verdict.agency_id, "Agency", "verdict.agencyId"),
            classification=verdict.classification,
            urgency=verdict.urgency,
            note=verdict.note,
        )
        destination = None if verdict.and_dispatch is None else verdict.and_dispatch.destination()
        outcomes = await _for_each(
            info,
            items,
            lambda work, item: verify(work, item.id, given, seen_version=item.seen_version, destination=destination),
        )
        return BulkVerifyPayload(outcomes=outcomes)

    @strawberry.mutation(extensions=[Guard(Action.DISPATCH)], description="The same destination for many.")
    async def bulk_dispatch(
        self, info: Info, items: list[BulkItem], destination: DestinationInput
    ) -> BulkDispatchResult:
        """One verb for each."""
        where = destination.destination()
        outcomes = await _for_each(
            info, items, lambda work, item: dispatch(work, item.id, where, seen_version=item.seen_version)
        )
        return BulkDispatchPayload(outcomes=outcomes)

    @strawberry.mutation(extensions=[Guard(Action.ARCHIVE)], description="The same reason for many.")
    async def bulk_archive(
        self, info: Info, items: list[BulkItem], reason: str, note: str | None = None
    ) -> BulkArchiveResult:
        """One verb for each."""
        outcomes = await _for_each(
            info, items, lambda work, item: archive(work, item.id, reason, note, seen_version=item.seen_version)
        )
        return BulkArchivePayload(outcomes=outcomes)

    @strawberry.mutation(extensions=[Guard(Action.TAG)], description="Tags come and go at many.")
    async def bulk_tag(
        self, info: Info, items: list[BulkItem], add: list[str] | None = None, remove: list[str] | None = None
    ) -> BulkTagResult:
        """One verb for each."""
        outcomes = await _for_each(
            info,
            items,
            lambda work, item: tag(work, item.id, add=add or (), remove=remove or (), seen_version=item.seen_version),
        )
        return BulkTagPayload(outcomes=outcomes)
