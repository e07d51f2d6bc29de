"""The demonstration: accounts to sign in with, and complaints whose history is replayed through the real verbs."""

import json
import os
import re
import secrets
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, Self
from uuid import UUID

import yaml
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import BaseModel, BeforeValidator, ConfigDict
from sqlalchemy import func, select

from complaints.accounts import NewPerson, add_person, set_password
from complaints.close import close, close_by_silence, rate, reopen
from complaints.desk import Objection, archive, defer, restore, return_
from complaints.dispatch import Destination, dispatch, handle
from complaints.follow_up import follow_up, reply
from complaints.knowledge import Knowledge, KnowledgeSource
from complaints.policy import ANYONE, SYSTEM, Actor
from complaints.submit import Draft, key_digest, submit
from complaints.suggest import Advice, Question
from complaints.tracking import admit
from complaints.vault import NO_CONTACT, Contact
from complaints.verify import Verdict, verify
from complaints.work import Work, Workshop
from models import Complaint, ComplaintEvent, Person
from rules.deadlines import JAKARTA, WorkingCalendar, local_date
from rules.vocabulary import AgencyLevel, Audience, Channel, Classification, ReportType, Role, Status, Urgency
from server.runtime import Runtime

_SCRIPT = Path(__file__).with_name("demo.yaml")
_PASSWORDS_FILE = "demo-accounts.json"
_SPAN = re.compile(r"(?P<days>\d+) days? (?P<at>\d\d:\d\d)|(?P<hours>\d+) hours?|(?P<minutes>\d+) minutes?")


@dataclass(frozen=True, slots=True)
class Span:
    """A distance in time as offices count it: working days and an hour of the day in Jakarta, or minutes."""

    days: int = 0
    at: time | None = None
    minutes: int = 0

    @classmethod
    def parse(cls, words: object) -> Self:
        """Read "2 days 09:10", "3 hours" or "20 minutes"; raises `ValueError` for anything else."""
        found = _SPAN.fullmatch(str(words))
        if found is None:
            raise ValueError(f"{words!r} is not like '2 days 09:10', '3 hours' or '20 minutes'")
        if found["at"] is not None:
            return cls(days=int(found["days"]), at=time.fromisoformat(found["at"]))
        return cls(minutes=int(found["hours"] or 0) * 60 + int(found["minutes"] or 0))

    def away_from(self, moment: datetime, calendar: WorkingCalendar, *, direction: Literal[1, -1] = 1) -> datetime:
        """The moment this far after `moment`, or before it with direction -1."""
        if self.at is None:
            return moment + direction * timedelta(minutes=self.minutes)
        day, left = local_date(moment), self.days
        while left:
            day += timedelta(days=direction)
            left -= calendar.is_working_day(day)
        return datetime.combine(day, self.at, JAKARTA).astimezone(moment.tzinfo)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Account(_Part):
    """Somebody who can sign in."""

    login: str
    role: Role
    name: str
    agency: str | None = None


class To(_Part):
    """Where a dispatch goes: a unit of the agency, or the agency itself, and who reads along."""

    unit: str | None = None
    copies: tuple[str, ...] = ()


class Step(_Part):
    """One verb of a history; each reads what it needs. `by` absent is the reporter."""

    do: str
    by: str | None = None
    after: Annotated[Span, BeforeValidator(Span.parse)]
    text: str = ""
    reason: str = ""
    audience: Audience = Audience.EVERYONE
    rating: int = 0
    solved: bool = False
    title: str | None = None
    category: str | None = None
    agency: str | None = None
    classification: Classification | None = None
    urgency: Urgency | None = None
    region_code: str | None = None
    tags: tuple[str, ...] | None = None
    is_secret: bool | None = None
    note: str | None = None
    to: To | None = None


