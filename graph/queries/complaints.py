"""Reading complaints: queues, single cases, tracking, what the public sees, and advice on a draft."""

from datetime import datetime

import strawberry
from strawberry import relay

from complaints import reading
from complaints.inputs import Problems
from complaints.reading import Desk, QueueFilter, QueueOrder
from complaints.refusals import NotFound
from complaints.suggest import (
    Question,
    proposed_agencies,
    proposed_categories,
    proposed_report_types,
    proposed_screenings,
    proposed_urgencies,
)
from complaints.tracking import admit
from graph.context import Info
from graph.fetch import ComplaintConnection, complaint_page, one_complaint
from graph.guard import Guard
from graph.ids import optional_row_id, row_id
from graph.types.complaint import Complaint
from graph.types.suggestion import (
    Suggestion,
    agency_choice,
    category_choice,
    report_type_choice,
    screening_choice,
    urgency_choice,
)
from rules.deadlines import local_date
from rules.places import resolve
from rules.vocabulary import Action, Channel, Classification, Status, Urgency


@strawberry.input(description="What a queue shows; an absent condition shows everything you may see.")
class ComplaintFilter:
    """A `QueueFilter`."""

    desk: Desk = Desk.ALL
    statuses: list[Status] = strawberry.field(default_factory=list)
    category_id: relay.GlobalID | None = strawberry.field(default=None, description="It and everything below it.")
    agency_id: relay.GlobalID | None = None
    unit_id: relay.GlobalID | None = None
    region_code: str | None = strawberry.field(default=None, description="It and everything below it.")
    urgency: Urgency | None = None
    classification: Classification | None = None
    channel: Channel | None = None
    tag: str | None = None
    submitted_from: datetime | None = None
    submitted_to: datetime | None = strawberry.field(default=None, description="Exclusive.")
    is_overdue: bool = False

    def wanted(self, now: datetime) -> QueueFilter:
        """The input as the listing takes it. Raises `Invalid` for an id of another type or a text with NUL."""
        problems = Problems()
        region_code = problems.text(self.region_code, "filter.regionCode", longest=20)
        tag = problems.text(self.tag, "filter.tag", longest=100)
        problems.settle()
        return QueueFilter(
            desk=self.desk,
            statuses=tuple(self.statuses),
            category_id=optional_row_id(self.category_id, "Category", "filter.categoryId"),
            agency_id=optional_row_id(self.agency_id, "Agency", "filter.agencyId"),
            unit_id=optional_row_id(self.unit_id, "Agency", "filter.unitId"),
            region_code=region_code,
            urgency=self.urgency,
            classification=self.classification,
            channel=self.channel,
            tag=tag,
            submitted_from=self.submitted_from,
            submitted_to=self.submitted_to,
            overdue_at=now if self.is_overdue else None,
        )


@strawberry.type
class ComplaintQuery:
    """Everything that reads complaints."""

    @strawberry.field(
        extensions=[Guard(Action.READ_QUEUE)], description="Your queue: what you work on or watch as staff."
    )
    async def complaints(
        self,
        info: Info,
        filter: ComplaintFilter | None = None,
        order: QueueOrder = QueueOrder.NEWEST,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ComplaintConnection:
        """A queue."""
        context = info.context
        wanted = (filter or ComplaintFilter()).wanted(context.tools.workshop.clock())
        listing = reading.queue(context.actor, wanted, order, context.knowledge)
        return await complaint_page(info, listing, first, after, last, before)

    @strawberry.field(extensions=[Guard(Action.READ_COMPLAINT)], description="What everybody may read, newest first.")
    async def public_complaints(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ComplaintConnection:
        """The public list."""
        return await complaint_page(info, reading.public(info.context.actor), first, after, last, before)

    @strawberry.field(extensions=[Guard(Action.REPLY)], description="What you filed with your account.")
    async def my_complaints(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ComplaintConnection:
        """A citizen's own list."""
        return await complaint_page(info, reading.filed_by(info.context.actor), first, after, last, before)

    @strawberry.field(
        extensions=[Guard(Action.READ_COMPLAINT)],
        description="One complaint; null when it is not there or not yours.",
    )
    async def complaint(self, info: Info, id: relay.GlobalID) -> Complaint | None:
        """One complaint."""
        return await one_complaint(info, row_id(id, "Complaint"))

    @strawberry.field(
        extensions=[Guard(Action.TRACK)],
        description="Your complaint by tracking code and PIN. A wrong PIN and an unknown code are the same error.",
    )
    async def track_complaint(self, info: Info, code: str, pin: str) -> Complaint | None:
        """One complaint, proven by code and PIN."""
        context = info.context
        await context.throttle("track")
        holder = await admit(context.tools.workshop, code, pin)
        return None if holder.ticket is None else await one_complaint(info, holder.ticket, holder)

    @strawberry.field(
        extensions=[Guard(Action.ASK_ADVICE)],
        description="What the classifier would propose for a text. Nothing is stored. Null: no classifier serves."
        " With a `categoryId` that a person has set, the agency follows from it.",
    )
    async def suggest(
        self,
        info: Info,
        text: str,
        title: str | None = None,
        place: str | None = None,
        category_id: relay.GlobalID | None = None,
    ) -> Suggestion | None:
        """Advice on a draft."""
        context = info.context
        await context.throttle("suggest")
        allowed, problems = context.tools.workshop.allowances, Problems()
        body = problems.text(text, "text", shortest=1, longest=allowed.text_max)
        heading = problems.text(title, "title", longest=allowed.title_max)
        where = problems.text(place, "place", longest=allowed.title_max * 2)
        problems.settle()
        chosen = optional_row_id(category_id, "Category", "categoryId")
        if chosen is not None and chosen not in context.knowledge.category_codes:
            raise NotFound("Category", "categoryId")
        category = None if chosen is None else context.knowledge.category_codes[chosen]
        advice = await context.tools.adviser.advise(Question(body or "", heading, where, category))
        if advice is None:
            return None
        found = resolve(body or "", where)
        today = local_date(context.tools.workshop.clock())
        region = None if found is None else found.code
        agencies = proposed_agencies(context.knowledge, advice, region, today, category=category)
        return Suggestion(
            version=advice.version,
            at=None,
            titles=list(advice.suggestion.titles),
            categories=[category_choice(context, p) for p in proposed_categories(context.knowledge, advice)],
            agencies=[agency_choice(context, p) for p in agencies],
            report_types=[report_type_choice(p) for p in proposed_report_types(advice)],
            urgencies=[urgency_choice(p) for p in proposed_urgencies(advice)],
            screenings=[screening_choice(p) for p in proposed_screenings(advice)],
            is_sure_of_category=not advice.category.abstained,
            is_sure_of_agency=not advice.ranking("agency").abstained,
            decided_at=None,
            title_rank=None,
            category_rank=None,
            agency_rank=None,
        )
