"""Proposing and trying out: proposals, replays, rules from past decisions, special mechanisms."""

from datetime import date
from typing import Annotated, Any

import strawberry
from strawberry import relay

from complaints.rule_desk import reading, replay_reading
from complaints.rule_desk.mechanisms import MechanismLimit, NewMechanism, create_mechanism, end_mechanism
from complaints.rule_desk.proposals import adopt_proposal, dismiss_proposal, propose_rule
from complaints.rule_desk.replays import cancel_replay, request_replay
from complaints.rule_desk.suggestions import request_suggestions
from complaints.rule_desk.watching import acknowledge_rule_alarm
from graph.context import Info
from graph.errors import BusyError, InvalidError, NotAllowedError, NotFoundError, NotSignedInError
from graph.fetch_rules import proposal_by_id, replay_by_id, rule_in_set, rule_set_by_id
from graph.guard import Guard
from graph.ids import row_id
from graph.rule_inputs import RuleConditionInput, RuleOutcomeInput, as_written
from graph.types.rules import RoutingRule, RuleAlarm, RuleProposal, RuleSet, SpecialMechanism
from graph.types.trials import RuleReplay
from rules.deadlines import LimitUnit
from rules.mining import MiningSettings
from rules.vocabulary import Action, Clock


@strawberry.input(description="A rule you would like; an agency admin for the own agency and its units only.")
class ProposeRuleInput:
    """A `rules.language.Rule` without code and position."""

    name: str
    reason: str = strawberry.field(description="Why it should exist; becomes the reason of the rule.")
    when: RuleConditionInput | None = None
    then: RuleOutcomeInput
    valid_from: date | None = None
    valid_to: date | None = None

    def data(self) -> dict[str, Any]:
        """The rule as `rules.checking` reads it."""
        written: dict[str, Any] = as_written(self)
        return written


@strawberry.input(description="Take a proposal into a draft, as a rule of this code.")
class AdoptProposalInput:
    """A proposal and where it goes."""

    id: relay.GlobalID
    rule_set_id: relay.GlobalID
    code: str
    position: int


@strawberry.input(description="Say no to a proposal.")
class DismissProposalInput:
    """A proposal and a reason."""

    id: relay.GlobalID
    reason: str


@strawberry.input(description="Ask a draft about past complaints. Days are of submission, in Jakarta.")
class ReplayRulesInput:
    """A draft and a period."""

    rule_set_id: relay.GlobalID
    day_from: date | None = None
    day_to: date | None = strawberry.field(default=None, description="The first day after the period.")


@strawberry.input(description="Look for phrases that told the agency. What is found becomes proposals.")
class SuggestRulesInput:
    """A `rules.mining.MiningSettings`."""

    support: int = strawberry.field(default=20, description="Decided complaints with it, in older and newer history.")
    precision: float = strawberry.field(default=0.95, description="The share of them that went there, in both.")
    held_out: float = strawberry.field(default=0.25, description="The newest share, which only judges.")
    most_per_agency: int = 20


@strawberry.input(description="How long one step may take.")
class MechanismLimitInput:
    """A `MechanismLimit`."""

    clock: Clock
    value: int
    unit: LimitUnit


@strawberry.input(description="A special way of handling, for a time. Rules that name it lead into it.")
class CreateMechanismInput:
    """A `NewMechanism`."""

    code: str
    label_id: str
    label_en: str
    basis: str = strawberry.field(description="The decree it comes from.")
    valid_from: date
    valid_to: date | None = strawberry.field(default=None, description="The first day after.")
    limits: list[MechanismLimitInput]

    def wanted(self) -> NewMechanism:
        """The input as the verb takes it."""
        limits = tuple(MechanismLimit(limit.clock, limit.value, limit.unit) for limit in self.limits)
        return NewMechanism(self.code, self.label_id, self.label_en, self.basis, self.valid_from, self.valid_to, limits)


@strawberry.type
class ProposeRulePayload:
    """The proposal, waiting for a national admin."""

    proposal: RuleProposal | None


@strawberry.type
class AdoptProposalPayload:
    """The rule, and the draft that took it up."""

    rule: RoutingRule | None
    rule_set: RuleSet | None


@strawberry.type
class DismissProposalPayload:
    """The settled proposal."""

    proposal: RuleProposal | None


@strawberry.type
class ReplayRulesPayload:
    """The replay, waiting for the worker; follow it with `ruleReplayChanged`."""

    replay: RuleReplay | None


@strawberry.type
class CancelReplayPayload:
    """The replay as it stands now."""

    replay: RuleReplay | None


@strawberry.type
class SuggestRulesPayload:
    """The worker looks for them; what it finds are `ruleProposals`."""

    requested: bool


@strawberry.type
class CreateMechanismPayload:
    """The mechanism, ready to be named by rules."""

    mechanism: SpecialMechanism | None


@strawberry.type
class EndMechanismPayload:
    """The mechanism with its last day."""

    mechanism: SpecialMechanism | None


@strawberry.type
class AcknowledgeRuleAlarmPayload:
    """The alarm that somebody looked at."""

    alarm: RuleAlarm | None


