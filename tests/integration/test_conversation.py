"""The agency answers, the reporter replies; each audience reads its own part."""

from typing import Any

import pytest

from complaints.follow_up import follow_up, reply
from complaints.policy import Actor
from complaints.refusals import Invalid, NotAllowed, Problem, Stale
from models import Message
from rules.vocabulary import Audience, Clock, Role, Status
from tests.integration.given import Rows, RunningClocks, Staff, State
from tests.support import MONDAY, ActorOf, Complaints, EventsOf, WorkAs
from tests.support import Clock as WallClock


@pytest.fixture
def officer(staff: Staff) -> Actor:
    return staff(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU")


@pytest.fixture
def at_the_unit() -> dict[str, Any]:
    return {"agency": "KOTA_SEMARANG", "unit": "KOTA_SEMARANG.DPU"}


async def test_a_public_answer_is_a_response_and_starts_the_reply_window(
    work_as: WorkAs,
    a_complaint: Complaints,
    officer: Actor,
    at_the_unit: dict[str, Any],
    rows: Rows,
    running_clocks: RunningClocks,
    events_of: EventsOf,
) -> None:
    complaint = await a_complaint(Status.DISPATCHED, **at_the_unit)

    async with work_as(officer) as work:
        answered = await follow_up(
            work,
            complaint.id,
            "Petugas 081234567890 sudah ke lokasi.",
            Audience.EVERYONE,
            seen_version=complaint.version,
        )

    (message,) = await rows(Message)
    running = await running_clocks(complaint)
    assert (answered.status, answered.responded_at) == (Status.IN_PROGRESS, MONDAY)
    assert message.body == "Petugas 081234567890 sudah ke lokasi."
    assert message.public_body == "Petugas <TELEPON> sudah ke lokasi."
    assert (message.author_role, message.author_agency_id) == (Role.UNIT_OFFICER, officer.unit_id)
    assert set(running) == {Clock.COMPLETION, Clock.REPLY_WINDOW}
    # Ten working days.
    assert running[Clock.REPLY_WINDOW].due_at == MONDAY.replace(day=27, hour=16, minute=59, second=59)
    assert answered.due_at == running[Clock.COMPLETION].due_at
    last = (await events_of(complaint))[-1]
    assert (last.kind, last.data) == ("FollowedUp", {"message_id": str(message.id)})


async def test_an_answer_to_the_reporter_alone_counts_but_is_not_published(
    work_as: WorkAs, a_complaint: Complaints, officer: Actor, at_the_unit: dict[str, Any], rows: Rows
) -> None:
    complaint = await a_complaint(Status.DISPATCHED, **at_the_unit)

    async with work_as(officer) as work:
        answered = await follow_up(
            work, complaint.id, "Boleh kami hubungi?", Audience.PARTIES, seen_version=complaint.version
        )

    (message,) = await rows(Message)
    assert (answered.status, answered.responded_at) == (Status.IN_PROGRESS, MONDAY)
    assert (message.audience, message.public_body) == (Audience.PARTIES, None)


async def test_a_note_between_handlers_changes_neither_status_nor_clocks(
    work_as: WorkAs,
    a_complaint: Complaints,
    officer: Actor,
    at_the_unit: dict[str, Any],
    running_clocks: RunningClocks,
    events_of: EventsOf,
) -> None:
    complaint = await a_complaint(Status.DISPATCHED, **at_the_unit)

    async with work_as(officer) as work:
        noted = await follow_up(
            work, complaint.id, "Tolong cek anggaran.", Audience.INTERNAL, seen_version=complaint.version
        )

    last = (await events_of(complaint))[-1]
    assert (noted.status, noted.responded_at) == (Status.DISPATCHED, None)
    assert set(await running_clocks(complaint)) == {Clock.FIRST_RESPONSE, Clock.COMPLETION}
    assert (last.kind, last.audience) == ("Noted", Audience.INTERNAL)


async def test_another_answer_starts_the_reply_window_again(
    work_as: WorkAs,
    a_complaint: Complaints,
    officer: Actor,
    at_the_unit: dict[str, Any],
    running_clocks: RunningClocks,
    clock: WallClock,
) -> None:
    complaint = await a_complaint(Status.IN_PROGRESS, **at_the_unit)
    clock.forward(days=2)

    async with work_as(officer) as work:
        answered = await follow_up(
            work, complaint.id, "Sudah selesai.", Audience.EVERYONE, seen_version=complaint.version
        )

    window = (await running_clocks(complaint))[Clock.REPLY_WINDOW]
    assert (window.started_at, window.due_at) == (
        clock.now,
        MONDAY.replace(day=29, hour=16, minute=59, second=59),
    )
    # The first response stays the first.
    assert answered.responded_at == MONDAY


async def test_an_answer_may_leave_the_version_out(
    work_as: WorkAs, a_complaint: Complaints, officer: Actor, at_the_unit: dict[str, Any]
) -> None:
    complaint = await a_complaint(Status.DISPATCHED, **at_the_unit)

    async with work_as(officer) as work:
        answered = await follow_up(work, complaint.id, "Terima kasih.", Audience.EVERYONE, seen_version=None)

    assert answered.status is Status.IN_PROGRESS


async def test_an_empty_answer_is_refused(
    work_as: WorkAs, a_complaint: Complaints, officer: Actor, at_the_unit: dict[str, Any], state: State
) -> None:
    complaint = await a_complaint(Status.DISPATCHED, **at_the_unit)
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(officer) as work:
            await follow_up(work, complaint.id, "  ", Audience.EVERYONE, seen_version=complaint.version)

    assert refusal.value.problems == (Problem("text", "REQUIRED", {"min": 1, "length": 0}),)
    assert await state() == before


async def test_a_unit_does_not_answer_for_another_unit(
    work_as: WorkAs, a_complaint: Complaints, staff: Staff, at_the_unit: dict[str, Any], state: State
) -> None:
    complaint = await a_complaint(Status.DISPATCHED, **at_the_unit)
    before = await state()

    with pytest.raises(NotAllowed):
        async with work_as(staff(Role.UNIT_OFFICER, "KOTA_SEMARANG.DISHUB")) as work:
            await follow_up(work, complaint.id, "Bukan kami.", Audience.EVERYONE, seen_version=None)

    assert await state() == before


async def test_a_reply_stops_the_reply_window(
    work_as: WorkAs, a_complaint: Complaints, rows: Rows, running_clocks: RunningClocks, events_of: EventsOf
) -> None:
    complaint = await a_complaint(Status.IN_PROGRESS)

    async with work_as(a_complaint.ticket(complaint)) as work:
        replied = await reply(work, complaint.id, "Masih mati sampai malam ini.")

    message = (await rows(Message))[-1]
    assert replied.status is Status.IN_PROGRESS
    assert (message.body, message.audience, message.author_role) == (
        "Masih mati sampai malam ini.",
        Audience.PARTIES,
        Role.TICKET,
    )
    assert set(await running_clocks(complaint)) == {Clock.COMPLETION}
    last = (await events_of(complaint))[-1]
    assert (last.kind, last.audience) == ("Replied", Audience.PARTIES)


async def test_the_reporters_account_replies_and_no_other(
    work_as: WorkAs, a_complaint: Complaints, an_actor: ActorOf, state: State
) -> None:
    siti, budi = await an_actor(Role.REPORTER), await an_actor(Role.REPORTER)
    complaint = await a_complaint(Status.IN_PROGRESS, by=siti)
    async with work_as(siti) as work:
        await reply(work, complaint.id, "Terima kasih.")
    before = await state()

    with pytest.raises(NotAllowed):
        async with work_as(budi) as work:
            await reply(work, complaint.id, "Saya juga.")

    assert await state() == before


async def test_a_reply_makes_the_handlers_screen_stale(
    work_as: WorkAs, a_complaint: Complaints, officer: Actor, at_the_unit: dict[str, Any]
) -> None:
    complaint = await a_complaint(Status.IN_PROGRESS, **at_the_unit)
    async with work_as(a_complaint.ticket(complaint)) as work:
        await reply(work, complaint.id, "Masih mati.")

    with pytest.raises(Stale):
        async with work_as(officer) as work:
            await follow_up(work, complaint.id, "Sudah selesai.", Audience.EVERYONE, seen_version=complaint.version)
