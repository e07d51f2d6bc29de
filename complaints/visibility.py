"""Which rows beside complaints somebody may see: rules, proposals, answers kept ready, webhooks, deliveries."""

from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true

from complaints.policy import Actor, granted
from models import AnswerTemplate, Delivery, RuleProposal, RuleSet, Webhook
from rules.vocabulary import Action, Role, RuleSetState


def may_propose_for(actor: Actor, agency_id: UUID | None) -> bool:
    """Whether the actor may propose a rule into the queue of this agency and its units; None is nobody's own."""
    if actor.role is Role.AGENCY_ADMIN:
        return agency_id is not None and agency_id == actor.agency_id
    return Action.PROPOSE_RULES in granted(actor)


def visible_rule_sets(actor: Actor) -> ColumnElement[bool]:
    """Versions of the rules the actor may see: what acts or acted, and drafts for those who write them."""
    if Action.MANAGE_RULES in granted(actor):
        return true()
    if Action.READ_RULES in granted(actor):
        return RuleSet.state.in_([RuleSetState.ACTIVE, RuleSetState.RETIRED])
    return false()


def visible_proposals(actor: Actor) -> ColumnElement[bool]:
    """Proposed rules the actor may see: all of them for those who take them up, else those for the own agency."""
    if Action.MANAGE_RULES in granted(actor):
        return true()
    if Action.PROPOSE_RULES in granted(actor) and actor.agency_id is not None:
        return RuleProposal.agency_id == actor.agency_id
    return false()


def visible_templates(actor: Actor) -> ColumnElement[bool]:
    """Answers kept ready that the actor may use: those of the own agency and of the national desk."""
    if Action.READ_QUEUE not in granted(actor):
        return false()
    nationwide = AnswerTemplate.agency_id.is_(None)
    return nationwide if actor.agency_id is None else or_(nationwide, AnswerTemplate.agency_id == actor.agency_id)


def visible_webhooks(actor: Actor) -> ColumnElement[bool]:
    """Endpoints the actor looks after: all, or those of the own agency."""
    if Action.MANAGE_WEBHOOKS not in granted(actor):
        return false()
    if actor.role is Role.NATIONAL_ADMIN:
        return true()
    return false() if actor.agency_id is None else Webhook.agency_id == actor.agency_id


def visible_deliveries(actor: Actor) -> ColumnElement[bool]:
    """Deliveries the actor looks after: all, or those to endpoints of the own agency."""
    if Action.MANAGE_WEBHOOKS in granted(actor) and actor.role is Role.NATIONAL_ADMIN:
        return true()
    return Delivery.webhook_id.in_(select(Webhook.id).where(visible_webhooks(actor)))
