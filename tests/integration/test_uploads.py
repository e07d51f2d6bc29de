"""Bringing files: who may, how large, once, and what a report is told about those that are not there."""

from collections.abc import Sequence

import anyio
import pytest
from sqlalchemy import update

from complaints.files.uploads import Brought, UploadWish, discard_upload, look_at, open_address, request_upload
from complaints.follow_up import follow_up, reply
from complaints.policy import ANYONE, Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, NotSignedIn, Refusal, TooMany
from complaints.submit import Draft, submit
from models import Attachment, Complaint, Message, Upload, new_id
from rules.vocabulary import AttachmentState, Audience, Role, Status
from server.runtime import Runtime
from tests.file_samples import MP4, PDF, SVG, archive, image
from tests.integration.given import Jobs, Rows, Staff, State
from tests.support import NATIONAL, Bring, Clock, Complaints, WorkAs

TEXT = "Jalan di depan pasar rusak parah"


def codes(refusal: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in refusal.value.problems]


async def test_report_is_filed_with_its_files_and_each_waits_for_its_job(
    runtime: Runtime, bring: Bring, rows: Rows, jobs: Jobs
) -> None:
    brought = (await bring(image(), "../jalan\u202egpj.exe"), await bring(PDF, "surat"))

    receipt = await submit(runtime.workshop, ANYONE, Draft(TEXT, attachments=brought), None, None)

    found = await rows(Attachment)
    assert {(row.complaint_id, row.audience, row.state, row.uploader_role) for row in found} == {
        (receipt.complaint.id, Audience.PARTIES, AttachmentState.UPLOADED, Role.PUBLIC)
    }
    assert [(row.file_name, row.media_type) for row in found] == [
        ("jalangpj.jpg", "image/jpeg"),
        ("surat.pdf", "application/pdf"),
    ]
    deferred = [arguments["attachment_id"] for name, arguments in await jobs() if name == "files.process"]
    assert deferred == [str(row.id) for row in found]


async def test_secrets_are_stored_only_as_fingerprints(bring: Bring, rows: Rows) -> None:
    brought = await bring(PDF)

    (upload,) = await rows(Upload)

    stored = " ".join(str(value) for value in vars(upload).values())
    assert brought.secret not in stored
    assert len(upload.secret_hash) == len(upload.address_hash) == 32


async def test_repeated_report_gets_the_first_receipt_and_no_second_file(
    runtime: Runtime, bring: Bring, rows: Rows
) -> None:
    brought = await bring(PDF)
    draft = Draft(TEXT, attachments=(brought,), idempotency_key="kunci-acak-yang-panjang")
    first = await submit(runtime.workshop, ANYONE, draft, None, None)

    # By now the bytes were taken from where they had been brought.
    gone = Draft(TEXT, attachments=(Brought(brought.secret),), idempotency_key="kunci-acak-yang-panjang")
    second = await submit(runtime.workshop, ANYONE, gone, None, None)

    assert (second.is_repeat, second.complaint.id) == (True, first.complaint.id)
    assert len(await rows(Attachment)) == 1


async def test_same_key_with_other_files_is_another_report(runtime: Runtime, bring: Bring) -> None:
    key = "kunci-acak-yang-panjang"
    await submit(runtime.workshop, ANYONE, Draft(TEXT, idempotency_key=key), None, None)
    other = Draft(TEXT, idempotency_key=key, attachments=(await bring(PDF),))

    with pytest.raises(Invalid) as refusal:
        await submit(runtime.workshop, ANYONE, other, None, None)

    assert codes(refusal) == [("idempotencyKey", "KEY_REUSED")]


async def test_file_is_attached_once_even_by_two_reports_at_the_same_moment(
    runtime: Runtime, bring: Bring, rows: Rows
) -> None:
    brought = await bring(PDF)
    refused: list[Sequence[tuple[str, str]]] = []

    async def file() -> None:
        try:
            await submit(runtime.workshop, ANYONE, Draft(TEXT, attachments=(brought,)), None, None)
        except Invalid as no:
            refused.append([(problem.field, problem.code) for problem in no.problems])

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(file)

    assert refused == [[("attachments.0", "UPLOAD_UNKNOWN")]] * 4
    assert (len(await rows(Attachment)), len(await rows(Complaint))) == (1, 1)


