"""Rules that history proposes: phrases that told the agency, and what the national desk had to settle."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from complaints.desk import Objection, return_
from complaints.policy import SYSTEM, Actor
from complaints.refusals import Invalid, NotAllowed, NotSignedIn, Problem, Refusal
from complaints.rule_desk.proposals import proposed_rule
from complaints.rule_desk.suggestions import (
    SUGGEST,
    offer_rule,
    request_suggestions,
    settings_of,
    suggest_rules,
)
from complaints.verify import Verdict, verify
from models import Agency, Complaint, RuleProposal
from rules.mining import MiningSettings
from rules.vocabulary import Classification, ProposalSource, ProposalState, Role, Status
from server.runtime import Runtime
from tests.integration.given import AdviceOf, Jobs, Rows, Staff, State, sure
from tests.integration.rule_sets import RuleDesk, a_rule
from tests.support import MONDAY, NATIONAL, ActorOf, Complaints, WorkAs

SETTINGS = MiningSettings(support=5, precision=0.9, held_out=0.5)
COPY = text(
    "with made as (insert into complaint select (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(),"
    " 'tracking_code', 'SALINAN-' || gen_random_uuid(), 'idempotency_key', null, 'submitted_at',"
    " cast(:at as timestamptz)))).* from complaint c where c.id = :id returning id)"
    " insert into complaint_text (complaint_id, original_body) select id, :body from made"
)

Decide = Callable[..., Awaitable[None]]


@pytest.fixture
def decide(work_as: WorkAs) -> Decide:
    """Decided complaints like one, with these texts, one a minute from so many seconds after MONDAY on."""

    async def make(complaint: Complaint, texts: Sequence[str], seconds: int = 0) -> None:
        async with work_as(SYSTEM) as work:
            for number, body in enumerate(texts):
                at = MONDAY + timedelta(minutes=number, seconds=seconds)
                await work.session.execute(COPY, {"id": complaint.id, "body": body, "at": at})

    return make


@pytest.fixture
async def desk(work_as: WorkAs, an_actor: ActorOf) -> RuleDesk:
    return RuleDesk(work_as, await an_actor(Role.NATIONAL_ADMIN), await an_actor(Role.NATIONAL_ADMIN))


def texts(phrase: str, count: int) -> list[str]:
    """Different texts around a phrase."""
    names = ("satu", "dua", "tiga", "empat", "lima", "enam", "tujuh")
    return [f"{names[n % 7]} {phrase} {names[n // 7 % 7]} {names[n // 49 % 7]}" for n in range(count)]


async def test_a_phrase_that_told_the_agency_is_proposed_with_its_figures(
    a_complaint: Complaints, decide: Decide, runtime: Runtime, rows: Rows
) -> None:
    await decide(await a_complaint(Status.VERIFIED, agency="PLN"), texts("meteran prabayar", 24))
    await decide(await a_complaint(Status.VERIFIED, agency="BPOM"), texts("sertifikat", 24), seconds=30)

    new = await suggest_rules(runtime.workshop, replace(SETTINGS, most_per_agency=1))

    proposals = {row.rule["then"]["queue"]: row for row in await rows(RuleProposal)}
    ours = proposals["PLN"]
    assert (new, set(proposals)) == (2, {"PLN", "BPOM"})
    assert (ours.source, ours.state) == (ProposalSource.PAST_DECISIONS, ProposalState.OPEN)
    assert (ours.support, ours.precision, ours.proposed_at) == (12, 1.0, MONDAY)
    # Of equally sure ones the shortest, and of these the first by name, which is its stem's.
    assert ours.rule["when"] == {"text": {"words": "meteran"}}
    assert ours.reason == ours.rule["reason"]
    assert ours.reason.endswith("→ PLN, 12 kasus, 100 %")
    assert proposed_rule(ours.rule, code="X1").kind == "KEYWORD_TAG"


async def test_the_same_rule_is_proposed_once_and_not_while_it_acts(
    a_complaint: Complaints, decide: Decide, desk: RuleDesk, runtime: Runtime, rows: Rows
) -> None:
    await decide(await a_complaint(Status.VERIFIED), texts("prabayar", 24))
    await decide(await a_complaint(Status.VERIFIED, agency="BPOM"), texts("sertifikat", 24))
    await desk.active(a_rule("ACTS", when={"text": {"words": "prabayar"}}, then={"queue": "PLN"}))
    runtime.knowledge.forget()

    first = await suggest_rules(runtime.workshop, SETTINGS)
    again = await suggest_rules(runtime.workshop, SETTINGS)

    assert (first, again) == (1, 0)
    assert [row.rule["then"]["queue"] for row in await rows(RuleProposal)] == ["BPOM"]


async def test_many_copies_of_one_text_are_one_decision(
    a_complaint: Complaints, decide: Decide, runtime: Runtime, rows: Rows
) -> None:
    await decide(await a_complaint(Status.VERIFIED), ["Meteran prabayar kami rusak"] * 40)

    assert await suggest_rules(runtime.workshop, SETTINGS) == 0


async def test_what_newer_decisions_do_not_confirm_is_not_proposed(
    a_complaint: Complaints, decide: Decide, runtime: Runtime, work_as: WorkAs
) -> None:
    older, newer = await a_complaint(Status.VERIFIED), await a_complaint(Status.VERIFIED, agency="BPOM")
    await decide(older, texts("prabayar", 24))
    async with work_as(SYSTEM) as work:
        before = MONDAY - timedelta(days=1)
        await work.session.execute(update(Complaint).values(submitted_at=before))
    await decide(newer, texts("prabayar", 24))

    assert await suggest_rules(runtime.workshop, SETTINGS) == 0


@pytest.mark.parametrize(
    "values",
    [
        {"is_secret": True},
        {"classification": Classification.SUPERVISION},
        {"verified_at": None},
        {"status": Status.ARCHIVED, "archive_reason": "TIDAK_JELAS"},
    ],
)
async def test_secret_and_undecided_complaints_teach_nothing(
    values: dict[str, object], a_complaint: Complaints, decide: Decide, runtime: Runtime, work_as: WorkAs
) -> None:
    await decide(await a_complaint(Status.VERIFIED), texts("prabayar", 24))
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(Complaint).values(**values))

    assert await suggest_rules(runtime.workshop, SETTINGS) == 0


async def test_only_the_newest_decisions_are_looked_at(
    a_complaint: Complaints, decide: Decide, runtime: Runtime, work_as: WorkAs, rows: Rows
) -> None:
    await decide(await a_complaint(Status.VERIFIED), texts("prabayar", 24))
    async with work_as(SYSTEM) as work:
        before = MONDAY - timedelta(days=400)
        await work.session.execute(update(Complaint).values(submitted_at=before))
    await decide(await a_complaint(Status.VERIFIED, agency="BPOM"), texts("sertifikat", 24))

    await suggest_rules(runtime.workshop, SETTINGS, most=24)

    assert {row.rule["then"]["queue"] for row in await rows(RuleProposal)} == {"BPOM"}


async def test_an_office_of_a_place_is_proposed_as_its_kind(
    a_complaint: Complaints, decide: Decide, runtime: Runtime, work_as: WorkAs, rows: Rows
) -> None:
    async with work_as(SYSTEM) as work:
        office = (await work.session.scalars(select(Agency).where(Agency.office_kind == "PEMDA.PU").limit(1))).one()
        above = await work.session.get_one(Agency, office.parent_id)
    complaint = await a_complaint(Status.DISPATCHED, agency=above.code, unit=office.code)
    await decide(complaint, texts("selokan", 24))

    await suggest_rules(runtime.workshop, replace(SETTINGS, most_per_agency=1))

    assert [row.rule["then"]["queue"] for row in await rows(RuleProposal)] == ["PEMDA.PU"]


async def test_a_request_leaves_its_job_once_with_the_settings(work_as: WorkAs, desk: RuleDesk, jobs: Jobs) -> None:
    for _ in range(2):
        async with work_as(desk.admin) as work:
            await request_suggestions(work, SETTINGS)

    ((name, arguments),) = await jobs()
    assert name == SUGGEST
    assert settings_of(**arguments) == SETTINGS


async def test_wrong_settings_are_told_at_once(work_as: WorkAs, desk: RuleDesk, state: State) -> None:
    before = await state()

    with pytest.raises(Invalid) as refusal:
        async with work_as(desk.admin) as work:
            await request_suggestions(work, MiningSettings(4, 0.4, 0.6, 0))

    assert refusal.value.problems == (
        Problem("support", "OUT_OF_RANGE", {"min": 5, "max": 100_000}),
        Problem("mostPerAgency", "OUT_OF_RANGE", {"min": 1, "max": 1_000}),
        Problem("precision", "OUT_OF_RANGE", {"min": "0.5", "max": 1}),
        Problem("heldOut", "OUT_OF_RANGE", {"min": "0.1", "max": "0.5"}),
    )
    assert await state() == before


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [(Actor(Role.PUBLIC), NotSignedIn), (Actor(Role.AGENCY_ADMIN), NotAllowed), (Actor(Role.DATA_STAFF), NotAllowed)],
)
async def test_only_who_manages_rules_asks_for_proposals(
    actor: Actor, refusal: type[Refusal], work_as: WorkAs, state: State
) -> None:
    before = await state()

    with pytest.raises(refusal):
        async with work_as(actor) as work:
            await request_suggestions(work)

    assert await state() == before


Settle = Callable[..., Awaitable[Complaint]]


@pytest.fixture
def settle(work_as: WorkAs, a_complaint: Complaints, runtime: Runtime) -> Settle:
    """A complaint that was returned so often, and decided by the national desk each time."""

    async def make(agency: str = "PLN", hops: int = 2, **given: Any) -> Complaint:
        complaint = await a_complaint(Status.VERIFIED, agency=agency, **given)
        ids = (await runtime.knowledge.current(MONDAY)).agency_ids
        for _ in range(hops):
            async with work_as(NATIONAL) as work:
                objection = Objection("BUKAN_WEWENANG")
                complaint = await return_(work, complaint.id, objection, seen_version=complaint.version)
            async with work_as(NATIONAL) as work:
                verdict = Verdict(agency_id=ids[agency])
                complaint = await verify(work, complaint.id, verdict, seen_version=complaint.version)
        return complaint

    return make


async def test_what_the_national_desk_settles_is_proposed_with_the_words_that_told(
    settle: Settle, an_advice: AdviceOf, work_as: WorkAs, rows: Rows
) -> None:
    advice = await an_advice(agency=sure("BPOM", "PLN"), category=sure("ESDM.LISTRIK"))

    await settle(advice=advice)

    (row,) = await rows(RuleProposal, RuleProposal.source == ProposalSource.ARBITRATION)
    (complaint,) = await rows(Complaint)
    assert (row.state, row.complaint_id, row.support, row.precision) == (ProposalState.OPEN, complaint.id, None, None)
    assert (row.rule["when"], row.rule["then"]) == ({"category": {"codes": ["ESDM.LISTRIK"]}}, {"queue": "PLN"})
    assert row.reason.startswith("Diputus pusat setelah 2 kali dikembalikan: ")
    assert row.reason.endswith("→ PLN; kata: kata")


async def test_a_local_agency_is_meant_for_its_place_only(settle: Settle, work_as: WorkAs, rows: Rows) -> None:
    async with work_as(SYSTEM) as work:
        statement = select(Agency).where(Agency.region_code.is_not(None), Agency.level == "CITY").limit(1)
        city = (await work.session.scalars(statement)).one()

    await settle(agency=city.code)

    (row,) = await rows(RuleProposal)
    assert row.rule["when"] == {"all": [{"category": {"codes": ["ESDM.LISTRIK"]}}, {"region": [city.region_code]}]}


async def test_the_words_of_a_secret_complaint_are_not_told(settle: Settle, an_advice: AdviceOf, rows: Rows) -> None:
    advice = await an_advice(agency=sure("PLN"), category=sure("ESDM.LISTRIK"))

    await settle(advice=advice, is_secret=True)

    (row,) = await rows(RuleProposal)
    assert row.reason.endswith("→ PLN")


async def test_what_is_settled_is_proposed_once_and_not_before_it_was_returned_often(
    settle: Settle, rows: Rows
) -> None:
    await settle(hops=1)
    early = await rows(RuleProposal)
    first = await settle()
    await settle()

    assert early == []
    assert [row.complaint_id for row in await rows(RuleProposal)] == [first.id]


async def test_only_the_national_desk_settles(settle: Settle, staff: Staff, work_as: WorkAs) -> None:
    complaint = await settle(hops=1)
    offered = []

    for actor in (staff(Role.AGENCY_ADMIN, "PLN"), NATIONAL):
        async with work_as(actor) as work:
            row = await work.session.get_one(Complaint, complaint.id)
            row.hops = 2
            offered.append(await offer_rule(work, row, await work.session.get_one(Agency, row.agency_id)))

    assert [proposal is None for proposal in offered] == [True, False]


async def test_what_acts_already_is_not_proposed_by_settling(
    settle: Settle, desk: RuleDesk, runtime: Runtime, rows: Rows
) -> None:
    await desk.active(a_rule("ACTS", when={"category": {"codes": ["ESDM.LISTRIK"]}}, then={"queue": "PLN"}))
    runtime.knowledge.forget()

    await settle()

    assert await rows(RuleProposal) == []
