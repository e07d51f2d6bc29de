"""What tests speak with: a clock that stands still, and makers of actors and complaints."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from complaints.close import close
from complaints.desk import archive, defer
from complaints.dispatch import Destination, dispatch
from complaints.files.uploads import Brought
from complaints.follow_up import follow_up
from complaints.knowledge import Knowledge
from complaints.policy import ANYONE, Actor
from complaints.submit import Draft, Receipt, submit
from complaints.suggest import Advice
from complaints.verify import Verdict, verify
from complaints.work import Work
from models import Complaint, ComplaintEvent
from rules.vocabulary import Audience, Role, Status
from server.runtime import Runtime

# Urlsafe base64 of 32 bytes: a key like any other, for tests only.
VAULT_KEY = "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk="
PASSWORD = "kata sandi untuk uji"
# A Monday morning without holidays around: 9:00 in Jakarta.
MONDAY = datetime(2026, 4, 13, 2, 0, tzinfo=UTC)


@dataclass
class Clock:
    """The wall clock of a test; it stands still until told otherwise."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        """Let time pass: `days=3`, `hours=1`."""
        self.now += timedelta(**duration)


class WorkAs(Protocol):
    def __call__(self, actor: Actor) -> AbstractAsyncContextManager[Work]: ...


class ActorOf(Protocol):
    async def __call__(self, role: Role, agency: str | None = None, login: str | None = None) -> Actor: ...


class Bring(Protocol):
    """Bring a file as a browser does: `await bring(PDF, "surat.pdf")`; the secret of the upload is its `uploadId`."""

    async def __call__(
        self, content: bytes, name: str = "foto.jpg", *, by: Actor = ANYONE, to: UUID | None = None, place: bool = False
    ) -> Brought: ...


NATIONAL = Actor(Role.NATIONAL_ADMIN)


class Complaints:
    """Makes complaints in the state a test needs, through the verbs.

    No dataclass: a failing test would print the whole catalogue that hangs on it.
    """

    def __init__(self, runtime: Runtime, knowledge: Knowledge) -> None:
        self.runtime = runtime
        self.knowledge = knowledge
        self.receipts: dict[UUID, Receipt] = {}

    async def __call__(
        self,
        status: Status = Status.UNVERIFIED,
        *,
        text: str = "Lampu jalan di depan pasar mati sejak minggu lalu, mohon diperbaiki",
        agency: str = "PLN",
        unit: str | None = None,
        category: str = "ESDM.LISTRIK",
        by: Actor = ANYONE,
        advice: Advice | None = None,
        **draft: Any,
    ) -> Complaint:
        """A complaint in `status`; verified for `agency` and sent to `unit` if it ever was (deferred and archived
        ones were not)."""
        receipt = await submit(self.runtime.workshop, by, Draft(text, **draft), advice, None)
        complaint = receipt.complaint
        self.receipts[complaint.id] = receipt
        if status is Status.UNVERIFIED:
            return complaint
        if status is Status.DEFERRED or status is Status.ARCHIVED:
            return await self._set_aside(complaint, status)
        ids = self.knowledge.agency_ids
        verdict = Verdict(
            title="Lampu Jalan Mati", category_id=self.knowledge.category_ids[category], agency_id=ids[agency]
        )
        async with self.runtime.workshop.work(NATIONAL) as work:
            complaint = await verify(work, complaint.id, verdict, seen_version=complaint.version)
        if status is Status.VERIFIED:
            return complaint
        async with self.runtime.workshop.work(NATIONAL) as work:
            destination = Destination(None if unit is None else ids[unit])
            complaint = await dispatch(work, complaint.id, destination, seen_version=complaint.version)
        if status is Status.DISPATCHED:
            return complaint
        async with self.runtime.workshop.work(NATIONAL) as work:
            answer = "Petugas sudah ke lokasi."
            complaint = await follow_up(work, complaint.id, answer, Audience.EVERYONE, seen_version=complaint.version)
        if status is Status.IN_PROGRESS:
            return complaint
        async with self.runtime.workshop.work(NATIONAL) as work:
            return await close(work, complaint.id, "Sudah diperbaiki.", seen_version=complaint.version)

    async def _set_aside(self, complaint: Complaint, status: Status) -> Complaint:
        async with self.runtime.workshop.work(NATIONAL) as work:
            if status is Status.ARCHIVED:
                return await archive(work, complaint.id, "TIDAK_JELAS", None, seen_version=complaint.version)
            question = "Di jalan mana tepatnya?"
            return await defer(work, complaint.id, "LOKASI_TIDAK_JELAS", question, seen_version=complaint.version)

    def ticket(self, complaint: Complaint) -> Actor:
        """Who holds the complaint's tracking code and PIN."""
        return Actor(Role.TICKET, ticket=complaint.id)


EventsOf = Callable[[Complaint], Awaitable[list[ComplaintEvent]]]
