"""Complaints as JSON Lines are answered line by line: one that cannot be is named, and the rest goes on."""

import json
from pathlib import Path
from typing import Any

import pytest

from ml.predictor import Draft, Predictor
from ml.suggest import BLOCK, WAITING, answer, answers, answers_by

GOOD = b'{"id": "a", "text": "anak saya muntah setelah makan MBG"}\n'


def lines(predictor: Predictor, *given: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answers(given, predictor)]


def test_an_answer_has_the_id_three_titles_and_a_ranking_for_each_target(predictor: Predictor) -> None:
    found = answer(GOOD, predictor)

    suggestion = predictor.suggest([Draft("anak saya muntah setelah makan MBG")])[0]
    assert list(found) == ["id", "titles", *suggestion.heads]
    assert (found["id"], found["titles"]) == ("a", list(suggestion.titles))
    for target, ranking in suggestion.heads.items():
        assert found[target] == [
            {"label": choice.label, "confidence": round(choice.confidence, 6)} for choice in ranking.choices[:3]
        ]


def test_each_answer_is_one_line_in_the_order_of_the_questions(predictor: Predictor) -> None:
    asked = [json.dumps({"id": number, "text": f"banjir\n{number}"}).encode() for number in range(20)]

    written = list(answers(asked, predictor))

    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in written)
    assert [json.loads(line)["id"] for line in written] == list(range(20))


def test_processes_read_no_more_than_they_can_work_on_and_keep_the_order(shelf: Path, predictor: Predictor) -> None:
    asked = [
        json.dumps({"id": number, "text": f"banjir {number % 7}"}).encode() for number in range(WAITING * BLOCK + 9)
    ]
    unread = iter([*asked, *asked])

    written = answers_by(1, unread, shelf, predictor.version)
    first = next(written)

    assert first == b"".join(answers(asked[:BLOCK], predictor))
    assert len(list(unread)) == len(asked) + 9
    assert b"".join(written) == b"".join(answers(asked[BLOCK : WAITING * BLOCK], predictor))


@pytest.mark.parametrize(
    ("line", "number", "error"),
    [
        (b"{", None, "not JSON: "),
        (b"\xff\xfe", None, "not JSON: "),
        (b'{"id": 1, "text": "a"} {}', None, "not JSON: "),
        (b"[1, 2]", None, "not a JSON object"),
        (b'"jalan rusak"', None, "not a JSON object"),
        (b'{"id": 7}', 7, "no 'text'"),
        (b'{"id": 7, "text": null}', 7, "no 'text'"),
        (b'{"id": "b", "text": ""}', "b", "'text' is blank"),
        (b'{"id": "b", "text": " \\n\\t\\u0000"}', "b", "'text' is blank"),
        (b'{"id": 7, "text": 5}', 7, "'text' is not text"),
        (b'{"id": 7, "text": ["a"]}', 7, "'text' is not text"),
        (b'{"id": 7, "text": "a", "title": 1}', 7, "'title' is not text"),
        (b'{"id": 7, "text": "a", "location": {}}', 7, "'location' is not text"),
        (b'{"text": ""}', None, "'text' is blank"),
    ],
)
def test_a_line_that_cannot_be_answered_is_named_and_the_rest_goes_on(
    predictor: Predictor, line: bytes, number: object, error: str
) -> None:
    first, bad, last = lines(predictor, GOOD, line, GOOD)

    assert list(bad) == ["id", "error"]
    assert bad["id"] == number
    assert bad["error"].startswith(error)
    assert first == last == answer(GOOD, predictor)


def test_blank_lines_are_passed_over(predictor: Predictor) -> None:
    assert [found["id"] for found in lines(predictor, b"\n", GOOD, b"  \r\n", GOOD)] == ["a", "a"]


def test_a_blank_title_or_place_is_none(predictor: Predictor) -> None:
    plain = answer(b'{"id": 1, "text": "jalan rusak"}', predictor)

    assert answer(b'{"id": 1, "text": "jalan rusak", "title": "", "location": null, "x": [1]}', predictor) == plain


def test_a_confirmed_title_and_a_place_are_used(predictor: Predictor) -> None:
    plain = answer(b'{"text": "mohon dibantu"}', predictor)

    titled = answer(b'{"text": "mohon dibantu", "title": "Anak Keracunan Makanan MBG"}', predictor)
    placed = answer(b'{"text": "banjir", "location": "Kel. Gubeng, Kota Surabaya"}', predictor)

    assert titled["category_main"][0]["label"] == "MBG"
    assert titled["category_main"] != plain["category_main"]
    assert "Banjir di Kel. Gubeng" in placed["titles"]
