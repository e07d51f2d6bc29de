"""kill -9 in the middle of a background job, and again when all is done but the job does not know it yet.

Nothing is lost and nothing is done twice. Each test locks something that the job comes to, so that it stands still
there when its worker is killed.
"""

import csv
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import httpx
import pytest
from sqlalchemy import delete, text, update

from complaints.casework.recompute import recompute
from complaints.figures.exporting import WRITE_EXPORT
from complaints.finding.jobs import BATCH, FILL, fill
from complaints.finding.vectors import METHOD
from complaints.jobs import escalate
from complaints.policy import SYSTEM
from complaints.rule_desk.replaying import run_replay
from complaints.rule_desk.replays import REPLAY, request_replay
from complaints.rule_desk.states import activate_rules, decide_activation
from complaints.rule_desk.suggestions import SUGGEST, request_suggestions, suggest_rules
from complaints.work import TELL
from models import ClockRule, ComplaintWords, RuleProposal, WordFrequency
from rules.deadlines import local_date
from rules.mining import MiningSettings
from rules.vocabulary import Role, Status
from server.runtime import Runtime, wall_clock
from tests.e2e.killed_support import Killer, Nursery
from tests.e2e.support import Client, House, Process, environment, free_port, until
from tests.integration.rule_sets import RuleDesk, a_rule
from tests.support import PASSWORD, VAULT_KEY, ActorOf, Clock, Complaints, WorkAs

COPIES = text(
    "with made as (insert into complaint select (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(),"
    " 'tracking_code', 'SALINAN-' || :phrase || n, 'idempotency_key', null,"
    " 'submitted_at', c.submitted_at + make_interval(mins => n)))).*"
    " from complaint c, generate_series(1, :count) n where c.id = :id returning id)"
    " insert into complaint_text (complaint_id, original_body)"
    " select id, translate(left(md5(id::text), 8), '0123456789', 'ghijklmnop') || ' ' || :phrase from made"
)

ASKED = """
    select (select count(*) from export_request) as wanted, (select count(*) from access_event) as noted,
    (select count(*) from procrastinate_jobs where task_name = 'figures.export') as waiting
"""


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery.open() as opened:
        yield opened


@pytest.fixture
def killer(nursery: Nursery, runtime: Runtime, tmp_path: Path) -> Iterator[Killer]:
    made = Killer(nursery, runtime, tmp_path)
    yield made
    made.close()


@pytest.fixture
def long_ago(clock: Clock) -> Clock:
    """Every deadline of what is filed now is over for the processes, whose clock is that of the wall."""
    clock.now = wall_clock() - timedelta(days=60)
    return clock


@pytest.fixture
async def desk(work_as: WorkAs, an_actor: ActorOf) -> RuleDesk:
    return RuleDesk(work_as, await an_actor(Role.NATIONAL_ADMIN), await an_actor(Role.NATIONAL_ADMIN))


async def settled(runtime: Runtime, *, with_reminders: bool = True) -> None:
    """What other jobs would do with the complaints of a test is done before, and nobody waits to be told."""
    runtime.workshop.clock = wall_clock
    await recompute(runtime.workshop)
    await recompute(runtime.workshop)
    if with_reminders:
        await escalate(runtime.workshop)
    async with runtime.workshop.work(SYSTEM) as work:
        await work.session.execute(text("delete from procrastinate_jobs"))


def row_of(table: str, row_id: UUID, key: str = "id") -> str:
    """Holds one row."""
    return f"select from {table} where {key} = '{row_id}' for update"


@pytest.mark.usefixtures("long_ago")
async def test_each_reminder_is_given_once(
    killer: Killer, runtime: Runtime, a_complaint: Complaints, an_actor: ActorOf
) -> None:
    await an_actor(Role.NATIONAL_ADMIN)
    complaints = [await a_complaint() for _ in range(3)]
    await settled(runtime, with_reminders=False)
    given = "select complaint_id from complaint_event where kind = 'Escalated' order by seq, complaint_id"

    # Longest due first, of these the oldest first.
    await killer.within("complaints.escalate", row_of("complaint", complaints[1].id))
    between = await killer.rows(given)
    await killer.at_its_end("complaints.escalate", row_of("complaint", complaints[2].id))
    await killer.finish("complaints.escalate", TELL)

    each_once = [{"complaint_id": complaint.id} for complaint in complaints]
    assert between == each_once[:1]
    assert await killer.rows(given) == each_once
    told = "select complaint_id from notification where kind = 'ESCALATED' order by complaint_id"
    assert await killer.rows(told) == each_once


