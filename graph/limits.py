"""How much one document may ask for, and what becomes of errors: the list of schema extensions."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLSyntaxError, NoSchemaIntrospectionCustomRule
from graphql.execution import SubsequentIncrementalExecutionResult
from strawberry import relay
from strawberry.extensions import (
    AddValidationRules,
    MaxTokensLimiter,
    ParserCache,
    SchemaExtension,
    ValidationCache,
)
from strawberry.types.execution import StreamExecutionResult

from complaints.refusals import Refusal
from graph.errors import InvalidError, NotSignedInError, TooManyError, as_refusal, told
from graph.measure import DocumentLimits, measuring_rule
from graph.wording import REFUSALS

log = structlog.get_logger()


def extensions(limits: DocumentLimits) -> list[Callable[[], SchemaExtension] | type[SchemaExtension]]:
    """All extensions of the schema, outermost first."""
    # One rule for all operations: the cache of validated documents knows its documents by their rules as well.
    measuring = measuring_rule(limits)
    chosen: list[Callable[[], SchemaExtension] | type[SchemaExtension]] = [
        TellErrors,
        CloseReader,
        lambda: MaxTokensLimiter(max_token_count=limits.tokens),
        KnownDocuments,
        ValidationCache,
        lambda: AddValidationRules([measuring]),
    ]
    if not limits.allow_introspection:
        chosen.append(lambda: AddValidationRules([NoSchemaIntrospectionCustomRule]))
    return chosen


class CloseReader(SchemaExtension):
    """Gives the operation's read connection back when the answer is complete."""

    async def on_operation(self) -> AsyncIterator[None]:
        """After everything else, also when the operation was cut off."""
        try:
            yield
        finally:
            await self.execution_context.context.reader.close()


class KnownDocuments(ParserCache):
    """Parses each document once. One that cannot be parsed is left to Strawberry, which tells its syntax error."""

    def on_parse(self) -> Iterator[None]:
        """Before the document is needed."""
        with suppress(GraphQLSyntaxError):
            self.execution_context.graphql_document = self.cached_parse_document(
                self.execution_context.query, **self.execution_context.parse_options
            )
        yield


class TellErrors(SchemaExtension):
    """Refusals of queries are told with their code; anything unexpected is logged here and masked there."""

    async def on_operation(self) -> AsyncIterator[None]:
        """After the result is known."""
        yield
        # graphql-core's result or Strawberry's, depending on how far the operation came; both have `errors`.
        result: Any = self.execution_context.result
        if getattr(result, "errors", None):
            result.errors = self._told(result.errors)

    async def on_stream_result(self, result: StreamExecutionResult) -> AsyncIterator[None]:
        """For each answer of a subscription."""
        if not isinstance(result, SubsequentIncrementalExecutionResult) and result.errors:
            result.errors = self._told(result.errors)
        yield

    def _told(self, errors: Sequence[GraphQLError]) -> list[GraphQLError]:
        return [self._tell(error) for error in errors]

    def _tell(self, error: GraphQLError) -> GraphQLError:
        cause = error.original_error
        if isinstance(cause, Refusal | relay.InvalidGlobalIDError):
            refusal = told(as_refusal(cause))
            said: dict[str, Any] = {"code": refusal.code.value, "messageEn": refusal.message_en}
            if refusal.field is not None:
                said["field"] = refusal.field
            if isinstance(refusal, TooManyError):
                said["retryAfterSeconds"] = refusal.retry_after_seconds
            if isinstance(refusal, NotSignedInError):
                said["reason"] = refusal.reason
            if isinstance(refusal, InvalidError):
                said["problems"] = [
                    {"field": p.field, "code": p.code, "message": p.message, "messageEn": p.message_en}
                    for p in refusal.problems
                ]
            return _with(error, refusal.message, said)
        if cause is None or isinstance(cause, GraphQLError):
            # Syntax, validation, variables: GraphQL's own words help a developer most.
            return _with(error, error.message, {"code": "BAD_REQUEST", **(error.extensions or {})})
        request_id = self.execution_context.context.request_id
        log.error("graphql.unexpected", path=error.path, exc_info=cause)
        said_id = REFUSALS["UNEXPECTED"].said({"request_id": request_id})
        return _with(error, said_id.indonesian, {"code": "UNEXPECTED", "messageEn": said_id.english})


def _with(error: GraphQLError, message: str, said: Mapping[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=dict(said),
    )
