"""The classifier's answer: stored with the report, or asked for later, and never in the way."""

from datetime import UTC, datetime

import pytest

from complaints.desk import Objection, return_
from complaints.jobs import NoClassifier, Staff, suggest_later
from complaints.policy import SYSTEM
from complaints.submit import SUGGEST_LATER
from complaints.suggest import Adviser, Question
from models import ComplaintCopy, Suggestion, new_id
from rules.vocabulary import Role, Status
from server.runtime import Runtime
from tests.integration.given import AdviceOf, Again, Jobs, Parrot, Rows, State, sure, unsure
from tests.integration.given import Staff as Officers
from tests.support import MONDAY, Clock, Complaints, EventsOf, WorkAs

# Nothing in it that a routing rule looks for.
VAGUE = "Mohon bantuannya, sudah lama menunggu tanpa kabar"


@pytest.fixture
def people(runtime: Runtime) -> Staff:
    """What the jobs work with."""
    return Staff(runtime.workshop, runtime.adviser)


async def test_advice_is_stored_with_the_report(
    a_complaint: Complaints, an_advice: AdviceOf, rows: Rows, events_of: EventsOf
) -> None:
    advice = await an_advice(
        titles=("Lampu Jalan Mati", "Lampu Padam", "Jalan Gelap"),
        category=sure("ESDM.LISTRIK", "TIK", confidence=0.81234),
        agency=sure("PLN", "BUKAN_INSTANSI"),
        report_type=sure("COMPLAINT"),
    )

    complaint = await a_complaint(advice=advice)

    (suggestion,) = await rows(Suggestion)
    ids = a_complaint.knowledge
    assert (suggestion.complaint_id, suggestion.classifier_version_id) == (complaint.id, advice.version_id)
    assert suggestion.titles == ["Lampu Jalan Mati", "Lampu Padam", "Jalan Gelap"]
    assert suggestion.categories == [
        {
            "id": str(ids.category_ids["ESDM.LISTRIK"]),
            "label": "ESDM.LISTRIK",
            "confidence": 0.8123,
            "words": ["kata"],
        },
        {"id": str(ids.category_ids["TIK"]), "label": "TIK", "confidence": 0.8123, "words": ["kata"]},
    ]
    assert [(ranked["label"], ranked["id"]) for ranked in suggestion.agencies] == [
        ("PLN", str(ids.agency_ids["PLN"])),
        ("BUKAN_INSTANSI", None),
    ]
    assert [ranked["label"] for ranked in suggestion.report_types] == ["COMPLAINT"]
    assert (suggestion.is_sure_of_category, suggestion.is_sure_of_agency) == (True, True)
    assert (suggestion.at, suggestion.decided_at) == (MONDAY, None)
    assert [event.kind for event in await events_of(complaint)] == ["Submitted", "Suggested", "Routed"]


async def test_a_report_with_advice_leaves_no_job(a_complaint: Complaints, an_advice: AdviceOf, jobs: Jobs) -> None:
    await a_complaint(advice=await an_advice())

    assert [name for name, _ in await jobs() if name == SUGGEST_LATER] == []


async def test_a_kind_of_local_office_is_resolved_by_the_place(
    a_complaint: Complaints, an_advice: AdviceOf, rows: Rows
) -> None:
    await a_complaint(text=f"{VAGUE} di Kota Semarang", advice=await an_advice(agency=sure("PEMDA.PU")))

    (suggestion,) = await rows(Suggestion)
    assert suggestion.agencies[0]["id"] == str(a_complaint.knowledge.agency_ids["KOTA_SEMARANG.DPU"])


async def test_missing_advice_leaves_one_job(a_complaint: Complaints, jobs: Jobs, rows: Rows) -> None:
    complaint = await a_complaint()

    assert [arguments for name, arguments in await jobs() if name == SUGGEST_LATER] == [
        {"complaint_id": str(complaint.id)}
    ]
    assert await rows(Suggestion) == []


async def test_a_job_vanishes_with_its_transaction(work_as: WorkAs, jobs: Jobs) -> None:
    with pytest.raises(RuntimeError, match="rolled back"):  # noqa: PT012 - the block is the transaction
        async with work_as(SYSTEM) as work:
            await work.later(SUGGEST_LATER, lock="x", complaint_id=str(new_id()))
            raise RuntimeError("rolled back")

    assert await jobs() == []


async def test_a_second_job_with_the_same_lock_is_not_queued_and_does_no_harm(work_as: WorkAs, jobs: Jobs) -> None:
    async with work_as(SYSTEM) as work:
        await work.later(SUGGEST_LATER, lock="x", complaint_id="first")
        await work.later(SUGGEST_LATER, lock="x", complaint_id="second")
        await work.later(SUGGEST_LATER, lock="y", complaint_id="third")

    assert [arguments["complaint_id"] for _, arguments in await jobs()] == ["first", "third"]


async def test_late_advice_is_stored_and_routes_from_the_national_desk(
    runtime: Runtime,
    people: Staff,
    a_complaint: Complaints,
    an_advice: AdviceOf,
    again: Again,
    rows: Rows,
    events_of: EventsOf,
) -> None:
    complaint = await a_complaint(text=VAGUE, title="Antre lama", place="Loket 3")
    advice = await an_advice(agency=sure("KEMENKES"))
    parrot = Parrot("v1", advice.suggestion)
    runtime.adviser.adopt(parrot, advice.version_id)

    await suggest_later(people, complaint.id)

    assert [(draft.text, draft.title, draft.location) for draft in parrot.asked] == [(VAGUE, "Antre lama", "Loket 3")]
    assert len(await rows(Suggestion)) == 1
    assert (await again(complaint)).queue_agency_id == a_complaint.knowledge.agency_ids["KEMENKES"]
    assert [event.kind for event in await events_of(complaint)] == ["Submitted", "Routed", "Suggested", "Routed"]


