"""Reading the rule desk: versions, proposals, trials, replays, special mechanisms."""

from datetime import datetime
from typing import Annotated

import anyio.to_thread
import strawberry
from strawberry import relay
from strawberry.scalars import JSON

from complaints.reader import cursor_of
from complaints.refusals import NotFound
from complaints.rule_desk import reading, replay_reading
from complaints.rule_desk.sets import field_of
from complaints.rule_desk.states import findings
from complaints.rule_desk.trying import Trial, compiled, try_rules
from complaints.rule_desk.watching import figures_of, figures_statement
from graph.context import Info
from graph.fetch_learning import page_of, size_of
from graph.fetch_rules import document_by, one_rule_set, replay_by_id, rule_set_by_id, rule_sets_of
from graph.guard import Guard
from graph.ids import optional_row_id, row_id
from graph.types.rules import (
    RuleAlarm,
    RuleFigure,
    RuleFinding,
    RuleProposal,
    RuleSet,
    RuleSetChanges,
    SpecialMechanism,
)
from graph.types.trials import ReplayMove, RuleReplay, RuleTrial, moves_as_read
from graph.wording_rules import fault
from rules.checking import RuleProblem
from rules.documents import diff, schema, to_yaml
from rules.language import ReporterFlag
from rules.vocabulary import Action, Channel, ProposalState, ReportType, RuleSetState

_NAMED_MAX = 50


@strawberry.type(description="A page of versions of the rules, the newest first.")
class RuleSetConnection(relay.Connection[RuleSet]):
    """By key."""


@strawberry.type(description="A page of proposed rules, the newest first.")
class RuleProposalConnection(relay.Connection[RuleProposal]):
    """By key."""


@strawberry.input(description="A report that might be filed. Only the text is needed.")
class TryRulesInput:
    """A `complaints.rule_desk.trying.Trial`."""

    text: str
    rule_set_id: relay.GlobalID | None = strawberry.field(default=None, description="Left out: the active version.")
    category_id: relay.GlobalID | None = None
    agency_id: relay.GlobalID | None = strawberry.field(default=None, description="As if the reporter chose it.")
    entry_agency_id: relay.GlobalID | None = None
    region_code: str | None = None
    place: str | None = None
    channel: Channel = Channel.WEB
    report_type: ReportType = ReportType.COMPLAINT
    reporter: list[ReporterFlag] = strawberry.field(default_factory=list)
    at: datetime | None = strawberry.field(default=None, description="Left out: now.")
    rules: list[str] = strawberry.field(
        default_factory=list, description="Codes of rules to be heard whatever came of them."
    )

    def trial(self, now: datetime) -> Trial:
        """The input as the trial takes it. Raises `Invalid` for an id of another type."""
        at = now if self.at is None else self.at
        return Trial(
            text=self.text,
            at=at if at.tzinfo is not None else at.replace(tzinfo=now.tzinfo),
            category_id=optional_row_id(self.category_id, "Category", "categoryId"),
            chosen_agency_id=optional_row_id(self.agency_id, "Agency", "agencyId"),
            entry_agency_id=optional_row_id(self.entry_agency_id, "Agency", "entryAgencyId"),
            region_code=self.region_code,
            place=self.place,
            channel=self.channel,
            report_type=self.report_type,
            reporter=frozenset(self.reporter),
        )


