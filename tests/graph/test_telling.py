"""Notifications and webhooks at the door: one's own, what one chose, what one looks after."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import strawberry
from sqlalchemy import text, update

from complaints.desk import Objection, return_
from complaints.policy import ANYONE, SYSTEM, Actor
from complaints.telling.fan_out import tell
from complaints.telling.outlets import MailServer
from complaints.work import TELL
from models import Delivery, new_id
from rules.telling import DeliveryState
from rules.vocabulary import Role, Status
from server.runtime import Runtime
from tests.graph.support import Ask, Cases, ContextOf, Do, Listen, Stock, case_id, gid, problems_in
from tests.support import NATIONAL, ActorOf, WorkAs

MINE = """query($first: Int, $after: String, $onlyUnread: Boolean) {
  unreadCount
  myNotifications(first: $first, after: $after, onlyUnread: $onlyUnread) {
    pageInfo { hasNextPage endCursor }
    edges { node { id kind text textEn complaintId trackingCode data at readAt } }
  }
}"""
CHOSEN = "{ notificationPreferences { email language kinds { kind medium isOn isDefault text textEn } } }"
CHANGED = "subscription { notificationsChanged { unreadCount } }"
ENDPOINTS = "{ webhookEndpoints { edges { node { id url types isActive agency { code } } } } }"
DELIVERIES = """query($state: DeliveryState, $webhookId: ID) {
  deliveries(state: $state, webhookId: $webhookId) {
    edges { node { id medium kind state attempts lastError complaintId webhookId nextAttemptAt sentAt } }
  }
}"""
URL = "https://penerima.contoh.id/salur"

TellAll = Callable[[], Awaitable[None]]


@pytest.fixture
def tell_all(runtime: Runtime) -> TellAll:
    """Tells of everything whose job waits; mail is on and leads nowhere."""
    server = MailServer("127.0.0.1", 1, "none", "salur@lapor.test")
    outlets = replace(runtime.outlets, mail=server)
    statement = text("select args from procrastinate_jobs where task_name = :name").bindparams(name=TELL)

    async def run() -> None:
        async with runtime.workshop.work(SYSTEM) as work:
            waiting = list((await work.session.scalars(statement)).all())
        for arguments in waiting:
            await tell(runtime.workshop, outlets, [UUID(event_id) for event_id in arguments["event_ids"]])

    return run


def nodes(answer: Any, field: str) -> list[dict[str, Any]]:
    return [edge["node"] for edge in answer.data[field]["edges"]]


async def test_notifications_are_ones_own_in_both_languages(
    a_case: Cases, a_person: ActorOf, ask: Ask, tell_all: TellAll
) -> None:
    warga, other = await a_person(Role.REPORTER), await a_person(Role.REPORTER)
    complaint = await a_case(Status.UNVERIFIED, by=warga)
    await tell_all()

    mine, theirs = await ask(warga, MINE), await ask(other, MINE)

    (node,) = nodes(mine, "myNotifications")
    assert (node["kind"], node["complaintId"], node["trackingCode"]) == (
        "RECEIVED", case_id(complaint), complaint.tracking_code,
    )  # fmt: skip
    assert (node["text"], node["textEn"]) == ("Laporan Anda sudah kami terima.", "We have received your report.")
    assert (node["data"], node["readAt"], mine.data["unreadCount"]) == ({}, None, 1)
    assert (nodes(theirs, "myNotifications"), theirs.data["unreadCount"]) == ([], 0)


async def test_the_code_of_a_case_is_hidden_once_it_is_not_yours_any_more(
    a_case: Cases, a_person: ActorOf, ask: Ask, tell_all: TellAll, work_as: WorkAs
) -> None:
    admin = await a_person(Role.AGENCY_ADMIN, "KOTA_SEMARANG")
    complaint = await a_case(Status.DISPATCHED, unit=None)
    await tell_all()
    before = nodes(await ask(admin, MINE), "myNotifications")

    async with work_as(NATIONAL) as work:
        await return_(work, complaint.id, Objection("BUKAN_WEWENANG"), seen_version=complaint.version)
    after = nodes(await ask(admin, MINE), "myNotifications")

    assert {node["trackingCode"] for node in before} == {complaint.tracking_code}
    assert {node["trackingCode"] for node in after} == {None}


async def test_pages_and_reading(a_case: Cases, a_person: ActorOf, ask: Ask, do: Do, tell_all: TellAll) -> None:
    warga = await a_person(Role.REPORTER)
    await a_case(Status.CLOSED, by=warga)
    await tell_all()

    first = await ask(warga, MINE, first=3)
    rest = await ask(warga, MINE, first=3, after=first.data["myNotifications"]["pageInfo"]["endCursor"])
    (oldest,) = nodes(rest, "myNotifications")
    one = await do(warga, "markNotificationsRead", ids=[oldest["id"]])
    again = await do(warga, "markNotificationsRead", ids=[oldest["id"]])
    unread = await ask(warga, MINE, first=10, onlyUnread=True)
    everything = await do(warga, "markNotificationsRead", ids=None)

    kinds = [node["kind"] for node in nodes(first, "myNotifications")]
    assert sorted([*kinds, oldest["kind"]]) == ["ACCEPTED", "ANSWERED", "CLOSED", "RECEIVED"]
    assert (one["marked"], one["unreadCount"]) == (1, 3)
    assert (again["marked"], len(nodes(unread, "myNotifications"))) == (0, 3)
    assert (everything["marked"], everything["unreadCount"]) == (3, 0)


async def test_nobody_marks_anothers(
    a_case: Cases, a_person: ActorOf, ask: Ask, do: Do, tell_all: TellAll, stock: Stock
) -> None:
    warga, other = await a_person(Role.REPORTER), await a_person(Role.REPORTER)
    await a_case(Status.UNVERIFIED, by=warga)
    await tell_all()
    (node,) = nodes(await ask(warga, MINE), "myNotifications")
    before = await stock()

    answer = await do(other, "markNotificationsRead", ids=[node["id"]])

    assert (answer["marked"], await stock()) == (0, before)


async def test_a_change_is_heard_by_its_owner_only(
    a_case: Cases, a_person: ActorOf, do: Do, listen: Listen, tell_all: TellAll
) -> None:
    warga, other = await a_person(Role.REPORTER), await a_person(Role.REPORTER)
    async with listen(warga, CHANGED) as hear:
        now = await hear()
        await a_case(Status.UNVERIFIED, by=other)
        await a_case(Status.UNVERIFIED, by=warga)
        await tell_all()
        told = await hear()
        await do(warga, "markNotificationsRead", ids=None)
        read = await hear()

    assert (now, told, read) == ({"unreadCount": 0}, {"unreadCount": 1}, {"unreadCount": 0})


async def test_preferences_start_with_the_defaults_of_the_role(a_person: ActorOf, ask: Ask) -> None:
    officer, warga = await a_person(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU"), await a_person(Role.REPORTER)

    staff = (await ask(officer, CHOSEN)).data["notificationPreferences"]
    reporter = (await ask(warga, CHOSEN)).data["notificationPreferences"]

    assert (staff["email"], staff["language"]) == (None, "INDONESIAN")
    assert {(one["kind"], one["medium"]) for one in staff["kinds"] if not one["isOn"]} == {
        ("NEW_IN_QUEUE", "EMAIL"), ("COPIED", "EMAIL"),
    }  # fmt: skip
    assert all(one["isOn"] and one["isDefault"] for one in reporter["kinds"])
    assert not {one["kind"] for one in staff["kinds"]} & {one["kind"] for one in reporter["kinds"]}


async def test_a_choice_is_kept_and_can_be_taken_back(a_person: ActorOf, do: Do) -> None:
    officer = await a_person(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU")
    wanted = {"kind": "REMINDER", "medium": "EMAIL"}

    off = await do(officer, "setNotificationPreference", **wanted, isOn=False)
    on = await do(officer, "setNotificationPreference", **wanted, isOn=True)

    assert {**wanted, "isOn": False, "isDefault": False} in off["preferences"]["kinds"]
    assert {**wanted, "isOn": True, "isDefault": False} in on["preferences"]["kinds"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"kind": "RECEIVED", "medium": "EMAIL"}, ("kind", "UNKNOWN_CODE")),
        ({"kind": "REMINDER", "medium": "WEBHOOK"}, ("medium", "UNKNOWN_CODE")),
    ],
)
async def test_what_nobody_could_hear_cannot_be_chosen(
    arguments: dict[str, str], problem: tuple[str, str], a_person: ActorOf, do: Do, stock: Stock
) -> None:
    officer = await a_person(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU")
    before = await stock()

    answer = await do(officer, "setNotificationPreference", **arguments, isOn=True)

    assert (answer["__typename"], problems_in(answer)) == ("InvalidError", [problem])
    assert await stock() == before


async def test_an_address_is_kept_sealed_and_shown_to_its_owner(
    a_person: ActorOf, ask: Ask, do: Do, work_as: WorkAs
) -> None:
    warga = await a_person(Role.REPORTER)

    answer = await do(warga, "setNotificationAddress", language="ENGLISH", email=" warga@contoh.id ")

    assert answer["preferences"] == {"email": "warga@contoh.id", "language": "ENGLISH"}
    assert (await ask(warga, CHOSEN)).data["notificationPreferences"]["email"] == "warga@contoh.id"
    async with work_as(SYSTEM) as work:
        stored = await work.session.scalar(text("select string_agg(t::text, '') from notification_address t"))
    assert "warga" not in str(stored)


@pytest.mark.parametrize("email", ["bukan alamat", "a@contoh.id,b@contoh.id", "a@contoh.id\r\nBcc: b@contoh.id"])
async def test_what_is_no_single_address_is_refused(email: str, a_person: ActorOf, do: Do, stock: Stock) -> None:
    warga = await a_person(Role.REPORTER)
    before = await stock()

    answer = await do(warga, "setNotificationAddress", language="INDONESIAN", email=email)

    assert problems_in(answer) == [("email", "NOT_AN_EMAIL")]
    assert await stock() == before


@pytest.mark.parametrize("field", ["setNotificationPreference", "setNotificationAddress"])
async def test_without_an_account_nothing_is_chosen(field: str, do: Do) -> None:
    arguments: dict[str, dict[str, Any]] = {
        "setNotificationPreference": {"kind": "REMINDER", "medium": "EMAIL", "isOn": True},
        "setNotificationAddress": {"language": "ENGLISH"},
    }

    answer = await do(NATIONAL, field, **arguments[field])

    assert (answer["__typename"], answer["message"]) == (
        "NotFoundError", "Akun tidak ditemukan, atau bukan untuk Anda.",
    )  # fmt: skip


async def test_an_agency_admin_makes_webhooks_for_the_own_agency_whatever_is_asked(
    a_person: ActorOf, a_case: Cases, ask: Ask, do: Do
) -> None:
    admin = await a_person(Role.AGENCY_ADMIN, "KOTA_SEMARANG")
    other = await a_person(Role.AGENCY_ADMIN, "PLN")
    pusat = await a_person(Role.NATIONAL_ADMIN)
    pln = gid("Agency", a_case.a_complaint.knowledge.agency_ids["PLN"])

    made = await do(admin, "createWebhook", input={"url": URL, "types": ["complaint.closed"], "agencyId": pln})
    national = await do(pusat, "createWebhook", input={"url": URL})
    for_pln = await do(pusat, "createWebhook", input={"url": URL, "agencyId": pln})

    assert made["secret"].startswith("whsec_")
    assert made["webhook"]["agency"] == {"code": "KOTA_SEMARANG"}
    assert (national["webhook"]["agency"], for_pln["webhook"]["agency"]) == (None, {"code": "PLN"})
    seen = {
        actor: [node["agency"] and node["agency"]["code"] for node in nodes(await ask(actor, ENDPOINTS), ENDPOINT)]
        for actor in (admin, other, pusat)
    }
    assert (seen[admin], seen[other]) == (["KOTA_SEMARANG"], ["PLN"])
    assert sorted(str(code) for code in seen[pusat]) == ["KOTA_SEMARANG", "None", "PLN"]


ENDPOINT = "webhookEndpoints"


@pytest.mark.parametrize(
    ("wanted", "problems"),
    [
        ({"url": " "}, [("url", "REQUIRED")]),
        ({"url": "http://penerima.contoh.id"}, [("url", "HTTPS_ONLY")]),
        ({"url": "https://10.0.0.1/x"}, [("url", "PRIVATE_ADDRESS")]),
        ({"url": "x", "types": ["complaint.tidak_ada"]}, [("url", "NOT_A_URL"), ("types", "UNKNOWN_CODE")]),
    ],
)
async def test_a_webhook_that_may_not_be_is_refused_with_every_problem(
    wanted: dict[str, Any], problems: list[tuple[str, str]], a_person: ActorOf, do: Do, stock: Stock
) -> None:
    pusat = await a_person(Role.NATIONAL_ADMIN)
    before = await stock()

    answer = await do(pusat, "createWebhook", input=wanted)

    assert problems_in(answer) == problems
    assert await stock() == before


async def test_there_is_room_for_so_many_webhooks(a_person: ActorOf, do: Do) -> None:
    admin = await a_person(Role.AGENCY_ADMIN, "KOTA_SEMARANG")
    made = [await do(admin, "createWebhook", input={"url": URL}) for _ in range(10)]

    full = await do(admin, "createWebhook", input={"url": URL})
    await do(admin, "disableWebhook", id=made[0]["webhook"]["id"])
    room = await do(admin, "createWebhook", input={"url": URL})

    assert problems_in(full) == [("url", "TOO_MANY")]
    assert room["__typename"] == "CreateWebhookPayload"


async def test_the_life_of_a_webhook(a_person: ActorOf, ask: Ask, do: Do) -> None:
    admin = await a_person(Role.AGENCY_ADMIN, "KOTA_SEMARANG")
    made = await do(admin, "createWebhook", input={"url": URL})
    wanted = {"id": made["webhook"]["id"]}

    rotated = await do(admin, "rotateWebhookSecret", **wanted)
    tested = await do(admin, "testWebhook", **wanted)
    off = await do(admin, "disableWebhook", **wanted)
    refused = await do(admin, "testWebhook", **wanted)
    on = await do(admin, "enableWebhook", **wanted)

    assert rotated["secret"] not in ("", made["secret"])
    assert {key: tested["delivery"][key] for key in ("kind", "medium", "state", "webhookId")} == {
        "kind": "webhook.test", "medium": "WEBHOOK", "state": "QUEUED", "webhookId": wanted["id"],
    }  # fmt: skip
    assert (off["webhook"]["isActive"], off["webhook"]["disabledReason"]) == (False, "BY_HAND")
    assert problems_in(refused) == [("id", "WEBHOOK_OFF")]
    assert (on["webhook"]["isActive"], on["webhook"]["disabledReason"]) == (True, None)
    shown = str((await ask(admin, ENDPOINTS)).data)
    assert made["secret"] not in shown
    assert rotated["secret"] not in shown


async def test_deliveries_are_those_one_looks_after(
    a_person: ActorOf, a_case: Cases, ask: Ask, do: Do, tell_all: TellAll
) -> None:
    admin = await a_person(Role.AGENCY_ADMIN, "KOTA_SEMARANG", login="admin@semarang.contoh.id")
    other = await a_person(Role.AGENCY_ADMIN, "PLN")
    pusat = await a_person(Role.NATIONAL_ADMIN)
    made = await do(admin, "createWebhook", input={"url": URL, "types": ["complaint.dispatched"]})
    await a_case(Status.DISPATCHED, unit=None)
    await tell_all()

    own, none, all_ = [nodes(await ask(actor, DELIVERIES), "deliveries") for actor in (admin, other, pusat)]
    filtered = nodes(await ask(pusat, DELIVERIES, webhookId=made["webhook"]["id"], state="DEAD"), "deliveries")

    assert [(one["medium"], one["kind"], one["state"]) for one in own] == [
        ("WEBHOOK", "complaint.dispatched", "QUEUED")
    ]
    assert (none, filtered) == ([], [])
    assert {one["medium"] for one in all_} == {"WEBHOOK", "EMAIL"}
    assert "contoh.id" not in str(all_)


async def test_dead_letters_are_found_and_sent_again(a_person: ActorOf, ask: Ask, do: Do, work_as: WorkAs) -> None:
    admin = await a_person(Role.AGENCY_ADMIN, "KOTA_SEMARANG")
    other = await a_person(Role.AGENCY_ADMIN, "PLN")
    made = await do(admin, "createWebhook", input={"url": URL})
    endpoint = made["webhook"]["id"]
    tested = [await do(admin, "testWebhook", id=endpoint) for _ in range(3)]
    waiting = await do(admin, "replayDelivery", id=tested[0]["delivery"]["id"])
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(Delivery).values(state=DeliveryState.DEAD, attempts=8, last_error="HTTP_500"))

    dead = nodes(await ask(admin, DELIVERIES, state="DEAD"), "deliveries")
    not_theirs = await do(other, "replayDelivery", id=dead[0]["id"])
    one = await do(admin, "replayDelivery", id=dead[0]["id"])
    rest = await do(admin, "replayDeliveries", webhookId=endpoint)
    nothing = await do(admin, "replayDeliveries", webhookId=endpoint)

    assert problems_in(waiting) == [("id", "NOT_DEAD")]
    assert [node["lastError"] for node in dead] == ["HTTP_500"] * 3
    assert not_theirs["__typename"] == "NotFoundError"
    assert (one["delivery"]["state"], one["delivery"]["attempts"]) == ("QUEUED", 0)
    assert (rest["replayed"], nothing["replayed"]) == (2, 0)


@pytest.mark.parametrize(
    ("actor", "code"), [(Actor(Role.TICKET, ticket=new_id()), "NOT_ALLOWED"), (ANYONE, "NOT_SIGNED_IN")]
)
async def test_without_an_account_there_is_nothing_to_listen_to(
    actor: Actor, code: str, schema: strawberry.Schema, context_of: ContextOf
) -> None:
    stream = await schema.subscribe(CHANGED, context_value=await context_of(actor))

    assert not isinstance(stream, strawberry.types.ExecutionResult)
    messages = [message async for message in stream]
    assert [error.extensions["code"] for error in messages[0].errors or [] if error.extensions] == [code]
