"""What is done with a file that hangs on a complaint: described, opened to others, removed with a reason."""

from collections.abc import Awaitable, Callable

import pytest

from complaints.files.keeping import describe_attachment, remove_attachment, set_attachment_audience
from complaints.files.links import Variant, object_key
from complaints.files.processing import process_file
from complaints.follow_up import follow_up
from complaints.policy import ANYONE, Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, Refusal
from complaints.work import Work
from models import Attachment, Complaint, Message, new_id
from rules.vocabulary import AttachmentState, Audience, Role, Status
from server.runtime import Runtime
from tests.file_samples import PDF
from tests.integration.given import Jobs, Rows, Staff, State
from tests.support import MONDAY, NATIONAL, Bring, Complaints, EventsOf, WorkAs


@pytest.fixture
async def case(a_complaint: Complaints, bring: Bring) -> Complaint:
    """A public complaint of PLN with a file that its reporter brought."""
    return await a_complaint(Status.DISPATCHED, agency="PLN", attachments=(await bring(PDF, "surat.pdf"),))


@pytest.fixture
async def theirs(case: Complaint, rows: Rows, runtime: Runtime) -> Attachment:
    """The reporter's file, ready."""
    (row,) = await rows(Attachment)
    await process_file(runtime.workshop, runtime.files, row.id)
    return row


@pytest.fixture
def ours(case: Complaint, bring: Bring, work_as: WorkAs, rows: Rows) -> Callable[[Audience], Awaitable[Attachment]]:
    """A file that a handler attached for an audience."""

    async def make(audience: Audience) -> Attachment:
        brought = await bring(PDF, by=NATIONAL, to=case.id)
        async with work_as(NATIONAL) as work:
            await follow_up(work, case.id, "Lihat.", audience, seen_version=None, attachments=[brought])
        return (await rows(Attachment))[-1]

    return make


Ours = Callable[[Audience], Awaitable[Attachment]]


async def test_handler_opens_a_file_to_the_public_and_closes_it_again(
    case: Complaint, theirs: Attachment, work_as: WorkAs, staff: Staff, rows: Rows, events_of: EventsOf
) -> None:
    admin = staff(Role.AGENCY_ADMIN, "PLN")

    for audience in (Audience.EVERYONE, Audience.EVERYONE, Audience.PARTIES):
        async with work_as(admin) as work:
            await set_attachment_audience(work, theirs.id, audience)

    (row,) = await rows(Attachment)
    told = [event.data for event in await events_of(case) if event.kind == "FileAudienceSet"]
    assert row.audience is Audience.PARTIES
    assert [(data["before"], data["after"]) for data in told] == [("PARTIES", "EVERYONE"), ("EVERYONE", "PARTIES")]


async def test_what_a_reporter_brought_is_not_hidden_from_the_reporter(
    theirs: Attachment, work_as: WorkAs, state: State
) -> None:
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(NATIONAL) as work:
            await set_attachment_audience(work, theirs.id, Audience.INTERNAL)

    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [("audience", "REPORTERS_FILE")]
    assert await state() == before


async def test_removed_file_is_gone_and_who_and_why_stays(
    case: Complaint, theirs: Attachment, work_as: WorkAs, runtime: Runtime, rows: Rows, jobs: Jobs, events_of: EventsOf
) -> None:
    async with work_as(NATIONAL) as work:
        await remove_attachment(work, theirs.id, "Memuat data orang lain.")
    ((_, erase),) = [job for job in await jobs() if job[0] == "files.erase"]
    await runtime.files.erase(theirs.id, [erase["key"]])

    (row,), (note,) = await rows(Attachment), await rows(Message, Message.audience == Audience.INTERNAL)
    assert (row.state, row.removed_at, row.storage_key, note.body) == (
        AttachmentState.GONE, MONDAY, None, "Memuat data orang lain.",
    )  # fmt: skip
    last = (await events_of(case))[-1]
    assert (last.kind, last.audience, last.actor_role, last.data) == (
        "FileRemoved",
        Audience.PARTIES,
        Role.NATIONAL_ADMIN,
        {"attachment_id": str(row.id), "note_id": str(note.id)},
    )
    assert await runtime.files.store.size(object_key(row.id, Variant.FILE)) is None


async def test_removed_file_of_a_note_is_told_to_handlers_alone(
    case: Complaint, ours: Ours, work_as: WorkAs, events_of: EventsOf
) -> None:
    row = await ours(Audience.INTERNAL)

    async with work_as(NATIONAL) as work:
        await remove_attachment(work, row.id, "Salah unggah.")

    last = (await events_of(case))[-1]
    assert (last.kind, last.audience) == ("StaffFileRemoved", Audience.INTERNAL)


