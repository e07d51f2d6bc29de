"""Query, Mutation and Subscription put together; a field without a guard or an audience stops the start."""

from collections.abc import Iterator

import strawberry
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types.base import StrawberryObjectDefinition, get_object_definition

from complaints.audiences import AUDIENCE_OF
from graph.errors import HANDLERS
from graph.guard import Guard
from graph.limits import extensions
from graph.measure import DocumentLimits
from graph.mutations.bulk import BulkMutation
from graph.mutations.casework import CaseworkMutation
from graph.mutations.classifiers import ClassifierMutation
from graph.mutations.desk import DeskMutation
from graph.mutations.exports import ExportMutation
from graph.mutations.files import FileMutation
from graph.mutations.finding import FindingMutation
from graph.mutations.follow_up import FollowUpMutation
from graph.mutations.learning import LearningMutation
from graph.mutations.reporter import ReporterMutation
from graph.mutations.reporter_more import CitizenMutation
from graph.mutations.rule_proposals import RuleProposalMutation
from graph.mutations.rules import RuleMutation
from graph.mutations.session import SessionMutation
from graph.mutations.submit import SubmitMutation
from graph.mutations.telling import TellingMutation
from graph.mutations.verify import VerifyMutation
from graph.queries.casework import CaseworkQuery
from graph.queries.catalogue import CatalogueQuery
from graph.queries.classifiers import ClassifierQuery
from graph.queries.complaints import ComplaintQuery
from graph.queries.figures import FigureQuery
from graph.queries.finding import FindingQuery
from graph.queries.learning import LearningQuery
from graph.queries.rules import RuleQuery
from graph.queries.telling import TellingQuery
from graph.subscriptions import GUARDS, Subscription
from graph.types.complaint import Complaint, ComplaintEvent, Message
from graph.types.files import Attachment


@strawberry.type
class Query(
    ComplaintQuery,
    CatalogueQuery,
    ClassifierQuery,
    FigureQuery,
    FindingQuery,
    LearningQuery,
    RuleQuery,
    TellingQuery,
    CaseworkQuery,
):
    """All reading."""


@strawberry.type
class Mutation(
    SubmitMutation,
    VerifyMutation,
    DeskMutation,
    FollowUpMutation,
    ExportMutation,
    FileMutation,
    FindingMutation,
    ReporterMutation,
    CitizenMutation,
    CaseworkMutation,
    BulkMutation,
    SessionMutation,
    ClassifierMutation,
    LearningMutation,
    RuleMutation,
    RuleProposalMutation,
    TellingMutation,
):
    """All writing."""


class Unguarded(RuntimeError):
    """The schema has a field that nobody decided about."""


class QuietSchema(strawberry.Schema):
    """A schema that leaves the log to `graph.limits.TellErrors`: a refusal is an answer, not an incident."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Strawberry would log every error with its traceback here.

        A syntax error passes no extension, so its code is given here.
        """
        for error in errors:
            if isinstance(error, GraphQLSyntaxError):
                error.extensions = {"code": "BAD_REQUEST"}


def build_schema(limits: DocumentLimits, *, is_sorted: bool = False) -> strawberry.Schema:
    """The schema. Raises `Unguarded` for a root field without a guard or a governed field without an audience.

    Sorted only for printing: Strawberry 0.341 cannot resolve the unions of a sorted schema, whose types are copies.
    """
    _refuse_unguarded()
    return QuietSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        extensions=extensions(limits),
        exception_handlers=HANDLERS,
        config=StrawberryConfig(
            sort_schema=is_sorted,
            relay_max_results=limits.page,
            disable_field_suggestions=not limits.allow_introspection,
        ),
    )


def _definition(kind: type) -> StrawberryObjectDefinition:
    definition = get_object_definition(kind)
    if definition is None:
        raise TypeError(f"{kind.__name__} is not a GraphQL type")
    return definition


def _refuse_unguarded() -> None:
    missing = [
        f"{root.__name__}.{field.name} has no Guard"
        for root in (Query, Mutation)
        for field in _definition(root).fields
        if not any(isinstance(extension, Guard) for extension in field.extensions)
    ]
    missing += [
        f"{Subscription.__name__}.{field.name} has no Guard"
        for field in _definition(Subscription).fields
        if field.python_name not in GUARDS
    ]
    missing += _without_audience()
    if missing:
        raise Unguarded("; ".join(missing))


def _without_audience() -> Iterator[str]:
    """Fields of governed types that the audience table does not name, or that it names and nobody has."""
    for kind in (Complaint, ComplaintEvent, Message, Attachment):
        # Relay's id field is called `_id` in Python.
        fields = {field.python_name.removeprefix("_") for field in _definition(kind).fields}
        for name in sorted(fields ^ AUDIENCE_OF[kind.__name__].keys()):
            yield f"{kind.__name__}.{name} is not in both the type and AUDIENCE_OF"


def printed_schema() -> str:
    """The schema as it is committed, for web clients and reviews."""
    wide_open = DocumentLimits(depth=20, tokens=10_000, aliases=100, cost=1_000_000, page=100, allow_introspection=True)
    return print_schema(build_schema(wide_open, is_sorted=True)) + "\n"
