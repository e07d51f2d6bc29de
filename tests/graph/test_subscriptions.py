"""Live changes: every event is looked at with the eyes of its subscriber, for as long as the session holds."""

from uuid import UUID

import anyio
import psycopg
import pytest
import strawberry

from complaints.policy import ANYONE, Actor
from complaints.refusals import NotSignedIn
from graph.context import Tools, Topic
from models import new_id
from rules.vocabulary import Role, Status
from server.database import libpq_url
from server.feed import Feed
from server.runtime import Runtime
from tests.graph.support import Cases, Cast, ContextOf, Do, Listen, case_id, gid
from tests.support import NATIONAL, PASSWORD, ActorOf, Clock

CASE = "subscription($id: ID!) { complaintChanged(id: $id) { id version status isMine route { kind } } }"
QUEUE = """subscription($filter: ComplaintFilter) {
  queueChanged(filter: $filter) { id isInQueue complaint { id status } }
}"""


async def test_subscriber_sees_the_complaint_now_and_after_each_change(
    a_case: Cases, cast: Cast, do: Do, listen: Listen
) -> None:
    complaint = await a_case(Status.DISPATCHED)
    wanted = {"id": case_id(complaint), "seenVersion": complaint.version, "text": "Alat berat datang besok."}

    async with listen(cast.officer, CASE, id=case_id(complaint)) as hear:
        now = await hear()
        await do(cast.officer, "addFollowUp", input=wanted)
        after = await hear()

    assert now == {
        "id": case_id(complaint),
        "version": complaint.version,
        "status": "DISPATCHED",
        "isMine": False,
        "route": {"kind": "REPORTER_CHOICE"},
    }
    assert (after["version"], after["status"]) == (complaint.version + 1, "IN_PROGRESS")


async def test_subscriber_sees_only_the_fields_of_their_standing(a_case: Cases, listen: Listen) -> None:
    complaint = await a_case(Status.DISPATCHED)

    async with listen(ANYONE, CASE, id=case_id(complaint)) as hear:
        public = await hear()
    async with listen(a_case.ticket(complaint), CASE, id=case_id(complaint)) as hear:
        reporter = await hear()

    assert (public["route"], public["isMine"]) == (None, False)
    assert (reporter["route"], reporter["isMine"]) == (None, True)


async def test_changes_of_other_complaints_are_not_heard(a_case: Cases, cast: Cast, do: Do, listen: Listen) -> None:
    complaint, other = await a_case(Status.DISPATCHED), await a_case(Status.DISPATCHED)

    async with listen(cast.officer, CASE, id=case_id(complaint)) as hear:
        await hear()
        for case in (other, complaint):
            wanted = {"id": case_id(case), "seenVersion": case.version, "text": "Alat berat datang besok."}
            await do(cast.officer, "addFollowUp", input=wanted)
        first = await hear()

    assert first["id"] == case_id(complaint)


async def test_stream_ends_when_the_complaint_leaves_the_sight(
    a_case: Cases, cast: Cast, do: Do, listen: Listen
) -> None:
    complaint = await a_case(Status.DISPATCHED)

    async with listen(cast.officer, CASE, id=case_id(complaint)) as hear:
        await hear()
        wanted = {"id": case_id(complaint), "seenVersion": complaint.version, "reason": "BUKAN_WEWENANG"}
        await do(NATIONAL, "returnComplaint", input=wanted)
        end = await hear()

    assert end is None


@pytest.mark.parametrize("which", ["unknown", "secret"])
async def test_complaint_that_may_not_be_read_ends_at_once(which: str, a_case: Cases, listen: Listen) -> None:
    complaint = await a_case(Status.DISPATCHED, is_secret=True)
    wanted = case_id(complaint) if which == "secret" else gid("Complaint", new_id())

    async with listen(ANYONE, CASE, id=wanted) as hear:
        assert await hear() is None


