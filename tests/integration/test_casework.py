"""Asking, withdrawing, reopening a second time, supporting, answers kept ready, bulk work, presence, old screens."""

from datetime import timedelta
from uuid import UUID

import pytest

from complaints.casework.bulk import Item, one_by_one, tag
from complaints.casework.conversation import ask_reporter, withdraw
from complaints.casework.presence import leave_case, open_case, present, sweep
from complaints.casework.reopening import decide_reopening, request_reopening
from complaints.casework.support import support
from complaints.casework.templates import put_template, retire_template, templates
from complaints.close import close, reopen
from complaints.desk import archive, restore
from complaints.follow_up import follow_up, reply
from complaints.jobs import expire
from complaints.policy import ANYONE, SYSTEM, Actor
from complaints.refusals import IllegalStep, Invalid, NotAllowed, NotFound, Stale
from complaints.verify import Verdict, verify
from complaints.work import Work
from models import Complaint, ComplaintSupport, new_id
from rules.deadlines import local_date
from rules.vocabulary import Audience, Clock, Role, Status
from server.runtime import Runtime
from tests.integration.given import Again, Rows, RunningClocks, Staff, State
from tests.support import MONDAY, NATIONAL, ActorOf, Complaints, EventsOf, WorkAs
from tests.support import Clock as WallClock

TOKEN = "acak-" * 6

# ---- asking


async def asked(work_as: WorkAs, complaint: Complaint) -> Complaint:
    async with work_as(NATIONAL) as work:
        return await ask_reporter(work, complaint.id, "Tiang nomor berapa?", seen_version=complaint.version)


async def test_a_question_stops_the_clocks_of_the_staff_until_the_answer(
    work_as: WorkAs, a_complaint: Complaints, clock: WallClock, running_clocks: RunningClocks
) -> None:
    complaint = await a_complaint(Status.IN_PROGRESS)
    due = (await running_clocks(complaint))[Clock.COMPLETION].due_at

    waiting = await asked(work_as, complaint)
    paused = (await running_clocks(complaint))[Clock.COMPLETION].paused_at
    clock.forward(days=2)
    async with work_as(a_complaint.ticket(complaint)) as work:
        answered = await reply(work, complaint.id, "Nomor 12.")

    clocks = await running_clocks(complaint)
    assert (waiting.status, waiting.due_at, paused) == (Status.IN_PROGRESS, None, MONDAY)
    assert set(clocks) == {Clock.COMPLETION}
    assert clocks[Clock.COMPLETION].paused_at is None
    assert answered.due_at == due + timedelta(days=2)


async def test_whoever_speaks_on_does_not_wait_any_more(
    work_as: WorkAs, a_complaint: Complaints, running_clocks: RunningClocks
) -> None:
    waiting = await asked(work_as, await a_complaint(Status.IN_PROGRESS))

    async with work_as(NATIONAL) as work:
        await follow_up(work, waiting.id, "Sudah ketemu.", Audience.EVERYONE, seen_version=waiting.version)

    assert (await running_clocks(waiting))[Clock.COMPLETION].paused_at is None


async def test_silence_after_a_question_closes_as_after_any_answer(
    runtime: Runtime, work_as: WorkAs, a_complaint: Complaints, clock: WallClock, again: Again
) -> None:
    waiting = await asked(work_as, await a_complaint(Status.IN_PROGRESS))
    clock.forward(days=15)

    assert await expire(runtime.workshop) == 1
    assert (await again(waiting)).closed_by_silence


# ---- withdrawing


@pytest.mark.parametrize(
    "status", [Status.UNVERIFIED, Status.VERIFIED, Status.DISPATCHED, Status.IN_PROGRESS, Status.DEFERRED]
)
async def test_a_reporter_withdraws_before_the_end(
    status: Status, work_as: WorkAs, a_complaint: Complaints, running_clocks: RunningClocks, events_of: EventsOf
) -> None:
    complaint = await a_complaint(status)

    async with work_as(a_complaint.ticket(complaint)) as work:
        gone = await withdraw(work, complaint.id, "Sudah diperbaiki tetangga.")

    assert (gone.status, gone.archive_reason, gone.published_at) == (Status.ARCHIVED, "DICABUT", None)
    assert await running_clocks(complaint) == {}
    assert (await events_of(complaint))[-1].data["reason"] == "DICABUT"


