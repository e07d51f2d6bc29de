"""An admin accepts or corrects: what stands, what was proposed, what was said instead."""

from dataclasses import replace

import pytest

from complaints.dispatch import Destination
from complaints.policy import SYSTEM
from complaints.refusals import Invalid, NotAllowed, NotFound, Problem
from complaints.verify import Verdict, verify
from models import Category, Complaint, ComplaintText, Message, Suggestion, new_id
from rules.vocabulary import Audience, Classification, ReportType, Role, Status, Urgency
from tests.integration.given import AdviceOf, Rows, Staff, State, sure, unsure
from tests.support import MONDAY, NATIONAL, Complaints, EventsOf, WorkAs

VAGUE = "Mohon bantuannya, sudah lama menunggu tanpa kabar"


@pytest.fixture
def verdict(a_complaint: Complaints) -> Verdict:
    """A complete one; tests replace what they are about."""
    knowledge = a_complaint.knowledge
    return Verdict("Lampu Jalan Mati", knowledge.category_ids["ESDM.LISTRIK"], knowledge.agency_ids["PLN"])


async def test_a_verdict_is_written_into_the_rows(
    work_as: WorkAs, a_complaint: Complaints, rows: Rows, events_of: EventsOf
) -> None:
    complaint = await a_complaint(text=VAGUE)
    knowledge = a_complaint.knowledge
    said = Verdict(
        title="Lampu Jalan Mati",
        category_id=knowledge.category_ids["ESDM.LISTRIK"],
        agency_id=knowledge.agency_ids["PLN"],
        classification=Classification.ORDINARY,
        urgency=Urgency.HIGH,
        region_code="33.74",
        place="Depan Pasar Johar",
        tags=["listrik", "listrik", " pasar "],
        body="Lampu jalan mati.",
        note="Sudah ditelepon.",
    )

    async with work_as(NATIONAL) as work:
        verified = await verify(work, complaint.id, said, seen_version=complaint.version)

    (text,) = await rows(ComplaintText)
    (note,) = await rows(Message)
    assert (verified.status, verified.verified_at) == (Status.VERIFIED, MONDAY)
    assert (verified.category_id, verified.agency_id) == (said.category_id, said.agency_id)
    assert (verified.urgency, verified.region_code, verified.tags) == (Urgency.HIGH, "33.74", ["listrik", "pasar"])
    assert (text.title, text.place, text.edited_body) == ("Lampu Jalan Mati", "Depan Pasar Johar", "Lampu jalan mati.")
    assert text.original_body == VAGUE
    assert (note.body, note.audience, note.public_body) == ("Sudah ditelepon.", Audience.INTERNAL, None)
    assert (await events_of(complaint))[-1].data == {
        "corrected": {
            "category": [None, "ESDM.LISTRIK"],
            "agency": [None, "PLN"],
            "classification": [None, "ORDINARY"],
            "urgency": ["NORMAL", "HIGH"],
            "region": [None, "33.74"],
            "title": [None, None],
            "body": [None, None],
            "place": [None, None],
        },
        "note_id": str(note.id),
    }


async def test_what_is_left_out_accepts_what_the_reporter_said(
    work_as: WorkAs, a_complaint: Complaints, rows: Rows, events_of: EventsOf
) -> None:
    knowledge = a_complaint.knowledge
    complaint = await a_complaint(
        title="Listrik Padam",
        category_id=knowledge.category_ids["ESDM.LISTRIK"],
        agency_id=knowledge.agency_ids["PLN"],
        report_type=ReportType.ASPIRATION,
    )

    async with work_as(NATIONAL) as work:
        verified = await verify(work, complaint.id, Verdict(), seen_version=complaint.version)

    (text,) = await rows(ComplaintText)
    assert text.title == "Listrik Padam"
    assert (verified.category_id, verified.agency_id) == (complaint.category_id, complaint.agency_id)
    assert verified.classification is Classification.ASPIRATION
    assert (await events_of(complaint))[-1].data == {"corrected": {"classification": [None, "ASPIRATION"]}}


