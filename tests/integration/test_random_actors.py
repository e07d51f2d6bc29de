"""Ten thousand steps of everybody trying anything: what is refused, what happens and what is seen is by the rules."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from complaints.casework.conversation import note
from complaints.dispatch import Destination, dispatch
from complaints.policy import ANYONE, GRANTS, SYSTEM, Actor, readable
from complaints.refusals import IllegalStep, Invalid, NotAllowed, NotFound, NotSignedIn, Refusal
from complaints.verify import Verdict, verify
from complaints.work import Work
from models import Agency, Complaint, ComplaintClock, ComplaintCopy, ComplaintEvent, new_id
from rules.lifecycle import OPEN, PUBLISHED, STEPS
from rules.vocabulary import (
    Action,
    AgencyLevel,
    Classification,
    Clock,
    Connection,
    Role,
    Status,
)
from server.runtime import Runtime
from server.settings import Settings
from tests.integration.given import Rows, Staff
from tests.integration.verbs import VERBS
from tests.property.test_lifecycle_events import arrow_of
from tests.support import NATIONAL, Complaints, WorkAs
from tests.support import Clock as WallClock

# Four histories that can run beside each other, ten thousand steps together.
STEPS_EACH, SEEDS = 2_500, range(4)
CASES = 40
SUPERVISION = (Classification.SUPERVISION, Classification.WHISTLEBLOWING)
REPORTERS_CLOCKS = (Clock.REPLY_WINDOW, Clock.REPORTER_COMPLETION)
SUB_UNIT = "KOTA_SEMARANG.DPU.JALAN"
ARROWS = {**{verb.action: verb.run for verb in VERBS}}
# Events that stand for an arrow; the others leave the status as it is.
KINDS = {
    "Verified", "Dispatched", "Handled", "Returned", "Deferred", "Archived", "Restored", "FollowedUp", "Replied",
    "Closed", "Reopened", "Rated", "Asked",
}  # fmt: skip


class World:
    """The people, the cases as last seen, and who is told what."""

    def __init__(self, complaints: Complaints, actors: Sequence[Actor], chance: random.Random) -> None:
        self.complaints = complaints
        self.actors = actors
        self.chance = chance
        self.cases: dict[UUID, Complaint] = {}

    async def file(self) -> None:
        """One more case, for some agency's queue or the national desk, sometimes secret."""
        chosen = self.chance.choice([None, "KOTA_SEMARANG", "PLN"])
        ids = self.complaints.knowledge.agency_ids
        agency_id = None if chosen is None else ids[chosen]
        made = await self.complaints(agency_id=agency_id, is_secret=self.chance.random() < 0.3)
        self.cases[made.id] = made

    def anybody(self) -> Actor:
        """Somebody of the staff, nobody at all, the machine, or the reporter of some case."""
        if self.chance.random() < 0.25:
            return self.complaints.ticket(self.chance.choice(list(self.cases.values())))
        return self.chance.choice(self.actors)

    async def do(self, work: Work, action: Action, row: Complaint) -> Complaint:
        """The verb behind an action, with some of its choices left to chance."""
        chance, ids = self.chance, work.knowledge.agency_ids
        if action is Action.NOTE:
            return await note(work, row.id, "Perhatikan.")
        if action is Action.VERIFY:
            verdict = Verdict(
                "Lampu Mati",
                work.knowledge.category_ids["ESDM.LISTRIK"],
                ids[chance.choice(["PLN", "KOTA_SEMARANG"])],
                classification=chance.choice([*[Classification.ORDINARY] * 4, Classification.SUPERVISION]),
            )
            return await verify(work, row.id, verdict, seen_version=row.version)
        if action is Action.DISPATCH:
            unit = chance.choice([None, "KOTA_SEMARANG.DPU", SUB_UNIT])
            copies = [ids[chance.choice(["KAI", "KOTA_SEMARANG.DLH"])]] if chance.random() < 0.3 else []
            destination = Destination(None if unit is None else ids[unit], copies)
            return await dispatch(work, row.id, destination, seen_version=row.version)
        return await ARROWS[action](work, row, "Keterangan singkat")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """What is known is read again when somebody says so: the moved clock would make it old at every step."""
    return Settings(database_url=database_url, data_dir=tmp_path, knowledge_seconds=10**9)


