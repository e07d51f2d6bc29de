"""Which decisions go into a data set, and what each of them teaches."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Executable, Row, Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from complaints.knowledge import Knowledge
from complaints.policy import SUPERVISION
from ml.dataset import Example
from models import Complaint, ComplaintText, HistoryExample, TrainingLabel
from rules.deadlines import JAKARTA, local_date
from rules.places import full_name
from rules.vocabulary import Classification, ReportType, Screening, Status

# What an archived report teaches about noise, by the reason it was archived for; other reasons teach nothing.
NOISE_OF_REASON: Mapping[str, Screening] = MappingProxyType(
    {
        "TIDAK_JELAS": Screening.EMPTY,
        "ISENG_SPAM": Screening.EMPTY,
        "SARA_KASAR": Screening.ABUSIVE,
        "KESALAHAN_FORMAT": Screening.REPLY,
        "SWASTA_PRIBADI": Screening.WRONG_ADDRESSEE,
        "TIDAK_RELEVAN": Screening.WRONG_ADDRESSEE,
    }
)
_TYPE_OF_CLASS: Mapping[Classification, ReportType] = MappingProxyType(
    {
        Classification.ASPIRATION: ReportType.ASPIRATION,
        Classification.INFORMATION_REQUEST: ReportType.INFORMATION_REQUEST,
    }
)
# The source that examples from our own work carry; histories have names of their own.
WORK_SOURCE = "salur"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What goes into a data set. Days are of submission, in Jakarta; `day_to` is the first day after.

    `agencies` and `excluded_categories` are codes of what was decided in the end, `history` names sources of imported
    history; empty agencies mean all. Agencies choose among our own complaints only: history names none of a place.
    Secret and supervision-grade complaints never go in.
    """

    day_from: date | None = None
    day_to: date | None = None
    agencies: tuple[str, ...] = ()
    with_work: bool = True
    history: tuple[str, ...] = ()
    excluded_categories: tuple[str, ...] = ()
    excluded_complaints: tuple[UUID, ...] = ()

    def data(self) -> dict[str, Any]:
        """As it is stored."""
        stored = asdict(self)
        for day in ("day_from", "day_to"):
            stored[day] = None if stored[day] is None else stored[day].isoformat()
        stored["excluded_complaints"] = [str(complaint_id) for complaint_id in self.excluded_complaints]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in stored.items()}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """What `data` stored."""
        return cls(
            day_from=None if stored["day_from"] is None else date.fromisoformat(stored["day_from"]),
            day_to=None if stored["day_to"] is None else date.fromisoformat(stored["day_to"]),
            agencies=tuple(stored["agencies"]),
            with_work=stored["with_work"],
            history=tuple(stored["history"]),
            excluded_categories=tuple(stored["excluded_categories"]),
            excluded_complaints=tuple(UUID(complaint_id) for complaint_id in stored["excluded_complaints"]),
        )


def work_statement(recipe: Recipe, knowledge: Knowledge) -> Executable:
    """The decided complaints of a recipe, oldest first, each with its texts and its newest training label."""
    label = (
        select(TrainingLabel.__table__)
        .ext(distinct_on(TrainingLabel.complaint_id))
        .order_by(TrainingLabel.complaint_id, TrainingLabel.id.desc())
        .subquery("label")
    )
    decided = or_(
        Complaint.verified_at.is_not(None),
        label.c.id.is_not(None),
        and_(Complaint.status == Status.ARCHIVED, Complaint.archive_reason.in_(NOISE_OF_REASON)),
    )
    conditions = [
        decided,
        ~Complaint.is_secret,
        Complaint.classification.is_(None) | Complaint.classification.not_in(SUPERVISION),
        label.c.is_excluded.is_not(True),
    ]
    if recipe.day_from is not None:
        conditions.append(Complaint.submitted_at >= _midnight(recipe.day_from))
    if recipe.day_to is not None:
        conditions.append(Complaint.submitted_at < _midnight(recipe.day_to))
    if recipe.agencies:
        chosen = [knowledge.agency_ids[code] for code in recipe.agencies]
        decided_agency = func.coalesce(label.c.agency_id, Complaint.agency_id)
        conditions.append(or_(decided_agency.in_(chosen), Complaint.unit_id.in_(chosen)))
    for code in recipe.excluded_categories:
        below = knowledge.category_and_below(knowledge.category_ids[code])
        decided_category = func.coalesce(label.c.category_id, Complaint.category_id)
        conditions.append(decided_category.is_(None) | decided_category.not_in(below))
    if recipe.excluded_complaints:
        conditions.append(Complaint.id.not_in(recipe.excluded_complaints))
    return (
        select(
            Complaint.id,
            Complaint.verified_at,
            Complaint.archive_reason,
            Complaint.category_id,
            Complaint.agency_id,
            Complaint.unit_id,
            Complaint.classification,
            Complaint.urgency,
            Complaint.region_code,
            Complaint.submitted_at,
            ComplaintText.original_body,
            ComplaintText.title,
            label.c.category_id.label("label_category_id"),
            label.c.agency_id.label("label_agency_id"),
        )
        .join(ComplaintText, ComplaintText.complaint_id == Complaint.id)
        .join(label, label.c.complaint_id == Complaint.id, isouter=True)
        .where(*conditions)
        .order_by(Complaint.submitted_at, Complaint.id)
    )


