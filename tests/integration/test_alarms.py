"""Alarms about the classifier: raised once while they are open, and answered by name."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from complaints.learning.watching import (
    FigureFilter,
    acknowledge_alarm,
    raise_alarm,
)
from complaints.policy import SYSTEM, Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, NotSignedIn, Problem, Refusal
from models import ClassifierAlarm, new_id
from rules.vocabulary import AlarmKind, Role
from tests.integration.given import Rows, State
from tests.support import MONDAY, ActorOf, Clock, WorkAs

# Answers of the newest week, and of the weeks before.
NEW, BEFORE = MONDAY - timedelta(days=1), MONDAY - timedelta(days=20)
ALL = FigureFilter()
COPIES = text(
    "insert into complaint select (jsonb_populate_record(c, jsonb_build_object("
    "'id', gen_random_uuid(), 'tracking_code', 'SALINAN-' || gen_random_uuid(), 'idempotency_key', null))).*"
    " from complaint c, generate_series(1, :count) where c.id = :id returning id"
)


async def test_an_alarm_is_raised_once_while_it_is_open(work_as: WorkAs, clock: Clock, rows: Rows) -> None:
    analyst = Actor(Role.DATA_STAFF)
    raised = []
    for subject in ("v1", "v1", "v2"):
        async with work_as(SYSTEM) as work:
            raised.append(await raise_alarm(work, AlarmKind.DRIFT, subject, {"index": 0.2}))
    first = next(row for row in await rows(ClassifierAlarm) if row.subject == "v1")
    clock.forward(hours=1)
    async with work_as(analyst) as work:
        await acknowledge_alarm(work, first.id)
    async with work_as(SYSTEM) as work:
        raised.append(await raise_alarm(work, AlarmKind.DRIFT, "v1", {"index": 0.3}))

    assert raised == [True, False, True, True]
    assert [(row.subject, row.data["index"], row.acknowledged_at) for row in await rows(ClassifierAlarm)] == [
        ("v1", 0.2, clock.now),
        ("v2", 0.2, None),
        ("v1", 0.3, None),
    ]


async def test_an_alarm_is_acknowledged_once_by_name(
    work_as: WorkAs, an_actor: ActorOf, rows: Rows, state: State
) -> None:
    analyst = await an_actor(Role.DATA_STAFF)
    async with work_as(SYSTEM) as work:
        await raise_alarm(work, AlarmKind.DRIFT, "v1", {})
    (alarm,) = await rows(ClassifierAlarm)
    async with work_as(analyst) as work:
        await acknowledge_alarm(work, alarm.id)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(analyst) as work:
            await acknowledge_alarm(work, alarm.id)
    with pytest.raises(NotFound):
        async with work_as(analyst) as work:
            await acknowledge_alarm(work, new_id())

    (acknowledged,) = await rows(ClassifierAlarm)
    assert refusal.value.problems == (Problem("id", "ALREADY_DECIDED"),)
    assert (acknowledged.acknowledged_at, acknowledged.acknowledged_by_id) == (MONDAY, analyst.id)
    assert await state() == before


@pytest.mark.parametrize(("actor", "refusal"), [(Actor(Role.PUBLIC), NotSignedIn), (Actor(Role.OVERSEER), NotAllowed)])
async def test_who_only_reads_acknowledges_nothing(
    actor: Actor, refusal: type[Refusal], work_as: WorkAs, rows: Rows, state: State
) -> None:
    async with work_as(SYSTEM) as work:
        await raise_alarm(work, AlarmKind.DRIFT, "v1", {})
    (alarm,) = await rows(ClassifierAlarm)
    before = await state()

    with pytest.raises(refusal):
        async with work_as(actor) as work:
            await acknowledge_alarm(work, alarm.id)

    assert await state() == before