@pytest.fixture
async def actors(runtime: Runtime, work_as: WorkAs, a_complaint: Complaints, staff: Staff) -> Sequence[Actor]:
    """At least one of every role; a unit below a unit as well."""
    ids = a_complaint.knowledge.agency_ids
    async with work_as(NATIONAL) as work:
        unit = Agency(
            id=new_id(), code=SUB_UNIT, name="Bidang Jalan", short_name="Jalan", level=AgencyLevel.UNIT,
            connection=Connection.FULL, parent_id=ids["KOTA_SEMARANG.DPU"], aliases=[],
        )  # fmt: skip
        work.session.add(unit)
    runtime.knowledge.forget()
    return [
        NATIONAL, NATIONAL, NATIONAL, SYSTEM, ANYONE,
        staff(Role.AGENCY_ADMIN, "PLN"), staff(Role.AGENCY_ADMIN, "KOTA_SEMARANG"), staff(Role.AGENCY_ADMIN, "KAI"),
        staff(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU"), staff(Role.UNIT_OFFICER, "KOTA_SEMARANG.DLH"),
        Actor(Role.UNIT_OFFICER, agency_id=ids["KOTA_SEMARANG"], unit_id=unit.id),
        staff(Role.INSPECTORATE, "KOTA_SEMARANG"), staff(Role.INSPECTORATE, "PLN"),
        staff(Role.HUB, "JAWA_TENGAH") if "JAWA_TENGAH" in ids else staff(Role.HUB, "KOTA_SEMARANG"),
        staff(Role.CHANNEL_OFFICER, "KOTA_SEMARANG"), Actor(Role.REPORTER, id=new_id()),
        Actor(Role.OVERSEER), Actor(Role.AUDITOR), Actor(Role.DATA_STAFF),
        Actor(Role.SERVICE, agency_id=ids["PLN"], scopes=GRANTS[Role.SERVICE]),
        Actor(Role.SERVICE, scopes=frozenset({Action.READ_QUEUE})),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
async def test_everybody_tries_anything(
    seed: int,
    runtime: Runtime,
    a_complaint: Complaints,
    actors: Sequence[Actor],
    work_as: WorkAs,
    clock: WallClock,
    rows: Rows,
) -> None:
    world = World(a_complaint, actors, random.Random(seed))  # noqa: S311 - the same history each time
    for _ in range(CASES):
        await world.file()
    outcomes: Counter[str] = Counter()
    actions = [*ARROWS, Action.NOTE]

    for number in range(STEPS_EACH):
        clock.forward(minutes=world.chance.randint(1, 90))
        row, actor = world.chance.choice(list(world.cases.values())), world.anybody()
        able = [action for action in actions if (row.status, action) in STEPS and action in GRANTS[actor.role]]
        action = world.chance.choice(able if able and world.chance.random() < 0.7 else actions)
        outcomes[await tried(work_as, world, actor, action, row)] += 1
        if number % 500 == 499:
            await look_at_everything(work_as, rows, world)

    assert {"done", "NotFound", "NotAllowed", "NotSignedIn", "IllegalStep"} <= outcomes.keys()
    assert outcomes["done"] > STEPS_EACH / 10


async def tried(work_as: WorkAs, world: World, actor: Actor, action: Action, row: Complaint) -> str:
    """What became of one attempt; whatever it is must be what the rules say."""
    try:
        async with work_as(actor) as work:
            after = await world.do(work, action, row)
    except Refusal as refusal:
        may = action in GRANTS[actor.role] and (actor.scopes is None or action in actor.scopes)
        # Returning to the unit above is an arrow of its own.
        arrows = {action, Action.HAND_UP} if action is Action.RETURN else {action}
        match refusal:
            case NotSignedIn():
                assert actor == ANYONE and not may  # noqa: PT018
            case IllegalStep():
                assert may
                assert any((row.status, arrow) not in STEPS for arrow in arrows)
            case NotAllowed() | NotFound() | Invalid():
                assert may or isinstance(refusal, NotAllowed)  # noqa: PT017
            case _:
                raise
        return type(refusal).__name__
    assert action is Action.NOTE or (row.status, action) in STEPS
    assert after.version > row.version
    world.cases[after.id] = after
    return "done"


async def look_at_everything(work_as: WorkAs, rows: Rows, world: World) -> None:
    """Owners, clocks, the fold of the events, and every pair of eyes against every case."""
    cases = {row.id: row for row in await rows(Complaint)}
    clocks = await rows(ComplaintClock, ComplaintClock.stopped_at.is_(None))
    events = sorted(await rows(ComplaintEvent), key=lambda event: event.seq)
    copies = [(copy.complaint_id, copy.agency_id) for copy in await rows(ComplaintCopy)]
    for row in cases.values():
        mine = [clock for clock in clocks if clock.complaint_id == row.id]
        due = [one.due_at for one in mine if one.paused_at is None and one.clock not in REPORTERS_CLOCKS]
        assert row.due_at == min(due, default=None)
        assert bool(mine) is (row.status in OPEN)
        assert row.status not in (Status.DISPATCHED, Status.IN_PROGRESS, Status.CLOSED) or row.agency_id is not None
        assert (row.published_at is not None) is (row.status in PUBLISHED)
        assert folded([event for event in events if event.complaint_id == row.id]) is row.status
    tree = {agency.id: agency.parent_id for agency in await rows(Agency)}
    for actor in {*world.actors, world.anybody()} - {SYSTEM}:
        async with work_as(SYSTEM) as work:
            seen = set(await work.session.scalars(select(Complaint.id).where(readable(actor))))
        assert seen == {row.id for row in cases.values() if may_see(actor, row, copies, tree)}


def folded(events: Sequence[ComplaintEvent]) -> Status:
    """The status that the events lead to."""
    status = Status.UNVERIFIED
    for event in events:
        if event.kind in KINDS:
            status = STEPS[status, arrow_of(event)]
        assert event.status is status
    return status


def may_see(
    actor: Actor, row: Complaint, copies: Sequence[tuple[UUID, UUID]], parents: Mapping[UUID, UUID | None]
) -> bool:
    """The policy once more, in plain words."""
    if row.published_at is not None and not row.is_secret and row.status in PUBLISHED:
        return True
    is_ordinary, was_sent = row.classification not in SUPERVISION, row.dispatched_at is not None
    own: Any = actor.agency_id
    match actor.role:
        case Role.NATIONAL_ADMIN | Role.OVERSEER | Role.AUDITOR:
            return True
        case Role.SERVICE if own is None:
            return True
        case Role.AGENCY_ADMIN | Role.SERVICE:
            in_queue = row.queue_agency_id == own and (is_ordinary or not was_sent)
            return in_queue or (is_ordinary and ((row.agency_id == own and was_sent) or (row.id, own) in copies))
        case Role.UNIT_OFFICER:
            above, unit = [], row.unit_id
            while unit is not None:
                above.append(unit)
                unit = parents[unit]
            return is_ordinary and (actor.unit_id in above or (row.id, actor.unit_id) in copies)
        case Role.INSPECTORATE:
            return row.agency_id == own and was_sent and not is_ordinary
        case Role.HUB:
            is_near = row.agency_id is not None and own in (row.agency_id, parents[row.agency_id])
            return is_near and was_sent and is_ordinary
        case Role.TICKET:
            return row.id == actor.ticket
        case _:
            return False
