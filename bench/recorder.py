"""The SQL that a piece of work issues, recorded once and issued again with psycopg alone."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

Statements = list[tuple[str, Any]]


@contextmanager
def recording(engine: AsyncEngine) -> Iterator[Statements]:
    """The statements and parameters that go through an engine while the block runs."""
    statements: Statements = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, _x: object, many: bool) -> None:
        statements.extend((statement, p) for p in (parameters if many else [parameters]))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


def replay(connection: psycopg.Connection[Any], statements: Statements) -> None:
    """Issue recorded statements in one transaction and fetch what they give."""
    with connection.transaction():
        for statement, parameters in statements:
            cursor = connection.execute(statement, parameters)
            if cursor.description is not None:
                cursor.fetchall()


def renewed(statements: Statements, kept: frozenset[UUID]) -> Statements:
    """The same inserts for rows of their own: every id that is not reference data is new, unique texts too."""
    fresh: dict[object, object] = {}

    def renew(value: object) -> object:
        if isinstance(value, UUID) and value not in kept:
            return fresh.setdefault(value, uuid4())
        if isinstance(value, psycopg.Binary):
            return psycopg.Binary(renew(value.obj))
        if isinstance(value, bytes) and len(value) == 32:
            return fresh.setdefault(value, secrets.token_bytes(32))
        if isinstance(value, str) and len(value) == 17 and value.count("-") == 3:
            return fresh.setdefault(value, secrets.token_hex(8))
        return value

    return [
        (sql, {k: renew(v) for k, v in parameters.items()} if parameters else parameters)
        for sql, parameters in statements
    ]
