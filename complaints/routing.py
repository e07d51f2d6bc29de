"""Choosing whose verification queue a complaint enters, and keeping the reasons."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import anyio.to_thread

from complaints.events import Routed
from complaints.knowledge import Knowledge
from complaints.suggest import Advice
from complaints.words import READING
from complaints.work import Work
from ml.text import tokens
from models import Complaint, ComplaintReporter, RouteDecision
from rules.deadlines import local_date
from rules.language import ReporterFlag
from rules.routing import Candidate, Evidence, Ranked, Reason, Route, Step, route
from rules.vocabulary import Urgency

# Up to here reading a text anew takes less than 60 ms, also one of invented words.
_SHORT = 2_000


async def read_ahead(body: str) -> None:
    """Stem the words of a long text on a thread, so that routing it later does not hold up other requests."""
    if len(body) > _SHORT:
        await anyio.to_thread.run_sync(_stem_all, body)


def _stem_all(body: str) -> None:
    for piece in {piece for token in tokens(body) for piece in token.split("-")}:
        READING.stem(piece)


def evidence_of(
    knowledge: Knowledge,
    complaint: Complaint,
    words: Sequence[str],
    advice: Advice | None,
    reporter: frozenset[ReporterFlag] = frozenset(),
) -> Evidence:
    """What routing may look at, translated once from rows and advice."""
    agency = None if advice is None else advice.ranking("agency")
    category = None if advice is None else advice.category
    given = None if complaint.category_id is None else knowledge.category_codes[complaint.category_id]
    categories = () if category is None else tuple(Ranked(c.label, c.confidence) for c in category.choices)
    agencies = () if agency is None else tuple(Ranked(c.label, c.confidence) for c in agency.choices)
    meant = None
    if agencies:
        meant = knowledge.directory.resolve(
            agencies[0].code,
            region=complaint.region_code,
            on=local_date(complaint.submitted_at),
            category=given or (categories[0].code if categories else None),
        )
    return Evidence(
        words=tuple(words),
        category=given,
        chosen_agency=_code(knowledge, complaint.chosen_agency_id),
        entry_agency=_code(knowledge, complaint.entry_agency_id),
        region=complaint.region_code,
        channel=complaint.channel,
        report_type=complaint.report_type,
        at=complaint.submitted_at,
        urgency=complaint.urgency,
        reporter=reporter,
        categories=categories,
        agencies=agencies,
        meant_agency=meant,
        # Whoever follows the classifier acts without a person, which takes enough decisions of people before.
        agency_is_sure=agency is not None and agency.is_automatic,
        agency_is_proven=agency is not None and agency.is_proven,
        category_is_proven=category is not None and category.is_proven,
        chosen_chance=None if advice is None or complaint.chosen_agency_id is None else advice.suggestion.asked_chance,
    )


def reporter_flags(complaint: Complaint, reporter: ComplaintReporter) -> frozenset[ReporterFlag]:
    """What is known of the reporter without knowing who it is."""
    flags = {
        ReporterFlag.ANONYMOUS: complaint.is_anonymous,
        ReporterFlag.SECRET: complaint.is_secret,
        ReporterFlag.WITH_ACCOUNT: reporter.person_id is not None,
        ReporterFlag.ON_BEHALF: reporter.entered_by_id is not None,
    }
    return frozenset(flag for flag, is_so in flags.items() if is_so)


def _code(knowledge: Knowledge, agency_id: UUID | None) -> str | None:
    return None if agency_id is None else knowledge.agencies[agency_id].code


def decide_route(
    work: Work, complaint: Complaint, reporter: ComplaintReporter, body: str, advice: Advice | None
) -> Route:
    """Route the complaint: its queue, the proposed addressee, urgency and tags, and the stored reasons.

    The caller adds the copies: to a new complaint without looking, to an old one only those it lacks.
    """
    knowledge = work.knowledge
    evidence = evidence_of(knowledge, complaint, tokens(body), advice, reporter_flags(complaint, reporter))
    decision = route(evidence, knowledge.rules, knowledge.directory)
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
        reasons=_reasons(decision.because),
        path=[_step(step) for step in decision.path],
        flags=sorted(decision.flags),
        classifier_version_id=None if advice is None else advice.version_id,
        decided_at=work.now,
    )
    work.session.add(row)
    work.record(complaint, Routed(row.id, complaint.queue_agency_id))
    return decision


def _reasons(because: Sequence[Reason]) -> list[dict[str, Any]]:
    return [{"code": reason.code, "data": dict(reason.data)} for reason in because]


def _step(step: Step) -> dict[str, Any]:
    return {
        "stage": step.stage,
        "taken": step.taken,
        "candidates": [_candidate(candidate) for candidate in step.candidates],
        # What decided stands among the reasons of the whole decision.
        "reasons": [] if step.taken else _reasons(step.because),
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    score = None if candidate.score is None else round(candidate.score, 4)
    return {"agency": candidate.agency, "rule": candidate.rule, "score": score}