@pytest.fixture
async def session(an_actor: ActorOf, do: Do, tools: Tools) -> tuple[Actor, str]:
    """The admin of the city, signed in, and the token."""
    await an_actor(Role.AGENCY_ADMIN, "KOTA_SEMARANG", "sari")
    answer = await do(ANYONE, "login", login="sari", password=PASSWORD, kind="BEARER")
    return await tools.identify(answer["token"]), answer["token"]


@pytest.mark.parametrize("document", [CASE, QUEUE], ids=["complaint", "queue"])
@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_ended_session_ends_the_stream(
    document: str,
    how: str,
    a_case: Cases,
    session: tuple[Actor, str],
    do: Do,
    clock: Clock,
    listen: Listen,
) -> None:
    actor, token = session
    complaint = await a_case(Status.DISPATCHED)
    variables = {"id": case_id(complaint)} if document is CASE else {}

    async with listen(actor, document, context={"token": token}, **variables) as hear:
        if document is CASE:
            await hear()
        if how == "revoked":
            await do(actor, "logout")
        else:
            clock.forward(hours=12)
        wanted = {"id": case_id(complaint), "seenVersion": complaint.version, "text": "Alat berat datang besok."}
        await do(NATIONAL, "addFollowUp", input=wanted)
        said, end = await hear(), await hear()

    assert (said, end) == (["NOT_SIGNED_IN"], None)


async def test_queue_hears_of_what_enters_changes_and_leaves_it(
    a_case: Cases, cast: Cast, do: Do, listen: Listen
) -> None:
    async with listen(cast.admin, QUEUE) as hear:
        complaint = await a_case()
        wanted = {"id": case_id(complaint), "seenVersion": complaint.version}
        entered = await hear()
        await do(cast.admin, "verifyComplaint", input={**wanted, "title": "Jalan Rusak"})
        changed = await hear()
        returned = {**wanted, "seenVersion": complaint.version + 1, "reason": "BUKAN_WEWENANG"}
        await do(cast.admin, "returnComplaint", input=returned)
        left = await hear()

    case = case_id(complaint)
    assert entered == {"id": case, "isInQueue": True, "complaint": {"id": case, "status": "UNVERIFIED"}}
    assert changed == {"id": case, "isInQueue": True, "complaint": {"id": case, "status": "VERIFIED"}}
    assert left == {"id": case, "isInQueue": False, "complaint": None}


async def test_other_agency_hears_nothing_of_it(a_case: Cases, cast: Cast, do: Do, listen: Listen) -> None:
    async with listen(cast.other_admin, QUEUE) as hear:
        elsewhere = await a_case(Status.CLOSED)
        wanted = {"complaint": {"id": case_id(elsewhere)}, "reason": "Muncul lagi."}
        await do(NATIONAL, "reopenComplaint", **wanted)
        own = await a_case.a_complaint(Status.DISPATCHED, agency="PLN")
        first = await hear()

    assert first["id"] == case_id(own)


async def test_queue_hears_only_of_what_its_filter_holds(a_case: Cases, cast: Cast, do: Do, listen: Listen) -> None:
    async with listen(cast.admin, QUEUE, filter={"statuses": ["DISPATCHED"]}) as hear:
        await a_case()
        complaint = await a_case(Status.DISPATCHED)
        entered = await hear()
        wanted = {"id": case_id(complaint), "seenVersion": complaint.version, "text": "Alat berat datang besok."}
        await do(cast.admin, "addFollowUp", input=wanted)
        left = await hear()

    case = case_id(complaint)
    assert (entered["id"], entered["isInQueue"], entered["complaint"]["status"]) == (case, True, "DISPATCHED")
    assert left == {"id": case, "isInQueue": False, "complaint": None}


