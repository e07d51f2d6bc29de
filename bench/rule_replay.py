"""What asking a draft about past complaints costs: `python -m bench.rule_replay --rows 20000`.

A database of its own, filled by SQL with texts put together from the shipped corpus, and a draft of many rules of every
kind. The replay runs as the worker's job. Beside it the same rows are read in the same batches and thrown away: the
ratio says what judging adds, whatever the machine does beside it.
"""

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import anyio
import psycopg
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import and_, func, select

from bench.fill import fill
from bench.processes import cpu_seconds, peak_mb, run_salur
from complaints.classifiers import Trained, register
from complaints.policy import SYSTEM, Actor
from complaints.rule_desk.replaying import ReplayLimits, past_complaints
from complaints.rule_desk.replays import REPLAY, begin_replay, request_replay
from ml.dataset import load
from ml.text import tokens
from models import Complaint, ComplaintText, RoutingRule, RuleReplay, RuleReplayMove, RuleSet, Suggestion, new_id
from rules.vocabulary import JobState, Role, RuleSetState
from server.embedded import EmbeddedPostgres
from server.keys import vault_keys
from server.runtime import Runtime, open_runtime
from server.settings import Settings

_CORPUS = Path(__file__).parents[1] / "ml" / "corpus"
_BODIES = 20_000
_SENTENCES = 4
_REGIONS = ("33.74", "33.74.01", "31.71", "35.78", "32.73", "34.71", "51.71")

# Every complaint gets a text, a place and three answers of its own; some were returned on the way.
VARY = """
create temporary table body_of (n integer primary key, body text);
create temporary table owner_of as
    select code, row_number() over (order by code) - 1 as n from agency
    where level in ('NATIONAL', 'STATE_ENTERPRISE') and valid_to is null;
"""
SPREAD = """
update complaint_text t set original_body = b.body from complaint c, body_of b
    where c.id = t.complaint_id
        and b.n = mod(hashtext(c.id::text)::bigint + 2147483648, (select count(*) from body_of));
update complaint set region_code = (%(regions)s::text[])[1 + mod(hashtext(tracking_code)::bigint + 2147483648, 7)],
    hops = case when hashtext(tracking_code) %% 11 = 0 then 1 else 0 end,
    category_id = case when hashtext(tracking_code) %% 3 = 0 then null else category_id end,
    chosen_agency_id = case when hashtext(tracking_code) %% 10 = 0 then agency_id end;
update suggestion s set agencies = (
        select jsonb_agg(jsonb_build_object('id', null, 'label', o.code, 'confidence', 0.9 / (1 + rank), 'words',
            '["jalan", "rusak", "lampu"]'::jsonb) order by rank)
        from generate_series(0, 2) rank
        join owner_of o
            on o.n = mod(hashtext(s.id::text || rank)::bigint + 2147483648, (select count(*) from owner_of))
    ), is_sure_of_agency = hashtext(s.id::text) % 3 = 0, categories = coalesce((
        select jsonb_agg(jsonb_build_object('id', null, 'label', k.code, 'confidence', 0.7, 'words', '[]'::jsonb))
        from complaint c join category k on k.id = c.category_id where c.id = s.complaint_id
    ), '[]');
vacuum analyze
"""


def texts() -> list[list[str]]:
    """The tokens of the shipped examples."""
    return [tokens(example.text) for example in load(sorted(_CORPUS.glob("*.jsonl*"))).examples]


def spread(url: str, rows: int, chance: random.Random) -> None:
    """Fill the database and make its complaints differ."""
    fill(url, rows)
    sentences = [" ".join(words) for words in texts()]
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in VARY.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        with connection.cursor().copy("copy body_of from stdin") as copy:
            for number in range(_BODIES):
                copy.write_row((number, ". ".join(chance.sample(sentences, _SENTENCES))))
        for statement in SPREAD.split(";\n"):
            connection.execute(statement, {"regions": list(_REGIONS)} if "regions" in statement else None)


