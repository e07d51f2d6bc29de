"""What admins and officers do to a complaint, and each "no" they can get: one rule for all of these mutations."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import strawberry

from complaints.policy import ANYONE, GRANTS
from complaints.refusals import NotSignedIn
from models import Complaint, ComplaintCopy, new_id
from rules.lifecycle import possible
from rules.vocabulary import Action, Role
from tests.graph.support import STEPS, Cases, Cast, ContextOf, Do, Step, Stock, case_id, gid, mutation, names
from tests.support import NATIONAL, EventsOf, WorkAs

every_step = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.field)


@every_step
async def test_step_leads_on_and_answers_with_the_complaint_after_it(
    step: Step, a_case: Cases, do: Do, events_of: EventsOf
) -> None:
    complaint = await a_case(step.legal, unit=None)

    answer = await do(NATIONAL, step.field, **step.arguments(complaint))

    assert answer["complaint"] == {
        "id": case_id(complaint),
        "version": complaint.version + 1,
        "status": step.leads_to.name,
    }
    last = (await events_of(complaint))[-1]
    assert (last.kind, last.status, last.actor_role) == (step.event, step.leads_to, Role.NATIONAL_ADMIN)
    assert (last.seq, last.request_id) == (complaint.version + 1, "permintaan1")


@every_step
async def test_step_on_an_outdated_view_is_stale(step: Step, a_case: Cases, do: Do, stock: Stock) -> None:
    complaint = await a_case(step.legal, unit=None)
    before = await stock()

    answer = await do(NATIONAL, step.field, **step.arguments(complaint, seenVersion=complaint.version - 1))

    assert (answer["__typename"], answer["code"], answer["field"]) == ("StaleError", "STALE", "seenVersion")
    assert answer["currentVersion"] == complaint.version
    assert await stock() == before


@every_step
async def test_step_that_the_lifecycle_does_not_have_names_those_it_has(
    step: Step, a_case: Cases, do: Do, stock: Stock
) -> None:
    complaint = await a_case(step.illegal)
    before = await stock()

    answer = await do(NATIONAL, step.field, **step.arguments(complaint))

    assert (answer["__typename"], answer["code"]) == ("IllegalStepError", "ILLEGAL_STEP")
    assert (answer["status"], answer["action"]) == (step.illegal.name, step.action.name)
    mine = [action for action in possible(step.illegal) if action in GRANTS[Role.NATIONAL_ADMIN]]
    assert answer["allowed"] == names(mine)
    assert await stock() == before


@every_step
async def test_step_on_an_unknown_complaint_finds_nothing(step: Step, do: Do, stock: Stock, a_case: Cases) -> None:
    complaint = await a_case(step.legal)
    before = await stock()

    answer = await do(NATIONAL, step.field, **step.arguments(complaint, id=gid("Complaint", new_id())))

    assert (answer["__typename"], answer["code"], answer["field"]) == ("NotFoundError", "NOT_FOUND", "id")
    assert await stock() == before


@pytest.mark.parametrize("step", [s for s in STEPS if s.action is not Action.RESTORE], ids=lambda step: step.field)
async def test_admin_of_another_agency_does_not_find_a_complaint_that_is_not_public(
    step: Step, a_case: Cases, cast: Cast, do: Do, stock: Stock
) -> None:
    complaint = await a_case(step.legal, is_secret=True)
    before = await stock()

    answer = await do(cast.other_admin, step.field, **step.arguments(complaint))

    assert (answer["__typename"], answer["code"], answer["field"]) == ("NotFoundError", "NOT_FOUND", "id")
    assert await stock() == before


@every_step
async def test_role_that_only_watches_may_not_take_the_step(
    step: Step, a_case: Cases, cast: Cast, do: Do, stock: Stock
) -> None:
    complaint = await a_case(step.legal)
    before = await stock()

    answer = await do(cast.overseer, step.field, **step.arguments(complaint))

    assert (answer["__typename"], answer["code"]) == ("NotAllowedError", "NOT_ALLOWED")
    assert answer["action"] == step.action.name
    assert await stock() == before


@every_step
async def test_agency_that_reads_along_may_not_take_the_step(
    step: Step, a_case: Cases, cast: Cast, do: Do, stock: Stock, work_as: WorkAs
) -> None:
    complaint = await a_case(step.legal, is_secret=True)
    async with work_as(NATIONAL) as work:
        work.session.add(ComplaintCopy(complaint_id=complaint.id, agency_id=cast.other_admin.agency_id))
    before = await stock()

    answer = await do(cast.other_admin, step.field, **step.arguments(complaint))

    assert (answer["__typename"], answer["code"]) == ("NotAllowedError", "NOT_ALLOWED")
    assert answer["action"] == step.action.name
    assert await stock() == before


@every_step
async def test_stranger_is_asked_to_sign_in(step: Step, a_case: Cases, do: Do, stock: Stock) -> None:
    complaint = await a_case(step.legal)
    before = await stock()

    answer = await do(ANYONE, step.field, **step.arguments(complaint))

    assert (answer["__typename"], answer["code"]) == ("NotSignedInError", "NOT_SIGNED_IN")
    assert answer["reason"] == "REQUIRED"
    assert await stock() == before


@every_step
async def test_ended_session_is_told_before_anything_else(
    step: Step, a_case: Cases, schema: strawberry.Schema, context_of: ContextOf, stock: Stock
) -> None:
    complaint = await a_case(step.legal)
    before = await stock()

    result = await schema.execute(
        mutation(step.field),
        variable_values=step.arguments(complaint),
        context_value=await context_of(ANYONE, denied=NotSignedIn("EXPIRED")),
    )

    assert result.data is not None
    assert result.data[step.field]["reason"] == "EXPIRED"
    assert await stock() == before


@every_step
async def test_complaint_in_other_hands_is_busy(
    step: Step,
    a_case: Cases,
    do: Do,
    stock: Stock,
    rows_held: Callable[[], AbstractContextManager[None]],
) -> None:
    complaint = await a_case(step.legal)
    before = await stock()

    with rows_held():
        answer = await do(NATIONAL, step.field, **step.arguments(complaint))

    assert (answer["__typename"], answer["code"]) == ("BusyError", "BUSY")
    assert await stock() == before


@every_step
async def test_id_of_another_type_is_invalid(step: Step, a_case: Cases, do: Do, stock: Stock) -> None:
    complaint = await a_case(step.legal)
    before = await stock()

    answer = await do(NATIONAL, step.field, **step.arguments(complaint, id=gid("Agency", complaint.id)))

    assert answer["__typename"] == "InvalidError"
    assert [(problem["field"], problem["code"]) for problem in answer["problems"]] == [("id", "BAD_ID")]
    assert await stock() == before


@pytest.mark.parametrize("step", STEPS[:2], ids=lambda step: step.field)
@pytest.mark.parametrize("malformed", ["", "bukan-id", "Q29tcGxhaW50", "Q29tcGxhaW50OmJ1a2FuLXV1aWQ=", "\x00", "é"])
async def test_malformed_id_is_invalid(step: Step, malformed: str, do: Do, stock: Stock) -> None:
    before = await stock()

    answer = await do(NATIONAL, step.field, **step.arguments(Complaint(id=new_id(), version=1), id=malformed))

    assert (answer["__typename"], answer["problems"][0]["code"]) == ("InvalidError", "BAD_ID")
    assert await stock() == before