@pytest.mark.parametrize("status", [Status.CLOSED, Status.ARCHIVED])
async def test_what_has_ended_is_not_withdrawn(status: Status, work_as: WorkAs, a_complaint: Complaints) -> None:
    complaint = await a_complaint(status)

    with pytest.raises(IllegalStep):
        async with work_as(a_complaint.ticket(complaint)) as work:
            await withdraw(work, complaint.id, None)


async def test_what_was_withdrawn_from_an_agency_comes_back_to_the_queue_alone(
    work_as: WorkAs, a_complaint: Complaints
) -> None:
    complaint = await a_complaint(Status.DISPATCHED)
    async with work_as(a_complaint.ticket(complaint)) as work:
        gone = await withdraw(work, complaint.id, None)

    async with work_as(NATIONAL) as work:
        back = await restore(work, complaint.id, "Diminta pelapor.", seen_version=gone.version)

    assert (back.status, back.dispatched_at, back.unit_id) == (Status.UNVERIFIED, None, None)


# ---- reopening a second time


async def closed_again(work_as: WorkAs, a_complaint: Complaints) -> Complaint:
    complaint = await a_complaint(Status.CLOSED)
    async with work_as(a_complaint.ticket(complaint)) as work:
        complaint = await reopen(work, complaint.id, "Mati lagi.")
    async with work_as(NATIONAL) as work:
        return await close(work, complaint.id, "Sudah lagi.", seen_version=complaint.version)


async def test_the_second_time_somebody_has_to_agree(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff, events_of: EventsOf, running_clocks: RunningClocks
) -> None:
    complaint = await closed_again(work_as, a_complaint)
    ticket = a_complaint.ticket(complaint)
    with pytest.raises(Invalid, match="REOPENING_NEEDS_APPROVAL"):
        async with work_as(ticket) as work:
            await reopen(work, complaint.id, "Mati lagi.")

    async with work_as(ticket) as work:
        waiting = await request_reopening(work, complaint.id, "Sungguh mati lagi.")
    async with work_as(staff(Role.AGENCY_ADMIN, "PLN")) as work:
        granted = await decide_reopening(
            work, complaint.id, grants=True, reason="Kami periksa.", seen_version=waiting.version
        )

    assert (waiting.status, granted.status) == (Status.CLOSED, Status.IN_PROGRESS)
    assert set(await running_clocks(complaint)) == {Clock.COMPLETION}
    assert [event.kind for event in (await events_of(complaint))[-2:]] == ["ReopeningAsked", "Reopened"]


async def test_a_refusal_tells_why_and_can_be_asked_again(
    work_as: WorkAs, a_complaint: Complaints, events_of: EventsOf
) -> None:
    complaint = await closed_again(work_as, a_complaint)
    ticket = a_complaint.ticket(complaint)
    async with work_as(ticket) as work:
        waiting = await request_reopening(work, complaint.id, "Sungguh mati lagi.")
    with pytest.raises(Invalid, match="REOPENING_ASKED"):
        async with work_as(ticket) as work:
            await request_reopening(work, complaint.id, "Halo?")

    async with work_as(NATIONAL) as work:
        refused = await decide_reopening(
            work, complaint.id, grants=False, reason="Sudah menyala.", seen_version=waiting.version
        )
    async with work_as(ticket) as work:
        await request_reopening(work, complaint.id, "Padam lagi malam ini.")

    assert refused.status is Status.CLOSED
    assert [event.kind for event in (await events_of(complaint))[-2:]] == ["ReopeningRefused", "ReopeningAsked"]


async def test_nobody_asks_for_what_is_free_or_decides_what_nobody_asked(
    work_as: WorkAs, a_complaint: Complaints
) -> None:
    complaint = await a_complaint(Status.CLOSED)

    with pytest.raises(Invalid, match="REOPENING_IS_FREE"):
        async with work_as(a_complaint.ticket(complaint)) as work:
            await request_reopening(work, complaint.id, "Mati lagi.")
    with pytest.raises(Invalid, match="NO_OPEN_REQUEST"):
        async with work_as(NATIONAL) as work:
            await decide_reopening(work, complaint.id, grants=True, reason="Ya.", seen_version=complaint.version)


# ---- support