@strawberry.type
class RuleQuery:
    """Everything that reads about rules."""

    @strawberry.field(extensions=[Guard(Action.READ_RULES)], description="Versions of the rules, the newest first.")
    async def rule_sets(
        self,
        info: Info,
        states: list[RuleSetState] | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> RuleSetConnection:
        """A page; drafts for those who write them."""
        listing = reading.rule_sets(info.context.actor, states or ())
        page, page_info = await page_of(info, listing, first, after, last, before)
        nodes = await rule_sets_of(info, page.rows)
        edges = [relay.Edge(cursor=cursor_of(row), node=node) for row, node in zip(page.rows, nodes, strict=True)]
        return RuleSetConnection(edges=edges, page_info=page_info)

    @strawberry.field(
        extensions=[Guard(Action.READ_RULES)], description="One version; null: not there, or not yours to see."
    )
    async def rule_set(self, info: Info, id: relay.GlobalID) -> RuleSet | None:
        """With its rules and history."""
        return await rule_set_by_id(info, row_id(id, "RuleSet"))

    @strawberry.field(extensions=[Guard(Action.READ_RULES)], description="The version that decides now.")
    async def active_rule_set(self, info: Info) -> RuleSet | None:
        """Null before the reference data was loaded."""
        return await one_rule_set(info, reading.active_rule_set(info.context.actor))

    @strawberry.field(
        extensions=[Guard(Action.READ_RULES)], description="What version `to` does otherwise than version `from`."
    )
    async def rule_set_changes(
        self, info: Info, from_: Annotated[int, strawberry.argument(name="from")], to: int
    ) -> RuleSetChanges:
        """Rules by code. Raises `NotFound`."""
        actor = info.context.actor
        before = await document_by(info, reading.rule_set_by_number(actor, from_))
        after = await document_by(info, reading.rule_set_by_number(actor, to))
        if before is None:
            raise NotFound("RuleSet", "from")
        if after is None:
            raise NotFound("RuleSet", "to")
        return RuleSetChanges.of(diff(before[1], after[1]))

    @strawberry.field(
        extensions=[Guard(Action.READ_RULES)], description="A version as YAML, for review in git; null: not there."
    )
    async def rule_set_yaml(self, info: Info, id: relay.GlobalID) -> str | None:
        """As `importRules` reads it."""
        found = await document_by(info, reading.rule_set(info.context.actor, row_id(id, "RuleSet")))
        return None if found is None else await anyio.to_thread.run_sync(to_yaml, found[1])

    @strawberry.field(extensions=[Guard(Action.READ_RULES)], description="The JSON Schema of a version as a document.")
    def rule_schema(self) -> JSON:
        """As it is published in docs/rules.schema.json."""
        return JSON(schema())

    @strawberry.field(
        extensions=[Guard(Action.MANAGE_RULES)],
        description="What keeps a version from acting today, and which of its rules never decide.",
    )
    async def rule_findings(self, info: Info, rule_set_id: relay.GlobalID) -> list[RuleFinding]:
        """Problems first. Raises `NotFound`."""
        async with info.context.work() as work:
            problems, warnings = await findings(work, row_id(rule_set_id, "RuleSet", "ruleSetId"))
        return [
            *(_finding(problem, is_warning=False) for problem in problems),
            *(_finding(problem, is_warning=True) for problem in warnings),
        ]

    @strawberry.field(
        extensions=[Guard(Action.READ_RULES)],
        description="What a version would do with a report: every condition, the winner, and why others lost.",
    )
    async def try_rules(self, info: Info, input: TryRulesInput) -> RuleTrial:
        """Nothing is stored. Raises `Invalid` and `NotFound`."""
        context, tools = info.context, info.context.tools
        trial = input.trial(tools.workshop.clock())
        trial.checked(tools.workshop.allowances, context.knowledge)
        set_id = optional_row_id(input.rule_set_id, "RuleSet", "ruleSetId")
        rule_set = context.knowledge.rules
        if set_id is not None:
            found = await document_by(info, reading.rule_set(context.actor, set_id))
            if found is None:
                raise NotFound("RuleSet", "ruleSetId")
            rule_set = await anyio.to_thread.run_sync(compiled, found[1], found[0])
        advice = await tools.adviser.advise(trial.question(context.knowledge))
        tried = await anyio.to_thread.run_sync(
            try_rules, trial, advice, rule_set, context.knowledge, input.rules[:_NAMED_MAX]
        )
        return RuleTrial.of(context, rule_set.version, tried)

    @strawberry.field(extensions=[Guard(Action.MANAGE_RULES)], description="Replays, the newest first.")
    async def rule_replays(
        self, info: Info, rule_set_id: relay.GlobalID | None = None, first: int = 20
    ) -> list[RuleReplay]:
        """Of one draft, or of all."""
        set_id = optional_row_id(rule_set_id, "RuleSet", "ruleSetId")
        rows = await info.context.reader.rows(replay_reading.replays(set_id, size_of(info, first)))
        return [RuleReplay.of(row) for row in rows]

    @strawberry.field(extensions=[Guard(Action.MANAGE_RULES)], description="One replay; null: not there.")
    async def rule_replay(self, info: Info, id: relay.GlobalID) -> RuleReplay | None:
        """With its report once it is done."""
        return await replay_by_id(info, row_id(id, "RuleReplay"))

    @strawberry.field(
        extensions=[Guard(Action.MANAGE_RULES)],
        description="Complaints that a replay would move, behind a number: export them page by page.",
    )
    async def rule_replay_moves(
        self, info: Info, id: relay.GlobalID, after: int = 0, first: int = 100
    ) -> list[ReplayMove]:
        """In the order in which they came in."""
        statement = replay_reading.moves(row_id(id, "RuleReplay"), after, size_of(info, first))
        return moves_as_read(await info.context.reader.rows(statement))

    @strawberry.field(
        extensions=[Guard(Action.PROPOSE_RULES)],
        description="Proposed rules, the newest first; an agency sees those for itself.",
    )
    async def rule_proposals(
        self,
        info: Info,
        states: list[ProposalState] | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> RuleProposalConnection:
        """A page; the open ones when no state is named."""
        listing = reading.rule_proposals(info.context.actor, states or (ProposalState.OPEN,))
        page, page_info = await page_of(info, listing, first, after, last, before)
        edges = [relay.Edge(cursor=cursor_of(row), node=RuleProposal.of(info.context, row)) for row in page.rows]
        return RuleProposalConnection(edges=edges, page_info=page_info)

    @strawberry.field(
        extensions=[Guard(Action.READ_RULES)],
        description="How each active rule did in a time, in the order of the rules.",
    )
    async def rule_figures(
        self,
        info: Info,
        decided_from: Annotated[datetime | None, strawberry.argument(name="from")] = None,
        decided_to: Annotated[datetime | None, strawberry.argument(name="to", description="Exclusive.")] = None,
    ) -> list[RuleFigure]:
        """One that never fired has zeros."""
        rows = await info.context.reader.rows(figures_statement(decided_from, decided_to))
        codes = [rule.code for rule in info.context.knowledge.rules.rules]
        return [RuleFigure.of(figure) for figure in figures_of(rows, codes)]

    @strawberry.field(
        extensions=[Guard(Action.READ_RULES)],
        description="What about active rules somebody should look at, newest first.",
    )
    async def rule_alarms(self, info: Info, only_open: bool = True, first: int = 20) -> list[RuleAlarm]:
        """The newest so many."""
        statement = replay_reading.alarms(only_open=only_open, count=size_of(info, first))
        return [RuleAlarm.of(row) for row in await info.context.reader.rows(statement)]

    @strawberry.field(extensions=[Guard(Action.READ_RULES)], description="Special mechanisms, the newest first.")
    async def special_mechanisms(self, info: Info) -> list[SpecialMechanism]:
        """Those that ended too."""
        return [SpecialMechanism.of(row) for row in await info.context.reader.rows(reading.mechanisms())]


def _finding(problem: RuleProblem, *, is_warning: bool) -> RuleFinding:
    said = fault(problem)
    return RuleFinding(
        field=field_of(problem),
        code=str(problem.code),
        message=said.indonesian,
        message_en=said.english,
        is_warning=is_warning,
    )
