"""What is due when: the limits of the SLA table, on the working days of the real calendar."""

from datetime import UTC, datetime

import pytest

from complaints.dispatch import Destination
from complaints.policy import Actor
from complaints.refusals import Invalid
from complaints.verify import Verdict, verify
from models import CalendarOverride
from rules.vocabulary import Classification, Clock, Role
from server.runtime import Runtime
from tests.integration.given import RunningClocks
from tests.support import NATIONAL, Complaints, WorkAs
from tests.support import Clock as WallClock

VAGUE = "Mohon bantuannya, sudah lama menunggu tanpa kabar"


def jakarta(year: int, month: int, day: int, hour: int = 23, minute: int = 59, second: int = 59) -> datetime:
    """A moment by the clock of Jakarta; the last second of the day unless said otherwise."""
    return datetime.fromisoformat(f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+07:00")


async def test_the_day_the_thirteen_agencies_began_to_verify(a_complaint: Complaints, clock: WallClock) -> None:
    clock.now = jakarta(2020, 8, 7, 9, 0, 0)  # a Friday

    complaint = await a_complaint(text=VAGUE, agency_id=a_complaint.knowledge.agency_ids["KOMINFO"])

    assert complaint.queue_agency_id == a_complaint.knowledge.agency_ids["KOMINFO"]
    assert complaint.due_at == jakarta(2020, 8, 12)  # the Wednesday after


async def test_the_covid_mechanism_gives_one_day_to_verify_and_two_to_answer(
    a_complaint: Complaints, clock: WallClock, running_clocks: RunningClocks, work_as: WorkAs
) -> None:
    clock.now = jakarta(2021, 3, 1, 9, 0, 0)  # a Monday
    knowledge = a_complaint.knowledge
    complaint = await a_complaint(text=VAGUE, category_id=knowledge.category_ids["CORONA"])
    verification = await running_clocks(complaint)

    async with work_as(Actor(Role.AGENCY_ADMIN, agency_id=knowledge.agency_ids["KEMENKES"])) as work:
        verdict = Verdict("Bantuan Belum Tiba")
        await verify(work, complaint.id, verdict, seen_version=complaint.version, destination=Destination())

    handling = await running_clocks(complaint)
    assert complaint.mechanism == "COVID"
    assert {clock: (row.rule_code, row.due_at) for clock, row in {**verification, **handling}.items()} == {
        Clock.VERIFICATION: ("COVID_VERIFICATION", jakarta(2021, 3, 2)),
        Clock.FIRST_RESPONSE: ("COVID_FIRST_RESPONSE", jakarta(2021, 3, 3)),
        # Completion has no special limit; 11 and 12 March were holiday and joint leave.
        Clock.COMPLETION: ("COMPLETION_ORDINARY", jakarta(2021, 3, 22)),
    }


@pytest.mark.parametrize(
    ("day", "mechanism", "due"),
    [
        (jakarta(2020, 8, 6, 9, 0, 0), None, jakarta(2020, 8, 11)),
        (jakarta(2020, 8, 7, 9, 0, 0), "COVID", jakarta(2020, 8, 10)),
        (jakarta(2023, 6, 20, 23, 0, 0), "COVID", jakarta(2023, 6, 21)),
    ],
    ids=["the day before", "the first day", "the last evening"],
)
async def test_the_covid_mechanism_holds_within_its_dates(
    day: datetime, mechanism: str | None, due: datetime, a_complaint: Complaints, clock: WallClock
) -> None:
    clock.now = day.astimezone(UTC)

    complaint = await a_complaint(text=VAGUE, category_id=a_complaint.knowledge.category_ids["CORONA"])

    assert (complaint.mechanism, complaint.due_at) == (mechanism, due)


async def test_the_covid_category_ends_with_its_mechanism(a_complaint: Complaints, clock: WallClock) -> None:
    clock.now = jakarta(2023, 6, 21, 0, 0, 0)

    with pytest.raises(Invalid, match="categoryId: ENDED"):
        await a_complaint(text=VAGUE, category_id=a_complaint.knowledge.category_ids["CORONA"])


@pytest.mark.parametrize(
    ("classification", "rule", "due"),
    [
        (Classification.ORDINARY, "COMPLETION_ORDINARY", jakarta(2026, 5, 4)),
        (Classification.ASPIRATION, "COMPLETION_ASPIRATION", jakarta(2026, 4, 20)),
        (Classification.INFORMATION_REQUEST, "COMPLETION_INFORMATION_REQUEST", jakarta(2026, 4, 20)),
    ],
)
async def test_the_classification_decides_how_long_completion_may_take(
    classification: Classification,
    rule: str,
    due: datetime,
    a_complaint: Complaints,
    work_as: WorkAs,
    running_clocks: RunningClocks,
) -> None:
    complaint = await a_complaint()
    knowledge = a_complaint.knowledge
    verdict = Verdict(
        "Lampu Mati",
        knowledge.category_ids["ESDM.LISTRIK"],
        knowledge.agency_ids["PLN"],
        classification=classification,
    )

    async with work_as(NATIONAL) as work:
        await verify(work, complaint.id, verdict, seen_version=complaint.version, destination=Destination())

    completion = (await running_clocks(complaint))[Clock.COMPLETION]
    assert (completion.rule_code, completion.due_at) == (rule, due)


@pytest.mark.parametrize("classification", [Classification.SUPERVISION, Classification.WHISTLEBLOWING])
async def test_supervision_takes_sixty_working_days(
    classification: Classification, a_complaint: Complaints, work_as: WorkAs, running_clocks: RunningClocks
) -> None:
    complaint = await a_complaint()
    knowledge = a_complaint.knowledge
    verdict = Verdict(
        "Pungutan Liar", knowledge.category_ids["TIK"], knowledge.agency_ids["PLN"], classification=classification
    )

    async with work_as(NATIONAL) as work:
        await verify(work, complaint.id, verdict, seen_version=complaint.version, destination=Destination())

    completion = (await running_clocks(complaint))[Clock.COMPLETION]
    assert completion.rule_code == "COMPLETION_SUPERVISION"
    assert completion.due_at > jakarta(2026, 7, 6)


async def test_a_decree_in_the_table_moves_the_due_date(
    runtime: Runtime, a_complaint: Complaints, work_as: WorkAs
) -> None:
    async with work_as(NATIONAL) as work:
        day = jakarta(2026, 4, 15).date()
        work.session.add(CalendarOverride(day=day, is_working=False, reason="cuti bersama tambahan"))
    runtime.knowledge.forget()

    complaint = await a_complaint()

    assert complaint.due_at == jakarta(2026, 4, 17)
