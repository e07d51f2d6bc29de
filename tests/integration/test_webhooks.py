"""Webhooks reach a real receiver signed, are tried again when it fails, and die where somebody can find them."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest

from complaints.policy import Actor
from complaints.refusals import Invalid, NotFound
from complaints.telling.endpoints import (
    Made,
    NewWebhook,
    create_webhook,
    disable_webhook,
    enable_webhook,
    replay_dead,
    request_test,
    rotate_secret,
)
from complaints.telling.webhooks import signature
from complaints.vault import Contact
from models import AccessEvent, Delivery, Notification, Webhook
from rules.telling import DeliveryState, NotificationKind, WebhookLimits
from rules.vocabulary import Role, Status
from server.logs import set_up_logs
from server.runtime import Runtime
from tests.integration.given import Rows, State
from tests.integration.telling_given import OUTLETS, DeliverAll, TellAll, with_mail
from tests.outside import MailSink, Receiver
from tests.support import MONDAY, ActorOf, Clock, Complaints, WorkAs

MARK = "Tanda3374Rahasia"
CONTACT = Contact(f"Siti {MARK}", "siti@contoh.id", "081234567890")
LOOSE = WebhookLimits(allows_http=True, allows_private=True, dead_max=2)

MadeFor = Callable[..., Awaitable[Made]]


@pytest.fixture(params=["json", "console"])
def lines(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What a process writes to its log, in either form."""
    written = StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", written)
        set_up_logs(request.param)
    return written


@pytest.fixture
def a_webhook(runtime: Runtime, an_actor: ActorOf, work_as: WorkAs) -> MadeFor:
    """An endpoint of the national desk: `await a_webhook(receiver.url)`."""
    runtime.workshop.allowances = replace(runtime.workshop.allowances, webhooks=LOOSE)

    async def make(url: str, *types: str, by: Actor | None = None) -> Made:
        async with work_as(by or await an_actor(Role.NATIONAL_ADMIN)) as work:
            return await create_webhook(work, NewWebhook(url, types))

    return make


async def test_a_webhook_says_what_happened_in_codes_and_is_signed(
    a_complaint: Complaints, a_webhook: MadeFor, tell_all: TellAll, deliver_all: DeliverAll, rows: Rows
) -> None:
    async with Receiver.open() as receiver:
        made = await a_webhook(receiver.url, "complaint.dispatched", "complaint.closed")
        complaint = await a_complaint(
            Status.CLOSED, agency="KOTA_SEMARANG", unit="KOTA_SEMARANG.DPU", text=f"{MARK} lampu mati", contact=CONTACT
        )

        await tell_all(OUTLETS)
        await deliver_all(OUTLETS)

    dispatched, closed = sorted(receiver.requests, key=lambda request: request.said["data"]["seq"])
    deliveries = {str(row.id): row for row in await rows(Delivery)}
    assert dispatched.said["type"] == "complaint.dispatched"
    assert dispatched.said["data"] == {
        "event_id": str(deliveries[dispatched.headers["webhook-id"]].event_id),
        "complaint_id": str(complaint.id),
        "seq": dispatched.said["data"]["seq"],
        "status": "DISPATCHED",
        "agency": "KOTA_SEMARANG",
        "unit": "KOTA_SEMARANG.DPU",
    }
    assert closed.said["data"]["by_silence"] is False
    for request in receiver.requests:
        name, timestamp = request.headers["webhook-id"], int(request.headers["webhook-timestamp"])
        assert timestamp == int(MONDAY.timestamp())
        assert request.headers["webhook-signature"] == signature(made.secret, name, timestamp, request.body)
        assert request.headers["webhook-signature"] != signature(made.secret, name, timestamp, request.body + b" ")
        assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
        for secret in (MARK, "Siti", "siti@contoh.id", "0812", complaint.tracking_code):
            assert secret not in request.body.decode()


async def test_the_webhook_of_an_agency_hears_of_its_cases_only(
    a_complaint: Complaints,
    a_webhook: MadeFor,
    an_actor: ActorOf,
    tell_all: TellAll,
    deliver_all: DeliverAll,
) -> None:
    async with Receiver.open() as receiver:
        await a_webhook(receiver.url, by=await an_actor(Role.AGENCY_ADMIN, "PLN"))
        mine = await a_complaint(Status.DISPATCHED)
        await a_complaint(Status.DISPATCHED, agency="KOTA_SEMARANG")

        await tell_all(OUTLETS)
        await deliver_all(OUTLETS)

    assert {request.said["data"]["complaint_id"] for request in receiver.requests} == {str(mine.id)}


