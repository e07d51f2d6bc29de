"""What a mutation can be refused with stands in its result type, and every refusal has words."""

import ast
from collections.abc import Iterator, Mapping

import pytest
from strawberry.types.base import get_object_definition
from strawberry.types.union import StrawberryUnion

from complaints import refusals
from complaints.refusals import Refusal
from graph.guard import Guard
from graph.schema import Mutation
from graph.wording import PROBLEMS, SIGN_IN
from tests.architecture.house import sources
from tests.architecture.refused import REFUSALS, refusals_of

# A guard stands before every mutation.
BY_THE_GUARD = {"NotSignedIn", "NotAllowed"}


def unions() -> Mapping[str, tuple[str, frozenset[str]]]:
    """Each mutation: its resolver's name, and the refusals its result has types for."""
    found = {}
    definition = get_object_definition(Mutation)
    assert definition is not None
    for field in definition.fields:
        assert field.base_resolver is not None
        assert isinstance(field.type, StrawberryUnion)
        members = {member.__name__ for member in field.type.types if isinstance(member, type)}
        errors = frozenset(name.removesuffix("Error") for name in members if name.endswith("Error"))
        found[field.python_name] = (field.base_resolver.wrapped_func.__qualname__, errors)
    return found


UNIONS = unions()


def test_the_collector_knows_every_refusal() -> None:
    kinds = {name for name, kind in vars(refusals).items() if isinstance(kind, type) and issubclass(kind, Refusal)}

    assert kinds - {"Refusal"} == REFUSALS


@pytest.mark.parametrize("mutation", UNIONS)
def test_a_result_has_a_type_for_each_refusal_and_no_other(mutation: str) -> None:
    resolver, errors = UNIONS[mutation]

    assert errors == refusals_of(resolver) | BY_THE_GUARD


def test_the_collector_follows_calls_into_the_verbs() -> None:
    assert refusals_of("rate") == {"NotFound", "NotAllowed", "NotSignedIn", "IllegalStep", "Invalid"}
    assert refusals_of("close") == refusals_of("rate") | {"Stale"}
    assert refusals_of("admit") == {"NotFound", "TooMany", "Busy"}
    assert refusals_of("local_date") == frozenset()


def codes_of(function: str, position: int) -> Iterator[tuple[str, str]]:
    """The fixed codes that are handed to a function, and where."""
    for source in sources("complaints", "graph", "server"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and len(node.args) > position:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                argument = node.args[position]
                values = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
                if name == function:
                    for value in values:
                        if isinstance(value, ast.Constant) and isinstance(value.value, str):
                            yield value.value, f"{source.path}:{node.lineno}"


def test_every_problem_has_words_and_no_words_are_left_over() -> None:
    used = {code for code, _ in (*codes_of("Problem", 1), *codes_of("add", 1)) if code.isupper()}

    assert used == set(PROBLEMS)


def test_every_reason_for_not_being_signed_in_has_words() -> None:
    assert {code for code, _ in codes_of("NotSignedIn", 0)} == set(SIGN_IN)


def test_every_mutation_is_guarded() -> None:
    definition = get_object_definition(Mutation)
    assert definition is not None

    unguarded = [
        field.python_name
        for field in definition.fields
        if not any(isinstance(extension, Guard) for extension in field.extensions)
    ]

    assert unguarded == []
