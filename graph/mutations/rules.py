"""Writing rules: drafts, checks, activation by two people."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import relay

from complaints.rule_desk.drafts import discard_rules, draft_rules, import_yaml, put_rule, remove_rule, set_policy
from complaints.rule_desk.rebasing import rebase_rules
from complaints.rule_desk.states import activate_rules, check_rules, decide_activation, reopen_rules
from graph.context import Info
from graph.errors import BusyError, InvalidError, NotAllowedError, NotFoundError, NotSignedInError, StaleError
from graph.fetch_rules import rule_in_set, rule_set_by_id
from graph.guard import Guard
from graph.ids import optional_row_id, row_id
from graph.rule_inputs import ClassifierPolicyInput, RuleInput
from graph.types.rules import RoutingRule, RuleSet
from rules.vocabulary import Action


@strawberry.input(description="A new draft. Without a base it copies the active version.")
class DraftRulesInput:
    """A reason, and what to begin with."""

    reason: str
    base_id: relay.GlobalID | None = None


@strawberry.input(description="A rule of a draft: a new one, or the one with this code as it should be.")
class PutRuleInput:
    """A rule and where it belongs."""

    rule_set_id: relay.GlobalID
    rule: RuleInput
    seen_version: int | None = strawberry.field(
        default=None, description="Left out for a new rule; else the `version` of the rule, or of the set, you saw."
    )


@strawberry.input(description="A rule to take out of a draft.")
class RemoveRuleInput:
    """A code and where it stands."""

    rule_set_id: relay.GlobalID
    code: str
    seen_version: int


@strawberry.input(description="What the classifier may do beside the rules of a draft.")
class SetClassifierPolicyInput:
    """A policy and where it belongs."""

    rule_set_id: relay.GlobalID
    policy: ClassifierPolicyInput
    seen_version: int


@strawberry.input(description="A whole version as YAML, in place of everything a draft says.")
class ImportRulesInput:
    """A document and where it belongs."""

    rule_set_id: relay.GlobalID
    yaml: str
    seen_version: int


@strawberry.input(description="A version as you saw it.")
class RuleSetInput:
    """An id and a version."""

    rule_set_id: relay.GlobalID
    seen_version: int


@strawberry.input(description="A draft that is given up, and why.")
class DiscardRulesInput:
    """An id, a version and a reason."""

    rule_set_id: relay.GlobalID
    reason: str
    seen_version: int


@strawberry.input(description="Take over what became active since the draft was made.")
class RebaseRulesInput:
    """An id, a version, and where the draft prevails."""

    rule_set_id: relay.GlobalID
    seen_version: int
    keep: list[str] = strawberry.field(
        default_factory=list, description="Codes of rules, or “classifier”, that both changed: the draft prevails."
    )


@strawberry.input(description="Let a checked version act, now or from a moment on.")
class ActivateRulesInput:
    """An id, a version, a reason and a moment."""

    rule_set_id: relay.GlobalID
    reason: str
    seen_version: int
    effective_from: datetime | None = strawberry.field(default=None, description="Left out: at once.")


@strawberry.input(description="The second person's answer.")
class DecideActivationInput:
    """Yes or no to a version."""

    rule_set_id: relay.GlobalID
    agrees: bool
    seen_version: int
    reason: str | None = None


@strawberry.type
class DraftRulesPayload:
    """The version as it stands now."""

    rule_set: RuleSet | None


@strawberry.type
class PutRulePayload:
    """The rule, and its set as it stands now."""

    rule: RoutingRule | None
    rule_set: RuleSet | None


@strawberry.type
class RemoveRulePayload:
    """The version as it stands now."""

    rule_set: RuleSet | None


@strawberry.type
class SetClassifierPolicyPayload:
    """The version as it stands now."""

    rule_set: RuleSet | None


@strawberry.type
class ImportRulesPayload:
    """The version as it stands now."""

    rule_set: RuleSet | None


@strawberry.type
class DiscardRulesPayload:
    """The version as it stands now."""

    rule_set: RuleSet | None


@strawberry.type
class RebaseRulesPayload:
    """The version as it stands now."""

    rule_set: RuleSet | None


@strawberry.type
class CheckRulesPayload:
    """The version as it stands now."""

    rule_set: RuleSet | None


@strawberry.type
class ReopenRulesPayload:
    """The version as it stands now."""

    rule_set: RuleSet | None


@strawberry.type
class ActivateRulesPayload:
    """The version as it stands now."""

    rule_set: RuleSet | None


@strawberry.type
class DecideActivationPayload:
    """The version as it stands now."""

    rule_set: RuleSet | None


DraftRulesResult = Annotated[
    DraftRulesPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("DraftRulesResult"),
]
PutRuleResult = Annotated[
    PutRulePayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("PutRuleResult"),
]
RemoveRuleResult = Annotated[
    RemoveRulePayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("RemoveRuleResult"),
]
SetClassifierPolicyResult = Annotated[
    SetClassifierPolicyPayload
    | InvalidError
    | NotFoundError
    | StaleError
    | NotAllowedError
    | NotSignedInError
    | BusyError,
    strawberry.union("SetClassifierPolicyResult"),
]
ImportRulesResult = Annotated[
    ImportRulesPayload | InvalidError | NotFoundError | StaleError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("ImportRulesResult"),
]
DiscardRulesResult = Annotated[
    DiscardRulesPayload | InvalidError | NotFoundError | StaleError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("DiscardRulesResult"),
]
RebaseRulesResult = Annotated[
    RebaseRulesPayload | InvalidError | NotFoundError | StaleError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("RebaseRulesResult"),
]
CheckRulesResult = Annotated[
    CheckRulesPayload | InvalidError | NotFoundError | StaleError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("CheckRulesResult"),
]
ReopenRulesResult = Annotated[
    ReopenRulesPayload | InvalidError | NotFoundError | StaleError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("ReopenRulesResult"),
]
ActivateRulesResult = Annotated[
    ActivateRulesPayload | InvalidError | NotFoundError | StaleError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("ActivateRulesResult"),
]
DecideActivationResult = Annotated[
    DecideActivationPayload
    | InvalidError
    | NotFoundError
    | StaleError
    | NotAllowedError
    | NotSignedInError
    | BusyError,
    strawberry.union("DecideActivationResult"),
]


@strawberry.type
class RuleMutation:
    """Everything that writes versions of the rules."""

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_RULES)],
        description="Begin a draft: nothing acts before it is checked and activated.",
    )
    async def draft_rules(self, info: Info, input: DraftRulesInput) -> DraftRulesResult:
        """One verb."""
        async with info.context.work() as work:
            row = await draft_rules(work, input.reason, optional_row_id(input.base_id, "RuleSet", "baseId"))
        return DraftRulesPayload(rule_set=await rule_set_by_id(info, row.id))

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_RULES)],
        description="Add a rule to a draft or change one; what others do to other rules is no hindrance.",
    )
    async def put_rule(self, info: Info, input: PutRuleInput) -> PutRuleResult:
        """One verb."""
        set_id = row_id(input.rule_set_id, "RuleSet", "ruleSetId")
        async with info.context.work() as work:
            row = await put_rule(work, set_id, input.rule.data(), seen_version=input.seen_version)
        return PutRulePayload(
            rule=await rule_in_set(info, set_id, row.code), rule_set=await rule_set_by_id(info, set_id)
        )

    @strawberry.mutation(extensions=[Guard(Action.MANAGE_RULES)], description="Take a rule out of a draft.")
    async def remove_rule(self, info: Info, input: RemoveRuleInput) -> RemoveRuleResult:
        """One verb."""
        set_id = row_id(input.rule_set_id, "RuleSet", "ruleSetId")
        async with info.context.work() as work:
            await remove_rule(work, set_id, input.code, seen_version=input.seen_version)
        return RemoveRulePayload(rule_set=await rule_set_by_id(info, set_id))

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_RULES)],
        description="Say what the classifier may do beside the rules of a draft.",
    )
    async def set_classifier_policy(self, info: Info, input: SetClassifierPolicyInput) -> SetClassifierPolicyResult:
        """One verb."""
        set_id = row_id(input.rule_set_id, "RuleSet", "ruleSetId")
        async with info.context.work() as work:
            await set_policy(work, set_id, input.policy.data(), seen_version=input.seen_version)
        return SetClassifierPolicyPayload(rule_set=await rule_set_by_id(info, set_id))

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_RULES)],
        description="Replace everything a draft says by a YAML document, all of it or nothing.",
    )
    async def import_rules(self, info: Info, input: ImportRulesInput) -> ImportRulesResult:
        """One verb."""
        set_id = row_id(input.rule_set_id, "RuleSet", "ruleSetId")
        async with info.context.work() as work:
            await import_yaml(work, set_id, input.yaml, seen_version=input.seen_version)
        return ImportRulesPayload(rule_set=await rule_set_by_id(info, set_id))

    @strawberry.mutation(extensions=[Guard(Action.MANAGE_RULES)], description="Give a draft up; it stays readable.")
    async def discard_rules(self, info: Info, input: DiscardRulesInput) -> DiscardRulesResult:
        """One verb."""
        set_id = row_id(input.rule_set_id, "RuleSet", "ruleSetId")
        async with info.context.work() as work:
            await discard_rules(work, set_id, input.reason, seen_version=input.seen_version)
        return DiscardRulesPayload(rule_set=await rule_set_by_id(info, set_id))

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_RULES)], description="Take into a draft what became active since it was made."
    )
    async def rebase_rules(self, info: Info, input: RebaseRulesInput) -> RebaseRulesResult:
        """One verb."""
        set_id = row_id(input.rule_set_id, "RuleSet", "ruleSetId")
        async with info.context.work() as work:
            await rebase_rules(work, set_id, seen_version=input.seen_version, keep=input.keep)
        return RebaseRulesPayload(rule_set=await rule_set_by_id(info, set_id))

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_RULES)],
        description="Close a draft that may act; refused with everything that is wrong with it.",
    )
    async def check_rules(self, info: Info, input: RuleSetInput) -> CheckRulesResult:
        """One verb."""
        set_id = row_id(input.rule_set_id, "RuleSet", "ruleSetId")
        async with info.context.work() as work:
            await check_rules(work, set_id, seen_version=input.seen_version)
        return CheckRulesPayload(rule_set=await rule_set_by_id(info, set_id))

    @strawberry.mutation(
        extensions=[Guard(Action.MANAGE_RULES)],
        description="Make a checked version a draft again; who agreed to it agreed to something else.",
    )
    async def reopen_rules(self, info: Info, input: RuleSetInput) -> ReopenRulesResult:
        """One verb."""
        set_id = row_id(input.rule_set_id, "RuleSet", "ruleSetId")
        async with info.context.work() as work:
            await reopen_rules(work, set_id, seen_version=input.seen_version)
        return ReopenRulesPayload(rule_set=await rule_set_by_id(info, set_id))

    @strawberry.mutation(
        extensions=[Guard(Action.ACTIVATE_RULES)],
        description="Let a checked version act, or propose it to a second person where the settings ask for two.",
    )
    async def activate_rules(self, info: Info, input: ActivateRulesInput) -> ActivateRulesResult:
        """One verb."""
        set_id = row_id(input.rule_set_id, "RuleSet", "ruleSetId")
        async with info.context.work() as work:
            await activate_rules(
                work, set_id, input.reason, seen_version=input.seen_version, effective_from=input.effective_from
            )
        return ActivateRulesPayload(rule_set=await rule_set_by_id(info, set_id))

    @strawberry.mutation(
        extensions=[Guard(Action.ACTIVATE_RULES)],
        description="Answer somebody else's proposal to activate; agreeing lets the version act.",
    )
    async def decide_activation(self, info: Info, input: DecideActivationInput) -> DecideActivationResult:
        """One verb."""
        set_id = row_id(input.rule_set_id, "RuleSet", "ruleSetId")
        async with info.context.work() as work:
            await decide_activation(
                work, set_id, agrees=input.agrees, seen_version=input.seen_version, reason=input.reason
            )
        return DecideActivationPayload(rule_set=await rule_set_by_id(info, set_id))
