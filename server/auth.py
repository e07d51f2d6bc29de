"""Turning a token into an actor, and refusing a browser's request that another page made."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import HTTPConnection

from complaints.accounts import Identity, digest, identify
from complaints.policy import ANYONE, Actor
from complaints.refusals import NotSignedIn
from graph.mutations.session import SESSION_COOKIE

CSRF_HEADER = "x-csrf-token"
_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, by which token; `denied` when a token was sent that does not hold."""

    actor: Actor
    token: str | None = None
    denied: NotSignedIn | None = None


class Doorkeeper:
    """Knows the sessions and service keys."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        # One statement needs no transaction around it.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._clock = clock

    async def caller(self, request: HTTPConnection) -> Caller:
        """The caller of a request or of a WebSocket's handshake."""
        token, is_cookie = _token(request)
        return Caller(ANYONE) if token is None else await self._known(token, request if is_cookie else None)

    async def caller_by_params(self, params: object) -> Caller | None:
        """The caller of a connection_init with an `authorization` of its own: a browser's socket has no headers."""
        said = params.get("authorization") if isinstance(params, dict) else None
        token = _bearer(said) if isinstance(said, str) else None
        return None if token is None else await self._known(token, None)

    async def _known(self, token: str, cookie_request: HTTPConnection | None) -> Caller:
        try:
            async with self._engine.connect() as connection:
                identity = await identify(connection, token, self._clock())
        except NotSignedIn as denied:
            return Caller(ANYONE, denied=denied)
        if cookie_request is not None and not _is_from_our_page(cookie_request, identity):
            return Caller(ANYONE, denied=NotSignedIn("CSRF"))
        return Caller(identity.actor, token)

    async def actor_of(self, token: str) -> Actor:
        """Ask again for a token that held before. Raises `NotSignedIn`."""
        async with self._engine.connect() as connection:
            return (await identify(connection, token, self._clock())).actor


def _is_from_our_page(request: HTTPConnection, identity: Identity) -> bool:
    """A cookie travels by itself, the header does not: only our own pages can add it.

    A WebSocket's handshake is protected by the check of its origin instead.
    """
    if request.scope["type"] != "http":
        return True
    sent = digest(request.headers.get(CSRF_HEADER, ""))
    return identity.csrf_hash is not None and hmac.compare_digest(sent, identity.csrf_hash)


def _token(request: HTTPConnection) -> tuple[str | None, bool]:
    """(token, whether it came as a cookie)."""
    bearer = _bearer(request.headers.get("authorization", ""))
    return (bearer, False) if bearer is not None else (request.cookies.get(SESSION_COOKIE), True)


def _bearer(said: str) -> str | None:
    return said[len(_BEARER) :].strip() if said[: len(_BEARER)].lower() == _BEARER else None