async def test_late_advice_brings_the_copies_and_the_limits_of_its_rule(
    runtime: Runtime,
    people: Staff,
    a_complaint: Complaints,
    an_advice: AdviceOf,
    again: Again,
    rows: Rows,
    clock: Clock,
) -> None:
    clock.now = datetime(2021, 3, 1, 2, 0, tzinfo=UTC)  # a Monday within the Covid-19 mechanism
    complaint = await a_complaint(text=VAGUE)
    advice = await an_advice(category=sure("CORONA.BANTUAN_MASYARAKAT_CORONA.BANTUAN_LISTRIK"))
    runtime.adviser.adopt(Parrot("v1", advice.suggestion), advice.version_id)

    await suggest_later(people, complaint.id)

    ids, routed = a_complaint.knowledge.agency_ids, await again(complaint)
    assert (routed.queue_agency_id, routed.mechanism, routed.tags) == (ids["ESDM"], "COVID", ["covid-19"])
    assert [row.agency_id for row in await rows(ComplaintCopy)] == [ids["PLN"]]
    assert routed.due_at == datetime(2021, 3, 2, 16, 59, 59, tzinfo=UTC)


async def test_late_advice_twice_is_once(
    runtime: Runtime, people: Staff, a_complaint: Complaints, an_advice: AdviceOf, state: State
) -> None:
    complaint = await a_complaint(text=VAGUE)
    advice = await an_advice(agency=sure("KEMENKES"))
    runtime.adviser.adopt(Parrot("v1", advice.suggestion), advice.version_id)
    await suggest_later(people, complaint.id)
    before = await state()

    await suggest_later(people, complaint.id)

    assert await state() == before


async def test_late_advice_does_not_take_a_report_out_of_an_agencys_queue(
    runtime: Runtime,
    people: Staff,
    a_complaint: Complaints,
    an_advice: AdviceOf,
    again: Again,
    events_of: EventsOf,
) -> None:
    chosen = a_complaint.knowledge.agency_ids["KEMENSOS"]
    complaint = await a_complaint(text=VAGUE, agency_id=chosen)
    advice = await an_advice(agency=sure("KEMENKES"))
    runtime.adviser.adopt(Parrot("v1", advice.suggestion), advice.version_id)

    await suggest_later(people, complaint.id)

    assert (await again(complaint)).queue_agency_id == chosen
    assert [event.kind for event in await events_of(complaint)] == ["Submitted", "Routed", "Suggested"]


async def test_late_advice_does_not_route_what_was_returned_to_the_desk(
    runtime: Runtime,
    people: Staff,
    a_complaint: Complaints,
    an_advice: AdviceOf,
    again: Again,
    staff: Officers,
    work_as: WorkAs,
) -> None:
    complaint = await a_complaint(text=VAGUE, agency_id=a_complaint.knowledge.agency_ids["KEMENKES"])
    advice = await an_advice(agency=sure("KEMENKES"))
    runtime.adviser.adopt(Parrot("v1", advice.suggestion), advice.version_id)
    async with work_as(staff(Role.AGENCY_ADMIN, "KEMENKES")) as work:
        await return_(work, complaint.id, Objection("BUKAN_WEWENANG"), seen_version=complaint.version)

    await suggest_later(people, complaint.id)

    assert (await again(complaint)).queue_agency_id is None


async def test_late_advice_about_a_decided_report_is_not_kept(
    runtime: Runtime, people: Staff, a_complaint: Complaints, an_advice: AdviceOf, state: State
) -> None:
    complaint = await a_complaint(Status.VERIFIED, text=VAGUE)
    advice = await an_advice(agency=sure("KEMENKES"))
    runtime.adviser.adopt(Parrot("v1", advice.suggestion), advice.version_id)
    before = await state()

    await suggest_later(people, complaint.id)

    assert await state() == before


async def test_late_advice_without_a_classifier_is_tried_again(
    people: Staff, a_complaint: Complaints, state: State
) -> None:
    complaint = await a_complaint()
    before = await state()

    with pytest.raises(NoClassifier):
        await suggest_later(people, complaint.id)

    assert await state() == before


async def test_the_worker_does_the_deferred_job(
    runtime: Runtime, a_complaint: Complaints, an_advice: AdviceOf, rows: Rows, jobs: Jobs
) -> None:
    complaint = await a_complaint(text=VAGUE)
    advice = await an_advice(agency=unsure("PLN"))
    runtime.adviser.adopt(Parrot("v1", advice.suggestion), advice.version_id)

    await runtime.jobs.run_worker_async(wait=False, install_signal_handlers=False, delete_jobs="successful")

    assert [row.complaint_id for row in await rows(Suggestion)] == [complaint.id]
    assert SUGGEST_LATER not in [name for name, _ in await jobs()]


async def test_without_a_version_nobody_is_asked() -> None:
    adviser = Adviser(budget_seconds=5, threads=1)

    assert await adviser.advise(Question(VAGUE)) is None
    assert adviser.version is None
