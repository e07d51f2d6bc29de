"""The command line: each command in a process of its own, said in words and told by its exit code."""

import json
import signal
import sys
from pathlib import Path
from subprocess import DEVNULL

import anyio
import psycopg
import pytest
from typer.main import get_command
from typer.testing import CliRunner

import server.commands.session
from complaints.accounts import identify
from rules.vocabulary import Action, Role
from server.cli import app, main
from server.database import open_database
from server.runtime import wall_clock
from server.settings import DatabaseSettings
from tests.e2e.support import ROOT, environment, salur, until

COMMANDS = [
    (), ("up",), ("serve",), ("worker",), ("seed",), ("import",), ("db",), ("db", "upgrade"), ("user",),
    ("user", "add"), ("user", "passwd"), ("user", "close"), ("user", "list"), ("key",), ("key", "add"),
    ("key", "list"), ("key", "revoke"), ("classifier",), ("classifier", "list"), ("classifier", "register"),
    ("classifier", "promote"), ("classifier", "first"), ("classifier", "roll-back"), ("classifier", "shadow"),
    ("classifier", "dataset"), ("classifier", "import-history"), ("classifier", "train"), ("classifier", "cancel"),
    ("classifier", "runs"), ("classifier", "figures"), ("classifier", "alarms"),
    ("classifier", "acknowledge"), ("schema",),
    ("schema", "print"), ("schema", "check"), ("demo",), ("demo", "load"),
]  # fmt: skip


def test_every_command_is_in_the_list() -> None:
    found: list[tuple[str, ...]] = [()]
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        found += [(name,), *((name, below) for below in getattr(command, "commands", {}))]

    assert sorted(found) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command) or "salur")
def test_help_says_what_a_command_does(command: tuple[str, ...]) -> None:
    told = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"})

    assert told.exit_code == 0
    # Usage, and a sentence about it.
    assert "Usage:" in told.output
    assert any(line.strip().endswith(".") for line in told.output.splitlines())


def test_help_works_in_a_process_of_its_own(tmp_path: Path) -> None:
    told = salur("--help", env=environment(tmp_path, None))

    assert (told.returncode, told.stderr) == (0, "")
    assert all(name in told.stdout for name in ("up", "serve", "worker", "seed", "import", "DATABASE_URL"))


def test_database_goes_from_nothing_to_ready_and_again_without_harm(empty_url: str, tmp_path: Path) -> None:
    env = environment(tmp_path, empty_url)

    first, again = salur("db", "upgrade", env=env), salur("db", "upgrade", env=env)
    seeded, twice = salur("seed", env=env), salur("seed", env=env)

    assert (first.returncode, first.stdout.startswith("The schema went from nothing to ")) == (0, True)
    assert (again.returncode, again.stdout.endswith("already.\n")) == (0, True)
    assert (seeded.returncode, twice.returncode) == (0, 0), seeded.stderr
    rows = [line.split("│")[1:5] for line in twice.stdout.splitlines() if "│" in line]
    assert [[cell.strip() for cell in row[1:3]] for row in rows] == [["0", "0"]] * 6
    with psycopg.connect(empty_url) as connection:
        counted = connection.execute("select (select count(*) from agency), (select count(*) from rule_set)").fetchone()
    assert counted == (124, 1)


def test_account_is_opened_listed_and_given_a_new_password(env: dict[str, str], database_url: str) -> None:
    opened = salur(
        "user", "add", "Sari", "--role", "AGENCY_ADMIN", "--name", "Sari Dewi", "--agency", "KOTA_SEMARANG",
        env=env, stdin="kata sandi pertama\n",
    )  # fmt: skip
    with psycopg.connect(database_url) as connection:
        before = connection.execute("select password_hash from person").fetchall()
    changed = salur("user", "passwd", "sari", env=env, stdin="kata sandi kedua\n")
    listed = salur("user", "list", env=env)

    assert (opened.returncode, opened.stdout) == (0, "sari is AGENCY_ADMIN.\n"), opened.stderr
    assert (changed.returncode, changed.stdout) == (0, "sari has a new password; all its sessions ended.\n")
    assert "Sari Dewi" in listed.stdout
    assert "KOTA_SEMARANG" in listed.stdout
    with psycopg.connect(database_url) as connection:
        after = connection.execute("select password_hash from person").fetchall()
    assert (len(before), len(after), before != after) == (1, 1, True)
    said = "".join(done.stdout + done.stderr for done in (opened, changed, listed))
    assert "kata sandi" not in said


