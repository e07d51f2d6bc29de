"""Deciding which version serves: promotion, two people over the gate, one step back, the shadow, alarms."""

from typing import Annotated

import strawberry
from strawberry import relay

from complaints.classifiers import decide_release, promote, propose_release, roll_back, start_shadow, stop_shadow
from complaints.learning import reading
from complaints.learning.watching import acknowledge_alarm
from graph.context import Info
from graph.errors import BusyError, InvalidError, NotAllowedError, NotFoundError, NotSignedInError
from graph.fetch_learning import known_version, one_version, version_name
from graph.guard import Guard
from graph.ids import row_id
from graph.types.classifier import ClassifierAlarm, ClassifierVersion, ReleaseProposal
from rules.vocabulary import Action


@strawberry.input(description="Which version should serve, and why.")
class PromoteClassifierInput:
    """A version and a reason."""

    version: str
    reason: str


@strawberry.input(description="Which version should serve although the gate refused it, and why.")
class ProposeReleaseInput:
    """A version and a reason."""

    version: str
    reason: str


@strawberry.input(description="The second person's answer.")
class DecideReleaseInput:
    """Yes or no to a proposal."""

    id: relay.GlobalID
    agrees: bool


@strawberry.type
class PromoteClassifierPayload:
    """The version that serves now."""

    version: ClassifierVersion | None


@strawberry.type
class ProposeReleasePayload:
    """The proposal, waiting for somebody else."""

    proposal: ReleaseProposal | None


@strawberry.type
class DecideReleasePayload:
    """The decided proposal."""

    proposal: ReleaseProposal | None


@strawberry.type
class RollBackClassifierPayload:
    """The version that serves again."""

    version: ClassifierVersion | None


@strawberry.type
class StartShadowPayload:
    """The candidate that answers unseen now."""

    version: ClassifierVersion | None


@strawberry.type
class StopShadowPayload:
    """No candidate answers any more."""

    stopped: bool


@strawberry.type
class AcknowledgeAlarmPayload:
    """The alarm that somebody looked at."""

    alarm: ClassifierAlarm | None


PromoteClassifierResult = Annotated[
    PromoteClassifierPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("PromoteClassifierResult"),
]
ProposeReleaseResult = Annotated[
    ProposeReleasePayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("ProposeReleaseResult"),
]
DecideReleaseResult = Annotated[
    DecideReleasePayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("DecideReleaseResult"),
]
RollBackClassifierResult = Annotated[
    RollBackClassifierPayload | InvalidError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("RollBackClassifierResult"),
]
StartShadowResult = Annotated[
    StartShadowPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("StartShadowResult"),
]
StopShadowResult = Annotated[
    StopShadowPayload | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("StopShadowResult"),
]
AcknowledgeAlarmResult = Annotated[
    AcknowledgeAlarmPayload | InvalidError | NotFoundError | NotAllowedError | NotSignedInError | BusyError,
    strawberry.union("AcknowledgeAlarmResult"),
]


@strawberry.type
class ClassifierMutation:
    """`promoteClassifier`, `proposeRelease`, `decideRelease`, `rollBackClassifier`, `startShadow`, `stopShadow`,
    `acknowledgeAlarm`."""

    @strawberry.mutation(
        extensions=[Guard(Action.PROMOTE_CLASSIFIER)],
        description="Let a version serve that the gate passed; every process takes it over within seconds.",
    )
    async def promote_classifier(self, info: Info, input: PromoteClassifierInput) -> PromoteClassifierResult:
        """One verb."""
        async with info.context.work() as work:
            row = await promote(work, version_name(input.version), input.reason)
        return PromoteClassifierPayload(version=await known_version(info, row.version))

    @strawberry.mutation(
        extensions=[Guard(Action.PROMOTE_CLASSIFIER)],
        description="Ask for a version that the gate refused; it serves once somebody else agrees.",
    )
    async def propose_release(self, info: Info, input: ProposeReleaseInput) -> ProposeReleaseResult:
        """One verb."""
        async with info.context.work() as work:
            row = await propose_release(work, version_name(input.version), input.reason)
        found = await info.context.reader.one(reading.proposal(row.id))
        return ProposeReleasePayload(proposal=None if found is None else ReleaseProposal.of(found))

    @strawberry.mutation(
        extensions=[Guard(Action.PROMOTE_CLASSIFIER)],
        description="Answer somebody else's proposal; agreeing lets the version serve.",
    )
    async def decide_release(self, info: Info, input: DecideReleaseInput) -> DecideReleaseResult:
        """One verb."""
        async with info.context.work() as work:
            row = await decide_release(work, row_id(input.id, "ReleaseProposal"), agrees=input.agrees)
        found = await info.context.reader.one(reading.proposal(row.id))
        return DecideReleasePayload(proposal=None if found is None else ReleaseProposal.of(found))

    @strawberry.mutation(
        extensions=[Guard(Action.PROMOTE_CLASSIFIER)], description="Let the version before serve again, in one step."
    )
    async def roll_back_classifier(self, info: Info, reason: str) -> RollBackClassifierResult:
        """One verb."""
        async with info.context.work() as work:
            await roll_back(work, reason)
        return RollBackClassifierPayload(version=await one_version(info, reading.serving_version()))

    @strawberry.mutation(
        extensions=[Guard(Action.PROMOTE_CLASSIFIER)],
        description="Let a candidate answer beside the version in use, unseen; a shadow before it stops.",
    )
    async def start_shadow(self, info: Info, version: str) -> StartShadowResult:
        """One verb."""
        async with info.context.work() as work:
            row = await start_shadow(work, version_name(version))
        return StartShadowPayload(version=await known_version(info, row.version))

    @strawberry.mutation(
        extensions=[Guard(Action.PROMOTE_CLASSIFIER)], description="No candidate answers beside the version in use."
    )
    async def stop_shadow(self, info: Info) -> StopShadowResult:
        """One verb; also when there was none."""
        async with info.context.work() as work:
            await stop_shadow(work)
        return StopShadowPayload(stopped=True)

    @strawberry.mutation(extensions=[Guard(Action.PROMOTE_CLASSIFIER)], description="You looked at an alarm.")
    async def acknowledge_alarm(self, info: Info, id: relay.GlobalID) -> AcknowledgeAlarmResult:
        """One verb."""
        async with info.context.work() as work:
            row = await acknowledge_alarm(work, row_id(id, "ClassifierAlarm"))
        found = await info.context.reader.one(reading.alarm(row.id))
        return AcknowledgeAlarmPayload(alarm=None if found is None else ClassifierAlarm.of(found))
