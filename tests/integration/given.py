"""The shapes of what tests of the verbs are given; `conftest.py` makes them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from complaints.policy import Actor
from complaints.suggest import Advice
from ml.predictor import Choice, Draft, Predictor, Ranking, Suggestion
from models import Base, Complaint, ComplaintClock, Dataset
from rules.vocabulary import Clock, JobState, Role

Row = TypeVar("Row", bound=Base)

# Everything a verb, an account or a job writes to; reference data is written by the catalogue alone.
WRITTEN = (
    "complaint",
    "complaint_text",
    "complaint_reporter",
    "complaint_ticket",
    "complaint_copy",
    "complaint_clock",
    "complaint_words",
    "complaint_merge",
    "saved_view",
    "complaint_event",
    "message",
    "attachment",
    "upload",
    "route_decision",
    "suggestion",
    "access_event",
    "person",
    "session",
    "service_key",
    "classifier_version",
    "classifier_release",
    "release_proposal",
    "classifier_alarm",
    "training_label",
    "history_example",
    "dataset",
    "label_doubt",
    "training_run",
    "training_run_line",
    "rule_set",
    "routing_rule",
    "rule_set_event",
    "rule_proposal",
    "rule_replay",
    "rule_replay_move",
    "rule_alarm",
    "special_mechanism",
    "clock_rule",
    "clock_basis",
    "ombudsman_consent",
    "case_presence",
    "answer_template",
    "complaint_support",
    "reopening_request",
    "notification",
    "notification_preference",
    "notification_address",
    "webhook",
    "delivery",
    "procrastinate_jobs",
)

# A fingerprint of every table in WRITTEN: equal before and after means that nothing was written.
State = Callable[[], Awaitable[Mapping[str, str]]]
RunningClocks = Callable[[Complaint], Awaitable[Mapping[Clock, ComplaintClock]]]
Jobs = Callable[[], Awaitable[Sequence[tuple[str, Mapping[str, str]]]]]
Again = Callable[[Complaint], Awaitable[Complaint]]
Waiting = Callable[[], Awaitable[None]]


class Rows(Protocol):
    """Rows as stored: `await rows(Message, Message.complaint_id == complaint.id)`, by primary key."""

    async def __call__(self, model: type[Row], *conditions: Any) -> Sequence[Row]: ...


class Staff(Protocol):
    """Somebody of an agency without an account: there is no password to hash, so it is quick."""

    def __call__(self, role: Role, agency: str | None = None) -> Actor: ...


class AdviceOf(Protocol):
    """The answer of a registered version: `await an_advice(agency=sure("PLN"))`."""

    async def __call__(
        self, version: str = "v1", titles: tuple[str, str, str] = ("Satu", "Dua", "Tiga"), **heads: Ranking
    ) -> Advice: ...


def sure(*labels: str, confidence: float = 0.9, automatic: bool = True) -> Ranking:
    """A ranking whose first label passed the threshold; `automatic` on enough decisions to act by itself."""
    choices = tuple(Choice(label, confidence, ("kata",)) for label in labels)
    return Ranking(choices, abstained=False, threshold=0.5, is_automatic=automatic, is_proven=automatic)


def unsure(*labels: str, confidence: float = 0.2) -> Ranking:
    """A ranking that has an idea but did not pass the threshold."""
    return Ranking(tuple(Choice(label, confidence, ()) for label in labels), abstained=True, threshold=0.5)


class DatasetOf(Protocol):
    """A data set as stored: `await a_dataset()` is ready, `await a_dataset(JobState.RUNNING)` is not."""

    async def __call__(self, state: JobState = JobState.DONE) -> Dataset: ...


class Parrot(Predictor):
    """A predictor that gives one answer to everything, and remembers what it was asked."""

    def __init__(self, version: str, answer: Suggestion) -> None:
        self.version = version
        self.asked: list[Draft] = []
        self._answer = answer

    def suggest(self, drafts: Sequence[Draft]) -> list[Suggestion]:
        """The same for each."""
        self.asked += drafts
        return [self._answer for _ in drafts]
