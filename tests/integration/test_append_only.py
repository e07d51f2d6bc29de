"""What happened is written once: the database itself refuses to change it."""

import psycopg
import pytest

from complaints.identity import disclose_reporter
from tests.integration.given import State
from tests.support import NATIONAL, Complaints, WorkAs

CHANGES = (
    "update {table} set request_id = 'x'",
    # Even where it would change nothing.
    "update {table} set at = at",
    "delete from {table}",
    "truncate {table}",
    "truncate {table} cascade",
)


@pytest.mark.parametrize("table", ["complaint_event", "access_event"])
async def test_the_database_refuses_every_change(
    table: str, database_url: str, work_as: WorkAs, a_complaint: Complaints, state: State
) -> None:
    complaint = await a_complaint()
    async with work_as(NATIONAL) as work:
        await disclose_reporter(work, complaint.id, "Permintaan Ombudsman")
    before = await state()

    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        for statement in CHANGES:
            # A plain truncate fails earlier where other tables point to this one.
            with pytest.raises(psycopg.Error, match=f"{table} is append-only|truncate a table referenced"):
                await connection.execute(statement.format(table=table).encode())

    assert await state() == before


async def test_a_complaint_with_a_history_cannot_be_deleted(
    database_url: str, a_complaint: Complaints, state: State
) -> None:
    complaint = await a_complaint()
    before = await state()

    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        with pytest.raises(psycopg.errors.RestrictViolation):
            await connection.execute("delete from complaint where id = %s", [complaint.id])

    assert await state() == before
