"""Whose verification queue a report enters, and that the reasons are kept."""

from dataclasses import replace

import pytest

from complaints.routing import reporter_flags
from complaints.suggest import asked_labels
from models import ComplaintCopy, ComplaintReporter, RouteDecision, new_id
from rules.language import ReporterFlag
from rules.vocabulary import Channel, RouteFlag, RuleKind, Urgency
from tests.integration.given import AdviceOf, Rows, sure, unsure
from tests.support import MONDAY, Complaints, EventsOf

VAGUE = "Mohon bantuannya, sudah lama menunggu tanpa kabar"


async def test_the_decision_is_stored_with_its_rule_and_reasons(
    a_complaint: Complaints, rows: Rows, events_of: EventsOf
) -> None:
    complaint = await a_complaint(text="Token listrik tidak bisa diisi")

    (decision,) = await rows(RouteDecision)
    knowledge = a_complaint.knowledge
    assert (decision.rule_set_id, decision.rule_code, decision.kind) == (
        knowledge.rule_set_id,
        "LISTRIK",
        RuleKind.KEYWORD_TAG,
    )
    assert decision.reasons == [
        {
            "code": "RULE",
            "data": {"rule": "Listrik PLN", "why": "Pelayanan listrik ke rumah dan usaha dijalankan PLN."},
        },
        {"code": "PHRASES", "data": {"phrases": ["token listrik"]}},
        {"code": "NATIONAL_VERIFIES", "data": {"agency": "PLN"}},
    ]
    assert (decision.queue_agency_id, decision.proposed_agency_id) == (None, knowledge.agency_ids["PLN"])
    assert decision.decided_at == MONDAY
    routed = (await events_of(complaint))[-1]
    assert (routed.kind, routed.data) == ("Routed", {"decision_id": str(decision.id)})


@pytest.mark.parametrize(
    ("agency", "queue"),
    [("KEMENKES", "KEMENKES"), ("PLN", None), ("BNN", None)],
    ids=["FULL verifies itself", "SEMI waits at the national desk", "CENTRAL waits at the national desk"],
)
async def test_only_a_fully_connected_agency_has_a_queue_of_its_own(
    agency: str, queue: str | None, a_complaint: Complaints
) -> None:
    ids = a_complaint.knowledge.agency_ids

    complaint = await a_complaint(text=VAGUE, agency_id=ids[agency])

    assert complaint.chosen_agency_id == ids[agency]
    assert complaint.agency_id == ids[agency]
    assert complaint.queue_agency_id == (None if queue is None else ids[queue])


async def test_a_rule_gives_urgency_tags_and_copies(a_complaint: Complaints, rows: Rows) -> None:
    complaint = await a_complaint(text="Siswa keracunan setelah makan bergizi gratis di sekolah")

    ids = a_complaint.knowledge.agency_ids
    assert (complaint.urgency, complaint.tags) == (Urgency.EMERGENCY, ["mbg", "keracunan"])
    assert [row.agency_id for row in await rows(ComplaintCopy)] == [ids["KEMENKES"]]


async def test_a_report_through_an_agencys_door_is_proposed_to_it(a_complaint: Complaints) -> None:
    ids = a_complaint.knowledge.agency_ids

    complaint = await a_complaint(text=VAGUE, channel=Channel.WALK_IN, entry_agency_id=ids["KOTA_SEMARANG"])

    assert complaint.queue_agency_id == ids["KOTA_SEMARANG"]


async def test_a_sure_classifier_routes_and_an_unsure_one_does_not(
    a_complaint: Complaints, an_advice: AdviceOf
) -> None:
    is_sure = await a_complaint(text=VAGUE, advice=await an_advice(agency=sure("KEMENKES")))
    is_unsure = await a_complaint(text=VAGUE, advice=await an_advice(agency=unsure("KEMENKES")))

    assert is_sure.queue_agency_id == a_complaint.knowledge.agency_ids["KEMENKES"]
    assert (is_unsure.queue_agency_id, is_unsure.agency_id) == (None, None)


async def test_a_classifier_that_saw_few_decisions_routes_nothing_by_itself(
    a_complaint: Complaints, an_advice: AdviceOf
) -> None:
    ranking = sure("KEMENKES", automatic=False)

    complaint = await a_complaint(text=VAGUE, advice=await an_advice(agency=ranking))

    assert (complaint.queue_agency_id, complaint.agency_id) == (None, None)