AcknowledgeRuleAlarmResult = Annotated[
    AcknowledgeRuleAlarmPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("AcknowledgeRuleAlarmResult"),
]
ProposeRuleResult = Annotated[
    ProposeRulePayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("ProposeRuleResult"),
]
AdoptProposalResult = Annotated[
    AdoptProposalPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("AdoptProposalResult"),
]
DismissProposalResult = Annotated[
    DismissProposalPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("DismissProposalResult"),
]
ReplayRulesResult = Annotated[
    ReplayRulesPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("ReplayRulesResult"),
]
CancelReplayResult = Annotated[
    CancelReplayPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("CancelReplayResult"),
]
SuggestRulesResult = Annotated[
    SuggestRulesPayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("SuggestRulesResult"),
]
CreateMechanismResult = Annotated[
    CreateMechanismPayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("CreateMechanismResult"),
]
EndMechanismResult = Annotated[
    EndMechanismPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("EndMechanismResult"),
]


@strawberry.type
class RuleProposalMutation:
    """What leads to rules: proposals, replays, mining, mechanisms."""

    @strawberry.mutation(
        extensions=[Guard(Action.PROPOSE_RULES)],
        description="Propose a rule; it acts once a national admin took it into a version that is activated.",
    )
    async def propose_rule(self, info: Info, input: ProposeRuleInput) -> ProposeRuleResult:
        """One verb."""
        async with info.context.work() as work:
            row = await propose_rule(work, input.data(), input.reason)
        return ProposeRulePayload(proposal=await proposal_by_id(info, row.id))

    @strawberry.mutation(extensions=[Guard(Action.MANAGE_RULES)], description="Take a proposal into a draft.")
    async def adopt_proposal(self, info: Info, input: AdoptProposalInput) -> AdoptProposalResult:
        """One verb."""
        set_id = row_id(input.rule_set_id, "RuleSet", "ruleSetId")
        async with info.context.work() as work:
            row = await adopt_proposal(
                work, row_id(input.id, "RuleProposal"), set_id, code=input.code, position=input.position
            )
        return AdoptProposalPayload(
            rule=await rule_in_set(info, set_id, row.code), rule_set=await rule_set_by_id(info, set_id)
        )

    @strawberry.mutation(extensions=[Guard(Action.MANAGE_RULES)], description="Say no to a proposal, and why.")
    async def dismiss_proposal(self, info: Info, input: DismissProposalInput) -> DismissProposalResult:
        """One verb."""
        async with info.context.work() as work:
            row = await dismiss_proposal(work, row_id(input.id, "RuleProposal"), input.reason)
        return DismissProposalPayload(proposal=await proposal_by_id(info, row.id))

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_RULES)],
        description="Ask a draft about past complaints, in the background; nothing moves.",
    )
    async def replay_rules(self, info: Info, input: ReplayRulesInput) -> ReplayRulesResult:
        """One verb."""
        async with info.context.work() as work:
            row = await request_replay(
                work, row_id(input.rule_set_id, "RuleSet", "ruleSetId"), input.day_from, input.day_to
            )
        return ReplayRulesPayload(replay=await replay_by_id(info, row.id))

    @strawberry.mutation(extensions=[Guard(Action.MANAGE_RULES)], description="Stop a replay, within seconds.")
    async def cancel_replay(self, info: Info, id: relay.GlobalID) -> CancelReplayResult:
        """One verb."""
        async with info.context.work() as work:
            row = await cancel_replay(work, row_id(id, "RuleReplay"))
        return CancelReplayPayload(replay=await replay_by_id(info, row.id))

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_RULES)],
        description="Look for rules in past decisions, in the background; each becomes a proposal, none acts.",
    )
    async def suggest_rules(self, info: Info, input: SuggestRulesInput) -> SuggestRulesResult:
        """One verb."""
        settings = MiningSettings(input.support, input.precision, input.held_out, input.most_per_agency)
        async with info.context.work() as work:
            await request_suggestions(work, settings)
        return SuggestRulesPayload(requested=True)

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_RULES)], description="Write a special mechanism down, with its limits."
    )
    async def create_mechanism(self, info: Info, input: CreateMechanismInput) -> CreateMechanismResult:
        """One verb."""
        async with info.context.work() as work:
            row = await create_mechanism(work, input.wanted())
        return CreateMechanismPayload(mechanism=await _mechanism(info, row.code))

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_RULES)],
        description="Let a special mechanism hold until the day before; what began under it keeps its limits.",
    )
    async def end_mechanism(self, info: Info, code: str, valid_to: date) -> EndMechanismResult:
        """One verb."""
        async with info.context.work() as work:
            row = await end_mechanism(work, code, valid_to)
        return EndMechanismPayload(mechanism=await _mechanism(info, row.code))

    @strawberry.mutation(extensions=[Guard(Action.MANAGE_RULES)], description="You looked at an alarm about a rule.")
    async def acknowledge_rule_alarm(self, info: Info, id: relay.GlobalID) -> AcknowledgeRuleAlarmResult:
        """One verb."""
        async with info.context.work() as work:
            row = await acknowledge_rule_alarm(work, row_id(id, "RuleAlarm"))
        found = await info.context.reader.one(replay_reading.alarm(row.id))
        return AcknowledgeRuleAlarmPayload(alarm=None if found is None else RuleAlarm.of(found))


async def _mechanism(info: Info, code: str) -> SpecialMechanism | None:
    rows = await info.context.reader.rows(reading.mechanisms())
    return next((SpecialMechanism.of(row) for row in rows if row.code == code), None)
