"""A complaint travels: filed without an account, verified, answered, closed, judged and taken up again."""

from typing import Any

from tests.e2e.support import House, Socket
from tests.support import PASSWORD

QUEUE = "subscription { queueChanged { isInQueue complaint { id status version } } }"
CASE = "subscription($id: ID!) { complaintChanged(id: $id) { status version messages { body } } }"
TRACK = """query($code: String!, $pin: String!) { trackComplaint(code: $code, pin: $pin) {
  status version rating isSolved agency { code } unit { code } messages { body authorRole } events { kind }
} }"""


async def agency(client: Any, search: str) -> dict[str, str]:
    """Ids of the agencies that a name finds, by code."""
    found = await client.read("query($s: String!) { agencies(search: $s) { edges { node { id code } } } }", s=search)
    return {edge["node"]["code"]: edge["node"]["id"] for edge in found["agencies"]["edges"]}


async def test_complaint_from_the_citizens_words_to_a_second_look(house: House) -> None:
    async with house.client() as citizen, house.client() as admin, house.client() as officer:
        token = await admin.sign_in("admin.semarang", PASSWORD)
        await officer.sign_in("dpu.semarang", PASSWORD)
        city = (await agency(citizen, "Pemkot Semarang"))["KOTA_SEMARANG"]
        works = (await agency(admin, "DPU Kota Semarang"))["KOTA_SEMARANG.DPU"]
        async with Socket.open(house, token) as socket:
            await socket.subscribe("antrean", QUEUE)
            # Answered only after the subscription before it began: connections keep their order.
            await socket.subscribe("siap", "query { me { login } }")
            assert (await socket.hear())["payload"]["data"] == {"me": {"login": "admin.semarang"}}
            assert (await socket.hear())["type"] == "complete"

            # The citizen files, and the agency's admin sees it at once.
            report = {"text": "Jalan Gajah berlubang besar di depan pasar", "title": "Jalan rusak", "agencyId": city}
            receipt = await citizen.do("submitComplaint", input=report)
            access = {"trackingCode": receipt["trackingCode"], "pin": receipt["pin"]}
            heard = await socket.hear()
        case = receipt["complaint"]
        assert heard["payload"]["data"]["queueChanged"] == {
            "isInQueue": True,
            "complaint": {"id": case["id"], "status": "UNVERIFIED", "version": case["version"]},
        }

        # Verified and sent on in one step.
        topics = await admin.read("{ categories(level: 1, first: 100) { edges { node { children { id code } } } } }")
        ids = {
            child["code"]: child["id"] for edge in topics["categories"]["edges"] for child in edge["node"]["children"]
        }
        verified = await admin.do(
            "verifyComplaint",
            input={
                "id": case["id"],
                "seenVersion": case["version"],
                "categoryId": ids["PUPR.INFRASTRUKTUR_JALAN"],
                "andDispatch": {"unitId": works},
            },
        )
        assert verified["complaint"]["status"] == "DISPATCHED"

        # The unit answers, the reporter replies with code and PIN.
        seen = {"id": case["id"], "seenVersion": verified["complaint"]["version"]}
        answered = await officer.do("addFollowUp", input={**seen, "text": "Alat berat datang besok."})
        assert answered["complaint"]["status"] == "IN_PROGRESS"
        replied = await citizen.do("replyAsReporter", complaint=access, text="Terima kasih, kami tunggu.")
        assert replied["complaint"]["version"] == answered["complaint"]["version"] + 1

        # Closed, judged, and taken up again.
        seen["seenVersion"] = replied["complaint"]["version"]
        closed = await officer.do("closeComplaint", input={**seen, "outcome": "Jalan sudah ditambal."})
        assert closed["complaint"]["status"] == "CLOSED"
        rated = await citizen.do(
            "rateComplaint", "complaint { rating isSolved }", complaint=access, rating=2, isSolved=False
        )
        assert rated["complaint"] == {"rating": 2, "isSolved": False}
        reopened = await citizen.do("reopenComplaint", complaint=access, reason="Lubangnya muncul lagi.")
        assert reopened["complaint"]["status"] == "IN_PROGRESS"

        tracked = (await citizen.read(TRACK, code=access["trackingCode"], pin=access["pin"]))["trackComplaint"]
    assert tracked == {
        "status": "IN_PROGRESS",
        "version": reopened["complaint"]["version"],
        "rating": None,
        "isSolved": None,
        "agency": {"code": "KOTA_SEMARANG"},
        "unit": {"code": "KOTA_SEMARANG.DPU"},
        "messages": [
            {"body": "Alat berat datang besok.", "authorRole": "UNIT_OFFICER"},
            {"body": "Terima kasih, kami tunggu.", "authorRole": "TICKET"},
            {"body": "Jalan sudah ditambal.", "authorRole": "UNIT_OFFICER"},
            {"body": "Lubangnya muncul lagi.", "authorRole": "TICKET"},
        ],
        "events": [
            {"kind": kind}
            for kind in ["Submitted", "Dispatched", "FollowedUp", "Replied", "Closed", "Rated", "Reopened"]
        ],
    }


async def test_same_report_sent_twice_is_one_complaint(house: House) -> None:
    report = {"text": "Lampu taman mati sejak tiga malam", "idempotencyKey": "kunci-acak-dari-peramban-1"}

    async with house.client() as citizen:
        first = await citizen.do("submitComplaint", input=report)
        second = await citizen.do("submitComplaint", input=report)

    assert second == {**first, "isRepeat": True}


async def test_citizen_follows_a_complaint_live(house: House) -> None:
    async with house.client() as citizen, house.client() as national:
        await national.sign_in("pusat", PASSWORD)
        token = await citizen.sign_in("warga", PASSWORD)
        receipt = await citizen.do("submitComplaint", input={"text": "Trotoar di depan sekolah rusak parah"})
        case = receipt["complaint"]
        async with Socket.open(house, token) as socket:
            await socket.subscribe("laporan", CASE, id=case["id"])
            now = (await socket.hear())["payload"]["data"]["complaintChanged"]
            asked = {"reason": "BUTUH_KETERANGAN", "question": "Sekolah yang mana?"}
            await national.do("deferComplaint", input={"id": case["id"], "seenVersion": case["version"], **asked})
            after = (await socket.hear())["payload"]["data"]["complaintChanged"]

    assert now == {"status": "UNVERIFIED", "version": case["version"], "messages": []}
    assert after == {
        "status": "DEFERRED",
        "version": case["version"] + 1,
        "messages": [{"body": "Sekolah yang mana?"}],
    }
