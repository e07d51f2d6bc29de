"""At the size of a country: no listing reads the table of complaints from end to end."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Protocol
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Executable, Row
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.ext.asyncio import create_async_engine

from complaints import reading
from complaints.finding.query import read_query
from complaints.finding.search import Scope, Search, count, find
from complaints.finding.similar import draft, similar
from complaints.knowledge import Knowledge
from complaints.policy import Actor
from complaints.reader import Listing, Reader, Window, cursor_of, read_page
from complaints.reading import Desk, QueueFilter, QueueOrder
from models import new_id
from rules.vocabulary import Channel, Classification, Role, Status, Urgency
from server.embedded import Server
from tests.integration.given import Staff

COMPLAINTS = 200_000
PSYCOPG = dialect()  # type: ignore[no-untyped-call]

# Statuses and agencies as unevenly spread as real ones: most cases are closed, a few agencies have most of them.
FILL = """
    set session_replication_role = replica;
    set work_mem = '64MB';
    create temporary table desk on commit drop as
        select row_number() over (order by level = 'UNIT', code) - 1 as nth, id, connection, units,
            greatest(cardinality(units), 1) as breadth
        from agency a
        cross join lateral (select array(select id from agency where parent_id = a.id and level = 'UNIT') as units) u;
    create temporary table topic on commit drop as
        select row_number() over (order by code) - 1 as nth, id from category;
    insert into person (id, login, name, password_hash, role, is_active, created_at)
        select md5('person' || n)::uuid, 'pelapor' || n, 'Pelapor', '', 'REPORTER', true, now()
        from generate_series(1, 2000) n;
    insert into complaint (
        id, tracking_code, status, version, report_type, urgency, channel, is_anonymous, is_secret, tags, category_id,
        queue_agency_id, agency_id, unit_id, hops, region_code, submitted_at, dispatched_at, published_at, changed_at,
        due_at, archive_reason, closed_by_silence, classification
    )
    select
        md5('complaint' || n)::uuid, 'code' || n, status, 2, 'COMPLAINT',
        case when n % 200 = 3 then 'EMERGENCY' else 'NORMAL' end, case when n % 50 = 1 then 'SMS' else 'WEB' end,
        false, n % 20 = 0, case when n % 20 = 5 then array['listrik'] else array[]::text[] end, topic.id,
        case when home.connection = 'FULL' and n % 2 = 0 then home.id end, home.id,
        case when not waits then home.units[1 + n % home.breadth] end, 0,
        case when n % 3 > 0 then '33.74' end, at, case when not waits then at + interval '2 days' end,
        case when not waits then at + interval '2 days' end, at,
        case when status not in ('CLOSED', 'ARCHIVED') then at + interval '9 days' end,
        case when status = 'ARCHIVED' then 'TIDAK_JELAS' end, false,
        case when n % 50 = 0 then 'SUPERVISION' else 'ORDINARY' end
    from (
        select
            n, timestamptz '2024-01-01' + (n / 4) * interval '20 minutes' as at,
            coalesce(
                (array['UNVERIFIED', 'VERIFIED', 'DISPATCHED', 'IN_PROGRESS', 'DEFERRED', 'ARCHIVED'])[1 + n % 100 / 7],
                'CLOSED'
            ) as status,
            floor(108 * power(((n * 7919) % 10007) / 10007.0, 3))::int as agency_nth,
            (n * 31) % 967 as topic_nth
        from generate_series(1, {count}) n
    ) drawn
    cross join lateral (select status in ('UNVERIFIED', 'VERIFIED', 'DEFERRED', 'ARCHIVED') as waits) state
    join desk home on home.nth = agency_nth
    join topic on topic.nth = topic_nth % (select count(*) from topic);
    insert into complaint_reporter (complaint_id, person_id, entered_by_id)
        select md5('complaint' || n)::uuid,
            case when n % 2 = 0 then md5('person' || 1 + n % 2000)::uuid end,
            case when n % 200 = 1 then md5('person' || 1 + n % 7)::uuid end
        from generate_series(1, {count}) n;
    insert into complaint_words (complaint_id, words, public_words, keys, method)
        select id, words, case when published_at is not null and not is_secret then words end,
            array['s:' || status, 'p:' || agency_id, 'c:' || category_id, 'r:33'], 1
        from complaint
        cross join lateral array_to_tsvector(array[
            case when extract(day from submitted_at)::int % 3 = 0 then 'jalan' else 'gang' end,
            'kata' || submitted_at::date - '2024-01-01', 'langka' || version * hops + length(tracking_code),
            '@' || to_char(submitted_at, 'YYYYMM')
        ]) words;
    insert into complaint_copy (complaint_id, agency_id)
        select md5('complaint' || n)::uuid, (select id from desk where nth = n % 30)
        from generate_series(1, {count}, 10) n;
