"""Advice on a draft, and the stored advice on a complaint: what the classifier said, resolved to real rows."""

from collections.abc import Sequence
from typing import Any

import pytest

from complaints.knowledge import Knowledge
from complaints.policy import ANYONE
from complaints.suggest import Advice, Adviser, Question
from models import new_id
from tests.graph.support import Ask, Cases, Cast, Do, Stock, case_id, gid

DRAFT = """query($text: String!, $title: String, $place: String, $category: ID) {
  suggest(text: $text, title: $title, place: $place, categoryId: $category) {
    version at titles decidedAt titleRank isSureOfCategory isSureOfAgency
    categories { label confidence words category { code } }
    agencies { label confidence words agency { code } }
    reportTypes { reportType confidence }
    urgencies { urgency confidence words }
    screenings { screening confidence }
  }
}"""
SAID = {
    "version": "0123456789abcdef",
    "titles": ["Jalan Rusak", "Jalan Berlubang", "Lubang Jalan"],
    "isSureOfCategory": True,
    "isSureOfAgency": False,
    "categories": [
        {
            "label": "PUPR.INFRASTRUKTUR_JALAN",
            "confidence": 0.81,
            "words": ["jalan", "berlubang"],
            "category": {"code": "PUPR.INFRASTRUKTUR_JALAN"},
        },
        {"label": "PUPR.PASAR", "confidence": 0.1, "words": [], "category": {"code": "PUPR.PASAR"}},
    ],
    "reportTypes": [{"reportType": "COMPLAINT", "confidence": 0.9}],
    "urgencies": [
        {"urgency": "NORMAL", "confidence": 0.7, "words": []},
        {"urgency": "HIGH", "confidence": 0.3, "words": ["besar"]},
    ],
    "screenings": [{"screening": "GENUINE", "confidence": 0.98}],
}


@pytest.fixture
def asked(advice: Advice, monkeypatch: pytest.MonkeyPatch) -> list[Question]:
    """A classifier that always answers the same; gives what it was asked."""
    questions: list[Question] = []

    def advise_now(_adviser: Adviser, batch: Sequence[Question]) -> list[Advice]:
        questions.extend(batch)
        return [advice] * len(batch)

    monkeypatch.setattr(Adviser, "advise_now", advise_now)
    return questions


@pytest.mark.parametrize(
    ("place", "office"), [("Kota Semarang", {"code": "KOTA_SEMARANG.DPU"}), (None, None)], ids=["known", "unknown"]
)
async def test_draft_gets_titles_and_choices_resolved_for_its_place(
    place: str | None, office: dict[str, str] | None, asked: list[Question], ask: Ask
) -> None:
    answer = await ask(ANYONE, DRAFT, text="Jalan di depan pasar berlubang", title="Lubang", place=place)

    assert answer.data["suggest"] == {
        **SAID,
        "agencies": [
            {"label": "PEMDA.PU", "confidence": 0.4, "words": ["jalan"], "agency": office},
            {"label": "PLN", "confidence": 0.2, "words": [], "agency": {"code": "PLN"}},
        ],
        "at": None,
        "decidedAt": None,
        "titleRank": None,
    }
    assert asked == [Question("Jalan di depan pasar berlubang", "Lubang", place)]


async def test_category_that_a_person_has_set_is_asked_along(
    asked: list[Question], ask: Ask, knowledge: Knowledge
) -> None:
    market = gid("Category", knowledge.category_ids["PUPR.PASAR"])

    answer = await ask(ANYONE, DRAFT, text="Jalan rusak", category=market)

    assert answer.errors == []
    assert asked == [Question("Jalan rusak", category="PUPR.PASAR")]


@pytest.mark.parametrize(
    ("kind", "code"), [("Category", "NOT_FOUND"), ("Agency", "INVALID")], ids=["unknown", "id of another type"]
)
async def test_category_that_is_none_is_refused(kind: str, code: str, asked: list[Question], ask: Ask) -> None:
    answer = await ask(ANYONE, DRAFT, text="Jalan rusak", category=gid(kind, new_id()))

    assert (answer.data, answer.codes) == ({"suggest": None}, [code])
    assert answer.errors[0]["extensions"]["field"] == "categoryId"
    assert asked == []


async def test_stored_advice_tells_urgency_and_screening(a_case: Cases, cast: Cast, advice: Advice, ask: Ask) -> None:
    complaint = await a_case(advice=advice)

    answer = await ask(
        cast.admin,
        """query($id: ID!) { complaint(id: $id) { suggestion {
             urgencies { urgency confidence words } screenings { screening confidence } } } }""",
        id=case_id(complaint),
    )

    stored = answer.data["complaint"]["suggestion"]
    assert stored == {"urgencies": SAID["urgencies"], "screenings": SAID["screenings"]}


async def test_draft_is_not_stored(asked: list[Question], ask: Ask, stock: Stock) -> None:
    before = await stock()

    await ask(ANYONE, DRAFT, text="Jalan rusak")

    assert len(asked) == 1
    assert await stock() == before


