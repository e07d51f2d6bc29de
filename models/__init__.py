"""Rows: mappings, constraints, and small methods about their own fields. No verbs."""

from models.agency import Agency, AgencyCategory, AgencySuccessor
from models.base import Base, new_id
from models.category import Category
from models.classifier import ClassifierVersion
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
from models.message import Attachment, Message
from models.person import Person, ServiceKey, Session
from models.reference import CalendarOverride, ClockRule, Term
from models.rule import RoutingRule, RuleSet
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
    "ClassifierVersion",
    "ClockRule",
    "Complaint",
    "ComplaintClock",
    "ComplaintCopy",
    "ComplaintEvent",
    "ComplaintReporter",
    "ComplaintText",
    "ComplaintTicket",
    "Message",
    "Person",
    "RouteDecision",
    "RoutingRule",
    "RuleSet",
    "ServiceKey",
    "Session",
    "Suggestion",
    "Term",
    "new_id",
]
