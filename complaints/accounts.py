"""Logging in and out, and turning a token into an actor."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Executable, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from complaints.inputs import Problems
from complaints.policy import GRANTS, Actor
from complaints.refusals import Invalid, NotFound, NotSignedIn, Problem
from complaints.work import Work
from models import Agency, Person, ServiceKey, Session
from rules.vocabulary import Action, AgencyLevel, Role

# argon2-cffi's defaults are the low-memory profile of RFC 9106 with argon2id.
_HASHER = PasswordHasher()
PASSWORD_MIN = 12
PASSWORD_MAX = 200
_SERVICE_PREFIX = "salur_sk_"


@dataclass(frozen=True, slots=True)
class Login:
    """A fresh session. The tokens are shown once; only their digests are stored."""

    person: Person
    token: str
    csrf_token: str
    expires_at: datetime


def digest(token: str) -> bytes:
    """The stored form of a random token."""
    return hashlib.sha256(token.encode()).digest()


async def log_in(work: Work, login: str, password: str) -> Login:
    """Open a session. Raises `NotSignedIn(WRONG_CREDENTIALS)` without saying which of the two was wrong."""
    statement = select(Person).where(Person.login == login.strip().lower())
    # What PostgreSQL could not look for is in no stored login.
    person = None if not login.isprintable() else (await work.session.scalars(statement)).one_or_none()
    stored = person.password_hash if person is not None else await anyio.to_thread.run_sync(_nobody)
    is_right = await anyio.to_thread.run_sync(_is_password, stored, password)
    if person is None or not is_right or not person.is_active:
        raise NotSignedIn("WRONG_CREDENTIALS")
    if _HASHER.check_needs_rehash(person.password_hash):
        person.password_hash = await anyio.to_thread.run_sync(_HASHER.hash, password)
    person.last_login_at = work.now
    token, csrf_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    session = Session(
        id=work.new_id(),
        person_id=person.id,
        token_hash=digest(token),
        csrf_hash=digest(csrf_token),
        created_at=work.now,
        expires_at=work.now + timedelta(hours=work.allowances.session_hours),
    )
    work.session.add(session)
    return Login(person, token, csrf_token, session.expires_at)


@cache
def _nobody() -> str:
    """Verified against when the login is unknown, so that an answer takes as long as for a known one."""
    return _HASHER.hash(secrets.token_urlsafe(16))


def _is_password(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password[: PASSWORD_MAX + 1].encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


async def log_out(work: Work) -> None:
    """Revoke the session the actor came with; a second time changes nothing."""
    if work.actor.session_id is not None:
        await work.session.execute(
            update(Session)
            .where(Session.id == work.actor.session_id, Session.revoked_at.is_(None))
            .values(revoked_at=work.now)
        )


def own_account(actor: Actor) -> Executable:
    """The account the actor signed in with."""
    return select(Person.id, Person.login, Person.name, Person.role, Person.agency_id).where(Person.id == actor.id)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token belongs to, and the digest that a browser's CSRF token must match."""

    actor: Actor
    csrf_hash: bytes | None


