"""Which role may ever use which field of Query and Mutation: every pair, from the one table of grants."""

from typing import Any

import pytest
import strawberry
from graphql import GraphQLObjectType

from complaints.policy import ANYONE, GRANTS, Actor, granted
from rules.vocabulary import Action, Role
from tests.graph.root_fields import FIELDS as GENERAL
from tests.graph.root_fields_casework import FIELDS as CASEWORK
from tests.graph.root_fields_finding import FIELDS as FINDING
from tests.graph.root_fields_rules import FIELDS as RULES
from tests.graph.root_fields_telling import FIELDS as TELLING
from tests.graph.support import ARGUMENTS, Ask, Stock

FIELDS = {**GENERAL, **CASEWORK, **FINDING, **RULES, **TELLING}
ACTORS = {role.name: Actor(role) for role in Role} | {
    "SERVICE with every scope": Actor(Role.SERVICE, scopes=GRANTS[Role.SERVICE]),
    "SERVICE that reads queues": Actor(Role.SERVICE, scopes=frozenset({Action.READ_QUEUE})),
    "SERVICE without scopes": Actor(Role.SERVICE, scopes=frozenset()),
    # A key that was given more than its role may have gets no more than its role.
    "SERVICE with a scope too many": Actor(Role.SERVICE, scopes=frozenset({Action.READ_REPORTER, Action.RESTORE})),
}


def test_every_root_field_is_in_the_table(schema: strawberry.Schema) -> None:
    types = schema._schema
    roots = (types.query_type, types.mutation_type)

    fields = {name for root in roots if isinstance(root, GraphQLObjectType) for name in root.fields}

    assert fields == FIELDS.keys()
    assert ARGUMENTS.keys() < fields


@pytest.mark.parametrize("actor", ACTORS.values(), ids=ACTORS.keys())
async def test_role_is_refused_exactly_what_it_was_not_granted(actor: Actor, ask: Ask, stock: Stock) -> None:
    before = await stock()

    refused = {}
    for name, root in FIELDS.items():
        answer = await ask(actor, root.document, **root.variables)
        if (refusal := refusal_in(name, answer.data, answer.errors)) is not None:
            refused[name] = refusal

    missing = {name: next((a for a in root.needs if a not in granted(actor)), None) for name, root in FIELDS.items()}
    code = "NOT_SIGNED_IN" if actor == ANYONE else "NOT_ALLOWED"
    assert refused == {name: (code, None if actor == ANYONE else a.name) for name, a in missing.items() if a}
    assert await stock() == before


def refusal_in(name: str, data: Any, errors: list[dict[str, Any]]) -> tuple[str, str | None] | None:
    """The code of a refused permission and the action it names, wherever the answer tells it."""
    told = data[name] if data and isinstance(data[name], dict) and "code" in data[name] else {}
    code = told.get("code") or next((error["extensions"]["code"] for error in errors), None)
    if code not in ("NOT_ALLOWED", "NOT_SIGNED_IN") or told.get("reason") == "WRONG_CREDENTIALS":
        return None
    # Queries tell the action in words only.
    action = told.get("action") or (FIELDS[name].needs[0].name if not told and code == "NOT_ALLOWED" else None)
    return code, action
