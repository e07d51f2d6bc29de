"""Random histories through the verbs: every figure agrees with a slow recount over events and clocks."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from complaints.figures.asking import FigureFilter, FigureGrouping, FigureQuestion, Period, midnight
from complaints.figures.cases import CasesPart, cases_of
from complaints.figures.table import ask
from complaints.knowledge import Knowledge
from complaints.policy import ANYONE, Actor
from complaints.reader import Reader, count
from complaints.refusals import Invalid
from complaints.submit import submit
from complaints.suggest import Advice
from complaints.work import Allowances
from ml.predictor import Choice, Ranking
from models import Complaint, ComplaintClock, ComplaintEvent, Suggestion
from rules.deadlines import local_date
from rules.figure_table import FIGURES
from rules.vocabulary import Role
from server.runtime import Runtime
from tests.integration.chance import AGENCIES, Chance
from tests.integration.given import AdviceOf, Rows
from tests.integration.recount import Case, Recount, cases_from
from tests.support import NATIONAL, Clock, WorkAs


@pytest.fixture
async def proposals(an_advice: AdviceOf) -> Sequence[Advice]:
    """What two versions say."""
    category = Ranking((Choice("ESDM.LISTRIK", 0.9),), abstained=False, threshold=0.5)
    agency = Ranking((Choice("PLN", 0.9),), abstained=False, threshold=0.5)
    return [await an_advice(version, category=category, agency=agency) for version in ("v1", "v2")]


@pytest.mark.parametrize("seed", range(3))
async def test_every_figure_is_what_a_slow_recount_says(
    seed: int,
    runtime: Runtime,
    knowledge: Knowledge,
    work_as: WorkAs,
    rows: Rows,
    clock: Clock,
    proposals: Sequence[Advice],
) -> None:
    chance = Chance(seed, knowledge)
    start = local_date(clock.now)
    complaints: list[Complaint] = []
    for number in range(150):
        chance.wait(clock)
        if not complaints or number % 5 == 0:
            advice = chance.random.choice([*proposals, None])
            complaints.append((await submit(runtime.workshop, ANYONE, chance.draft(), advice, None)).complaint)
            continue
        place = chance.random.randrange(len(complaints))
        actor, step = chance.step(complaints[place])
        # What the rules refuse (reopening after a month) did not happen, and the history goes on.
        with suppress(Invalid):
            async with work_as(actor) as work:
                complaints[place] = await step(work, complaints[place])
    cases = list(
        cases_from(
            await rows(Complaint), await rows(ComplaintEvent), await rows(ComplaintClock), await rows(Suggestion)
        )
    )
    assert len(cases) == 30

    periods = [Period(start, local_date(clock.now) + timedelta(days=9)), Period(start, start + timedelta(days=1))]
    for _ in range(2):
        first = start + timedelta(days=chance.random.randint(-5, 20))
        periods.append(Period(first, first + timedelta(days=chance.random.randint(1, 20))))
    reader = Reader(runtime.database.read)
    for place, period in enumerate(periods):
        recount = Recount(cases, midnight(period.day_from), midnight(period.day_to), clock.now, knowledge.calendar)
        await _agree(reader, recount, period, knowledge)
        if place == 0:
            await _cases_agree(reader, recount, period, knowledge)
    await reader.close()


async def _agree(reader: Reader, recount: Recount, period: Period, knowledge: Knowledge) -> None:
    now, allowed, everything = recount.now, Allowances(), tuple(FIGURES)

    def counted(belongs: Callable[[Case], bool], sent_back: Callable[[UUID | None], bool]) -> list[tuple[object, int]]:
        return [recount.figure(code, belongs, sent_back) for code in everything]

    total = await ask(reader, NATIONAL, FigureQuestion(everything, period), knowledge, now, allowed)
    assert total.total is not None
    assert [(cell.now.value, cell.now.cases) for cell in total.total.cells] == counted(lambda _: True, lambda _: True)
    for agency in AGENCIES:
        own = knowledge.agency_ids[agency]
        offices = {own, *(row.id for row in knowledge.agencies_below(own) if row.level == "UNIT")}
        expected = counted(partial(_is_of, own), offices.__contains__)
        by_admin = await ask(
            reader, Actor(Role.AGENCY_ADMIN, agency_id=own), FigureQuestion(everything, period), knowledge, now, allowed
        )
        by_filter = await ask(
            reader,
            NATIONAL,
            FigureQuestion(everything, period, (FigureGrouping.AGENCY,), FigureFilter(agency_ids=(own,))),
            knowledge,
            now,
            allowed,
        )
        assert by_admin.total is not None
        assert [(cell.now.value, cell.now.cases) for cell in by_admin.total.cells] == expected
        assert [[(cell.now.value, cell.now.cases) for cell in line.cells] for line in by_filter.lines] == [expected]

    flows = tuple(code for code in everything if code != "RETURNED")
    table = await ask(
        reader,
        NATIONAL,
        FigureQuestion(flows, period, (FigureGrouping.CATEGORY, FigureGrouping.REGION), region_depth=2),
        knowledge,
        now,
        allowed,
    )
    for line in table.lines:
        category, region = line.key
        for cell in line.cells:
            found = recount.figure(
                cell.figure,
                lambda case: _topic(case, knowledge) == category and _regency(case) == region,  # noqa: B023
                lambda _: False,
            )
            assert (cell.figure, cell.now.value, cell.now.cases) == (cell.figure, *found)


async def _cases_agree(reader: Reader, recount: Recount, period: Period, knowledge: Knowledge) -> None:
    seen = 0
    for code in FIGURES:
        _, cases = recount.figure(code, lambda _: True, lambda _: True)
        question = FigureQuestion((code,), period)
        listing = cases_of(NATIONAL, question, CasesPart.COUNTED, knowledge, recount.now, Allowances())
        assert (code, await count(reader, listing, 1_000)) == (code, cases)
        seen += cases > 0
    # The history says something about nearly every figure.
    assert seen > 0.8 * len(FIGURES)


def _is_of(agency_id: UUID, case: Case) -> bool:
    return case.agency_id == agency_id


def _topic(case: Case, knowledge: Knowledge) -> str | None:
    return None if case.row.category_id is None else knowledge.category_codes[case.row.category_id].split(".")[0]


def _regency(case: Case) -> str | None:
    return None if case.row.region_code is None else case.row.region_code[:5]
