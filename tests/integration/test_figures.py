"""Figures as desks ask for them: edges of days, whose numbers whose eyes see, and what the public may read."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import pytest

from complaints.dispatch import Destination
from complaints.figures.asking import FigureFilter, FigureGrouping, FigureQuestion, Period
from complaints.figures.cases import CasesPart, cases_of
from complaints.figures.table import Table, ask
from complaints.knowledge import Knowledge
from complaints.policy import ANYONE, Actor
from complaints.reader import Reader, Window, read_page
from complaints.refusals import Invalid
from complaints.verify import Verdict, verify
from complaints.work import Allowances
from rules.vocabulary import Classification, Role, Status
from server.runtime import Runtime
from tests.integration.given import Staff
from tests.support import MONDAY, NATIONAL, Clock, Complaints, WorkAs

APRIL = Period(date(2026, 4, 1), date(2026, 5, 1))
BY = FigureGrouping


class AskAs(Protocol):
    async def __call__(self, actor: Actor, question: FigureQuestion) -> Table: ...


@pytest.fixture
def ask_as(runtime: Runtime, knowledge: Knowledge, clock: Clock) -> AskAs:
    """A question, answered in one moment."""

    async def answer(actor: Actor, question: FigureQuestion) -> Table:
        reader = Reader(runtime.database.read)
        try:
            return await ask(reader, actor, question, knowledge, clock.now, Allowances())
        finally:
            await reader.close()

    return answer


def numbers(table: Table) -> Mapping[Any, Any]:
    """The first figure of every line by its key."""
    return {line.key if len(line.key) != 1 else line.key[0]: line.cells[0].now.value for line in table.lines}


async def test_the_seeds_table_is_one_question(
    ask_as: AskAs, a_complaint: Complaints, knowledge: Knowledge, clock: Clock
) -> None:
    clock.now = datetime(2020, 3, 2, 2, 0, tzinfo=UTC)
    for _ in range(3):
        await a_complaint(Status.CLOSED, agency="KEM_BUMN")
    await a_complaint(Status.CLOSED, agency="ESDM")
    await a_complaint(Status.CLOSED, agency="KOTA_SEMARANG")
    await a_complaint(Status.IN_PROGRESS, agency="KOMINFO")
    # The last second of the period in Jakarta, and the first after it.
    clock.now = datetime(2020, 8, 6, 16, 59, 59, tzinfo=UTC)
    await a_complaint(Status.CLOSED, agency="KOMINFO")
    clock.forward(seconds=1)
    await a_complaint(Status.CLOSED, agency="KOMINFO")

    table = await ask_as(
        NATIONAL,
        FigureQuestion(
            ("DONE",),
            Period(date(2020, 1, 1), date(2020, 8, 7)),
            (BY.AGENCY,),
            FigureFilter(is_in_seed=True),
            order_by="DONE",
        ),
    )

    done = {knowledge.agency_rows[key].code: value for key, value in numbers(table).items()}
    assert len(done) == 13
    assert next(iter(done)) == "KEM_BUMN"
    assert {code: value for code, value in done.items() if value} == {"KEM_BUMN": 3.0, "ESDM": 1.0, "KOMINFO": 1.0}
    assert table.total is not None
    assert table.total.cells[0].now.value == 5.0


async def test_a_day_ends_at_midnight_in_jakarta(ask_as: AskAs, a_complaint: Complaints, clock: Clock) -> None:
    clock.now = datetime(2026, 4, 13, 16, 59, 59, tzinfo=UTC)
    await a_complaint()
    clock.forward(seconds=1)
    await a_complaint()
    await a_complaint()

    table = await ask_as(NATIONAL, FigureQuestion(("RECEIVED", "BACKLOG"), APRIL, (BY.DAY,)))

    by_day = {line.key[0]: [cell.now.value for cell in line.cells] for line in table.lines}
    assert len(by_day) == 30
    assert [by_day[date(2026, 4, day)] for day in (12, 13, 14, 15)] == [[0, 0], [1, 1], [2, 3], [0, 3]]


async def test_an_empty_period_has_zeros_and_nothing_to_divide(ask_as: AskAs, a_complaint: Complaints) -> None:
    await a_complaint(Status.CLOSED)

    table = await ask_as(NATIONAL, FigureQuestion((), Period(date(2026, 1, 1), date(2026, 1, 2))))

    assert [line.key for line in table.lines] == [()]
    assert table.total is not None
    assert {cell.now.cases for cell in table.total.cells} == {0}
    assert {cell.now.value for cell in table.total.cells} == {0.0, None}


async def test_late_steps_count_although_nobody_took_them(ask_as: AskAs, a_complaint: Complaints, clock: Clock) -> None:
    await a_complaint(Status.DISPATCHED)
    await a_complaint()
    question = FigureQuestion(("VERIFICATION_ON_TIME",), APRIL)

    at_once = await ask_as(NATIONAL, question)
    clock.now = datetime(2026, 4, 16, 16, 59, 59, tzinfo=UTC)
    in_the_due_second = await ask_as(NATIONAL, question)
    clock.forward(seconds=1)
    afterwards = await ask_as(NATIONAL, question)

    found = [table.total.cells[0].now for table in (at_once, in_the_due_second, afterwards) if table.total]
    assert [(one.value, one.cases) for one in found] == [(1.0, 1), (1.0, 1), (0.5, 2)]


async def test_periods_are_compared_with_the_days_before_them(
    ask_as: AskAs, a_complaint: Complaints, clock: Clock
) -> None:
    await a_complaint()
    clock.forward(days=7)
    await a_complaint()
    await a_complaint()

    question = FigureQuestion(("RECEIVED",), Period(date(2026, 4, 20), date(2026, 4, 27)), (BY.DAY,), compares=True)
    table = await ask_as(NATIONAL, question)

    first = table.lines[0].cells[0]
    assert (first.now.value, first.before and first.before.value) == (2.0, 1.0)
    assert table.total is not None
    assert table.total.cells[0].before is not None
    assert table.total.cells[0].before.value == 1.0


async def test_nobody_counts_what_is_another_desks(
    ask_as: AskAs, a_complaint: Complaints, staff: Staff, runtime: Runtime, knowledge: Knowledge, clock: Clock
) -> None:
    await a_complaint(Status.DISPATCHED, agency="KOTA_SEMARANG", unit="KOTA_SEMARANG.DPU")
    await a_complaint(Status.DISPATCHED, agency="KOTA_SEMARANG", unit="KOTA_SEMARANG.DLH")
    await a_complaint(Status.IN_PROGRESS, agency="KOTA_SEMARANG")
    await a_complaint(Status.CLOSED, agency="PLN")
    await a_complaint(Status.VERIFIED, agency="PLN")
    question = FigureQuestion(("RECEIVED",), APRIL)
    actors = {
        "national": (NATIONAL, 5),
        "overseer": (staff(Role.OVERSEER), 5),
        "auditor": (staff(Role.AUDITOR), 5),
        "city": (staff(Role.AGENCY_ADMIN, "KOTA_SEMARANG"), 3),
        "roads": (staff(Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU"), 1),
        "waste": (staff(Role.UNIT_OFFICER, "KOTA_SEMARANG.DLH"), 1),
        "power": (staff(Role.AGENCY_ADMIN, "PLN"), 1),
        "health": (staff(Role.AGENCY_ADMIN, "KEMENKES"), 0),
        "province": (staff(Role.HUB, "PROV_JATENG"), 3),
        "inspectorate": (staff(Role.INSPECTORATE, "KOTA_SEMARANG"), 0),
        "admin of nothing": (Actor(Role.AGENCY_ADMIN), 0),
        "officer of nothing": (Actor(Role.UNIT_OFFICER), 0),
        "service of the city": (
            Actor(Role.SERVICE, agency_id=knowledge.agency_ids["KOTA_SEMARANG"]),
            3,
        ),
    }

    for name, (actor, expected) in actors.items():
        plain = await ask_as(actor, question)
        by_agency = await ask_as(actor, FigureQuestion(("RECEIVED",), APRIL, (BY.AGENCY,)))
        other = FigureFilter(agency_ids=(knowledge.agency_ids["PLN"],))
        of_power = await ask_as(actor, FigureQuestion(("RECEIVED",), APRIL, wanted=other))
        listing = cases_of(actor, question, CasesPart.COUNTED, knowledge, clock.now, Allowances())
        reader = Reader(runtime.database.read)
        cases = await read_page(reader, listing, Window(50))
        await reader.close()

        assert plain.total is not None
        assert of_power.total is not None
        assert (name, plain.total.cells[0].now.value) == (name, float(expected))
        assert (name, sum(numbers(by_agency).values())) == (name, float(expected))
        sees_power = expected == 5 or name == "power"
        assert (name, of_power.total.cells[0].now.value) == (name, 1.0 if sees_power else 0.0)
        # A service key without scopes may ask, but reads no case.
        assert (name, len(cases.rows)) == (name, expected if name != "service of the city" else 3)


async def test_the_two_sides_of_a_share_are_its_cases(
    a_complaint: Complaints, runtime: Runtime, knowledge: Knowledge, clock: Clock
) -> None:
    late = await a_complaint()
    clock.forward(days=9)
    on_time = await a_complaint(Status.DISPATCHED)
    question = FigureQuestion(("VERIFICATION_ON_TIME",), APRIL)

    found = {}
    for part in CasesPart:
        reader = Reader(runtime.database.read)
        listing = cases_of(NATIONAL, question, part, knowledge, clock.now, Allowances())
        found[part] = [row.id for row in (await read_page(reader, listing, Window(50))).rows]
        await reader.close()

    assert found == {
        CasesPart.COUNTED: [on_time.id, late.id],
        CasesPart.HITS: [on_time.id],
        CasesPart.MISSES: [late.id],
    }


async def test_the_public_reads_finished_months_without_the_small_and_the_secret(
    ask_as: AskAs, a_complaint: Complaints, knowledge: Knowledge, clock: Clock
) -> None:
    for number in range(13):
        await a_complaint(Status.CLOSED, agency="KOTA_SEMARANG" if number < 6 else "PLN")
    for _ in range(4):
        await a_complaint(Status.CLOSED, agency="KEMENKES")
    for _ in range(6):
        await a_complaint(Status.CLOSED, agency="KEMENSOS", is_secret=True)
    clock.now = MONDAY + timedelta(days=30)

    table = await ask_as(ANYONE, FigureQuestion(("DONE",), APRIL, (BY.AGENCY,)))
    only_health = FigureFilter(agency_ids=(knowledge.agency_ids["KEMENKES"],))
    asked_alone = await ask_as(ANYONE, FigureQuestion(("DONE",), APRIL, (BY.AGENCY,), only_health))

    done = {knowledge.agency_rows[key].code: value for key, value in numbers(table).items()}
    # Of the city's six nobody may subtract the four of the health ministry.
    assert done == {"PLN": 7.0, "KOTA_SEMARANG": None, "KEMENKES": None}
    assert table.total is None
    assert [line.cells[0].is_hidden for line in asked_alone.lines] == [True]


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        (FigureQuestion(("BACKLOG",), APRIL), ("figures", "NOT_PUBLIC")),
        (FigureQuestion(("DONE",), APRIL, (BY.UNIT,)), ("groupBy", "NOT_PUBLIC")),
        (FigureQuestion(("DONE",), APRIL, wanted=FigureFilter(region_code="33.74")), ("groupBy", "NOT_PUBLIC")),
        (FigureQuestion(("DONE",), APRIL, wanted=FigureFilter(is_in_seed=True)), ("groupBy", "NOT_PUBLIC")),
        (FigureQuestion(("DONE",), APRIL, compares=True), ("compareWithBefore", "NOT_PUBLIC")),
        (FigureQuestion(("DONE",), Period(date(2026, 4, 1), date(2026, 4, 2))), ("from", "WHOLE_MONTHS")),
        (FigureQuestion(("DONE",), Period(date(2026, 3, 1), date(2026, 5, 1))), ("from", "WHOLE_MONTHS")),
        (FigureQuestion(("DONE",), Period(date(2026, 5, 1), date(2026, 6, 1))), ("from", "WHOLE_MONTHS")),
    ],
)
async def test_the_public_cannot_cut_numbers_small(
    question: FigureQuestion, problem: tuple[str, str], ask_as: AskAs, clock: Clock
) -> None:
    clock.now = MONDAY + timedelta(days=30)

    with pytest.raises(Invalid) as refusal:
        await ask_as(ANYONE, question)

    assert problem in [(one.field, one.code) for one in refusal.value.problems]


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        (FigureQuestion(("NOTHING",), APRIL), ("figures", "UNKNOWN_CODE")),
        (FigureQuestion((), Period(date(2026, 4, 2), date(2026, 4, 2))), ("to", "OUT_OF_RANGE")),
        (FigureQuestion((), Period(date(1900, 1, 1), date(2026, 4, 2))), ("to", "OUT_OF_RANGE")),
        (FigureQuestion((), APRIL, (BY.DAY, BY.WEEK)), ("groupBy", "ONE_TIME_GROUP")),
        (FigureQuestion((), APRIL, (BY.UNIT, BY.UNIT)), ("groupBy", "TOO_MANY")),
        (FigureQuestion(("RECEIVED",), APRIL, (BY.MODEL_VERSION,)), ("figures", "NOT_BY_VERSION")),
        (FigureQuestion((), APRIL, region_depth=9), ("regionDepth", "OUT_OF_RANGE")),
        (FigureQuestion(("BACKLOG",), Period(date(2026, 1, 1), date(2026, 5, 1)), (BY.DAY,)), ("groupBy", "TOO_MANY")),
        (FigureQuestion(("DONE",), APRIL, order_by="RECEIVED"), ("orderBy", "UNKNOWN_CODE")),
    ],
)
async def test_a_question_without_an_answer_is_refused_by_name(
    question: FigureQuestion, problem: tuple[str, str], ask_as: AskAs
) -> None:
    with pytest.raises(Invalid) as refusal:
        await ask_as(NATIONAL, question)

    assert problem in [(one.field, one.code) for one in refusal.value.problems]


async def test_a_supervision_case_leaves_the_agencys_numbers_for_the_inspectorates(
    ask_as: AskAs, a_complaint: Complaints, staff: Staff, work_as: WorkAs
) -> None:
    complaint = await a_complaint()
    ids = a_complaint.knowledge
    verdict = Verdict(
        "Pungutan liar",
        ids.category_ids["ESDM.LISTRIK"],
        ids.agency_ids["KOTA_SEMARANG"],
        Classification.SUPERVISION,
    )
    async with work_as(NATIONAL) as work:
        await verify(work, complaint.id, verdict, seen_version=complaint.version, destination=Destination())
    question = FigureQuestion(("RECEIVED",), APRIL)

    found = {}
    for role in (Role.AGENCY_ADMIN, Role.INSPECTORATE):
        table = await ask_as(staff(role, "KOTA_SEMARANG"), question)
        found[role] = table.total and table.total.cells[0].now.value
    of_the_province = await ask_as(staff(Role.HUB, "PROV_JATENG"), question)

    assert found == {Role.AGENCY_ADMIN: 0.0, Role.INSPECTORATE: 1.0}
    assert of_the_province.total is not None
    assert of_the_province.total.cells[0].now.value == 0.0
