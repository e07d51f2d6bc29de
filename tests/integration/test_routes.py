"""Whose verification queue a report enters, and that the reasons are kept."""

import pytest

from models import ComplaintCopy, RouteDecision
from rules.vocabulary import Channel, RuleKind, Urgency
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