async def test_without_a_classifier_there_is_no_advice_and_no_error(ask: Ask) -> None:
    answer = await ask(ANYONE, DRAFT, text="Jalan rusak")

    assert (answer.data, answer.errors) == ({"suggest": None}, [])


async def test_slow_classifier_does_not_keep_anybody_waiting(
    ask: Ask, do: Do, monkeypatch: pytest.MonkeyPatch, runtime: Any
) -> None:
    monkeypatch.setattr(runtime.adviser, "_budget_seconds", 0)

    draft = await ask(ANYONE, DRAFT, text="Jalan rusak")
    receipt = await do(ANYONE, "submitComplaint", input={"text": "Jalan di depan pasar berlubang"})

    assert draft.data == {"suggest": None}
    assert receipt["__typename"] == "SubmitComplaintPayload"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"text": ""}, ("text", "REQUIRED")),
        ({"text": "x" * 20_001}, ("text", "TOO_LONG")),
        ({"text": "a\x00"}, ("text", "CONTROL_CHARACTER")),
        ({"text": "Jalan", "title": "x" * 151}, ("title", "TOO_LONG")),
        ({"text": "Jalan", "place": "x" * 301}, ("place", "TOO_LONG")),
    ],
)
async def test_draft_that_could_not_be_filed_is_named(
    given: dict[str, str], problem: tuple[str, str], asked: list[Question], ask: Ask
) -> None:
    answer = await ask(ANYONE, DRAFT, **given)

    problems = answer.errors[0]["extensions"]["problems"]
    assert [(said["field"], said["code"]) for said in problems] == [problem]
    assert asked == []


async def test_address_that_asks_too_often_is_slowed_down(ask: Ask) -> None:
    for _ in range(120):
        await ask(ANYONE, 'query { suggest(text: "") { version } }')

    answer = await ask(ANYONE, DRAFT, text="Jalan rusak")

    assert (answer.data, answer.codes) == ({"suggest": None}, ["TOO_MANY"])


async def test_report_is_advised_as_it_is_filed(asked: list[Question], do: Do, ask: Ask, cast: Cast) -> None:
    wanted = {"text": "Jalan di depan pasar berlubang", "title": "Lubang", "place": "Kota Semarang"}
    receipt = await do(ANYONE, "submitComplaint", input=wanted)

    seen = await ask(
        cast.national,
        "query($id: ID!) { complaint(id: $id) { suggestion { version at titles } events { kind } } }",
        id=receipt["complaint"]["id"],
    )

    assert asked == [Question(wanted["text"], wanted["title"], wanted["place"])]
    assert seen.data["complaint"] == {
        "suggestion": {
            "version": "0123456789abcdef",
            "at": "2026-04-13T02:00:00+00:00",
            "titles": ["Jalan Rusak", "Jalan Berlubang", "Lubang Jalan"],
        },
        "events": [{"kind": "Submitted"}, {"kind": "Suggested"}, {"kind": "Routed"}],
    }


async def test_verdict_is_written_beside_the_advice(a_case: Cases, cast: Cast, advice: Advice, do: Do) -> None:
    complaint = await a_case(advice=advice)

    answer = await do(
        cast.admin,
        "verifyComplaint",
        "complaint { suggestion { decidedAt titleRank categoryRank agencyRank } }",
        input={"id": case_id(complaint), "seenVersion": complaint.version, "title": "Jalan Berlubang"},
    )

    assert answer["complaint"]["suggestion"] == {
        "decidedAt": "2026-04-13T02:00:00+00:00",
        "titleRank": 2,
        "categoryRank": 1,
        "agencyRank": None,
    }


async def test_verdict_that_leaves_the_title_out_takes_the_first_proposal(
    a_case: Cases, cast: Cast, advice: Advice, do: Do
) -> None:
    complaint = await a_case(advice=advice)

    answer = await do(
        cast.admin,
        "verifyComplaint",
        "complaint { title }",
        input={"id": case_id(complaint), "seenVersion": complaint.version},
    )

    assert answer["complaint"] == {"title": "Jalan Rusak"}


async def test_route_tells_why_in_both_languages(a_case: Cases, cast: Cast, ask: Ask) -> None:
    complaint = await a_case()

    answer = await ask(
        cast.admin,
        """query($id: ID!) { complaint(id: $id) { route {
             kind ruleCode ruleSetVersion queueAgency { code } proposedAgency { code }
             reasons reasonsEn decidedAt } } }""",
        id=case_id(complaint),
    )

    route = answer.data["complaint"]["route"]
    reasons, english = route.pop("reasons"), route.pop("reasonsEn")
    assert route == {
        "kind": "REPORTER_CHOICE",
        "ruleCode": None,
        "ruleSetVersion": 1,
        "queueAgency": {"code": "KOTA_SEMARANG"},
        "proposedAgency": {"code": "KOTA_SEMARANG"},
        "decidedAt": "2026-04-13T02:00:00+00:00",
    }
    assert len(reasons) == len(english) >= 1
    assert reasons[0].startswith("Pelapor memilih ")
    assert all("KOTA_SEMARANG" not in reason for reason in [*reasons, *english])
