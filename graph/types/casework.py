"""Around a case: why a clock is due when it is, who has it open, answers kept ready, and what bulk work did."""

from datetime import date, datetime
from typing import Any, Self

import strawberry
from sqlalchemy import Row
from strawberry import relay

from complaints.casework.bulk import Outcome
from complaints.clocks import pauses_of
from complaints.knowledge import Knowledge
from graph.context import Context
from graph.errors import UserError, told
from graph.types.catalogue import Agency, agency_of
from rules.clock_words import explain
from rules.deadlines import LimitUnit, local_date
from rules.templates import VARIABLES
from rules.vocabulary import Role


@strawberry.type(description="A day from Monday to Friday on which nobody worked; a decree may have no name here.")
class DayOff:
    """A `DayOff`."""

    on: date
    name: str | None
    name_en: str | None


@strawberry.type(description="A clock stood still; `moved` says by how much its due date moved, in the unit.")
class ClockPause:
    """A `PauseShown`."""

    since: datetime
    until: datetime
    moved: int


@strawberry.type(description="Why a clock is due when it is. The sentence is Indonesian, `sentenceEn` English.")
class ClockExplanation:
    """An `Explanation`."""

    sentence: str
    sentence_en: str
    value: int
    unit: LimitUnit
    days_off: list[DayOff]
    extra_working_days: list[date]
    pauses: list[ClockPause]

    @classmethod
    def of(cls, knowledge: Knowledge, row: Row[Any]) -> Self | None:
        """Worked out anew from the row; None when its rule has gone from the table."""
        limit = knowledge.limit_of(row.rule_code, local_date(row.started_at))
        if limit is None:
            return None
        said = explain(row.started_at, limit, pauses_of(row.pauses), row.paused_at, knowledge.calendar)
        return cls(
            sentence=said.sentence_id,
            sentence_en=said.sentence_en,
            value=limit.value,
            unit=limit.unit,
            days_off=[DayOff(on=day.on, name=day.name_id, name_en=day.name_en) for day in said.days_off],
            extra_working_days=list(said.extra_days),
            pauses=[ClockPause(since=one.since, until=one.until, moved=one.moved) for one in said.pauses],
        )


@strawberry.type(description="Somebody of the staff who has a case open; the name only among colleagues.")
class CasePresence:
    """A row of `case_presence`."""

    role: Role
    agency: Agency | None
    name: str | None
    is_me: bool
    opened_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, context: Context, row: Row[Any]) -> Self:
        """The row as its reader sees it."""
        return cls(
            role=row.role,
            agency=agency_of(context, row.agency_id),
            name=row.name,
            is_me=bool(row.is_me),
            opened_at=row.opened_at,
            expires_at=row.expires_at,
        )


@strawberry.type(description="An answer kept ready; `{kode}` and the like are filled in for a case.")
class AnswerTemplate:
    """A row of `answer_template`."""

    id: relay.GlobalID
    name: str
    body: str
    agency: Agency | None = strawberry.field(description="Null: of the national desk, for everybody.")
    changed_at: datetime

    @classmethod
    def of(cls, context: Context, row: Any) -> Self:
        """A row or a mapped object."""
        return cls(
            id=relay.GlobalID("AnswerTemplate", str(row.id)),
            name=row.name,
            body=row.body,
            agency=agency_of(context, row.agency_id),
            changed_at=row.changed_at,
        )


@strawberry.type(description="A variable that templates may have.")
class TemplateVariable:
    """An entry of `VARIABLES`."""

    name: str
    meaning: str
    meaning_en: str

    @classmethod
    def every(cls) -> list[Self]:
        """All of them."""
        return [cls(name=name, meaning=said[0], meaning_en=said[1]) for name, said in VARIABLES.items()]


@strawberry.type(description="What became of one item: its new version, or why it was refused.")
class BulkOutcome:
    """An `Outcome`."""

    id: relay.GlobalID
    version: int | None
    refusal: UserError | None

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """With the refusal worded."""
        return cls(
            id=relay.GlobalID("Complaint", str(outcome.id)),
            version=outcome.version,
            refusal=None if outcome.refusal is None else told(outcome.refusal),
        )
