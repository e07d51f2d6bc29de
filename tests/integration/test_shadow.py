"""A candidate answers beside the version in use: recorded, never shown, judged by what people decided."""

from collections.abc import Awaitable, Callable

import anyio
import pytest

from complaints.classifiers import Trained, promote, register, start_shadow, stop_shadow
from complaints.jobs import Staff as People
from complaints.jobs import suggest_later
from complaints.learning.shadow import ShadowFigures, answer_in_shadow, shadow_figures_of, shadow_statement
from complaints.learning.watching import Share
from complaints.policy import SYSTEM
from complaints.suggest import latest_suggestion
from complaints.verify import Verdict, verify
from ml.predictor import Ranking
from ml.predictor import Suggestion as MlSuggestion
from models import Complaint, Suggestion
from rules.vocabulary import Action, Status
from server.runtime import Runtime
from tests.integration.given import AdviceOf, Again, Parrot, Rows, State, sure, unsure
from tests.support import NATIONAL, Clock, Complaints, EventsOf, WorkAs

VAGUE = "Mohon bantuannya, sudah lama menunggu tanpa kabar"

Candidate = Callable[..., Awaitable[Parrot]]
Turn = Callable[[], Awaitable[int]]


@pytest.fixture
def a_candidate(work_as: WorkAs, runtime: Runtime) -> Candidate:
    """A version that begins to answer everything alike, unseen."""

    async def make(version: str = "calon", **heads: Ranking) -> Parrot:
        async with work_as(SYSTEM) as work:
            row = await register(work, Trained(version, "0" * 64, {}))
        async with work_as(SYSTEM) as work:
            await start_shadow(work, version)
        parrot = Parrot(version, MlSuggestion(("Calon satu", "Calon dua", "Calon tiga"), heads))
        runtime.adviser.adopt_shadow(parrot, row.id)
        return parrot

    return make


@pytest.fixture
def turn(runtime: Runtime) -> Turn:
    """One turn of the job."""
    return lambda: answer_in_shadow(runtime.workshop, runtime.adviser)


async def test_a_candidate_answers_what_came_in_since_it_began_and_nobody_decided(
    a_complaint: Complaints, an_advice: AdviceOf, a_candidate: Candidate, turn: Turn, clock: Clock, rows: Rows
) -> None:
    advice = await an_advice(category=sure("TIK"), agency=sure("KOMDIGI"))
    await a_complaint(text=VAGUE, advice=advice)
    clock.forward(minutes=1)
    parrot = await a_candidate(category=sure("ESDM.LISTRIK", "TIK"), agency=unsure("PLN"))
    new = await a_complaint(text=VAGUE, title="Antre", place="Loket 3", advice=advice)
    verified = await a_complaint(Status.VERIFIED, text=VAGUE, advice=advice)
    for status in (Status.DISPATCHED, Status.DEFERRED, Status.ARCHIVED):
        await a_complaint(status, text=VAGUE, advice=advice)
    # Nobody was shown an answer about this one yet.
    await a_complaint(text=VAGUE)

    answered, again = await turn(), await turn()

    assert (answered, again) == (2, 0)
    assert [(draft.text, draft.title, draft.location) for draft in parrot.asked] == [
        (VAGUE, "Antre", "Loket 3"), (VAGUE, None, None),
    ]  # fmt: skip
    found = await rows(Suggestion, Suggestion.is_shadow)
    assert [row.complaint_id for row in found] == [new.id, verified.id]
    assert [(row.titles[0], row.categories[0]["label"], row.agencies[0]["label"]) for row in found] == [
        ("Calon satu", "ESDM.LISTRIK", "PLN")
    ] * 2
    assert [(row.is_sure_of_category, row.is_sure_of_agency, row.at) for row in found] == [(True, False, clock.now)] * 2


async def test_a_candidate_leaves_no_trace_in_the_complaint(
    a_complaint: Complaints,
    an_advice: AdviceOf,
    a_candidate: Candidate,
    turn: Turn,
    again: Again,
    events_of: EventsOf,
    state: State,
) -> None:
    await a_candidate(category=sure("ESDM.LISTRIK"), agency=sure("KEMENKES"))
    complaint = await a_complaint(text=VAGUE, advice=await an_advice(category=sure("TIK")))
    before, events = await state(), await events_of(complaint)

    await turn()

    after = await state()
    assert {table for table, found in after.items() if found != before[table]} == {"suggestion"}
    assert [event.kind for event in await events_of(complaint)] == [event.kind for event in events]
    assert (await again(complaint)).version == complaint.version


async def test_a_candidate_is_never_shown_nor_followed(
    a_complaint: Complaints, an_advice: AdviceOf, a_candidate: Candidate, turn: Turn, clock: Clock, work_as: WorkAs
) -> None:
    await a_candidate(category=sure("ESDM.LISTRIK"), agency=sure("PLN"))
    complaint = await a_complaint(text=VAGUE, advice=await an_advice(category=sure("TIK"), agency=sure("KOMDIGI")))
    clock.forward(minutes=1)
    await turn()

    async with work_as(SYSTEM) as work:
        shown = await latest_suggestion(work, complaint.id)
    async with work_as(NATIONAL) as work:
        verified = await verify(work, complaint.id, Verdict(), seen_version=complaint.version)

    ids = a_complaint.knowledge
    assert shown is not None
    assert (shown.is_shadow, shown.titles[0], shown.categories[0]["label"]) == (False, "Satu", "TIK")
    assert (verified.category_id, verified.agency_id) == (ids.category_ids["TIK"], ids.agency_ids["KOMDIGI"])


