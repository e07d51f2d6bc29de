"""The web server: GraphQL over HTTP and WebSocket, and two health pages."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from complaints.knowledge import Knowledge
from complaints.reader import Reader
from graph.context import PageLimits, Tools
from graph.measure import DocumentLimits
from graph.schema import build_schema
from rules.places import place_in
from server.auth import Doorkeeper
from server.database import libpq_url
from server.downloads import download_routes
from server.feed import Feed
from server.files import file_routes
from server.health import is_ready
from server.http import GraphQLView
from server.keys import vault_keys
from server.logs import set_up_logs
from server.manners import Manners
from server.runtime import Runtime, open_runtime
from server.settings import Settings
from server.throttle import Throttle
from server.worker import run_worker


def create_app(settings: Settings) -> Starlette:
    """The ASGI application. Everything that connects is opened when it starts and closed when it stops."""
    set_up_logs(settings.log_format)
    most = settings.http.max_body_bytes
    schema = build_schema(document_limits(settings))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            url = settings.url()
            runtime = await stack.enter_async_context(open_runtime(settings, url, vault_keys(settings)))
            await runtime.serving.refresh()
            # The gazetteer is built at its first question: not during a citizen's request.
            await anyio.to_thread.run_sync(place_in, "")
            feed = Feed(libpq_url(url), settings.graph.feed_queue)
            tasks = await stack.enter_async_context(anyio.create_task_group())
            stack.callback(tasks.cancel_scope.cancel)
            tasks.start_soon(feed.listen)
            tasks.start_soon(runtime.serving.follow, settings.classifier.poll_seconds)
            if settings.worker == "inline":
                tasks.start_soon(run_worker, runtime)
            doorkeeper = Doorkeeper(runtime.database.read, runtime.workshop.clock)
            app.state.runtime = runtime
            app.state.view = GraphQLView(
                schema,
                tools=_tools(runtime, feed, doorkeeper),
                knowledge=runtime.knowledge,
                doorkeeper=doorkeeper,
                settings=settings,
            )
            yield

    async def graphql(scope: Scope, receive: Receive, send: Send) -> None:
        view: GraphQLView = app.state.view
        await view(scope, receive, send)

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_request: Request) -> Response:
        report = await is_ready(app.state.runtime)
        return JSONResponse(report.data(), status_code=200 if report.is_ready else 503)

    app = Starlette(
        routes=[
            Route("/graphql", _Asgi(graphql), methods=["POST"]),
            WebSocketRoute("/graphql", _Asgi(graphql)),
            *file_routes(settings),
            *download_routes(),
            Route("/health/live", live),
            Route("/health/ready", ready),
        ],
        middleware=[
            Middleware(Manners, max_body_bytes=most),
            Middleware(RequestBodyLimitMiddleware, max_body_size=most),
        ],
        lifespan=lifespan,
    )
    return app


class _Asgi:
    """A plain ASGI callable as a route's endpoint; Starlette wraps functions otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def document_limits(settings: Settings) -> DocumentLimits:
    """The limits of a GraphQL document."""
    graph = settings.graph
    return DocumentLimits(
        depth=graph.max_depth,
        tokens=graph.max_tokens,
        aliases=graph.max_aliases,
        cost=graph.max_cost,
        page=graph.max_page,
        allow_introspection=not settings.is_production,
    )


def _tools(runtime: Runtime, feed: Feed, doorkeeper: Doorkeeper) -> Tools:
    settings = runtime.settings

    async def current_knowledge() -> Knowledge:
        return await runtime.knowledge.current(runtime.workshop.clock())

    return Tools(
        workshop=runtime.workshop,
        adviser=runtime.adviser,
        throttle=Throttle(settings.rate),
        subscribe=feed.subscribe,
        limits=PageLimits(settings.graph.max_page, settings.graph.count_ceiling),
        training_threads=settings.classifier.training_threads,
        open_reader=lambda: Reader(runtime.database.read),
        identify=doorkeeper.actor_of,
        current_knowledge=current_knowledge,
        secure_cookies=settings.http.secure_cookies,
        files=runtime.files,
    )