async def test_every_file_that_cannot_be_attached_is_named_and_nothing_is_written(
    runtime: Runtime, bring: Bring, state: State, work_as: WorkAs, clock: Clock
) -> None:
    fine, twice = await bring(PDF), await bring(PDF)
    svg, zipped = await bring(SVG, "gambar.png"), await bring(archive(), "foto.jpg")
    async with work_as(ANYONE) as work:
        never_sent = (await request_upload(work, UploadWish("a.pdf", 10), None)).secret
    thrown_away = await bring(PDF)
    async with work_as(ANYONE) as work:
        await discard_upload(work, thrown_away.secret)
    short = Brought(twice.secret, size=3, media_type="application/pdf")
    before = await state()

    refusals = []
    for wrong in [
        (fine, fine, Brought("tebakan"), Brought(never_sent), svg),
        (zipped, short, thrown_away),
        (fine,) * 6,
    ]:
        with pytest.raises(Invalid) as refusal:
            await submit(runtime.workshop, ANYONE, Draft(TEXT, attachments=wrong), None, None)
        refusals.append(codes(refusal))

    assert refusals[:2] == [
        [
            ("attachments.1", "UPLOAD_UNKNOWN"),
            ("attachments.2", "UPLOAD_UNKNOWN"),
            ("attachments.3", "NOT_UPLOADED"),
            ("attachments.4", "FILE_KIND"),
        ],
        [("attachments.0", "FILE_KIND"), ("attachments.1", "FILE_SIZE"), ("attachments.2", "UPLOAD_UNKNOWN")],
    ]
    assert refusals[2][0] == ("attachments", "TOO_MANY")
    assert await state() == before


async def test_upload_that_waited_too_long_is_unknown(runtime: Runtime, bring: Bring, clock: Clock) -> None:
    brought = await bring(PDF)
    clock.forward(seconds=86_400)

    with pytest.raises(Invalid) as refusal:
        await submit(runtime.workshop, ANYONE, Draft(TEXT, attachments=(brought,)), None, None)

    assert codes(refusal) == [("attachments.0", "UPLOAD_UNKNOWN")]


async def test_report_is_not_lost_while_the_storage_is_down(runtime: Runtime, bring: Bring, rows: Rows) -> None:
    brought = await bring(PDF)

    unseen = Brought(brought.secret, is_known=False)
    await submit(runtime.workshop, ANYONE, Draft(TEXT, attachments=(unseen,)), None, None)

    (row,) = await rows(Attachment)
    assert (row.state, row.media_type, row.original_media_type) == (
        AttachmentState.UPLOADED, "application/octet-stream", None,
    )  # fmt: skip


async def test_no_more_is_looked_at_than_may_be_attached(runtime: Runtime) -> None:
    seen = await look_at(runtime.files, ["a", "b", "c"], 2)

    assert [(one.secret, one.is_known) for one in seen] == [("a", True), ("b", True), ("c", False)]


@pytest.mark.parametrize("audience", Audience)
async def test_files_of_an_answer_have_its_audience_and_belong_to_it(
    audience: Audience, a_complaint: Complaints, bring: Bring, work_as: WorkAs, rows: Rows
) -> None:
    complaint = await a_complaint(Status.DISPATCHED)
    brought = await bring(MP4, "bukti.mp4", by=NATIONAL, to=complaint.id)

    async with work_as(NATIONAL) as work:
        await follow_up(work, complaint.id, "Lihat.", audience, seen_version=None, attachments=[brought])

    (row,), (message,) = await rows(Attachment), await rows(Message, Message.body == "Lihat.")
    assert (row.audience, row.message_id, row.uploader_role) == (audience, message.id, Role.NATIONAL_ADMIN)


async def test_reporter_answers_with_a_file(a_complaint: Complaints, bring: Bring, work_as: WorkAs, rows: Rows) -> None:
    complaint = await a_complaint(Status.DEFERRED)
    ticket = a_complaint.ticket(complaint)
    brought = await bring(PDF, by=ticket, to=complaint.id)

    async with work_as(ticket) as work:
        await reply(work, complaint.id, "Ini suratnya.", [brought])

    (row,) = await rows(Attachment)
    assert (row.audience, row.uploader_role) == (Audience.PARTIES, Role.TICKET)


async def test_upload_for_one_complaint_cannot_be_attached_to_another(
    a_complaint: Complaints, bring: Bring, work_as: WorkAs
) -> None:
    one, other = await a_complaint(Status.DISPATCHED), await a_complaint(Status.DISPATCHED)
    brought = await bring(PDF, by=NATIONAL, to=one.id)

    note = (other.id, "Catatan.", Audience.INTERNAL)
    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await follow_up(work, *note, seen_version=None, attachments=[brought])

    assert codes(refusal) == [("attachments.0", "UPLOAD_UNKNOWN")]


