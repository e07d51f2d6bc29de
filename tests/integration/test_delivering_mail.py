"""Letters reach a real server once, are tried again when these fail, and die where somebody can find them."""

from datetime import timedelta

import anyio
import psycopg
import pytest
from sqlalchemy import update

from complaints.desk import Objection, return_
from complaints.policy import SYSTEM
from complaints.telling.delivering import deliver
from complaints.telling.endpoints import (
    replay_delivery,
)
from complaints.telling.fan_out import DELIVER
from complaints.telling.inbox import set_address
from complaints.telling.jobs import mend_deliveries
from complaints.vault import Contact
from models import AccessEvent, Complaint, Delivery
from rules.telling import DeliveryState, Language
from rules.vocabulary import Role, Status
from server.database import libpq_url
from server.runtime import Runtime
from tests.integration.given import Jobs, Rows
from tests.integration.telling_given import DeliverAll, TellAll, with_mail
from tests.outside import MailSink
from tests.support import MONDAY, NATIONAL, ActorOf, Clock, Complaints, WorkAs

MARK = "Tanda3374Rahasia"
CONTACT = Contact(f"Siti {MARK}", "siti@contoh.id", "081234567890")


async def test_a_reporter_reads_what_happened_and_how_to_look(
    a_complaint: Complaints, tell_all: TellAll, deliver_all: DeliverAll, rows: Rows
) -> None:
    async with MailSink.open() as sink:
        complaint = await a_complaint(contact=CONTACT, title="Lampu mati")

        await tell_all(with_mail(sink.port))
        await deliver_all(with_mail(sink.port))

    (letter,) = sink.letters
    (delivery,) = await rows(Delivery)
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert (sink.recipients, letter["To"], letter["From"]) == (
        ["siti@contoh.id"], "siti@contoh.id", "Salur <salur@lapor.test>",
    )  # fmt: skip
    assert letter["Subject"] == f"[{complaint.tracking_code}] Laporan Anda sudah kami terima."
    assert letter["Message-ID"] == f"<{delivery.id}@lapor.test>"
    assert f"https://lapor.test/lacak?kode={complaint.tracking_code}" in text
    assert "Judul: Lampu mati" in text
    assert a_complaint.receipts[complaint.id].pin not in letter.as_string()
    assert (delivery.state, delivery.attempts, delivery.sent_at) == (DeliveryState.SENT, 1, MONDAY)