@pytest.mark.parametrize("document", [CASE, QUEUE], ids=["complaint", "queue"])
async def test_slow_subscriber_is_told_to_fetch_anew(
    document: str, runtime: Runtime, a_case: Cases, cast: Cast, listen: Listen, live_feed: Feed
) -> None:
    complaint = await a_case(Status.DISPATCHED)
    variables = {"id": case_id(complaint)} if document is CASE else {}

    async with listen(cast.admin, document, **variables) as hear:
        if document is CASE:
            await hear()
        for subscriber in live_feed._subscribers[Topic.COMPLAINT]:
            for _ in range(200):
                subscriber.tell(new_id())
        first = await hear()

    if document is CASE:
        assert first["id"] == case_id(complaint)
    else:
        assert first == {"id": None, "isInQueue": False, "complaint": None}


async def test_lost_connection_of_the_feed_tells_everybody_to_fetch_anew(
    runtime: Runtime, cast: Cast, live_feed: Feed, listen: Listen
) -> None:
    async with listen(cast.admin, QUEUE) as hear:
        await end_listening(runtime)
        message = await hear()

    assert message == {"id": None, "isInQueue": False, "complaint": None}


async def end_listening(runtime: Runtime) -> None:
    """Cut the feed's connection, as a restart of the database would."""
    async with await psycopg.AsyncConnection.connect(libpq_url(runtime.url), autocommit=True) as connection:
        cut = await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen complaint_event%'"
            " and datname = current_database()"
        )
        assert len(await cut.fetchall()) == 1


@pytest.mark.parametrize(
    ("document", "variables", "code"),
    [
        (QUEUE, {}, "NOT_SIGNED_IN"),
        (CASE, {"id": "bukan-id"}, "INVALID"),
        (CASE, {"id": gid("Agency", new_id())}, "INVALID"),
    ],
    ids=["stranger", "malformed id", "id of another type"],
)
async def test_refused_subscription_tells_its_code(
    document: str, variables: dict[str, str], code: str, schema: strawberry.Schema, context_of: ContextOf
) -> None:
    stream = await schema.subscribe(document, variable_values=variables, context_value=await context_of(ANYONE))

    codes = []
    if isinstance(stream, strawberry.types.ExecutionResult):
        codes = [error.extensions["code"] for error in stream.errors or [] if error.extensions]
    else:
        async for message in stream:
            codes += [error.extensions["code"] for error in message.errors or [] if error.extensions]
    assert codes == [code]


@pytest.mark.parametrize("who", ["data_staff", "narrow_service"])
async def test_role_without_a_queue_is_refused(
    who: str, cast: Cast, schema: strawberry.Schema, context_of: ContextOf
) -> None:
    stream = await schema.subscribe(QUEUE, context_value=await context_of(getattr(cast, who)))

    assert not isinstance(stream, strawberry.types.ExecutionResult)
    messages = [message async for message in stream]
    assert [error.extensions["code"] for error in messages[0].errors or [] if error.extensions] == ["NOT_ALLOWED"]


async def test_ended_session_cannot_subscribe(a_case: Cases, schema: strawberry.Schema, context_of: ContextOf) -> None:
    complaint = await a_case(Status.DISPATCHED)
    context = await context_of(ANYONE, denied=NotSignedIn("EXPIRED"))

    stream = await schema.subscribe(CASE, variable_values={"id": case_id(complaint)}, context_value=context)

    assert not isinstance(stream, strawberry.types.ExecutionResult)
    messages = [message async for message in stream]
    assert [error.extensions["code"] for error in messages[0].errors or [] if error.extensions] == ["NOT_SIGNED_IN"]


async def test_feed_carries_one_id_for_each_change_and_nothing_else(a_case: Cases, live_feed: Feed) -> None:
    with live_feed.subscribe(Topic.COMPLAINT) as subscriber:
        made = [await a_case(), await a_case()]
        heard: list[UUID | None] = []
        with anyio.fail_after(10):
            async for changed in subscriber.changes():
                heard.append(changed)
                if len(heard) == 2:
                    break

    assert heard == [complaint.id for complaint in made]
