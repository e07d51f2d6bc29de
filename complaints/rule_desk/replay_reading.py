"""What admins see of replays and of rules at work: statements for those who write and watch rules."""

from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Select, select
from sqlalchemy.orm import aliased

from models import RuleAlarm, RuleReplay, RuleReplayMove, RuleSet


def replays(set_id: UUID | None, count: int) -> Executable:
    """The newest replays, of one draft or of all."""
    statement = _replays().order_by(RuleReplay.requested_at.desc(), RuleReplay.id.desc()).limit(count)
    return statement if set_id is None else statement.where(RuleReplay.rule_set_id == set_id)


def replay(replay_id: UUID) -> Select[Any]:
    """One replay."""
    return _replays().where(RuleReplay.id == replay_id)


def moves(replay_id: UUID, after: int, count: int) -> Executable:
    """The complaints that would move, behind a number, in their order."""
    return (
        select(RuleReplayMove.__table__)
        .where(RuleReplayMove.rule_replay_id == replay_id, RuleReplayMove.number > after)
        .order_by(RuleReplayMove.number)
        .limit(count)
    )


def alarms(*, only_open: bool, count: int) -> Executable:
    """Alarms about rules, the newest first."""
    statement = select(RuleAlarm.__table__).order_by(RuleAlarm.raised_at.desc(), RuleAlarm.id.desc()).limit(count)
    return statement.where(RuleAlarm.acknowledged_at.is_(None)) if only_open else statement


def alarm(alarm_id: UUID) -> Select[Any]:
    """One alarm."""
    return select(RuleAlarm.__table__).where(RuleAlarm.id == alarm_id)


def _replays() -> Select[Any]:
    asked, against = aliased(RuleSet), aliased(RuleSet)
    return (
        select(RuleReplay.__table__, asked.number.label("rule_set_number"), against.number.label("against_number"))
        .join(asked, asked.id == RuleReplay.rule_set_id)
        .join(against, against.id == RuleReplay.against_id)
    )
