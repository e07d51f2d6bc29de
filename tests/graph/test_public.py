"""What everybody may read: published, not secret, and without what points at a private person."""

import pytest

from complaints.policy import ANYONE
from complaints.verify import Verdict, verify
from models import Complaint
from rules.vocabulary import Status
from tests.graph.support import Ask, Cases, Cast, Do, case_id
from tests.support import NATIONAL, Clock, WorkAs

PERSONAL = "Saya Budi Santoso, NIK 3374010101900001, HP 0812-3456-7890, surel budi@contoh.id."
MASKED = "NIK <NIK>, HP <TELEPON>, surel <SUREL>."
TEXT = f"{PERSONAL} Jalan di depan pasar berlubang besar sejak minggu lalu."
LIST = "{ publicComplaints { totalCount edges { node { id title text messages { body } } } } }"


@pytest.mark.parametrize(
    ("status", "is_listed"),
    [
        (Status.UNVERIFIED, False),
        (Status.VERIFIED, False),
        (Status.DISPATCHED, True),
        (Status.IN_PROGRESS, True),
        (Status.CLOSED, True),
        (Status.DEFERRED, False),
        (Status.ARCHIVED, False),
    ],
)
@pytest.mark.parametrize("is_secret", [False, True], ids=["open", "secret"])
async def test_complaint_is_public_from_dispatch_on_unless_secret(
    status: Status, is_listed: bool, is_secret: bool, a_case: Cases, ask: Ask
) -> None:
    complaint = await a_case(status, is_secret=is_secret)

    listed = (await ask(ANYONE, LIST)).data["publicComplaints"]
    opened = await ask(ANYONE, "query($id: ID!) { complaint(id: $id) { id } }", id=case_id(complaint))

    is_public = is_listed and not is_secret
    assert listed["totalCount"] == len(listed["edges"]) == int(is_public)
    assert (opened.data["complaint"] is not None) is is_public


async def test_complaint_that_was_returned_is_not_public_any_more(a_case: Cases, do: Do, ask: Ask) -> None:
    complaint = await a_case(Status.DISPATCHED)

    seen = {"id": case_id(complaint), "seenVersion": complaint.version, "reason": "BUKAN_WEWENANG"}
    await do(NATIONAL, "returnComplaint", input=seen)

    assert (await ask(ANYONE, LIST)).data["publicComplaints"] == {"totalCount": 0, "edges": []}


async def test_public_reads_masked_texts_and_handlers_the_originals(
    a_case: Cases, cast: Cast, do: Do, ask: Ask, work_as: WorkAs
) -> None:
    complaint = await a_case(text=TEXT)
    async with work_as(NATIONAL) as work:
        verdict = Verdict(title="Laporan 0812-3456-7890: Jalan Rusak")
        complaint = await verify(work, complaint.id, verdict, seen_version=complaint.version)
    seen = {"id": case_id(complaint), "seenVersion": complaint.version}
    await do(cast.admin, "handleComplaint", **seen)
    answer = {"text": f"Baik. {PERSONAL}", "seenVersion": complaint.version + 1}
    await do(cast.admin, "addFollowUp", input={**seen, **answer})

    public = (await ask(ANYONE, LIST)).data["publicComplaints"]["edges"][0]["node"]
    handler = await ask(
        cast.admin,
        "query($id: ID!) { complaint(id: $id) { title text messages { body } } }",
        id=case_id(complaint),
    )

    assert public["title"] == "Laporan <TELEPON>: Jalan Rusak"
    assert public["text"].endswith(f"{MASKED} Jalan di depan pasar berlubang besar sejak minggu lalu.")
    assert public["messages"][0]["body"].endswith(MASKED)
    for said in (public["text"], public["messages"][0]["body"]):
        assert "3374010101900001" not in said
        assert "budi" not in said.lower()
    assert handler.data["complaint"] == {
        "title": "Laporan 0812-3456-7890: Jalan Rusak",
        "text": TEXT,
        "messages": [{"body": f"Baik. {PERSONAL}"}],
    }


async def test_edited_text_is_what_the_public_reads(a_case: Cases, do: Do, ask: Ask) -> None:
    complaint = await a_case(text=TEXT)

    edited = {"title": "Jalan Rusak", "body": "Jalan berlubang, hubungi 0812-3456-7890.", "andDispatch": {}}
    seen = {"id": case_id(complaint), "seenVersion": complaint.version}
    await do(NATIONAL, "verifyComplaint", input={**seen, **edited})

    node = (await ask(ANYONE, LIST)).data["publicComplaints"]["edges"][0]["node"]
    assert node["text"] == "Jalan berlubang, hubungi <TELEPON>."


async def test_list_is_in_order_of_publication_not_of_filing(a_case: Cases, do: Do, ask: Ask, clock: Clock) -> None:
    made: list[Complaint] = []
    for _ in range(2):
        made.append(await a_case(Status.VERIFIED))
        clock.forward(minutes=1)
    for complaint in reversed(made):
        seen = {"id": case_id(complaint), "seenVersion": complaint.version, "destination": {}}
        await do(NATIONAL, "dispatchComplaint", **seen)
        clock.forward(minutes=1)

    listed = (await ask(ANYONE, LIST)).data["publicComplaints"]["edges"]

    assert [edge["node"]["id"] for edge in listed] == [case_id(complaint) for complaint in made]


async def test_reporter_reads_the_own_complaint_unmasked_also_in_the_public_list(a_case: Cases, ask: Ask) -> None:
    complaint = await a_case(Status.DISPATCHED, text=TEXT)

    listed = (await ask(a_case.ticket(complaint), LIST)).data["publicComplaints"]

    assert listed["edges"][0]["node"]["text"] == TEXT
