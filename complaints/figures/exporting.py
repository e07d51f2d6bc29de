"""Files to take away: asked for, noted in the audit, and opened once with a ticket that soon ends."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update

from complaints.figures.asking import FigureQuestion, answerable
from complaints.figures.cases import CasesPart
from complaints.figures.questions import stored_question
from complaints.policy import Actor
from complaints.refusals import Invalid, NotAllowed, NotFound, Problem
from complaints.work import Work
from models import AccessEvent, ExportRequest
from rules.vocabulary import Action, ExportFormat, ExportKind, JobState, Role

WRITE_EXPORT = "figures.export"


@dataclass(frozen=True, slots=True)
class ExportFolder:
    """Where the files lie; only their owner may read them."""

    path: Path

    def file(self, export_id: UUID, format_: ExportFormat) -> Path:
        """The file of one export."""
        return self.path / f"{export_id}.{format_.lower()}"


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that a ticket opened."""

    path: Path
    name: str
    format: ExportFormat


async def request_export(
    work: Work, kind: ExportKind, format_: ExportFormat, question: FigureQuestion, part: CasesPart
) -> ExportRequest:
    """Note what is wanted; the worker writes it. The request is part of the audit.

    Raises `NotAllowed`, `NotSignedIn`, and `Invalid` for a question that cannot be answered.
    """
    work.require(Action.EXPORT_FIGURES)
    actor = work.actor
    question = answerable(question, actor, work.now, work.allowances)
    if kind is ExportKind.CASES and len(question.figures) != 1:
        raise Invalid(Problem("figures", "ONE_FIGURE"))
    if actor.id is None:
        # A file belongs to somebody who can come back for it.
        raise NotAllowed(Action.EXPORT_FIGURES)
    row = ExportRequest(
        id=work.new_id(),
        kind=kind,
        format=format_,
        question=stored_question(question, part),
        state=JobState.QUEUED,
        requested_by_id=actor.id,
        actor_role=actor.role,
        actor_agency_id=actor.agency_id,
        actor_unit_id=actor.unit_id,
        requested_at=work.now,
        rows=0,
    )
    work.session.add(row)
    _audit(work, "EXPORT_REQUESTED", actor.id, actor.role, row)
    await work.later(WRITE_EXPORT, lock=str(row.id), export_id=str(row.id))
    return row


async def open_export(work: Work, export_id: UUID) -> str:
    """A ticket for a finished file, good once and not for long; an older one ends.

    Raises `NotFound` for somebody else's, `Invalid` when it is not ready or gone.
    """
    work.require(Action.EXPORT_FIGURES)
    row = await work.session.get(ExportRequest, export_id, with_for_update=True)
    if row is None or row.requested_by_id != work.actor.id:
        raise NotFound("Export", "id")
    if row.state is not JobState.DONE or row.removed_at is not None:
        raise Invalid(Problem("id", "EXPORT_NOT_THERE"))
    ticket = secrets.token_urlsafe(32)
    row.ticket_digest = _digest(ticket)
    row.ticket_expires_at = work.now + timedelta(seconds=work.allowances.export_ticket_seconds)
    return ticket


async def redeem(work: Work, folder: ExportFolder, ticket: str) -> Opened | None:
    """The file behind a ticket, and the ticket is used up; None for one that opens nothing."""
    statement = (
        update(ExportRequest)
        .where(
            ExportRequest.ticket_digest == _digest(ticket),
            ExportRequest.ticket_expires_at > work.now,
            ExportRequest.removed_at.is_(None),
        )
        .values(ticket_digest=None, ticket_expires_at=None)
        .returning(ExportRequest)
    )
    row = (await work.session.scalars(statement)).one_or_none()
    if row is None:
        return None
    _audit(work, "EXPORT_FETCHED", row.requested_by_id, row.actor_role, row)
    name = f"salur-{row.kind.lower()}-{row.question['from']}-{row.question['to']}.{row.format.lower()}"
    return Opened(folder.file(row.id, row.format), name, row.format)


def exports_of(actor: Actor, count: int) -> Select[Any]:
    """What somebody asked for, the newest first."""
    return (
        select(ExportRequest.__table__)
        .where(ExportRequest.requested_by_id == actor.id)
        .order_by(ExportRequest.requested_at.desc(), ExportRequest.id.desc())
        .limit(count)
    )


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).digest()


def _audit(work: Work, kind: str, person_id: UUID, role: Role, row: ExportRequest) -> None:
    """Who took what away; the question is in the row itself."""
    work.session.add(
        AccessEvent(
            id=work.new_id(),
            kind=kind,
            person_id=person_id,
            actor_role=role,
            reason=f"{row.kind.value} {row.format.value} {row.id}",
            at=work.now,
            request_id=work.request_id,
        )
    )