def draft_rules(count: int, agencies: Sequence[str], categories: Sequence[str], chance: random.Random) -> Iterator[Any]:
    """(conditions, outcome) of so many rules: mostly phrases, some of each other kind."""
    corpus = [words for words in texts() if len(words) > 8]

    def phrase() -> str:
        words = chance.choice(corpus)
        start = chance.randrange(len(words) - 3)
        return " ".join(words[start : start + chance.randint(2, 3)])

    makers: Sequence[Callable[[], Any]] = (
        lambda: {"text": {"words": phrase()}},
        lambda: {"any": [{"text": {"words": phrase()}} for _ in range(4)]},
        lambda: {"all": [{"text": {"words": phrase(), "within": 8}}, {"none": [{"text": {"words": phrase()}}]}]},
        lambda: {"all": [{"region": [chance.choice(_REGIONS)]}, {"category": {"codes": [chance.choice(categories)]}}]},
        lambda: {
            "classifier": {"head": "agency", "labels": [chance.choice(agencies)], "min_confidence": 0.8},
        },
    )
    for number in range(count):
        then: dict[str, Any] = {"queue": chance.choice(agencies)}
        if number % 20 == 0:
            then = {"continue": True, "tags": [f"tanda-{number}"], "urgency": "HIGH"}
        # Three of five are phrases, as rules mostly are.
        yield makers[chance.choice((0, 0, 1, 1, 2, 3, 4))](), then


async def prepare(runtime: Runtime, rules: int, chance: random.Random) -> UUID:
    """A draft, and a replay of all complaints that waits for the worker."""
    knowledge = await runtime.knowledge.current(runtime.workshop.clock())
    agencies = [row.code for row in knowledge.agency_rows.values() if row.region_code is None and row.valid_to is None]
    categories = [row.code for row in knowledge.category_rows.values() if row.valid_to is None]
    async with runtime.workshop.work(SYSTEM) as work:
        draft = RuleSet(
            id=new_id(),
            number=1_000,
            state=RuleSetState.DRAFT,
            reason="Bench",
            classifier={},
            fingerprint="bench",
            created_at=work.now,
        )
        work.session.add(draft)
        await work.session.flush()
        for number, (conditions, outcome) in enumerate(draft_rules(rules, agencies, categories, chance)):
            work.session.add(
                RoutingRule(
                    id=new_id(),
                    rule_set_id=draft.id,
                    position=number * 10,
                    code=f"B{number}",
                    name=f"Aturan {number}",
                    reason="Bench.",
                    conditions=conditions,
                    outcome=outcome,
                )
            )
    async with runtime.workshop.work(Actor(Role.NATIONAL_ADMIN)) as work:
        return (await request_replay(work, draft.id)).id


async def measured(settings: Settings, rules: int, moves: int, chance: random.Random) -> dict[str, Any]:
    """Run the job, then read the same rows and do nothing."""
    async with open_runtime(settings, settings.url(), vault_keys(settings)) as runtime:
        replay_id = await prepare(runtime, rules, chance)
        started, before = time.perf_counter(), cpu_seconds(os.getpid())
        # The job alone: a whole worker would go on with the escalations of all that is overdue here.
        await runtime.jobs.tasks[REPLAY](replay_id=str(replay_id))
        seconds = time.perf_counter() - started
        judging = list(_judging_processes())
        processes, cpu = [peak_mb(pid) for pid in judging], cpu_seconds(os.getpid()) - before
        cpu += sum(map(cpu_seconds, judging))
        async with runtime.workshop.work(SYSTEM) as work:
            row = await work.session.get_one(RuleReplay, replay_id)
            report = row.report or {}
            if row.state is not JobState.DONE:
                raise SystemExit(f"the replay ended as {row.state}: {row.failure}")
            row.state = JobState.QUEUED
        async with runtime.workshop.work(SYSTEM) as work:
            again = await begin_replay(work, replay_id)
        started, read = time.perf_counter(), 0
        if again is not None:
            async for batch in past_complaints(runtime.workshop, again, ReplayLimits().batch):
                read += len(batch)
        reading = time.perf_counter() - started
        shown = [line async for line in moves_shown(runtime, replay_id, moves)]
    return {
        "complaints": report["complaints"],
        "read": read,
        "rules": rules,
        "moved": report["moved"],
        "seconds": round(seconds, 2),
        "complaints_per_second": round(report["complaints"] / seconds),
        "cpu_ms_per_complaint": round(1_000 * cpu / report["complaints"], 3),
        "reading_seconds": round(reading, 2),
        "ms_per_complaint": round(1_000 * seconds / report["complaints"], 3),
        "ratio": round(seconds / reading, 1),
        "worker_mb": peak_mb(os.getpid()),
        "processes_mb": processes,
        "moves": shown,
    }


