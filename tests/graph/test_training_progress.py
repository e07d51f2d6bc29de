"""A training as it goes on: whoever may read about the classifier hears of every step until it ended."""

from typing import Any

import anyio
import pytest
import strawberry

from complaints.learning.runs import TrainingOptions, begin_run, cancel_run, end_run, note_progress, request_run
from complaints.policy import ANYONE, SYSTEM, Actor
from complaints.refusals import NotSignedIn
from graph.context import Tools, Topic
from models import Person, TrainingRun, new_id
from rules.vocabulary import JobState, Role
from server.feed import Feed
from tests.graph.support import Cases, Cast, ContextOf, DatasetOf, Do, Listen, gid
from tests.support import PASSWORD, ActorOf, WorkAs

RUN = "subscription($id: ID!) { trainingRunChanged(id: $id) { id state fraction stage log { text } failure } }"


@pytest.fixture
async def run(a_dataset: DatasetOf, work_as: WorkAs) -> TrainingRun:
    """A training that waits."""
    dataset = await a_dataset()
    async with work_as(SYSTEM) as work:
        return await request_run(work, dataset.id, TrainingOptions(), most_threads=1)


async def test_training_is_followed_from_waiting_to_its_end(
    run: TrainingRun, cast: Cast, listen: Listen, work_as: WorkAs
) -> None:
    async with listen(cast.overseer, RUN, id=gid("TrainingRun", run.id)) as hear:
        now = await hear()
        async with work_as(SYSTEM) as work:
            await begin_run(work, run.id)
        began = await hear()
        async with work_as(SYSTEM) as work:
            await note_progress(work, run.id, 0.5, ["category: 3 of 5 folds"])
        halfway = await hear()
        async with work_as(SYSTEM) as work:
            await end_run(work, run.id, JobState.FAILED, "PROCESS_DIED")
        ended, end = await hear(), await hear()

    told = {"id": gid("TrainingRun", run.id), "fraction": 0.0, "stage": None, "log": [], "failure": None}
    assert now == {**told, "state": "QUEUED"}
    assert began == {**told, "state": "RUNNING"}
    lines = {"fraction": 0.5, "stage": "category: 3 of 5 folds", "log": [{"text": "category: 3 of 5 folds"}]}
    assert halfway == {**told, **lines, "state": "RUNNING"}
    assert ended == {**told, **lines, "state": "FAILED", "failure": "PROCESS_DIED"}
    assert end is None


async def test_ended_training_is_told_once(run: TrainingRun, cast: Cast, listen: Listen, work_as: WorkAs) -> None:
    async with work_as(SYSTEM) as work:
        await cancel_run(work, run.id)

    async with listen(cast.data_staff, RUN, id=gid("TrainingRun", run.id)) as hear:
        told, end = await hear(), await hear()

    assert (told["state"], end) == ("CANCELLED", None)


async def test_training_that_is_not_there_ends_at_once(cast: Cast, listen: Listen) -> None:
    async with listen(cast.data_staff, RUN, id=gid("TrainingRun", new_id())) as hear:
        assert await hear() is None


async def test_other_trainings_and_complaints_are_not_told(
    run: TrainingRun,
    cast: Cast,
    a_case: Cases,
    a_dataset: DatasetOf,
    listen: Listen,
    work_as: WorkAs,
) -> None:
    async with listen(cast.data_staff, RUN, id=gid("TrainingRun", run.id)) as hear:
        await hear()
        async with work_as(SYSTEM) as work:
            other = await request_run(work, (await a_dataset()).id, TrainingOptions(), most_threads=1)
            await cancel_run(work, other.id)
        await a_case()
        async with work_as(SYSTEM) as work:
            await begin_run(work, run.id)
        heard = await hear()

    assert heard["id"] == gid("TrainingRun", run.id)


async def test_missed_changes_are_read_anew(run: TrainingRun, cast: Cast, listen: Listen, live_feed: Feed) -> None:
    async with listen(cast.data_staff, RUN, id=gid("TrainingRun", run.id)) as hear:
        await hear()
        for subscriber in live_feed._subscribers[Topic.TRAINING_RUN]:
            subscriber.tell(None)
        again = await hear()

    assert (again["id"], again["state"]) == (gid("TrainingRun", run.id), "QUEUED")


