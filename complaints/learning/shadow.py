"""A candidate answers beside the version in use: what it would have said, and what people then decided."""

from dataclasses import dataclass
from typing import Any

import anyio.to_thread
from sqlalchemy import Executable, Integer, Row, and_, cast, func, select
from sqlalchemy.orm import aliased

from complaints.learning.watching import Share
from complaints.policy import SYSTEM
from complaints.suggest import Adviser, Question, keep_shadow
from complaints.work import Workshop
from models import ClassifierVersion, Complaint, ComplaintText, Suggestion
from rules.lifecycle import AWAITING_VERIFICATION

# How many complaints one turn answers; the next turn goes on.
BATCH = 200


async def answer_in_shadow(workshop: Workshop, adviser: Adviser) -> int:
    """Ask the candidate about what came in since it began and nobody decided yet; gives how many it answered."""
    name = adviser.shadow_version
    if name is None:
        return 0
    async with workshop.work(SYSTEM) as work:
        statement = select(ClassifierVersion.id, ClassifierVersion.shadow_since).where(
            ClassifierVersion.version == name, ClassifierVersion.is_shadow
        )
        candidate = (await work.session.execute(statement)).one_or_none()
        if candidate is None:
            return 0
        theirs = aliased(Suggestion)
        answered = select(theirs.id).where(
            theirs.complaint_id == Complaint.id, theirs.classifier_version_id == candidate.id
        )
        shown = select(theirs.id).where(theirs.complaint_id == Complaint.id, ~theirs.is_shadow)
        waiting = (
            select(Complaint, ComplaintText)
            .join(ComplaintText, ComplaintText.complaint_id == Complaint.id)
            .where(
                Complaint.submitted_at >= candidate.shadow_since,
                Complaint.status.in_(AWAITING_VERIFICATION),
                ~answered.exists(),
                # Beside the version in use, never before it: once promoted it may be asked about this one in earnest.
                shown.exists(),
            )
            .order_by(Complaint.submitted_at, Complaint.id)
            .limit(BATCH)
            # Whoever works on a complaint at this moment comes first.
            .with_for_update(of=Complaint, skip_locked=True)
        )
        rows = (await work.session.execute(waiting)).all()
        questions = [Question(text.original_body, text.original_title, text.place) for _, text in rows]
        answers = await anyio.to_thread.run_sync(adviser.shadow_now, questions)
        for (complaint, _), answer in zip(rows, answers, strict=False):
            keep_shadow(work, complaint, answer)
        return len(answers)


@dataclass(frozen=True, slots=True)
class ShadowFigures:
    """How a candidate did beside the version in use, on the same complaints.

    `agreed` is of all that both answered; the others are of those that people decided.
    """

    agreed_on_category: Share
    agreed_on_agency: Share
    category_right: Share
    category_right_in_use: Share
    agency_right: Share
    agency_right_in_use: Share


def shadow_statement(version: str) -> Executable:
    """Both answers of each complaint side by side, counted; give the row to `shadow_figures_of`."""
    candidate, used = aliased(Suggestion), aliased(Suggestion)
    decided = candidate.decided_at.is_not(None)

    def count(condition: Any) -> Any:
        return func.coalesce(func.sum(cast(condition, Integer)), 0)

    return (
        select(
            func.count().label("both"),
            count(candidate.categories[0]["label"] == used.categories[0]["label"]).label("same_category"),
            count(candidate.agencies[0]["label"] == used.agencies[0]["label"]).label("same_agency"),
            count(decided).label("decided"),
            count(and_(decided, func.coalesce(candidate.category_rank, 0) == 1)).label("category"),
            count(and_(decided, func.coalesce(used.category_rank, 0) == 1)).label("category_in_use"),
            count(and_(decided, func.coalesce(candidate.agency_rank, 0) == 1)).label("agency"),
            count(and_(decided, func.coalesce(used.agency_rank, 0) == 1)).label("agency_in_use"),
        )
        .select_from(candidate)
        .join(ClassifierVersion, ClassifierVersion.id == candidate.classifier_version_id)
        .join(used, and_(used.complaint_id == candidate.complaint_id, ~used.is_shadow))
        .where(candidate.is_shadow, ClassifierVersion.version == version)
    )


def shadow_figures_of(row: Row[Any]) -> ShadowFigures:
    """The figures of `shadow_statement`."""
    return ShadowFigures(
        agreed_on_category=Share.of(int(row.same_category), row.both),
        agreed_on_agency=Share.of(int(row.same_agency), row.both),
        category_right=Share.of(int(row.category), int(row.decided)),
        category_right_in_use=Share.of(int(row.category_in_use), int(row.decided)),
        agency_right=Share.of(int(row.agency), int(row.decided)),
        agency_right_in_use=Share.of(int(row.agency_in_use), int(row.decided)),
    )
