"""An event is told to everybody it concerns and to nobody else, once, in the transaction in which it happened."""

from collections.abc import Awaitable, Callable

import pytest

from complaints.accounts import close_account
from complaints.close import close, close_by_silence, reopen
from complaints.desk import Objection, archive, defer, restore, return_
from complaints.dispatch import Destination, dispatch
from complaints.files.processing import process_file
from complaints.follow_up import follow_up, reply
from complaints.jobs import escalate
from complaints.merge import merge
from complaints.policy import SYSTEM, Actor
from complaints.submit import Draft, submit
from complaints.telling.fan_out import tell
from complaints.telling.inbox import set_preference
from complaints.vault import Contact
from complaints.verify import Verdict, verify
from complaints.work import TELL
from models import Attachment, Complaint, ComplaintEvent, Delivery, Notification, Person
from rules.telling import Medium, NotificationKind
from rules.vocabulary import Audience, Classification, Role, Status
from server.runtime import Runtime
from tests.file_samples import photo
from tests.integration.given import Jobs, Rows, State
from tests.integration.telling_given import OUTLETS, TellAll, with_mail
from tests.support import NATIONAL, ActorOf, Bring, Clock, Complaints, EventsOf, WorkAs

MAIL = with_mail(1)
CONTACT = Contact("Siti Rahasia", "siti@contoh.id", "081234567890")

Heard = Callable[[], Awaitable[list[tuple[str, str]]]]


@pytest.fixture
def heard(rows: Rows) -> Heard:
    """Every notification as (login, kind)."""

    async def read() -> list[tuple[str, str]]:
        logins = {person.id: person.login for person in await rows(Person)}
        return sorted((logins[row.person_id], row.kind.value) for row in await rows(Notification))

    return read


async def test_event_and_telling_commit_together(a_complaint: Complaints, jobs: Jobs, events_of: EventsOf) -> None:
    complaint = await a_complaint()

    told = [list(arguments["event_ids"]) for name, arguments in await jobs() if name == TELL]

    events = [event for event in await events_of(complaint) if event.kind in ("Submitted", "Routed")]
    assert told == [[str(event.id) for event in events]]


async def test_what_is_rolled_back_is_told_to_nobody(a_complaint: Complaints, work_as: WorkAs, state: State) -> None:
    complaint = await a_complaint(Status.DISPATCHED)
    before = await state()

    with pytest.raises(RuntimeError, match="rolled back"):  # noqa: PT012 - the block is the transaction
        async with work_as(NATIONAL) as work:
            await follow_up(work, complaint.id, "Besok.", Audience.EVERYONE, seen_version=complaint.version)
            raise RuntimeError("rolled back")

    assert await state() == before


async def test_what_is_imported_is_told_to_nobody(runtime: Runtime, a_complaint: Complaints, jobs: Jobs) -> None:
    complaint = await a_complaint(Status.DISPATCHED)
    before = await jobs()

    async with runtime.workshop.work(NATIONAL) as work:
        work.is_quiet = True
        await follow_up(work, complaint.id, "Besok.", Audience.EVERYONE, seen_version=complaint.version)

    assert await jobs() == before


async def test_a_new_report_is_told_to_its_desk_and_to_its_reporter(
    an_actor: ActorOf, a_complaint: Complaints, tell_all: TellAll, heard: Heard
) -> None:
    warga = await an_actor(Role.REPORTER, login="warga")
    await an_actor(Role.AGENCY_ADMIN, "PLN", login="admin.pln")
    await an_actor(Role.AGENCY_ADMIN, "KOTA_SEMARANG", login="admin.semarang")
    await an_actor(Role.NATIONAL_ADMIN, login="pusat")

    await a_complaint(by=warga, agency_id=a_complaint.knowledge.agency_ids["KOTA_SEMARANG"])
    await tell_all(OUTLETS)

    assert await heard() == [("admin.semarang", "NEW_IN_QUEUE"), ("warga", "RECEIVED")]


