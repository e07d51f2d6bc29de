"""How much one document may ask for: refused before anything of it runs, and answered at once."""

from pathlib import Path
from typing import Any

import pytest
import strawberry

from complaints.policy import ANYONE
from graph.measure import DocumentLimits
from graph.schema import build_schema
from server.app import document_limits
from server.settings import ClassifierSettings, Settings
from tests.graph.support import Answer, ContextOf


@pytest.fixture(scope="module")
def strict() -> strawberry.Schema:
    """The schema with the limits it ships with, as production has it."""
    key = ClassifierSettings(key_file=Path("classifier.key"))
    production = Settings(environment="production", database_url="postgresql:///x", vault_keys="x", classifier=key)
    limits = document_limits(production)
    return build_schema(limits)


@pytest.fixture
def shipped(settings: Settings) -> DocumentLimits:
    return document_limits(settings)


async def answered(schema: strawberry.Schema, context_of: ContextOf, document: str, **variables: Any) -> Answer:
    result = await schema.execute(document, variable_values=variables, context_value=await context_of(ANYONE))
    return Answer(result.data, [dict(error.formatted) for error in result.errors or []])


def nested(levels: int) -> str:
    """A document so many levels of fields deep."""
    inner = "code"
    for _ in range(levels - 4):
        inner = f"parent {{ {inner} }}"
    return f"{{ agencies(first: 1) {{ edges {{ node {{ {inner} }} }} }} }}"


async def test_document_at_the_depth_limit_is_answered_and_one_level_more_is_not(
    strict: strawberry.Schema, shipped: DocumentLimits, context_of: ContextOf
) -> None:
    most = await answered(strict, context_of, nested(shipped.depth))
    more = await answered(strict, context_of, nested(shipped.depth + 1))

    assert (most.errors, most.data["agencies"]["edges"] != []) == ([], True)
    assert (more.data, more.codes) == (None, ["BAD_REQUEST"])
    assert more.errors[0]["message"] == "The document has 13 levels deep; at most 12 are allowed."


async def test_depth_counts_fragments(strict: strawberry.Schema, context_of: ContextOf) -> None:
    chain = " ".join(f"fragment F{n} on Agency {{ parent {{ ...F{n + 1} }} }}" for n in range(20))
    document = f"{{ agencies(first: 1) {{ edges {{ node {{ ...F0 }} }} }} }} {chain} fragment F20 on Agency {{ code }}"

    answer = await answered(strict, context_of, document)

    assert (answer.data, answer.codes) == (None, ["BAD_REQUEST"])


@pytest.mark.parametrize("levels", [100, 400, 650])
async def test_document_too_deep_to_walk_is_refused_like_any_other(
    levels: int, strict: strawberry.Schema, context_of: ContextOf
) -> None:
    answer = await answered(strict, context_of, nested(levels))

    assert (answer.data, set(answer.codes)) == (None, {"BAD_REQUEST"})


async def test_aliases_are_counted_over_the_whole_document(
    strict: strawberry.Schema, shipped: DocumentLimits, context_of: ContextOf
) -> None:
    def document(aliases: int) -> str:
        return f"{{ {' '.join(f'a{n}: me {{ login }}' for n in range(aliases))} }}"

    most = await answered(strict, context_of, document(shipped.aliases))
    more = await answered(strict, context_of, document(shipped.aliases + 1))

    assert most.errors == []
    assert (more.data, more.codes) == (None, ["BAD_REQUEST"])
    assert more.errors[0]["message"] == "The document has 21 aliases; at most 20 are allowed."


async def test_password_cannot_be_guessed_many_times_in_one_document(
    strict: strawberry.Schema, context_of: ContextOf
) -> None:
    guesses = " ".join(f'g{n}: login(login: "sari", password: "tebakan {n}") {{ __typename }}' for n in range(21))

    answer = await answered(strict, context_of, f"mutation {{ {guesses} }}")

    assert (answer.data, answer.codes) == (None, ["BAD_REQUEST"])


async def test_document_with_too_many_words_is_refused(
    strict: strawberry.Schema, shipped: DocumentLimits, context_of: ContextOf
) -> None:
    answer = await answered(strict, context_of, f"{{ me {{ {'login ' * shipped.tokens} }} }}")

    assert (answer.data, answer.codes) == (None, ["BAD_REQUEST"])


@pytest.mark.parametrize(
    ("document", "is_answered"),
    [
        ("{ agencies(first: 100) { edges { node { code name shortName level } } } }", True),
        ("{ agencies(first: 100) { edges { node { units { units { units { code } } } } } } }", False),
        (
            "{ publicComplaints(first: 100) { edges { node { events { agency { units { units { code } } } } } } } }",
            False,
        ),
        (
            """query($n: Int) { publicComplaints(first: $n) { edges { node {
                 events { agency { units { units { code } } } } } } } }""",
            False,
        ),
        (
            "{ publicComplaints(last: 100) { edges { node { events { agency { units { units { code } } } } } } } }",
            False,
        ),
        ("{ regions { children { children { children { children { code name } } } } } }", False),
        ("{ agencies(first: 99999999999999999999999) { edges { node { code } } } }", False),
    ],
)
async def test_cost_is_fields_times_rows(
    document: str, is_answered: bool, strict: strawberry.Schema, context_of: ContextOf
) -> None:
    answer = await answered(strict, context_of, document)

    assert (answer.data is not None) is is_answered
    assert set(answer.codes) == (set() if is_answered else {"BAD_REQUEST"})