async def test_what_is_left_out_accepts_the_first_proposal_of_a_sure_classifier(
    work_as: WorkAs, a_complaint: Complaints, an_advice: AdviceOf, rows: Rows
) -> None:
    knowledge = a_complaint.knowledge
    advice = await an_advice(category=sure("TIK", "ESDM.LISTRIK"), agency=sure("KOMDIGI", "PLN"))
    complaint = await a_complaint(text=VAGUE, advice=advice)

    async with work_as(NATIONAL) as work:
        verified = await verify(work, complaint.id, Verdict(), seen_version=complaint.version)

    (text,) = await rows(ComplaintText)
    assert text.title == "Satu"
    assert verified.category_id == knowledge.category_ids["TIK"]
    assert verified.agency_id == knowledge.agency_ids["KOMDIGI"]


async def test_an_unsure_proposal_is_never_accepted_silently(
    work_as: WorkAs, a_complaint: Complaints, an_advice: AdviceOf, state: State
) -> None:
    advice = await an_advice(category=unsure("TIK"), category_main=unsure("TIK"), agency=unsure("KOMDIGI"))
    complaint = await a_complaint(text=VAGUE, advice=advice)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await verify(work, complaint.id, Verdict(), seen_version=complaint.version)

    assert refusal.value.problems == (Problem("categoryId", "REQUIRED"), Problem("agencyId", "REQUIRED"))
    assert await state() == before


async def test_the_choice_is_kept_as_a_label_with_its_ranks(
    work_as: WorkAs, a_complaint: Complaints, an_advice: AdviceOf, verdict: Verdict, rows: Rows
) -> None:
    advice = await an_advice(
        titles=("Satu", "Lampu Jalan Mati", "Tiga"),
        category=sure("TIK", "KESEHATAN", "ESDM.LISTRIK"),
        agency=sure("PLN"),
    )
    complaint = await a_complaint(text=VAGUE, advice=advice)

    async with work_as(NATIONAL) as work:
        await verify(work, complaint.id, verdict, seen_version=complaint.version)

    (suggestion,) = await rows(Suggestion)
    assert (suggestion.title_rank, suggestion.category_rank, suggestion.agency_rank) == (2, 3, 1)
    assert (suggestion.chosen_category_id, suggestion.chosen_agency_id) == (verdict.category_id, verdict.agency_id)
    assert suggestion.decided_at == MONDAY


async def test_a_choice_that_was_not_proposed_has_no_rank(
    work_as: WorkAs, a_complaint: Complaints, an_advice: AdviceOf, verdict: Verdict, rows: Rows
) -> None:
    advice = await an_advice(category=sure("TIK"), agency=sure("KOMDIGI"))
    complaint = await a_complaint(text=VAGUE, advice=advice)

    async with work_as(NATIONAL) as work:
        await verify(work, complaint.id, verdict, seen_version=complaint.version)

    (suggestion,) = await rows(Suggestion)
    assert (suggestion.title_rank, suggestion.category_rank, suggestion.agency_rank) == (None, None, None)


async def test_a_correction_after_verification_replaces_the_label(
    work_as: WorkAs, a_complaint: Complaints, an_advice: AdviceOf, verdict: Verdict, rows: Rows, events_of: EventsOf
) -> None:
    complaint = await a_complaint(text=VAGUE, advice=await an_advice(category=sure("TIK", "ESDM.LISTRIK")))
    other = replace(verdict, category_id=a_complaint.knowledge.category_ids["TIK"])
    async with work_as(NATIONAL) as work:
        complaint = await verify(work, complaint.id, verdict, seen_version=complaint.version)

    async with work_as(NATIONAL) as work:
        await verify(work, complaint.id, other, seen_version=complaint.version)

    (suggestion,) = await rows(Suggestion)
    assert suggestion.category_rank == 1
    assert (await events_of(complaint))[-1].data == {"corrected": {"category": ["ESDM.LISTRIK", "TIK"]}}