async def identify(connection: AsyncConnection, token: str, now: datetime) -> Identity:
    """The actor behind a session token or service key. Raises `NotSignedIn(EXPIRED)` for any other token."""
    if token.startswith(_SERVICE_PREFIX):
        return await _service(connection, token, now)
    above = aliased(Agency)
    statement = (
        select(
            Session.id,
            Session.csrf_hash,
            Person.id.label("person_id"),
            Person.role,
            Agency.id.label("agency_id"),
            Agency.level,
            Agency.parent_id,
            Agency.connection,
            above.level.label("level_above"),
        )
        .join(Person, Person.id == Session.person_id)
        .outerjoin(Agency, Agency.id == Person.agency_id)
        .outerjoin(above, above.id == Agency.parent_id)
        .where(
            Session.token_hash == digest(token),
            Session.revoked_at.is_(None),
            Session.expires_at > now,
            Person.is_active.is_(True),
        )
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        raise NotSignedIn("EXPIRED")
    agency_id, unit_id = _desk(row.agency_id, row.level, row.parent_id)
    if unit_id is not None and agency_id is not None and row.level_above is AgencyLevel.UNIT:
        agency_id = await _owner(connection, agency_id)
    actor = Actor(
        row.role,
        id=row.person_id,
        agency_id=agency_id,
        unit_id=unit_id,
        session_id=row.id,
        connection=row.connection,
    )
    return Identity(actor, row.csrf_hash)


def _desk(agency_id: UUID | None, level: AgencyLevel | None, parent_id: UUID | None) -> tuple[UUID | None, UUID | None]:
    """(agency, unit) somebody works for: who works for a unit also has the unit's agency."""
    return (parent_id, agency_id) if level is AgencyLevel.UNIT else (agency_id, None)


async def _owner(connection: AsyncConnection, unit_id: UUID) -> UUID:
    """The agency that a unit belongs to, however deep it lies."""
    tree = select(Agency.id, Agency.level, Agency.parent_id).where(Agency.id == unit_id).cte("tree", recursive=True)
    upper = aliased(Agency)
    tree = tree.union(
        select(upper.id, upper.level, upper.parent_id)
        .join(tree, tree.c.parent_id == upper.id)
        .where(tree.c.level == AgencyLevel.UNIT)
    )
    owner = select(tree.c.id).where(tree.c.level != AgencyLevel.UNIT)
    return (await connection.execute(owner)).scalar() or unit_id


async def _service(connection: AsyncConnection, token: str, now: datetime) -> Identity:
    statement = (
        select(ServiceKey.agency_id, ServiceKey.scopes, Agency.connection)
        .outerjoin(Agency, Agency.id == ServiceKey.agency_id)
        .where(ServiceKey.key_hash == digest(token), ServiceKey.revoked_at.is_(None), ServiceKey.expires_at > now)
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        raise NotSignedIn("EXPIRED")
    scopes = frozenset(Action(scope) for scope in row.scopes)
    actor = Actor(Role.SERVICE, agency_id=row.agency_id, scopes=scopes, connection=row.connection)
    return Identity(actor, None)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """An account to open."""

    login: str
    name: str
    password: str
    role: Role
    agency_code: str | None = None


async def add_person(work: Work, new: NewPerson) -> Person:
    """Open an account. Raises `Invalid` with every problem, `NotFound` for the agency."""
    problems = Problems()
    login = problems.text(new.login, "login", shortest=3, longest=100)
    name = problems.text(new.name, "name", shortest=1, longest=200)
    _check_password(problems, new.password)
    if new.role in (Role.PUBLIC, Role.TICKET, Role.SERVICE, Role.SYSTEM):
        problems.add("role", "NOT_A_PERSONS_ROLE")
    agency = None
    if new.agency_code is not None:
        agency = (await work.session.scalars(select(Agency).where(Agency.code == new.agency_code))).one_or_none()
        if agency is None:
            raise NotFound("Agency", "agencyCode")
    if agency is None and new.role in AGENCY_ROLES:
        problems.add("agencyCode", "REQUIRED")
    if new.role is Role.UNIT_OFFICER and agency is not None and agency.level is not AgencyLevel.UNIT:
        problems.add("agencyCode", "NOT_A_UNIT_OF_AGENCY")
    problems.settle()
    taken = select(Person.id).where(Person.login == (login or "").lower())
    if (await work.session.execute(taken)).first() is not None:
        raise Invalid(Problem("login", "TAKEN"))
    person = Person(
        id=work.new_id(),
        login=(login or "").lower(),
        name=name or "",
        password_hash=await anyio.to_thread.run_sync(_HASHER.hash, new.password),
        role=new.role,
        agency_id=None if agency is None else agency.id,
        is_active=True,
        created_at=work.now,
    )
    work.session.add(person)
    return person


AGENCY_ROLES = frozenset({Role.AGENCY_ADMIN, Role.UNIT_OFFICER, Role.INSPECTORATE, Role.HUB, Role.CHANNEL_OFFICER})


def _check_password(problems: Problems, password: str) -> None:
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        problems.add("password", "PASSWORD_LENGTH", min=PASSWORD_MIN, max=PASSWORD_MAX)


async def close_account(work: Work, login: str) -> Person:
    """Let nobody sign in with an account any more and end its sessions. Raises `NotFound`."""
    person = await _person(work, login)
    person.is_active = False
    await _end_sessions(work, person)
    return person


async def _person(work: Work, login: str) -> Person:
    statement = select(Person).where(Person.login == login.strip().lower())
    person = (await work.session.scalars(statement)).one_or_none()
    if person is None:
        raise NotFound("Person", "login")
    return person


async def _end_sessions(work: Work, person: Person) -> None:
    running = (Session.person_id == person.id, Session.revoked_at.is_(None))
    await work.session.execute(update(Session).where(*running).values(revoked_at=work.now))


async def set_password(work: Work, login: str, password: str) -> Person:
    """Give an account a new password and end all its sessions. Raises `NotFound` and `Invalid`."""
    problems = Problems()
    _check_password(problems, password)
    problems.settle()
    person = await _person(work, login)
    person.password_hash = await anyio.to_thread.run_sync(_HASHER.hash, password)
    await _end_sessions(work, person)
    return person


async def add_service_key(
    work: Work, name: str, scopes: frozenset[Action], *, agency_code: str | None, days: int
) -> str:
    """A new key for another system, returned once. Raises `Invalid` for a scope no key may have."""
    refused = sorted(scopes - GRANTS[Role.SERVICE])
    if refused or not scopes:
        allowed = ", ".join(sorted(GRANTS[Role.SERVICE]))
        raise Invalid(Problem("scopes", "UNKNOWN_CODE", {"allowed": allowed}))
    agency_id = None
    if agency_code is not None:
        agency_id = work.knowledge.agency_ids.get(agency_code)
        if agency_id is None:
            raise NotFound("Agency", "agencyCode")
    key = _SERVICE_PREFIX + secrets.token_urlsafe(32)
    work.session.add(
        ServiceKey(
            id=work.new_id(),
            name=name,
            key_hash=digest(key),
            scopes=sorted(scopes),
            agency_id=agency_id,
            created_at=work.now,
            expires_at=work.now + timedelta(days=days),
        )
    )
    return key


async def revoke_service_key(work: Work, name: str) -> ServiceKey:
    """End a key at once. Raises `NotFound`."""
    row = (await work.session.scalars(select(ServiceKey).where(ServiceKey.name == name))).one_or_none()
    if row is None:
        raise NotFound("ServiceKey", "name")
    row.revoked_at = row.revoked_at or work.now
    return row
