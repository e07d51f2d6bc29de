"""Rows: mappings, constraints, and small methods about their own fields. No verbs."""

from models.agency import Agency, AgencyCategory, AgencySuccessor
from models.base import Base, new_id
from models.category import Category
from models.classifier import ClassifierAlarm, ClassifierRelease, ClassifierVersion, ReleaseProposal
from models.clock import ComplaintClock
from models.complaint import (
    Complaint,
    ComplaintCopy,
    ComplaintReporter,
    ComplaintText,
    ComplaintTicket,
    RouteDecision,
)
from models.event import AccessEvent, ComplaintEvent
from models.learning import Dataset, HistoryExample, LabelDoubt, TrainingLabel, TrainingRun, TrainingRunLine
from models.message import Attachment, Message
from models.person import Person, ServiceKey, Session
from models.reference import CalendarOverride, ClockRule, Term
from models.rule import (
    RoutingRule,
    RuleAlarm,
    RuleProposal,
    RuleReplay,
    RuleReplayMove,
    RuleSet,
    RuleSetEvent,
    SpecialMechanism,
)
from models.suggestion import Suggestion

__all__ = [
    "AccessEvent",
    "Agency",
    "AgencyCategory",
    "AgencySuccessor",
    "Attachment",
    "Base",
    "CalendarOverride",
    "Category",
    "ClassifierAlarm",
    "ClassifierRelease",
    "ClassifierVersion",
    "ClockRule",
    "Complaint",
    "ComplaintClock",
    "ComplaintCopy",
    "ComplaintEvent",
    "ComplaintReporter",
    "ComplaintText",
    "ComplaintTicket",
    "Dataset",
    "HistoryExample",
    "LabelDoubt",
    "Message",
    "Person",
    "ReleaseProposal",
    "RouteDecision",
    "RoutingRule",
    "RuleAlarm",
    "RuleProposal",
    "RuleReplay",
    "RuleReplayMove",
    "RuleSet",
    "RuleSetEvent",
    "ServiceKey",
    "Session",
    "SpecialMechanism",
    "Suggestion",
    "Term",
    "TrainingLabel",
    "TrainingRun",
    "TrainingRunLine",
    "new_id",
]
