"""One listening connection, many subscribers: which complaints and training runs changed, never what."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import UUID

import anyio
import psycopg
import structlog
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from graph.context import Topic

log = structlog.get_logger()


class Feed:
    """Hands each notification to the subscribers of its topic. One that does not keep up is told to fetch anew."""

    def __init__(self, url: str, queue_size: int) -> None:
        self._url = url
        self._queue_size = queue_size
        self._subscribers: dict[Topic, set[Subscriber]] = {topic: set() for topic in Topic}
        self.is_listening = anyio.Event()

    async def listen(self) -> None:
        """Listen until cancelled, connecting again after a lost connection.

        What happened while it was lost is unknown, so every subscriber is told to fetch anew.
        """
        is_lost = False
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                    await connection.execute("; ".join(f"listen {topic}" for topic in Topic))
                    self.is_listening.set()
                    if is_lost:
                        # What happened between the loss and this LISTEN was announced to nobody.
                        for topic in Topic:
                            self._hand_out(topic, None)
                    is_lost = False
                    async for notice in connection.notifies():
                        self._hand_out(Topic(notice.channel), UUID(notice.payload))
            except psycopg.Error as error:
                if not is_lost:
                    log.warning("feed.lost", error=type(error).__name__)
                is_lost = True
            await anyio.sleep(1)

    def _hand_out(self, topic: Topic, row_id: UUID | None) -> None:
        for subscriber in self._subscribers[topic]:
            subscriber.tell(row_id)

    @contextmanager
    def subscribe(self, topic: Topic) -> Iterator["Subscriber"]:
        """A subscriber that hears of everything of one topic from now on."""
        send, receive = anyio.create_memory_object_stream[UUID | None](self._queue_size)
        subscriber = Subscriber(send, receive)
        self._subscribers[topic].add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers[topic].discard(subscriber)
            send.close()
            receive.close()


class Subscriber:
    """One reader of the feed with a bounded queue."""

    def __init__(
        self, send: MemoryObjectSendStream[UUID | None], receive: MemoryObjectReceiveStream[UUID | None]
    ) -> None:
        self._send = send
        self._receive = receive
        self._missed = False

    def tell(self, row_id: UUID | None) -> None:
        """Queue an id, or None for "something was missed"; when the queue is full remember only the latter."""
        try:
            self._send.send_nowait(row_id)
        except anyio.WouldBlock:
            self._missed = True

    async def changes(self) -> AsyncIterator[UUID | None]:
        """Ids in order; None means "something was missed, fetch anew"."""
        async for row_id in self._receive:
            if self._missed:
                self._missed = False
                yield None
            yield row_id
