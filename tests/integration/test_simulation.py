"""Two years of random traffic through the verbs and the periodic jobs, with a clock that is moved."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from complaints.casework.conversation import ask_reporter, withdraw
from complaints.close import close, rate, reopen
from complaints.desk import Objection, archive, defer, restore, return_
from complaints.dispatch import Destination, dispatch, handle
from complaints.follow_up import follow_up, reply
from complaints.policy import Actor, may_act
from complaints.refusals import IllegalStep, Invalid
from complaints.submit import Draft, submit
from complaints.verify import Verdict, verify
from complaints.work import Work
from models import CalendarOverride, Complaint, ComplaintClock, ComplaintEvent
from rules.lifecycle import AWAITING_VERIFICATION, OPEN
from rules.vocabulary import Action, Audience, Classification, Role, Status
from server.runtime import Runtime
from server.settings import Settings
from tests.integration.given import Rows
from tests.integration.simple_recount import Counted, Days, Told, announcements, clocks_of, day_of
from tests.support import NATIONAL, Complaints, WorkAs
from tests.support import Clock as WallClock

FIRST_DAY = datetime.fromisoformat("2024-01-02T08:00:00+07:00")
DAYS = 731
DAILY = ("complaints.escalate", "complaints.expire")
WEEKLY = ("casework.recompute", "casework.ask_for_consent")
# Announced on the day in the middle, and valid after it.
DECREES = {
    date(2024, 6, 3): {date(2024, 6, 12): False},
    date(2025, 2, 10): {date(2025, 2, 13): False, date(2025, 2, 15): True},
    date(2025, 9, 1): {date(2025, 9, 3): False},
}
CLASSES = (*[Classification.ORDINARY] * 6, Classification.SUPERVISION, Classification.ASPIRATION)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """What is known is read again when somebody says so: the moved clock would make it old at every step."""
    return Settings(database_url=database_url, data_dir=tmp_path, knowledge_seconds=10**9)


class Traffic:
    """Everybody at once: citizens, desks and agencies, by chance."""

    def __init__(self, complaints: Complaints, chance: random.Random) -> None:
        self.workshop = complaints.runtime.workshop
        self.ids = complaints.knowledge.agency_ids
        self.category = complaints.knowledge.category_ids["ESDM.LISTRIK"]
        self.chance = chance
        self.open: list[UUID] = []
        self.refused = 0

    async def file(self) -> None:
        """Somebody files a report, now and then to an agency that verifies for itself."""
        chosen = self.chance.choice([None, "KOTA_SEMARANG", "PLN"])
        draft = Draft("Lampu jalan mati sejak minggu lalu", agency_id=None if chosen is None else self.ids[chosen])
        receipt = await submit(self.workshop, Actor(Role.PUBLIC), draft, None, None)
        self.open.append(receipt.complaint.id)

    async def act(self, row: Complaint) -> None:
        """Somebody does something that is possible now."""
        ticket = Actor(Role.TICKET, ticket=row.id)
        by_reporter = row.status in (Status.DEFERRED, Status.CLOSED) or self.chance.random() < 0.2
        try:
            async with self.workshop.work(ticket if by_reporter else NATIONAL) as work:
                await (self._reporter if by_reporter else self._desk)(work, row)
        except (IllegalStep, Invalid):
            self.refused += 1

    async def _reporter(self, work: Work, row: Complaint) -> None:
        if row.status is Status.CLOSED:
            if self.chance.random() < 0.3:
                await reopen(work, row.id, "Mati lagi.")
            else:
                await rate(work, row.id, self.chance.randint(1, 5), is_solved=True)
        elif self.chance.random() < 0.05:
            await withdraw(work, row.id, None)
        else:
            await reply(work, row.id, "Masih gelap.")

    async def _desk(self, work: Work, row: Complaint) -> None:  # noqa: C901 - a line for each status
        luck, seen = self.chance.random(), row.version
        match row.status:
            case Status.UNVERIFIED if luck < 0.7:
                agency = self.ids[self.chance.choice(["PLN", "KOTA_SEMARANG"])]
                verdict = Verdict("Lampu Mati", self.category, agency, classification=self.chance.choice(CLASSES))
                await verify(work, row.id, verdict, seen_version=seen)
            case Status.UNVERIFIED | Status.VERIFIED if luck > 0.93:
                await archive(work, row.id, "TIDAK_JELAS", None, seen_version=seen)
            case Status.UNVERIFIED | Status.VERIFIED if luck > 0.85:
                await defer(work, row.id, "BUTUH_KETERANGAN", "Di mana?", seen_version=seen)
            case Status.VERIFIED if luck < 0.2:
                await handle(work, row.id, seen_version=seen)
            case Status.VERIFIED:
                unit = self.ids["KOTA_SEMARANG.DPU"] if row.agency_id == self.ids["KOTA_SEMARANG"] else None
                await dispatch(work, row.id, Destination(unit), seen_version=seen)
            case Status.DISPATCHED if luck < 0.15:
                await return_(work, row.id, Objection("BUKAN_WEWENANG"), seen_version=seen)
            case Status.DISPATCHED | Status.IN_PROGRESS if luck < 0.7:
                await follow_up(work, row.id, "Sedang dikerjakan.", Audience.EVERYONE, seen_version=seen)
            case Status.IN_PROGRESS if luck < 0.85:
                await ask_reporter(work, row.id, "Tiang nomor berapa?", seen_version=seen)
            case Status.IN_PROGRESS:
                await close(work, row.id, "Sudah menyala.", seen_version=seen)
            case Status.ARCHIVED if luck < 0.3:
                await restore(work, row.id, "Ternyata lengkap.", seen_version=seen)


async def decree(runtime: Runtime, work_as: WorkAs, today: date, known: dict[date, bool]) -> None:
    """What is announced today holds from now on."""
    days = DECREES.get(today)
    if days is not None:
        known.update(days)
        async with work_as(NATIONAL) as work:
            work.session.add_all(
                CalendarOverride(day=day, is_working=works, reason="surat keputusan") for day, works in days.items()
            )
        runtime.knowledge.forget()


def has_an_owner(row: Complaint) -> bool:
    """Whether some desk is the one to act on an open case."""
    if row.status is Status.DEFERRED:
        return row.defer_reason is not None
    if row.status in AWAITING_VERIFICATION:
        admin = Actor(Role.AGENCY_ADMIN, agency_id=row.queue_agency_id)
        return row.queue_agency_id is None or may_act(admin, Action.VERIFY, row, is_reporter_of_it=False)
    role = Role.INSPECTORATE if row.classification in ("SUPERVISION", "WHISTLEBLOWING") else Role.AGENCY_ADMIN
    role = Role.UNIT_OFFICER if row.unit_id is not None else role
    desk = Actor(role, agency_id=row.agency_id, unit_id=row.unit_id)
    return row.agency_id is not None and may_act(desk, Action.FOLLOW_UP, row, is_reporter_of_it=False)


async def test_two_years_leave_no_case_without_an_owner_and_no_clock_that_is_wrong(
    runtime: Runtime, a_complaint: Complaints, clock: WallClock, work_as: WorkAs, rows: Rows
) -> None:
    chance = random.Random(20240102)  # noqa: S311 - the same two years each time
    traffic = Traffic(a_complaint, chance)
    known: dict[date, bool] = {}
    looks: list[tuple[datetime, Days]] = []
    clock.now = FIRST_DAY

    for _ in range(DAYS):
        await decree(runtime, work_as, day_of(clock.now), known)
        looks.append((clock.now, Days(dict(known))))
        # What changed the calendar is worked out before anybody is reminded.
        is_week = len(looks) % 7 == 1 or day_of(clock.now) in DECREES
        for name in (*WEEKLY, *DAILY) if is_week else DAILY:
            await runtime.jobs.tasks[name](timestamp=0)
        # Quiet and busy spells, so that some cases are answered and some left alone until they reach the top.
        for _ in range(chance.choice([0, 0, 1, 2, 4])):
            clock.forward(minutes=chance.randint(1, 100))
            if len(traffic.open) < 12 or chance.random() < 0.2:
                await traffic.file()
            else:
                (row,) = await rows(Complaint, Complaint.id == chance.choice(traffic.open[-60:]))
                await traffic.act(row)
        clock.now = FIRST_DAY + timedelta(days=len(looks))

    complaints = await rows(Complaint)
    told: defaultdict[UUID, list[ComplaintEvent]] = defaultdict(list)
    for event in await rows(ComplaintEvent):
        told[event.complaint_id].append(event)
    stored: defaultdict[UUID, list[ComplaintClock]] = defaultdict(list)
    for one in await rows(ComplaintClock):
        stored[one.complaint_id].append(one)
    assert [row.id for row in complaints if row.status in OPEN and not has_an_owner(row)] == []
    levels = set()
    for complaint in complaints:
        events = sorted(told[complaint.id], key=lambda event: event.seq)
        recount = clocks_of(Told(event.kind, event.at, event.status, event.data) for event in events)
        real = sorted(stored[complaint.id], key=lambda row: (row.started_at, row.id))
        counted = sorted(recount, key=lambda one: one.started_at)
        assert sorted(seen(row) for row in real) == sorted(
            (one.name, one.started_at, one.stopped_at, one.paused_at, by_its_calendar(looks, one)) for one in counted
        )
        said = [(event.data["clock"], event.data["level"]) for event in events if event.kind == "Escalated"]
        expected = [(one.name, level) for one in counted for level in announcements(one, looks)]
        assert sorted(pair for pair in said if pair[0] != "OMBUDSMAN") == sorted(expected)
        levels |= {level for _, level in said}
    assert levels >= {-2, -1, 1, 2, 3}
    assert len(complaints) > 100


def seen(row: ComplaintClock) -> tuple[object, ...]:
    """A stored clock in the words of the recount."""
    return row.clock, row.started_at, row.stopped_at, row.paused_at, day_of(row.due_at)


def by_its_calendar(looks: Sequence[tuple[datetime, Days]], clock: Counted) -> date:
    """The due day by what was known when it stopped, or is known now."""
    known = [days for at, days in looks if clock.stopped_at is None or at < clock.stopped_at]
    # A pause that ended with the clock itself moved nothing any more.
    ended = None if clock.stopped_at is None else clock.stopped_at - timedelta(microseconds=1)
    return known[-1].due(clock, ended or looks[-1][0] + timedelta(days=2))
