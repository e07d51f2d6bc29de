"""Registering, promoting and serving versions of the classifier. Promotion is a person's decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from complaints.refusals import Invalid, NotFound, Problem
from complaints.work import Work
from models import ClassifierVersion
from rules.vocabulary import Action


@dataclass(frozen=True, slots=True)
class Trained:
    """A version folder that training wrote: its content address, the hash of its manifest, its metrics."""

    version: str
    manifest_sha256: str
    metrics: Mapping[str, Any]


async def register(work: Work, trained: Trained) -> ClassifierVersion:
    """Note a trained version as a candidate; the same folder twice is one row."""
    statement = select(ClassifierVersion).where(ClassifierVersion.version == trained.version)
    row = (await work.session.scalars(statement)).one_or_none()
    if row is None:
        row = ClassifierVersion(
            id=work.new_id(),
            version=trained.version,
            manifest_sha256=trained.manifest_sha256,
            metrics=dict(trained.metrics),
            state="CANDIDATE",
            registered_at=work.now,
        )
        work.session.add(row)
    return row


async def promote(work: Work, version: str, reason: str) -> ClassifierVersion:
    """Let a registered version serve; every process looks for it by itself. The one before is kept.

    Raises `NotFound` for an unknown version and `Invalid` without a reason.
    """
    work.require(Action.PROMOTE_CLASSIFIER)
    if not reason.strip():
        raise Invalid(Problem("reason", "REQUIRED"))
    row = (
        await work.session.scalars(
            select(ClassifierVersion).where(ClassifierVersion.version == version).with_for_update()
        )
    ).one_or_none()
    if row is None:
        raise NotFound("ClassifierVersion", "version")
    await work.session.execute(
        update(ClassifierVersion)
        .where(ClassifierVersion.state == "ACTIVE", ClassifierVersion.id != row.id)
        .values(state="RETIRED")
    )
    row.state, row.promoted_at, row.promoted_by_id, row.reason = "ACTIVE", work.now, work.actor.id, reason
    return row


@dataclass(frozen=True, slots=True)
class ActiveVersion:
    """Which version should serve."""

    id: UUID
    version: str
    manifest_sha256: str


async def active_version(connection: AsyncConnection) -> ActiveVersion | None:
    """The version to serve, if one was promoted."""
    statement = select(ClassifierVersion.id, ClassifierVersion.version, ClassifierVersion.manifest_sha256).where(
        ClassifierVersion.state == "ACTIVE"
    )
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else ActiveVersion(row.id, row.version, row.manifest_sha256)
