"""Labelled complaints are read row by row: what is no complaint is named, and the rest goes on."""

import csv
import gzip
import json
from pathlib import Path

import pytest

from ml.dataset import MAX_TEXT, Example, Loaded, Problem, load


def saved(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / name
    data = content.encode() if isinstance(content, str) else content
    file.write_bytes(gzip.compress(data) if name.endswith(".gz") and isinstance(content, str) else data)
    return file


def test_a_quoted_cell_may_break_the_line(tmp_path: Path) -> None:
    file = saved(tmp_path, "a.csv", 'id,text,agency\n7,"Jalan rusak,\nsudah ""lama""\nsekali",PEMDA.PU\n8,Banjir,\n')

    loaded = load([file])

    assert loaded == Loaded(
        (
            Example("7", 'Jalan rusak,\nsudah "lama"\nsekali', agency="PEMDA.PU"),
            Example("8", "Banjir"),
        ),
        (),
    )


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.jsonl.gz"])
def test_each_kind_of_file_says_the_same(tmp_path: Path, name: str) -> None:
    row = {"id": "1", "title": "Jalan", "text": "Jalan rusak", "category": "Ä [x], y", "date": "2024-05-06"}
    as_csv = f'{",".join(row)}\n1,Jalan,Jalan rusak,"Ä [x], y",2024-05-06\n'
    file = saved(tmp_path, name, as_csv if ".csv" in name else json.dumps(row, ensure_ascii=False) + "\n")

    assert load([file]) == Loaded((Example(**row),), ())


def test_a_spreadsheet_may_mark_its_encoding_and_shout_its_columns(tmp_path: Path) -> None:
    file = saved(tmp_path, "a.csv", "\ufeffID , Text\r\n1,Jalan rusak\r\n")

    assert load([file]).examples == (Example("1", "Jalan rusak"),)


def test_a_row_without_an_id_is_named_by_its_place(tmp_path: Path) -> None:
    file = saved(tmp_path, "a.jsonl", '{"text": "satu"}\n\n{"text": "dua"}\n')

    assert [example.id for example in load([file]).examples] == ["a.jsonl:1", "a.jsonl:3"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON: Expecting property name enclosed in double quotes: line 2 column 1 (char 2)"),
        ("[1]", "not a JSON object"),
        ('{"id": 1}', "no text"),
        ('{"text": "  "}', "no text"),
        ('{"text": 5}', "'text' is not text"),
        ('{"text": ["a"]}', "'text' is not text"),
        ('{"text": "a", "agency": {"code": "A"}}', "'agency' is not text"),
        ('{"text": "a", "category": true}', "'category' is not text"),
    ],
)
def test_a_bad_line_is_named_with_its_reason_and_the_rest_goes_on(tmp_path: Path, line: str, reason: str) -> None:
    file = saved(tmp_path, "a.jsonl", f'{{"id": 1, "text": "satu"}}\n{line}\n{{"id": 3, "text": "tiga"}}\n')

    loaded = load([file])

    assert [example.id for example in loaded.examples] == ["1", "3"]
    assert loaded.problems == (Problem(str(file), 2, reason),)


def test_a_row_of_another_width_is_named_by_the_line_it_ends_on(tmp_path: Path) -> None:
    file = saved(tmp_path, "a.csv", 'id,text\n1,"dua\nbaris",x\n2,Banjir\n')

    loaded = load([file])

    assert loaded.problems == (Problem(str(file), 3, "3 cells under 2 column names"),)
    assert str(loaded.problems[0]) == f"{file}:3: 3 cells under 2 column names"
    assert loaded.examples == (Example("2", "Banjir"),)


def test_a_quote_that_swallowed_the_file_is_no_complaint(tmp_path: Path) -> None:
    file = saved(tmp_path, "a.csv", f"id,text\n1,{'x' * (MAX_TEXT + 1)}\n2,Banjir\n")

    loaded = load([file])

    assert [problem.line for problem in loaded.problems] == [2]
    assert "probably a quote that is not closed" in loaded.problems[0].reason
    assert loaded.examples == (Example("2", "Banjir"),)


