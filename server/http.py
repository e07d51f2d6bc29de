"""The GraphQL view: one context per operation, orjson out, and a time limit."""

from collections.abc import AsyncGenerator, Mapping
from json import JSONDecodeError
from typing import Any
from uuid import uuid4

import anyio
import orjson
import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry import Schema
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.http.exceptions import NonJsonMessageReceived, WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from complaints.knowledge import KnowledgeSource, NotSeeded
from graph.context import Context, Tools
from server.auth import Doorkeeper
from server.settings import Settings

log = structlog.get_logger()

_LONGEST_REQUEST_ID = 64


class _TextSocket(ASGIWebSocketAdapter):
    """Text frames: what browsers' GraphQL clients read."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """Messages of the shape that the protocol knows; anything else ends the connection with its code."""
        async for message in super().iter_json(ignore_parsing_errors=ignore_parsing_errors):
            if not _is_message(message):
                raise NonJsonMessageReceived
            yield message

    async def send_json(self, message: Mapping[str, object]) -> None:
        try:
            await self.ws.send_text(orjson.dumps(message).decode())
        except WebSocketDisconnect as gone:
            raise WebSocketDisconnected from gone


def _is_message(message: object) -> bool:
    """Whether it is a message of graphql-transport-ws: a type, perhaps an id, perhaps a payload."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    return isinstance(message.get("id", ""), str) and isinstance(message.get("payload") or {}, dict)


class GraphQLView(GraphQL[Context, None]):
    """Strawberry's view with our context and encoder."""

    websocket_adapter_class = _TextSocket

    def __init__(
        self,
        schema: Schema,
        *,
        tools: Tools,
        knowledge: KnowledgeSource,
        doorkeeper: Doorkeeper,
        settings: Settings,
    ) -> None:
        super().__init__(
            schema,
            # Strawberry's pages for trying queries fetch their scripts from elsewhere.
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            allowed_origins=settings.http.allowed_origins,
            max_subscriptions_per_connection=settings.graph.max_subscriptions,
        )
        self._tools = tools
        self._knowledge = knowledge
        self._doorkeeper = doorkeeper
        self._proxies = frozenset(settings.http.trusted_proxies)
        self._timeout = settings.graph.timeout_seconds

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Who asks, from where, and the snapshot of the reference data."""
        request_id = _request_id(request)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        caller = await self._doorkeeper.caller(request)
        return Context(
            tools=self._tools,
            actor=caller.actor,
            knowledge=await self._knowledge.current(self._tools.workshop.clock()),
            address=self._address(request),
            request_id=request_id,
            response=response if isinstance(response, Response) else None,
            token=caller.token,
            denied=caller.denied,
        )

    async def on_ws_connect(self, context: Context) -> None:
        """A WebSocket of a browser cannot set headers: its token may come with connection_init."""
        caller = await self._doorkeeper.caller_by_params(context.connection_params)
        if caller is not None:
            context.actor, context.token, context.denied = caller.actor, caller.token, caller.denied

    def decode_json(self, data: str | bytes) -> object:
        """One JSON object, the only thing that a request or a message can be.

        orjson refuses half a surrogate pair, which nothing behind here could store or compare. Raises
        `JSONDecodeError`.
        """
        decoded = orjson.loads(data)
        if not isinstance(decoded, dict):
            raise JSONDecodeError("not an object", str(data[:20]), 0)
        return decoded

    def encode_json(self, data: object) -> bytes:
        """orjson: six times as fast as the standard library on a page of complaints."""
        return orjson.dumps(data)

    def _address(self, request: HTTPConnection) -> str:
        peer = "unknown" if request.client is None else request.client.host
        forwarded = request.headers.get("x-forwarded-for", "")
        # The last entry was written by the proxy we trust; those before it by anybody.
        return forwarded.split(",")[-1].strip() if peer in self._proxies and forwarded else peer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer within the time limit; subscriptions live as long as they like."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        failed: int | None = None
        with anyio.move_on_after(self._timeout) as limit:
            try:
                await super().__call__(scope, receive, send)
            except (NotSeeded, SQLAlchemyError, OSError):
                # Before the operation began: its context could not be made.
                log.exception("graphql.unavailable")
                failed = 503
        if limit.cancelled_caught:
            failed = 504
        if failed is not None:
            await PlainTextResponse("", status_code=failed)(scope, receive, send)


def _request_id(request: HTTPConnection) -> str:
    given = request.headers.get("x-request-id", "")
    return given if 0 < len(given) <= _LONGEST_REQUEST_ID and given.isalnum() else uuid4().hex
