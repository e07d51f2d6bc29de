"""Files at the door: who sees which, who gets an address of them, and what mutations answer."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from complaints.files.links import Permit
from complaints.files.processing import process_file
from complaints.follow_up import follow_up
from complaints.policy import ANYONE, SYSTEM, Actor
from models import Attachment, Complaint
from rules.vocabulary import Audience, Status
from server.file_parts import open_files
from server.runtime import Runtime
from tests.file_samples import PDF, photo
from tests.graph.support import Ask, Cases, Cast, Do, Stock, case_id, gid, problems_in
from tests.support import VAULT_KEY, Bring, Clock, WorkAs

SEEN = """query($id: ID!) { complaint(id: $id) {
  attachments { id state fileName audience url thumbnails { url } originalSizeBytes }
  messages { body attachments { fileName } }
} }"""
DETAILS = "attachment { id state audience altText url refusal }"


@pytest.fixture
def attach(bring: Bring, work_as: WorkAs, cast: Cast, runtime: Runtime) -> Callable[..., Awaitable[Attachment]]:
    """A message with a file for an audience, processed."""

    async def make(complaint: Complaint, audience: Audience) -> Attachment:
        brought = await bring(PDF, f"{audience.lower()}.pdf", by=cast.officer, to=complaint.id)
        async with work_as(cast.officer) as work:
            note = f"Untuk {audience}."
            await follow_up(work, complaint.id, note, audience, seen_version=None, attachments=[brought])
        async with work_as(SYSTEM) as work:
            last = text("select id from attachment order by id desc limit 1")
            row = await work.session.get_one(Attachment, await work.session.scalar(last))
        await process_file(runtime.workshop, runtime.files, row.id)
        return row

    return make


Attach = Callable[[Complaint, Audience], Awaitable[Attachment]]


@pytest.fixture
async def case(a_case: Cases, attach: Attach, bring: Bring, runtime: Runtime, work_as: WorkAs) -> Complaint:
    """A public case of the city with the reporter's photo and one file for each audience."""
    complaint = await a_case(Status.DISPATCHED, attachments=(await bring(photo(), "foto.jpg"),))
    async with work_as(SYSTEM) as work:
        theirs = await work.session.scalar(text("select id from attachment"))
    await process_file(runtime.workshop, runtime.files, theirs)
    for audience in (Audience.EVERYONE, Audience.PARTIES, Audience.INTERNAL):
        await attach(complaint, audience)
    return complaint


async def seen(ask: Ask, actor: Actor, complaint: Complaint) -> Any:
    answer = await ask(actor, SEEN, id=case_id(complaint))
    assert answer.errors == []
    return answer.data["complaint"]


async def test_everybody_sees_the_files_for_their_standing_and_gets_addresses_of_them(
    case: Complaint, ask: Ask, a_case: Cases, cast: Cast
) -> None:
    actors = {
        "stranger": ANYONE,
        "ticket": a_case.ticket(case),
        "officer": cast.officer,
        "other officer": cast.other_officer,
        "other agency": cast.other_admin,
        "overseer": cast.overseer,
    }

    found = {name: await seen(ask, actor, case) for name, actor in actors.items()}

    names = {name: [file["fileName"] for file in one["attachments"]] for name, one in found.items()}
    public, theirs, all_ = (
        ["everyone.pdf"],
        ["foto.jpg", "everyone.pdf", "parties.pdf"],
        ["foto.jpg", "everyone.pdf", "parties.pdf", "internal.pdf"],
    )
    assert names == {
        "stranger": public,
        "ticket": theirs,
        "officer": all_,
        "other officer": public,
        "other agency": public,
        "overseer": all_,
    }
    assert all(file["url"] for one in found.values() for file in one["attachments"])
    assert len(found["ticket"]["attachments"][0]["thumbnails"]) == 2
    assert found["stranger"]["attachments"][0]["originalSizeBytes"] is None


async def test_message_has_its_own_files_and_no_others(case: Complaint, ask: Ask, cast: Cast) -> None:
    found = await seen(ask, cast.officer, case)

    files = {message["body"]: [file["fileName"] for file in message["attachments"]] for message in found["messages"]}
    assert files == {f"Untuk {audience}.": [f"{audience.lower()}.pdf"] for audience in Audience}


