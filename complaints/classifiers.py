"""Registering, promoting, rolling back and shadowing versions of the classifier. What serves, a person decided."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from complaints.inputs import required_text
from complaints.refusals import Invalid, NotFound, Problem
from complaints.work import Work
from models import ClassifierRelease, ClassifierVersion, ReleaseProposal
from rules.vocabulary import Action, ReleaseKind

# "salur" in ASCII. Whoever changes what serves or shadows takes this lock first. Locking the active row would not do:
# the second of two promotions would wait for it, find it active no more, and believe that nothing serves.
_TURN = 0x73616C7572


@dataclass(frozen=True, slots=True)
class Gate:
    """What the comparison with the version in use said; `against` is that version."""

    passed: bool
    needs_human: bool
    reasons: tuple[str, ...]
    against: str

    def data(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self) | {"reasons": list(self.reasons)}


@dataclass(frozen=True, slots=True)
class Trained:
    """A version folder that training wrote: its content address, the hash of its manifest, its metrics.

    `gate` is None when there was no version to compare it with.
    """

    version: str
    manifest_sha256: str
    metrics: Mapping[str, Any]
    gate: Gate | None = None


async def register(work: Work, trained: Trained) -> ClassifierVersion:
    """Note a trained version as a candidate; the same folder twice is one row, with the newer answer of the gate."""
    work.require(Action.TRAIN_CLASSIFIER)
    await _take_turn(work)
    statement = select(ClassifierVersion).where(ClassifierVersion.version == trained.version).with_for_update()
    row = (await work.session.scalars(statement)).one_or_none()
    gate = None if trained.gate is None else trained.gate.data()
    if row is None:
        row = ClassifierVersion(
            id=work.new_id(),
            version=trained.version,
            manifest_sha256=trained.manifest_sha256,
            metrics=dict(trained.metrics),
            gate=gate,
            state="CANDIDATE",
            registered_at=work.now,
        )
        work.session.add(row)
    elif gate is not None and gate["against"] != trained.version:
        row.gate = gate
    return row


async def promote(work: Work, version: str, reason: str, *, replaces_unreadable: bool = False) -> ClassifierVersion:
    """Let a version serve that the gate compared with the one in use and passed; every process takes it over.

    `replaces_unreadable`: what is in use cannot be loaded by this release, so there is nothing to compare with.

    Raises `NotFound`, and `Invalid` without a reason, for the version that serves already, and for one that the gate
    refused or compared with another version: those take `propose_release` and a second person.
    """
    work.require(Action.PROMOTE_CLASSIFIER)
    why = required_text(reason, "reason", work.allowances.message_max)
    serving = await _serving(work)
    row = await _version(work, version)
    _refuse_serving(row)
    problem = _gate_problem(row, serving)
    if problem is not None and not replaces_unreadable:
        raise Invalid(problem)
    await _serve(work, row, serving, ReleaseKind.PROMOTED, why)
    return row


async def propose_release(work: Work, version: str, reason: str) -> ReleaseProposal:
    """Ask for a version that the gate refused; it serves once somebody else agrees. Raises as `promote` does."""
    work.require(Action.PROMOTE_CLASSIFIER)
    why = required_text(reason, "reason", work.allowances.message_max)
    if work.actor.id is None:
        # Two people means two accounts: the command line has none.
        raise Invalid(Problem("version", "TWO_PEOPLE"))
    row = await _version(work, version)
    _refuse_serving(row)
    open_one = select(ReleaseProposal.id).where(
        ReleaseProposal.version_id == row.id, ReleaseProposal.decided_at.is_(None)
    )
    if (await work.session.execute(open_one)).first() is not None:
        raise Invalid(Problem("version", "ALREADY_PROPOSED"))
    proposal = ReleaseProposal(
        id=work.new_id(), version_id=row.id, reason=why, proposed_by_id=work.actor.id, proposed_at=work.now
    )
    work.session.add(proposal)
    return proposal


async def decide_release(work: Work, proposal_id: UUID, *, agrees: bool) -> ReleaseProposal:
    """The second person's answer; agreeing lets the version serve.

    Raises `NotFound`, and `Invalid` when it was decided before or by the one who proposed it.
    """
    work.require(Action.PROMOTE_CLASSIFIER)
    proposal = await work.session.get(ReleaseProposal, proposal_id, with_for_update=True)
    if proposal is None:
        raise NotFound("ReleaseProposal", "id")
    if proposal.decided_at is not None:
        raise Invalid(Problem("id", "ALREADY_DECIDED"))
    if work.actor.id in (None, proposal.proposed_by_id):
        raise Invalid(Problem("id", "TWO_PEOPLE"))
    proposal.is_agreed, proposal.decided_by_id, proposal.decided_at = agrees, work.actor.id, work.now
    if agrees:
        serving = await _serving(work)
        row = await work.session.get_one(ClassifierVersion, proposal.version_id, with_for_update=True)
        _refuse_serving(row)
        await _serve(work, row, serving, ReleaseKind.OVERRULED, proposal.reason, proposed_by_id=proposal.proposed_by_id)
    return proposal


async def roll_back(work: Work, reason: str) -> ClassifierVersion:
    """Let the version before serve again, in one step. Raises `Invalid` when there is none or without a reason."""
    work.require(Action.PROMOTE_CLASSIFIER)
    why = required_text(reason, "reason", work.allowances.message_max)
    serving = await _serving(work)
    newest = select(ClassifierRelease.previous_version_id).order_by(
        ClassifierRelease.at.desc(), ClassifierRelease.id.desc()
    )
    previous_id = (await work.session.scalars(newest.limit(1))).one_or_none()
    if serving is None or previous_id is None:
        raise Invalid(Problem("version", "NOTHING_BEFORE"))
    row = await work.session.get_one(ClassifierVersion, previous_id, with_for_update=True)
    await _serve(work, row, serving, ReleaseKind.ROLLED_BACK, why)
    return row


async def start_shadow(work: Work, version: str) -> ClassifierVersion:
    """Let a candidate answer beside the version in use, unseen; a shadow before it stops.

    Raises `NotFound`, `Invalid` for the version that serves.
    """
    work.require(Action.PROMOTE_CLASSIFIER)
    await _take_turn(work)
    row = await _version(work, version)
    _refuse_serving(row)
    await _end_shadow(work)
    row.is_shadow, row.shadow_since = True, work.now
    return row


async def stop_shadow(work: Work) -> None:
    """No candidate answers any more; what it answered stays."""
    work.require(Action.PROMOTE_CLASSIFIER)
    await _take_turn(work)
    await _end_shadow(work)


@dataclass(frozen=True, slots=True)
class WantedVersion:
    """A version that a process should have loaded."""

    id: UUID
    version: str
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class WantedVersions:
    """The version to serve and the one to shadow it, where there are such."""

    active: WantedVersion | None = None
    shadow: WantedVersion | None = None


async def wanted_versions(connection: AsyncConnection) -> WantedVersions:
    """What should be loaded."""
    statement = select(
        ClassifierVersion.id,
        ClassifierVersion.version,
        ClassifierVersion.manifest_sha256,
        ClassifierVersion.is_shadow,
    ).where(or_(ClassifierVersion.state == "ACTIVE", ClassifierVersion.is_shadow))
    found = {
        row.is_shadow: WantedVersion(row.id, row.version, row.manifest_sha256)
        for row in await connection.execute(statement)
    }
    return WantedVersions(found.get(False), found.get(True))


async def _take_turn(work: Work) -> None:
    await work.session.execute(select(func.pg_advisory_xact_lock(_TURN)))


async def _serving(work: Work) -> ClassifierVersion | None:
    await _take_turn(work)
    statement = select(ClassifierVersion).where(ClassifierVersion.state == "ACTIVE").with_for_update()
    return (await work.session.scalars(statement)).one_or_none()


async def _version(work: Work, version: str) -> ClassifierVersion:
    statement = select(ClassifierVersion).where(ClassifierVersion.version == version).with_for_update()
    row = (await work.session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound("ClassifierVersion", "version")
    return row


def _refuse_serving(row: ClassifierVersion) -> None:
    if row.state == "ACTIVE":
        raise Invalid(Problem("version", "SERVES_ALREADY"))


def _gate_problem(row: ClassifierVersion, serving: ClassifierVersion | None) -> Problem | None:
    if serving is None:
        return None
    if row.gate is None or row.gate["against"] != serving.version:
        return Problem("version", "NOT_COMPARED", {"serving": serving.version})
    if not row.gate["passed"]:
        return Problem("version", "GATE_REFUSED", {"reasons": "; ".join(row.gate["reasons"])})
    return None


async def _serve(
    work: Work,
    row: ClassifierVersion,
    serving: ClassifierVersion | None,
    kind: ReleaseKind,
    reason: str,
    *,
    proposed_by_id: UUID | None = None,
) -> None:
    if serving is not None:
        serving.state = "RETIRED"
        # One version is active at a time, also between two statements of one transaction.
        await work.session.flush()
    row.state, row.is_shadow = "ACTIVE", False
    row.promoted_at, row.promoted_by_id, row.reason = work.now, work.actor.id, reason
    work.session.add(
        ClassifierRelease(
            id=work.new_id(),
            kind=kind,
            version_id=row.id,
            previous_version_id=None if serving is None else serving.id,
            reason=reason,
            decided_by_id=work.actor.id,
            proposed_by_id=proposed_by_id,
            at=work.now,
        )
    )


async def _end_shadow(work: Work) -> None:
    statement = select(ClassifierVersion).where(ClassifierVersion.is_shadow).with_for_update()
    for row in await work.session.scalars(statement):
        row.is_shadow = False
    # The new one may only be marked once the old one is not: the index allows one.
    await work.session.flush()
