"""Turning statements about rules into types: what hangs on their rows is read where the document asks for it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Executable

from complaints.rule_desk import reading, replay_reading
from complaints.rule_desk.rows import document_of
from graph.context import Info
from graph.selection import selected_names
from graph.types.rules import RoutingRule, RuleProposal, RuleSet, RuleSetEvent, rules_as_read
from graph.types.trials import RuleReplay
from rules.language import RuleDocument

_HISTORY_MAX = 200


async def rule_sets_of(info: Info, rows: Sequence[Any]) -> list[RuleSet]:
    """Versions with what the document asks for of them."""
    asked, reader, ids = selected_names(info), info.context.reader, [row.id for row in rows]
    rules: defaultdict[UUID, list[Any]] = defaultdict(list)
    if ids and "rules" in asked:
        for rule in await reader.rows(reading.rules_of_sets(ids)):
            rules[rule.rule_set_id].append(rule)
    history: defaultdict[UUID, list[RuleSetEvent]] = defaultdict(list)
    if ids and "history" in asked:
        for event in await reader.rows(reading.history(ids, _HISTORY_MAX)):
            history[event.rule_set_id].append(
                RuleSetEvent(
                    step=event.step, rule_code=event.rule_code, reason=event.reason, by=event.actor_name, at=event.at
                )
            )
    return [RuleSet.of(row, rules_as_read(info.context, rules[row.id]), history[row.id]) for row in rows]


async def one_rule_set(info: Info, statement: Executable) -> RuleSet | None:
    """The only version of a statement, or None."""
    return next(iter(await rule_sets_of(info, await info.context.reader.rows(statement))), None)


async def rule_set_by_id(info: Info, set_id: UUID) -> RuleSet | None:
    """A version that the actor may see, or None."""
    return await one_rule_set(info, reading.rule_set(info.context.actor, set_id))


async def document_by(info: Info, statement: Executable) -> tuple[int, RuleDocument] | None:
    """The number and the whole content of the only version of a statement, or None."""
    row = await info.context.reader.one(statement)
    if row is None:
        return None
    rules = await info.context.reader.rows(reading.rules_of_sets([row.id]))
    return row.number, document_of(row, rules)


async def rule_in_set(info: Info, set_id: UUID, code: str) -> RoutingRule | None:
    """One rule of a version, or None."""
    rows = await info.context.reader.rows(reading.rule_in_set(set_id, code))
    return next(iter(rules_as_read(info.context, rows)), None)


async def proposal_by_id(info: Info, proposal_id: UUID) -> RuleProposal | None:
    """A proposal that the actor may see, or None."""
    row = await info.context.reader.one(reading.rule_proposal(info.context.actor, proposal_id))
    return None if row is None else RuleProposal.of(info.context, row)


async def replay_by_id(info: Info, replay_id: UUID) -> RuleReplay | None:
    """A replay, or None."""
    row = await info.context.reader.one(replay_reading.replay(replay_id))
    return None if row is None else RuleReplay.of(row)
