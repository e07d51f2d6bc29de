"""What one operation works with: who asks, what may be read, and the way to the verbs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from starlette.responses import Response
from strawberry.types import Info as StrawberryInfo

from complaints.files.desk import Files
from complaints.knowledge import Knowledge
from complaints.policy import Actor
from complaints.reader import Reader
from complaints.refusals import NotSignedIn
from complaints.suggest import Adviser
from complaints.work import Work, Workshop


class Throttle(Protocol):
    """Counts how often an address asks for one thing."""

    async def count(self, what: str, who: str) -> None:
        """Pass, or raise `TooMany`."""


class Topic(StrEnum):
    """What the feed tells of; the values are the names under which the database announces changes."""

    COMPLAINT = "complaint_event"
    TRAINING_RUN = "training_run"
    RULE_REPLAY = "rule_replay"
    NOTIFICATION = "notification"
    PRESENCE = "case_presence"


class Subscription(Protocol):
    """One reader of the feed."""

    def changes(self) -> AsyncIterator[UUID | None]:
        """Ids of what changed; None says that some were missed."""


@dataclass(frozen=True, slots=True)
class PageLimits:
    """How long pages and counts may be."""

    largest: int
    count_ceiling: int


@dataclass(frozen=True, slots=True)
class Tools:
    """What all operations of a process share."""

    workshop: Workshop
    adviser: Adviser
    throttle: Throttle
    subscribe: Callable[[Topic], AbstractContextManager[Subscription]]
    limits: PageLimits
    training_threads: int
    open_reader: Callable[[], Reader]
    identify: Callable[[str], Awaitable[Actor]]
    current_knowledge: Callable[[], Awaitable[Knowledge]]
    secure_cookies: bool
    files: Files


@dataclass(slots=True)
class Context:
    """One operation. `denied` is the refusal of a token that was sent but is not valid."""

    tools: Tools
    actor: Actor
    knowledge: Knowledge
    address: str
    request_id: str
    response: Response | None = None
    token: str | None = None
    # Strawberry puts the payload of a WebSocket's connection_init here.
    connection_params: object = None
    denied: NotSignedIn | None = None
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = self.tools.open_reader()

    @asynccontextmanager
    async def work(self, actor: Actor | None = None) -> AsyncIterator[Work]:
        """A transaction of this operation's actor; afterwards the reader sees what was committed."""
        try:
            async with self.tools.workshop.work(actor or self.actor, self.request_id) as work:
                yield work
        finally:
            await self.reader.close()

    async def throttle(self, what: str) -> None:
        """Count this request against its address; raises `TooMany`."""
        await self.tools.throttle.count(what, self.address)

    async def renew(self) -> None:
        """Ask again whether the session still holds and what is known; raises `NotSignedIn`.

        For subscriptions, which outlive a role, a session and a snapshot.
        """
        if self.token is not None:
            self.actor = await self.tools.identify(self.token)
        self.knowledge = await self.tools.current_knowledge()


Info = StrawberryInfo[Context, None]
