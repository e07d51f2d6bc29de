"""The engines: one that writes, one that only reads and sees one moment."""

from dataclasses import dataclass

from sqlalchemy.engine import make_url
from sqlalchemy.engine.url import URL
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from server.settings import DatabaseSettings


def driver_url(url: str) -> URL:
    """The URL with the driver we use, whatever the operator wrote before `://`."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg")


def libpq_url(url: str) -> str:
    """The URL as libpq and psycopg read it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@dataclass(frozen=True, slots=True)
class Database:
    """The two engines and the session maker of the writing one.

    A connection for writing is tried before use: no report is refused because the database was restarted. Reading
    spares itself the round trip; a client that meets a dead connection asks again.
    """

    write: AsyncEngine
    read: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]

    async def close(self) -> None:
        """Give all connections back."""
        await self.write.dispose()
        await self.read.dispose()


def open_database(url: str, settings: DatabaseSettings) -> Database:
    """Engines for a URL; nothing connects yet."""
    timeouts = (
        f"-c statement_timeout={settings.statement_timeout_ms} -c lock_timeout={settings.lock_timeout_ms}"
        # Compiling a statement pays after seconds; ours are over by then.
        f" -c idle_in_transaction_session_timeout={settings.idle_in_transaction_ms} -c timezone=UTC -c jit=off"
    )
    common = {
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        # Parameters are what citizens wrote; an error message must not repeat them.
        "hide_parameters": True,
        "connect_args": {"options": timeouts, "connect_timeout": 10},
    }
    write = create_async_engine(driver_url(url), **common, pool_pre_ping=True)
    read = create_async_engine(
        driver_url(url),
        **common,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
    )
    return Database(write, read, async_sessionmaker(write, expire_on_commit=False))
