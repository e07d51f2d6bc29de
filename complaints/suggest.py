"""Advice about a text: asked before the transaction opens, stored inside it, never in the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import anyio
import anyio.to_thread
import structlog
from sqlalchemy import select

from complaints.events import Suggested
from complaints.knowledge import Knowledge
from complaints.work import Work
from ml.handle import ClassifierHandle
from ml.predictor import Draft as MlDraft
from ml.predictor import Predictor, Ranking
from ml.predictor import Suggestion as MlSuggestion
from models import Complaint, ComplaintText, Suggestion
from rules.deadlines import local_date
from rules.vocabulary import ReportType

log = structlog.get_logger()

# A head the version does not have answers like one that was asked and is unsure.
_SILENT = Ranking(choices=(), abstained=True, threshold=1.0)


@dataclass(frozen=True, slots=True)
class Question:
    """What the classifier is asked about."""

    text: str
    title: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """What one registered version answered."""

    version_id: UUID
    version: str
    suggestion: MlSuggestion

    def ranking(self, head: str) -> Ranking:
        """The answer of one head: `category`, `category_main`, `agency` or `report_type`."""
        return self.suggestion.heads.get(head, _SILENT)

    @property
    def category(self) -> Ranking:
        """The finest category the classifier is sure of; else its main topics."""
        fine = self.ranking("category")
        return self.ranking("category_main") if fine.abstained or not fine.choices else fine


@dataclass(frozen=True, slots=True)
class Proposal:
    """One ranked choice, resolved to a row where the label names one that exists."""

    row_id: UUID | None
    label: str
    confidence: float
    words: tuple[str, ...]

    def data(self) -> dict[str, object]:
        """As it is stored in the suggestion row."""
        return {
            "id": None if self.row_id is None else str(self.row_id),
            "label": self.label,
            "confidence": round(self.confidence, 4),
            "words": list(self.words),
        }


class Adviser:
    """Asks the classifier off the event loop, within a time budget. Absent or slow means no advice, not an error."""

    def __init__(self, *, budget_seconds: float, threads: int) -> None:
        self._handle = ClassifierHandle()
        self._row_ids: dict[str, UUID] = {}
        self._budget_seconds = budget_seconds
        self._limiter = anyio.CapacityLimiter(threads)

    @property
    def version(self) -> str | None:
        """The version that serves, if one does."""
        return self._handle.version

    def adopt(self, predictor: Predictor, version_id: UUID) -> None:
        """Serve this version from the next question on; running ones keep the one they hold."""
        self._row_ids[predictor.version] = version_id
        self._handle.swap(predictor)

    async def advise(self, question: Question) -> Advice | None:
        """The answer for one text, or None when no version serves or the budget is spent."""
        with anyio.move_on_after(self._budget_seconds):
            answers = await anyio.to_thread.run_sync(
                self.advise_now, [question], limiter=self._limiter, abandon_on_cancel=True
            )
            return answers[0] if answers else None
        log.warning("classifier.slow", budget_seconds=self._budget_seconds)
        return None

    def advise_now(self, questions: Sequence[Question]) -> list[Advice]:
        """The answers for a batch, in order, on this thread; empty when no version serves."""
        predictor = self._handle.current
        if predictor is None:
            return []
        answers = predictor.suggest([MlDraft(q.text, title=q.title, location=q.place) for q in questions])
        return [Advice(self._row_ids[predictor.version], predictor.version, answer) for answer in answers]


def proposed_categories(knowledge: Knowledge, advice: Advice) -> list[Proposal]:
    """The ranked categories; labels are codes of the tree."""
    return [
        Proposal(knowledge.category_ids.get(choice.label), choice.label, choice.confidence, choice.words)
        for choice in advice.category.choices
    ]


def proposed_agencies(knowledge: Knowledge, advice: Advice, region: str | None, on: date) -> list[Proposal]:
    """The ranked agencies: a kind of local office becomes the office of the place, where there is one."""
    proposals = []
    category = advice.category.choices[0].label if advice.category.choices else None
    for choice in advice.ranking("agency").choices:
        code = knowledge.directory.resolve(choice.label, region=region, on=on, category=category)
        row_id = None if code is None else knowledge.agency_ids[code]
        proposals.append(Proposal(row_id, choice.label, choice.confidence, choice.words))
    return proposals


def proposed_report_types(advice: Advice) -> list[Proposal]:
    """The ranked report types."""
    known = set(ReportType)
    return [
        Proposal(None, choice.label, choice.confidence, choice.words)
        for choice in advice.ranking("report_type").choices
        if choice.label in known
    ]


def keep_suggestion(work: Work, complaint: Complaint, advice: Advice) -> Suggestion:
    """Store what was answered, with its event."""
    on = local_date(work.now)
    suggestion = Suggestion(
        id=work.new_id(),
        complaint_id=complaint.id,
        classifier_version_id=advice.version_id,
        at=work.now,
        titles=list(advice.suggestion.titles),
        categories=[p.data() for p in proposed_categories(work.knowledge, advice)],
        agencies=[p.data() for p in proposed_agencies(work.knowledge, advice, complaint.region_code, on)],
        report_types=[p.data() for p in proposed_report_types(advice)],
        is_sure_of_category=not advice.category.abstained,
        is_sure_of_agency=not advice.ranking("agency").abstained,
    )
    work.session.add(suggestion)
    work.record(complaint, Suggested(suggestion.id))
    return suggestion


async def latest_suggestion(work: Work, complaint_id: UUID) -> Suggestion | None:
    """The newest answer about a complaint, whichever version gave it."""
    statement = (
        select(Suggestion).where(Suggestion.complaint_id == complaint_id).order_by(Suggestion.at.desc()).limit(1)
    )
    return (await work.session.scalars(statement)).one_or_none()


async def question_about(work: Work, complaint_id: UUID) -> Question:
    """What the classifier is asked about a stored complaint: the citizen's own words."""
    text = await work.session.get_one(ComplaintText, complaint_id)
    return Question(text.original_body, text.original_title, text.place)