async def test_a_failing_receiver_is_tried_again_with_the_same_id_and_a_fresh_time(
    a_complaint: Complaints, a_webhook: MadeFor, clock: Clock, tell_all: TellAll, deliver_all: DeliverAll, rows: Rows
) -> None:
    async with Receiver.open() as receiver:
        await a_webhook(receiver.url, "complaint.submitted")
        receiver.answers += [500, 302]
        await a_complaint()
        await tell_all(OUTLETS)
        errors = []
        (row,) = await rows(Delivery)
        for _ in range(3):
            clock.now = max(clock.now, row.next_attempt_at)
            await deliver_all(OUTLETS)
            (row,) = await rows(Delivery)
            errors.append(row.last_error)

    assert errors == ["HTTP_500", "HTTP_302", None]
    assert {request.headers["webhook-id"] for request in receiver.requests} == {str(row.id)}
    assert len({request.headers["webhook-timestamp"] for request in receiver.requests}) == 3
    assert len({request.body for request in receiver.requests}) == 1


async def test_a_receiver_may_ask_for_a_longer_wait(
    a_complaint: Complaints, a_webhook: MadeFor, tell_all: TellAll, deliver_all: DeliverAll, rows: Rows
) -> None:
    async with Receiver.open() as receiver:
        await a_webhook(receiver.url, "complaint.submitted")
        receiver.answers.append((429, "retry-after: 7200\r\n"))
        await a_complaint()
        await tell_all(OUTLETS)

        await deliver_all(OUTLETS)

    (row,) = await rows(Delivery)
    assert (row.state, row.next_attempt_at) == (DeliveryState.FAILED, MONDAY + timedelta(hours=2))


async def test_dead_letters_switch_an_endpoint_off_and_say_so(
    a_complaint: Complaints,
    a_webhook: MadeFor,
    an_actor: ActorOf,
    work_as: WorkAs,
    tell_all: TellAll,
    deliver_all: DeliverAll,
    rows: Rows,
) -> None:
    pusat = await an_actor(Role.NATIONAL_ADMIN)
    async with Receiver.open() as receiver:
        made = await a_webhook(receiver.url, "complaint.submitted", by=pusat)
        receiver.answers += [410, 410]
        for _ in range(3):
            await a_complaint()
        await tell_all(OUTLETS)
        await deliver_all(OUTLETS)
        (off,) = await rows(Webhook)
        told = await rows(Notification, Notification.kind == NotificationKind.WEBHOOK_DISABLED)
        dead = await rows(Delivery)
        with pytest.raises(Invalid, match="WEBHOOK_OFF"):
            async with work_as(pusat) as work:
                await replay_dead(work, made.webhook.id)

        async with work_as(pusat) as work:
            await enable_webhook(work, made.webhook.id)
            replayed = await replay_dead(work, made.webhook.id)
        await deliver_all(OUTLETS)

    assert (off.is_active, off.disabled_reason, off.dead_in_a_row) == (False, "DEAD_DELIVERIES", 2)
    assert [(row.person_id, row.data) for row in told] == [(pusat.id, {"webhook_id": str(off.id)})]
    assert [row.last_error for row in dead] == ["HTTP_410", "HTTP_410", "WEBHOOK_DISABLED"]
    assert {row.state for row in dead} == {DeliveryState.DEAD}
    assert replayed == 3
    assert {row.state for row in await rows(Delivery)} == {DeliveryState.SENT}
    (now,) = await rows(Webhook)
    assert (now.is_active, now.dead_in_a_row) == (True, 0)
    # Each arrived once, under the id that had failed before.
    assert sorted(request.headers["webhook-id"] for request in receiver.requests[2:]) == sorted(
        str(row.id) for row in dead
    )