async def test_a_file_that_is_refused_is_told_to_its_reporter_alone(
    runtime: Runtime, an_actor: ActorOf, bring: Bring, rows: Rows, tell_all: TellAll, heard: Heard
) -> None:
    warga = await an_actor(Role.REPORTER, login="warga")
    await an_actor(Role.NATIONAL_ADMIN, login="pusat")
    draft = Draft("Mohon bantuan untuk hal yang sangat umum ini", attachments=(await bring(photo()[:3_000]),))
    await submit(runtime.workshop, warga, draft, None, None)
    (row,) = await rows(Attachment)

    await process_file(runtime.workshop, runtime.files, row.id)
    await tell_all(OUTLETS)

    assert await heard() == [("pusat", "NEW_IN_QUEUE"), ("warga", "FILE_REFUSED"), ("warga", "RECEIVED")]


async def test_a_report_nobody_claims_is_told_to_the_national_desk(
    an_actor: ActorOf, a_complaint: Complaints, tell_all: TellAll, heard: Heard
) -> None:
    await an_actor(Role.AGENCY_ADMIN, "PLN", login="admin.pln")
    await an_actor(Role.NATIONAL_ADMIN, login="pusat")

    await a_complaint(text="Mohon bantuan untuk hal yang sangat umum ini")
    await tell_all(OUTLETS)

    assert await heard() == [("pusat", "NEW_IN_QUEUE")]


