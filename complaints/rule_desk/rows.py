"""Rules as they are stored and as the language reads them, one way and back."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from complaints.knowledge import rule_of
from complaints.work import Work
from models import RoutingRule, RuleSet
from rules.documents import plain
from rules.language import ClassifierPolicy, Rule, RuleDocument

__all__ = ["columns_of", "document_of", "fingerprint_of", "policy_of", "read_set", "rule_of", "rule_rows"]


def columns_of(rule: Rule) -> dict[str, Any]:
    """The columns of a rule's row, but for those that say in which set and version it stands."""
    return {
        "code": rule.code,
        "position": rule.position,
        "name": rule.name,
        "reason": rule.reason,
        "conditions": None if rule.when is None else plain(rule.when),
        "outcome": plain(rule.then),
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
    }


def policy_of(stored: Mapping[str, Any]) -> ClassifierPolicy:
    """The policy that `rule_set.classifier` holds."""
    return ClassifierPolicy.model_validate(dict(stored))


def document_of(rule_set: Any, rules: Iterable[Any]) -> RuleDocument:
    """A stored set and its rules, mapped rows or rows of a statement, as a document in the order they are asked."""
    read = sorted((rule_of(row) for row in rules), key=lambda rule: (rule.position, rule.code))
    return RuleDocument(reason=rule_set.reason, classifier=policy_of(rule_set.classifier), rules=tuple(read))


def fingerprint_of(document: RuleDocument) -> str:
    """The same for two sets that decide alike, whatever the reason they were written for."""
    acting = plain(document) | {"reason": ""}
    return hashlib.sha256(json.dumps(acting, sort_keys=True).encode()).hexdigest()


async def rule_rows(work: Work, set_id: UUID) -> list[RoutingRule]:
    """The rules of a set, in the order they are asked."""
    statement = select(RoutingRule).where(RoutingRule.rule_set_id == set_id)
    return list(await work.session.scalars(statement.order_by(RoutingRule.position, RoutingRule.code)))


async def read_set(work: Work, rule_set: RuleSet) -> RuleDocument:
    """A stored set as a document."""
    return document_of(rule_set, await rule_rows(work, rule_set.id))
