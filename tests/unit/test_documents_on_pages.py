"""Every GraphQL document on our pages is one that the server takes: of the schema, and within its limits."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import DocumentNode, GraphQLSchema, build_schema, parse, separate_operations, specified_rules, validate

from graph.measure import DocumentLimits, measuring_rule
from server.settings import GraphSettings

ROOT = Path(__file__).parents[2]
PAGES = ("docs/schema-guide.md", "docs/schema-guide-more.md", "docs/webhooks.md")
_FENCED = re.compile(r"^```graphql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ASKED = re.compile(r"\bask '([^']*)'")
# The README writes this in place of a number that the reader puts in.
_NUMBER = re.compile(r'(?<!")\bVERSION\b(?!")')


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "graph" / "schema.graphql").read_text(encoding="utf-8"))


def _text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def _operations(page: str) -> Iterator[tuple[str, DocumentNode]]:
    """Each operation with the fragments it uses, by name."""
    together = parse("\n".join(_FENCED.findall(_text(page))))
    yield from separate_operations(together).items()


def _refusals(schema: GraphQLSchema, document: DocumentNode) -> list[str]:
    settings = GraphSettings()
    limits = DocumentLimits(
        depth=settings.max_depth,
        tokens=settings.max_tokens,
        aliases=settings.max_aliases,
        cost=settings.max_cost,
        page=settings.max_page,
        allow_introspection=False,
    )
    return [error.message for error in validate(schema, document, [*specified_rules, measuring_rule(limits)])]


@pytest.mark.parametrize("page", PAGES)
def test_a_document_of_a_page_is_valid(page: str, schema: GraphQLSchema) -> None:
    operations = list(_operations(page))

    refused = {name: said for name, document in operations if (said := _refusals(schema, document))}

    assert operations
    assert refused == {}


@pytest.mark.parametrize("page", PAGES)
def test_every_fragment_and_name_of_a_page_is_used_once(page: str, schema: GraphQLSchema) -> None:
    together = parse("\n".join(_FENCED.findall(_text(page))))

    said = [error.message for error in validate(schema, together)]

    assert said == []


def test_what_the_readme_asks_is_valid(schema: GraphQLSchema) -> None:
    asked = [_NUMBER.sub("1", document) for document in _ASKED.findall(_text("README.md"))]

    refused = {document: said for document in asked if (said := _refusals(schema, parse(document)))}

    assert asked
    assert refused == {}
