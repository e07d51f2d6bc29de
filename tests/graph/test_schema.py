"""The schema as it is committed, and what stops it from being built."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
import strawberry
from graphql import GraphQLObjectType, is_non_null_type

import graph.schema
from complaints.audiences import AUDIENCE_OF
from complaints.policy import audiences_of
from graph.guard import Guard
from graph.schema import Unguarded, build_schema, printed_schema
from graph.types.complaint import Complaint
from rules.vocabulary import Action, Audience
from tests.graph.support import ROOMY, camel

COMMITTED = Path(graph.schema.__file__).with_name("schema.graphql")


def test_committed_schema_is_what_the_code_says() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == printed_schema()


def test_schema_is_printed_the_same_every_time() -> None:
    assert printed_schema() == printed_schema()


@pytest.mark.parametrize("root", ["Query", "Mutation"])
def test_root_field_without_a_guard_stops_the_build(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    @strawberry.type
    class Open:
        @strawberry.field
        async def unguarded(self) -> str:
            return "siapa saja"

        @strawberry.field(extensions=[Guard(Action.READ_CATALOGUE)])  # type: ignore[untyped-decorator]
        async def guarded(self) -> str:
            return "yang boleh"

    monkeypatch.setattr(graph.schema, root, Open)

    with pytest.raises(Unguarded, match=r"^Open\.unguarded has no Guard$"):
        build_schema(ROOMY)


def with_audiences(changed: Mapping[str, Mapping[str, Audience]]) -> Mapping[str, Mapping[str, Audience]]:
    return MappingProxyType({**AUDIENCE_OF, **changed})


@pytest.mark.parametrize("kind", ["Complaint", "ComplaintEvent", "Message"])
def test_field_without_an_audience_stops_the_build(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    field = next(iter(AUDIENCE_OF[kind]))
    less = {name: audience for name, audience in AUDIENCE_OF[kind].items() if name != field}
    monkeypatch.setattr(graph.schema, "AUDIENCE_OF", with_audiences({kind: less}))

    with pytest.raises(Unguarded, match=rf"^{kind}\.{field} is not in both the type and AUDIENCE_OF$"):
        build_schema(ROOMY)


@pytest.mark.parametrize("kind", ["Complaint", "ComplaintEvent", "Message"])
def test_audience_of_a_field_that_nobody_has_stops_the_build(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    more = {**AUDIENCE_OF[kind], "nobody_has_it": Audience.EVERYONE}
    monkeypatch.setattr(graph.schema, "AUDIENCE_OF", with_audiences({kind: more}))

    with pytest.raises(Unguarded, match=rf"^{kind}\.nobody_has_it is not in both the type and AUDIENCE_OF$"):
        build_schema(ROOMY)


def test_every_missing_decision_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph.schema, "AUDIENCE_OF", with_audiences({"Message": {}}))

    with pytest.raises(Unguarded) as told:
        build_schema(ROOMY)

    named = {said.split()[0] for said in str(told.value).split("; ")}
    assert named == {f"Message.{field}" for field in AUDIENCE_OF["Message"]}


def test_new_field_of_a_complaint_needs_an_audience(monkeypatch: pytest.MonkeyPatch) -> None:
    @strawberry.type(name="Complaint")
    class Talkative(Complaint):
        reporter_phone: str | None = None

    Talkative.__name__ = "Complaint"
    monkeypatch.setattr(graph.schema, "Complaint", Talkative)

    with pytest.raises(Unguarded, match=r"^Complaint\.reporter_phone is not in both the type and AUDIENCE_OF$"):
        build_schema(ROOMY)


@pytest.mark.parametrize("kind", ["Complaint", "ComplaintEvent", "Message"])
def test_field_that_only_some_may_see_can_be_absent(kind: str, schema: strawberry.Schema) -> None:
    shown = schema._schema.type_map[kind]
    assert isinstance(shown, GraphQLObjectType)

    never_absent = {name for name, field in shown.fields.items() if is_non_null_type(field.type)}

    for_everybody = audiences_of(Audience.EVERYONE)
    hidden = {camel(name) for name, audience in AUDIENCE_OF[kind].items() if audience not in for_everybody}
    assert never_absent & hidden == set()