async def test_key_is_printed_once_and_opens_what_it_was_made_for(env: dict[str, str], database_url: str) -> None:
    made = salur(
        "key", "add", "Aplikasi kota", "--scope", "complaint:read_queue", "--scope", "complaint:verify",
        "--agency", "KOTA_SEMARANG", env=env,
    )  # fmt: skip

    key = made.stdout.strip()
    assert (made.returncode, key.startswith("salur_sk_")) == (0, True), made.stderr
    database = open_database(database_url, DatabaseSettings())
    async with database.write.connect() as connection:
        actor = (await identify(connection, key, wall_clock())).actor
        stored = await connection.exec_driver_sql("select encode(key_hash, 'escape') from service_key")
        digests = [row[0] for row in stored]
    await database.close()
    assert (actor.role, actor.scopes) == (Role.SERVICE, frozenset({Action.READ_QUEUE, Action.VERIFY}))
    assert len(digests) == 1
    assert key not in digests[0]


ROWS = """id,title,text,location,date,report_type,source
1,Jalan rusak,Jalan di depan pasar berlubang besar,Kota Semarang,2026-03-02,COMPLAINT,uji
2,,Lampu jalan mati sejak minggu lalu,,,,uji
3,Kosong,,,,,uji
4,Usul,Mohon dibuatkan taman bermain untuk anak,,2026-03-03,ASPIRATION,uji
"""


def test_import_takes_the_good_rows_and_reports_the_bad_one(
    env: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    data, report = tmp_path / "data.csv", tmp_path / "ditolak.jsonl"
    data.write_text(ROWS, encoding="utf-8")

    done = salur("import", str(data), "--report", str(report), env=env)

    assert done.returncode == 0, done.stderr
    assert "3 came in, 0 were known already, 1 were rejected." in done.stdout
    rejected = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    assert [(row["file"], bool(row["reason"])) for row in rejected] == [("data.csv", True)]
    with psycopg.connect(database_url) as connection:
        stored = connection.execute(
            "select report_type, channel, submitted_at::date::text from complaint join complaint_text t"
            " on t.complaint_id = complaint.id where original_title is not null order by original_title"
        ).fetchall()
    assert stored == [("COMPLAINT", "API", "2026-03-02"), ("ASPIRATION", "API", "2026-03-03")]


async def test_import_that_was_killed_goes_on_where_it_was(
    env: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    data = tmp_path / "data.jsonl"
    rows = ({"id": n, "text": f"Laporan nomor {n} tentang jalan rusak", "source": "uji"} for n in range(2_000))
    data.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    command = [sys.executable, "-m", "server", "import", str(data)]
    child = await anyio.open_process(command, env=env, cwd=ROOT, stdout=DEVNULL, stderr=DEVNULL)

    async def count() -> int:
        async with await psycopg.AsyncConnection.connect(database_url) as connection:
            row = await (await connection.execute("select count(*) from complaint")).fetchone()
            return 0 if row is None else int(row[0])

    await until(count, 60)
    child.send_signal(signal.SIGKILL)
    await child.wait()
    before = await count()
    done = salur("import", str(data), env=env)

    assert 0 < before < 2_000
    assert f"{2_000 - before} came in, {before} were known already, 0 were rejected." in done.stdout, done.stderr
    assert await count() == 2_000


def test_schema_is_printed_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    printed, checked = CliRunner().invoke(app, ["schema", "print"]), CliRunner().invoke(app, ["schema", "check"])

    assert printed.stdout == (ROOT / "graph" / "schema.graphql").read_text(encoding="utf-8")
    assert (checked.exit_code, checked.output) == (0, "")


def test_stale_schema_is_told_with_the_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "schema.graphql").write_text("type Query {\n}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    checked = CliRunner().invoke(app, ["schema", "check"])

    assert checked.exit_code == 1
    assert "graph/schema.graphql is stale" in checked.stderr
    assert "+  complaint(id: ID!): Complaint" in checked.stderr


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"SALUR_HTPP__PORT": "1"}, "unknown settings: SALUR_HTPP__PORT"),
        ({"SALUR_HTTP__PROT": "1"}, "HTTP__PROT"),
        ({"SALUR_HTTP__PORT": "delapan"}, "HTTP__PORT"),
        ({"SALUR_ENVIRONMENT": "production"}, "production needs"),
    ],
    ids=["unknown", "unknown below a group", "no number", "half a production"],
)
def test_wrong_setting_is_told_in_words(
    wrong: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["salur", "user", "list"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        (None, 2, "no DATABASE_URL; `salur up` starts a database of its own"),
        ("postgresql://siapa@127.0.0.1:1/x", 1, "The database does not answer"),
    ],
    ids=["not given", "nobody there"],
)
def test_missing_database_is_told_in_words(
    url: str | None,
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SALUR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    if url is not None:
        monkeypatch.setenv("DATABASE_URL", url)
    # The log of the tests stays as it is.
    monkeypatch.setattr(server.commands.session, "set_up_logs", lambda _form: None)
    monkeypatch.setattr(sys, "argv", ["salur", "user", "list"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert (ended.value.code, said in capsys.readouterr().err) == (code, True)
