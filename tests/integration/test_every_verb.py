"""What holds for every verb: the table decides, versions and locks are respected, and a "no" writes nothing."""

from pathlib import Path

import anyio
import pytest

from complaints.policy import ANYONE, GRANTS
from complaints.refusals import Busy, IllegalStep, NotAllowed, NotFound, NotSignedIn, Stale
from models import ComplaintEvent, new_id
from rules.lifecycle import STEPS, possible
from rules.vocabulary import Action, Role, Status
from server.settings import DatabaseSettings, Settings
from tests.integration.given import Again, Rows, Staff, State
from tests.integration.verbs import VERBS, Verb
from tests.support import NATIONAL, Complaints, EventsOf, WorkAs

each_verb = pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.action.name)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """A process that waits for a locked row no longer than this test should take."""
    return Settings(database_url=database_url, data_dir=tmp_path, database=DatabaseSettings(lock_timeout_ms=100))


@each_verb
async def test_a_verb_follows_its_arrow_and_leaves_one_event_behind(
    verb: Verb, work_as: WorkAs, a_complaint: Complaints, again: Again, events_of: EventsOf
) -> None:
    before = await a_complaint(verb.possible_while)
    history = await events_of(before)

    async with work_as(verb.actor(before)) as work:
        await verb.run(work, before, "Keterangan singkat")

    after, events = await again(before), await events_of(before)
    assert after.status is STEPS[verb.possible_while, verb.action]
    assert after.version == before.version + 1
    assert [(event.seq, event.status) for event in events[len(history) :]] == [(after.version, after.status)]


# Done by the machine beside other things (routing, suggesting), or by a unit that has one above it: see test_tiers.
ELSEWHERE = {Action.ROUTE, Action.SUGGEST, Action.HAND_UP}


@pytest.mark.parametrize(
    ("status", "action"),
    [pair for pair in STEPS if pair[1] not in ELSEWHERE],
    ids=lambda word: word.name,
)
async def test_every_arrow_of_the_table_is_followed(
    status: Status, action: Action, work_as: WorkAs, a_complaint: Complaints, events_of: EventsOf
) -> None:
    complaint = await a_complaint(status, text="Token listrik tidak bisa diisi sejak kemarin")
    verb = next(verb for verb in VERBS if verb.action is action)

    async with work_as(verb.actor(complaint)) as work:
        after = await verb.run(work, complaint, "Keterangan singkat")

    assert after.status is STEPS[status, action]
    assert (await events_of(complaint))[-1].status is STEPS[status, action]


@pytest.mark.parametrize("status", Status)
async def test_a_step_that_is_not_in_the_table_is_refused_with_what_the_actor_could_do(
    status: Status, work_as: WorkAs, a_complaint: Complaints, state: State
) -> None:
    complaint = await a_complaint(status, text="Token listrik tidak bisa diisi sejak kemarin")
    before = await state()
    impossible = [verb for verb in VERBS if (status, verb.action) not in STEPS]

    for verb in impossible:
        with pytest.raises(IllegalStep) as refusal:
            async with work_as(verb.actor(complaint)) as work:
                await verb.run(work, complaint, "Keterangan singkat")

        assert (refusal.value.status, refusal.value.action) == (status, verb.action)
        assert refusal.value.allowed == tuple(
            action for action in possible(status) if action in GRANTS[verb.actor(complaint).role]
        )

    assert impossible
    assert await state() == before


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.asks_version], ids=lambda verb: verb.action.name)
async def test_a_change_since_the_actor_looked_is_refused(
    verb: Verb, work_as: WorkAs, a_complaint: Complaints, state: State
) -> None:
    complaint = await a_complaint(verb.possible_while)
    current = complaint.version
    complaint.version -= 1  # what a screen shows that was opened before the last event
    before = await state()

    with pytest.raises(Stale) as refusal:
        async with work_as(verb.actor(complaint)) as work:
            await verb.run(work, complaint, "Keterangan singkat")

    assert refusal.value.current_version == current
    assert await state() == before


