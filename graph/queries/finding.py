"""Search, similar reports, and the questions that somebody keeps."""

from collections.abc import Sequence
from typing import Any

import anyio.to_thread
import strawberry
from sqlalchemy import Row
from strawberry import relay

from complaints import reading
from complaints.edges import fetch_edges
from complaints.finding import views
from complaints.finding.clusters import clusters
from complaints.finding.query import Wanted, read_query
from complaints.finding.relations import briefs, similar_rows
from complaints.finding.search import Scope, Search, check_filter, count, cursor_of, find, usual_scope
from complaints.finding.similar import draft
from complaints.inputs import Problems
from complaints.policy import standing
from complaints.reader import count as count_listing
from complaints.reader import window_of
from complaints.reading import QueueFilter, QueueOrder
from complaints.refusals import NotFound
from graph.context import Context, Info
from graph.fetch import complaints_of
from graph.guard import Guard
from graph.ids import optional_row_id
from graph.queries.complaints import ComplaintFilter
from graph.types.complaint import Complaint
from graph.types.finding import SavedFilter, SimilarCluster, SimilarComplaint, SnippetPiece, asked_again, view_id
from ml.similar import shown
from rules.vocabulary import Action, Audience

# About three lines on a telephone.
SNIPPET_CHARACTERS = 240
# What is older than a season is no wave of reports any more.
MOST_DAYS = 100


@strawberry.type(description="A complaint that answers a search.")
class SearchEdge:
    """One find."""

    cursor: str
    node: Complaint
    score: float = strawberry.field(
        description="How well it answers and how new it is; comparable within one search only."
    )
    snippet: list[SnippetPiece] = strawberry.field(
        description="The part of the text that answers best: masked, unless you work on the case or filed it."
    )


@strawberry.type(
    description="What was found, best first. Of very many finds only the newest are put in order:"
    " `rankedCount` says how many, `isCapped` that there are older ones; narrow the question to reach them."
)
class SearchConnection:
    """A page of finds."""

    edges: list[SearchEdge]
    page_info: relay.PageInfo
    ranked_count: int
    is_capped: bool
    search: strawberry.Private[Search]

    @strawberry.field(
        description="How many of what you may see answer: exactly, up to a ceiling. Ask only when you show it."
    )
    async def total_count(self, info: Info) -> int:
        """Counted when asked."""
        return await count(info.context.reader, self.search, _ceiling(info.context))

    @strawberry.field(description="False when there are more than `totalCount`.")
    async def is_total_exact(self, info: Info) -> bool:
        """Counted when asked."""
        ceiling = _ceiling(info.context)
        return await count(info.context.reader, self.search, ceiling + 1) <= ceiling


@strawberry.type(description="A question that you keep under a name; nobody else sees it.")
class SavedView:
    """A row of `saved_view`."""

    id: relay.GlobalID
    name: str
    filter: SavedFilter
    order: QueueOrder
    text: str | None = strawberry.field(description="The words looked for; null for a plain queue.")
    view: strawberry.Private[views.View]

    @classmethod
    def of(cls, context: Context, row: Any) -> "SavedView":
        """The row as its owner sees it."""
        view = asked_again(context, row)
        return cls(
            id=view_id(row.id),
            name=row.name,
            filter=SavedFilter.of(context, view),
            order=view.order,
            text=view.text,
            view=view,
        )

    @strawberry.field(description="How many answer now, counted up to a ceiling; ask only when you show it.")
    async def count(self, info: Info) -> int:
        """Counted when asked, under the policy of whoever asks."""
        context = info.context
        if self.view.text is None:
            listing = reading.queue(context.actor, self.view.filter, self.view.order, context.knowledge)
            return await count_listing(context.reader, listing, context.tools.limits.count_ceiling)
        search = _search(context, read_query(self.view.text), Scope.DESK, self.view.filter)
        return await count(context.reader, search, _ceiling(context))