async def test_topics_of_the_feed_are_told_apart(run: TrainingRun, a_case: Cases, live_feed: Feed) -> None:
    with live_feed.subscribe(Topic.COMPLAINT) as complaints, live_feed.subscribe(Topic.TRAINING_RUN) as runs:
        complaint = await a_case()
        async with a_case.a_complaint.runtime.workshop.work(SYSTEM) as work:
            await cancel_run(work, run.id)
        with anyio.fail_after(10):
            heard = {await anext(runs.changes()), await anext(complaints.changes())}

    assert heard == {run.id, complaint.id}


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.PUBLIC, Role.SYSTEM)])
async def test_only_who_reads_about_classifiers_may_listen(
    role: Role, run: TrainingRun, schema: strawberry.Schema, context_of: ContextOf
) -> None:
    stream = await schema.subscribe(
        RUN, variable_values={"id": gid("TrainingRun", run.id)}, context_value=await context_of(Actor(role))
    )
    assert not isinstance(stream, strawberry.types.ExecutionResult)

    first = await anext(aiter(stream))

    codes = [error.extensions["code"] for error in first.errors or [] if error.extensions]
    may = role in (Role.NATIONAL_ADMIN, Role.OVERSEER, Role.DATA_STAFF)
    assert codes == ([] if may else ["NOT_ALLOWED"])


@pytest.mark.parametrize(
    ("context", "wanted", "code"),
    [
        ({}, gid("TrainingRun", new_id()), "NOT_SIGNED_IN"),
        ({"denied": NotSignedIn("EXPIRED")}, gid("TrainingRun", new_id()), "NOT_SIGNED_IN"),
    ],
    ids=["stranger", "ended session"],
)
async def test_stranger_is_refused(
    context: dict[str, Any], wanted: str, code: str, schema: strawberry.Schema, context_of: ContextOf
) -> None:
    stream = await schema.subscribe(
        RUN, variable_values={"id": wanted}, context_value=await context_of(ANYONE, **context)
    )

    assert not isinstance(stream, strawberry.types.ExecutionResult)
    messages = [message async for message in stream]
    assert [error.extensions["code"] for error in messages[0].errors or [] if error.extensions] == [code]


async def test_id_of_another_type_is_refused(
    cast: Cast, run: TrainingRun, schema: strawberry.Schema, context_of: ContextOf
) -> None:
    stream = await schema.subscribe(
        RUN, variable_values={"id": gid("Dataset", run.id)}, context_value=await context_of(cast.data_staff)
    )

    assert not isinstance(stream, strawberry.types.ExecutionResult)
    messages = [message async for message in stream]
    assert [error.extensions["code"] for error in messages[0].errors or [] if error.extensions] == ["INVALID"]


@pytest.mark.parametrize(("how", "code"), [("signed out", "NOT_SIGNED_IN"), ("another role", "NOT_ALLOWED")])
async def test_who_may_not_read_any_more_hears_no_more(
    how: str,
    code: str,
    run: TrainingRun,
    an_actor: ActorOf,
    do: Do,
    tools: Tools,
    listen: Listen,
    work_as: WorkAs,
) -> None:
    staff = await an_actor(Role.DATA_STAFF, login="dewi")
    token = (await do(ANYONE, "login", login="dewi", password=PASSWORD, kind="BEARER"))["token"]
    actor = await tools.identify(token)

    async with listen(actor, RUN, id=gid("TrainingRun", run.id), context={"token": token}) as hear:
        await hear()
        if how == "signed out":
            await do(actor, "logout")
        async with work_as(SYSTEM) as work:
            person = await work.session.get_one(Person, staff.id)
            person.role = Role.REPORTER if how == "another role" else person.role
            await begin_run(work, run.id)
        said, end = await hear(), await hear()

    assert (said, end) == ([code], None)
