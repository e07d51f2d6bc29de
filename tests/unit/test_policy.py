"""Who may do what: the table of roles, written out once more by hand, and the order of the two refusals."""

import pytest

from complaints.policy import ANYONE, GRANTS, Actor, granted, require
from complaints.refusals import NotAllowed, NotSignedIn
from rules.vocabulary import Action, Role

# One letter a role, in the order of `Role`: which role may ever do it. A space is a refusal.
LETTERS = "PTRCUAIHNOQDSY"
EXPECTED = {
    Action.SUBMIT: "PTRC    N   SY",
    Action.SUBMIT_ON_BEHALF: "   C    N   S ",
    Action.ROUTE: "             Y",
    Action.SUGGEST: "             Y",
    Action.VERIFY: "     A  N   S ",
    Action.DISPATCH: "    UA  N   S ",
    Action.HANDLE: "     A  N   S ",
    Action.RETURN: "    UAI N   S ",
    Action.DEFER: "     A  N   S ",
    Action.ARCHIVE: "     A  N   SY",
    Action.RESTORE: "        N     ",
    Action.FOLLOW_UP: "    UAI N   S ",
    Action.REPLY: " TR           ",
    Action.CLOSE: "    UAI N   S ",
    Action.AUTO_CLOSE: "             Y",
    Action.REOPEN: " TR     NO    ",
    Action.RATE: " TR           ",
    Action.ESCALATE: "             Y",
    Action.MERGE: "     A  N   S ",
    Action.MERGE: "     A  N   S ",
    Action.HAND_UP: "              ",
    Action.ASK_REPORTER: "    UAI N   S ",
    Action.WITHDRAW: " TR           ",
    Action.DECIDE_REOPENING: "     A  N   S ",
    Action.NOTE: "    UAI NO  S ",
    Action.TAG: "     A  N   S ",
    Action.CONSENT: " TR           ",
    Action.SUPPORT: "PTR         S ",
    Action.MANAGE_TEMPLATES: "     A  N     ",
    Action.ATTACH: "PTRCUAI N   S ",
    Action.MANAGE_FILES: "    UAI N   S ",
    Action.PROCESS_FILE: "             Y",
    Action.READ_COMPLAINT: "PTRCUAIHNOQDS ",
    Action.READ_QUEUE: "   CUAIHNOQ S ",
    Action.TRACK: "PTR         S ",
    Action.READ_REPORTER: "        N Q   ",
    Action.READ_FIGURES: "PTRCUAIHNOQDS ",
    Action.EXPORT_FIGURES: "    UAIHNOQ   ",
    Action.READ_CATALOGUE: "PTRCUAIHNOQDS ",
    Action.MANAGE_CATALOGUE: "        N     ",
    Action.READ_RULES: "     A  NO DS ",
    Action.PROPOSE_RULES: "     A  N     ",
    Action.MANAGE_RULES: "        N     ",
    Action.ACTIVATE_RULES: "        N     ",
    Action.READ_CLASSIFIERS: "        NO D  ",
    Action.TRAIN_CLASSIFIER: "           D Y",
    Action.LABEL_EXAMPLES: "           D Y",
    Action.PROMOTE_CLASSIFIER: "        N  D Y",
    Action.MANAGE_PEOPLE: "        N     ",
    Action.READ_NOTIFICATIONS: "  RCUAIHNOQD  ",
    Action.MANAGE_WEBHOOKS: "     A  N     ",
    Action.READ_AUDIT: "        N Q   ",
    Action.LOG_IN: "PTRCUAIHNOQDS ",
    Action.ASK_ADVICE: "PTRCUAIHNOQDS ",
}


def test_the_table_speaks_of_every_action_and_every_role() -> None:
    assert set(EXPECTED) == set(Action)
    assert {len(row) for row in EXPECTED.values()} == {len(LETTERS)} == {len(Role)}
    assert set(GRANTS) == set(Role)


@pytest.mark.parametrize(("position", "role"), list(enumerate(Role)), ids=[role.name for role in Role])
def test_a_role_may_do_what_the_table_says_and_nothing_else(position: int, role: Role) -> None:
    allowed = {action for action, row in EXPECTED.items() if row[position] == LETTERS[position]}

    assert GRANTS[role] == allowed


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PUBLIC])
def test_what_is_granted_passes_and_the_rest_is_not_allowed(role: Role) -> None:
    for action in Action:
        if action in GRANTS[role]:
            require(Actor(role), action)
            continue
        with pytest.raises(NotAllowed) as refusal:
            require(Actor(role), action)

        assert refusal.value.action is action


def test_somebody_without_an_account_is_told_that_one_might_help() -> None:
    for action in set(Action) - GRANTS[Role.PUBLIC]:
        with pytest.raises(NotSignedIn) as refusal:
            require(ANYONE, action)

        assert refusal.value.reason == "REQUIRED"


def test_scopes_narrow_a_service_key_and_never_widen_it() -> None:
    for scopes in (frozenset({Action.VERIFY}), frozenset({Action.VERIFY, Action.READ_REPORTER}), frozenset(Action)):
        key = Actor(Role.SERVICE, scopes=scopes)

        assert granted(key) == GRANTS[Role.SERVICE] & scopes


def test_a_key_without_scopes_may_do_nothing() -> None:
    key = Actor(Role.SERVICE, scopes=frozenset())

    assert granted(key) == frozenset()
