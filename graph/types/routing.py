"""Why a complaint stands in its queue: the stages that were asked, who might have got it, and the reasons."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

import strawberry
from sqlalchemy import Row

from graph.context import Context
from graph.types.catalogue import Agency, agency_of
from rules.routing import Reason, ReasonCode, Step, sentence
from rules.routing import Route as Decision
from rules.vocabulary import RouteFlag, RuleKind, Urgency

strawberry.enum(RouteFlag, description="What about a decision a person should look at.")


@strawberry.type(description="Who might have got it at one stage.")
class RouteCandidate:
    """A `rules.routing.Candidate`."""

    code: str | None = strawberry.field(description="An agency or a kind of local office; null: the national desk.")
    agency: Agency | None = strawberry.field(description="Null for a kind of office and for the national desk.")
    rule_code: str | None
    score: float | None = strawberry.field(description="The classifier's confidence, 0 to 1.")


@strawberry.type(description="One stage of a decision, in the order in which they are asked.")
class RouteStep:
    """A `rules.routing.Step`."""

    stage: RuleKind
    taken: bool = strawberry.field(description="This stage decided.")
    candidates: list[RouteCandidate]
    reasons: list[str] = strawberry.field(description="Why it did not decide, where it was near; Indonesian.")
    reasons_en: list[str]

    @classmethod
    def of(cls, context: Context, step: Step) -> Self:
        """A stage of a decision that was just taken."""
        return cls._made(
            context,
            step.stage,
            step.taken,
            [{"agency": one.agency, "rule": one.rule, "score": one.score} for one in step.candidates],
            () if step.taken else step.because,
        )

    @classmethod
    def stored(cls, context: Context, stored: Mapping[str, Any]) -> Self:
        """A stage as `route_decision.path` holds it."""
        reasons = [Reason(ReasonCode(one["code"]), one["data"]) for one in stored.get("reasons", ())]
        return cls._made(context, RuleKind(stored["stage"]), stored["taken"], stored["candidates"], reasons)

    @classmethod
    def _made(
        cls,
        context: Context,
        stage: RuleKind,
        taken: bool,
        candidates: Sequence[Mapping[str, Any]],
        reasons: Sequence[Reason],
    ) -> Self:
        return cls(
            stage=stage,
            taken=taken,
            candidates=[
                RouteCandidate(
                    code=one["agency"],
                    agency=agency_by_code(context, one["agency"]),
                    rule_code=one["rule"],
                    score=one["score"],
                )
                for one in candidates
            ],
            reasons=[sentence(reason, "id", context.knowledge.called) for reason in reasons],
            reasons_en=[sentence(reason, "en", context.knowledge.called) for reason in reasons],
        )


def agency_by_code(context: Context, code: str | None) -> Agency | None:
    """An agency by its code; None for a kind of local office and for no code."""
    return None if code is None else agency_of(context, context.knowledge.agency_ids.get(code))


@strawberry.type(description="Why a complaint stands in its queue.")
class Route:
    """A row of `route_decision`."""

    kind: RuleKind = strawberry.field(description="The stage that decided.")
    rule_code: str | None
    rule_set_version: int
    classifier_version: str | None = strawberry.field(description="The version whose answers were looked at.")
    queue_agency: Agency | None
    proposed_agency: Agency | None
    path: list[RouteStep]
    flags: list[RouteFlag]
    reasons: list[str] = strawberry.field(description="Sentences in Indonesian.")
    reasons_en: list[str]
    decided_at: datetime

    @classmethod
    def of(cls, context: Context, row: Row[Any]) -> Self:
        """A stored decision."""
        reasons = [Reason(ReasonCode(stored["code"]), stored["data"]) for stored in row.reasons]
        return cls(
            kind=RuleKind(row.kind),
            rule_code=row.rule_code,
            rule_set_version=row.rule_set_number,
            classifier_version=row.classifier_version,
            queue_agency=agency_of(context, row.queue_agency_id),
            proposed_agency=agency_of(context, row.proposed_agency_id),
            path=[RouteStep.stored(context, step) for step in row.path],
            flags=[RouteFlag(flag) for flag in row.flags],
            reasons=[sentence(reason, "id", context.knowledge.called) for reason in reasons],
            reasons_en=[sentence(reason, "en", context.knowledge.called) for reason in reasons],
            decided_at=row.decided_at,
        )


@strawberry.type(description="Where a report would wait for verification, and why. Nothing is stored.")
class TriedRoute:
    """A `rules.routing.Route`."""

    kind: RuleKind = strawberry.field(description="The stage that decides.")
    rule_code: str | None
    queue_agency: Agency | None = strawberry.field(description="Null: the national desk.")
    proposed_agency: Agency | None
    proposed_unit: Agency | None
    mechanism: str | None
    urgency: Urgency
    tags: list[str]
    copies: list[Agency]
    path: list[RouteStep]
    flags: list[RouteFlag]
    reasons: list[str]
    reasons_en: list[str]

    @classmethod
    def of(cls, context: Context, decision: Decision) -> Self:
        """A decision that was just taken."""
        copies = [agency_by_code(context, code) for code in decision.copies]
        return cls(
            kind=decision.kind,
            rule_code=decision.rule_id,
            queue_agency=agency_by_code(context, decision.queue),
            proposed_agency=agency_by_code(context, decision.proposed_agency),
            proposed_unit=agency_by_code(context, decision.proposed_unit),
            mechanism=decision.mechanism,
            urgency=decision.urgency,
            tags=list(decision.tags),
            copies=[agency for agency in copies if agency is not None],
            path=[RouteStep.of(context, step) for step in decision.path],
            flags=sorted(decision.flags),
            reasons=[sentence(reason, "id", context.knowledge.called) for reason in decision.because],
            reasons_en=[sentence(reason, "en", context.knowledge.called) for reason in decision.because],
        )
