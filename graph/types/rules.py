"""Versions of the routing rules, their rules and history, proposals and special mechanisms."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import strawberry
from strawberry import relay
from strawberry.scalars import JSON

from complaints.rule_desk import watching
from complaints.rule_desk.naming import names_of
from complaints.rule_desk.proposals import proposed_rule
from complaints.rule_desk.rows import policy_of, rule_of
from graph.context import Context
from graph.types.catalogue import Agency, agency_of
from graph.types.figures import Share
from graph.wording_rules import alarm_words
from rules.documents import RuleChanges, plain
from rules.language import Rule
from rules.rendering import rendered
from rules.vocabulary import ProposalSource, ProposalState, RuleAlarmKind, RuleKind, RuleSetState, RuleStep

strawberry.enum(RuleAlarmKind, description="What about an active rule a person should look at.")
strawberry.enum(RuleSetState, description="Where a version of the rules stands; from ACTIVE on nothing of it changes.")
strawberry.enum(RuleStep, description="What somebody did to a version of the rules.")
strawberry.enum(ProposalSource, description="Where a proposed rule comes from.")
strawberry.enum(ProposalState, description="What became of a proposed rule.")


@strawberry.type(description="A rule of one version. `when` and `then` have the form of `RuleInput`.")
class RoutingRule:
    """A `rules.language.Rule` and its row."""

    code: str
    position: int
    kind: RuleKind
    name: str
    reason: str
    when: JSON | None = strawberry.field(description="Null: always.")
    then: JSON
    valid_from: date | None
    valid_to: date | None = strawberry.field(description="The first day after.")
    version: int = strawberry.field(description="The version of its set in which it last changed: `seenVersion`.")
    sentence: str = strawberry.field(description="The whole rule in Indonesian: JIKA … MAKA …")
    sentence_en: str

    @classmethod
    def of(cls, rule: Rule, version: int, names: Mapping[str, str], names_en: Mapping[str, str]) -> Self:
        """The rule as clients read it; the names are those of `names_of`."""
        return cls(
            code=rule.code,
            position=rule.position,
            kind=rule.kind,
            name=rule.name,
            reason=rule.reason,
            when=None if rule.when is None else JSON(plain(rule.when)),
            then=JSON(plain(rule.then)),
            valid_from=rule.valid_from,
            valid_to=rule.valid_to,
            version=version,
            sentence=rendered(rule, "id", names),
            sentence_en=rendered(rule, "en", names_en),
        )


def rules_as_read(context: Context, rows: Sequence[Any]) -> list[RoutingRule]:
    """Rows of rules as clients read them, in their order."""
    read = [rule_of(row) for row in rows]
    names, names_en = (names_of(context.knowledge, read, language) for language in ("id", "en"))
    return [RoutingRule.of(rule, row.version, names, names_en) for rule, row in zip(read, rows, strict=True)]


@strawberry.type(description="From which confidence the classifier is followed to one agency.")
class AgencyConfidence:
    """One entry of a policy."""

    agency: str
    min_confidence: float


@strawberry.type(description="What the classifier may do beside the rules.")
class ClassifierPolicy:
    """A `rules.language.ClassifierPolicy`."""

    min_confidence: float | None = strawberry.field(description="Null: from its own threshold.")
    agencies: list[AgencyConfidence]
    unlikely_below: float = strawberry.field(description="A chosen agency below this chance is flagged.")


@strawberry.type(description="Who did what to a version of the rules.")
class RuleSetEvent:
    """A row of `rule_set_event`."""

    step: RuleStep
    rule_code: str | None
    reason: str | None
    by: str | None = strawberry.field(description="Null: the system or the command line.")
    at: datetime


@strawberry.type(description="One version of all routing rules together.")
class RuleSet(relay.Node):
    """A row of `rule_set`."""

    id: relay.NodeID[UUID]
    number: int
    state: RuleSetState
    version: int = strawberry.field(description="Counts the changes of a draft: `seenVersion`.")
    base_number: int | None = strawberry.field(description="The version it was drafted from.")
    reason: str
    classifier: ClassifierPolicy
    rule_count: int
    created_at: datetime
    created_by: str | None
    checked_at: datetime | None
    proposed_at: datetime | None
    proposed_by: str | None
    agreed_by: str | None
    effective_from: datetime | None
    activated_at: datetime | None
    retired_at: datetime | None
    rules: list[RoutingRule] = strawberry.field(description="In the order in which they are asked.")
    history: list[RuleSetEvent] = strawberry.field(description="The newest first, up to 200.")

    @classmethod
    def of(cls, row: Any, rules: list[RoutingRule], history: list[RuleSetEvent]) -> Self:
        """The row with what was read beside it."""
        policy = policy_of(row.classifier)
        return cls(
            id=row.id,
            number=row.number,
            state=row.state,
            version=row.version,
            base_number=row.base_number,
            reason=row.reason,
            classifier=ClassifierPolicy(
                min_confidence=policy.min_confidence,
                agencies=[
                    AgencyConfidence(agency=code, min_confidence=share)
                    for code, share in sorted(policy.agencies.items())
                ],
                unlikely_below=policy.unlikely_below,
            ),
            rule_count=row.rule_count,
            created_at=row.created_at,
            created_by=row.created_by_name,
            checked_at=row.checked_at,
            proposed_at=row.proposed_at,
            proposed_by=row.proposed_by_name,
            agreed_by=row.agreed_by_name,
            effective_from=row.effective_from,
            activated_at=row.activated_at,
            retired_at=row.retired_at,
            rules=rules,
            history=history,
        )


@strawberry.type(description="Something about a rule that keeps it from acting, or from ever deciding.")
class RuleFinding:
    """A `rules.checking.RuleProblem`, worded."""

    field: str = strawberry.field(description="From the set on: rules.TOKEN.when.all.0.text.words")
    code: str
    message: str
    message_en: str
    is_warning: bool = strawberry.field(description="It may act all the same.")


@strawberry.type(description="One field that differs.")
class RuleFieldChange:
    """A `rules.documents.FieldChange`."""

    field: str
    before: JSON | None
    after: JSON | None


@strawberry.type(description="What is different about one rule.")
class RuleChange:
    """A `rules.documents.RuleChange`."""

    code: str
    fields: list[RuleFieldChange]


@strawberry.type(description="What one version does otherwise than another, rules by code.")
class RuleSetChanges:
    """A `rules.documents.RuleChanges`."""

    added: list[str]
    removed: list[str]
    moved: list[str] = strawberry.field(description="Only their position is another.")
    changed: list[RuleChange]
    classifier: list[RuleFieldChange]

    @classmethod
    def of(cls, changes: RuleChanges) -> Self:
        """The changes as clients read them."""
        return cls(
            added=list(changes.added),
            removed=list(changes.removed),
            moved=list(changes.moved),
            changed=[RuleChange(code=one.code, fields=_fields(one.fields)) for one in changes.changed],
            classifier=_fields(changes.policy),
        )


def _fields(changes: Sequence[Any]) -> list[RuleFieldChange]:
    return [RuleFieldChange(field=one.field, before=one.before, after=one.after) for one in changes]


@strawberry.type(description="A rule somebody or something proposes. It acts only after a person took it into a draft.")
class RuleProposal(relay.Node):
    """A row of `rule_proposal`."""

    id: relay.NodeID[UUID]
    source: ProposalSource
    state: ProposalState
    name: str
    when: JSON | None
    then: JSON
    sentence: str
    sentence_en: str
    reason: str
    agency: Agency | None
    complaint_id: relay.GlobalID | None = strawberry.field(description="The case that it was learned from.")
    support: int | None = strawberry.field(description="Decided complaints of held-out history with this condition.")
    precision: float | None = strawberry.field(description="The share of them that went there.")
    proposed_by: str | None
    proposed_at: datetime
    settled_by: str | None
    settled_at: datetime | None
    settled_reason: str | None

    @classmethod
    def of(cls, context: Context, row: Any) -> Self:
        """The row as clients read it."""
        rule = proposed_rule(row.rule)
        read = RoutingRule.of(rule, 0, *(names_of(context.knowledge, [rule], language) for language in ("id", "en")))
        return cls(
            id=row.id,
            source=row.source,
            state=row.state,
            name=rule.name,
            when=read.when,
            then=read.then,
            sentence=read.sentence,
            sentence_en=read.sentence_en,
            reason=row.reason,
            agency=agency_of(context, row.agency_id),
            complaint_id=None if row.complaint_id is None else relay.GlobalID("Complaint", str(row.complaint_id)),
            support=row.support,
            precision=row.precision,
            proposed_by=row.proposed_by_name,
            proposed_at=row.proposed_at,
            settled_by=row.settled_by_name,
            settled_at=row.settled_at,
            settled_reason=row.settled_reason,
        )


@strawberry.type(description="How an active rule does in daily work.")
class RuleFigure:
    """A `complaints.rule_desk.watching.RuleFigure`."""

    code: str
    fires: int = strawberry.field(description="Complaints that it decided.")
    as_is: Share = strawberry.field(description="Of the verified ones, those that people left where it sent them.")
    returned: Share = strawberry.field(description="Those that somebody sent back.")
    last_fired_at: datetime | None

    @classmethod
    def of(cls, figure: watching.RuleFigure) -> Self:
        """The figure as clients read it."""
        return cls(
            code=figure.code,
            fires=figure.fires,
            as_is=Share.of(figure.as_is),
            returned=Share.of(figure.returned),
            last_fired_at=figure.last_fired_at,
        )


@strawberry.type(description="Something about an active rule that a person should look at.")
class RuleAlarm(relay.Node):
    """A row of `rule_alarm`."""

    id: relay.NodeID[UUID]
    kind: RuleAlarmKind
    rule_code: str
    text: str = strawberry.field(description="Indonesian.")
    text_en: str
    raised_at: datetime
    acknowledged_at: datetime | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """The row, worded."""
        said = alarm_words(row.kind, row.rule_code, row.data)
        return cls(
            id=row.id,
            kind=row.kind,
            rule_code=row.rule_code,
            text=said.indonesian,
            text_en=said.english,
            raised_at=row.raised_at,
            acknowledged_at=row.acknowledged_at,
        )


@strawberry.type(description="A special way of handling, for a time, with limits of its own.")
class SpecialMechanism:
    """A row of `special_mechanism`."""

    code: str
    label_id: str
    label_en: str
    basis: str = strawberry.field(description="The decree it comes from.")
    valid_from: date
    valid_to: date | None = strawberry.field(description="The first day after.")

    @classmethod
    def of(cls, row: Any) -> Self:
        """The row as clients read it."""
        return cls(
            code=row.code,
            label_id=row.label_id,
            label_en=row.label_en,
            basis=row.basis,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
