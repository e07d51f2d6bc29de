"""Reading the reference data: agencies, categories, regions, terms; and who you are."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

import strawberry
from strawberry import relay

from complaints.accounts import own_account
from complaints.knowledge import AgencyRow, CategoryRow
from complaints.reader import Window, window_of
from complaints.refusals import Invalid, Problem
from graph.context import Info
from graph.fetch import one_complaint
from graph.guard import Guard
from graph.ids import optional_row_id, row_id
from graph.types.catalogue import Agency, Category, Region, Term
from graph.types.person import Person
from rules.deadlines import local_date
from rules.places import children, find_regions, region
from rules.vocabulary import Action, AgencyLevel, TermKind

Row = TypeVar("Row", AgencyRow, CategoryRow)
_REGIONS_MAX = 100


@strawberry.type(description="A page of agencies in order of name.")
class AgencyConnection(relay.Connection[Agency]):
    """From the snapshot."""

    total_count: int


@strawberry.type(description="A page of categories in order of code.")
class CategoryConnection(relay.Connection[Category]):
    """From the snapshot."""

    total_count: int


def _cut(
    rows: Sequence[Row], key: Callable[[Row], tuple[str, str]], window: Window
) -> tuple[Sequence[Row], list[str], relay.PageInfo]:
    """A page of sorted rows by key: the rows, their cursors, and whether there is more on either side."""
    pivot = None if window.cursor is None else _key(window.cursor, "before" if window.backwards else "after")
    if window.backwards:
        rest = [row for row in rows if pivot is None or key(row) < pivot]
        page = rest[-window.size :]
        more_before, more_after = len(rest) > len(page), pivot is not None
    else:
        rest = [row for row in rows if pivot is None or key(row) > pivot]
        page = rest[: window.size]
        more_before, more_after = pivot is not None, len(rest) > len(page)
    cursors = [base64.urlsafe_b64encode("\n".join(key(row)).encode()).decode() for row in page]
    info = relay.PageInfo(
        has_next_page=more_after,
        has_previous_page=more_before,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
    return page, cursors, info


def _key(cursor: str, field: str) -> tuple[str, str]:
    try:
        first, second = base64.urlsafe_b64decode(cursor.encode()).decode().split("\n")
    except (ValueError, binascii.Error) as error:
        raise Invalid(Problem(field, "BAD_CURSOR")) from error
    return first, second


@strawberry.type
class CatalogueQuery:
    """Everything that reads reference data."""

    @strawberry.field(extensions=[Guard(Action.READ_CATALOGUE)], description="Agencies and units, in order of name.")
    async def agencies(
        self,
        info: Info,
        search: str | None = None,
        level: AgencyLevel | None = None,
        parent_id: relay.GlobalID | None = None,
        include_ended: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> AgencyConnection:
        """`search` forgives spelling and knows aliases."""
        knowledge = info.context.knowledge
        parent = optional_row_id(parent_id, "Agency", "parentId")
        today = local_date(info.context.tools.workshop.clock())
        named = None if search is None else {m.unit or m.code for m in knowledge.names.match(search[:200])}
        rows = [
            row
            for row in knowledge.agency_rows.values()
            if (level is None or row.level is level)
            and (parent is None or row.parent_id == parent)
            and (include_ended or knowledge.agencies[row.id].is_valid_on(today))
            and (named is None or row.code in named)
        ]
        window = window_of(first, after, last, before, largest=info.context.tools.limits.largest)
        page, cursors, page_info = _cut(rows, lambda row: (row.name, str(row.id)), window)
        edges = [relay.Edge(cursor=cursor, node=Agency.of(row)) for cursor, row in zip(cursors, page, strict=True)]
        return AgencyConnection(edges=edges, page_info=page_info, total_count=len(rows))

    @strawberry.field(extensions=[Guard(Action.READ_CATALOGUE)], description="The category tree, in order of code.")
    async def categories(
        self,
        info: Info,
        level: int | None = None,
        parent_id: relay.GlobalID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> CategoryConnection:
        """Main topics are level 1."""
        parent = optional_row_id(parent_id, "Category", "parentId")
        rows = [
            row
            for row in info.context.knowledge.category_rows.values()
            if (level is None or row.level == level) and (parent is None or row.parent_id == parent)
        ]
        window = window_of(first, after, last, before, largest=info.context.tools.limits.largest)
        page, cursors, page_info = _cut(rows, lambda row: (row.code, str(row.id)), window)
        edges = [relay.Edge(cursor=cursor, node=Category.of(row)) for cursor, row in zip(cursors, page, strict=True)]
        return CategoryConnection(edges=edges, page_info=page_info, total_count=len(rows))

    @strawberry.field(
        extensions=[Guard(Action.READ_CATALOGUE)],
        description="Regions by Kemendagri code: those below `parent` (none: the provinces), or those named `search`.",
    )
    async def regions(self, parent: str | None = None, search: str | None = None) -> list[Region]:
        """At most 100 when searched; a parent has at most a few dozen below it."""
        if search is not None:
            return [Region.of(place) for place in find_regions(search[:100], limit=_REGIONS_MAX)]
        if parent is not None and region(parent) is None:
            raise Invalid(Problem("parent", "UNKNOWN_REGION"))
        return [Region.of(place) for place in children(parent)]

    @strawberry.field(
        extensions=[Guard(Action.READ_CATALOGUE)],
        description="The reference lists with the labels that people read.",
    )
    async def terms(self, info: Info, kind: TermKind) -> list[Term]:
        """In their own order."""
        return [
            Term(kind=row.kind, code=row.code, label=row.label_id, label_en=row.label_en)
            for row in info.context.knowledge.term_rows
            if row.kind is kind
        ]

    @strawberry.field(extensions=[Guard(Action.READ_CATALOGUE)], description="Yourself; null without an account.")
    async def me(self, info: Info) -> Person | None:
        """The account behind the session."""
        actor = info.context.actor
        row = None if actor.id is None else await info.context.reader.one(own_account(actor))
        return None if row is None else Person.of(info.context, row)

    @strawberry.field(extensions=[Guard(Action.READ_COMPLAINT)], description="An object by its global id.")
    async def node(self, info: Info, id: relay.GlobalID) -> relay.Node | None:
        """Complaints you may read, agencies, categories; null for everything else."""
        return await find_node(info, id)


async def find_node(info: Info, global_id: relay.GlobalID) -> relay.Node | None:
    """The object behind a global id, through the same policy as its own field."""
    knowledge = info.context.knowledge
    match global_id.type_name:
        case "Complaint":
            return await one_complaint(info, row_id(global_id, "Complaint"))
        case "Agency":
            agency = knowledge.agency_rows.get(row_id(global_id, "Agency"))
            return None if agency is None else Agency.of(agency)
        case "Category":
            category = knowledge.category_rows.get(row_id(global_id, "Category"))
            return None if category is None else Category.of(category)
    return None
