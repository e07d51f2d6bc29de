"""Merging and setting free: clocks, queues, chains, permissions, and two desks at the same moment."""

from collections.abc import Awaitable, Callable

import anyio
import pytest

from complaints.clocks import new_clock
from complaints.close import close
from complaints.desk import archive
from complaints.follow_up import follow_up, reply
from complaints.jobs import escalate, expire
from complaints.knowledge import Knowledge
from complaints.merge import followers_of, merge, unmerge
from complaints.policy import ANYONE, SYSTEM
from complaints.refusals import Busy, IllegalStep, Invalid, NotAllowed, NotFound, NotSignedIn, Stale
from complaints.work import Work
from models import Complaint
from rules.vocabulary import Action, Audience, Role, Status
from rules.vocabulary import Clock as Waiting
from server.runtime import Runtime
from tests.integration.given import Again, RunningClocks, Staff, State
from tests.support import NATIONAL, Clock, Complaints, EventsOf, WorkAs

WHY = "Lubang yang sama"


async def test_a_child_keeps_its_status_and_queue_and_its_clocks_stand_still(
    a_complaint: Complaints, work_as: WorkAs, again: Again, running_clocks: RunningClocks, events_of: EventsOf
) -> None:
    child, parent = await a_complaint(), await a_complaint(Status.DISPATCHED)

    async with work_as(NATIONAL) as work:
        await merge(work, child.id, parent.id, WHY, seen_version=child.version)

    row = await again(child)
    assert (row.merged_into_id, row.status, row.queue_agency_id) == (parent.id, child.status, child.queue_agency_id)
    assert row.due_at is None
    assert {clock.paused_at is not None for clock in (await running_clocks(child)).values()} == {True}
    merged, absorbed = (await events_of(child))[-1], (await events_of(parent))[-1]
    assert (merged.kind, merged.audience, merged.data["parent_id"]) == ("Merged", Audience.PARTIES, str(parent.id))
    assert (absorbed.kind, absorbed.audience, absorbed.data) == (
        "Absorbed",
        Audience.INTERNAL,
        {"child_id": str(child.id)},
    )
    async with work_as(SYSTEM) as work:
        assert [each.id for each in await followers_of(work, parent)] == [child.id]


async def test_unmerging_brings_everything_back_and_counts_no_day_in_between(
    a_complaint: Complaints,
    work_as: WorkAs,
    again: Again,
    running_clocks: RunningClocks,
    clock: Clock,
    knowledge: Knowledge,
) -> None:
    child, parent = await a_complaint(Status.IN_PROGRESS), await a_complaint(Status.DISPATCHED)
    before = await again(child)
    clocks = (await running_clocks(child)).keys()

    async with work_as(NATIONAL) as work:
        merged = await merge(work, child.id, parent.id, WHY, seen_version=child.version)
    clock.forward(days=7)
    async with work_as(NATIONAL) as work:
        await unmerge(work, child.id, "Ternyata gang lain", seen_version=merged.version)

    after = await again(child)
    assert after.merged_into_id is None
    assert (after.status, after.queue_agency_id, after.unit_id) == (
        before.status,
        before.queue_agency_id,
        before.unit_id,
    )
    running = await running_clocks(child)
    assert running.keys() == clocks
    # Nothing of its time was used up when it was merged: it has as much as if it began today.
    assert {name: row.due_at for name, row in running.items()} == {
        name: new_clock(knowledge, after, name, clock.now).due_at for name in running
    }
    assert {row.paused_at for row in running.values()} == {None}


async def test_a_clock_that_stood_still_before_goes_on_standing_still(
    a_complaint: Complaints, work_as: WorkAs, running_clocks: RunningClocks, clock: Clock
) -> None:
    child, parent = await a_complaint(Status.DEFERRED), await a_complaint()
    paused_at = (await running_clocks(child))[Waiting.VERIFICATION].paused_at
    clock.forward(days=1)

    async with work_as(NATIONAL) as work:
        merged = await merge(work, child.id, parent.id, WHY, seen_version=child.version)
    clock.forward(days=1)
    async with work_as(NATIONAL) as work:
        await unmerge(work, child.id, WHY, seen_version=merged.version)

    running = await running_clocks(child)
    assert paused_at is not None
    assert running[Waiting.VERIFICATION].paused_at == paused_at
    assert running[Waiting.REPORTER_COMPLETION].paused_at is None


