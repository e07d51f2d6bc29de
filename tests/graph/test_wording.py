"""What each refusal says to people, word for word in both languages."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import strawberry

from complaints.policy import ANYONE
from complaints.refusals import NotSignedIn
from rules.vocabulary import Status
from tests.graph.support import STEPS, Ask, Cases, Cast, ContextOf, Do, case_id, mutation
from tests.support import NATIONAL

CLOSE = next(step for step in STEPS if step.field == "closeComplaint")


async def test_not_allowed(a_case: Cases, cast: Cast, do: Do) -> None:
    complaint = await a_case(CLOSE.legal)

    answer = await do(cast.overseer, "closeComplaint", **CLOSE.arguments(complaint))

    assert answer == {
        "__typename": "NotAllowedError",
        "code": "NOT_ALLOWED",
        "message": "Peran Anda tidak mengizinkan penutupan laporan di sini.",
        "messageEn": "Your role does not allow closing here.",
        "field": None,
        "action": "CLOSE",
    }


@pytest.mark.parametrize(
    ("reason", "message", "english"),
    [
        ("REQUIRED", "Silakan masuk terlebih dahulu.", "Please sign in first."),
        ("EXPIRED", "Sesi Anda sudah berakhir. Silakan masuk lagi.", "Your session has ended. Please sign in again."),
        ("WRONG_CREDENTIALS", "Nama pengguna atau kata sandi salah.", "The login or the password is wrong."),
        (
            "CSRF",
            "Permintaan ditolak: kepala X-CSRF-Token tidak cocok dengan sesi.",
            "Refused: the X-CSRF-Token header does not match the session.",
        ),
    ],
)
async def test_not_signed_in(
    reason: str, message: str, english: str, schema: strawberry.Schema, context_of: ContextOf
) -> None:
    context = await context_of(ANYONE, denied=NotSignedIn(reason))

    result = await schema.execute(mutation("logout"), context_value=context)

    assert result.data == {
        "logout": {
            "__typename": "NotSignedInError",
            "code": "NOT_SIGNED_IN",
            "message": message,
            "messageEn": english,
            "field": None,
            "reason": reason,
        }
    }


async def test_illegal_step(a_case: Cases, cast: Cast, do: Do) -> None:
    complaint = await a_case(Status.DISPATCHED)

    answer = await do(cast.officer, "closeComplaint", **CLOSE.arguments(complaint))

    assert answer == {
        "__typename": "IllegalStepError",
        "code": "ILLEGAL_STEP",
        "message": "Tindakan penutupan laporan tidak dapat dilakukan pada status"
        " “Terdisposisi – Belum Ditindaklanjuti”."
        " Yang dapat Anda lakukan: disposisi, pengembalian (bukan wewenang), tindak lanjut.",
        "messageEn": "While the status is “dispatched, no follow-up yet”, closing is not possible."
        " You can do: dispatching, returning as not ours, following up.",
        "field": None,
        "status": "DISPATCHED",
        "action": "CLOSE",
        "allowed": ["DISPATCH", "RETURN", "FOLLOW_UP"],
    }


async def test_stale(a_case: Cases, do: Do) -> None:
    complaint = await a_case(CLOSE.legal)

    answer = await do(NATIONAL, "closeComplaint", **CLOSE.arguments(complaint, seenVersion=1))

    assert answer == {
        "__typename": "StaleError",
        "code": "STALE",
        "message": "Laporan ini sudah diubah orang lain (versi 5). Muat ulang, lalu coba lagi.",
        "messageEn": "Somebody else changed this complaint (version 5). Reload it, then try again.",
        "field": "seenVersion",
        "currentVersion": 5,
    }


async def test_invalid(do: Do) -> None:
    answer = await do(ANYONE, "submitComplaint", input={"text": "pendek", "title": "x" * 151})

    assert answer == {
        "__typename": "InvalidError",
        "code": "INVALID",
        "message": "Isian belum benar: text, title.",
        "messageEn": "The input is not right yet: text, title.",
        "field": "text",
        "problems": [
            {
                "field": "text",
                "code": "TOO_SHORT",
                "message": "Terlalu pendek: 6 karakter, paling sedikit 10.",
                "messageEn": "Too short: 6 characters, at least 10 are needed.",
            },
            {
                "field": "title",
                "code": "TOO_LONG",
                "message": "Terlalu panjang: 151 karakter, paling banyak 150.",
                "messageEn": "Too long: 151 characters, at most 150 are allowed.",
            },
        ],
    }


async def test_too_many(a_case: Cases, do: Do) -> None:
    complaint = await a_case()
    for _ in range(5):
        await do(ANYONE, "replyAsReporter", complaint=a_case.access(complaint, pin="abcdef"), text="Halo")

    answer = await do(ANYONE, "replyAsReporter", complaint=a_case.access(complaint), text="Halo")

    assert answer == {
        "__typename": "TooManyError",
        "code": "TOO_MANY",
        "message": "Terlalu banyak permintaan. Coba lagi dalam 901 detik.",
        "messageEn": "Too many requests. Try again in 901 seconds.",
        "field": None,
        "retryAfterSeconds": 901,
    }


async def test_busy(a_case: Cases, do: Do, rows_held: Callable[[], AbstractContextManager[None]]) -> None:
    complaint = await a_case(CLOSE.legal)

    with rows_held():
        answer = await do(NATIONAL, "closeComplaint", **CLOSE.arguments(complaint))

    assert answer == {
        "__typename": "BusyError",
        "code": "BUSY",
        "message": "Laporan sedang dikerjakan orang lain. Coba lagi sebentar lagi.",
        "messageEn": "Somebody else is working on this complaint. Try again in a moment.",
        "field": None,
    }


async def test_refused_query_tells_the_same_in_its_error(ask: Ask) -> None:
    answer = await ask(ANYONE, "{ complaints { totalCount } }")

    assert answer.errors == [
        {
            "message": "Silakan masuk terlebih dahulu.",
            "locations": [{"line": 1, "column": 3}],
            "path": ["complaints"],
            "extensions": {"code": "NOT_SIGNED_IN", "messageEn": "Please sign in first.", "reason": "REQUIRED"},
        }
    ]


async def test_refused_query_names_the_problems_of_its_input(ask: Ask) -> None:
    answer = await ask(ANYONE, "{ publicComplaints(first: 0) { totalCount } }")

    assert answer.errors[0]["extensions"] == {
        "code": "INVALID",
        "messageEn": "The input is not right yet: first.",
        "field": "first",
        "problems": [
            {
                "field": "first",
                "code": "OUT_OF_RANGE",
                "message": "Harus antara 1 dan 100.",
                "messageEn": "Must be between 1 and 100.",
            }
        ],
    }


async def test_refused_node_of_a_query_leaves_the_rest_of_the_answer(a_case: Cases, ask: Ask) -> None:
    complaint = await a_case(Status.DISPATCHED)

    answer = await ask(
        ANYONE,
        'query($id: ID!) { complaint(id: $id) { id } trackComplaint(code: "TIDAKADA", pin: "0") { id } }',
        id=case_id(complaint),
    )

    assert answer.data == {"complaint": {"id": case_id(complaint)}, "trackComplaint": None}
    assert [error["path"] for error in answer.errors] == [["trackComplaint"]]
