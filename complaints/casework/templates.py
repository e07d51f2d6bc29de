"""Answers that an agency keeps ready, and what they say about a case."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from complaints.inputs import Problems
from complaints.knowledge import Knowledge
from complaints.refusals import Invalid, NotFound, Problem
from complaints.visibility import visible_templates
from complaints.work import Work
from models import AnswerTemplate
from rules.deadlines import local_date
from rules.templates import VARIABLES, unknown_variables
from rules.vocabulary import Action, TermKind

NAME_MAX = 100


async def put_template(work: Work, template_id: UUID | None, name: str, body: str) -> AnswerTemplate:
    """Write a new template of one's own agency (or the national desk), or change one.

    Raises `NotFound` for one of somebody else, and `Invalid` for name, text, an unknown variable or too many of them.
    """
    work.require(Action.MANAGE_TEMPLATES)
    problems = Problems()
    tidy_name = problems.text(name, "name", longest=NAME_MAX, shortest=1)
    tidy_body = problems.text(body, "body", longest=work.allowances.message_max, shortest=1)
    unknown = unknown_variables(tidy_body or "")
    if unknown:
        problems.add("body", "UNKNOWN_VARIABLE", unknown=", ".join(unknown), known=", ".join(VARIABLES))
    problems.settle()
    others = (await work.session.scalars(_own(work).with_for_update())).all()
    if any(other.name == tidy_name and other.id != template_id for other in others):
        raise Invalid(Problem("name", "NAME_TAKEN"))
    if template_id is None:
        most = work.allowances.templates_max
        if len(others) >= most:
            raise Invalid(Problem("name", "TOO_MANY", {"max": most, "length": len(others) + 1}))
        row = AnswerTemplate(id=work.new_id(), agency_id=work.actor.agency_id, created_by_id=work.actor.id)
        work.session.add(row)
    else:
        row = _among(others, template_id)
    row.name, row.body, row.changed_at = tidy_name or "", tidy_body or "", work.now
    return row


async def retire_template(work: Work, template_id: UUID) -> AnswerTemplate:
    """Take a template away; nothing is deleted. Raises `NotFound` for one of somebody else."""
    work.require(Action.MANAGE_TEMPLATES)
    row = _among((await work.session.scalars(_own(work).with_for_update())).all(), template_id)
    row.retired_at = work.now
    return row


def _own(work: Work) -> Select[AnswerTemplate]:
    return select(AnswerTemplate).where(
        AnswerTemplate.agency_id.is_not_distinct_from(work.actor.agency_id), AnswerTemplate.retired_at.is_(None)
    )


def _among(rows: Any, template_id: UUID) -> AnswerTemplate:
    found: AnswerTemplate | None = next((row for row in rows if row.id == template_id), None)
    if found is None:
        raise NotFound("AnswerTemplate", "id")
    return found


def templates(actor: Any) -> Select[Any]:
    """The templates that the actor may answer with, by name."""
    return (
        select(AnswerTemplate.__table__)
        .where(visible_templates(actor), AnswerTemplate.retired_at.is_(None))
        .order_by(AnswerTemplate.name, AnswerTemplate.id)
    )


def values_of(row: Any, title: str | None, knowledge: Knowledge) -> dict[str, str | None]:
    """What a case says for each variable. `row` is the case, `title` what its handlers call it."""

    def named(agency_id: UUID | None) -> str | None:
        return None if agency_id is None else knowledge.agency_rows[agency_id].name

    statuses = {term.code: term.label_id for term in knowledge.term_rows if term.kind is TermKind.STATUS}
    return {
        "kode": row.tracking_code,
        "judul": title,
        "nama_instansi": named(row.agency_id),
        "nama_unit": named(row.unit_id),
        "status": statuses.get(row.status),
        "tanggal_lapor": local_date(row.submitted_at).isoformat(),
        "batas_waktu": None if row.due_at is None else local_date(row.due_at).isoformat(),
    }