async def test_verifying_and_dispatching_is_one_transaction_with_two_events(
    work_as: WorkAs, a_complaint: Complaints, verdict: Verdict, events_of: EventsOf
) -> None:
    complaint = await a_complaint()
    before = len(await events_of(complaint))

    async with work_as(NATIONAL) as work:
        sent = await verify(work, complaint.id, verdict, seen_version=complaint.version, destination=Destination())

    assert sent.status is Status.DISPATCHED
    assert [event.kind for event in (await events_of(complaint))[before:]] == ["Verified", "Dispatched"]


async def test_a_destination_that_is_refused_takes_the_verdict_with_it(
    work_as: WorkAs, a_complaint: Complaints, verdict: Verdict, state: State
) -> None:
    complaint = await a_complaint()
    before = await state()
    elsewhere = Destination(a_complaint.knowledge.agency_ids["KOTA_SEMARANG.DPU"])

    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await verify(work, complaint.id, verdict, seen_version=complaint.version, destination=elsewhere)

    assert refusal.value.problems == (Problem("unitId", "NOT_A_UNIT_OF_AGENCY"),)
    assert await state() == before


@pytest.mark.parametrize("classification", [Classification.SUPERVISION, Classification.WHISTLEBLOWING])
async def test_supervision_makes_a_report_secret(
    classification: Classification, work_as: WorkAs, a_complaint: Complaints, verdict: Verdict
) -> None:
    complaint = await a_complaint()
    said = replace(verdict, classification=classification)

    async with work_as(NATIONAL) as work:
        verified = await verify(work, complaint.id, said, seen_version=complaint.version)

    assert verified.is_secret


async def test_secrecy_stays_when_the_classification_changes_back(
    work_as: WorkAs, a_complaint: Complaints, verdict: Verdict
) -> None:
    complaint = await a_complaint()
    for classification in (Classification.SUPERVISION, Classification.ORDINARY):
        async with work_as(NATIONAL) as work:
            said = replace(verdict, classification=classification)
            complaint = await verify(work, complaint.id, said, seen_version=complaint.version)

    assert (complaint.classification, complaint.is_secret) == (Classification.ORDINARY, True)


async def test_secrecy_can_be_tightened(work_as: WorkAs, a_complaint: Complaints, verdict: Verdict) -> None:
    complaint = await a_complaint()

    async with work_as(NATIONAL) as work:
        said = replace(verdict, is_secret=True)
        verified = await verify(work, complaint.id, said, seen_version=complaint.version)

    assert verified.is_secret


async def test_secrecy_cannot_be_loosened(
    work_as: WorkAs, a_complaint: Complaints, verdict: Verdict, state: State
) -> None:
    complaint = await a_complaint(is_secret=True)
    before = await state()
    said = replace(verdict, is_secret=False)

    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await verify(work, complaint.id, said, seen_version=complaint.version)

    assert refusal.value.problems == (Problem("isSecret", "CANNOT_LOOSEN"),)
    assert await state() == before


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"title": "Lampu\x00 mati"}, Problem("title", "CONTROL_CHARACTER")),
        ({"title": "x" * 151}, Problem("title", "TOO_LONG", {"max": 150, "length": 151})),
        ({"region_code": "99"}, Problem("regionCode", "UNKNOWN_REGION")),
        ({"tags": [f"t{n}" for n in range(11)]}, Problem("tags", "TOO_MANY", {"max": 10, "length": 11})),
        ({"body": " "}, Problem("body", "REQUIRED", {"min": 1, "length": 0})),
    ],
    ids=["NUL in the title", "long title", "unknown region", "many tags", "empty body"],
)
async def test_a_problem_of_the_verdict_is_named_and_nothing_is_written(
    change: dict[str, object],
    problem: Problem,
    work_as: WorkAs,
    a_complaint: Complaints,
    verdict: Verdict,
    state: State,
) -> None:
    complaint = await a_complaint(title="Sudah ada judul")
    before = await state()
    said = replace(verdict, **change)  # type: ignore[arg-type]

    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await verify(work, complaint.id, said, seen_version=complaint.version)

    assert refusal.value.problems == (problem,)
    assert await state() == before


