"""A year of a real desk, month by month, through the API: `python -m bench.replay DATA --out FOLDER`.

Complaints of each month come in as `salur import` brings them. An admin verifies every one of them over GraphQL with
the decision that was really taken. At the end of the month data staff build a data set, train, and promote what the
gate passes. The curve is the share of first proposals that the real decision confirms, against a version that stays
as it was after the first month. The data stays where the path points, the database is thrown away.
"""

import gzip
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import anyio
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from strawberry import relay

from bench.processes import free_port, run_salur, wait_until_ready
from bench.requests import Client, Refused
from bench.tasks import merged_local
from complaints.accounts import NewPerson, add_person, log_in
from complaints.importing import import_key
from complaints.policy import SYSTEM
from complaints.submit import key_digest
from ml.dataset import Example, load, without_copies
from ml.evaluate import judge
from ml.pictures import Series, acceptance_picture
from ml.store import load as load_version
from models import Agency, Category, Complaint, Suggestion, new_id
from rules.vocabulary import AgencyLevel, Connection, Role
from server.embedded import EmbeddedPostgres
from server.keys import vault_keys
from server.runtime import Runtime, open_runtime
from server.settings import Settings

_PASSWORD = secrets.token_urlsafe(16)
_POLL_SECONDS = 1.0
_HEADS = {"category": "category_main", "agency": "agency"}

VERIFY = """mutation Verify($input: VerifyComplaintInput!) {
  verifyComplaint(input: $input) { __typename ... on UserError { message } }
}"""
BUILD = """mutation Build($input: BuildDatasetInput!) {
  buildDataset(input: $input) { __typename ... on BuildDatasetPayload { dataset { id } } }
}"""
DATASET = "query Dataset($id: ID!) { dataset(id: $id) { state rows failure } }"
TRAIN = """mutation Train($input: StartTrainingInput!) {
  startTraining(input: $input) { __typename ... on StartTrainingPayload { run { id } } }
}"""
RUN = "query Run($id: ID!) { trainingRun(id: $id) { state stage failure version } }"
PROMOTE = """mutation Promote($input: PromoteClassifierInput!) {
  promoteClassifier(input: $input) {
    __typename ... on UserError { message } ... on InvalidError { problems { messageEn } }
  }
}"""
SERVING = "query { servingVersion { version } }"


@dataclass(frozen=True, slots=True)
class Month:
    """What one month showed: rows, the share of first proposals taken per head, the frozen version's, the gate."""

    name: str
    rows: int
    version: str | None
    accepted: Mapping[str, float | None]
    frozen: Mapping[str, float | None]
    gate: str