async def test_the_verdict_is_kept_beside_both_answers(
    a_complaint: Complaints, an_advice: AdviceOf, a_candidate: Candidate, turn: Turn, work_as: WorkAs, rows: Rows
) -> None:
    await a_candidate(category=sure("ESDM.LISTRIK", "TIK"), agency=sure("KEMENKES"))
    complaint = await a_complaint(
        text=VAGUE, advice=await an_advice(category=sure("TIK", "ESDM"), agency=sure("KOMDIGI", "PLN"))
    )
    await turn()
    ids = a_complaint.knowledge
    said = Verdict("Calon dua", ids.category_ids["ESDM.LISTRIK"], ids.agency_ids["PLN"])
    async with work_as(NATIONAL) as work:
        await verify(work, complaint.id, said, seen_version=complaint.version)

    used, candidate = await rows(Suggestion)
    assert [(row.is_shadow, row.category_rank, row.agency_rank, row.title_rank) for row in (used, candidate)] == [
        (False, 2, 2, None),
        (True, 1, None, 2),
    ]
    assert {(row.decided_at, row.chosen_category_id, row.chosen_agency_id) for row in (used, candidate)} == {
        (used.decided_at, said.category_id, said.agency_id)
    }


async def test_whoever_works_on_a_complaint_comes_first(
    a_complaint: Complaints, an_advice: AdviceOf, a_candidate: Candidate, turn: Turn, work_as: WorkAs, rows: Rows
) -> None:
    await a_candidate(category=sure("ESDM.LISTRIK"))
    advice = await an_advice(category=sure("TIK"))
    held, free = await a_complaint(text=VAGUE, advice=advice), await a_complaint(text=VAGUE, advice=advice)

    with anyio.fail_after(10):
        async with work_as(NATIONAL) as work:
            await work.complaint(held.id, Action.VERIFY)
            meanwhile = await turn()
    later = await turn()

    assert (meanwhile, later) == (1, 1)
    assert [row.complaint_id for row in await rows(Suggestion, Suggestion.is_shadow)] == [free.id, held.id]


async def test_a_stopped_candidate_answers_nothing(
    a_complaint: Complaints, an_advice: AdviceOf, a_candidate: Candidate, turn: Turn, work_as: WorkAs, state: State
) -> None:
    await a_candidate(category=sure("ESDM.LISTRIK"))
    await a_complaint(text=VAGUE, advice=await an_advice(category=sure("TIK")))
    async with work_as(SYSTEM) as work:
        await stop_shadow(work)
    before = await state()

    # This process has not heard of it yet.
    assert await turn() == 0
    assert await state() == before


async def test_without_a_candidate_nothing_happens(a_complaint: Complaints, turn: Turn, state: State) -> None:
    await a_complaint()
    before = await state()

    assert await turn() == 0
    assert await state() == before


async def test_a_promoted_candidate_answers_late_reports_in_earnest(
    runtime: Runtime, a_complaint: Complaints, a_candidate: Candidate, turn: Turn, work_as: WorkAs, rows: Rows
) -> None:
    parrot = await a_candidate(category=sure("TIK"))
    complaint = await a_complaint(text=VAGUE)
    await turn()
    async with work_as(SYSTEM) as work:
        row = await promote(work, "calon", "terbukti")
    runtime.adviser.adopt_shadow(None)
    runtime.adviser.adopt(parrot, row.id)

    await suggest_later(People(runtime.workshop, runtime.adviser), complaint.id)

    assert [(row.complaint_id, row.is_shadow) for row in await rows(Suggestion)] == [(complaint.id, False)]


async def test_figures_put_both_side_by_side(
    a_complaint: Complaints, an_advice: AdviceOf, a_candidate: Candidate, turn: Turn, work_as: WorkAs
) -> None:
    await a_candidate(category=sure("ESDM.LISTRIK"), agency=sure("PLN"))
    used = [
        await an_advice(category=sure("ESDM.LISTRIK"), agency=sure("PLN")),
        await an_advice(category=sure("TIK"), agency=sure("PLN")),
        await an_advice(category=sure("TIK"), agency=sure("KOMDIGI")),
        await an_advice(category=sure("TIK")),
    ]
    complaints: list[Complaint] = [await a_complaint(text=VAGUE, advice=advice) for advice in used]
    await turn()
    ids = a_complaint.knowledge
    verdicts = [("ESDM.LISTRIK", "PLN"), ("ESDM.LISTRIK", "PLN"), ("TIK", "KOMDIGI")]
    for complaint, (category, agency) in zip(complaints, verdicts, strict=False):
        said = Verdict("Judul", ids.category_ids[category], ids.agency_ids[agency])
        async with work_as(NATIONAL) as work:
            await verify(work, complaint.id, said, seen_version=complaint.version)

    async with work_as(SYSTEM) as work:
        figures = shadow_figures_of((await work.session.execute(shadow_statement("calon"))).one())
        nothing = shadow_figures_of((await work.session.execute(shadow_statement("v1"))).one())

    assert figures == ShadowFigures(
        agreed_on_category=Share.of(1, 4),
        # The version in use said nothing about the agency of the last one.
        agreed_on_agency=Share.of(2, 4),
        category_right=Share.of(2, 3),
        category_right_in_use=Share.of(2, 3),
        agency_right=Share.of(2, 3),
        agency_right_in_use=Share.of(3, 3),
    )
    assert nothing == ShadowFigures(*[Share.of(0, 0)] * 6)