@pytest.mark.usefixtures("long_ago")
async def test_each_silence_ends_once(killer: Killer, runtime: Runtime, a_complaint: Complaints) -> None:
    answered = [await a_complaint(Status.IN_PROGRESS) for _ in range(2)]
    deferred = await a_complaint(Status.DEFERRED)
    await settled(runtime)
    ended = "select complaint_id, kind from complaint_event where kind in ('Closed', 'Archived') order by complaint_id"

    await killer.within("complaints.expire", row_of("complaint", answered[1].id))
    between = await killer.rows(ended)
    await killer.at_its_end("complaints.expire", row_of("complaint", answered[1].id))
    await killer.finish("complaints.expire")

    assert answered[1].id not in {row["complaint_id"] for row in between}
    assert await killer.rows(ended) == [
        *({"complaint_id": complaint.id, "kind": "Closed"} for complaint in answered),
        {"complaint_id": deferred.id, "kind": "Archived"},
    ]
    statuses = await killer.rows("select status from complaint order by id")
    assert [row["status"] for row in statuses] == ["CLOSED", "CLOSED", "ARCHIVED"]


async def test_each_clock_moves_once_and_the_new_limit_is_noted(
    killer: Killer, runtime: Runtime, a_complaint: Complaints, work_as: WorkAs
) -> None:
    runtime.workshop.clock = wall_clock
    complaints = [await a_complaint() for _ in range(3)]
    await settled(runtime)
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(ClockRule).where(ClockRule.code == "VERIFICATION").values(value=9))
    moved = "select complaint_id, data from complaint_event where kind = 'DueMoved' order by complaint_id, seq"

    await killer.within("casework.recompute", row_of("complaint", complaints[1].id))
    between = await killer.rows(moved)
    await killer.at_its_end("casework.recompute", "lock table clock_basis in share mode")
    await killer.finish("casework.recompute")
    # Once more: as after every change, a second pass settles it.
    await killer.finish("casework.recompute")

    rows = await killer.rows(moved)
    assert complaints[1].id not in {row["complaint_id"] for row in between}
    assert [row["complaint_id"] for row in rows] == [complaint.id for complaint in complaints]
    due = await killer.rows("select due_at from complaint_clock order by complaint_id")
    assert [datetime.fromisoformat(row["data"]["after"]) for row in rows] == [row["due_at"] for row in due]
    assert await killer.rows("select is_settled from clock_basis") == [{"is_settled": True}]


async def test_filling_goes_on_where_it_was_and_ends_with_the_same_words(
    killer: Killer, runtime: Runtime, a_complaint: Complaints, work_as: WorkAs
) -> None:
    runtime.workshop.clock = wall_clock
    complaint = await a_complaint()
    async with work_as(SYSTEM) as work:
        await work.session.execute(COPIES, {"id": complaint.id, "phrase": "jalan rusak", "count": BATCH})
    await fill(runtime.workshop)
    await settled(runtime)
    words = "select complaint_id, method, words, public_words, keys from complaint_words order by complaint_id"
    frequencies = "select stem, share from word_frequency order by stem"
    undisturbed = await killer.rows(words), await killer.rows(frequencies)
    # Newest first, so it is in the second batch.
    oldest = undisturbed[0][0]["complaint_id"]
    async with work_as(SYSTEM) as work:
        await work.session.execute(delete(WordFrequency))
        await work.session.execute(delete(ComplaintWords).where(ComplaintWords.complaint_id != oldest))
        await work.session.execute(update(ComplaintWords).values(method=METHOD - 1, words="'lama'"))
    await runtime.jobs.configure_task(FILL).defer_async(timestamp=0)

    await killer.within(FILL, row_of("complaint_words", oldest, "complaint_id"))
    between = await killer.rows(words)
    await killer.at_its_end(FILL, row_of("complaint_words", oldest, "complaint_id"))
    await killer.finish(FILL)

    assert between[1:] == undisturbed[0][1:]
    assert between[0]["method"] == METHOD - 1
    assert (await killer.rows(words), await killer.rows(frequencies)) == undisturbed