async def test_file_that_is_opened_later_than_its_message_is_shown_without_it(
    case: Complaint, ask: Ask, do: Do, cast: Cast
) -> None:
    internal = (await seen(ask, cast.officer, case))["attachments"][-1]

    await do(cast.officer, "setAttachmentAudience", id=internal["id"], audience="EVERYONE")

    found = await seen(ask, ANYONE, case)
    assert [file["fileName"] for file in found["attachments"]] == ["everyone.pdf", "internal.pdf"]
    assert [message["body"] for message in found["messages"]] == ["Untuk EVERYONE."]


async def test_secret_case_shows_no_file_to_strangers(a_case: Cases, attach: Attach, ask: Ask, cast: Cast) -> None:
    secret = await a_case(Status.DISPATCHED, is_secret=True)
    await attach(secret, Audience.EVERYONE)

    answers = {
        actor.role: (await ask(actor, SEEN, id=case_id(secret))).data["complaint"]
        for actor in (ANYONE, cast.other_admin)
    }

    assert set(answers.values()) == {None}


async def test_waiting_and_refused_files_are_told_to_the_parties_and_have_no_address(
    a_case: Cases, bring: Bring, ask: Ask, runtime: Runtime, work_as: WorkAs
) -> None:
    complaint = await a_case(Status.DISPATCHED, attachments=(await bring(photo()[:3_000]), await bring(PDF, "a.pdf")))
    async with work_as(SYSTEM) as work:
        await work.session.execute(text("update attachment set audience = 'EVERYONE'"))
        broken = await work.session.scalar(text("select id from attachment order by id limit 1"))
    await process_file(runtime.workshop, runtime.files, broken)

    stranger, reporter = await seen(ask, ANYONE, complaint), await seen(ask, a_case.ticket(complaint), complaint)

    assert stranger["attachments"] == []
    assert [(file["state"], file["url"]) for file in reporter["attachments"]] == [("REFUSED", None), ("UPLOADED", None)]


async def test_files_of_a_page_cost_one_statement_and_unasked_none(
    case: Complaint, a_case: Cases, ask: Ask, cast: Cast, statements: list[str]
) -> None:
    await a_case(Status.DISPATCHED)
    counts = []
    for wanted in ("id", "attachments { url }", "attachments { url } messages { attachments { url } }"):
        statements.clear()
        await ask(cast.officer, f"{{ complaints {{ edges {{ node {{ {wanted} }} }} }} }}")
        counts.append(sum("FROM attachment" in statement for statement in statements))

    assert counts == [0, 1, 1]


async def test_address_is_for_one_file_one_standing_and_some_minutes(
    case: Complaint, ask: Ask, runtime: Runtime, clock: Clock
) -> None:
    (file,) = (await seen(ask, ANYONE, case))["attachments"]

    token = file["url"].removeprefix("/files/")
    signer = getattr(open_files(runtime.settings, (VAULT_KEY,)).links, "signer")  # noqa: B009 - whichever kind it is
    permit = signer.read(token, clock())

    assert isinstance(permit, Permit)
    assert (gid("Attachment", permit.attachment_id), permit.standing) == (file["id"], Audience.EVERYONE)
    clock.forward(seconds=360)
    assert signer.read(token, clock()) is None


async def test_address_and_secret_are_given_once_and_fit(do: Do, ask: Ask) -> None:
    answer = await do(ANYONE, "requestUpload", input={"fileName": "a.pdf", "sizeBytes": 10})

    assert (answer["method"], answer["headers"]) == ("PUT", [])
    assert answer["url"].startswith("/files/uploads/")
    assert answer["uploadId"] not in answer["url"]
    assert answer["urlExpiresAt"] < answer["expiresAt"]


async def test_reporter_asks_for_an_address_with_code_and_pin(a_case: Cases, do: Do) -> None:
    complaint = await a_case(Status.DISPATCHED, is_secret=True)
    access = a_case.access(complaint)
    wanted = {"fileName": "a.pdf", "sizeBytes": 10}

    right = await do(ANYONE, "requestUpload", input={**wanted, "complaint": access})
    wrong = await do(ANYONE, "requestUpload", input={**wanted, "complaint": {**access, "pin": "000000"}})
    neither = await do(ANYONE, "requestUpload", input={**wanted, "complaint": {}})

    assert right["__typename"] == "RequestUploadPayload"
    assert (wrong["code"], problems_in(neither)) == ("NOT_FOUND", [("complaint", "REPORTER_ACCESS")])


async def test_addresses_are_asked_for_only_so_often(do: Do) -> None:
    codes = [
        (await do(ANYONE, "requestUpload", input={"fileName": "a.pdf", "sizeBytes": 10})).get("code") for _ in range(31)
    ]

    assert codes == [None] * 30 + ["TOO_MANY"]


