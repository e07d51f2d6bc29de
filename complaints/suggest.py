"""Advice about a text: asked before the transaction opens, stored inside it, never in the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
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
from rules.directory import LOCAL_OFFICE
from rules.vocabulary import ReportType, Screening, Urgency

log = structlog.get_logger()

# A head the version does not have answers like one that was asked and is unsure.
_SILENT = Ranking(choices=(), abstained=True, threshold=1.0)


@dataclass(frozen=True, slots=True)
class Question:
    """What the classifier is asked about. `category` is the code that a person has set; the agency follows from it.

    `asked` are labels of agencies whose chance together is wanted; see `asked_labels`.
    """

    text: str
    title: str | None = None
    place: str | None = None
    category: str | None = None
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """What one registered version answered."""

    version_id: UUID
    version: str
    suggestion: MlSuggestion

    def ranking(self, head: str) -> Ranking:
        """The answer of one head, a target of `ml.dataset.TARGETS`."""
        return self.suggestion.heads.get(head, _SILENT)

    @property
    def category(self) -> Ranking:
        """The finest category the classifier is sure of; else its main topics, where it knows them."""
        fine, main = self.ranking("category"), self.ranking("category_main")
        return fine if fine.choices and not (fine.abstained and main.choices) else main


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
    """Asks the classifier off the event loop, within a time budget. Absent or slow means no advice, not an error.

    A candidate may be held beside the version in use: its answers are recorded, never shown.
    """

    def __init__(self, *, budget_seconds: float, threads: int) -> None:
        self._handle = ClassifierHandle()
        self._shadow = ClassifierHandle()
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

    @property
    def shadow_version(self) -> str | None:
        """The candidate that answers unseen, if there is one."""
        return self._shadow.version

    def adopt_shadow(self, predictor: Predictor | None, version_id: UUID | None = None) -> None:
        """Hold this candidate beside the version in use, or none."""
        if predictor is not None and version_id is not None:
            self._row_ids[predictor.version] = version_id
        self._shadow.swap(predictor)

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
        return self._ask(self._handle.current, questions)

    def shadow_now(self, questions: Sequence[Question]) -> list[Advice]:
        """The candidate's answers for a batch, in order, on this thread; empty when there is no candidate."""
        return self._ask(self._shadow.current, questions)

    def _ask(self, predictor: Predictor | None, questions: Sequence[Question]) -> list[Advice]:
        if predictor is None:
            return []
        answers = predictor.suggest([_draft(question) for question in questions])
        return [Advice(self._row_ids[predictor.version], predictor.version, answer) for answer in answers]


def _draft(question: Question) -> MlDraft:
    main, _, below = (question.category or "").partition(".")
    return MlDraft(
        question.text,
        title=question.title,
        location=question.place,
        category=question.category if below else None,
        category_main=main or None,
        asked=question.asked,
    )


def asked_labels(knowledge: Knowledge, agency_id: UUID | None) -> tuple[str, ...]:
    """The classifier's labels that may mean an agency; none when it is unknown.

    A local government is meant by every kind of local office, another agency also by those it took over from or gave
    its tasks to: a version may have learned them.
    """
    agency = None if agency_id is None else knowledge.agencies.get(agency_id)
    owner = None if agency is None else knowledge.directory.owner(agency.code)
    if owner is None:
        return ()
    if owner.is_local:
        return (LOCAL_OFFICE,)
    before = (other.code for other in knowledge.agencies.values() if owner.code in other.successors)
    return tuple(sorted({owner.code, f"{owner.code}.", *owner.successors, *before}))


def proposed_categories(knowledge: Knowledge, advice: Advice) -> list[Proposal]:
    """The ranked categories; labels are codes of the tree."""
    return [
        Proposal(knowledge.category_ids.get(choice.label), choice.label, choice.confidence, choice.words)
        for choice in advice.category.choices
    ]