@each_verb
async def test_a_row_in_somebody_elses_hands_is_busy(
    verb: Verb, work_as: WorkAs, a_complaint: Complaints, state: State
) -> None:
    complaint = await a_complaint(verb.possible_while)
    before = await state()

    async with work_as(NATIONAL) as holder:
        await holder.complaint(complaint.id, Action.VERIFY)
        with pytest.raises(Busy):
            async with work_as(verb.actor(complaint)) as work:
                await verb.run(work, complaint, "Keterangan singkat")

    assert await state() == before


async def test_what_is_not_there_is_not_found_by_any_verb(work_as: WorkAs, a_complaint: Complaints) -> None:
    complaint = await a_complaint()
    complaint.id = new_id()

    for verb in VERBS:
        with pytest.raises(NotFound) as refusal:
            async with work_as(verb.actor(complaint)) as work:
                await verb.run(work, complaint, "Keterangan singkat")

        assert (refusal.value.what, refusal.value.field) == ("Complaint", "id")


@pytest.mark.parametrize("status", [Status.UNVERIFIED, Status.CLOSED])
async def test_nobody_acts_without_signing_in(
    status: Status, work_as: WorkAs, a_complaint: Complaints, state: State
) -> None:
    complaint = await a_complaint(status)
    before = await state()

    for verb in VERBS:
        with pytest.raises(NotSignedIn) as refusal:
            async with work_as(ANYONE) as work:
                await verb.run(work, complaint, "Keterangan singkat")

        assert refusal.value.reason == "REQUIRED"

    assert await state() == before


async def test_a_complaint_of_another_agency_is_not_found_while_it_is_not_public(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff
) -> None:
    complaint = await a_complaint(Status.DISPATCHED, agency="PLN", is_secret=True)

    with pytest.raises(NotFound):
        async with work_as(staff(Role.AGENCY_ADMIN, "KAI")) as work:
            await work.complaint(complaint.id, Action.FOLLOW_UP)


async def test_a_public_complaint_of_another_agency_is_found_but_not_allowed(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff
) -> None:
    complaint = await a_complaint(Status.DISPATCHED, agency="PLN")

    with pytest.raises(NotAllowed) as refusal:
        async with work_as(staff(Role.AGENCY_ADMIN, "KAI")) as work:
            await work.complaint(complaint.id, Action.FOLLOW_UP)

    assert refusal.value.action is Action.FOLLOW_UP


async def test_another_reporters_ticket_does_not_open_it(work_as: WorkAs, a_complaint: Complaints) -> None:
    mine, theirs = await a_complaint(), await a_complaint()

    with pytest.raises(NotFound):
        async with work_as(a_complaint.ticket(mine)) as work:
            await work.complaint(theirs.id, Action.REPLY)


async def test_a_verb_that_fails_after_its_event_leaves_nothing(
    work_as: WorkAs, a_complaint: Complaints, state: State
) -> None:
    complaint = await a_complaint()
    before = await state()

    with pytest.raises(RuntimeError, match="after the verb"):  # noqa: PT012 - the block is the transaction
        async with work_as(NATIONAL) as work:
            await VERBS[0].run(work, complaint, "Keterangan singkat")
            await work.session.flush()
            raise RuntimeError("after the verb")

    assert await state() == before


async def test_two_admins_with_the_same_screen_do_not_both_decide(
    work_as: WorkAs, a_complaint: Complaints, rows: Rows
) -> None:
    complaint = await a_complaint()
    outcomes: list[str] = []

    async def decide() -> None:
        try:
            async with work_as(NATIONAL) as work:
                await VERBS[0].run(work, complaint, "Keterangan singkat")
                outcomes.append("done")
        except Stale:
            outcomes.append("stale")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(decide)
        tasks.start_soon(decide)

    assert sorted(outcomes) == ["done", "stale"]
    assert len(await rows(ComplaintEvent, ComplaintEvent.kind == "Verified")) == 1