async def test_the_public_answer_is_in_the_mail_masked(
    a_complaint: Complaints, tell_all: TellAll, deliver_all: DeliverAll
) -> None:
    async with MailSink.open() as sink:
        await a_complaint(Status.IN_PROGRESS, contact=CONTACT)

        await tell_all(with_mail(sink.port))
        await deliver_all(with_mail(sink.port))

    answered = [letter for letter in sink.letters if "menjawab" in letter["Subject"]]
    assert len(answered) == 1
    assert "Petugas sudah ke lokasi." in answered[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize(("language", "subject"), [(Language.INDONESIAN, "menjawab"), (Language.ENGLISH, "answered")])
async def test_an_account_is_written_to_in_its_language_at_its_address(
    language: Language,
    subject: str,
    an_actor: ActorOf,
    a_complaint: Complaints,
    work_as: WorkAs,
    tell_all: TellAll,
    deliver_all: DeliverAll,
) -> None:
    warga = await an_actor(Role.REPORTER)
    async with work_as(warga) as work:
        await set_address(work, "warga@contoh.id", language)
    async with MailSink.open() as sink:
        await a_complaint(Status.IN_PROGRESS, by=warga)

        await tell_all(with_mail(sink.port))
        await deliver_all(with_mail(sink.port))

    assert set(sink.recipients) == {"warga@contoh.id"}
    assert [letter["Content-Language"] for letter in sink.letters if subject in letter["Subject"]] == [language]
    assert {letter["List-Unsubscribe"] for letter in sink.letters} == {"<https://lapor.test/pemberitahuan>"}


async def test_a_secret_case_says_nothing_but_its_code_and_a_link(
    an_actor: ActorOf, a_complaint: Complaints, tell_all: TellAll, deliver_all: DeliverAll
) -> None:
    await an_actor(Role.AGENCY_ADMIN, "PLN", login="admin@pln.contoh.id")
    async with MailSink.open() as sink:
        complaint = await a_complaint(Status.CLOSED, contact=CONTACT, is_secret=True, title=f"Judul {MARK}")

        await tell_all(with_mail(sink.port))
        await deliver_all(with_mail(sink.port))

    said = "".join(letter.get_body(("plain",)).get_content() for letter in sink.letters)  # type: ignore[union-attr]
    assert {letter["Subject"] for letter in sink.letters} == {
        f"[{complaint.tracking_code}] Ada perkembangan pada laporan ini."
    }
    assert {"siti@contoh.id", "admin@pln.contoh.id"} == set(sink.recipients)
    for content in (MARK, "PLN", "Listrik", "Selesai", "Petugas", "Judul", "Status"):
        assert content not in said


async def test_a_mail_to_staff_quotes_nothing_that_anybody_wrote(
    an_actor: ActorOf, a_complaint: Complaints, tell_all: TellAll, deliver_all: DeliverAll
) -> None:
    await an_actor(Role.AGENCY_ADMIN, "PLN", login="admin@pln.contoh.id")
    async with MailSink.open() as sink:
        complaint = await a_complaint(Status.DISPATCHED, text=f"{MARK} lampu jalan mati", contact=CONTACT)

        await tell_all(with_mail(sink.port))
        await deliver_all(with_mail(sink.port))

    (letter,) = [one for one in sink.letters if one["To"] == "admin@pln.contoh.id"]
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert f"https://lapor.test/laporan/{complaint.id}" in text
    assert "Batas waktu: 20 April 2026" in text
    for secret in (MARK, "Siti", "siti@contoh.id", "0812", "Lampu Jalan Mati"):
        assert secret not in letter.as_string()


@pytest.mark.parametrize(
    ("login", "code"), [("tanpa.alamat", "NO_ADDRESS"), ("dua@contoh.id,tiga@contoh.id", "ADDRESS_UNUSABLE")]
)
async def test_an_account_without_a_usable_address_is_skipped(
    login: str,
    code: str,
    an_actor: ActorOf,
    a_complaint: Complaints,
    tell_all: TellAll,
    deliver_all: DeliverAll,
    rows: Rows,
) -> None:
    await an_actor(Role.AGENCY_ADMIN, "PLN", login=login)
    async with MailSink.open() as sink:
        await a_complaint(Status.DISPATCHED)

        await tell_all(with_mail(sink.port))
        await deliver_all(with_mail(sink.port))

    assert sink.letters == []
    assert {(row.state, row.last_error) for row in await rows(Delivery)} == {(DeliveryState.SKIPPED, code)}


async def test_mail_about_a_case_that_has_moved_on_is_not_sent(
    an_actor: ActorOf, a_complaint: Complaints, work_as: WorkAs, tell_all: TellAll, deliver_all: DeliverAll, rows: Rows
) -> None:
    await an_actor(Role.AGENCY_ADMIN, "PLN", login="admin@pln.contoh.id")
    async with MailSink.open() as sink:
        complaint = await a_complaint(Status.DISPATCHED)
        await tell_all(with_mail(sink.port))
        async with work_as(NATIONAL) as work:
            await return_(work, complaint.id, Objection("BUKAN_WEWENANG"), seen_version=complaint.version)

        await deliver_all(with_mail(sink.port))

    assert sink.letters == []
    assert [row.last_error for row in await rows(Delivery)] == ["NOT_THEIRS"]


async def test_a_busy_server_is_tried_again_at_growing_distances(
    a_complaint: Complaints, clock: Clock, tell_all: TellAll, deliver_all: DeliverAll, rows: Rows, jobs: Jobs
) -> None:
    async with MailSink.open() as sink:
        sink.answers += ["451 later", "451 later"]
        await a_complaint(contact=CONTACT)
        outlets = with_mail(sink.port)
        await tell_all(outlets)
        waits = []
        for _ in range(2):
            await deliver_all(outlets)
            (row,) = await rows(Delivery)
            assert (row.state, row.last_error) == (DeliveryState.FAILED, "SMTP_451")
            waits.append((row.next_attempt_at - clock.now).total_seconds())
            await deliver_all(outlets)
            clock.now = row.next_attempt_at

        await deliver_all(outlets)

    (row,) = await rows(Delivery)
    assert (row.state, row.attempts, row.last_error, len(sink.letters)) == (DeliveryState.SENT, 3, None, 1)
    assert 24 <= waits[0] <= 36
    assert 96 <= waits[1] <= 144
    # One job for each attempt, each at its time.
    assert [name for name, _ in await jobs()].count(DELIVER) == 3


async def test_a_refused_address_is_dead_at_once_and_can_be_replayed(
    an_actor: ActorOf, a_complaint: Complaints, work_as: WorkAs, tell_all: TellAll, deliver_all: DeliverAll, rows: Rows
) -> None:
    pusat = await an_actor(Role.NATIONAL_ADMIN)
    async with MailSink.open() as sink:
        sink.answers.append("550 no such person")
        await a_complaint(contact=CONTACT)
        outlets = with_mail(sink.port)
        await tell_all(outlets)
        await deliver_all(outlets)
        (dead,) = await rows(Delivery)

        async with work_as(pusat) as work:
            await replay_delivery(work, dead.id)
        await deliver_all(outlets)

    (row,) = await rows(Delivery)
    assert (dead.state, dead.last_error, dead.attempts) == (DeliveryState.DEAD, "SMTP_550", 1)
    assert (row.state, len(sink.letters)) == (DeliveryState.SENT, 1)
    assert [noted.kind for noted in await rows(AccessEvent)] == ["DELIVERY_REPLAYED"]


async def test_a_server_that_is_not_there_is_tried_until_the_last_attempt(
    a_complaint: Complaints, clock: Clock, tell_all: TellAll, deliver_all: DeliverAll, rows: Rows
) -> None:
    async with MailSink.open() as sink:
        port = sink.port
    outlets = with_mail(port)
    await a_complaint(contact=CONTACT)
    await tell_all(outlets)

    for _ in range(4):
        await deliver_all(outlets)
        clock.forward(days=1)

    (row,) = await rows(Delivery)
    assert (row.state, row.attempts) == (DeliveryState.DEAD, 3)
    assert row.last_error == "SMTP_CONNECTIONREFUSEDERROR"


async def test_what_was_sent_is_not_sent_again(
    a_complaint: Complaints, clock: Clock, runtime: Runtime, tell_all: TellAll, deliver_all: DeliverAll
) -> None:
    async with MailSink.open() as sink:
        await a_complaint(contact=CONTACT)
        outlets = with_mail(sink.port)
        for _ in range(3):
            await tell_all(outlets)
            await deliver_all(outlets)
            clock.forward(days=1)
        forgotten = await mend_deliveries(runtime.workshop)

    assert len(sink.letters) == 1
    assert forgotten == 0


async def test_what_somebody_is_sending_is_left_alone_until_the_lease_is_over(
    a_complaint: Complaints,
    clock: Clock,
    runtime: Runtime,
    tell_all: TellAll,
    deliver_all: DeliverAll,
    rows: Rows,
    work_as: WorkAs,
) -> None:
    async with MailSink.open() as sink:
        outlets = with_mail(sink.port)
        await a_complaint(contact=CONTACT)
        await tell_all(outlets)
        async with work_as(SYSTEM) as work:
            lease = {"state": DeliveryState.SENDING, "attempts": 1, "lease_until": clock.now + timedelta(minutes=3)}
            await work.session.execute(update(Delivery).values(lease))

        await deliver_all(outlets)
        during = (len(sink.letters), await mend_deliveries(runtime.workshop))
        clock.forward(minutes=4)
        after = await mend_deliveries(runtime.workshop)
        await deliver_all(outlets)

    (row,) = await rows(Delivery)
    assert (during, after, len(sink.letters)) == ((0, 0), 1, 1)
    assert (row.state, row.attempts) == (DeliveryState.SENT, 2)


async def test_a_last_attempt_that_was_never_settled_is_dead(
    a_complaint: Complaints, clock: Clock, tell_all: TellAll, deliver_all: DeliverAll, rows: Rows, work_as: WorkAs
) -> None:
    async with MailSink.open() as sink:
        outlets = with_mail(sink.port)
        await a_complaint(contact=CONTACT)
        await tell_all(outlets)
        async with work_as(SYSTEM) as work:
            lease = {"state": DeliveryState.SENDING, "attempts": 3, "lease_until": clock.now - timedelta(minutes=3)}
            await work.session.execute(update(Delivery).values(lease))

        await deliver_all(outlets)

    (row,) = await rows(Delivery)
    assert (row.state, row.last_error, sink.letters) == (DeliveryState.DEAD, "NEVER_SETTLED", [])


async def test_a_lost_job_loses_no_delivery(
    a_complaint: Complaints, clock: Clock, runtime: Runtime, tell_all: TellAll, jobs: Jobs
) -> None:
    await a_complaint(contact=CONTACT)
    await tell_all(with_mail(1))
    with psycopg.connect(libpq_url(runtime.url)) as connection:
        connection.execute("delete from procrastinate_jobs")

    clock.forward(minutes=5)
    mended = await mend_deliveries(runtime.workshop)

    assert mended == 1
    assert [name for name, _ in await jobs()] == [DELIVER]


async def test_two_workers_with_one_delivery_send_it_once(
    a_complaint: Complaints, runtime: Runtime, tell_all: TellAll, rows: Rows
) -> None:
    async with MailSink.open() as sink:
        outlets = with_mail(sink.port)
        await a_complaint(contact=CONTACT)
        await tell_all(outlets)
        (row,) = await rows(Delivery)
        sink.greets.clear()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(deliver, runtime.workshop, outlets, row.id)
            await sink.called.wait()
            # The first is talking to the server now.
            await deliver(runtime.workshop, outlets, row.id)
            sink.greets.set()

    assert len(sink.letters) == 1


async def test_a_complaint_and_its_reporter_stay_apart_in_the_rows(
    a_complaint: Complaints, tell_all: TellAll, rows: Rows
) -> None:
    await a_complaint(contact=CONTACT)

    await tell_all(with_mail(1))

    (complaint,), (row,) = await rows(Complaint), await rows(Delivery)
    assert (row.complaint_id, row.to_reporter, row.person_id) == (complaint.id, True, None)
