"""The history of the rows: upwards from nothing, back to nothing, and nothing forgotten."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, text

from models.schema import current_revision, differences, downgrade, newest_revision, upgrade
from server.database import driver_url
from server.embedded import Server

# What a database consists of beyond the system's own: tables, functions, types.
CONTENTS = text(
    """
    select 'table ' || relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'S')
    union all select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace
    union all select 'type ' || typname from pg_type where typnamespace = 'public'::regnamespace and typtype = 'e'
    order by 1
    """
)


@pytest.fixture
def connection(postgres: Server) -> Iterator[Connection]:
    """An empty database."""
    postgres.create_database("migrations")
    engine = create_engine(driver_url(postgres.url("migrations")))
    with engine.connect() as opened:
        yield opened
    engine.dispose()
    postgres.drop_database("migrations")


def test_an_empty_database_becomes_what_the_mappings_say(connection: Connection) -> None:
    assert current_revision(connection) is None

    upgrade(connection)

    assert current_revision(connection) == newest_revision()
    assert differences(connection) == []


def test_upgrading_twice_changes_nothing(connection: Connection) -> None:
    upgrade(connection)
    before = connection.execute(CONTENTS).all()

    upgrade(connection)

    assert connection.execute(CONTENTS).all() == before


def test_the_way_back_leaves_nothing_and_can_be_gone_again(connection: Connection) -> None:
    upgrade(connection)
    before = connection.execute(CONTENTS).all()

    downgrade(connection, "base")

    assert [name for (name,) in connection.execute(CONTENTS)] == ["table alembic_version"]

    upgrade(connection)

    assert connection.execute(CONTENTS).all() == before
    assert differences(connection) == []


def test_a_column_the_mappings_do_not_know_is_a_difference(connection: Connection) -> None:
    upgrade(connection)
    connection.execute(text("alter table complaint add column surprise text"))

    assert [change[0] for change in differences(connection) if isinstance(change, tuple)] == ["remove_column"]
