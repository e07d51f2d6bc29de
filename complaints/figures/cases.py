"""The cases behind a number: the complaints that a figure counted, as far as the actor may read them."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, true

from complaints.figures.asking import FigureQuestion, answerable
from complaints.figures.reach import ReachOf
from complaints.figures.statements import (
    Counting,
    conditions,
    ends_of,
    is_open_at,
    lines_of,
    open_value,
    within,
)
from complaints.knowledge import Knowledge
from complaints.policy import Actor, readable
from complaints.reader import Listing, Order
from complaints.reading import cases
from complaints.work import Allowances
from models import Complaint, ComplaintSpan
from models import ComplaintFact as Fact
from rules.figure_table import FIGURES
from rules.figures import Entry, Figure, Unit, every

# Values of entries whose meaning is more than their size lie below this.
_VALUES = range(100)


class CasesPart(StrEnum):
    """Which cases of a figure: those it counted or was worked out from, or the two sides of a share."""

    COUNTED = "COUNTED"
    HITS = "HITS"
    MISSES = "MISSES"


def cases_of(
    actor: Actor,
    question: FigureQuestion,
    part: CasesPart,
    knowledge: Knowledge,
    now: datetime,
    allowed: Allowances,
) -> Listing:
    """The cases of the one figure of a question, the newest first.

    As many as the figure says, when the actor may read all of them. Raises `Invalid`.
    """
    question = answerable(replace(question, group_by=(), compares=False, order_by=None), actor, now, allowed)
    figure = FIGURES[question.figures[0]]
    counting = Counting(question, ReachOf(actor), knowledge, now)
    return Listing(
        _limited(cases(actor), counting, figure, part).where(readable(actor)),
        Order(Complaint.submitted_at, Complaint.id, descending=True),
    )


def _limited(statement: Select[tuple[()]], counting: Counting, figure: Figure, part: CasesPart) -> Select[tuple[()]]:
    joined = statement.join(Fact, Fact.complaint_id == Complaint.id)
    mine = (Fact.agency_id, Fact.unit_id)
    if figure.entry is Entry.OPEN:
        ends = ends_of(counting)
        return (
            joined.join(ComplaintSpan, ComplaintSpan.complaint_id == Complaint.id)
            .join(ends, is_open_at(ends.c.end))
            .where(*conditions(counting, mine), _holds(open_value(ends), figure, part))
        )
    if figure.entry is Entry.RETURNED:
        whose = (Fact.returned_by_id, Fact.returned_by_unit_id)
        return joined.where(*conditions(counting, whose), within(counting, figure.entry, Fact.returned_at))
    at, value = lines_of(counting)[figure.entry]
    return joined.where(*conditions(counting, mine), within(counting, figure.entry, at), _holds(value, figure, part))


def _holds(value: ColumnElement[int], figure: Figure, part: CasesPart) -> ColumnElement[bool]:
    """Whether an entry of this value is among the wanted cases."""
    if part is CasesPart.COUNTED and figure.unit is not Unit.COUNT:
        return true()
    if part is not CasesPart.MISSES and figure.holds is every:
        return true()
    return value.in_([one for one in _VALUES if figure.holds(one) is (part is not CasesPart.MISSES)])