async def test_a_replay_ends_with_the_report_of_one_that_nobody_disturbed(
    killer: Killer, runtime: Runtime, desk: RuleDesk, a_complaint: Complaints, work_as: WorkAs
) -> None:
    runtime.workshop.clock = wall_clock
    for status in (Status.VERIFIED, Status.UNVERIFIED, Status.VERIFIED):
        await a_complaint(status)
    draft = await desk.draft(a_rule("LAMPU", when={"text": {"words": "lampu jalan"}}))
    await settled(runtime)
    async with work_as(desk.admin) as work:
        replay = await request_replay(work, draft.id)

    reads = "select from rule_replay where state = 'RUNNING'"
    await killer.within(REPLAY, "lock table complaint_text in access exclusive mode", reads)
    await killer.at_its_end(REPLAY, "lock table rule_replay_move in share mode")
    await killer.finish(REPLAY)

    # The same question may be asked again once it was answered.
    async with work_as(desk.admin) as work:
        other = await request_replay(work, draft.id)
    await run_replay(runtime.workshop, other.id)
    disturbed, undisturbed = await killer.rows("select * from rule_replay order by id")
    assert (replay.id, other.id) == (disturbed["id"], undisturbed["id"])
    for name in ("state", "failure", "fraction", "complaints", "report", "rule_set_version"):
        assert disturbed[name] == undisturbed[name]
    assert (disturbed["state"], disturbed["complaints"]) == ("DONE", 3)
    moves = (
        "select number, complaint_id, to_agency, to_rule from rule_replay_move where rule_replay_id = '{}' order by 1"
    )
    theirs = [await killer.rows(moves.format(row["id"])) for row in (disturbed, undisturbed)]
    assert theirs[0] == theirs[1] != []


async def test_rules_are_proposed_once(
    killer: Killer, runtime: Runtime, a_complaint: Complaints, desk: RuleDesk, work_as: WorkAs
) -> None:
    runtime.workshop.clock = wall_clock
    for agency, phrase in (("PLN", "meteran prabayar"), ("BPOM", "sertifikat")):
        complaint = await a_complaint(Status.VERIFIED, agency=agency)
        async with work_as(SYSTEM) as work:
            await work.session.execute(COPIES, {"id": complaint.id, "phrase": phrase, "count": 24})
    await settled(runtime)
    settings = MiningSettings(support=5, precision=0.9, held_out=0.5)
    async with work_as(desk.admin) as work:
        await request_suggestions(work, settings)
    proposed = "select fingerprint, rule, support from rule_proposal order by fingerprint"

    await killer.within(SUGGEST, "lock table rule_proposal in share mode")
    between = await killer.rows(proposed)
    await killer.at_its_end(SUGGEST, "lock table rule_proposal in share mode")
    await killer.finish(SUGGEST)

    found = await killer.rows(proposed)
    async with work_as(SYSTEM) as work:
        await work.session.execute(delete(RuleProposal))
    await suggest_rules(runtime.workshop, settings)
    assert between == []
    assert found == await killer.rows(proposed) != []


async def test_one_set_of_rules_acts_and_it_began_once(
    killer: Killer, runtime: Runtime, desk: RuleDesk, work_as: WorkAs, long_ago: Clock
) -> None:
    before = await desk.number()
    row = await desk.checked()
    async with work_as(desk.admin) as work:
        hour = long_ago.now + timedelta(hours=1)
        await activate_rules(work, row.id, "mulai siang", seen_version=row.version, effective_from=hour)
    async with work_as(desk.second) as work:
        await decide_activation(work, row.id, agrees=True, seen_version=row.version)
    await settled(runtime)
    active = "select number from rule_set where state = 'ACTIVE'"

    await killer.within("rules.activate_due", "lock table rule_set_event in share mode")
    between = await killer.rows(active)
    await killer.at_its_end("rules.activate_due", "lock table rule_set_event in share mode")
    await killer.finish("rules.activate_due")

    assert between == [{"number": before}]
    assert await killer.rows(active) == [{"number": row.number}]
    steps = "select step from rule_set_event where reason = '#{}' or rule_set_id = '{}' and step = 'ACTIVATED'"
    found = await killer.rows(steps.format(row.number, row.id))
    assert sorted(step["step"] for step in found) == ["ACTIVATED", "RETIRED"]