async def test_after_a_new_secret_the_old_one_signs_for_a_day(
    a_webhook: MadeFor, an_actor: ActorOf, work_as: WorkAs, clock: Clock, deliver_all: DeliverAll
) -> None:
    pusat = await an_actor(Role.NATIONAL_ADMIN)
    async with Receiver.open() as receiver:
        made = await a_webhook(receiver.url, by=pusat)
        async with work_as(pusat) as work:
            fresh = await rotate_secret(work, made.webhook.id)
            await request_test(work, made.webhook.id)
        await deliver_all(OUTLETS)
        clock.forward(hours=25)
        async with work_as(pusat) as work:
            await request_test(work, made.webhook.id)
        await deliver_all(OUTLETS)

    during, after = receiver.requests
    signed = [
        [signature(key, one.headers["webhook-id"], int(one.headers["webhook-timestamp"]), one.body) for key in keys]
        for one, keys in ((during, (fresh.secret, made.secret)), (after, (fresh.secret,)))
    ]
    assert during.headers["webhook-signature"].split() == signed[0]
    assert after.headers["webhook-signature"].split() == signed[1]
    assert during.said == {"type": "webhook.test", "timestamp": "2026-04-13T02:00:00+00:00", "data": {}}


async def test_a_secret_is_stored_sealed_and_every_turn_is_noted(
    a_webhook: MadeFor, an_actor: ActorOf, work_as: WorkAs, rows: Rows
) -> None:
    pusat = await an_actor(Role.NATIONAL_ADMIN)
    made = await a_webhook("https://penerima.contoh.id/salur", by=pusat)
    async with work_as(pusat) as work:
        await rotate_secret(work, made.webhook.id)
        await disable_webhook(work, made.webhook.id)
        await enable_webhook(work, made.webhook.id)
        await request_test(work, made.webhook.id)

    (row,) = await rows(Webhook)
    assert made.secret.encode() not in row.secret_encrypted + (row.previous_secret_encrypted or b"")
    noted = await rows(AccessEvent)
    assert sorted(event.kind for event in noted) == [
        "WEBHOOK_CREATED", "WEBHOOK_DISABLED", "WEBHOOK_ENABLED", "WEBHOOK_SECRET_ROTATED", "WEBHOOK_TESTED",
    ]  # fmt: skip
    assert {(event.person_id, event.reason) for event in noted} == {(pusat.id, str(row.id))}


async def test_an_agency_does_not_find_the_webhook_of_another(
    a_webhook: MadeFor, an_actor: ActorOf, work_as: WorkAs, state: State
) -> None:
    made = await a_webhook("https://penerima.contoh.id", by=await an_actor(Role.AGENCY_ADMIN, "PLN"))
    other = await an_actor(Role.AGENCY_ADMIN, "KOTA_SEMARANG")
    before = await state()

    for verb in (rotate_secret, disable_webhook, enable_webhook, request_test, replay_dead):
        with pytest.raises(NotFound):
            async with work_as(other) as work:
                await verb(work, made.webhook.id)

    assert await state() == before


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_nothing_inside_the_house_is_reached_when_the_setting_says_so(
    host: str,
    a_complaint: Complaints,
    a_webhook: MadeFor,
    tell_all: TellAll,
    deliver_all: DeliverAll,
    rows: Rows,
) -> None:
    strict = replace(OUTLETS, webhooks=WebhookLimits(allows_http=True))
    async with Receiver.open() as receiver:
        # Made while it was allowed, or a name that has led inside since.
        await a_webhook(receiver.url.replace("127.0.0.1", host), "complaint.submitted")
        await a_complaint()
        await tell_all(strict)

        await deliver_all(strict)

    (row,) = await rows(Delivery)
    assert (receiver.requests, row.last_error) == ([], "PRIVATE_ADDRESS")


async def test_logs_of_delivering_tell_neither_text_nor_person(
    lines: StringIO,
    an_actor: ActorOf,
    a_complaint: Complaints,
    a_webhook: MadeFor,
    clock: Clock,
    tell_all: TellAll,
    deliver_all: DeliverAll,
) -> None:
    await an_actor(Role.AGENCY_ADMIN, "PLN", login="admin@pln.contoh.id")
    async with MailSink.open() as sink, Receiver.open() as receiver:
        sink.answers += [f"550 {MARK} siti@contoh.id", f"451 {MARK}"] * 5
        receiver.answers += [500, 410]
        await a_webhook(receiver.url)
        await a_complaint(Status.CLOSED, text=f"{MARK} lampu mati", contact=CONTACT)
        outlets = with_mail(sink.port)
        await tell_all(outlets)
        for _ in range(4):
            await deliver_all(outlets)
            clock.forward(days=1)

    said = lines.getvalue()
    assert "delivery.dead" in said
    for secret in (MARK, "Siti", "contoh.id", "0812", receiver.url):
        assert secret not in said
