"""What the actor's relation to one complaint decides: the desk it lies on, the agency that has it, who filed it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from complaints.policy import (
    Actor,
    audiences_of,
    may_act,
    possible_actions,
    require,
    standing,
)
from complaints.refusals import NotAllowed
from complaints.visibility import may_propose_for, visible_proposals, visible_rule_sets
from models import Complaint
from rules.vocabulary import Action, Audience, Classification, Role, Status

OURS, THEIRS, UNIT, OTHER_UNIT = (UUID(int=number) for number in range(1, 5))
SENT_AT = datetime(2026, 4, 13, tzinfo=UTC)
ADMIN = Actor(Role.AGENCY_ADMIN, agency_id=OURS)
KEY = Actor(Role.SERVICE, agency_id=OURS)
OFFICER = Actor(Role.UNIT_OFFICER, agency_id=OURS, unit_id=UNIT)
INSPECTOR = Actor(Role.INSPECTORATE, agency_id=OURS)


@dataclass(frozen=True, slots=True)
class Row:
    """A complaint as policy sees it."""

    status: Status = Status.DISPATCHED
    classification: Classification | None = Classification.ORDINARY
    queue_agency_id: UUID | None = None
    agency_id: UUID | None = OURS
    unit_id: UUID | None = UNIT
    dispatched_at: datetime | None = SENT_AT


IN_OUR_QUEUE = Row(Status.UNVERIFIED, queue_agency_id=OURS, unit_id=None, dispatched_at=None)
VERIFIED_BY_US = Row(Status.VERIFIED, queue_agency_id=OURS, unit_id=None, dispatched_at=None)
ONLY_PROPOSED = Row(Status.UNVERIFIED, queue_agency_id=None, unit_id=None, dispatched_at=None)
SENT_TO_US = Row()
SENT_ELSEWHERE = Row(queue_agency_id=OURS, agency_id=THEIRS, unit_id=None)
NOT_OURS = Row(queue_agency_id=THEIRS, agency_id=THEIRS, unit_id=OTHER_UNIT)

DESK_WORK = {Action.VERIFY, Action.DEFER, Action.ARCHIVE, Action.RETURN}
AGENCY_WORK = {Action.DISPATCH, Action.HANDLE, Action.FOLLOW_UP, Action.CLOSE}


@pytest.mark.parametrize("actor", [ADMIN, KEY], ids=["admin", "service key"])
@pytest.mark.parametrize(
    ("row", "allowed"),
    [
        (IN_OUR_QUEUE, DESK_WORK | AGENCY_WORK),
        (VERIFIED_BY_US, DESK_WORK | AGENCY_WORK),
        (ONLY_PROPOSED, set[Action]()),
        (SENT_TO_US, AGENCY_WORK | {Action.RETURN}),
        (SENT_ELSEWHERE, DESK_WORK - {Action.RETURN}),
        (NOT_OURS, set[Action]()),
    ],
    ids=["in our queue", "verified by us", "only proposed", "sent to us", "sent elsewhere", "not ours"],
)
def test_an_agency_acts_on_its_queue_and_on_what_it_was_sent(actor: Actor, row: Row, allowed: set[Action]) -> None:
    acting = {action for action in DESK_WORK | AGENCY_WORK if may_act(actor, action, row, is_reporter_of_it=False)}

    assert acting == allowed


@pytest.mark.parametrize(
    ("row", "may"),
    [
        (SENT_TO_US, True),
        (Row(unit_id=OTHER_UNIT), False),
        (Row(unit_id=None), False),
        (IN_OUR_QUEUE, False),
    ],
    ids=["my unit's", "another unit's", "the agency's own", "not dispatched"],
)
def test_a_unit_officer_acts_on_the_own_units_cases(row: Row, may: bool) -> None:
    assert may_act(OFFICER, Action.FOLLOW_UP, row, is_reporter_of_it=False) is may


@pytest.mark.parametrize(
    ("row", "may"),
    [
        (Row(classification=Classification.SUPERVISION), True),
        (Row(classification=Classification.WHISTLEBLOWING), True),
        (Row(classification=Classification.ORDINARY), False),
        (Row(classification=None), False),
        (Row(classification=Classification.SUPERVISION, agency_id=THEIRS), False),
    ],
)
def test_an_inspectorate_acts_on_supervision_in_its_agency(row: Row, may: bool) -> None:
    assert may_act(INSPECTOR, Action.CLOSE, row, is_reporter_of_it=False) is may


@pytest.mark.parametrize("role", [Role.TICKET, Role.REPORTER])
def test_a_reporter_acts_on_the_own_case(role: Role) -> None:
    assert may_act(Actor(role), Action.REPLY, NOT_OURS, is_reporter_of_it=True)
    assert not may_act(Actor(role), Action.REPLY, NOT_OURS, is_reporter_of_it=False)


@pytest.mark.parametrize("role", [Role.NATIONAL_ADMIN, Role.SYSTEM, Role.OVERSEER, Role.AUDITOR, Role.SERVICE])
def test_the_nation_wide_roles_act_on_every_row_as_far_as_they_were_granted(role: Role) -> None:
    assert may_act(Actor(role), Action.REOPEN, NOT_OURS, is_reporter_of_it=False)


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.CHANNEL_OFFICER, Role.HUB, Role.DATA_STAFF])
@pytest.mark.parametrize("action", Action)
def test_the_others_act_on_no_row_even_if_they_filed_it(role: Role, action: Action) -> None:
    actor = Actor(role, id=UUID(int=9), agency_id=OURS, unit_id=UNIT)

    assert not may_act(actor, action, SENT_TO_US, is_reporter_of_it=True)


def test_a_grant_does_not_help_on_a_row_of_somebody_else() -> None:
    theirs = Complaint(status=Status.DISPATCHED, agency_id=THEIRS, queue_agency_id=None, dispatched_at=SENT_AT)

    with pytest.raises(NotAllowed) as refusal:
        require(ADMIN, Action.FOLLOW_UP, theirs)

    assert refusal.value.action is Action.FOLLOW_UP


@pytest.mark.parametrize(
    ("actor", "row", "actions"),
    [
        (ADMIN, SENT_TO_US, (Action.DISPATCH, Action.RETURN, Action.FOLLOW_UP)),
        (OFFICER, SENT_TO_US, (Action.DISPATCH, Action.RETURN, Action.FOLLOW_UP)),
        (ADMIN, IN_OUR_QUEUE, (Action.VERIFY, Action.RETURN, Action.DEFER, Action.ARCHIVE)),
        (ADMIN, ONLY_PROPOSED, ()),
        (Actor(Role.NATIONAL_ADMIN), Row(Status.ARCHIVED), (Action.RESTORE,)),
        (Actor(Role.AUDITOR), SENT_TO_US, ()),
        (KEY, SENT_TO_US, (Action.DISPATCH, Action.RETURN, Action.FOLLOW_UP)),
        (
            Actor(Role.SERVICE, agency_id=OURS, scopes=frozenset({Action.FOLLOW_UP})),
            SENT_TO_US,
            (Action.FOLLOW_UP,),
        ),
    ],
)
def test_what_is_possible_now_is_the_table_as_far_as_policy_allows(
    actor: Actor, row: Row, actions: tuple[Action, ...]
) -> None:
    assert possible_actions(actor, row, is_reporter_of_it=False) == actions


def test_a_reporter_is_shown_what_a_reporter_can_do() -> None:
    ticket = Actor(Role.TICKET)

    assert possible_actions(ticket, Row(Status.CLOSED), is_reporter_of_it=True) == (Action.RATE, Action.REOPEN)
    assert possible_actions(ticket, Row(Status.CLOSED), is_reporter_of_it=False) == ()


@pytest.mark.parametrize(
    ("handler", "reporter", "expected"),
    [
        (False, False, {Audience.EVERYONE}),
        (False, True, {Audience.EVERYONE, Audience.PARTIES}),
        (True, False, set(Audience)),
        (True, True, set(Audience)),
    ],
)
def test_closer_standing_reaches_further(handler: bool, reporter: bool, expected: set[Audience]) -> None:
    assert audiences_of(standing(handler=handler, reporter=reporter)) == expected


@pytest.mark.parametrize(
    ("actor", "agency_id", "may"),
    [
        (ADMIN, OURS, True),
        (ADMIN, THEIRS, False),
        (ADMIN, None, False),
        (Actor(Role.AGENCY_ADMIN), None, False),
        (Actor(Role.NATIONAL_ADMIN), THEIRS, True),
        (Actor(Role.NATIONAL_ADMIN), None, True),
        (OFFICER, OURS, False),
        (KEY, OURS, False),
    ],
)
def test_an_agency_admin_proposes_rules_for_the_own_agency_only(
    actor: Actor, agency_id: UUID | None, may: bool
) -> None:
    assert may_propose_for(actor, agency_id) is may


@pytest.mark.parametrize(
    ("actor", "rule_sets", "proposals"),
    [
        (Actor(Role.NATIONAL_ADMIN), "true", "true"),
        (ADMIN, "rule_set.state IN (__[POSTCOMPILE_state_1])", "rule_proposal.agency_id = :agency_id_1"),
        (Actor(Role.AGENCY_ADMIN), "rule_set.state IN (__[POSTCOMPILE_state_1])", "false"),
        (Actor(Role.OVERSEER), "rule_set.state IN (__[POSTCOMPILE_state_1])", "false"),
        (OFFICER, "false", "false"),
    ],
)
def test_drafts_and_foreign_proposals_are_for_the_national_desk(actor: Actor, rule_sets: str, proposals: str) -> None:
    seen = (str(visible_rule_sets(actor)), str(visible_proposals(actor)))

    assert seen == (rule_sets, proposals)