class Story(_Part):
    """A complaint as it was sent, and what happened to it since. `by` absent is somebody without an account."""

    key: str
    by: str | None = None
    ago: Annotated[Span, BeforeValidator(Span.parse)]
    text: str
    report_type: ReportType = ReportType.COMPLAINT
    agency: str | None = None
    region_code: str | None = None
    place: str | None = None
    channel: Channel = Channel.WEB
    entry: str | None = None
    is_anonymous: bool = False
    is_secret: bool = False
    contact: Contact = NO_CONTACT
    steps: tuple[Step, ...] = ()

    def mark(self, step: int | str) -> str:
        """The request id under which a step leaves its events: the trace by which a replay finds its place."""
        return f"demo/{self.key}/{step}"

    def moments(self, filed_at: datetime, calendar: WorkingCalendar) -> list[datetime]:
        """When it was filed and when each step happened."""
        moments = [filed_at]
        for step in self.steps:
            moments.append(step.after.away_from(moments[-1], calendar))
        return moments


class Script(_Part):
    """The whole demonstration as it is written down."""

    accounts: tuple[Account, ...]
    complaints: tuple[Story, ...]


@cache
def read_script() -> Script:
    """The demonstration that Salur ships."""
    return Script.model_validate(yaml.safe_load(_SCRIPT.read_text(encoding="utf-8")))


def _id(ids: Mapping[str, UUID], code: str | None) -> UUID | None:
    return None if code is None else ids[code]


def _draft(story: Story, knowledge: Knowledge) -> Draft:
    ids = knowledge.agency_ids
    return Draft(
        **{name: getattr(story, name) for name in Draft.__slots__ if name in Story.model_fields},
        agency_id=_id(ids, story.agency),
        entry_agency_id=_id(ids, story.entry),
        # Anybody can guess it from the script, which only invented reports can bear.
        idempotency_key=story.mark("idempotency"),
    )


def _destination(work: Work, to: To) -> Destination:
    ids = work.knowledge.agency_ids
    return Destination(_id(ids, to.unit), [ids[code] for code in to.copies])


async def _verify(work: Work, row: Complaint, step: Step) -> Complaint:
    verdict = Verdict(
        **{name: getattr(step, name) for name in Verdict.__slots__ if name in Step.model_fields},
        category_id=_id(work.knowledge.category_ids, step.category),
        agency_id=_id(work.knowledge.agency_ids, step.agency),
    )
    to = None if step.to is None else _destination(work, step.to)
    return await verify(work, row.id, verdict, seen_version=row.version, destination=to)


async def _return(work: Work, row: Complaint, step: Step) -> Complaint:
    objection = Objection(step.reason, _id(work.knowledge.agency_ids, step.agency), step.text or None)
    return await return_(work, row.id, objection, seen_version=row.version)


# The verbs a step can name. All but the reporter's and the system's say which version they saw.
VERBS: Mapping[str, Callable[[Work, Complaint, Step], Awaitable[Complaint]]] = MappingProxyType(
    {
        "verify": _verify,
        "return": _return,
        "dispatch": lambda w, row, s: dispatch(w, row.id, _destination(w, s.to or To()), seen_version=row.version),
        "handle": lambda w, row, _: handle(w, row.id, seen_version=row.version),
        "defer": lambda w, row, s: defer(w, row.id, s.reason, s.text, seen_version=row.version),
        "archive": lambda w, row, s: archive(w, row.id, s.reason, s.text or None, seen_version=row.version),
        "restore": lambda w, row, s: restore(w, row.id, s.text, seen_version=row.version),
        "follow_up": lambda w, row, s: follow_up(w, row.id, s.text, s.audience, seen_version=row.version),
        "close": lambda w, row, s: close(w, row.id, s.text, seen_version=row.version),
        "close_by_silence": lambda w, row, _: close_by_silence(w, row.id),
        "reply": lambda w, row, s: reply(w, row.id, s.text),
        "rate": lambda w, row, s: rate(w, row.id, s.rating, is_solved=s.solved),
        "reopen": lambda w, row, s: reopen(w, row.id, s.text),
    }
)


class DemoAccount(Account):
    """An account with the password that opens it."""

    password: str