async def test_everybody_is_counted_once(
    work_as: WorkAs, a_complaint: Complaints, an_actor: ActorOf, rows: Rows
) -> None:
    complaint = await a_complaint(Status.DISPATCHED)
    neighbour = await an_actor(Role.REPORTER)
    counts = []

    for actor, token in ((ANYONE, TOKEN), (ANYONE, TOKEN), (neighbour, None), (neighbour, TOKEN), (ANYONE, "b" * 20)):
        async with work_as(actor) as work:
            counts.append(await support(work, complaint.id, token))

    assert counts == [1, 1, 2, 2, 3]
    assert all(TOKEN.encode() not in row.supporter for row in await rows(ComplaintSupport))


async def test_only_public_reports_of_others_are_supported(work_as: WorkAs, a_complaint: Complaints) -> None:
    public, hidden = await a_complaint(Status.DISPATCHED), await a_complaint(Status.DISPATCHED, is_secret=True)

    for actor, case, token, no in (
        (ANYONE, hidden, TOKEN, NotFound),
        (a_complaint.ticket(public), public, None, Invalid),
        (ANYONE, public, "pendek", Invalid),
    ):
        with pytest.raises(no):
            async with work_as(actor) as work:
                await support(work, case.id, token)


# ---- templates


async def test_an_agency_keeps_answers_of_its_own(work_as: WorkAs, staff: Staff) -> None:
    ours, theirs = staff(Role.AGENCY_ADMIN, "PLN"), staff(Role.AGENCY_ADMIN, "KAI")
    async with work_as(ours) as work:
        kept = await put_template(work, None, "Terima kasih", "Laporan {kode} kami terima.")
    async with work_as(NATIONAL) as work:
        await put_template(work, None, "Umum", "Terima kasih.")

    with pytest.raises(NotFound):
        async with work_as(theirs) as work:
            await put_template(work, kept.id, "Milik kami", "x")
    with pytest.raises(Invalid, match="UNKNOWN_VARIABLE"):
        async with work_as(ours) as work:
            await put_template(work, None, "Salah", "Yth. {nama_pelapor}")
    with pytest.raises(Invalid, match="NAME_TAKEN"):
        async with work_as(ours) as work:
            await put_template(work, None, "Terima kasih", "x")

    async with work_as(SYSTEM) as work:
        seen = {
            actor.agency_id: [row.name for row in await work.session.execute(templates(actor))]
            for actor in (ours, theirs)
        }
    assert seen == {ours.agency_id: ["Terima kasih", "Umum"], theirs.agency_id: ["Umum"]}
    async with work_as(ours) as work:
        await retire_template(work, kept.id)
        assert [row.name for row in await work.session.execute(templates(ours))] == ["Umum"]


# ---- bulk


async def test_each_item_is_answered_for_itself(
    runtime: Runtime, a_complaint: Complaints, again: Again, work_as: WorkAs
) -> None:
    fine, old, closed = await a_complaint(), await a_complaint(), await a_complaint(Status.CLOSED)
    items = [
        Item(fine.id, fine.version),
        Item(old.id, old.version - 1),
        Item(closed.id, closed.version),
        Item(new_id(), 1),
    ]

    outcomes = await one_by_one(
        runtime.workshop,
        NATIONAL,
        items,
        lambda work, item: archive(work, item.id, "ISENG_SPAM", None, seen_version=item.seen_version),
    )

    assert [type(outcome.refusal) for outcome in outcomes] == [type(None), Stale, IllegalStep, NotFound]
    assert [(await again(case)).status for case in (fine, old, closed)] == [
        Status.ARCHIVED,
        Status.UNVERIFIED,
        Status.CLOSED,
    ]


@pytest.mark.parametrize("number", [0, 201])
async def test_too_many_at_once_are_refused_as_a_whole(number: int, runtime: Runtime, state: State) -> None:
    before = await state()

    with pytest.raises(Invalid):
        await one_by_one(runtime.workshop, NATIONAL, [Item(new_id(), 1)] * number, _never)

    assert await state() == before


async def _never(work: Work, item: Item) -> Complaint:
    raise AssertionError((work, item))


async def test_tags_come_and_go_whatever_the_status(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff, events_of: EventsOf
) -> None:
    complaint = await a_complaint(Status.DISPATCHED)

    async with work_as(staff(Role.AGENCY_ADMIN, "PLN")) as work:
        tagged = await tag(work, complaint.id, add=["banjir", "banjir", "2026"], seen_version=complaint.version)
        again = await tag(work, complaint.id, add=["banjir"], remove=["2026"], seen_version=tagged.version)
        same = await tag(work, complaint.id, add=["banjir"], seen_version=again.version)

    assert (same.tags, same.version) == (["banjir"], complaint.version + 2)
    assert [event.data for event in (await events_of(complaint))[-2:]] == [
        {"added": 2, "removed": 0},
        {"added": 0, "removed": 1},
    ]


