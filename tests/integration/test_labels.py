"""What data staff teach: labels of their own, the most uncertain first, and answers to doubts."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select, update

from complaints.learning.datasets import build_dataset, request_dataset
from complaints.learning.jobs import check_labels
from complaints.learning.labels import (
    CHECK_LABELS,
    Lesson,
    give_label,
    keep_doubts,
    open_doubts,
    request_check,
    settle_doubt,
    uncertain_first,
)
from complaints.learning.recipes import Recipe
from complaints.policy import SYSTEM, Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, NotSignedIn, Problem, Refusal
from complaints.verify import Verdict, verify
from ml.quality import Doubt, Neighbour, Reason
from models import Category, Complaint, Dataset, LabelDoubt, TrainingLabel
from rules.vocabulary import Classification, DoubtOutcome, DoubtReason, JobState, Role, Status
from server.runtime import Runtime
from tests.integration.given import AdviceOf, DatasetOf, Jobs, Rows, State, sure, unsure
from tests.support import MONDAY, NATIONAL, ActorOf, Clock, Complaints, WorkAs

NOBODY = UUID(int=0)

UncertainOf = Callable[[int], Awaitable[Sequence[tuple[UUID, str, float]]]]


@pytest.fixture
def uncertain(work_as: WorkAs) -> UncertainOf:
    async def read(count: int) -> Sequence[tuple[UUID, str, float]]:
        async with work_as(SYSTEM) as work:
            found = await work.session.execute(uncertain_first(count))
            return [(row.id, row.label, row.confidence) for row in found]

    return read


@pytest.fixture
async def doubt(work_as: WorkAs, a_dataset: DatasetOf, a_complaint: Complaints) -> LabelDoubt:
    """An open doubt about a complaint of ours."""
    dataset, complaint = await a_dataset(), await a_complaint(Status.VERIFIED)
    found = Doubt(str(complaint.id), "ESDM", "TIK", 0.9, Reason.MODEL_DISAGREES, ())
    async with work_as(SYSTEM) as work:
        await keep_doubts(work, dataset.id, [("category_main", found)])
        return (await work.session.scalars(select(LabelDoubt))).one()


async def test_a_label_is_kept_beside_the_complaint(
    work_as: WorkAs, an_actor: ActorOf, a_complaint: Complaints, rows: Rows, state: State
) -> None:
    analyst, complaint = await an_actor(Role.DATA_STAFF), await a_complaint(Status.VERIFIED)
    ids = a_complaint.knowledge
    lesson = Lesson(ids.category_ids["TIK"], ids.agency_ids["KOTA_SEMARANG.DPU"], reason=" salah topik ")
    before = await state()

    async with work_as(analyst) as work:
        await give_label(work, complaint.id, lesson)

    (label,) = await rows(TrainingLabel)
    assert (label.complaint_id, label.category_id, label.agency_id) == (
        complaint.id, lesson.category_id, lesson.agency_id,
    )  # fmt: skip
    assert (label.is_excluded, label.reason, label.given_by_id, label.given_at) == (
        False, "salah topik", analyst.id, MONDAY,
    )  # fmt: skip
    after = await state()
    assert {table for table, found in after.items() if found != before[table]} == {"training_label"}


@pytest.mark.parametrize(
    ("lesson", "problem"),
    [
        (Lesson(), Problem("categoryId", "REQUIRED")),
        (Lesson(reason="tanpa isi"), Problem("categoryId", "REQUIRED")),
        (
            Lesson(is_excluded=True, reason="x" * 10_001),
            Problem("reason", "TOO_LONG", {"max": 10_000, "length": 10_001}),
        ),
    ],
)
async def test_a_lesson_says_something(
    lesson: Lesson, problem: Problem, work_as: WorkAs, a_complaint: Complaints, state: State
) -> None:
    complaint = await a_complaint()
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await give_label(work, complaint.id, lesson)

    assert refusal.value.problems == (problem,)
    assert await state() == before


async def test_a_lesson_names_what_is_valid_today(work_as: WorkAs, a_complaint: Complaints, state: State) -> None:
    complaint = await a_complaint()
    ended = a_complaint.knowledge.category_ids["TIK"]
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(Category).where(Category.id == ended).values(valid_to=date(2026, 4, 13)))
    before = await state()
    refused: list[Refusal] = []

    for lesson in (Lesson(category_id=ended), Lesson(category_id=NOBODY), Lesson(agency_id=NOBODY)):
        with pytest.raises((Invalid, NotFound)) as refusal:
            async with work_as(SYSTEM) as work:
                await give_label(work, complaint.id, lesson)
        refused.append(refusal.value)

    assert [type(refusal) for refusal in refused] == [Invalid, NotFound, NotFound]
    assert [refusal.problems for refusal in refused if isinstance(refusal, Invalid)] == [
        (Problem("categoryId", "ENDED", {"on": "2026-04-13"}),)
    ]
    assert await state() == before


async def test_what_data_staff_may_not_read_they_cannot_label(
    work_as: WorkAs, a_complaint: Complaints, state: State
) -> None:
    secret, supervision = await a_complaint(is_secret=True), await a_complaint()
    ids = a_complaint.knowledge
    said = Verdict("Pungli", ids.category_ids["TIK"], ids.agency_ids["PLN"], Classification.SUPERVISION)
    async with work_as(NATIONAL) as work:
        await verify(work, supervision.id, said, seen_version=supervision.version)
    before = await state()

    for complaint_id in (secret.id, supervision.id, NOBODY):
        with pytest.raises(NotFound):
            async with work_as(SYSTEM) as work:
                await give_label(work, complaint_id, Lesson(is_excluded=True))

    assert await state() == before


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [(Actor(Role.PUBLIC), NotSignedIn), (Actor(Role.NATIONAL_ADMIN), NotAllowed), (Actor(Role.OVERSEER), NotAllowed)],
)
async def test_only_data_staff_label(
    actor: Actor, refusal: type[Refusal], doubt: LabelDoubt, work_as: WorkAs, state: State
) -> None:
    before = await state()

    with pytest.raises(refusal):
        async with work_as(actor) as work:
            await give_label(work, doubt.complaint_id or NOBODY, Lesson(is_excluded=True))
    with pytest.raises(refusal):
        async with work_as(actor) as work:
            await settle_doubt(work, doubt.id, DoubtOutcome.KEPT, Lesson())
    with pytest.raises(refusal):
        async with work_as(actor) as work:
            await request_check(work, doubt.dataset_id)

    assert await state() == before


async def test_the_most_uncertain_come_first_few_of_each_kind(
    a_complaint: Complaints, an_advice: AdviceOf, uncertain: UncertainOf
) -> None:
    found = []
    for label, confidence in (("TIK", 0.1), ("TIK", 0.2), ("TIK", 0.3), ("TIK", 0.4), ("DESA", 0.35), ("DESA", 0.45)):
        ranking = unsure(label, "AGAMA", confidence=confidence)
        advice = await an_advice(category=ranking, category_main=ranking)
        found.append(((await a_complaint(advice=advice)).id, label, confidence))

    expected = [found[0], found[1], found[2], found[4], found[5]]
    assert (await uncertain(10), await uncertain(2)) == (expected, expected[:2])


async def test_only_what_still_teaches_is_offered(
    work_as: WorkAs, a_complaint: Complaints, an_advice: AdviceOf, uncertain: UncertainOf
) -> None:
    advice = await an_advice(category=unsure("TIK"), category_main=unsure("TIK"))
    offered = await a_complaint(advice=advice)
    await a_complaint(advice=advice, is_secret=True)
    await a_complaint(Status.VERIFIED, advice=advice)
    await a_complaint(Status.ARCHIVED, advice=advice)
    await a_complaint(advice=await an_advice(category=sure("TIK")))
    await a_complaint(advice=await an_advice())
    await a_complaint()
    labelled = await a_complaint(advice=advice)
    async with work_as(SYSTEM) as work:
        await give_label(work, labelled.id, Lesson(is_excluded=True))

    assert [row_id for row_id, _, _ in await uncertain(10)] == [offered.id]


async def test_a_check_is_a_job(work_as: WorkAs, a_dataset: DatasetOf, rows: Rows, jobs: Jobs, clock: Clock) -> None:
    dataset, waiting = await a_dataset(), await a_dataset(JobState.QUEUED)
    clock.forward(hours=1)

    async with work_as(SYSTEM) as work:
        await request_check(work, dataset.id)
    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await request_check(work, waiting.id)
    with pytest.raises(NotFound):
        async with work_as(SYSTEM) as work:
            await request_check(work, NOBODY)

    assert refusal.value.problems == (Problem("datasetId", "NOT_READY", {"state": "QUEUED"}),)
    assert await jobs() == [(CHECK_LABELS, {"dataset_id": str(dataset.id)})]
    assert [(row.check_requested_at, row.checked_at) for row in await rows(Dataset)] == [
        (clock.now, None), (None, None),
    ]  # fmt: skip


async def test_doubts_are_kept_once_and_what_was_settled_stays(
    work_as: WorkAs, a_dataset: DatasetOf, a_complaint: Complaints, rows: Rows, clock: Clock
) -> None:
    dataset, complaint = await a_dataset(), await a_complaint(Status.VERIFIED)
    neighbour = Neighbour("kota:3", "TIK", 0.912345)
    doubts = [
        ("agency", Doubt(str(complaint.id), "PLN", "KOMDIGI", 0.75, Reason.PEOPLE_DISAGREE, (neighbour,))),
        ("agency", Doubt("kota:7", "PEMDA.PU", "PEMDA.HUB", 0.5, Reason.NEAR_DUPLICATE_DISAGREES, ())),
    ]
    async with work_as(SYSTEM) as work:
        await keep_doubts(work, dataset.id, doubts)
    first = (await rows(LabelDoubt))[0]
    async with work_as(SYSTEM) as work:
        await settle_doubt(work, first.id, DoubtOutcome.KEPT, Lesson())
    clock.forward(hours=1)

    async with work_as(SYSTEM) as work:
        await keep_doubts(work, dataset.id, doubts)
        await keep_doubts(work, dataset.id, [])
        still_open = (await work.session.execute(open_doubts(dataset.id, "agency", 10))).all()
        of_another_target = (await work.session.execute(open_doubts(dataset.id, "noise", 10))).all()

    kept = await rows(LabelDoubt)
    assert [(row.complaint_id, row.example_id, row.given_label, row.likely_label, row.score) for row in kept] == [
        (complaint.id, str(complaint.id), "PLN", "KOMDIGI", 0.75),
        (None, "kota:7", "PEMDA.PU", "PEMDA.HUB", 0.5),
    ]
    assert [(row.reason, row.neighbours, row.outcome) for row in kept] == [
        (
            DoubtReason.PEOPLE_DISAGREE,
            [{"id": "kota:3", "label": "TIK", "similarity": 0.9123}],
            DoubtOutcome.KEPT,
        ),
        (DoubtReason.NEAR_DUPLICATE_DISAGREES, [], None),
    ]
    assert [row.example_id for row in still_open] == ["kota:7"]
    assert of_another_target == []
    assert [row.checked_at for row in await rows(Dataset)] == [clock.now]


async def test_the_most_doubtful_are_shown_first(work_as: WorkAs, a_dataset: DatasetOf) -> None:
    dataset = await a_dataset()
    doubts = [
        ("agency", Doubt(f"kota:{score}", "PLN", "TIK", score, Reason.MODEL_DISAGREES, ())) for score in (0.5, 0.9, 0.7)
    ]
    async with work_as(SYSTEM) as work:
        await keep_doubts(work, dataset.id, doubts)

        shown = (await work.session.execute(open_doubts(dataset.id, None, 2))).all()

    assert [row.score for row in shown] == [0.9, 0.7]


@pytest.mark.parametrize("outcome", DoubtOutcome)
async def test_a_doubt_is_answered_in_one_of_three_ways(
    outcome: DoubtOutcome, doubt: LabelDoubt, work_as: WorkAs, an_actor: ActorOf, a_complaint: Complaints, rows: Rows
) -> None:
    analyst = await an_actor(Role.DATA_STAFF)
    category_id = a_complaint.knowledge.category_ids["TIK"]

    async with work_as(analyst) as work:
        await settle_doubt(work, doubt.id, outcome, Lesson(category_id=category_id, reason="sudah dibaca"))

    (settled,) = await rows(LabelDoubt)
    labels = [(row.complaint_id, row.category_id, row.is_excluded, row.reason) for row in await rows(TrainingLabel)]
    assert (settled.outcome, settled.settled_at, settled.settled_by_id) == (outcome, MONDAY, analyst.id)
    assert (
        labels
        == {
            DoubtOutcome.KEPT: [],
            DoubtOutcome.CORRECTED: [(doubt.complaint_id, category_id, False, "sudah dibaca")],
            DoubtOutcome.EXCLUDED: [(doubt.complaint_id, None, True, "sudah dibaca")],
        }[outcome]
    )


async def test_a_correction_says_what_is_right(doubt: LabelDoubt, work_as: WorkAs, state: State) -> None:
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await settle_doubt(work, doubt.id, DoubtOutcome.CORRECTED, Lesson())

    assert refusal.value.problems == (Problem("categoryId", "REQUIRED"),)
    assert await state() == before


async def test_a_doubt_is_answered_once(doubt: LabelDoubt, work_as: WorkAs, state: State) -> None:
    async with work_as(SYSTEM) as work:
        await settle_doubt(work, doubt.id, DoubtOutcome.KEPT, Lesson())
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await settle_doubt(work, doubt.id, DoubtOutcome.EXCLUDED, Lesson())
    with pytest.raises(NotFound):
        async with work_as(SYSTEM) as work:
            await settle_doubt(work, NOBODY, DoubtOutcome.KEPT, Lesson())

    assert refusal.value.problems == (Problem("id", "ALREADY_DECIDED"),)
    assert await state() == before


@pytest.mark.parametrize("outcome", [DoubtOutcome.CORRECTED, DoubtOutcome.EXCLUDED])
async def test_a_row_of_imported_history_can_only_be_kept(
    outcome: DoubtOutcome, work_as: WorkAs, a_dataset: DatasetOf, rows: Rows, state: State
) -> None:
    dataset = await a_dataset()
    async with work_as(SYSTEM) as work:
        found = Doubt("kota:7", "PLN", "TIK", 0.9, Reason.MODEL_DISAGREES, ())
        await keep_doubts(work, dataset.id, [("agency", found)])
    (row,) = await rows(LabelDoubt)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await settle_doubt(work, row.id, outcome, Lesson(is_excluded=True))

    assert refusal.value.problems == (Problem("outcome", "ONLY_OWN_COMPLAINTS"),)
    assert await state() == before


async def test_a_check_finds_people_who_label_alike_texts_differently(
    runtime: Runtime, work_as: WorkAs, an_actor: ActorOf, a_complaint: Complaints, rows: Rows
) -> None:
    ids = a_complaint.knowledge
    texts = {"PLN": "Listrik padam di kampung {} sejak pagi", "KOMDIGI": "Sinyal internet di desa {} hilang terus"}
    officers = [await an_actor(Role.NATIONAL_ADMIN), await an_actor(Role.NATIONAL_ADMIN)]
    for number in range(24):
        agency = ("PLN", "KOMDIGI")[number % 2]
        complaint = await a_complaint(text=texts[agency].format("abcdefghijkl"[number // 2]))
        said = Verdict("Judul", ids.category_ids["TIK"], ids.agency_ids["PLN" if number == 1 else agency])
        async with work_as(officers[number % 2 if number > 1 else 0]) as work:
            await verify(work, complaint.id, said, seen_version=complaint.version)
    wrong = (await rows(Complaint, Complaint.agency_id == ids.agency_ids["PLN"]))[1]
    async with work_as(SYSTEM) as work:
        dataset = await request_dataset(work, Recipe())
    await build_dataset(runtime.workshop, runtime.datasets, dataset.id)

    await check_labels(runtime.workshop, runtime.datasets, dataset.id)

    people = await rows(LabelDoubt, LabelDoubt.reason == DoubtReason.PEOPLE_DISAGREE)
    worst = max(people, key=lambda row: row.score)
    assert (worst.complaint_id, worst.target, worst.given_label, worst.likely_label) == (
        wrong.id, "agency", "PLN", "KOMDIGI",
    )  # fmt: skip
    assert len(worst.neighbours) > 0
    assert [row.checked_at for row in await rows(Dataset)] == [MONDAY]


async def test_a_check_of_a_lost_file_leaves_no_doubts(runtime: Runtime, a_dataset: DatasetOf, rows: Rows) -> None:
    dataset = await a_dataset()

    await check_labels(runtime.workshop, runtime.datasets, dataset.id)

    assert await rows(LabelDoubt) == []