@pytest.mark.parametrize("field", ["parent", "units"])
async def test_fragments_that_double_are_refused_at_once(
    field: str, strict: strawberry.Schema, context_of: ContextOf
) -> None:
    # Followed spread by spread, this is a thousand million fields: the test would not end.
    doubling = " ".join(
        f"fragment F{n} on Agency {{ a{n}: {field} {{ ...F{n + 1} }} b{n}: {field} {{ ...F{n + 1} }} }}"
        for n in range(30)
    )
    document = (
        f"{{ agencies(first: 1) {{ edges {{ node {{ ...F0 }} }} }} }} {doubling} fragment F30 on Agency {{ code }}"
    )

    answer = await answered(strict, context_of, document)

    assert (answer.data, set(answer.codes)) == (None, {"BAD_REQUEST"})


async def test_fragments_that_spread_the_next_one_twice_are_answered_or_refused_at_once(
    strict: strawberry.Schema, context_of: ContextOf
) -> None:
    doubling = " ".join(f"fragment F{n} on Agency {{ ...F{n + 1} ...F{n + 1} }}" for n in range(30))
    document = (
        f"{{ agencies(first: 1) {{ edges {{ node {{ ...F0 }} }} }} }} {doubling} fragment F30 on Agency {{ code }}"
    )

    answer = await answered(strict, context_of, document)

    assert set(answer.codes) <= {"BAD_REQUEST"}


@pytest.mark.parametrize(
    "document",
    [
        "{ agencies { edges { node { ...F } } } } fragment F on Agency { parent { ...F } }",
        "{ ...F } fragment F on Query { ...F }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    ],
)
async def test_fragments_in_a_circle_are_refused(
    document: str, strict: strawberry.Schema, context_of: ContextOf
) -> None:
    answer = await answered(strict, context_of, document)

    assert (answer.data, set(answer.codes)) == (None, {"BAD_REQUEST"})


@pytest.mark.parametrize("document", ["{ __schema { types { name } } }", '{ __type(name: "Complaint") { name } }'])
async def test_production_does_not_describe_itself(
    document: str, strict: strawberry.Schema, schema: strawberry.Schema, context_of: ContextOf
) -> None:
    closed = await answered(strict, context_of, document)
    open_ = await answered(schema, context_of, document)

    assert (closed.data, set(closed.codes)) == (None, {"BAD_REQUEST"})
    assert open_.errors == []


async def test_production_does_not_suggest_names(strict: strawberry.Schema, context_of: ContextOf) -> None:
    answer = await answered(strict, context_of, "{ publicComplaint { totalCount } }")

    assert answer.errors[0]["message"] == "Cannot query field 'publicComplaint' on type 'Query'."


async def test_typename_is_always_told(strict: strawberry.Schema, context_of: ContextOf) -> None:
    answer = await answered(strict, context_of, "{ __typename me { __typename } }")

    assert answer.data == {"__typename": "Query", "me": None}


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "bukan graphql",
        "{ me }",
        "{ tidakAda }",
        "query($n: Int) { me { login } }",
        "{ me { login(x: 1) } }",
        "\x00",
        "#",
        ",",
    ],
)
async def test_document_that_makes_no_sense_is_told_as_such(
    document: str, strict: strawberry.Schema, context_of: ContextOf
) -> None:
    answer = await answered(strict, context_of, document)

    assert answer.data is None
    assert set(answer.codes) == {"BAD_REQUEST"}


@pytest.mark.parametrize(
    "variables",
    [{}, {"id": None}, {"id": 1.5}, {"id": ["x"]}, {"id": {"a": 1}}, {"id": True}],
    ids=["missing", "null", "number", "list", "object", "boolean"],
)
async def test_variable_of_another_type_is_told_as_such(
    variables: dict[str, Any], strict: strawberry.Schema, context_of: ContextOf
) -> None:
    answer = await answered(strict, context_of, "query($id: ID!) { complaint(id: $id) { id } }", **variables)

    assert answer.codes in (["BAD_REQUEST"], ["INVALID"])
    assert not (answer.data or {}).get("complaint")


async def test_log_lines_of_a_page_of_trainings_count_for_each_of_them(
    strict: strawberry.Schema, context_of: ContextOf
) -> None:
    def document(lines: int) -> str:
        return f"{{ trainingRuns(first: 100) {{ edges {{ node {{ log(first: {lines}) {{ text }} }} }} }} }}"

    most = await answered(strict, context_of, document(100))
    more = await answered(strict, context_of, document(500))

    assert most.codes == ["NOT_SIGNED_IN"]
    assert more.codes == ["BAD_REQUEST"]