def proposed_agencies(
    knowledge: Knowledge, advice: Advice, region: str | None, on: date, *, category: str | None = None
) -> list[Proposal]:
    """The ranked agencies: a kind of local office becomes the office of the place, where there is one.

    `category` is the code that a person has set; without it the classifier's first guess chooses among offices.
    """
    proposals = []
    if category is None and advice.category.choices:
        category = advice.category.choices[0].label
    for choice in advice.ranking("agency").choices:
        code = knowledge.directory.resolve(choice.label, region=region, on=on, category=category)
        row_id = None if code is None else knowledge.agency_ids[code]
        proposals.append(Proposal(row_id, choice.label, choice.confidence, choice.words))
    return proposals


def proposed_report_types(advice: Advice) -> list[Proposal]:
    """The ranked report types."""
    return _of_words(advice.ranking("report_type"), ReportType)


def proposed_urgencies(advice: Advice) -> list[Proposal]:
    """The ranked urgencies."""
    return _of_words(advice.ranking("urgency"), Urgency)


def proposed_screenings(advice: Advice) -> list[Proposal]:
    """Whether it is a usable report at all: GENUINE, or why not, ranked."""
    return _of_words(advice.ranking("noise"), Screening)


def _of_words(ranking: Ranking, words: type[StrEnum]) -> list[Proposal]:
    # A version trained elsewhere may know labels that mean nothing here.
    known = set(words)
    return [
        Proposal(None, choice.label, choice.confidence, choice.words)
        for choice in ranking.choices
        if choice.label in known
    ]


def keep_suggestion(work: Work, complaint: Complaint, advice: Advice) -> Suggestion:
    """Store what was answered, with its event."""
    suggestion = _row(work, complaint, advice)
    work.session.add(suggestion)
    work.record(complaint, Suggested(suggestion.id))
    return suggestion


def keep_shadow(work: Work, complaint: Complaint, advice: Advice) -> Suggestion:
    """Store what a candidate answered; nobody is told, the complaint's history has no part in it."""
    suggestion = _row(work, complaint, advice)
    suggestion.is_shadow = True
    work.session.add(suggestion)
    return suggestion


def _row(work: Work, complaint: Complaint, advice: Advice) -> Suggestion:
    on = local_date(work.now)
    return Suggestion(
        id=work.new_id(),
        complaint_id=complaint.id,
        classifier_version_id=advice.version_id,
        at=work.now,
        titles=list(advice.suggestion.titles),
        categories=[p.data() for p in proposed_categories(work.knowledge, advice)],
        agencies=[p.data() for p in proposed_agencies(work.knowledge, advice, complaint.region_code, on)],
        report_types=[p.data() for p in proposed_report_types(advice)],
        urgencies=[p.data() for p in proposed_urgencies(advice)],
        screening=[p.data() for p in proposed_screenings(advice)],
        is_sure_of_category=not advice.category.abstained,
        is_sure_of_agency=not advice.ranking("agency").abstained,
    )


async def latest_suggestion(work: Work, complaint_id: UUID) -> Suggestion | None:
    """The newest answer that people see about a complaint, whichever version gave it."""
    statement = (
        select(Suggestion)
        .where(Suggestion.complaint_id == complaint_id, ~Suggestion.is_shadow)
        .order_by(Suggestion.at.desc())
        .limit(1)
    )
    return (await work.session.scalars(statement)).one_or_none()


async def shadow_suggestions(work: Work, complaint_id: UUID) -> Sequence[Suggestion]:
    """What candidates answered about a complaint, unseen."""
    statement = select(Suggestion).where(Suggestion.complaint_id == complaint_id, Suggestion.is_shadow)
    return (await work.session.scalars(statement)).all()


async def question_about(work: Work, complaint_id: UUID) -> Question:
    """What the classifier is asked about a stored complaint: the citizen's own words and choice."""
    text = await work.session.get_one(ComplaintText, complaint_id)
    complaint = await work.session.get_one(Complaint, complaint_id)
    asked = asked_labels(work.knowledge, complaint.chosen_agency_id)
    return Question(text.original_body, text.original_title, text.place, asked=asked)
