"""Turning statements into complaints: the page and every edge the document asks for, then no more statements."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import Row, Select
from strawberry import relay

from complaints import reading
from complaints.edges import fetch_edges
from complaints.finding import relations
from complaints.policy import Actor
from complaints.reader import Listing, count, cursor_of, read_page, window_of
from graph.context import Context, Info
from graph.selection import selected_names
from graph.types.complaint import Complaint, standing_of
from rules.vocabulary import Audience

# Which edge a field of `Complaint` needs; a field that is not here comes with the row or the snapshot.
EDGE_OF: Mapping[str, str] = MappingProxyType(
    {
        "title": "text",
        "text": "text",
        "originalTitle": "text",
        "originalText": "text",
        "place": "text",
        "suggestion": "suggestion",
        "route": "route",
        "clocks": "clocks",
        "supportCount": "supports",
        "copies": "copies",
        "attachments": "attachments",
        "events": "events",
        "messages": "messages",
    }
)


@strawberry.type(description="A page of complaints by key: stable while rows come and go.")
class ComplaintConnection(relay.Connection[Complaint]):
    """The one connection of complaints."""

    listing: strawberry.Private[Listing]

    @strawberry.field(description="How many there are, counted up to a ceiling; ask only when you show it.")
    async def total_count(self, info: Info) -> int:
        """Counted when asked."""
        return await count(info.context.reader, self.listing, info.context.tools.limits.count_ceiling)


async def complaint_page(
    info: Info, listing: Listing, first: int | None, after: str | None, last: int | None, before: str | None
) -> ComplaintConnection:
    """One page of a listing. Raises `Invalid` for a bad size or cursor."""
    window = window_of(first, after, last, before, largest=info.context.tools.limits.largest)
    page = await read_page(info.context.reader, listing, window)
    nodes = await _complaints(info, info.context.actor, page.rows)
    edges = [relay.Edge(cursor=cursor_of(row), node=node) for row, node in zip(page.rows, nodes, strict=True)]
    return ComplaintConnection(
        edges=edges,
        page_info=relay.PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        listing=listing,
    )


async def one_complaint(info: Info, complaint_id: UUID, viewer: Actor | None = None) -> Complaint | None:
    """The complaint, or None: not there and not yours look the same.

    `viewer` is whoever proved something in this very operation, by ticket; else it is the operation's actor.
    """
    reader = viewer or info.context.actor
    return await found_complaint(info, reading.one(reader, complaint_id), reader)


async def found_complaint(info: Info, statement: Select[Any], viewer: Actor) -> Complaint | None:
    """The only complaint of a statement that policy limited for `viewer`."""
    row = await info.context.reader.one(statement)
    return None if row is None else (await _complaints(info, viewer, [row]))[0]


async def _complaints(info: Info, viewer: Actor, rows: Sequence[Row[Any]]) -> list[Complaint]:
    context: Context = info.context
    asked = selected_names(info)
    edges = sorted({EDGE_OF[name] for name in asked & EDGE_OF.keys()})
    hanging = await fetch_edges(context.reader, edges, {row.id: standing_of(row) for row in rows})
    hanging |= await _relations(context, viewer, rows, asked)
    return [Complaint.of(context, viewer, row, hanging) for row in rows]


async def complaints_of(info: Info, viewer: Actor, rows: Sequence[Row[Any]]) -> list[Complaint]:
    """Rows of a statement that policy limited for `viewer`, with every edge the document asks for."""
    return await _complaints(info, viewer, rows)


async def _relations(
    context: Context, viewer: Actor, rows: Sequence[Row[Any]], asked: frozenset[str]
) -> dict[str, Mapping[UUID, Any]]:
    """Other complaints that the document asks for, each under the viewer's own policy."""
    reader, allowed = context.reader, context.tools.workshop.allowances
    standings = {row.id: (row, standing_of(row)) for row in rows}
    handled = [row_id for row_id, (_, close) in standings.items() if close is Audience.INTERNAL]
    found: dict[str, Mapping[UUID, Any]] = {"followed": await relations.followed(reader, standings)}
    if "mergedInto" in asked:
        found["merged_into"] = await relations.merged_into(reader, viewer, rows)
    if "children" in asked:
        found["children"] = await relations.children(reader, viewer, handled)
    if "similar" in asked:
        found["similar"] = await relations.similar_to(
            reader, viewer, handled, context.knowledge, days=allowed.similar_days, most=allowed.similar_most
        )
    return found