class Desk:
    """The desk under replay: its server, its accounts, its catalogue."""

    def __init__(self, folder: Path, environment: Mapping[str, str], settings: Settings) -> None:
        self.folder = folder
        self.environment = environment
        self.settings = settings
        self.categories: dict[str, UUID] = {}
        self.agencies: dict[str, UUID] = {}
        self.tokens: dict[Role, str] = {}
        self.frozen: str | None = None

    async def open(self, rows: Sequence[Example]) -> None:
        """Accounts, and the desk's own topics and offices in place of the shipped ones."""
        async with self._runtime() as runtime, runtime.workshop.work(SYSTEM) as work:
            for login, role in (("admin", Role.NATIONAL_ADMIN), ("data", Role.DATA_STAFF)):
                await add_person(work, NewPerson(login, login, _PASSWORD, role))
            for number, label in enumerate(sorted({str(row.category) for row in rows})):
                code = f"TOPIK{number:03}"
                self.categories[label] = new_id()
                work.session.add(Category(id=self.categories[label], code=code, label_id=label, level=1, keywords=[]))
            for number, label in enumerate(sorted({str(row.agency) for row in rows})):
                self.agencies[label] = new_id()
                work.session.add(
                    Agency(
                        id=self.agencies[label],
                        code=f"KANTOR{number:03}",
                        name=f"{label} ({number})",
                        short_name=label,
                        level=AgencyLevel.NATIONAL,
                        connection=Connection.CENTRAL,
                        aliases=[],
                    )
                )
        async with self._runtime() as runtime, runtime.workshop.work(SYSTEM) as work:
            for login, role in (("admin", Role.NATIONAL_ADMIN), ("data", Role.DATA_STAFF)):
                self.tokens[role] = (await log_in(work, login, _PASSWORD)).token

    def _runtime(self) -> Any:
        return open_runtime(self.settings, self.settings.url(), vault_keys(self.settings))

    def receive(self, name: str, rows: Sequence[Example]) -> None:
        """The complaints of a month come in, without a word of what was decided."""
        file = self.folder / f"{name}.jsonl.gz"
        with gzip.open(file, "wt", encoding="utf-8") as stream:
            for row in rows:
                told = {
                    "id": row.id,
                    "text": row.text,
                    "location": row.location,
                    "date": row.date,
                    "source": row.source,
                }
                stream.write(json.dumps(told) + "\n")
        run_salur(self.environment, "import", str(file))

    async def received(self, rows: Sequence[Example]) -> dict[str, tuple[UUID, int]]:
        """Id and version of the complaint that each row became."""
        keys = {key_digest(SYSTEM, import_key(row)): row.id for row in rows}
        async with self._runtime() as runtime, runtime.workshop.work(SYSTEM) as work:
            statement = select(Complaint.idempotency_key, Complaint.id, Complaint.version).where(
                Complaint.idempotency_key.in_(list(keys))
            )
            return {keys[key]: (row_id, version) for key, row_id, version in await work.session.execute(statement)}

    def verify(self, client: Client, rows: Sequence[Example], received: Mapping[str, tuple[UUID, int]]) -> None:
        """The admin's decisions, one request each."""
        for row in rows:
            complaint_id, version = received[row.id]
            verdict = {
                "id": _global_id("Complaint", complaint_id),
                "seenVersion": version,
                "title": row.title or "Laporan warga",
                "categoryId": _global_id("Category", self.categories[str(row.category)]),
                "agencyId": _global_id("Agency", self.agencies[str(row.agency)]),
            }
            answer = client.ask(VERIFY, input=verdict)["verifyComplaint"]
            if answer["__typename"] != "VerifyComplaintPayload":
                raise Refused(f"verification was refused: {answer}")

    async def shares(self, received: Mapping[str, tuple[UUID, int]]) -> dict[str, float | None]:
        """How often the first proposal was what the admin decided."""
        async with self._runtime() as runtime:
            return await _shares(runtime, [complaint_id for complaint_id, _ in received.values()])

    def retrain(self, client: Client) -> tuple[str | None, str]:
        """Build, train, promote; gives the version that was trained and what the gate said."""
        dataset = _payload(client.ask(BUILD, input={}), "buildDataset")["dataset"]["id"]
        _wait(lambda: client.ask(DATASET, id=dataset)["dataset"])
        options = {"datasetId": dataset, "targets": list(_HEADS.values()), "withTimeSplit": False, "withCorpus": False}
        run = _payload(client.ask(TRAIN, input=options), "startTraining")["run"]["id"]
        version = _wait(lambda: client.ask(RUN, id=run)["trainingRun"])["version"]
        promoted = client.ask(PROMOTE, input={"version": version, "reason": "monthly retraining"})["promoteClassifier"]
        if promoted["__typename"] == "PromoteClassifierPayload":
            return version, "passed"
        return version, "; ".join(problem["messageEn"] for problem in promoted.get("problems", [])) or "refused"

    def frozen_shares(self, rows: Sequence[Example]) -> dict[str, float | None]:
        """How often the version of the first month would have been right."""
        if self.frozen is None:
            return dict.fromkeys(_HEADS)
        key = (self.settings.data_dir / "classifier.key").read_bytes().strip()
        predictor = load_version(self.settings.store_dir, self.frozen, key=key)
        shares: dict[str, float | None] = {}
        for head, target in _HEADS.items():
            coded = [self._coded(row) for row in rows]
            answers = judge(predictor, coded, target)
            shares[head] = sum(answer.is_right for answer in answers) / len(answers)
        return shares

    def _coded(self, row: Example) -> Example:
        topics = {label: f"TOPIK{number:03}" for number, label in enumerate(sorted(self.categories))}
        offices = {label: f"KANTOR{number:03}" for number, label in enumerate(sorted(self.agencies))}
        return replace(row, category_main=topics[str(row.category)], agency=offices[str(row.agency)])


async def _shares(runtime: Runtime, complaint_ids: Sequence[UUID]) -> dict[str, float | None]:
    async with runtime.workshop.work(SYSTEM) as work:
        statement = select(Suggestion.category_rank, Suggestion.agency_rank).where(
            Suggestion.complaint_id.in_(complaint_ids), ~Suggestion.is_shadow, Suggestion.decided_at.is_not(None)
        )
        ranks = (await work.session.execute(statement)).all()
    if not ranks:
        return dict.fromkeys(_HEADS)
    return {
        "category": sum(row.category_rank == 1 for row in ranks) / len(ranks),
        "agency": sum(row.agency_rank == 1 for row in ranks) / len(ranks),
    }