async def test_the_path_of_a_decision_is_stored_with_what_the_classifier_said(
    a_complaint: Complaints, an_advice: AdviceOf, rows: Rows
) -> None:
    advice = await an_advice(agency=unsure("KEMENKES", "PLN", confidence=0.21))

    await a_complaint(text="Token listrik tidak bisa diisi", advice=advice)

    (decision,) = await rows(RouteDecision)
    assert [(step["stage"], step["taken"]) for step in decision.path] == [
        ("REPORTER_CHOICE", False),
        ("SPECIAL_CATEGORY", False),
        ("KEYWORD_TAG", True),
        ("CLASSIFIER", False),
    ]
    assert decision.path[2]["candidates"] == [{"agency": "PLN", "rule": "LISTRIK", "score": None}]
    assert decision.path[3]["candidates"] == [
        {"agency": "KEMENKES", "rule": None, "score": 0.21},
        {"agency": "PLN", "rule": None, "score": 0.21},
    ]
    assert (decision.flags, decision.classifier_version_id) == ([], advice.version_id)


async def test_a_stage_that_did_not_decide_is_stored_with_its_reasons(
    a_complaint: Complaints, an_advice: AdviceOf, rows: Rows
) -> None:
    await a_complaint(text=VAGUE, advice=await an_advice(agency=unsure("KEMENKES")))

    (decision,) = await rows(RouteDecision)
    (step,) = (step for step in decision.path if step["stage"] == "CLASSIFIER")
    assert step["reasons"] == [{"code": "CLASSIFIER_UNSURE", "data": {"agency": "KEMENKES", "percent": "20"}}]


async def test_a_choice_that_the_classifier_hardly_believes_is_kept_and_flagged(
    a_complaint: Complaints, an_advice: AdviceOf, rows: Rows
) -> None:
    ids = a_complaint.knowledge.agency_ids
    advice = await an_advice(agency=replace(sure("PLN"), is_proven=True))
    advice = replace(advice, suggestion=replace(advice.suggestion, asked_chance=0.001))

    complaint = await a_complaint(text=VAGUE, agency_id=ids["KEMENKES"], advice=advice)

    (decision,) = await rows(RouteDecision)
    assert complaint.queue_agency_id == ids["KEMENKES"]
    assert (decision.kind, decision.flags) == (RuleKind.REPORTER_CHOICE, [RouteFlag.CHOICE_UNLIKELY])


async def test_an_unsure_local_matter_waits_with_the_government_of_the_place(
    a_complaint: Complaints, an_advice: AdviceOf
) -> None:
    ranking = replace(unsure("PEMDA.LH"), is_proven=True)

    complaint = await a_complaint(text=VAGUE, region_code="33.74", advice=await an_advice(agency=ranking))

    assert complaint.queue_agency_id == a_complaint.knowledge.agency_ids["KOTA_SEMARANG"]


async def test_what_the_reporter_wished_is_known_without_the_reporter(a_complaint: Complaints, rows: Rows) -> None:
    complaint = await a_complaint(text=VAGUE, is_anonymous=True, is_secret=True)

    (reporter,) = await rows(ComplaintReporter)
    assert reporter_flags(complaint, reporter) == {ReporterFlag.ANONYMOUS, ReporterFlag.SECRET}


@pytest.mark.parametrize(
    ("agency", "labels"),
    [
        ("PLN", {"PLN", "PLN."}),
        ("KOTA_SEMARANG", {"PEMDA."}),
        ("KOTA_SEMARANG.DLH", {"PEMDA."}),
        ("KOMDIGI", {"KOMDIGI", "KOMDIGI.", "KOMINFO"}),
        ("PUPR", {"PUPR", "PUPR.", "PU", "PKP"}),
    ],
)
async def test_the_labels_that_may_mean_a_chosen_agency(agency: str, labels: set[str], a_complaint: Complaints) -> None:
    knowledge = a_complaint.knowledge

    assert set(asked_labels(knowledge, knowledge.agency_ids[agency])) == labels
    assert asked_labels(knowledge, None) == asked_labels(knowledge, new_id()) == ()