async def test_an_agency_that_ended_cannot_be_chosen(
    work_as: WorkAs, a_complaint: Complaints, verdict: Verdict, state: State
) -> None:
    complaint = await a_complaint()
    before = await state()
    said = replace(verdict, agency_id=a_complaint.knowledge.agency_ids["PUPR"])

    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await verify(work, complaint.id, said, seen_version=complaint.version)

    assert refusal.value.problems == (Problem("agencyId", "ENDED", {"on": "2024-10-21"}),)
    assert await state() == before


async def test_a_category_can_be_chosen_until_the_day_before_it_ends(
    work_as: WorkAs, a_complaint: Complaints, verdict: Verdict, state: State
) -> None:
    complaint = await a_complaint()
    async with work_as(SYSTEM) as work:
        (await work.session.get_one(Category, verdict.category_id)).valid_to = MONDAY.date()
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await verify(work, complaint.id, verdict, seen_version=complaint.version)

    assert refusal.value.problems == (Problem("categoryId", "ENDED", {"on": "2026-04-13"}),)
    assert await state() == before


@pytest.mark.parametrize(("field", "what"), [("category_id", "Category"), ("agency_id", "Agency")])
async def test_an_unknown_row_of_the_catalogue_is_not_found(
    field: str, what: str, work_as: WorkAs, a_complaint: Complaints, verdict: Verdict, state: State
) -> None:
    complaint = await a_complaint()
    before = await state()
    said = replace(verdict, **{field: new_id()})  # type: ignore[arg-type]

    with pytest.raises(NotFound) as refusal:
        async with work_as(NATIONAL) as work:
            await verify(work, complaint.id, said, seen_version=complaint.version)

    assert refusal.value.what == what
    assert await state() == before


async def test_an_agency_admin_does_not_decide_for_another_agency(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff, verdict: Verdict, state: State
) -> None:
    complaint = await a_complaint(text=VAGUE, agency_id=a_complaint.knowledge.agency_ids["KEMENKES"])
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(staff(Role.AGENCY_ADMIN, "KEMENKES")) as work:
            await verify(work, complaint.id, verdict, seen_version=complaint.version)

    assert refusal.value.problems == (Problem("agencyId", "NOT_YOUR_AGENCY"),)
    assert await state() == before


async def test_an_agency_admin_verifies_what_lies_in_the_own_queue(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff, verdict: Verdict, events_of: EventsOf
) -> None:
    kemenkes = a_complaint.knowledge.agency_ids["KEMENKES"]
    complaint = await a_complaint(text=VAGUE, agency_id=kemenkes)

    async with work_as(staff(Role.AGENCY_ADMIN, "KEMENKES")) as work:
        said = replace(verdict, agency_id=None)
        verified = await verify(work, complaint.id, said, seen_version=complaint.version)

    last = (await events_of(complaint))[-1]
    assert verified.agency_id == kemenkes
    assert (last.actor_role, last.actor_agency_id) == (Role.AGENCY_ADMIN, kemenkes)


async def test_an_agency_admin_may_not_verify_once_it_left_the_own_queue(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff, verdict: Verdict, rows: Rows
) -> None:
    complaint = await a_complaint(Status.DISPATCHED, agency="PLN")

    with pytest.raises(NotAllowed):
        async with work_as(staff(Role.AGENCY_ADMIN, "PLN")) as work:
            await verify(work, complaint.id, verdict, seen_version=complaint.version)

    assert (await rows(Complaint))[0].version == complaint.version