async def moves_shown(runtime: Runtime, replay_id: UUID, count: int) -> AsyncIterator[dict[str, Any]]:
    """Some moves spread over the whole replay, each with the text and the rule that moved it, for reading by hand."""
    move = RuleReplayMove
    async with runtime.workshop.work(SYSTEM) as work:
        total = await work.session.scalar(select(func.max(move.number)).where(move.rule_replay_id == replay_id))
        statement = (
            select(
                move.__table__,
                RoutingRule.conditions,
                Complaint.region_code,
                Suggestion.agencies,
                ComplaintText.original_body,
            )
            .join(RuleReplay, RuleReplay.id == move.rule_replay_id)
            .outerjoin(
                RoutingRule, and_(RoutingRule.rule_set_id == RuleReplay.rule_set_id, RoutingRule.code == move.to_rule)
            )
            .join(Complaint, Complaint.id == move.complaint_id)
            .join(ComplaintText, ComplaintText.complaint_id == move.complaint_id)
            .outerjoin(Suggestion, Suggestion.complaint_id == move.complaint_id)
            .where(move.rule_replay_id == replay_id, move.number % max(1, (total or 0) // max(1, count)) == 0)
            .order_by(move.number)
            .limit(count)
        )
        for row in await work.session.execute(statement):
            yield {
                "from": (row.from_agency, row.from_rule),
                "to": (row.to_agency, row.to_rule),
                "rule": row.conditions,
                "region": row.region_code,
                "answered": [(answer["label"], answer["confidence"]) for answer in row.agencies or ()],
                "text": row.original_body,
            }


def _judging_processes() -> Iterator[int]:
    for tasks in Path("/proc/self/task").iterdir():
        for pid in (tasks / "children").read_text(encoding="utf-8").split():
            if b"anyio" in Path(f"/proc/{pid}/cmdline").read_bytes():
                yield int(pid)


def run(
    rows: Annotated[int, typer.Option(help="Complaints in the database.")] = 20_000,
    rules: Annotated[int, typer.Option(help="Rules of the draft.")] = 500,
    moves: Annotated[int, typer.Option(help="Moves to show with their texts and rules.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Fill a database of its own and replay all of it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="salur-bench-")))
        folder.chmod(0o755)
        server = stack.enter_context(EmbeddedPostgres(folder / "data", state_dir=folder / "state"))
        environment = os.environ | {"DATABASE_URL": server.url(), "SALUR_DATA_DIR": str(folder / "data")}
        for command in (["db", "upgrade"], ["seed"]):
            run_salur(environment, *command)
        settings = Settings(database_url=server.url(), data_dir=folder / "data")
        anyio.run(_classifier, settings)
        spread(server.url(), rows, random.Random(1))  # noqa: S311 - the same bench every time, no secret
        found = anyio.run(measured, settings, rules, moves, random.Random(2))  # noqa: S311
    if as_json:
        print(json.dumps(found))
        return
    table = Table("", "", title="a draft replayed")
    for name, value in found.items():
        table.add_row(name, str(value))
    Console(file=sys.stdout).print(table)


async def _classifier(settings: Settings) -> None:
    async with (
        open_runtime(settings, settings.url(), vault_keys(settings)) as runtime,
        runtime.workshop.work(SYSTEM) as work,
    ):
        figures = {target: {"decided_rows": 5_000} for target in ("agency", "category", "category_main")}
        await register(work, Trained("b" * 16, "0" * 64, figures))


if __name__ == "__main__":
    typer.run(run)