async def test_what_is_gone_is_not_there_any_more(theirs: Attachment, work_as: WorkAs, state: State) -> None:
    async with work_as(NATIONAL) as work:
        await remove_attachment(work, theirs.id, "Salah unggah.")
    before = await state()

    verbs: tuple[Callable[[Work], Awaitable[Attachment]], ...] = (
        lambda work: remove_attachment(work, theirs.id, "Lagi."),
        lambda work: set_attachment_audience(work, theirs.id, Audience.EVERYONE),
        lambda work: describe_attachment(work, theirs.id, "Surat"),
    )
    for verb in verbs:
        with pytest.raises(NotFound):
            async with work_as(NATIONAL) as work:
                await verb(work)

    assert await state() == before


async def test_reason_is_needed(theirs: Attachment, work_as: WorkAs, state: State) -> None:
    before = await state()

    with pytest.raises(Invalid):
        async with work_as(NATIONAL) as work:
            await remove_attachment(work, theirs.id, "  ")

    assert await state() == before


async def test_everybody_describes_what_is_theirs_to_describe(
    case: Complaint,
    theirs: Attachment,
    ours: Ours,
    a_complaint: Complaints,
    staff: Staff,
    work_as: WorkAs,
) -> None:
    answer, note = await ours(Audience.PARTIES), await ours(Audience.INTERNAL)
    other = await a_complaint(Status.DISPATCHED, agency="PLN")
    people = {
        "reporter": a_complaint.ticket(case),
        "other reporter": a_complaint.ticket(other),
        "agency": staff(Role.AGENCY_ADMIN, "PLN"),
        "other agency": staff(Role.AGENCY_ADMIN, "KOTA_SEMARANG"),
        "stranger": ANYONE,
        "overseer": staff(Role.OVERSEER),
    }

    async def described(actor: Actor, row: Attachment) -> type[Refusal] | None:
        try:
            async with work_as(actor) as work:
                await describe_attachment(work, row.id, "Surat pengantar RT")
        except Refusal as no:
            return type(no)
        return None

    found = {
        name: tuple([await described(actor, row) for row in (theirs, answer, note)]) for name, actor in people.items()
    }

    assert found == {
        "reporter": (None, NotAllowed, NotFound),
        "other reporter": (NotAllowed,) * 3,
        "agency": (None,) * 3,
        "other agency": (NotAllowed,) * 3,
        "stranger": (NotAllowed,) * 3,
        "overseer": (NotAllowed,) * 3,
    }


async def test_only_handlers_of_the_case_choose_the_audience_or_remove(
    case: Complaint, theirs: Attachment, a_complaint: Complaints, staff: Staff, work_as: WorkAs, state: State
) -> None:
    before = await state()

    for actor in (
        a_complaint.ticket(case),
        staff(Role.AGENCY_ADMIN, "KOTA_SEMARANG"),
        staff(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU"),
        staff(Role.HUB, "KOTA_SEMARANG"),
        staff(Role.OVERSEER),
        staff(Role.AUDITOR),
    ):
        with pytest.raises(NotAllowed):
            async with work_as(actor) as work:
                await set_attachment_audience(work, theirs.id, Audience.EVERYONE)
        with pytest.raises(NotAllowed):
            async with work_as(actor) as work:
                await remove_attachment(work, theirs.id, "Ingin saja.")

    assert await state() == before


async def test_file_of_a_secret_case_looks_to_others_like_one_that_is_not_there(
    a_complaint: Complaints, bring: Bring, staff: Staff, work_as: WorkAs, rows: Rows
) -> None:
    await a_complaint(Status.DISPATCHED, agency="PLN", is_secret=True, attachments=(await bring(PDF),))
    (row,) = await rows(Attachment)

    refusals = []
    for attachment_id in (row.id, new_id()):
        with pytest.raises(NotFound) as refusal:
            async with work_as(staff(Role.AGENCY_ADMIN, "KOTA_SEMARANG")) as work:
                await remove_attachment(work, attachment_id, "Ingin saja.")
        refusals.append((refusal.value.what, refusal.value.field))

    assert refusals == [("Attachment", "id")] * 2


async def test_description_is_tidied_and_can_be_taken_back(theirs: Attachment, work_as: WorkAs, rows: Rows) -> None:
    found = []
    for text in ("  Surat pengantar  ", None):
        async with work_as(NATIONAL) as work:
            found.append((await describe_attachment(work, theirs.id, text)).alt_text)
    with pytest.raises(Invalid):
        async with work_as(NATIONAL) as work:
            await describe_attachment(work, theirs.id, "x" * 501)

    assert found == ["Surat pengantar", None]
