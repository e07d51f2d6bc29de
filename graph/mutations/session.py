"""Signing in and out."""

from enum import StrEnum
from typing import Annotated

import strawberry

from complaints.accounts import log_in, log_out
from graph.context import Context, Info
from graph.errors import BusyError, NotAllowedError, NotSignedInError, TooManyError
from graph.guard import Guard
from graph.types.person import Person
from rules.vocabulary import Action

SESSION_COOKIE = "salur_session"
CSRF_COOKIE = "salur_csrf"


@strawberry.enum(description="How the session travels: COOKIE for browsers, BEARER for everything else.")
class SessionKind(StrEnum):
    """Where the token goes."""

    COOKIE = "COOKIE"
    BEARER = "BEARER"


@strawberry.type(description="A fresh session. With BEARER send `Authorization: Bearer <token>`.")
class LoginPayload:
    """A `Login`."""

    me: Person
    token: str | None = strawberry.field(description="Only for BEARER; shown once.")
    csrf_token: str | None = strawberry.field(
        description="Only for COOKIE: send it as `X-CSRF-Token` with every request. It is also in a readable cookie."
    )


@strawberry.type
class LogoutPayload:
    """Signed out."""

    signed_out: bool


LoginResult = Annotated[
    LoginPayload | NotSignedInError | NotAllowedError | TooManyError | BusyError,
    strawberry.union("LoginResult"),
]
LogoutResult = Annotated[
    LogoutPayload | NotSignedInError | NotAllowedError | BusyError,
    strawberry.union("LogoutResult"),
]


@strawberry.type
class SessionMutation:
    """`login`, `logout`."""

    @strawberry.mutation(extensions=[Guard(Action.LOG_IN, accepts_ended_session=True)], description="Sign in.")
    async def login(self, info: Info, login: str, password: str, kind: SessionKind = SessionKind.BEARER) -> LoginResult:
        """One verb."""
        context = info.context
        await context.throttle("log_in")
        async with context.work() as work:
            opened = await log_in(work, login, password)
        me = Person.of(context, opened.person)
        if kind is SessionKind.BEARER:
            return LoginPayload(me=me, token=opened.token, csrf_token=None)
        seconds = int((opened.expires_at - context.tools.workshop.clock()).total_seconds())
        _set_cookie(context, SESSION_COOKIE, opened.token, seconds, readable=False)
        # A reloaded page reads this one and sends it as a header, which a foreign page cannot do.
        _set_cookie(context, CSRF_COOKIE, opened.csrf_token, seconds, readable=True)
        return LoginPayload(me=me, token=None, csrf_token=opened.csrf_token)

    @strawberry.mutation(extensions=[Guard(Action.LOG_IN)], description="Sign out; the session is revoked.")
    async def logout(self, info: Info) -> LogoutResult:
        """One verb."""
        async with info.context.work() as work:
            await log_out(work)
        if info.context.response is not None:
            info.context.response.delete_cookie(SESSION_COOKIE)
            info.context.response.delete_cookie(CSRF_COOKIE)
        return LogoutPayload(signed_out=True)


def _set_cookie(context: Context, name: str, value: str, seconds: int, *, readable: bool) -> None:
    if context.response is not None:
        context.response.set_cookie(
            name,
            value,
            max_age=seconds,
            httponly=not readable,
            secure=context.tools.secure_cookies,
            samesite="strict",
        )