"""


class Plans(Protocol):
    """How PostgreSQL would read a page of a listing: its plan, for the pages before and after any row."""

    async def __call__(self, listing: Listing) -> Sequence[Mapping[str, Any]]: ...


class Recorder(Reader):
    """Keeps the statements instead of running them."""

    def __init__(self) -> None:
        super().__init__(create_async_engine("postgresql+psycopg://"))
        self.statements: list[Any] = []

    async def rows(self, statement: Executable, parameters: dict[str, Any] | None = None) -> Sequence[Row[Any]]:
        """Nothing."""
        self.statements.append(statement)
        return []


@pytest.fixture(scope="module")
def country(postgres: Server, template: str) -> Iterator[psycopg.Connection]:
    """A database with as many complaints as some years bring."""
    with postgres.connect() as connection:
        connection.execute(f"create database country template {template}")
    with psycopg.connect(postgres.url("country")) as connection:
        connection.execute(FILL.format(count=COMPLAINTS).encode())
        connection.commit()
        connection.execute("analyze")
        connection.commit()
        yield connection
    postgres.drop_database("country")


@pytest.fixture
def plans(country: psycopg.Connection) -> Plans:
    (row,) = country.execute("select submitted_at as sort_key, id from complaint offset 100000 limit 1").fetchall()

    class Somewhere:
        sort_key, id = row

    cursor = cursor_of(Somewhere())  # type: ignore[arg-type]

    async def explain(listing: Listing) -> Sequence[Mapping[str, Any]]:
        recorder = Recorder()
        for window in (Window(20), Window(100, cursor), Window(20, cursor, backwards=True)):
            await read_page(recorder, listing, window)
        found = []
        for statement in recorder.statements:
            compiled = statement.compile(dialect=PSYCOPG, compile_kwargs={"literal_binds": True})
            ((plan,),) = country.execute(f"explain (format json) {compiled}".encode()).fetchall()
            found.append(plan[0]["Plan"])
        return found

    return explain


@pytest.fixture
def search_plans(country: psycopg.Connection) -> Callable[[Sequence[Executable]], Sequence[Mapping[str, Any]]]:
    """How PostgreSQL would carry out statements whose values have no literal form."""

    def explain(statements: Sequence[Executable]) -> Sequence[Mapping[str, Any]]:
        found = []
        for statement in statements:
            compiled = statement.compile(  # type: ignore[attr-defined]
                dialect=PSYCOPG, compile_kwargs={"render_postcompile": True}
            )
            ((plan,),) = country.execute(f"explain (format json) {compiled}".encode(), compiled.params).fetchall()
            found.append(plan[0]["Plan"])
        return found

    return explain


def whole_readings(plan: Mapping[str, Any]) -> list[str]:
    """Sequential scans of complaints anywhere in a plan, with what they look for."""
    below = [found for part in plan.get("Plans", ()) for found in whole_readings(part)]
    is_one = plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in ("complaint", "complaint_words")
    return [f"{plan['Node Type']} {plan.get('Filter', '')}", *below] if is_one else below


DESKS = [
    (Role.NATIONAL_ADMIN, None),
    (Role.OVERSEER, None),
    (Role.AUDITOR, None),
    (Role.SERVICE, None),
    (Role.SERVICE, "KOTA_SEMARANG"),
    (Role.AGENCY_ADMIN, "KOTA_SEMARANG"),
    (Role.AGENCY_ADMIN, "ATR_BPN"),
    (Role.AGENCY_ADMIN, "KY"),
    (Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU"),
    (Role.INSPECTORATE, "ATR_BPN"),
    (Role.HUB, "PROV_JATENG"),
    (Role.CHANNEL_OFFICER, "KOTA_SEMARANG"),
]


@pytest.fixture
def somebody(country: psycopg.Connection) -> UUID:
    """An account that filed, or entered, some of them."""
    ((person_id,),) = country.execute("select person_id from complaint_reporter where person_id is not null limit 1")
    return UUID(str(person_id))


@pytest.mark.parametrize(("role", "agency"), DESKS, ids=[f"{role.name} {agency or ''}" for role, agency in DESKS])
async def test_no_queue_reads_everything(
    role: Role, agency: str | None, plans: Plans, staff: Staff, knowledge: Knowledge, somebody: UUID
) -> None:
    actor = replace(staff(role, agency), id=somebody)

    scans = {
        (desk, order): whole_readings(plan)
        for desk, order in product(Desk, QueueOrder)
        for plan in await plans(reading.queue(actor, QueueFilter(desk=desk), order, knowledge))
        if whole_readings(plan)
    }

    assert scans == {}


@pytest.mark.parametrize(("role", "agency"), [(Role.NATIONAL_ADMIN, None), (Role.AGENCY_ADMIN, "KOTA_SEMARANG")])
async def test_no_filter_makes_a_queue_read_everything(
    role: Role, agency: str | None, plans: Plans, staff: Staff, knowledge: Knowledge
) -> None:
    at = datetime(2025, 6, 1, tzinfo=UTC)
    filters = [
        QueueFilter(statuses=(Status.IN_PROGRESS, Status.DISPATCHED)),
        QueueFilter(category_id=knowledge.category_ids["PUPR"]),
        QueueFilter(agency_id=knowledge.agency_ids["KY"]),
        QueueFilter(unit_id=knowledge.agency_ids["KOTA_SEMARANG.DPU"]),
        QueueFilter(region_code="33"),
        QueueFilter(urgency=Urgency.EMERGENCY),
        QueueFilter(classification=Classification.SUPERVISION),
        QueueFilter(channel=Channel.SMS),
        QueueFilter(tag="listrik"),
        QueueFilter(submitted_from=at, submitted_to=at + timedelta(days=1)),
        QueueFilter(overdue_at=at),
    ]

    scans = {
        (wanted, order): whole_readings(plan)
        for wanted, order in product(filters, QueueOrder)
        for plan in await plans(reading.queue(staff(role, agency), wanted, order, knowledge))
        if whole_readings(plan)
    }

    assert scans == {}


async def test_a_citizens_own_list_does_not_read_everything(plans: Plans, somebody: UUID) -> None:
    scans = [whole_readings(plan) for plan in await plans(reading.filed_by(Actor(Role.REPORTER, id=somebody)))]

    assert scans == [[], [], []]


async def test_one_complaint_is_found_by_its_key(country: psycopg.Connection, staff: Staff) -> None:
    actor = staff(Role.AGENCY_ADMIN, "KOTA_SEMARANG")
    compiled = reading.one(actor, new_id()).compile(dialect=PSYCOPG, compile_kwargs={"literal_binds": True})

    ((plan,),) = country.execute(f"explain (format json) {compiled}".encode()).fetchall()

    assert whole_readings(plan[0]["Plan"]) == []


async def test_the_public_list_does_not_read_everything(plans: Plans) -> None:
    scans = [whole_readings(plan) for plan in await plans(reading.public(Actor(Role.PUBLIC)))]

    assert scans == [[], [], []]


SEARCHERS = [(Scope.DESK, role, agency) for role, agency in DESKS] + [
    (Scope.PUBLIC, Role.PUBLIC, None),
    (Scope.OWN, Role.REPORTER, None),
    (Scope.OWN, Role.TICKET, None),
]


@pytest.mark.parametrize(
    ("scope", "role", "agency"),
    SEARCHERS,
    ids=[f"{scope.name} {role.name} {agency or ''}" for scope, role, agency in SEARCHERS],
)
async def test_no_search_reads_everything(
    scope: Scope,
    role: Role,
    agency: str | None,
    search_plans: Callable[[Sequence[Executable]], Sequence[Mapping[str, Any]]],
    staff: Staff,
    knowledge: Knowledge,
    somebody: UUID,
) -> None:
    actor = replace(staff(role, agency), id=somebody, ticket=somebody)
    now = datetime(2025, 6, 1, tzinfo=UTC)
    filters = [QueueFilter(), QueueFilter(statuses=(Status.IN_PROGRESS,)), QueueFilter(region_code="33.74")]
    # A word in every third complaint, one in some, one in none.
    asked = ["jalan", "jalan kata7", "takpernah", '"jalan kata7" -kata9']

    recorder = Recorder()
    for text, wanted in product(asked, filters):
        search = Search(actor, scope, read_query(text), wanted, knowledge, 1_000, now)
        await find(recorder, search, Window(20))
        await count(recorder, search, 5_000)
    if scope is not Scope.OWN:
        subject = draft("jalan kata7 langka11 kata9", now, "33.74", None)
        await similar(recorder, actor, subject, knowledge, scopes=(scope,), days=180, most=5)

    found = [reading for plan in search_plans(recorder.statements) for reading in whole_readings(plan)]

    assert found == []
