"""Rows: mappings, constraints, and small methods about their own fields. No verbs."""

from models.agency import Agency, AgencyCategory, AgencySuccessor
from models.attachment import Attachment, Upload
from models.base import Base, new_id
from models.casework import (
    AnswerTemplate,
    CasePresence,
    ClockBasis,
    ComplaintSupport,
    OmbudsmanConsent,
    ReopeningRequest,
)
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
from models.export import ExportRequest
from models.figure import ComplaintFact, ComplaintSpan
from models.finding import ComplaintMerge, ComplaintWords, SavedView, WordFrequency
from models.learning import Dataset, HistoryExample, LabelDoubt, TrainingLabel, TrainingRun, TrainingRunLine
from models.message import Message
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
from models.telling import Delivery, Notification, NotificationAddress, NotificationPreference, Webhook

__all__ = [
    "AccessEvent",
    "Agency",
    "AgencyCategory",
    "AgencySuccessor",
    "AnswerTemplate",
    "Attachment",
    "Base",
    "CalendarOverride",
    "CasePresence",
    "Category",
    "ClassifierAlarm",
    "ClassifierRelease",
    "ClassifierVersion",
    "ClockBasis",
    "ClockRule",
    "Complaint",
    "ComplaintClock",
    "ComplaintCopy",
    "ComplaintEvent",
    "ComplaintFact",
    "ComplaintMerge",
    "ComplaintReporter",
    "ComplaintSpan",
    "ComplaintSupport",
    "ComplaintText",
    "ComplaintTicket",
    "ComplaintWords",
    "Dataset",
    "Delivery",
    "ExportRequest",
    "HistoryExample",
    "LabelDoubt",
    "Message",
    "Notification",
    "NotificationAddress",
    "NotificationPreference",
    "OmbudsmanConsent",
    "Person",
    "ReleaseProposal",
    "ReopeningRequest",
    "RouteDecision",
    "RoutingRule",
    "RuleAlarm",
    "RuleProposal",
    "RuleReplay",
    "RuleReplayMove",
    "RuleSet",
    "RuleSetEvent",
    "SavedView",
    "ServiceKey",
    "Session",
    "SpecialMechanism",
    "Suggestion",
    "Term",
    "TrainingLabel",
    "TrainingRun",
    "TrainingRunLine",
    "Upload",
    "Webhook",
    "WordFrequency",
    "new_id",
]
