"""What rules would do with a text, and what a draft would have done with past complaints."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry
from strawberry import relay

from complaints.rule_desk.naming import names_of
from complaints.rule_desk.trying import Hearing, Tried, Verdict
from graph.bilingual import Wording
from graph.context import Context
from graph.types.routing import TriedRoute
from graph.types.rules import RoutingRule
from graph.wording import FAILURES
from graph.wording_rules import RULE_FAILURES
from rules.rendering import rendered_condition
from rules.rule_set import Trace
from rules.vocabulary import JobState

strawberry.enum(Verdict, name="RuleVerdict", description="What became of one rule.")


@strawberry.type(description="One condition of a rule and how it came out.")
class HeardCondition:
    """A part of a `rules.rule_set.Trace`; parts of a group follow it, one level deeper."""

    depth: int
    test: str = strawberry.field(description="Its name in the language: all, any, none, text, region …")
    is_true: bool
    words: list[str] = strawberry.field(description="The words of the text that were found.")
    sentence: str
    sentence_en: str


@strawberry.type(description="One rule that was asked.")
class RuleHearing:
    """A `complaints.rule_desk.trying.Hearing`."""

    rule: RoutingRule
    verdict: Verdict
    instead: str | None = strawberry.field(description="The rule above that decided.")
    conditions: list[HeardCondition]

    @classmethod
    def of(cls, hearing: Hearing, names: Mapping[str, str], names_en: Mapping[str, str]) -> Self:
        """The hearing, its conditions from the outside in."""
        return cls(
            rule=RoutingRule.of(hearing.rule, 0, names, names_en),
            verdict=hearing.verdict,
            instead=hearing.instead,
            conditions=list(_conditions(hearing.trace, 0, names, names_en)),
        )


def _conditions(
    trace: Trace, depth: int, names: Mapping[str, str], names_en: Mapping[str, str]
) -> Iterator[HeardCondition]:
    yield HeardCondition(
        depth=depth,
        test=trace.test,
        is_true=trace.is_true,
        words=list(trace.words),
        sentence="" if trace.condition is None else rendered_condition(trace.condition, "id", names),
        sentence_en="" if trace.condition is None else rendered_condition(trace.condition, "en", names_en),
    )
    for part in trace.below:
        yield from _conditions(part, depth + 1, names, names_en)


@strawberry.type(description="What a version of the rules would do with a report.")
class RuleTrial:
    """A `complaints.rule_desk.trying.Tried`."""

    rule_set_number: int
    region_code: str | None = strawberry.field(description="The place that was given or found.")
    route: TriedRoute
    hearings: list[RuleHearing] = strawberry.field(
        description="The rules that hold, those that nearly did, and those that were asked for."
    )

    @classmethod
    def of(cls, context: Context, number: int, tried: Tried) -> Self:
        """The trial as clients read it."""
        rules = [hearing.rule for hearing in tried.hearings]
        names, names_en = (names_of(context.knowledge, rules, language) for language in ("id", "en"))
        return cls(
            rule_set_number=number,
            region_code=tried.evidence.region,
            route=TriedRoute.of(context, tried.route),
            hearings=[RuleHearing.of(hearing, names, names_en) for hearing in tried.hearings],
        )


@strawberry.type(description="Complaints that would move from one agency to another. Null: the national desk.")
class ReplayFlow:
    """One cell of a replay's matrix."""

    from_agency: str | None
    to_agency: str | None
    complaints: int
    improved: int = strawberry.field(description="Now to the agency that people chose.")
    worsened: int


@strawberry.type(description="How one rule of the draft did.")
class ReplayedRule:
    """One entry of a replay's rules."""

    code: str
    holds: int
    wins: int
    decided: int = strawberry.field(description="Of those it won, how many people decided.")
    agreed: int
    precision: float | None
    recall: float | None = strawberry.field(
        description="Of the complaints whose agency is among those it leads to, the share it gave there."
    )


@strawberry.type(description="A rule that holds and never decides.")
class UnreachableRule:
    """One entry of a replay's unreachable rules."""

    code: str
    holds: int
    instead: str = strawberry.field(description="The rule or stage that mostly decides in its place.")
    complaints: int


@strawberry.type(description="Two rules that hold for the same complaints and lead to different agencies.")
class RuleConflict:
    """One entry of a replay's conflicts."""

    rules: list[str]
    complaints: int