def history_statement(recipe: Recipe) -> Select[Any]:
    """The imported history of a recipe, in a fixed order."""
    table = HistoryExample
    statement = select(table.__table__).where(table.source.in_(recipe.history)).order_by(table.source, table.id)
    if recipe.day_from is not None:
        statement = statement.where(table.decided_on >= recipe.day_from)
    if recipe.day_to is not None:
        statement = statement.where(table.decided_on < recipe.day_to)
    for code in recipe.excluded_categories:
        is_below = or_(table.category == code, table.category.startswith(f"{code}.", autoescape=True))
        statement = statement.where(table.category.is_(None) | ~is_below)
    return statement


def example_of_work(row: Row[Any], knowledge: Knowledge) -> Example:
    """What a decided complaint teaches, its texts not masked yet; its place is no finer than a district."""
    # Archived as noise after all: what was verified before is taken back.
    verified = row.verified_at is not None and row.archive_reason not in NOISE_OF_REASON
    category_id = row.label_category_id or (row.category_id if verified else None)
    agency_id = row.label_agency_id or (row.agency_id if verified else None)
    unit_id = row.unit_id if verified and row.label_agency_id is None else None
    category = None if category_id is None else knowledge.category_codes[category_id]
    teaches = verified or row.label_category_id is not None or row.label_agency_id is not None
    return Example(
        id=str(row.id),
        text=row.original_body,
        title=row.title if verified else None,
        category_main=None if category is None else category.partition(".")[0],
        category=category,
        agency=agency_label(knowledge, agency_id, unit_id),
        location=None if row.region_code is None else full_name(row.region_code),
        date=local_date(row.submitted_at).isoformat(),
        report_type=str(_TYPE_OF_CLASS.get(row.classification, ReportType.COMPLAINT)) if verified else None,
        urgency=str(row.urgency) if verified else None,
        noise=str(Screening.GENUINE if teaches else NOISE_OF_REASON[row.archive_reason]),
        source=WORK_SOURCE,
    )


def example_of_history(row: Row[Any]) -> Example:
    """What a row of imported history teaches; it was masked when it came in."""
    return Example(
        id=f"{row.source}:{row.external_id}",
        text=row.body,
        title=row.title,
        category_main=None if row.category is None else row.category.partition(".")[0],
        category=row.category,
        agency=row.agency,
        location=row.place,
        date=None if row.decided_on is None else row.decided_on.isoformat(),
        report_type=row.report_type,
        source=row.source,
    )


def agency_label(knowledge: Knowledge, agency_id: UUID | None, unit_id: UUID | None) -> str | None:
    """What the classifier learns of a destination: a kind of local office, or the code of an agency.

    None for a local government without a unit whose kind is known: which one it is, the place says, not the text.
    """
    if agency_id is None:
        return None
    for row_id in (unit_id, agency_id):
        kind = None if row_id is None else knowledge.agencies[row_id].office_kind
        if kind is not None:
            return kind
    # A label may name the unit of an agency; what is learned is the agency, as of verified complaints.
    agency = knowledge.directory.owner(knowledge.agencies[agency_id].code)
    return None if agency is None or agency.region is not None else agency.code


def label_counts(examples: Sequence[Example], targets: Sequence[str]) -> dict[str, dict[str, int]]:
    """Rows per label of each target that has any, labels sorted."""
    counts: dict[str, dict[str, int]] = {}
    for target in targets:
        found: dict[str, int] = {}
        for example in examples:
            label = example.label(target)
            if label is not None:
                found[label] = found.get(label, 0) + 1
        if found:
            counts[target] = dict(sorted(found.items()))
    return counts


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=JAKARTA)
