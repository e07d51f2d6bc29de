"""What the classifier learns from, by command line: history comes in, a data set is built, a training waits."""

import json
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from tests.e2e.support import salur

ROWS = """No;Isi;Topik
1;Listrik padam sejak pagi, hubungi 081234567890;ESDM
2;Jalan berlubang di depan pasar;PUPR
3;Sinyal hilang;Telekomunikasi
4;;PUPR
""".replace(",", " ").replace(";", ",")
COLUMNS = ("--source", "kota", "--column", "id=No", "--column", "text=Isi", "--column", "category=Topik")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A CSV file of another system."""
    path = tmp_path / "riwayat.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_history_is_tried_and_brought_in(env: dict[str, str], database_url: str, file: Path) -> None:
    tried = salur("classifier", "import-history", str(file), *COLUMNS, "--dry-run", env=env)
    with psycopg.connect(database_url) as connection:
        before = connection.execute("select count(*) from history_example").fetchone()
    done = salur("classifier", "import-history", str(file), *COLUMNS, "--label", "Telekomunikasi=TIK", env=env)

    assert tried.returncode == 0, tried.stderr
    assert "4 rows: 2 usable, 2 not; nothing was written." in tried.stdout
    assert "row 4: NO_KNOWN_LABEL" in tried.stdout
    assert "unknown category 'Telekomunikasi' in 1 rows" in tried.stdout
    assert before == (0,)
    assert "4 rows: 3 usable, 1 not; 3 added, 0 known before." in done.stdout, done.stderr
    with psycopg.connect(database_url) as connection:
        stored = connection.execute("select body, category from history_example order by external_id").fetchall()
    assert stored == [
        ("Listrik padam sejak pagi  hubungi <TELEPON>", "ESDM"),
        ("Jalan berlubang di depan pasar", "PUPR"),
        ("Sinyal hilang", "TIK"),
    ]


def test_a_data_set_is_built_and_a_training_waits_for_the_worker(env: dict[str, str], file: Path) -> None:
    salur("classifier", "import-history", str(file), *COLUMNS, env=env)
    empty = salur("classifier", "dataset", "build", "--agency", "PLN", env=env)
    built = salur("classifier", "dataset", "build", "--without-work", "--history", "kota", env=env)
    dataset_id, _, rows = built.stdout.partition(": ")
    listed = salur("classifier", "dataset", "list", env=env)
    queued = salur("classifier", "train", "--dataset", dataset_id, "--queue", env=env)
    run_id = queued.stdout.partition(": ")[0]
    cancelled = salur("classifier", "cancel", run_id, env=env)
    runs = salur("classifier", "runs", env=env | {"COLUMNS": "200"})

    assert empty.returncode == 1
    assert "No complaint fits this choice." in empty.stderr
    assert (built.returncode, rows) == (0, "2 rows\n"), built.stderr
    assert [listed.stdout.count(state) for state in ("DONE", "FAILED")] == [1, 1]
    assert queued.stdout == f"{UUID(run_id)}: QUEUED\n", queued.stderr
    assert (cancelled.returncode, cancelled.stdout) == (0, f"{run_id} stops.\n"), cancelled.stderr
    assert f"{run_id}" in runs.stdout
    assert "CANCELLED" in runs.stdout


def test_figures_and_alarms_of_a_quiet_house(env: dict[str, str]) -> None:
    told = salur("classifier", "figures", "--head", "agency", "--by", "month", "--json", env=env)
    shown = salur("classifier", "figures", env=env)
    alarms = salur("classifier", "alarms", env=env)

    assert json.loads(told.stdout) == {"figures": [], "drift": None}, told.stderr
    assert "Drift: not enough answers yet." in shown.stdout, shown.stderr
    assert (alarms.returncode, "raised" in alarms.stdout) == (0, True), alarms.stderr


def test_a_candidate_that_is_not_there_is_told_in_words(env: dict[str, str]) -> None:
    promoted = salur("classifier", "promote", "a" * 16, "--reason", "uji", env=env)
    shadowed = salur("classifier", "shadow", "a" * 16, env=env)
    back = salur("classifier", "roll-back", "--reason", "uji", env=env)
    registered = salur("classifier", "register", "a" * 16, env=env)

    assert [done.returncode for done in (promoted, shadowed, back, registered)] == [1, 1, 1, 1]
    said = [done.stderr for done in (promoted, shadowed, back, registered)]
    assert not [text for text in said if "Traceback" in text]
    assert "There is no version before to go back to." in said[2]