async def test_report_names_the_files_that_it_could_not_take_and_is_not_filed(do: Do, stock: Stock) -> None:
    before = await stock()

    answer = await do(ANYONE, "submitComplaint", input={"text": "Jalan rusak parah", "attachments": ["a", "b"]})

    assert problems_in(answer) == [("attachments.0", "UPLOAD_UNKNOWN"), ("attachments.1", "UPLOAD_UNKNOWN")]
    assert all("nggah" in problem["message"] for problem in answer["problems"])
    assert await stock() == before


async def test_report_answer_and_reply_take_uploads(
    a_case: Cases, bring: Bring, do: Do, ask: Ask, cast: Cast, runtime: Runtime
) -> None:
    complaint = await a_case(Status.DISPATCHED)
    ours = await bring(PDF, "jawaban.pdf", by=cast.officer, to=complaint.id)
    theirs = await bring(PDF, "balasan.pdf", by=a_case.ticket(complaint), to=complaint.id)
    seen_version = complaint.version
    answer = {"id": case_id(complaint), "seenVersion": seen_version, "text": "Lihat.", "attachments": [ours.secret]}

    await do(cast.officer, "addFollowUp", input=answer)
    await do(ANYONE, "replyAsReporter", complaint=a_case.access(complaint), text="Ini.", attachments=[theirs.secret])

    found = await seen(ask, cast.officer, complaint)
    assert [(file["fileName"], file["audience"]) for file in found["attachments"]] == [
        ("jawaban.pdf", "EVERYONE"),
        ("balasan.pdf", "PARTIES"),
    ]


async def test_upload_is_discarded_with_its_bytes(do: Do, bring: Bring, runtime: Runtime) -> None:
    brought = await bring(PDF)

    answers = [await do(ANYONE, "discardUpload", uploadId=secret) for secret in (brought.secret, "tebakan")]

    assert (answers[0]["discarded"], answers[1]["code"]) == (True, "NOT_FOUND")
    assert await type(brought).seen(runtime.files, brought.secret) == type(brought)(brought.secret)


async def test_reporter_describes_a_photo_and_handler_removes_it(
    case: Complaint, a_case: Cases, do: Do, ask: Ask, cast: Cast
) -> None:
    photo_ = (await seen(ask, cast.officer, case))["attachments"][0]["id"]
    access = a_case.access(case)

    described = await do(ANYONE, "describeAttachment", DETAILS, id=photo_, altText="Lubang di jalan", complaint=access)
    removed = await do(cast.officer, "removeAttachment", DETAILS, id=photo_, reason="Wajah orang terlihat.")

    assert (described["attachment"]["altText"], described["attachment"]["url"] is None) == ("Lubang di jalan", False)
    assert (removed["attachment"]["state"], removed["attachment"]["url"]) == ("GONE", None)
    reporter = await seen(ask, a_case.ticket(case), case)
    assert reporter["attachments"][0]["state"] == "GONE"


@pytest.mark.parametrize("field", ["setAttachmentAudience", "removeAttachment"])
async def test_file_of_another_agencys_case_cannot_be_managed(
    field: str, case: Complaint, do: Do, ask: Ask, cast: Cast, stock: Stock
) -> None:
    file = (await seen(ask, cast.officer, case))["attachments"][0]["id"]
    more = {"audience": "EVERYONE"} if field == "setAttachmentAudience" else {"reason": "Ingin saja."}
    before = await stock()

    codes = [(await do(actor, field, id=file, **more))["code"] for actor in (cast.other_officer, cast.other_admin)]

    assert (codes, await stock()) == (["NOT_ALLOWED"] * 2, before)


async def test_repeated_report_shows_the_first_receipt_with_its_file(bring: Bring, do: Do, ask: Ask) -> None:
    brought = await bring(PDF)
    report = {
        "text": "Jalan rusak parah", "attachments": [brought.secret], "idempotencyKey": "kunci-acak-yang-panjang",
    }  # fmt: skip
    payload = "trackingCode isRepeat complaint { attachments { fileName } }"

    answers = [await do(ANYONE, "submitComplaint", payload, input=report) for _ in range(2)]

    assert [answer["isRepeat"] for answer in answers] == [False, True]
    assert answers[0]["trackingCode"] == answers[1]["trackingCode"]
    assert [len(answer["complaint"]["attachments"]) for answer in answers] == [1, 1]