async def test_only_who_may_add_to_a_complaint_gets_an_address_for_it(
    a_complaint: Complaints, staff: Staff, work_as: WorkAs, rows: Rows
) -> None:
    complaint = await a_complaint(Status.DISPATCHED, agency="PLN", is_secret=True)
    public = await a_complaint(Status.DISPATCHED, agency="PLN")

    async def asked(actor: Actor, to: Complaint) -> type[Refusal] | None:
        try:
            async with work_as(actor) as work:
                await request_upload(work, UploadWish("a.pdf", 10), to.id)
        except Refusal as no:
            return type(no)
        return None

    found = {
        "agency": await asked(staff(Role.AGENCY_ADMIN, "PLN"), complaint),
        "other agency": await asked(staff(Role.AGENCY_ADMIN, "KOTA_SEMARANG"), complaint),
        "ticket": await asked(a_complaint.ticket(complaint), complaint),
        "other ticket": await asked(a_complaint.ticket(public), complaint),
        "stranger, secret": await asked(ANYONE, complaint),
        "stranger, public": await asked(ANYONE, public),
        "overseer": await asked(staff(Role.OVERSEER), complaint),
        "data staff": await asked(staff(Role.DATA_STAFF), public),
    }

    assert found == {
        "agency": None,
        "other agency": NotFound,
        "ticket": None,
        "other ticket": NotFound,
        "stranger, secret": NotFound,
        "stranger, public": NotAllowed,
        "overseer": NotAllowed,
        "data staff": NotAllowed,
    }
    assert [row.complaint_id for row in await rows(Upload)] == [complaint.id] * 2


@pytest.mark.parametrize("size", [0, -1, 5 * 1024 * 1024 + 1])
async def test_size_out_of_range_gets_no_address(size: int, work_as: WorkAs, state: State) -> None:
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(ANYONE) as work:
            await request_upload(work, UploadWish("a.pdf", size), None)

    assert codes(refusal) == [("sizeBytes", "OUT_OF_RANGE")]
    assert await state() == before


async def test_largest_size_gets_one(work_as: WorkAs) -> None:
    async with work_as(ANYONE) as work:
        ticket = await request_upload(work, UploadWish("a.pdf", 5 * 1024 * 1024), None)

    assert ticket.row.declared_bytes == 5_242_880


async def test_what_lies_around_unattached_has_a_limit(bring: Bring, work_as: WorkAs, clock: Clock) -> None:
    await bring(PDF)
    async with work_as(ANYONE) as work:
        await work.session.execute(update(Upload).values(declared_bytes=2_000_000_000))

    with pytest.raises(TooMany):
        async with work_as(ANYONE) as work:
            await request_upload(work, UploadWish("a.pdf", 1), None)

    clock.forward(days=1)
    async with work_as(ANYONE) as work:
        await request_upload(work, UploadWish("a.pdf", 1), None)


async def test_address_takes_bytes_until_they_came_or_its_time_is_over(
    work_as: WorkAs, clock: Clock, rows: Rows
) -> None:
    async with work_as(ANYONE) as work:
        ticket = await request_upload(work, UploadWish("a.pdf", 1), None)
        late = await request_upload(work, UploadWish("b.pdf", 1), None)

    async with work_as(ANYONE) as work:
        row = await open_address(work, ticket.address)
        assert row is not None
        row.received_at = work.now
    clock.forward(seconds=900)

    async with work_as(ANYONE) as work:
        answers = [await open_address(work, address) for address in (ticket.address, late.address, ticket.secret, "")]
    assert answers == [None] * 4


async def test_upload_is_discarded_by_who_owns_it_and_not_after_it_was_attached(
    runtime: Runtime, bring: Bring, work_as: WorkAs, rows: Rows
) -> None:
    kept, dropped = await bring(PDF), await bring(PDF)
    await submit(runtime.workshop, ANYONE, Draft(TEXT, attachments=(kept,)), None, None)

    for _ in range(2):
        async with work_as(ANYONE) as work:
            await discard_upload(work, dropped.secret)
    for secret in (kept.secret, "tebakan"):
        with pytest.raises(NotFound):
            async with work_as(ANYONE) as work:
                await discard_upload(work, secret)

    assert [row.discarded_at is None for row in await rows(Upload)] == [True, False]


async def test_who_may_attach_nothing_is_refused_before_anything_is_looked_up(work_as: WorkAs) -> None:
    with pytest.raises(NotAllowed):
        async with work_as(Actor(Role.AUDITOR)) as work:
            await request_upload(work, UploadWish("a.pdf", 1), new_id())
    with pytest.raises((NotAllowed, NotSignedIn)):
        async with work_as(Actor(Role.SERVICE, scopes=frozenset())) as work:
            await discard_upload(work, "apa saja")
