"""Who somebody is: logins, sessions and service keys, each revocable, none guessable."""

import json
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from complaints.accounts import (
    Login,
    NewPerson,
    add_person,
    add_service_key,
    digest,
    identify,
    log_in,
    log_out,
    set_password,
)
from complaints.policy import ANYONE, GRANTS, SYSTEM, Actor
from complaints.refusals import Invalid, NotFound, NotSignedIn, Problem
from models import Person, ServiceKey, Session
from rules.vocabulary import Action, Connection, Role
from server.runtime import Runtime
from tests.integration.given import Rows, State
from tests.support import MONDAY, PASSWORD, ActorOf, Clock, WorkAs


class Desk:
    """Logs somebody in and asks who a token belongs to, as the door does."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def log_in(self, login: str, password: str = PASSWORD) -> Login:
        """A session of its own."""
        async with self._runtime.workshop.work(ANYONE) as work:
            return await log_in(work, login, password)

    async def actor(self, token: str) -> Actor:
        """Who sends this token now."""
        async with self._runtime.database.read.connect() as connection:
            return (await identify(connection, token, self._runtime.workshop.clock())).actor


@pytest.fixture
def desk(runtime: Runtime) -> Desk:
    return Desk(runtime)


async def test_a_login_opens_a_session_for_twelve_hours(desk: Desk, an_actor: ActorOf, rows: Rows) -> None:
    somebody = await an_actor(Role.NATIONAL_ADMIN, login="sari")

    opened = await desk.log_in("  Sari ")

    (session,) = await rows(Session)
    (person,) = await rows(Person)
    assert await desk.actor(opened.token) == Actor(Role.NATIONAL_ADMIN, id=somebody.id, session_id=session.id)
    assert opened.expires_at == session.expires_at == MONDAY + timedelta(hours=12)
    assert person.last_login_at == MONDAY
    # Only digests are stored.
    assert (session.token_hash, session.csrf_hash) == (digest(opened.token), digest(opened.csrf_token))


async def test_an_officer_of_a_unit_stands_at_both_desks(desk: Desk, an_actor: ActorOf) -> None:
    somebody = await an_actor(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU", login="dpu")

    actor = await desk.actor((await desk.log_in("dpu")).token)

    assert (actor.agency_id, actor.unit_id) == (somebody.agency_id, somebody.unit_id)
    assert somebody.agency_id != somebody.unit_id


async def test_wrong_password_unknown_login_and_inactive_account_look_the_same(
    desk: Desk, an_actor: ActorOf, work_as: WorkAs, state: State
) -> None:
    await an_actor(Role.REPORTER, login="sari")
    somebody = await an_actor(Role.REPORTER, login="budi")
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(Person).where(Person.id == somebody.id).values(is_active=False))
    before = await state()

    for login, password in (("sari", "salah sama sekali"), ("tidak-ada", PASSWORD), ("budi", PASSWORD), ("\x00", "")):
        with pytest.raises(NotSignedIn) as refusal:
            await desk.log_in(login, password)

        assert refusal.value.reason == "WRONG_CREDENTIALS"

    assert await state() == before


async def test_a_session_ends_by_itself(desk: Desk, an_actor: ActorOf, clock: Clock) -> None:
    await an_actor(Role.REPORTER, login="sari")
    token = (await desk.log_in("sari")).token
    clock.forward(hours=12)

    with pytest.raises(NotSignedIn) as refusal:
        await desk.actor(token)

    assert refusal.value.reason == "EXPIRED"


async def test_logging_out_ends_this_session_and_no_other(desk: Desk, an_actor: ActorOf, work_as: WorkAs) -> None:
    await an_actor(Role.REPORTER, login="sari")
    here, elsewhere = await desk.log_in("sari"), await desk.log_in("sari")
    actor = await desk.actor(here.token)

    for _ in range(2):
        async with work_as(actor) as work:
            await log_out(work)

    with pytest.raises(NotSignedIn):
        await desk.actor(here.token)
    assert (await desk.actor(elsewhere.token)).id == actor.id


async def test_an_account_that_is_switched_off_loses_its_sessions(
    desk: Desk, an_actor: ActorOf, work_as: WorkAs
) -> None:
    await an_actor(Role.REPORTER, login="sari")
    token = (await desk.log_in("sari")).token
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(Person).values(is_active=False))

    with pytest.raises(NotSignedIn):
        await desk.actor(token)


async def test_a_new_password_ends_all_sessions(desk: Desk, an_actor: ActorOf, work_as: WorkAs) -> None:
    await an_actor(Role.REPORTER, login="sari")
    token = (await desk.log_in("sari")).token

    async with work_as(SYSTEM) as work:
        await set_password(work, " SARI ", "kata sandi yang baru")

    with pytest.raises(NotSignedIn):
        await desk.actor(token)
    with pytest.raises(NotSignedIn):
        await desk.log_in("sari")
    assert (await desk.log_in("sari", "kata sandi yang baru")).person.login == "sari"


async def test_a_hash_of_older_strength_is_renewed_at_login(
    desk: Desk, an_actor: ActorOf, work_as: WorkAs, rows: Rows
) -> None:
    await an_actor(Role.REPORTER, login="sari")
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(Person).values(password_hash=weak))

    await desk.log_in("sari")

    (person,) = await rows(Person)
    assert person.password_hash != weak
    assert not PasswordHasher().check_needs_rehash(person.password_hash)


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        (
            NewPerson("sari", "Sari", "x" * 11, Role.REPORTER),
            Problem("password", "PASSWORD_LENGTH", {"min": 12, "max": 200}),
        ),
        (NewPerson("ab", "Sari", PASSWORD, Role.REPORTER), Problem("login", "TOO_SHORT", {"min": 3, "length": 2})),
        (NewPerson("sari", " ", PASSWORD, Role.REPORTER), Problem("name", "REQUIRED", {"min": 1, "length": 0})),
        (NewPerson("sari", "Sari", PASSWORD, Role.SYSTEM), Problem("role", "NOT_A_PERSONS_ROLE")),
        (NewPerson("sari", "Sari", PASSWORD, Role.AGENCY_ADMIN), Problem("agencyCode", "REQUIRED")),
        (
            NewPerson("sari", "Sari", PASSWORD, Role.UNIT_OFFICER, "PLN"),
            Problem("agencyCode", "NOT_A_UNIT_OF_AGENCY"),
        ),
        (NewPerson("BUDI", "Budi", PASSWORD, Role.REPORTER), Problem("login", "TAKEN")),
    ],
    ids=lambda value: value.code if isinstance(value, Problem) else "",
)
async def test_an_account_with_a_problem_is_not_opened(
    new: NewPerson, problem: Problem, work_as: WorkAs, an_actor: ActorOf, state: State
) -> None:
    await an_actor(Role.REPORTER, login="budi")
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await add_person(work, new)

    assert refusal.value.problems == (problem,)
    assert await state() == before


async def test_an_unknown_agency_or_login_is_not_found(work_as: WorkAs, state: State) -> None:
    before = await state()

    with pytest.raises(NotFound):
        async with work_as(SYSTEM) as work:
            await add_person(work, NewPerson("sari", "Sari", PASSWORD, Role.HUB, "TIDAK_ADA"))
    with pytest.raises(NotFound):
        async with work_as(SYSTEM) as work:
            await set_password(work, "tidak-ada", PASSWORD)

    assert await state() == before


async def test_a_service_key_acts_within_its_scopes(runtime: Runtime, desk: Desk, work_as: WorkAs, rows: Rows) -> None:
    scopes = frozenset({Action.READ_QUEUE, Action.READ_COMPLAINT})

    async with work_as(SYSTEM) as work:
        key = await add_service_key(work, "dasbor kota", scopes, agency_code="KOTA_SEMARANG", days=30)

    (stored,) = await rows(ServiceKey)
    knowledge = await runtime.knowledge.current(MONDAY)
    assert await desk.actor(key) == Actor(
        Role.SERVICE, agency_id=knowledge.agency_ids["KOTA_SEMARANG"], scopes=scopes, connection=Connection.FULL
    )
    assert key.startswith("salur_sk_")
    assert stored.key_hash == digest(key)
    assert key.encode() not in json.dumps([stored.name, stored.scopes]).encode()


async def test_a_service_key_ends_and_can_be_revoked(desk: Desk, work_as: WorkAs, clock: Clock) -> None:
    async with work_as(SYSTEM) as work:
        scopes = frozenset({Action.READ_COMPLAINT})
        lasting = await add_service_key(work, "a", scopes, agency_code=None, days=31)
        ending = await add_service_key(work, "b", scopes, agency_code=None, days=30)
        revoked = await add_service_key(work, "c", scopes, agency_code=None, days=31)
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(ServiceKey).where(ServiceKey.name == "c").values(revoked_at=MONDAY))
    clock.forward(days=30)

    for key in (ending, revoked, "salur_sk_tebakan"):
        with pytest.raises(NotSignedIn):
            await desk.actor(key)
    assert (await desk.actor(lasting)).role is Role.SERVICE


@pytest.mark.parametrize(
    "scopes",
    [frozenset[Action](), frozenset({Action.READ_COMPLAINT, Action.READ_REPORTER})],
    ids=["none", "more than any key may"],
)
async def test_a_scope_no_key_may_have_is_refused(scopes: frozenset[Action], work_as: WorkAs, state: State) -> None:
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(SYSTEM) as work:
            await add_service_key(work, "dasbor", scopes, agency_code=None, days=30)

    allowed = ", ".join(sorted(GRANTS[Role.SERVICE]))
    assert refusal.value.problems == (Problem("scopes", "UNKNOWN_CODE", {"allowed": allowed}),)
    assert await state() == before
