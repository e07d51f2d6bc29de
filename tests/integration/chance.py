"""Histories by chance: what may happen next to a complaint, through which verb, and how much time passes before."""

import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from complaints.close import close, close_by_silence, rate, reopen
from complaints.desk import Objection, archive, defer, restore, return_
from complaints.dispatch import Destination, dispatch, handle
from complaints.figures.asking import midnight
from complaints.follow_up import follow_up, reply
from complaints.knowledge import Knowledge
from complaints.policy import SYSTEM, Actor
from complaints.submit import Draft
from complaints.verify import Verdict, verify
from complaints.work import Work
from models import Complaint
from rules.deadlines import JAKARTA, local_date
from rules.vocabulary import Audience, Channel, ReportType, Role, Status
from tests.support import NATIONAL, Clock

AGENCIES = ("KEMENKES", "KOTA_SEMARANG", "PLN")
UNITS = {"KEMENKES": ("KEMENKES.NAKES",), "KOTA_SEMARANG": ("KOTA_SEMARANG.DPU", "KOTA_SEMARANG.DLH"), "PLN": ()}
CATEGORIES = ("ESDM.LISTRIK", "PUPR.INFRASTRUKTUR_JALAN", "KESEHATAN")
REGIONS = ("33.74.01", "33.74", "31.71", None)

Step = Callable[[Work, Complaint], Awaitable[Complaint]]


class Chance:
    """A history by chance: what may happen next to a complaint, and how much time passes before."""

    def __init__(self, seed: int, knowledge: Knowledge) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a history, no secret
        self.knowledge = knowledge

    def draft(self) -> Draft:
        """Something filed by somebody."""
        chosen = self.random.choice([*AGENCIES, None])
        return Draft(
            "Lampu jalan di depan pasar mati sejak minggu lalu",
            agency_id=None if chosen is None else self.knowledge.agency_ids[chosen],
            region_code=self.random.choice(REGIONS),
            channel=self.random.choice([Channel.WEB, Channel.SMS]),
            report_type=self.random.choice([ReportType.COMPLAINT, ReportType.INFORMATION_REQUEST]),
            is_secret=self.random.random() < 0.2,
        )

    def wait(self, clock: Clock) -> None:
        """Minutes, days, or until the last second of a day in Jakarta."""
        kind = self.random.random()
        if kind < 0.2:
            local = clock.now.astimezone(JAKARTA)
            clock.now = local.replace(hour=23, minute=59, second=59, microsecond=0)
        elif kind < 0.3:
            clock.now = midnight(local_date(clock.now) + timedelta(days=1))
        else:
            clock.forward(hours=self.random.choice([0.1, 1, 5, 30]))

    def step(self, complaint: Complaint) -> tuple[Actor, Step]:
        """Something that may be done to a complaint of this status, and by whom."""
        ticket = Actor(Role.TICKET, ticket=complaint.id)
        choices = [(NATIONAL, step) for step in self._steps(complaint)]
        choices += [(ticket, step) for step in self._answers(complaint)]
        if complaint.status is Status.IN_PROGRESS:
            choices.append((SYSTEM, lambda work, row: close_by_silence(work, row.id)))
        return self.random.choice(choices)

    def _steps(self, complaint: Complaint) -> Sequence[Step]:
        version = complaint.version
        objection = Objection("BUKAN_WEWENANG", self.knowledge.agency_ids[self.random.choice(AGENCIES)])
        back: Step = lambda work, row: return_(work, row.id, objection, seen_version=version)  # noqa: E731
        later: Step = lambda work, row: defer(  # noqa: E731
            work, row.id, "LOKASI_TIDAK_JELAS", "Di mana?", seen_version=version
        )
        away: Step = lambda work, row: archive(work, row.id, "TIDAK_JELAS", None, seen_version=version)  # noqa: E731
        say: Step = lambda work, row: follow_up(  # noqa: E731
            work, row.id, "Sedang dikerjakan", Audience.EVERYONE, seen_version=version
        )
        match complaint.status:
            case Status.UNVERIFIED:
                return (self._verify, self._verify, self._verify, later, away, back)
            case Status.VERIFIED:
                return (self._send, self._send, lambda work, row: handle(work, row.id, seen_version=version), back)
            case Status.DISPATCHED:
                return (say, say, self._send, back)
            case Status.IN_PROGRESS:
                end: Step = lambda work, row: close(work, row.id, "Selesai.", seen_version=version)  # noqa: E731
                return (say, end, end)
            case Status.CLOSED:
                # A reporter may do it once; the national desk as often as it likes.
                return (lambda work, row: reopen(work, row.id, "Belum selesai"),)
            case Status.ARCHIVED:
                return (lambda work, row: restore(work, row.id, "Ternyata jelas", seen_version=version),)
        return ()

    def _answers(self, complaint: Complaint) -> Sequence[Step]:
        match complaint.status:
            case Status.DEFERRED | Status.IN_PROGRESS:
                return (lambda work, row: reply(work, row.id, "Di depan pasar"),)
            case Status.CLOSED:
                stars = self.random.randint(1, 5)
                judge: Step = lambda work, row: rate(work, row.id, stars, is_solved=stars > 2)  # noqa: E731
                return (judge,)
        return ()

    async def _verify(self, work: Work, row: Complaint) -> Complaint:
        ids = self.knowledge
        verdict = Verdict(
            title=self.random.choice(["Satu", "Lampu Mati"]),
            category_id=ids.category_ids[self.random.choice(CATEGORIES)],
            agency_id=ids.agency_ids[self.random.choice(AGENCIES)],
        )
        return await verify(work, row.id, verdict, seen_version=row.version)

    async def _send(self, work: Work, row: Complaint) -> Complaint:
        assert row.agency_id is not None
        units = UNITS.get(self.knowledge.agencies[row.agency_id].code, ())
        unit = self.random.choice([*units, None])
        destination = Destination(None if unit is None else self.knowledge.agency_ids[unit])
        return await dispatch(work, row.id, destination, seen_version=row.version)
