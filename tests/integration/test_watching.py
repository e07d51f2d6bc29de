"""How the classifier does in daily work: figures, drift, alarms, and when to train again."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import pytest
from sqlalchemy import insert, text, update

from complaints.classifiers import Trained, promote, register
from complaints.learning.runs import TrainingOptions, begin_run, finish_run, request_run
from complaints.learning.watching import (
    Drift,
    Figure,
    FigureFilter,
    FigureGroup,
    Head,
    Share,
    drift_of,
    drift_statement,
    figures_of,
    figures_statement,
    watch,
)
from complaints.policy import SYSTEM
from models import ClassifierAlarm, ClassifierVersion, Suggestion, new_id
from rules.vocabulary import AlarmKind
from tests.integration.given import DatasetOf, Rows
from tests.support import MONDAY, Clock, Complaints, WorkAs

# Answers of the newest week, and of the weeks before.
NEW, BEFORE = MONDAY - timedelta(days=1), MONDAY - timedelta(days=20)
ALL = FigureFilter()
COPIES = text(
    "insert into complaint select (jsonb_populate_record(c, jsonb_build_object("
    "'id', gen_random_uuid(), 'tracking_code', 'SALINAN-' || gen_random_uuid(), 'idempotency_key', null))).*"
    " from complaint c, generate_series(1, :count) where c.id = :id returning id"
)


class Answers(Protocol):
    """Stored answers alike, each about a complaint of its own; `rank` is where the human choice stood."""

    async def __call__(
        self,
        count: int,
        category: str = "ESDM",
        *,
        rank: int | None = 1,
        at: datetime = NEW,
        decided_at: datetime | None = None,
        chosen: tuple[str, str] = ("ESDM.LISTRIK", "PLN"),
        is_sure: bool = True,
        is_shadow: bool = False,
        version: str = "v1",
    ) -> None: ...


DriftNow = Callable[[], Awaitable[Drift]]
Watched = Callable[[], Awaitable[Sequence[AlarmKind]]]


class FiguresOf(Protocol):
    async def __call__(
        self, group: FigureGroup, wanted: FigureFilter = ..., head: Head = ...
    ) -> dict[str, tuple[int, int, int, int, int]]: ...


@pytest.fixture
async def serving(work_as: WorkAs) -> ClassifierVersion:
    """A version that serves, trained on a thousand rows."""
    async with work_as(SYSTEM) as work:
        await register(work, Trained("v1", "0" * 64, {"category": {"rows": 1_000}, "noise": {"rows": 10}}))
    async with work_as(SYSTEM) as work:
        return await promote(work, "v1", "versi awal")


@pytest.fixture
def answers(serving: ClassifierVersion, work_as: WorkAs, a_complaint: Complaints) -> Answers:
    first: list[UUID] = []

    async def make(
        count: int,
        category: str = "ESDM",
        *,
        rank: int | None = 1,
        at: datetime = NEW,
        decided_at: datetime | None = None,
        chosen: tuple[str, str] = ("ESDM.LISTRIK", "PLN"),
        is_sure: bool = True,
        is_shadow: bool = False,
        version: str = "v1",
    ) -> None:
        if not count:
            return
        if not first:
            first.append((await a_complaint()).id)
        ids = a_complaint.knowledge
        verdict: dict[str, Any] = {}
        if decided_at is not None:
            verdict = {
                "decided_at": decided_at,
                "chosen_category_id": ids.category_ids[chosen[0]],
                "chosen_agency_id": ids.agency_ids[chosen[1]],
                "category_rank": rank,
                "agency_rank": rank,
                "title_rank": rank,
            }
        async with work_as(SYSTEM) as work:
            version_id = (await register(work, Trained(version, "0" * 64, {}))).id
        async with work_as(SYSTEM) as work:
            complaint_ids = (await work.session.scalars(COPIES, {"count": count, "id": first[0]})).all()
            await work.session.execute(
                insert(Suggestion),
                [
                    {
                        "id": new_id(),
                        "complaint_id": complaint_id,
                        "classifier_version_id": version_id,
                        "at": at,
                        "titles": [],
                        "categories": [{"id": None, "label": category, "confidence": 0.9, "words": []}],
                        "agencies": [],
                        "report_types": [],
                        "is_sure_of_category": is_sure,
                        "is_sure_of_agency": not is_sure,
                        "is_shadow": is_shadow,
                        **verdict,
                    }
                    for complaint_id in complaint_ids
                ],
            )

    return make


@pytest.fixture
def figures(work_as: WorkAs) -> FiguresOf:
    """By key: decided, taken as first, among three, corrected, unsure."""

    async def read(
        group: FigureGroup, wanted: FigureFilter = ALL, head: Head = Head.CATEGORY
    ) -> dict[str, tuple[int, int, int, int, int]]:
        async with work_as(SYSTEM) as work:
            found = figures_of((await work.session.execute(figures_statement(head, group, wanted))).all())
        return {
            row.key: (
                row.accepted.cases, row.accepted.hits, row.among_three.hits, row.corrected.hits, row.abstained.hits,
            )
            for row in found
        }  # fmt: skip

    return read


@pytest.fixture
def drift(work_as: WorkAs) -> DriftNow:
    async def read() -> Drift:
        async with work_as(SYSTEM) as work:
            return drift_of((await work.session.execute(drift_statement(work.now))).all(), work.now)

    return read


@pytest.fixture
def watched(work_as: WorkAs) -> Watched:
    async def run() -> Sequence[AlarmKind]:
        async with work_as(SYSTEM) as work:
            return await watch(work)

    return run


async def test_figures_count_what_people_took(answers: Answers, work_as: WorkAs) -> None:
    for count, rank in ((6, 1), (1, 2), (1, 3), (1, 4), (1, None)):
        await answers(count, rank=rank, decided_at=NEW)
    await answers(3)

    async with work_as(SYSTEM) as work:
        statement = figures_statement(Head.CATEGORY, FigureGroup.VERSION, FigureFilter())
        found = figures_of((await work.session.execute(statement)).all())

    assert found == [Figure("v1", Share.of(6, 10), Share.of(8, 10), Share.of(4, 10), Share.of(0, 10))]


async def test_figures_are_grouped_by_what_people_chose_and_when(answers: Answers, figures: FiguresOf) -> None:
    # The last moment of March in Jakarta, and the first of April.
    march, april = datetime.fromisoformat("2026-03-31T16:59:59Z"), datetime.fromisoformat("2026-03-31T17:00:00Z")
    await answers(2, decided_at=march)
    await answers(1, rank=2, decided_at=april, chosen=("TIK", "KOMDIGI"), is_sure=False)
    await answers(1, rank=None, decided_at=april, chosen=("TIK", "PLN"), version="v2")

    assert await figures(FigureGroup.MONTH) == {"2026-03": (2, 2, 2, 0, 0), "2026-04": (2, 0, 1, 2, 1)}
    assert await figures(FigureGroup.CATEGORY) == {"ESDM.LISTRIK": (2, 2, 2, 0, 0), "TIK": (2, 0, 1, 2, 1)}
    assert await figures(FigureGroup.AGENCY) == {"PLN": (3, 2, 2, 1, 0), "KOMDIGI": (1, 0, 1, 1, 1)}
    assert await figures(FigureGroup.VERSION) == {"v1": (3, 2, 3, 1, 1), "v2": (1, 0, 0, 1, 0)}


async def test_each_head_has_its_own_doubt(answers: Answers, figures: FiguresOf) -> None:
    await answers(4, decided_at=NEW, is_sure=False)

    unsure = {head: (await figures(FigureGroup.VERSION, head=head))["v1"][4] for head in Head}

    # The fixture is sure of the agency where it is not of the category; a title is always offered.
    assert unsure == {Head.CATEGORY: 4, Head.AGENCY: 0, Head.TITLE: 0}


async def test_figures_are_of_the_time_and_version_asked_for(answers: Answers, figures: FiguresOf) -> None:
    for days, version in ((0, "v1"), (1, "v1"), (2, "v2")):
        await answers(1, decided_at=MONDAY + timedelta(days=days), version=version)
    day = FigureFilter(decided_from=MONDAY + timedelta(days=1), decided_to=MONDAY + timedelta(days=2))

    assert await figures(FigureGroup.VERSION, day) == {"v1": (1, 1, 1, 0, 0)}
    assert await figures(FigureGroup.VERSION, FigureFilter(version="v2")) == {"v2": (1, 1, 1, 0, 0)}
    assert await figures(FigureGroup.VERSION, FigureFilter(version="v3")) == {}


async def test_what_nobody_saw_is_counted_apart(answers: Answers, figures: FiguresOf) -> None:
    await answers(2, decided_at=NEW)
    await answers(3, decided_at=NEW, rank=None, is_shadow=True, version="v2")

    assert await figures(FigureGroup.VERSION) == {"v1": (2, 2, 2, 0, 0)}
    assert await figures(FigureGroup.VERSION, FigureFilter(is_shadow=True)) == {"v2": (3, 0, 0, 3, 0)}


@pytest.mark.parametrize(("new", "before"), [(199, 300), (300, 199), (0, 0)])
async def test_few_answers_say_nothing_about_drift(new: int, before: int, answers: Answers, drift: DriftNow) -> None:
    for count, at in ((new, NEW), (before, BEFORE)):
        await answers(count, at=at)

    found = await drift()

    assert found == Drift(MONDAY - timedelta(days=7), new, before, None)
    assert found.alarm is None


async def test_equal_weeks_do_not_drift(answers: Answers, drift: DriftNow) -> None:
    for count, at in ((100, NEW), (200, BEFORE)):
        await answers(count, "ESDM.LISTRIK", at=at)
        await answers(count, "PUPR", at=at)

    found = await drift()

    assert (found.answers, found.answers_before, found.index, found.alarm) == (200, 400, 0.0, None)


async def test_only_shown_answers_of_nine_weeks_count(answers: Answers, drift: DriftNow) -> None:
    await answers(200, at=MONDAY - timedelta(days=7))
    await answers(200, at=MONDAY - timedelta(days=63))
    await answers(200, "PUPR", at=MONDAY - timedelta(days=63, microseconds=1))
    await answers(200, "PUPR", is_shadow=True)

    assert await drift() == Drift(MONDAY - timedelta(days=7), 200, 200, 0.0)


@pytest.mark.parametrize(
    ("new", "alarm"),
    [(110, None), (130, AlarmKind.DRIFT_WARNING), (145, AlarmKind.DRIFT)],
)
async def test_a_shift_is_worth_an_alarm_by_its_size(
    new: int, alarm: AlarmKind | None, answers: Answers, drift: DriftNow
) -> None:
    await answers(new, "ESDM.LISTRIK")
    await answers(200 - new, "PUPR")
    for topic in ("ESDM", "PUPR.INFRASTRUKTUR_JALAN"):
        await answers(400, topic, at=BEFORE)

    assert (await drift()).alarm is alarm


async def test_without_a_serving_version_nothing_is_watched(watched: Watched, rows: Rows) -> None:
    assert await watched() == []
    assert await rows(ClassifierAlarm) == []


async def test_a_quiet_week_raises_nothing(answers: Answers, watched: Watched, rows: Rows) -> None:
    await answers(100, decided_at=NEW)

    assert await watched() == []
    assert await rows(ClassifierAlarm) == []


async def test_drift_raises_an_alarm_and_proposes_a_retrain(answers: Answers, watched: Watched, rows: Rows) -> None:
    await answers(200, "ESDM")
    for topic in ("ESDM", "PUPR"):
        await answers(200, topic, at=BEFORE)

    raised = await watched()

    drift, retrain = await rows(ClassifierAlarm)
    assert raised == [AlarmKind.DRIFT, AlarmKind.RETRAIN_PROPOSED]
    assert (drift.kind, drift.subject, drift.data["answers"], drift.raised_at) == (AlarmKind.DRIFT, "v1", 200, MONDAY)
    assert (retrain.kind, retrain.subject, retrain.data) == (
        AlarmKind.RETRAIN_PROPOSED, "v1", {"drift": drift.data["index"]},
    )  # fmt: skip


async def test_rising_corrections_are_named_by_topic(answers: Answers, watched: Watched, rows: Rows) -> None:
    for at, wrong in ((BEFORE, 4), (NEW, 20)):
        await answers(40 - wrong, decided_at=at)
        await answers(wrong, rank=None, decided_at=at)
        await answers(400, decided_at=at, chosen=("TIK", "KOMDIGI"))

    raised = await watched()

    alarms = {(row.kind, row.subject): row.data for row in await rows(ClassifierAlarm)}
    rise = AlarmKind.CORRECTIONS_RISE
    assert raised == [rise, rise, AlarmKind.RETRAIN_PROPOSED]
    assert alarms[rise, "ESDM"] == {"share": 0.5, "before": 0.1, "decided": 40}
    assert alarms[rise, "v1"] == {"share": 20 / 440, "before": 4 / 440, "decided": 440}
    assert alarms[AlarmKind.RETRAIN_PROPOSED, "v1"] == {"corrections": ["*", "ESDM"]}


@pytest.mark.parametrize(
    ("new", "before"),
    [((29, 29), (0, 40)), ((30, 30), (0, 29)), ((12, 40), (8, 40))],
    ids=["few now", "few before", "within chance"],
)
async def test_corrections_that_may_be_chance_are_not_told(
    new: tuple[int, int], before: tuple[int, int], answers: Answers, watched: Watched
) -> None:
    for at, (wrong, all_) in ((NEW, new), (BEFORE, before)):
        await answers(wrong, rank=3, decided_at=at)
        await answers(all_ - wrong, decided_at=at)

    assert await watched() == []


async def test_an_old_version_should_be_trained_again(
    serving: ClassifierVersion, watched: Watched, clock: Clock, rows: Rows
) -> None:
    clock.now = MONDAY + timedelta(days=90, seconds=-1)
    early = await watched()
    clock.forward(seconds=1)
    due = await watched()

    assert (early, due) == ([], [AlarmKind.RETRAIN_PROPOSED])
    assert [row.data for row in await rows(ClassifierAlarm)] == [{"age_days": 90}]


@pytest.mark.parametrize(("trained_on", "needed"), [(100, 200), (1_500, 300)])
async def test_many_new_lessons_are_worth_a_training(
    trained_on: int, needed: int, answers: Answers, watched: Watched, clock: Clock, work_as: WorkAs, rows: Rows
) -> None:
    async with work_as(SYSTEM) as work:
        await work.session.execute(
            update(ClassifierVersion).values(metrics={"agency": {"rows": trained_on}, "noise": {"rows": 5}})
        )
    clock.forward(days=1)
    await answers(100, decided_at=MONDAY)
    await answers(needed - 1, decided_at=clock.now)
    await answers(100, decided_at=clock.now, is_shadow=True)
    few = await watched()
    await answers(1, decided_at=clock.now)

    assert (few, await watched()) == ([], [AlarmKind.RETRAIN_PROPOSED])
    assert [row.data for row in await rows(ClassifierAlarm)] == [{"new_lessons": needed}]


async def test_lessons_count_from_when_the_training_was_asked_for(
    answers: Answers, a_dataset: DatasetOf, work_as: WorkAs, watched: Watched, clock: Clock
) -> None:
    clock.forward(days=1)
    await answers(250, decided_at=clock.now)
    clock.forward(days=1)
    dataset = await a_dataset()
    async with work_as(SYSTEM) as work:
        run = await request_run(work, dataset.id, TrainingOptions(), most_threads=1)
    async with work_as(SYSTEM) as work:
        await begin_run(work, run.id)
        await finish_run(work, run.id, Trained("v1", "0" * 64, {}), {})

    assert await watched() == []
