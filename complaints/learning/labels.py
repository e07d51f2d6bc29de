"""Labels by data staff: on what the classifier was unsure of, and on what was probably labelled wrongly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Float, Select, cast, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from complaints.inputs import optional_text
from complaints.learning.datasets import ready_dataset
from complaints.policy import SUPERVISION
from complaints.refusals import Invalid, NotFound, Problem
from complaints.work import Work
from models import Agency, Category, Complaint, Dataset, LabelDoubt, Suggestion, TrainingLabel
from rules.vocabulary import Action, DoubtOutcome, DoubtReason, Status

if TYPE_CHECKING:
    # It brings scikit-learn along, which only the process that checks needs.
    from ml.quality import Doubt

CHECK_LABELS = "learning.check_labels"
# Of complaints that look alike to the classifier the first few teach most.
MOST_OF_ONE_KIND = 3


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a complaint should teach. An excluded one teaches nothing; otherwise at least one answer is given."""

    category_id: UUID | None = None
    agency_id: UUID | None = None
    is_excluded: bool = False
    reason: str | None = None


async def give_label(work: Work, complaint_id: UUID, lesson: Lesson) -> TrainingLabel:
    """Note what a complaint teaches; the complaint itself and its clocks stay as they are.

    Raises `NotFound`, and `Invalid` for a lesson that says nothing or an ended category or agency.
    """
    work.require(Action.LABEL_EXAMPLES)
    complaint = await work.session.get(Complaint, complaint_id)
    if complaint is None or complaint.is_secret or complaint.classification in SUPERVISION:
        raise NotFound("Complaint", "id")
    if not lesson.is_excluded and lesson.category_id is None and lesson.agency_id is None:
        raise Invalid(Problem("categoryId", "REQUIRED"))
    if lesson.category_id is not None:
        await work.one(Category, lesson.category_id, field="categoryId")
    if lesson.agency_id is not None:
        await work.one(Agency, lesson.agency_id, field="agencyId")
    row = TrainingLabel(
        id=work.new_id(),
        complaint_id=complaint_id,
        category_id=lesson.category_id,
        agency_id=lesson.agency_id,
        is_excluded=lesson.is_excluded,
        reason=optional_text(lesson.reason, "reason", work.allowances.message_max),
        given_by_id=work.actor.id,
        given_at=work.now,
    )
    work.session.add(row)
    return row


async def request_check(work: Work, dataset_id: UUID) -> Dataset:
    """Have the labels of a data set looked at. Raises `NotFound`, `Invalid` while it is not built."""
    work.require(Action.LABEL_EXAMPLES)
    row = await ready_dataset(work, dataset_id, field="datasetId")
    row.check_requested_at, row.checked_at = work.now, None
    await work.later(CHECK_LABELS, lock=str(row.id), dataset_id=str(row.id))
    return row


async def keep_doubts(work: Work, dataset_id: UUID, doubts: "Sequence[tuple[str, Doubt]]") -> None:
    """Store what a check found, each with its target; what was settled before stays settled."""
    row = await work.session.get_one(Dataset, dataset_id, with_for_update=True)
    row.checked_at = work.now
    found = [
        {
            "id": work.new_id(),
            "dataset_id": dataset_id,
            "complaint_id": _complaint_id(doubt.id),
            "example_id": doubt.id,
            "target": target,
            "given_label": doubt.given,
            "likely_label": doubt.likely,
            "score": doubt.score,
            "reason": DoubtReason(doubt.reason),
            "neighbours": [
                {"id": near.id, "label": near.label, "similarity": round(near.similarity, 4)}
                for near in doubt.neighbours
            ],
        }
        for target, doubt in doubts
    ]
    if found:
        await work.session.execute(insert(LabelDoubt).on_conflict_do_nothing(), found)


async def settle_doubt(work: Work, doubt_id: UUID, outcome: DoubtOutcome, lesson: Lesson) -> LabelDoubt:
    """Answer a doubt: the label stays, or the complaint teaches something else, or nothing.

    Raises `NotFound`, `Invalid` when it was answered before, and what `give_label` raises. A row of imported history
    can be kept or excluded only with its source.
    """
    work.require(Action.LABEL_EXAMPLES)
    row = await work.session.get(LabelDoubt, doubt_id, with_for_update=True)
    if row is None:
        raise NotFound("LabelDoubt", "id")
    if row.settled_at is not None:
        raise Invalid(Problem("id", "ALREADY_DECIDED"))
    if outcome is not DoubtOutcome.KEPT:
        if row.complaint_id is None:
            raise Invalid(Problem("outcome", "ONLY_OWN_COMPLAINTS"))
        excluded = outcome is DoubtOutcome.EXCLUDED
        answer = Lesson(
            None if excluded else lesson.category_id,
            None if excluded else lesson.agency_id,
            excluded,
            lesson.reason,
        )
        await give_label(work, row.complaint_id, answer)
    row.outcome, row.settled_at, row.settled_by_id = outcome, work.now, work.actor.id
    return row


def open_doubts(dataset_id: UUID, target: str | None, count: int) -> Select[Any]:
    """The most doubtful labels of a data set that nobody answered yet."""
    statement = (
        select(LabelDoubt.__table__)
        .where(LabelDoubt.dataset_id == dataset_id, LabelDoubt.settled_at.is_(None))
        .order_by(LabelDoubt.score.desc(), LabelDoubt.id)
        .limit(count)
    )
    return statement if target is None else statement.where(LabelDoubt.target == target)


def uncertain_first(count: int) -> Select[Any]:
    """Undecided complaints the serving version was least sure of, spread over what it took them for.

    Columns: id of the complaint, its first proposed category as `label`, `confidence`, and `at`.
    """
    first = Suggestion.categories[0]
    confidence = cast(first["confidence"].astext, Float)
    label = first["label"].astext
    answered = exists().where(TrainingLabel.complaint_id == Suggestion.complaint_id)
    ranked = (
        select(
            Suggestion.complaint_id.label("id"),
            label.label("label"),
            confidence.label("confidence"),
            Suggestion.at,
            func.row_number().over(partition_by=label, order_by=(confidence, Suggestion.complaint_id)).label("place"),
        )
        .join(Complaint, Complaint.id == Suggestion.complaint_id)
        .where(
            ~Suggestion.is_shadow,
            ~Suggestion.is_sure_of_category,
            Suggestion.decided_at.is_(None),
            # An archived report was decided as well, as no case for anybody.
            Complaint.status != Status.ARCHIVED,
            func.jsonb_array_length(Suggestion.categories) > 0,
            ~Complaint.is_secret,
            Complaint.classification.is_(None) | Complaint.classification.not_in(SUPERVISION),
            ~answered,
        )
        .subquery()
    )
    return (
        select(ranked.c.id, ranked.c.label, ranked.c.confidence, ranked.c.at)
        .where(ranked.c.place <= MOST_OF_ONE_KIND)
        .order_by(ranked.c.confidence, ranked.c.id)
        .limit(count)
    )


def _complaint_id(example_id: str) -> UUID | None:
    try:
        return UUID(example_id)
    except ValueError:
        return None