def main(
    data: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A desk's file with dates and decisions.")],
    out: Annotated[Path, typer.Option(help="Folder for the picture.")],
    months: Annotated[int, typer.Option(min=2, help="How many months.")] = 12,
) -> None:
    """Replay a desk and print the curve."""
    rows = without_copies(load([data]).examples)
    rows = [merged_local(row) for row in rows if row.category and row.agency and row.date]
    by_month: defaultdict[str, list[Example]] = defaultdict(list)
    for row in rows:
        by_month[str(row.date)[:7]].append(row)
    chosen = sorted(by_month)[:months]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="salur-replay-")))
        folder.chmod(0o755)
        server = stack.enter_context(EmbeddedPostgres(folder / "postgres", state_dir=folder / "state"))
        port = free_port()
        environment = os.environ | {
            "DATABASE_URL": server.url(),
            "SALUR_DATA_DIR": str(folder / "data"),
            "SALUR_HTTP__PORT": str(port),
        }
        run_salur(environment, "db", "upgrade")
        run_salur(environment, "seed")
        desk = Desk(folder, environment, Settings(database_url=server.url(), data_dir=folder / "data"))
        anyio.run(desk.open, [row for name in chosen for row in by_month[name]])
        for command in ("serve", "worker"):
            process = subprocess.Popen([sys.executable, "-m", "server", command], env=environment)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        wait_until_ready(port)
        admin, staff = Client(port, desk.tokens[Role.NATIONAL_ADMIN]), Client(port, desk.tokens[Role.DATA_STAFF])
        found = [_month(desk, admin, staff, name, by_month[name]) for name in chosen]
    out.mkdir(parents=True, exist_ok=True)
    (out / "replay.svg").write_text(_picture(found), encoding="utf-8")
    Console().print(_table(found))


def _month(desk: Desk, admin: Client, staff: Client, name: str, rows: Sequence[Example]) -> Month:
    serving = staff.ask(SERVING)["servingVersion"]
    desk.receive(name, rows)
    received = anyio.run(desk.received, rows)
    rows = [row for row in rows if row.id in received]
    desk.verify(admin, rows, received)
    accepted = anyio.run(desk.shares, received)
    frozen = desk.frozen_shares(rows)
    started = time.monotonic()
    version, gate = desk.retrain(staff)
    desk.frozen = desk.frozen or version
    print(
        f"{datetime.now(UTC):%H:%M} {name}: {len(rows)} rows, accepted {accepted}, frozen {frozen}, "
        f"trained in {time.monotonic() - started:.0f} s, gate {gate}",
        file=sys.stderr,
    )
    return Month(name, len(rows), serving["version"] if serving else None, accepted, frozen, gate)


def _wait(ask: Any) -> dict[str, Any]:
    while True:
        state: dict[str, Any] = ask()
        if state["state"] == "DONE":
            return state
        if state["state"] in ("FAILED", "CANCELLED"):
            raise Refused(f"a job failed: {state}")
        time.sleep(_POLL_SECONDS)


def _payload(answer: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = answer[name]
    if not found["__typename"].endswith("Payload"):
        raise Refused(f"{name} was refused: {found}")
    return found


def _global_id(kind: str, row_id: UUID) -> str:
    return str(relay.GlobalID(kind, str(row_id)))


def _picture(found: Sequence[Month]) -> str:
    series = []
    for head in _HEADS:
        for name, side in ((f"{head}, monthly", "accepted"), (f"{head}, frozen", "frozen")):
            points = [(month.name, getattr(month, side)[head]) for month in found[1:]]
            series.append(Series(name, [(when, share) for when, share in points if share is not None]))
    return acceptance_picture(series)


def _table(found: Sequence[Month]) -> Table:
    table = Table("month", "rows", "category", "frozen", "agency", "frozen", "version", "gate")
    for month in found:
        shares = [
            "–" if share is None else f"{share:.3f}"
            for head in _HEADS
            for share in (month.accepted[head], month.frozen[head])
        ]
        table.add_row(month.name, str(month.rows), *shares, month.version or "–", month.gate)
    return table


if __name__ == "__main__":
    typer.run(main)
