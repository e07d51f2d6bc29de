"""One transaction, one actor, one clock: how verbs get rows and leave events."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from psycopg.errors import LockNotAvailable
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from complaints.changes import changes_since
from complaints.events import Event
from complaints.knowledge import Knowledge, KnowledgeSource
from complaints.policy import Actor, granted, is_handler, is_reporter, readable, require
from complaints.refusals import Busy, Change, IllegalStep, Invalid, NotFound, Problem, Stale
from complaints.vault import Vault
from models import (
    Agency,
    Category,
    Complaint,
    ComplaintEvent,
    Message,
    new_id,
)
from rules.checking import RuleLimits
from rules.deadlines import local_date
from rules.lifecycle import NoSuchStep, possible, step
from rules.masking import masked
from rules.telling import WebhookLimits, is_told
from rules.vocabulary import Action, Audience, Status, TermKind

Reference = TypeVar("Reference", Agency, Category)

# The job that tells people of events; its name stands here because every transaction may defer it.
TELL = "telling.tell"


@dataclass(frozen=True, slots=True)
class Allowances:
    """Limits that verbs enforce; each is a setting."""

    text_min: int = 10
    text_max: int = 20_000
    title_max: int = 150
    message_max: int = 10_000
    tags_max: int = 10
    tag_max: int = 40
    copies_max: int = 10
    pin_failures_max: int = 5
    pin_lock_seconds: int = 900
    hops_before_arbiter: int = 2
    reopen_days: int = 30
    # So often a reporter reopens a case without asking.
    reopens_free: int = 1
    bulk_max: int = 200
    presence_seconds: int = 45
    templates_max: int = 200
    session_hours: int = 12
    figure_days_max: int = 3_700
    figure_parts_max: int = 1_200
    figure_stock_parts_max: int = 60
    figure_rows_max: int = 5_000
    # The public reads no number made of fewer cases: one could be recognised in it.
    figure_least_public: int = 5
    export_rows_max: int = 500_000
    export_ticket_seconds: int = 300
    export_days: int = 7
    # How many of the newest finds a search puts in order, and up to how many it counts them. How far back similar
    # reports are looked for, and how many are shown. How many questions one person keeps.
    search_ranked: int = 1_000
    search_counted: int = 5_000
    similar_days: int = 180
    similar_most: int = 5
    views_max: int = 50
    files_max: int = 5
    file_bytes_max: int = 5 * 1024 * 1024
    files_per_complaint_max: int = 50
    # How long the address of an upload takes bytes, and how long what came waits to be attached.
    upload_seconds: int = 900
    draft_seconds: int = 86_400
    waiting_bytes_max: int = 2_000_000_000
    # Files stay in quarantine until a scanner has seen them.
    scans_files: bool = False
    # Rules act once a second person agreed.
    two_person_activation: bool = True
    rule_limits: RuleLimits = RuleLimits()  # noqa: RUF009 - frozen
    webhooks: WebhookLimits = WebhookLimits()  # noqa: RUF009 - frozen


class Work:
    """What a verb works with. Leaving the block of `Workshop.work` commits; any exception rolls back."""

    def __init__(
        self,
        session: AsyncSession,
        actor: Actor,
        now: datetime,
        knowledge: Knowledge,
        workshop: "Workshop",
        request_id: str | None,
    ) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.knowledge = knowledge
        self.vault = workshop.vault
        self.allowances = workshop.allowances
        self._jobs = workshop.jobs
        self.request_id = request_id
        # For imports: nobody is told of what happened elsewhere and long ago.
        self.is_quiet = False
        self._untold: list[str] = []

    def new_id(self) -> UUID:
        """A fresh id, known before the row is written because events and messages name it."""
        return new_id()

    def require(self, action: Action) -> None:
        """Pass, or raise `NotSignedIn` or `NotAllowed`: for verbs that are not about one complaint."""
        require(self.actor, action)

    async def complaint(self, complaint_id: UUID, action: Action, *, seen_version: int | None = None) -> Complaint:
        """The row, locked, for this action and no other; the only way to a complaint for writing.

        Raises `NotFound` when it is not there or not visible, `NotAllowed` when it is visible but this is not
        the actor's to do, `Stale` when it changed since `seen_version`, `Busy` when another transaction holds it.
        """
        require(self.actor, action)
        statement = (
            select(Complaint, is_handler(self.actor), is_reporter(self.actor))
            .where(Complaint.id == complaint_id, readable(self.actor))
            .with_for_update(of=Complaint)
        )
        found = (await self.session.execute(statement)).one_or_none()
        if found is None:
            raise NotFound("Complaint", "id")
        complaint, _, reporter = found
        require(self.actor, action, complaint, is_reporter_of_it=reporter)
        if seen_version is not None and complaint.version != seen_version:
            raise Stale(complaint.version, await self._changes(complaint_id, seen_version))
        return complaint

    async def _changes(self, complaint_id: UUID, seen_version: int) -> tuple[Change, ...]:
        return await changes_since(self.session, complaint_id, seen_version, self.actor, self.knowledge)

    def move(self, complaint: Complaint, action: Action) -> None:
        """Follow the arrow of the lifecycle; raises `IllegalStep` where there is none.

        What belongs to a status ends with it: a complaint back in the queue is not verified any more. While it follows
        another complaint nothing moves it; its reporter may go on writing.
        """
        if complaint.merged_into_id is not None:
            if action is Action.REPLY:
                return
            raise IllegalStep(complaint.status, action, (Action.MERGE,) if Action.MERGE in granted(self.actor) else ())
        complaint.status = self.after(complaint.status, action)
        if complaint.status is Status.UNVERIFIED:
            complaint.verified_at = None
        if complaint.status is not Status.DEFERRED:
            complaint.defer_reason = None
        if complaint.status is not Status.ARCHIVED:
            complaint.archive_reason = None

    def after(self, status: Status, action: Action) -> Status:
        """The status behind the arrow; raises `IllegalStep` with what would be possible."""
        try:
            return step(status, action)
        except NoSuchStep as no:
            theirs = granted(self.actor)
            allowed = tuple(other for other in possible(no.status) if other in theirs)
            raise IllegalStep(no.status, no.action, allowed) from no

    async def one(self, kind: type[Reference], row_id: UUID, *, field: str) -> Reference:
        """A row of the catalogue that is valid today; raises `NotFound` naming the input field, or `Invalid`."""
        row = await self.session.get(kind, row_id)
        if row is None:
            raise NotFound(kind.__name__, field)
        today = local_date(self.now)
        if row.valid_to is not None and row.valid_to <= today:
            raise Invalid(Problem(field, "ENDED", {"on": row.valid_to.isoformat()}))
        if row.valid_from is not None and row.valid_from > today:
            raise Invalid(Problem(field, "NOT_YET", {"on": row.valid_from.isoformat()}))
        return row

    def term(self, code: str, kind: TermKind, *, field: str) -> str:
        """A code of a reference list; raises `Invalid` with the codes that would be right."""
        known = self.knowledge.terms[kind]
        if code not in known:
            raise Invalid(Problem(field, "UNKNOWN_CODE", {"allowed": ", ".join(sorted(known))}))
        return code

    def record(self, complaint: Complaint, event: Event) -> None:
        """Leave one event behind; its number is the complaint's new version."""
        complaint.version += 1
        complaint.changed_at = self.now
        event_id = new_id()
        if is_told(event.kind):
            self._untold.append(str(event_id))
        self.session.add(
            ComplaintEvent(
                id=event_id,
                complaint_id=complaint.id,
                seq=complaint.version,
                kind=event.kind,
                status=complaint.status,
                audience=event.audience,
                actor_id=self.actor.id,
                actor_role=self.actor.role,
                actor_agency_id=self.actor.unit_id or self.actor.agency_id,
                at=self.now,
                data=event.data(),
                request_id=self.request_id,
            )
        )

    def keep(self, complaint: Complaint, body: str, audience: Audience) -> UUID:
        """Store a free text as a message of its own and return its id, the only trace of it in the event."""
        message = Message(
            id=new_id(),
            complaint_id=complaint.id,
            audience=audience,
            author_id=self.actor.id,
            author_role=self.actor.role,
            author_agency_id=self.actor.unit_id or self.actor.agency_id,
            body=body,
            public_body=masked(body) if audience is Audience.EVERYONE else None,
            at=self.now,
        )
        self.session.add(message)
        return message.id

    async def announce(self) -> None:
        """Defer in this transaction that people hear of what was recorded: both commit or neither does.

        Without a queueing lock: two transactions would wait for each other, and telling twice does no harm.
        """
        if self._untold and not self.is_quiet:
            raw = await (await self.session.connection()).get_raw_connection()
            task = self._jobs.configure_task(TELL, connection=raw.driver_connection)
            await task.defer_async(event_ids=[*self._untold])

    async def later(self, job: str, *, lock: str, at: datetime | None = None, **arguments: str) -> None:
        """Defer a job in this transaction, to be done now or `at` a moment: row, event and job vanish together.

        A job with the same `lock` that still waits is enough; a second one is not queued.
        """
        try:
            # A refused queueing lock would abort the whole transaction. begin_nested() sends its SAVEPOINT only
            # once the session is used, hence the connection is asked for inside.
            async with self.session.begin_nested():
                raw = await (await self.session.connection()).get_raw_connection()
                await self._jobs.configure_task(
                    job, connection=raw.driver_connection, queueing_lock=f"{job}:{lock}", schedule_at=at
                ).defer_async(**arguments)
        except AlreadyEnqueued:
            return


class Workshop:
    """Makes `Work`: knows the database, the keys, the job queue and the limits, and reads the wall clock once."""

    def __init__(
        self,
        *,
        sessions: async_sessionmaker[AsyncSession],
        knowledge: KnowledgeSource,
        vault: Vault,
        jobs: procrastinate.App,
        allowances: Allowances,
        clock: Callable[[], datetime],
    ) -> None:
        self._sessions = sessions
        self._knowledge = knowledge
        self.vault = vault
        self.jobs = jobs
        self.allowances = allowances
        self.clock = clock

    @asynccontextmanager
    async def work(self, actor: Actor, request_id: str | None = None) -> AsyncIterator[Work]:
        """One transaction. Commits when the block ends, rolls back when it raises.

        A lock that is not granted in time leaves as `Busy`.
        """
        now = self.clock()
        knowledge = await self._knowledge.current(now)
        try:
            async with self._sessions() as session, session.begin():
                work = Work(session, actor, now, knowledge, self, request_id)
                yield work
                await work.announce()
        except OperationalError as error:
            if isinstance(error.orig, LockNotAvailable):
                raise Busy from error
            raise
