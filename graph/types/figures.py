"""How the classifier does: what was measured when it was trained, and what people make of it in daily work."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

import strawberry

from complaints.learning import shadow, watching
from graph.context import Context
from rules.vocabulary import AlarmKind


@strawberry.type(description="A share of some cases with its 95 % interval; of no case there is none.")
class Share:
    """A `complaints.learning.watching.Share`."""

    cases: int
    hits: int
    share: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, counted: watching.Share) -> Self:
        """The share as clients see it."""
        return cls(cases=counted.cases, hits=counted.hits, share=counted.share, low=counted.low, high=counted.high)


@strawberry.type(description="What was measured of one target, on rows that the models had not seen.")
class TargetMetrics:
    """An `ml.metrics.Metrics`."""

    target: str
    rows: int
    labels: int
    accuracy: float
    macro_f1: float
    top3: float
    coverage_at_95: float = strawberry.field(description="The share that can be answered with 95 % of answers right.")
    ece: float = strawberry.field(description="Calibration error of the first confidence; 0 is perfect.")

    @classmethod
    def of(cls, target: str, stored: Mapping[str, Any]) -> Self:
        """What the registry keeps of one target."""
        return cls(
            target=target,
            rows=stored["rows"],
            labels=stored["labels"],
            accuracy=stored["accuracy"],
            macro_f1=stored["macro_f1"],
            top3=stored["top3"],
            coverage_at_95=stored["coverage_at_95"],
            ece=stored["ece"],
        )


@strawberry.type(description="What the comparison with the version then in use said.")
class GateVerdict:
    """The stored answer of the gate."""

    passed: bool
    needs_human: bool = strawberry.field(description="Too few rows to say it without a person.")
    reasons: list[str]
    against: str = strawberry.field(description="The version it was compared with.")

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """What the registry keeps."""
        return cls(
            passed=stored["passed"],
            needs_human=stored["needs_human"],
            reasons=list(stored["reasons"]),
            against=stored["against"],
        )


@strawberry.type(description="How a candidate did beside the version in use, on the same complaints.")
class ShadowFigures:
    """A `complaints.learning.shadow.ShadowFigures`."""

    agreed_on_category: Share
    agreed_on_agency: Share
    category_right: Share
    category_right_in_use: Share
    agency_right: Share
    agency_right_in_use: Share

    @classmethod
    def of(cls, counted: shadow.ShadowFigures) -> Self:
        """The figures as clients see them."""
        return cls(
            agreed_on_category=Share.of(counted.agreed_on_category),
            agreed_on_agency=Share.of(counted.agreed_on_agency),
            category_right=Share.of(counted.category_right),
            category_right_in_use=Share.of(counted.category_right_in_use),
            agency_right=Share.of(counted.agency_right),
            agency_right_in_use=Share.of(counted.agency_right_in_use),
        )


@strawberry.type(description="What people made of the suggestions of one group of decisions.")
class ClassifierFigure:
    """A `complaints.learning.watching.Figure`."""

    key: str = strawberry.field(description="A version, the code of a category or agency, or a month (2026-04).")
    name: str | None = strawberry.field(description="What people call the category or agency; null for other keys.")
    accepted: Share = strawberry.field(description="The first proposal was taken.")
    among_three: Share
    corrected: Share
    abstained: Share = strawberry.field(description="The classifier was not sure.")

    @classmethod
    def of(cls, context: Context, counted: watching.Figure, group: watching.FigureGroup) -> Self:
        """The figure with the name of its group."""
        return cls(
            key=counted.key,
            name=_name_of(context, counted.key, group),
            accepted=Share.of(counted.accepted),
            among_three=Share.of(counted.among_three),
            corrected=Share.of(counted.corrected),
            abstained=Share.of(counted.abstained),
        )


def _name_of(context: Context, key: str, group: watching.FigureGroup) -> str | None:
    knowledge = context.knowledge
    match group:
        case watching.FigureGroup.CATEGORY:
            category_id = knowledge.category_ids.get(key)
            return None if category_id is None else knowledge.category_rows[category_id].label_id
        case watching.FigureGroup.AGENCY:
            agency_id = knowledge.agency_ids.get(key)
            return None if agency_id is None else knowledge.agency_rows[agency_id].name
    return None


@strawberry.type(description="How far the answers of the newest week are from those of the eight weeks before.")
class Drift:
    """A `complaints.learning.watching.Drift`."""

    since: datetime
    answers: int
    answers_before: int
    index: float | None = strawberry.field(
        description="Population stability index of the main topics; null with too few answers to say."
    )
    alarm: AlarmKind | None = strawberry.field(description="DRIFT_WARNING or DRIFT, when it is worth one.")

    @classmethod
    def of(cls, counted: watching.Drift) -> Self:
        """The drift as clients see it."""
        return cls(
            since=counted.since,
            answers=counted.answers,
            answers_before=counted.answers_before,
            index=counted.index,
            alarm=counted.alarm,
        )