async def test_what_the_reporter_wrote_meanwhile_takes_effect_afterwards(
    a_complaint: Complaints, work_as: WorkAs, again: Again, running_clocks: RunningClocks
) -> None:
    child, parent = await a_complaint(Status.DEFERRED), await a_complaint()
    async with work_as(NATIONAL) as work:
        await merge(work, child.id, parent.id, WHY, seen_version=child.version)

    async with work_as(a_complaint.ticket(child)) as work:
        await reply(work, child.id, "Di Jalan Mawar nomor tiga.")

    row = await again(child)
    assert row.status is Status.DEFERRED
    async with work_as(NATIONAL) as work:
        await unmerge(work, child.id, WHY, seen_version=row.version)
    assert (await again(child)).status is Status.UNVERIFIED
    assert {name: each.paused_at for name, each in (await running_clocks(child)).items()} == {
        Waiting.VERIFICATION: None
    }


async def test_no_job_touches_what_follows_another(
    a_complaint: Complaints, work_as: WorkAs, runtime: Runtime, clock: Clock, events_of: EventsOf
) -> None:
    child, parent = await a_complaint(Status.IN_PROGRESS), await a_complaint(Status.CLOSED)
    async with work_as(NATIONAL) as work:
        await merge(work, child.id, parent.id, WHY, seen_version=child.version)
    before = len(await events_of(child))
    clock.forward(days=120)

    await escalate(runtime.workshop)
    await expire(runtime.workshop)

    assert len(await events_of(child)) == before


@pytest.mark.parametrize(
    "move",
    [
        lambda work, child: close(work, child.id, "Selesai.", seen_version=child.version),
        lambda work, child: archive(work, child.id, "TIDAK_JELAS", None, seen_version=child.version),
    ],
    ids=["close", "archive"],
)
async def test_what_follows_another_is_not_moved(
    move: Callable[[Work, Complaint], Awaitable[Complaint]], a_complaint: Complaints, work_as: WorkAs, state: State
) -> None:
    child, parent = await a_complaint(Status.IN_PROGRESS), await a_complaint(Status.DISPATCHED)
    async with work_as(NATIONAL) as work:
        child = await merge(work, child.id, parent.id, WHY, seen_version=child.version)
    before = await state()

    with pytest.raises(IllegalStep) as refusal:
        async with work_as(NATIONAL) as work:
            await move(work, child)

    assert refusal.value.allowed == (Action.MERGE,)
    assert await state() == before


async def test_nobody_follows_a_follower(a_complaint: Complaints, work_as: WorkAs, again: Again) -> None:
    first, second, third = [await a_complaint() for _ in range(3)]
    async with work_as(NATIONAL) as work:
        await merge(work, second.id, third.id, WHY, seen_version=second.version)

    async with work_as(NATIONAL) as work:
        await merge(work, first.id, second.id, WHY, seen_version=first.version)

    assert (await again(first)).merged_into_id == third.id


async def test_what_follows_moves_along_and_comes_back(
    a_complaint: Complaints, work_as: WorkAs, again: Again, running_clocks: RunningClocks, clock: Clock
) -> None:
    leaf, middle, root = [await a_complaint() for _ in range(3)]
    due = (await running_clocks(leaf))[Waiting.VERIFICATION].due_at
    async with work_as(NATIONAL) as work:
        await merge(work, leaf.id, middle.id, WHY, seen_version=leaf.version)
    middle = await again(middle)

    async with work_as(NATIONAL) as work:
        await merge(work, middle.id, root.id, WHY, seen_version=middle.version)

    assert {(await again(each)).merged_into_id for each in (leaf, middle)} == {root.id}
    clock.forward(days=7)
    async with work_as(NATIONAL) as work:
        await unmerge(work, middle.id, WHY, seen_version=(await again(middle)).version)
    assert (await again(middle)).merged_into_id is None
    assert (await again(leaf)).merged_into_id == middle.id
    async with work_as(NATIONAL) as work:
        await unmerge(work, leaf.id, WHY, seen_version=(await again(leaf)).version)
    assert ((await running_clocks(leaf))[Waiting.VERIFICATION].due_at - due).days == 7


async def test_a_circle_is_refused(a_complaint: Complaints, work_as: WorkAs, state: State, again: Again) -> None:
    child, parent = await a_complaint(), await a_complaint()
    async with work_as(NATIONAL) as work:
        await merge(work, child.id, parent.id, WHY, seen_version=child.version)
    before, seen = await state(), (await again(parent)).version

    for target in (child.id, parent.id):
        with pytest.raises(Invalid) as refusal:
            async with work_as(NATIONAL) as work:
                await merge(work, parent.id, target, WHY, seen_version=seen)
        assert [problem.code for problem in refusal.value.problems] == ["MERGE_CIRCLE"]

    assert await state() == before