# ---- presence


async def who(work_as: WorkAs, actor: Actor, complaint_id: UUID, clock: WallClock) -> list[tuple[Role, str | None]]:
    async with work_as(SYSTEM) as work:
        found = await work.session.execute(present(actor, complaint_id, clock.now))
        return [(row.role, row.name) for row in found]


async def test_two_admins_see_each_other_by_name_and_others_by_role(
    work_as: WorkAs, a_complaint: Complaints, an_actor: ActorOf, clock: WallClock
) -> None:
    complaint = await a_complaint(Status.DISPATCHED)
    sari = await an_actor(Role.AGENCY_ADMIN, "PLN", "sari")
    budi = await an_actor(Role.AGENCY_ADMIN, "PLN", "budi")
    national = await an_actor(Role.NATIONAL_ADMIN)
    stranger = await an_actor(Role.AGENCY_ADMIN, "KAI")

    for actor in (sari, budi):
        async with work_as(actor) as work:
            await open_case(work, complaint.id)

    admin = Role.AGENCY_ADMIN
    assert await who(work_as, sari, complaint.id, clock) == [(admin, "Nama sari"), (admin, "Nama budi")]
    assert await who(work_as, national, complaint.id, clock) == [(admin, None), (admin, None)]
    assert await who(work_as, stranger, complaint.id, clock) == []
    with pytest.raises(NotFound):
        async with work_as(stranger) as work:
            await open_case(work, complaint.id)


async def test_a_lease_ends_by_itself_or_by_leaving(
    work_as: WorkAs, a_complaint: Complaints, an_actor: ActorOf, clock: WallClock
) -> None:
    complaint = await a_complaint()
    somebody = await an_actor(Role.NATIONAL_ADMIN)
    async with work_as(somebody) as work:
        await open_case(work, complaint.id)
    clock.forward(seconds=40)
    async with work_as(somebody) as work:
        await open_case(work, complaint.id)

    clock.forward(seconds=40)
    still = len(await who(work_as, somebody, complaint.id, clock))
    clock.forward(seconds=6)
    gone = len(await who(work_as, somebody, complaint.id, clock))
    async with work_as(SYSTEM) as work:
        await sweep(work)
    async with work_as(somebody) as work:
        await open_case(work, complaint.id)
        await leave_case(work, complaint.id)

    assert (still, gone, len(await who(work_as, somebody, complaint.id, clock))) == (1, 0, 0)


async def test_a_key_of_another_system_is_nobody_present(work_as: WorkAs, a_complaint: Complaints) -> None:
    complaint = await a_complaint()

    with pytest.raises(NotAllowed):
        async with work_as(Actor(Role.SERVICE)) as work:
            await open_case(work, complaint.id)


# ---- old screens


async def test_an_old_screen_is_told_what_changed(work_as: WorkAs, a_complaint: Complaints, an_actor: ActorOf) -> None:
    complaint = await a_complaint(agency_id=a_complaint.knowledge.agency_ids["KOTA_SEMARANG"])
    sari = await an_actor(Role.AGENCY_ADMIN, "KOTA_SEMARANG", "sari")
    budi = await an_actor(Role.AGENCY_ADMIN, "KOTA_SEMARANG", "budi")
    verdict = Verdict("Lampu Mati", a_complaint.knowledge.category_ids["ESDM.LISTRIK"])
    async with work_as(sari) as work:
        await verify(work, complaint.id, verdict, seen_version=complaint.version)

    told = {}
    for actor in (budi, await an_actor(Role.NATIONAL_ADMIN)):
        with pytest.raises(Stale) as refusal:
            async with work_as(actor) as work:
                await verify(work, complaint.id, verdict, seen_version=complaint.version)
        told[actor.role] = refusal.value.changes

    assert [(one.kind, one.role, one.agency, one.name) for one in told[Role.AGENCY_ADMIN]] == [
        ("Verified", Role.AGENCY_ADMIN, "Pemkot Semarang", "Nama sari")
    ]
    assert {"category", "title"} <= set(told[Role.AGENCY_ADMIN][0].fields)
    assert [one.name for one in told[Role.NATIONAL_ADMIN]] == [None]
    assert local_date(told[Role.NATIONAL_ADMIN][0].at) == local_date(MONDAY)