async def test_a_dispatch_is_told_to_unit_copies_and_reporter(
    an_actor: ActorOf, a_complaint: Complaints, work_as: WorkAs, tell_all: TellAll, heard: Heard
) -> None:
    warga = await an_actor(Role.REPORTER, login="warga")
    await an_actor(Role.AGENCY_ADMIN, "KOTA_SEMARANG", login="admin.semarang")
    await an_actor(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU", login="dpu")
    await an_actor(Role.UNIT_OFFICER, "KOTA_SEMARANG.DLH", login="dlh")
    await an_actor(Role.AGENCY_ADMIN, "PLN", login="admin.pln")
    ids = a_complaint.knowledge.agency_ids
    complaint = await a_complaint(Status.VERIFIED, by=warga, agency="KOTA_SEMARANG")

    async with work_as(NATIONAL) as work:
        to = Destination(ids["KOTA_SEMARANG.DPU"], (ids["PLN"],))
        await dispatch(work, complaint.id, to, seen_version=complaint.version)
    await tell_all(OUTLETS)

    assert [pair for pair in await heard() if pair[1] not in ("NEW_IN_QUEUE", "RECEIVED")] == [
        ("admin.pln", "COPIED"),
        ("dpu", "DISPATCHED_TO_YOU"),
        ("warga", "ACCEPTED"),
    ]


async def test_a_unit_without_accounts_is_stood_in_for(
    an_actor: ActorOf, a_complaint: Complaints, tell_all: TellAll, heard: Heard
) -> None:
    await an_actor(Role.AGENCY_ADMIN, "KOTA_SEMARANG", login="admin.semarang")

    await a_complaint(Status.DISPATCHED, agency="KOTA_SEMARANG", unit="KOTA_SEMARANG.DPU")
    await tell_all(OUTLETS)

    assert ("admin.semarang", "DISPATCHED_TO_YOU") in await heard()


async def test_the_reporter_hears_of_every_turn(
    an_actor: ActorOf, a_complaint: Complaints, work_as: WorkAs, tell_all: TellAll, rows: Rows
) -> None:
    warga = await an_actor(Role.REPORTER)
    row = await a_complaint(by=warga)
    steps: list[tuple[Actor, Callable[..., Awaitable[Complaint]]]] = [
        (NATIONAL, lambda w, v: defer(w, row.id, "LOKASI_TIDAK_JELAS", "Di mana?", seen_version=v)),
        (warga, lambda w, _: reply(w, row.id, "Di depan pasar.")),
        (NATIONAL, lambda w, v: archive(w, row.id, "TIDAK_JELAS", None, seen_version=v)),
        (NATIONAL, lambda w, v: restore(w, row.id, "Lengkap.", seen_version=v)),
        (NATIONAL, lambda w, v: verify(w, row.id, verdict(w), seen_version=v)),
        (NATIONAL, lambda w, v: dispatch(w, row.id, Destination(), seen_version=v)),
        (NATIONAL, lambda w, v: follow_up(w, row.id, "Besok.", Audience.EVERYONE, seen_version=v)),
        (NATIONAL, lambda w, v: follow_up(w, row.id, "Antar petugas.", Audience.INTERNAL, seen_version=v)),
        (NATIONAL, lambda w, v: close(w, row.id, "Sudah.", seen_version=v)),
        (warga, lambda w, _: reopen(w, row.id, "Belum.")),
        (SYSTEM, lambda w, _: close_by_silence(w, row.id)),
    ]

    for actor, step in steps:
        (now,) = await rows(Complaint)
        async with work_as(actor) as work:
            await step(work, now.version)
    await tell_all(OUTLETS)

    mine = sorted(await rows(Notification, Notification.person_id == warga.id), key=lambda told: str(told.event_id))
    assert [told.kind.value for told in mine] == [
        "RECEIVED", "QUESTION", "ARCHIVED", "RESTORED", "ACCEPTED", "ANSWERED", "CLOSED", "REOPENED", "CLOSED",
    ]  # fmt: skip


def verdict(work: object) -> Verdict:
    ids = work.knowledge  # type: ignore[attr-defined]
    return Verdict(title="Lampu", category_id=ids.category_ids["ESDM.LISTRIK"], agency_id=ids.agency_ids["PLN"])


async def test_staff_hear_of_returns_replies_and_reopening(
    an_actor: ActorOf, a_complaint: Complaints, work_as: WorkAs, tell_all: TellAll, rows: Rows, heard: Heard
) -> None:
    admin = await an_actor(Role.AGENCY_ADMIN, "PLN", login="admin.pln")
    pusat = await an_actor(Role.NATIONAL_ADMIN, login="pusat")
    answered = await a_complaint(Status.IN_PROGRESS)
    closed = await a_complaint(Status.CLOSED)
    returned = await a_complaint(Status.DISPATCHED)

    async with work_as(a_complaint.ticket(answered)) as work:
        await reply(work, answered.id, "Belum ada yang datang.")
    async with work_as(a_complaint.ticket(closed)) as work:
        await reopen(work, closed.id, "Mati lagi.")
    async with work_as(admin) as work:
        await return_(work, returned.id, Objection("BUKAN_WEWENANG"), seen_version=returned.version)
    await tell_all(OUTLETS)

    kinds = {
        actor.id: [row.kind.value for row in await rows(Notification, Notification.person_id == actor.id)]
        for actor in (admin, pusat)
    }
    assert sorted(set(kinds[admin.id])) == ["CASE_REOPENED", "DISPATCHED_TO_YOU", "REPORTER_REPLIED"]
    assert "RETURNED" in kinds[pusat.id]


async def test_a_reminder_goes_to_the_handlers_and_an_alarm_up_the_ladder(
    an_actor: ActorOf, a_complaint: Complaints, runtime: Runtime, clock: Clock, tell_all: TellAll, heard: Heard
) -> None:
    await an_actor(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU", login="dpu")
    await an_actor(Role.AGENCY_ADMIN, "KOTA_SEMARANG", login="admin.semarang")
    await an_actor(Role.NATIONAL_ADMIN, login="pusat")
    await a_complaint(Status.DISPATCHED, agency="KOTA_SEMARANG", unit="KOTA_SEMARANG.DPU")

    for days in (6, 3, 3, 7):
        clock.forward(days=days)
        await escalate(runtime.workshop)
    await tell_all(OUTLETS)

    late = [pair for pair in await heard() if pair[1] in ("REMINDER", "ESCALATED")]
    assert ("dpu", "REMINDER") in late
    assert {login for login, kind in late if kind == "ESCALATED"} == {"dpu", "admin.semarang", "pusat"}
    assert {login for login, kind in late if kind == "REMINDER"} == {"dpu"}


async def test_the_reporter_is_reminded_before_silence_closes(
    an_actor: ActorOf, a_complaint: Complaints, runtime: Runtime, clock: Clock, tell_all: TellAll, heard: Heard
) -> None:
    warga = await an_actor(Role.REPORTER, login="warga")
    await a_complaint(Status.IN_PROGRESS, by=warga)

    clock.forward(days=13)
    await escalate(runtime.workshop)
    await tell_all(OUTLETS)

    assert ("warga", "REPLY_AWAITED") in await heard()


async def test_reporters_of_merged_reports_hear_what_happens_to_the_one_they_follow(
    an_actor: ActorOf, a_complaint: Complaints, work_as: WorkAs, clock: Clock, tell_all: TellAll, rows: Rows
) -> None:
    warga, other = await an_actor(Role.REPORTER), await an_actor(Role.REPORTER)
    parent = await a_complaint(Status.DISPATCHED, by=warga)
    clock.forward(hours=1)
    child, stranger = await a_complaint(by=other), await a_complaint(contact=CONTACT)
    for row in (child, stranger):
        async with work_as(NATIONAL) as work:
            await merge(work, row.id, parent.id, "Lampu yang sama.", seen_version=row.version)
    (now,) = await rows(Complaint, Complaint.id == parent.id)

    async with work_as(NATIONAL) as work:
        await follow_up(work, parent.id, "Besok.", Audience.EVERYONE, seen_version=now.version)
    await tell_all(MAIL)

    mine, theirs = [
        [(row.kind.value, row.complaint_id) for row in await rows(Notification, Notification.person_id == person.id)]
        for person in (warga, other)
    ]
    assert mine[-1] == ("ANSWERED", parent.id)
    assert theirs == [("RECEIVED", child.id), ("MERGED", child.id), ("ANSWERED", child.id)]
    mails = [row for row in await rows(Delivery) if row.person_id is None]
    assert [(row.kind, row.complaint_id) for row in mails] == [
        ("RECEIVED", stranger.id), ("MERGED", stranger.id), ("ANSWERED", stranger.id),
    ]  # fmt: skip


async def test_nobody_hears_of_what_they_did_themselves(
    an_actor: ActorOf, a_complaint: Complaints, work_as: WorkAs, tell_all: TellAll, heard: Heard
) -> None:
    pusat = await an_actor(Role.NATIONAL_ADMIN, login="pusat")
    await an_actor(Role.NATIONAL_ADMIN, login="pusat.dua")
    complaint = await a_complaint(Status.DISPATCHED)

    async with work_as(pusat) as work:
        await return_(work, complaint.id, Objection("BUKAN_WEWENANG"), seen_version=complaint.version)
    await tell_all(OUTLETS)

    assert [login for login, kind in await heard() if kind == "RETURNED"] == ["pusat.dua"]


async def test_who_may_not_see_a_case_does_not_hear_of_it(
    an_actor: ActorOf, a_complaint: Complaints, work_as: WorkAs, tell_all: TellAll, heard: Heard
) -> None:
    # The inspectorate sees supervision only; of an ordinary case it hears nothing.
    await an_actor(Role.INSPECTORATE, "PLN", login="inspektorat")
    await a_complaint(Status.DISPATCHED)
    graver = await a_complaint(Status.VERIFIED)
    async with work_as(SYSTEM) as work:
        (await work.session.get_one(Complaint, graver.id)).classification = Classification.SUPERVISION

    async with work_as(NATIONAL) as work:
        await dispatch(work, graver.id, Destination(), seen_version=graver.version)
    await tell_all(OUTLETS)

    assert [login for login, _ in await heard()] == ["inspektorat"]


async def test_a_closed_account_hears_nothing(
    an_actor: ActorOf, a_complaint: Complaints, work_as: WorkAs, tell_all: TellAll, heard: Heard
) -> None:
    await an_actor(Role.NATIONAL_ADMIN, login="lama")
    await an_actor(Role.NATIONAL_ADMIN, login="pusat")
    async with work_as(SYSTEM) as work:
        await close_account(work, "lama")

    await a_complaint()
    await tell_all(OUTLETS)

    assert [login for login, _ in await heard()] == ["pusat"]


async def test_telling_again_writes_nothing(
    an_actor: ActorOf, a_complaint: Complaints, tell_all: TellAll, state: State, rows: Rows
) -> None:
    await an_actor(Role.NATIONAL_ADMIN)
    await a_complaint(Status.CLOSED, contact=CONTACT)
    await tell_all(MAIL)
    before = await state()

    await tell_all(MAIL)

    assert await state() == before
    assert len(await rows(Delivery)) >= 4


async def test_an_event_that_is_not_there_is_passed_over(runtime: Runtime, a_complaint: Complaints) -> None:
    complaint = await a_complaint()

    await tell(runtime.workshop, OUTLETS, [complaint.id])


async def test_choices_decide_what_comes_how(
    an_actor: ActorOf, a_complaint: Complaints, work_as: WorkAs, tell_all: TellAll, rows: Rows
) -> None:
    admin = await an_actor(Role.NATIONAL_ADMIN)
    other = await an_actor(Role.NATIONAL_ADMIN)
    async with work_as(admin) as work:
        await set_preference(work, NotificationKind.NEW_IN_QUEUE, Medium.IN_APP, is_on=False)
        await set_preference(work, NotificationKind.NEW_IN_QUEUE, Medium.EMAIL, is_on=True)

    await a_complaint()
    await tell_all(MAIL)

    assert [row.person_id for row in await rows(Notification)] == [other.id]
    assert [row.person_id for row in await rows(Delivery)] == [admin.id]


async def test_without_a_mail_server_no_mail_is_queued(a_complaint: Complaints, tell_all: TellAll, rows: Rows) -> None:
    await a_complaint(contact=CONTACT)

    await tell_all(OUTLETS)

    assert await rows(Delivery) == []


@pytest.mark.parametrize("contact", [Contact(), Contact(phone="081234567890")])
async def test_a_reporter_who_left_no_address_gets_no_mail(
    contact: Contact, a_complaint: Complaints, tell_all: TellAll, rows: Rows
) -> None:
    await a_complaint(contact=contact)

    await tell_all(MAIL)

    assert [row for row in await rows(Delivery) if row.to_reporter] == []


async def test_rows_of_telling_hold_nothing_that_anybody_wrote(
    an_actor: ActorOf, a_complaint: Complaints, tell_all: TellAll, rows: Rows, state: State
) -> None:
    await an_actor(Role.NATIONAL_ADMIN)
    await a_complaint(Status.CLOSED, contact=CONTACT, text="Tanda3374 lampu mati di depan rumah", title="Tanda3374")

    await tell_all(MAIL)

    kept = "".join(
        repr({name: getattr(row, name) for name in row.__table__.columns.keys()})  # noqa: SIM118 - no mapping
        for row in [*await rows(Notification), *await rows(Delivery)]
    )
    assert "ANSWERED" in kept
    for secret in ("Tanda3374", "Siti", "siti@contoh.id", "081234567890"):
        assert secret not in kept


async def test_every_event_was_told_by_a_job(a_complaint: Complaints, jobs: Jobs, rows: Rows) -> None:
    await a_complaint(Status.CLOSED)

    told = {event_id for name, arguments in await jobs() if name == TELL for event_id in arguments["event_ids"]}

    assert told == {str(event.id) for event in await rows(ComplaintEvent)}