@strawberry.type
class FindingQuery:
    """`search`, `similarReports`, `savedViews`."""

    @strawberry.field(
        extensions=[Guard(Action.READ_COMPLAINT)],
        description='Complaints by words: everyday spelling and endings do not matter. "exact phrase", -without,'
        " OR (ATAU); titles weigh more, and of equal answers the newer comes first. Staff may give a tracking code.",
    )
    async def search(
        self,
        info: Info,
        text: str,
        scope: Scope | None = None,
        filter: ComplaintFilter | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> SearchConnection:
        """A page of finds. Raises `Invalid` for words, filter, size or cursor."""
        context = info.context
        await context.throttle("search")
        window = window_of(first, after, last, before, largest=context.tools.limits.largest)
        wanted = (filter or ComplaintFilter()).wanted(context.tools.workshop.clock())
        where = scope or usual_scope(context.actor)
        check_filter(where, wanted)
        search = _search(context, read_query(text), where, wanted)
        found = await find(context.reader, search, window)
        nodes = await complaints_of(info, context.actor, found.page.rows)
        snippets = await _snippets(context, search, found.page.rows)
        edges = [
            SearchEdge(cursor=cursor_of(row), node=node, score=float(row.sort_key), snippet=snippet)
            for row, node, snippet in zip(found.page.rows, nodes, snippets, strict=True)
        ]
        return SearchConnection(
            edges=edges,
            page_info=relay.PageInfo(
                has_next_page=found.page.has_next,
                has_previous_page=found.page.has_previous,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
            ranked_count=found.ranked,
            is_capped=found.is_capped,
            search=search,
        )

    @strawberry.field(
        extensions=[Guard(Action.ASK_ADVICE)],
        description="Published reports like what somebody is writing, the most alike first. Nothing is stored.",
    )
    async def similar_reports(
        self,
        info: Info,
        text: str,
        region_code: str | None = None,
        category_id: relay.GlobalID | None = None,
    ) -> list[SimilarComplaint]:
        """For whoever writes, staff or not: only what everybody may read."""
        context = info.context
        await context.throttle("similar")
        allowed, problems = context.tools.workshop.allowances, Problems()
        body = problems.text(text, "text", shortest=1, longest=allowed.text_max)
        place = problems.text(region_code, "regionCode", longest=20)
        problems.settle()
        category = optional_row_id(category_id, "Category", "categoryId")
        if category is not None and category not in context.knowledge.category_codes:
            raise NotFound("Category", "categoryId")
        # In a thread: whoever sends strange words waits for them alone.
        now = context.tools.workshop.clock()
        subject = await anyio.to_thread.run_sync(draft, body or "", now, place, category)
        rows = await similar_rows(
            context.reader,
            context.actor,
            subject,
            context.knowledge,
            days=allowed.similar_days,
            most=allowed.similar_most,
            is_open=True,
        )
        return [SimilarComplaint.of(context, row) for row in rows]

    @strawberry.field(
        extensions=[Guard(Action.READ_QUEUE)],
        description="Groups of open complaints on your desk that are near in words, place and time, the largest first;"
        " looked for among the newest 300 of the last `days`.",
    )
    async def similar_clusters(
        self, info: Info, days: int = 30, region_code: str | None = None, first: int = 10
    ) -> list[SimilarCluster]:
        """Suggestions for merging."""
        context = info.context
        problems = Problems()
        place = problems.text(region_code, "regionCode", longest=20)
        for name, value, largest in (("days", days, MOST_DAYS), ("first", first, context.tools.limits.largest)):
            if not 1 <= value <= largest:
                problems.add(name, "OUT_OF_RANGE", min=1, max=largest)
        problems.settle()
        now = context.tools.workshop.clock()
        found = await clusters(context.reader, context.actor, now=now, days=days, region_code=place, most=first)
        ids = {row_id for cluster in found for row_id in cluster.complaint_ids}
        lines = await briefs(context.reader, context.actor, ids)
        return [SimilarCluster.of(context, cluster, lines) for cluster in found]

    @strawberry.field(extensions=[Guard(Action.READ_QUEUE)], description="The questions you keep, by name.")
    async def saved_views(self, info: Info) -> list[SavedView]:
        """The own ones."""
        rows = await info.context.reader.rows(views.views(info.context.actor))
        return [SavedView.of(info.context, row) for row in rows]


def _search(context: Context, wanted: Wanted, scope: Scope, conditions: QueueFilter) -> Search:
    workshop = context.tools.workshop
    ranked = workshop.allowances.search_ranked
    return Search(context.actor, scope, wanted, conditions, context.knowledge, ranked, workshop.clock())


def _ceiling(context: Context) -> int:
    return context.tools.workshop.allowances.search_counted


async def _snippets(context: Context, search: Search, rows: Sequence[Row[Any]]) -> list[list[SnippetPiece]]:
    """Where the words stand, in the text that the scope looked through."""
    standings = {row.id: standing(handler=row.is_handler, reporter=row.is_reporter) for row in rows}
    texts = (await fetch_edges(context.reader, ("text",), standings)).get("text", {})
    found = []
    for row in rows:
        text = texts[row.id]
        is_public = search.scope is Scope.PUBLIC or standings[row.id] is Audience.EVERYONE
        body = text.public_body if is_public else text.edited_body or text.original_body
        pieces = shown(body or "", search.wanted.stems, around=SNIPPET_CHARACTERS)
        found.append([SnippetPiece.of(piece) for piece in pieces])
    return found