def test_a_table_without_a_column_text_has_no_rows(tmp_path: Path) -> None:
    file = saved(tmp_path, "a.csv", "id,isi\n1,Banjir\n")

    loaded = load([file])

    assert loaded.examples == ()
    assert [problem.line for problem in loaded.problems] == [0]


@pytest.mark.parametrize(("name", "content"), [("a.csv", ""), ("a.jsonl", ""), ("a.csv", "id,text\n")])
def test_an_empty_file_has_no_rows(tmp_path: Path, name: str, content: str) -> None:
    assert load([saved(tmp_path, name, content)]).examples == ()


def test_a_missing_file_and_a_file_of_another_kind_are_problems_of_their_own(tmp_path: Path) -> None:
    missing, other = tmp_path / "none.csv", saved(tmp_path, "a.txt", "text\n")
    good = saved(tmp_path, "b.csv", "text\nBanjir\n")

    loaded = load([missing, other, good])

    assert [example.text for example in loaded.examples] == ["Banjir"]
    assert loaded.problems == (
        Problem(str(missing), 0, "no such file"),
        Problem(str(other), 0, "not one of .csv, .csv.gz, .jsonl, .jsonl.gz"),
    )


def test_a_folder_is_read_by_name_and_not_below(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    saved(tmp_path / "below", "c.csv", "text\ntiga\n")
    saved(tmp_path, "b.jsonl", '{"text": "dua"}\n')
    saved(tmp_path, "a.csv", "text\nsatu\n")
    saved(tmp_path, "README.md", "text\n")

    loaded = load([tmp_path])

    assert [example.text for example in loaded.examples] == ["satu", "dua"]
    assert loaded.problems == ()


def test_a_folder_without_such_files_is_a_problem(tmp_path: Path) -> None:
    assert [problem.line for problem in load([tmp_path]).problems] == [0]


def test_a_file_cut_off_keeps_what_was_before_the_cut(tmp_path: Path) -> None:
    whole = gzip.compress("".join(f'{{"text": "jalan {number**3}"}}\n' for number in range(5_000)).encode())
    file = saved(tmp_path, "a.jsonl.gz", whole[: len(whole) // 2])

    loaded = load([file])

    assert 0 < len(loaded.examples) < 5_000
    assert "cannot be read any further" in loaded.problems[-1].reason
    assert loaded.problems[-1].line == len(loaded.examples) + 1


def test_a_file_that_only_says_it_is_packed_is_a_problem(tmp_path: Path) -> None:
    loaded = load([saved(tmp_path, "a.csv.gz", b"text\nBanjir\n")])

    assert loaded.examples == ()
    assert "cannot be read any further" in loaded.problems[0].reason


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_null_character_is_dropped_and_the_row_kept(tmp_path: Path, name: str) -> None:
    content = "text,agency\nBan\x00jir,\x00\n" if name == "a.csv" else '{"text": "Ban\\u0000jir", "agency": "\\u0000"}'

    loaded = load([saved(tmp_path, name, content)])

    assert [(example.text, example.agency) for example in loaded.examples] == [("Banjir", None)]


def test_a_broken_character_costs_no_complaint(tmp_path: Path) -> None:
    file = saved(tmp_path, "a.jsonl", b'{"text": "jalan \xff"}\n{"text": "jalan \\ud800"}\n')

    assert [example.text for example in load([file]).examples] == ["jalan \ufffd", "jalan ?"]


@pytest.mark.parametrize(
    ("written", "read"),
    [("2024-05-06", "2024-05-06"), ("2024-05-06T10:00:00+07:00", "2024-05-06"), ("06/05/2024", None), ("", None)],
)
def test_a_date_that_cannot_be_read_is_unknown(tmp_path: Path, written: str, read: str | None) -> None:
    file = saved(tmp_path, "a.csv", f"text,date\nBanjir,{written}\n")

    assert [example.date for example in load([file]).examples] == [read]


def test_what_a_csv_writer_writes_is_what_is_read(tmp_path: Path) -> None:
    texts = ['satu "dua"', "tiga,empat", "lima\r\nenam", "tujuh;\t'delapan'"]
    file = tmp_path / "a.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["text"], *([text] for text in texts)])

    assert [example.text for example in load([file]).examples] == texts
