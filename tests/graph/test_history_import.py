"""Decided complaints of another system through the door: tried, told row by row, then brought in masked."""

from typing import Any

import pytest
from sqlalchemy import select

from complaints.policy import SYSTEM
from ml.dataset import MAX_TEXT
from models import HistoryExample
from tests.graph.support import Cast, Do, Stock, problems_in
from tests.support import WorkAs

PHONE = "081234567890"
CSV = f"""no,isi,judul,topik,unit,tanggal
1,"Lampu jalan mati, hubungi {PHONE}",Lampu Mati,Listrik,PLN,2019-03-01
2,Air tidak mengalir,,Air Bersih Kota,PLN,2019-03-02 10:00
3,,Kosong,Listrik,PLN,2019-03-03
4,Entah apa,,Entah,Entah,2019-03-04
5,Tanggalnya salah,,Listrik,PLN,kemarin
6,Kurang kolom
"""
COLUMNS = [
    {"field": field, "column": column}
    for field, column in {
        "id": "no", "text": "isi", "title": "judul", "category": "topik", "agency": "unit", "date": "tanggal",
    }.items()
]  # fmt: skip
FILE: dict[str, Any] = {"source": "kota", "csv": CSV, "columns": COLUMNS}


async def test_dry_run_tells_everything_and_writes_nothing(do: Do, cast: Cast, stock: Stock) -> None:
    before = await stock()

    answer = await do(cast.data_staff, "importHistory", input=FILE)

    report = answer["report"]
    assert report == {
        "rows": 6,
        "usable": 2,
        "added": 0,
        "known": 0,
        "problemCount": 4,
        "problems": [
            {"row": 4, "code": "NO_TEXT", "text": "Tidak ada teksnya.", "textEn": "It has no text."},
            {
                "row": 5,
                "code": "NO_KNOWN_LABEL",
                "text": "Tidak ada label yang dikenal.",
                "textEn": "It has no label that is known.",
            },
            {
                "row": 6,
                "code": "BAD_DATE",
                "text": "Tanggalnya bukan YYYY-MM-DD.",
                "textEn": "Its date is not YYYY-MM-DD.",
            },
            {
                "row": 7,
                "code": "BROKEN_ROW",
                "text": "Jumlah kolomnya tidak cocok dengan kepala tabel.",
                "textEn": "Its cells do not fit the header.",
            },
        ],
        "labels": [
            {"target": "category", "labels": [{"label": "ESDM.LISTRIK", "rows": 1, "isTooFew": True}]},
            {"target": "agency", "labels": [{"label": "PLN", "rows": 2, "isTooFew": True}]},
        ],
        "unknownLabels": [
            {"field": "category", "label": "Air Bersih Kota", "rows": 1, "nearest": None},
            {"field": "category", "label": "Entah", "rows": 1, "nearest": None},
            {"field": "agency", "label": "Entah", "rows": 1, "nearest": None},
        ],
    }
    assert await stock() == before


async def test_rows_come_in_masked_and_once(do: Do, cast: Cast, work_as: WorkAs) -> None:
    wanted = {**FILE, "dryRun": False, "labels": [{"label": "Air Bersih Kota", "code": "PUPR.PASAR"}]}

    first = await do(cast.data_staff, "importHistory", input=wanted)
    again = await do(cast.data_staff, "importHistory", input=wanted)

    async with work_as(SYSTEM) as work:
        rows = (await work.session.scalars(select(HistoryExample).order_by(HistoryExample.external_id))).all()
    assert [(row.external_id, row.body, row.category, row.agency) for row in rows] == [
        ("1", "Lampu jalan mati, hubungi <TELEPON>", "ESDM.LISTRIK", "PLN"),
        ("2", "Air tidak mengalir", "PUPR.PASAR", "PLN"),
    ]
    assert (first["report"]["added"], first["report"]["known"]) == (2, 0)
    assert (again["report"]["added"], again["report"]["known"]) == (0, 2)


@pytest.mark.parametrize(
    ("row", "code", "english"),
    [
        (("1", "x" * (MAX_TEXT + 1)), "TEXT_TOO_LONG", "Its text is too long."),
        (("1", "x" * (6 * MAX_TEXT)), "BROKEN_ROW", "Its cells do not fit the header."),
    ],
)
async def test_row_beyond_a_limit_is_told(row: tuple[str, str], code: str, english: str, do: Do, cast: Cast) -> None:
    names = {"id": "no", "text": "isi", "agency": "unit"}
    columns = [{"field": field, "column": column} for field, column in names.items()]
    csv = f"no,isi,unit\n{row[0]},{row[1]},PLN\n2,Lampu mati,PLN\n"

    answer = await do(cast.data_staff, "importHistory", input={"source": "kota", "csv": csv, "columns": columns})

    assert [(said["row"], said["code"], said["textEn"]) for said in answer["report"]["problems"]] == [
        (2, code, english)
    ]
    assert answer["report"]["usable"] == 1


@pytest.mark.parametrize(
    ("other", "problems"),
    [
        ({"source": " "}, [("source", "REQUIRED")]),
        ({"source": "x" * 41}, [("source", "TOO_LONG")]),
        ({"columns": [{"field": "warna", "column": "isi"}]}, [("columns", "UNKNOWN_CODE")]),
        ({"columns": [{"field": "text", "column": "teks"}]}, [("columns", "UNKNOWN_COLUMN")]),
        ({"columns": []}, [("columns", "MISSING_FIELD"), ("columns", "MISSING_FIELD")]),
    ],
)
async def test_file_that_cannot_be_read_so_is_refused(
    other: dict[str, Any], problems: list[tuple[str, str]], do: Do, cast: Cast, stock: Stock
) -> None:
    before = await stock()

    answer = await do(cast.data_staff, "importHistory", input={**FILE, "dryRun": False, **other})

    assert problems_in(answer) == problems
    assert await stock() == before


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "\u202e", "😀", "\x0b"])
async def test_odd_signs_in_a_file_do_no_harm(odd: str, do: Do, cast: Cast) -> None:
    columns = [{"field": "text", "column": "isi"}, {"field": "agency", "column": "unit"}]
    csv = f"isi,unit\nLampu {odd} mati,PLN\nLampu mati,{odd}\n"

    answer = await do(
        cast.data_staff,
        "importHistory",
        input={"source": "kota", "csv": csv, "columns": columns, "dryRun": False},
    )

    assert answer["report"]["added"] == 1