def read_demo_accounts(data_dir: Path) -> Sequence[DemoAccount]:
    """The accounts of the demonstration with their passwords; empty where it was never loaded."""
    kept = _read_passwords(data_dir)
    return [DemoAccount(**a.model_dump(), password=kept[a.login]) for a in read_script().accounts if a.login in kept]


def _kept_passwords(data_dir: Path) -> Mapping[str, str]:
    """A password for every account: those kept in the data folder, and new ones for accounts it does not know."""
    kept = _read_passwords(data_dir)
    missing = [account.login for account in read_script().accounts if account.login not in kept]
    if missing:
        kept |= {login: secrets.token_urlsafe(18) for login in missing}  # 24 characters
        data_dir.mkdir(parents=True, exist_ok=True)
        # mkstemp lets only the owner read, and the rename shows the file whole or not at all.
        handle, unfinished = tempfile.mkstemp(dir=data_dir, prefix=f".{_PASSWORDS_FILE}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(kept, file, indent=2)
        Path(unfinished).replace(data_dir / _PASSWORDS_FILE)
    return kept


def _read_passwords(data_dir: Path) -> dict[str, str]:
    try:
        return dict(json.loads((data_dir / _PASSWORDS_FILE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}  # never written, or damaged: lost passwords are made anew


def _opens(stored: str, password: str) -> bool:
    try:
        return PasswordHasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


@dataclass(slots=True)
class Loaded:
    """What a load found and did."""

    accounts_opened: int = 0
    accounts_reset: int = 0
    filed: int = 0
    steps: int = 0
    # Interrupted, and then touched by somebody else: their present is worth more than our past.
    left_alone: list[str] = field(default_factory=list)
    by_status: Counter[Status] = field(default_factory=Counter)


async def load_demo(
    runtime: Runtime,
    *,
    expect: Callable[[int], object] = lambda _: None,
    progress: Callable[[int], object] = lambda _: None,
) -> Loaded:
    """Open the accounts and replay the complaints, as far as that has not happened yet.

    `expect` hears how many steps there are, `progress` how many more are done. Killed at any moment and run again,
    it goes on where it was. The command asks whether this is production.
    """
    script = read_script()
    expect(len(script.accounts) + sum(1 + len(story.steps) for story in script.complaints))
    now = runtime.workshop.clock()
    loader = _Loader(runtime, now, await runtime.knowledge.current(now), progress)
    await loader.open_accounts()
    await loader.replay()
    return loader.loaded


class _Loader:
    """One run of `load_demo`."""

    def __init__(self, runtime: Runtime, now: datetime, known: Knowledge, progress: Callable[[int], object]) -> None:
        self.loaded = Loaded()
        self._runtime, self._now, self._knowledge, self._progress = runtime, now, known, progress
        self._script = read_script()
        self._actors = {"system": SYSTEM}
        # A source of its own: with a clock that jumps between the days, the shared one would be read all the time.
        self._source = KnowledgeSource(runtime.database.write, timedelta.max)

    def _at(self, moment: datetime) -> Workshop:
        """The workshop as it was at that moment."""
        present = self._runtime.workshop
        return Workshop(
            sessions=self._runtime.database.sessions,
            knowledge=self._source,
            vault=present.vault,
            jobs=present.jobs,
            allowances=present.allowances,
            clock=lambda: moment,
        )

    async def open_accounts(self) -> None:
        """Every account exists and opens with the password in the data folder."""
        passwords = _kept_passwords(self._runtime.settings.data_dir)
        # A day before the first complaint: nobody answers before being employed.
        past = self._at(min(map(self._filed_at, self._script.complaints)) - timedelta(days=1))
        async with self._runtime.workshop.work(SYSTEM) as work:
            known = {person.login: person for person in await work.session.scalars(select(Person))}
        # Passwords are set in this order: when the last account opens, all do, and asking each takes seconds.
        *_, last = self._script.accounts
        is_settled = last.login in known and _opens(known[last.login].password_hash, passwords[last.login])
        for account in self._script.accounts:
            password, person = passwords[account.login], known.get(account.login)
            if person is None:
                new = NewPerson(account.login, account.name, password, account.role, account.agency)
                async with past.work(SYSTEM) as work:
                    person = await add_person(work, new)
                self.loaded.accounts_opened += 1
            elif not is_settled and not _opens(person.password_hash, password):
                async with self._runtime.workshop.work(SYSTEM) as work:
                    await set_password(work, account.login, password)
                self.loaded.accounts_reset += 1
            self._actors[account.login] = self._actor(person)
            self._progress(1)

    def _actor(self, person: Person) -> Actor:
        desk = None if person.agency_id is None else self._knowledge.agency_rows[person.agency_id]
        if desk is not None and desk.level is AgencyLevel.UNIT:
            return Actor(person.role, id=person.id, agency_id=self._knowledge.owner_id(desk.id), unit_id=desk.id)
        return Actor(person.role, id=person.id, agency_id=person.agency_id)

    async def replay(self) -> None:
        """Every complaint is filed, with advice where a classifier serves, and has its history."""
        filed = await self._filed()
        fresh = [story for story in self._script.complaints if story.key not in filed]
        if fresh:
            await self._runtime.serving.refresh()
        answers = self._runtime.adviser.advise_now([Question(story.text, place=story.place) for story in fresh])
        advice = {story.key: answer for story, answer in zip(fresh, answers, strict=False)}
        for story in self._script.complaints:
            row, marks = filed.get(story.key) or await self._file(story, advice.get(story.key))
            row = await self._go_on(story, row, marks)
            self.loaded.by_status[row.status] += 1

    async def _filed(self) -> dict[str, tuple[Complaint, Sequence[str | None]]]:
        """The complaints that are there already, by their key in the script, with the marks of their events."""
        keys = {key_digest(self._sender(s), s.mark("idempotency")): s.key for s in self._script.complaints}
        statement = (
            select(Complaint, func.array_agg(ComplaintEvent.request_id))
            .join(ComplaintEvent, ComplaintEvent.complaint_id == Complaint.id)
            .where(Complaint.idempotency_key.in_(list(keys)))
            .group_by(Complaint.id)
        )
        async with self._runtime.workshop.work(SYSTEM) as work:
            rows = (await work.session.execute(statement)).all()
        return {keys[row.idempotency_key]: (row, marks) for row, marks in rows if row.idempotency_key is not None}

    async def _file(self, story: Story, advice: Advice | None) -> tuple[Complaint, Sequence[str | None]]:
        past, draft = self._at(self._filed_at(story)), _draft(story, self._knowledge)
        receipt = await submit(past, self._sender(story), draft, advice, story.mark(0))
        self.loaded.filed += 1
        return receipt.complaint, [story.mark(0)]

    def _filed_at(self, story: Story) -> datetime:
        return story.ago.away_from(self._now, self._knowledge.calendar, direction=-1)

    async def _go_on(self, story: Story, row: Complaint, marks: Sequence[str | None]) -> Complaint:
        """Take the steps that left no mark yet. Each is one transaction: with its mark all of it is there."""
        moments = story.moments(row.submitted_at, self._knowledge.calendar)
        left = [number for number in range(1, len(moments)) if story.mark(number) not in marks]
        self._progress(len(moments) - len(left))
        if left and not all(mark is not None and mark.startswith(story.mark("")) for mark in marks):
            self.loaded.left_alone.append(story.key)
            self._progress(len(left))
            return row
        for number in left:
            step, past = story.steps[number - 1], self._at(moments[number])
            actor = self._sender(story) if step.by is None else self._actors[step.by]
            if step.by is None and actor.role is not Role.REPORTER:
                actor = await admit(past, row.tracking_code, past.vault.pin(row.id))
            async with past.work(actor, story.mark(number)) as work:
                row = await VERBS[step.do](work, row, step)
            self.loaded.steps += 1
            self._progress(1)
        return row

    def _sender(self, story: Story) -> Actor:
        return ANYONE if story.by is None else self._actors[story.by]