async def test_an_open_complaint_never_follows_a_secret_one(
    a_complaint: Complaints, work_as: WorkAs, state: State
) -> None:
    open_one, secret = await a_complaint(), await a_complaint(is_secret=True)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await merge(work, open_one.id, secret.id, WHY, seen_version=open_one.version)

    assert [problem.code for problem in refusal.value.problems] == ["MERGE_INTO_SECRET"]
    assert await state() == before
    async with work_as(NATIONAL) as work:
        await merge(work, secret.id, open_one.id, WHY, seen_version=secret.version)


async def test_refusals_write_nothing(a_complaint: Complaints, work_as: WorkAs, staff: Staff, state: State) -> None:
    child = await a_complaint(Status.DISPATCHED, agency="PLN")
    parent = await a_complaint(Status.DISPATCHED, agency="KOTA_SEMARANG")
    put_away = await a_complaint(Status.ARCHIVED)
    waiting = await a_complaint()
    before = await state()
    pln = staff(Role.AGENCY_ADMIN, "PLN")

    for actor, one, other, version, refusal in (
        (ANYONE, child, parent, child.version, NotSignedIn),
        (a_complaint.ticket(child), child, parent, child.version, NotAllowed),
        (staff(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU"), child, parent, child.version, NotAllowed),
        # One of the two is somebody else's, and public; or not even visible.
        (pln, child, parent, child.version, NotAllowed),
        (pln, parent, child, parent.version, NotAllowed),
        (pln, child, waiting, child.version, NotFound),
        (NATIONAL, child, parent, child.version - 1, Stale),
        (NATIONAL, child, put_away, child.version, Invalid),
    ):
        with pytest.raises(refusal):
            async with work_as(actor) as work:
                await merge(work, one.id, other.id, WHY, seen_version=version)
    with pytest.raises(Invalid):
        async with work_as(NATIONAL) as work:
            await unmerge(work, child.id, WHY, seen_version=child.version)

    assert await state() == before


async def test_agency_admin_merges_what_is_hers(a_complaint: Complaints, work_as: WorkAs, staff: Staff) -> None:
    child, parent = [await a_complaint(Status.DISPATCHED, agency="PLN") for _ in range(2)]

    async with work_as(staff(Role.AGENCY_ADMIN, "PLN")) as work:
        merged = await merge(work, child.id, parent.id, WHY, seen_version=child.version)

    assert merged.merged_into_id == parent.id


async def test_merges_in_both_directions_make_no_circle(a_complaint: Complaints, work_as: WorkAs, again: Again) -> None:
    for _ in range(5):
        one, other = await a_complaint(), await a_complaint()
        refused: list[type[Exception]] = []

        async def follow(child: Complaint, parent: Complaint, refused: list[type[Exception]] = refused) -> None:
            try:
                async with work_as(NATIONAL) as work:
                    await merge(work, child.id, parent.id, WHY, seen_version=child.version)
            except (Busy, Invalid, Stale) as refusal:
                refused.append(type(refusal))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow, one, other)
            tasks.start_soon(follow, other, one)

        followed = [(await again(each)).merged_into_id for each in (one, other)]
        assert sorted(target is None for target in followed) == [False, True]
        assert len(refused) == 1


async def test_many_merges_into_each_other_at_once_end_in_one_level(
    a_complaint: Complaints, work_as: WorkAs, again: Again
) -> None:
    cases = [await a_complaint() for _ in range(5)]

    async def follow(child: Complaint, parent: Complaint) -> None:
        try:
            async with work_as(NATIONAL) as work:
                await merge(work, child.id, parent.id, WHY, seen_version=child.version)
        except (Busy, Invalid, Stale):
            return

    async with anyio.create_task_group() as tasks:
        for number, case in enumerate(cases):
            tasks.start_soon(follow, case, cases[(number + 1) % len(cases)])

    rows = {case.id: await again(case) for case in cases}
    for row in rows.values():
        assert row.merged_into_id is None or rows[row.merged_into_id].merged_into_id is None


async def test_an_answer_to_the_parent_is_an_answer_to_all(
    a_complaint: Complaints, work_as: WorkAs, again: Again
) -> None:
    child, parent = await a_complaint(), await a_complaint(Status.DISPATCHED)
    async with work_as(NATIONAL) as work:
        await merge(work, child.id, parent.id, WHY, seen_version=child.version)

    async with work_as(NATIONAL) as work:
        seen = (await again(parent)).version
        answered = await follow_up(work, parent.id, "Sedang dikerjakan.", Audience.EVERYONE, seen_version=seen)
        told = await followers_of(work, answered)

    assert [each.id for each in told] == [child.id]
