"""Choosing whose verification queue a complaint enters, and keeping the reasons."""

from collections.abc import Sequence
from uuid import UUID

from complaints.events import Routed
from complaints.knowledge import Knowledge
from complaints.suggest import Advice
from complaints.work import Work
from ml.text import tokens
from models import Complaint, RouteDecision
from rules.deadlines import local_date
from rules.routing import Evidence, Ranked, Route, route
from rules.vocabulary import Urgency


def evidence_of(
    knowledge: Knowledge,
    complaint: Complaint,
    words: Sequence[str],
    advice: Advice | None,
) -> Evidence:
    """What routing may look at, translated once from rows and advice."""
    agency = None if advice is None else advice.ranking("agency")
    category = None if advice is None else advice.category
    return Evidence(
        words=tuple(words),
        category=None if complaint.category_id is None else knowledge.category_codes[complaint.category_id],
        chosen_agency=_code(knowledge, complaint.chosen_agency_id),
        entry_agency=_code(knowledge, complaint.entry_agency_id),
        region=complaint.region_code,
        channel=complaint.channel,
        report_type=complaint.report_type,
        on=local_date(complaint.submitted_at),
        categories=() if category is None else tuple(Ranked(c.label, c.confidence) for c in category.choices),
        agencies=() if agency is None else tuple(Ranked(c.label, c.confidence) for c in agency.choices),
        # A rule that follows the classifier acts without a person, which takes enough decisions of people before.
        agency_is_sure=agency is not None and agency.is_automatic,
    )


def _code(knowledge: Knowledge, agency_id: UUID | None) -> str | None:
    return None if agency_id is None else knowledge.agencies[agency_id].code


def decide_route(work: Work, complaint: Complaint, body: str, advice: Advice | None) -> Route:
    """Route the complaint: its queue, the proposed addressee, urgency and tags, and the stored reasons.

    The caller adds the copies: to a new complaint without looking, to an old one only those it lacks.
    """
    knowledge = work.knowledge
    decision = route(evidence_of(knowledge, complaint, tokens(body), advice), knowledge.rules, knowledge.directory)
    ids = knowledge.agency_ids
    complaint.queue_agency_id = None if decision.queue is None else ids[decision.queue]
    complaint.agency_id = None if decision.proposed_agency is None else ids[decision.proposed_agency]
    complaint.mechanism = decision.mechanism
    complaint.urgency = max(complaint.urgency, decision.urgency, key=list(Urgency).index)
    complaint.tags = [*complaint.tags, *(tag for tag in decision.tags if tag not in complaint.tags)]
    row = RouteDecision(
        id=work.new_id(),
        complaint_id=complaint.id,
        rule_set_id=knowledge.rule_set_id,
        rule_code=decision.rule_id,
        kind=decision.kind,
        queue_agency_id=complaint.queue_agency_id,
        proposed_agency_id=complaint.agency_id,
        reasons=[{"code": reason.code, "data": dict(reason.data)} for reason in decision.because],
        decided_at=work.now,
    )
    work.session.add(row)
    work.record(complaint, Routed(row.id, complaint.queue_agency_id))
    return decision
