"""How alembic connects: the caller hands over an open connection or a URL."""

from alembic import context
from sqlalchemy import Connection, create_engine

from models import Base
from models.schema import is_ours


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=is_ours,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        # A migration that cannot get its locks at once must not queue in front of all traffic.
        connection.exec_driver_sql("set local lock_timeout = '4s'")
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise RuntimeError("alembic needs a connection or sqlalchemy.url")
    with create_engine(url).connect() as opened:
        _run(opened)