async def test_a_file_is_whole_and_there_once_and_the_next_one_is_written(
    killer: Killer, runtime: Runtime, a_complaint: Complaints, an_actor: ActorOf, tmp_path: Path
) -> None:
    runtime.workshop.clock = wall_clock
    complaints = [await a_complaint() for _ in range(3)]
    await an_actor(Role.NATIONAL_ADMIN, login="pusat")
    await settled(runtime)
    today = local_date(wall_clock())
    days = {"from": str(today - timedelta(days=2)), "to": str(today + timedelta(days=2))}
    wanted = {"kind": "CASES", "format": "CSV", "question": {**days, "figures": ["RECEIVED"]}}
    folder = runtime.settings.export_dir

    async with a_server(runtime.settings.url(), tmp_path) as house, house.client() as client:
        await client.sign_in("pusat", PASSWORD)
        first = (await client.do("requestExport", input=wanted))["export"]["id"]
        reads = "select from export_request where rows_expected is not null"
        await killer.within(WRITE_EXPORT, "lock table complaint_text in access exclusive mode", reads)
        left = [file.suffix for file in folder.iterdir()]
        await kill_while_it_is_asked(house, client, wanted, runtime, tmp_path)
        # What was half asked is neither wanted nor waiting.
        asked = await killer.rows(ASKED)
        early = await client.do("openExport", id=first)
        second = (await client.do("requestExport", input=wanted))["export"]["id"]

        await killer.at_its_end(WRITE_EXPORT, "select from export_request order by id limit 1 for update")
        (between,) = [file.read_bytes() for file in folder.glob("*.csv")]
        await killer.finish(WRITE_EXPORT)
        paths = [(await client.do("openExport", id=export))["path"] for export in (first, second)]
        given = [await client.http.get(path) for path in paths for _ in range(2)]

    rows = await killer.rows("select state, sha256, rows, failure from export_request order by id")
    files = [response.content for response in given if response.status_code == 200]
    assert asked == [{"wanted": 1, "noted": 1, "waiting": 1}]
    assert (left, early["problems"][0]["code"]) == ([".writing"], "EXPORT_NOT_THERE")
    assert [response.status_code for response in given] == [200, 404, 200, 404]
    assert sorted(file.suffix for file in folder.iterdir()) == [".csv", ".csv"]
    assert files[0] == files[1] == between
    assert rows == [{"state": "DONE", "sha256": sha256(between).hexdigest(), "rows": 3, "failure": None}] * 2
    _, *cases = csv.reader(StringIO(between.decode("utf-8-sig")))
    assert sorted(case[0] for case in cases) == sorted(complaint.tracking_code for complaint in complaints)


@asynccontextmanager
async def a_server(database_url: str, folder: Path) -> AsyncIterator[House]:
    """A server without a worker, to be killed."""
    port = free_port()
    more = {"SALUR_HTTP__PORT": str(port), "SALUR_HTTP__SECURE_COOKIES": "false", "SALUR_VAULT_KEYS": VAULT_KEY}
    env = environment(folder, database_url, SALUR_DATABASE__LOCK_TIMEOUT_MS="60000", **more)
    house = House(f"http://127.0.0.1:{port}", database_url, env, [Process.start("serve", env, folder / "serve.log")])
    try:
        await house.ready()
        yield house
    finally:
        house.processes[-1].end()


async def kill_while_it_is_asked(
    house: House, client: Client, wanted: dict[str, Any], runtime: Runtime, folder: Path
) -> None:
    """Kill the server when the request for a file is half written, and start another in its place."""
    async with runtime.database.write.connect() as holder, anyio.create_task_group() as tasks:
        await holder.execute(text("lock table access_event in share mode"))

        async def ask() -> None:
            with pytest.raises(httpx.TransportError):
                await client.do("requestExport", input=wanted)

        async def waits() -> bool:
            async with runtime.database.write.connect() as watcher:
                return bool(await watcher.scalar(text("select count(*) from pg_locks where not granted")))

        tasks.start_soon(ask)
        await until(waits)
        house.processes[-1].child.kill()
        house.processes[-1].child.wait()
    house.processes = [Process.start("serve", house.env, folder / "serve.again.log")]
    await house.ready()
