"""Tiers, conversation and ends at the door: presence over the feed, bulk answers, old screens, explained clocks."""

from typing import Any

from complaints.policy import ANYONE, Actor
from rules.vocabulary import Role, Status
from tests.graph.support import Ask, Cases, Cast, Do, Listen, case_id
from tests.support import NATIONAL, ActorOf, Clock

PRESENCE = "subscription($id: ID!) { presenceChanged(id: $id) { role name isMe } }"
CLOCKS = """query($id: ID!) { complaint(id: $id) { supportCount clocks {
  clock explanation { sentence sentenceEn value unit daysOff { on name } pauses { moved } } } } }"""


async def test_two_admins_on_one_case_see_each_other(a_case: Cases, an_actor: ActorOf, do: Do, listen: Listen) -> None:
    complaint = await a_case(Status.DISPATCHED)
    sari = await an_actor(Role.AGENCY_ADMIN, "KOTA_SEMARANG", "sari")
    budi = await an_actor(Role.AGENCY_ADMIN, "KOTA_SEMARANG", "budi")

    async with listen(sari, PRESENCE, id=case_id(complaint)) as hear:
        seen = [await hear()]
        for field, actor in (("openCase", sari), ("openCase", budi), ("leaveCase", budi)):
            answer = await do(actor, field, id=case_id(complaint))
            assert answer["__typename"].endswith("Payload")
            seen.append(await hear())

    assert [[(one["name"], one["isMe"]) for one in who] for who in seen] == [
        [],
        [("Nama sari", True)],
        [("Nama sari", True), ("Nama budi", False)],
        [("Nama sari", True)],
    ]


async def test_presence_ends_at_once_for_whoever_does_not_handle_the_case(
    a_case: Cases, cast: Cast, listen: Listen
) -> None:
    complaint = await a_case(Status.DISPATCHED)

    async with listen(cast.other_admin, PRESENCE, id=case_id(complaint)) as hear:
        assert await hear() is None


async def test_bulk_work_answers_for_each(a_case: Cases, cast: Cast, do: Do) -> None:
    fine, old = await a_case(), await a_case()
    items = [
        {"id": case_id(fine), "seenVersion": fine.version},
        {"id": case_id(old), "seenVersion": old.version - 1},
    ]

    answer = await do(cast.admin, "bulkArchive", items=items, reason="ISENG_SPAM")

    done, refused = answer["outcomes"]
    assert (done["id"], done["version"], done["refusal"]) == (case_id(fine), fine.version + 1, None)
    assert (refused["refusal"]["code"], refused["refusal"]["currentVersion"]) == ("STALE", old.version)
    assert [change["role"] for change in refused["refusal"]["changes"]] == ["PUBLIC"]


async def test_a_clock_says_why_it_is_due(a_case: Cases, cast: Cast, ask: Ask, clock: Clock) -> None:
    complaint = await a_case(Status.DISPATCHED)

    data: Any = (await ask(cast.officer, CLOCKS, id=case_id(complaint))).data["complaint"]

    said = {one["clock"]: one["explanation"] for one in data["clocks"]}
    assert said["FIRST_RESPONSE"]["sentence"] == "Jatuh tempo 20 April 2026: 5 hari kerja."
    assert said["FIRST_RESPONSE"]["sentenceEn"] == "Due 20 April 2026: 5 working days."
    assert (said["FIRST_RESPONSE"]["value"], said["FIRST_RESPONSE"]["unit"]) == (5, "WORKING_DAY")
    assert [day["on"] for day in said["COMPLETION"]["daysOff"]] == ["2026-05-01"]


async def test_support_is_counted_in_public(a_case: Cases, do: Do, ask: Ask) -> None:
    complaint = await a_case(Status.DISPATCHED)

    counts = [
        (await do(ANYONE, "supportComplaint", id=case_id(complaint), browserToken=token))["supportCount"]
        for token in ("satu" * 5, "dua-" * 5, "satu" * 5)
    ]

    shown = await ask(ANYONE, "query($id: ID!) { complaint(id: $id) { supportCount } }", id=case_id(complaint))
    assert (counts, shown.data["complaint"]["supportCount"]) == ([1, 2, 2], 2)


async def test_a_template_is_filled_in_for_a_case(a_case: Cases, cast: Cast, do: Do, ask: Ask) -> None:
    complaint = await a_case(Status.DISPATCHED)
    wanted = {"name": "Terima kasih", "body": "Laporan {kode} ditangani {nama_instansi}. {bukan variabel}"}
    kept = (await do(cast.admin, "putTemplate", input=wanted))["template"]
    document = "query($id: ID!, $case: ID!) { filledTemplate(id: $id, complaintId: $case) }"

    theirs = await ask(cast.admin, document, id=kept["id"], case=case_id(complaint))
    others = await ask(cast.other_admin, document, id=kept["id"], case=case_id(complaint))

    assert theirs.data["filledTemplate"] == (
        f"Laporan {complaint.tracking_code} ditangani Pemerintah Kota Semarang. {{bukan variabel}}"
    )
    assert others.codes == ["NOT_FOUND"]


async def test_a_reporter_withdraws_with_code_and_pin(a_case: Cases, do: Do) -> None:
    complaint = await a_case(Status.DISPATCHED)

    answer = await do(ANYONE, "withdrawComplaint", complaint=a_case.access(complaint), reason="Sudah beres.")

    assert answer["complaint"]["status"] == "ARCHIVED"


async def test_a_note_of_an_overseer_is_for_handlers_only(a_case: Cases, do: Do, ask: Ask) -> None:
    complaint = await a_case(Status.DISPATCHED)
    document = "query($id: ID!) { complaint(id: $id) { messages { body } } }"

    await do(Actor(Role.OVERSEER), "addNote", id=case_id(complaint), text="Mohon diperhatikan.")

    bodies = {
        actor.role: [
            one["body"] for one in (await ask(actor, document, id=case_id(complaint))).data["complaint"]["messages"]
        ]
        for actor in (NATIONAL, ANYONE)
    }
    assert bodies == {Role.NATIONAL_ADMIN: ["Mohon diperhatikan."], Role.PUBLIC: []}


async def test_deciding_on_a_reopening_is_offered_once_the_reporter_asks(
    a_case: Cases, cast: Cast, do: Do, ask: Ask
) -> None:
    complaint = await a_case(Status.CLOSED)
    access, document = a_case.access(complaint), "query($id: ID!) { complaint(id: $id) { allowedActions } }"
    again = await do(ANYONE, "reopenComplaint", complaint=access, reason="Muncul lagi.")
    seen = {"id": case_id(complaint), "seenVersion": again["complaint"]["version"]}
    await do(cast.admin, "closeComplaint", input={**seen, "outcome": "Selesai."})

    before = (await ask(cast.admin, document, id=case_id(complaint))).data["complaint"]["allowedActions"]
    await do(ANYONE, "requestReopening", complaint=access, reason="Belum tuntas.")
    after = (await ask(cast.admin, document, id=case_id(complaint))).data["complaint"]["allowedActions"]

    assert (before, after) == ([], ["DECIDE_REOPENING"])