@strawberry.type(description="Complaints decided at one stage, by the draft and by the rules in use.")
class StageShare:
    """One stage of a replay."""

    stage: str
    draft: int
    active: int


@strawberry.type(description="What a replay found.")
class ReplayReport:
    """A report of `rules.replay`."""

    complaints: int
    decided: int
    moved: int
    improved: int
    worsened: int
    agreement_draft: float | None = strawberry.field(description="Share of the decided that went where people sent it.")
    agreement_active: float | None
    spared_hops: int = strawberry.field(description="Returns that would not have been.")
    stages: list[StageShare]
    flows: list[ReplayFlow]
    rules: list[ReplayedRule]
    dead: list[str] = strawberry.field(description="Rules that hold for no complaint.")
    unreachable: list[UnreachableRule]
    conflicts: list[RuleConflict]

    @classmethod
    def of(cls, report: Mapping[str, Any]) -> Self:
        """The stored report as clients read it."""
        stages = report["stages"]
        names = sorted({*stages["draft"], *stages["active"]})
        return cls(
            complaints=report["complaints"],
            decided=report["decided"],
            moved=report["moved"],
            improved=report["improved"],
            worsened=report["worsened"],
            agreement_draft=report["agreement"]["draft"]["share"],
            agreement_active=report["agreement"]["active"]["share"],
            spared_hops=report["spared"]["hops"],
            stages=[
                StageShare(stage=name, draft=stages["draft"].get(name, 0), active=stages["active"].get(name, 0))
                for name in names
            ],
            flows=[
                ReplayFlow(
                    from_agency=cell["from"],
                    to_agency=cell["to"],
                    complaints=cell["complaints"],
                    improved=cell["improved"],
                    worsened=cell["worsened"],
                )
                for cell in report["matrix"]
            ],
            rules=[ReplayedRule(**one) for one in report["rules"]],
            dead=list(report["dead"]),
            unreachable=[UnreachableRule(**one) for one in report["unreachable"]],
            conflicts=[RuleConflict(rules=one["rules"], complaints=one["complaints"]) for one in report["conflicts"]],
        )


@strawberry.type(description="A complaint that would go elsewhere. Codes; null: the national desk, or no rule.")
class ReplayMove:
    """A row of `rule_replay_move`."""

    complaint_id: relay.GlobalID
    from_agency: str | None
    to_agency: str | None
    from_rule: str | None
    to_rule: str | None
    decided_agency: str | None


def moves_as_read(rows: Sequence[Any]) -> list[ReplayMove]:
    """Rows of moves as clients read them."""
    return [
        ReplayMove(
            complaint_id=relay.GlobalID("Complaint", str(row.complaint_id)),
            from_agency=row.from_agency,
            to_agency=row.to_agency,
            from_rule=row.from_rule,
            to_rule=row.to_rule,
            decided_agency=row.decided_agency,
        )
        for row in rows
    ]


@strawberry.type(description="A draft asked about past complaints, beside the rules that were in use.")
class RuleReplay(relay.Node):
    """A row of `rule_replay`."""

    id: relay.NodeID[UUID]
    rule_set_number: int
    rule_set_version: int
    against_number: int
    day_from: date | None
    day_to: date | None
    state: JobState
    fraction: float = strawberry.field(description="How much is done, 0 to 1.")
    complaints: int | None
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: str | None
    failure_text: str | None = strawberry.field(description="Indonesian.")
    failure_text_en: str | None
    report: ReplayReport | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """The row as clients read it."""
        said = _failure(row.failure)
        return cls(
            id=row.id,
            rule_set_number=row.rule_set_number,
            rule_set_version=row.rule_set_version,
            against_number=row.against_number,
            day_from=row.day_from,
            day_to=row.day_to,
            state=row.state,
            fraction=row.fraction,
            complaints=row.complaints,
            requested_at=row.requested_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            failure=row.failure,
            failure_text=None if said is None else said.indonesian,
            failure_text_en=None if said is None else said.english,
            report=None if row.report is None else ReplayReport.of(row.report),
        )


def _failure(code: str | None) -> Wording | None:
    if code is None:
        return None
    return RULE_FAILURES.get(code) or FAILURES.get(code) or Wording(code, code)
