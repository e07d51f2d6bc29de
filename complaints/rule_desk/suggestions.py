"""Rules proposed by history: phrases that told the agency, and what the national desk had to settle."""

from array import array
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import anyio.to_process
import numpy as np
import structlog
from sqlalchemy import Executable, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from complaints.inputs import Problems
from complaints.learning.recipes import agency_label
from complaints.policy import SUPERVISION, SYSTEM
from complaints.rule_desk.counting import Decided, candidates, read_texts
from complaints.rule_desk.proposals import fingerprint_of_proposal, stored_proposal
from complaints.rule_desk.sets import facts_of
from complaints.suggest import latest_suggestion
from complaints.work import Work, Workshop
from models import Agency, Complaint, ComplaintText, RuleProposal, Suggestion
from rules.checking import problems_of
from rules.deadlines import local_date
from rules.directory import LOCAL_OFFICE
from rules.language import All, CategoryIs, CategoryTest, Condition, Outcome, RegionIs, Rule
from rules.mining import NAME_MAX, Candidate, MiningSettings, chosen, proposed
from rules.vocabulary import Action, ProposalSource, ProposalState, Role, Status, TermKind

log = structlog.get_logger()

SUGGEST = "rules.suggest"
# The newest decisions that are looked at: older ones are of agencies and words that are gone.
MOST_DECISIONS = 200_000
_BATCH = 2_000
# So many words of the classifier are quoted in a reason.
_MOST_WORDS = 5
_REASON_MAX = 500


async def request_suggestions(work: Work, settings: MiningSettings | None = None) -> None:
    """Ask for rules from past decisions; the worker looks for them. Raises `Invalid` for settings out of range."""
    work.require(Action.MANAGE_RULES)
    settings = settings or MiningSettings()
    problems = Problems()
    for name, value, least, most in (
        ("support", settings.support, 5, 100_000),
        ("mostPerAgency", settings.most_per_agency, 1, 1_000),
    ):
        if not least <= value <= most:
            problems.add(name, "OUT_OF_RANGE", min=least, max=most)
    if not 0.5 <= settings.precision <= 1:
        problems.add("precision", "OUT_OF_RANGE", min="0.5", max=1)
    if not 0.1 <= settings.held_out <= 0.5:
        problems.add("heldOut", "OUT_OF_RANGE", min="0.1", max="0.5")
    problems.settle()
    await work.later(
        SUGGEST,
        lock="all",
        support=str(settings.support),
        precision=str(settings.precision),
        held_out=str(settings.held_out),
        most_per_agency=str(settings.most_per_agency),
    )


def settings_of(support: str, precision: str, held_out: str, most_per_agency: str) -> MiningSettings:
    """The settings as `request_suggestions` gave them to the job."""
    return MiningSettings(int(support), float(precision), float(held_out), int(most_per_agency))


async def suggest_rules(workshop: Workshop, settings: MiningSettings, most: int = MOST_DECISIONS) -> int:
    """Look for phrases in past decisions and propose them; gives how many proposals are new.

    Safe to run twice: a rule that was proposed before, or acts already, is not proposed again.
    """
    gathered = _Gathered()
    async for batch in _decisions(workshop, most):
        bodies = [body for body, _ in batch]
        read, written = await anyio.to_process.run_sync(read_texts, bodies, cancellable=True)
        gathered.take(read, [label for _, label in batch], written)
    found = await anyio.to_process.run_sync(_chosen, gathered.decided(), settings, cancellable=True)
    async with workshop.work(SYSTEM) as work:
        new = await _propose(work, found)
    log.info("rules.suggested", decisions=len(gathered.labels), found=len(found), new=new)
    return new


def _chosen(decided: Decided, settings: MiningSettings) -> list[Candidate]:
    return chosen(candidates(decided, settings), settings)


@dataclass(slots=True)
class _Gathered:
    """Decided texts as numbers, newest first: 200,000 of them need about 80 MB."""

    words: "array[int]" = field(default_factory=lambda: array("i"))
    lengths: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    stems: dict[str, int] = field(default_factory=dict)
    agencies: dict[str, int] = field(default_factory=dict)
    written: Counter[tuple[str, str]] = field(default_factory=Counter)
    seen: set[int] = field(default_factory=set)

    def take(self, read: Sequence[tuple[str, ...]], labels: Sequence[str], written: Counter[tuple[str, str]]) -> None:
        for stems, label in zip(read, labels, strict=True):
            # Sent by many in the same words it is one decision, not many.
            key = hash((stems, label))
            if key in self.seen or not stems:
                continue
            self.seen.add(key)
            self.words.extend(self.stems.setdefault(stem, len(self.stems)) for stem in stems)
            self.lengths.append(len(stems))
            self.labels.append(self.agencies.setdefault(label, len(self.agencies)))
        self.written.update(written)

    def decided(self) -> Decided:
        mostly: dict[str, str] = {}
        for (stem, word), _ in sorted(self.written.items(), key=lambda item: (-item[1], item[0])):
            mostly.setdefault(stem, word)
        # Read newest first, counted oldest first; the order of words inside a text stays.
        words = np.frombuffer(self.words, dtype=np.int32) if self.words else np.empty(0, dtype=np.int32)
        parts = np.split(words, np.cumsum(self.lengths)[:-1]) if self.lengths else []
        return Decided(
            words=np.concatenate(parts[::-1]) if parts else words,
            starts=np.concatenate(([0], np.cumsum(self.lengths[::-1]))).astype(np.int64),
            labels=np.array(self.labels[::-1], dtype=np.int32),
            stems=list(self.stems),
            written=[mostly.get(stem, stem) for stem in self.stems],
            agencies=list(self.agencies),
        )


async def _decisions(workshop: Workshop, most: int) -> AsyncIterator[list[tuple[str, str]]]:
    """(text, agency or kind of local office) of what people decided, newest first."""
    before: tuple[datetime, UUID] | None = None
    read = 0
    while read < most:
        async with workshop.work(SYSTEM) as work:
            rows = (await work.session.execute(decisions_statement(before, min(_BATCH, most - read)))).all()
            labelled = [(row.original_body, _label(work, row)) for row in rows]
        if not rows:
            return
        read += len(rows)
        before = (rows[-1].submitted_at, rows[-1].id)
        yield [(body, label) for body, label in labelled if label is not None]


def decisions_statement(before: tuple[datetime, UUID] | None, size: int) -> Executable:
    """One page by key of decided complaints, newest first; secret and supervision-grade ones teach nothing."""
    statement = (
        select(
            Complaint.id,
            Complaint.submitted_at,
            Complaint.agency_id,
            Complaint.unit_id,
            ComplaintText.original_body,
        )
        .join(ComplaintText, ComplaintText.complaint_id == Complaint.id)
        .where(
            Complaint.verified_at.is_not(None),
            Complaint.agency_id.is_not(None),
            Complaint.status != Status.ARCHIVED,
            ~Complaint.is_secret,
            Complaint.classification.is_(None) | Complaint.classification.not_in(SUPERVISION),
        )
        .order_by(Complaint.submitted_at.desc(), Complaint.id.desc())
        .limit(size)
    )
    if before is not None:
        statement = statement.where(tuple_(Complaint.submitted_at, Complaint.id) < tuple_(*before))
    return statement


def _label(work: Work, row: Any) -> str | None:
    """A kind of local office, or the agency that stands today for the one people chose."""
    label = agency_label(work.knowledge, row.agency_id, row.unit_id)
    if label is None or label.startswith(LOCAL_OFFICE):
        return label
    return work.knowledge.directory.heir(label, local_date(work.now))


async def _propose(work: Work, found: Sequence[Candidate]) -> int:
    called = dict(work.knowledge.called) | {
        row.code: row.label_id for row in work.knowledge.term_rows if row.kind is TermKind.OFFICE_KIND
    }
    acting = {fingerprint_of_proposal(rule) for rule in work.knowledge.rules.rules}
    facts, new = await facts_of(work), 0
    for candidate in found:
        rule = proposed(candidate, called)
        # What may not act is no help: an agency may have ended since.
        if fingerprint_of_proposal(rule) in acting or problems_of([rule], facts, work.allowances.rule_limits):
            continue
        count = candidate.held_out
        row = await _offer(work, rule, ProposalSource.PAST_DECISIONS, support=count.cases, precision=count.precision)
        new += row is not None
    return new


async def offer_rule(work: Work, complaint: Complaint, agency: Agency) -> RuleProposal | None:
    """Propose what the national desk just settled as a rule: its category, and its place for a local agency.

    For verifying: `complaint` has its category, `agency` is the one decided. None before `hops_before_arbiter` returns,
    for anybody but the national desk, and for what was proposed before or acts already.
    """
    category = work.knowledge.category_codes.get(complaint.category_id) if complaint.category_id else None
    is_arbiter = work.actor.role is Role.NATIONAL_ADMIN and complaint.hops >= work.allowances.hops_before_arbiter
    if category is None or not is_arbiter:
        return None
    called = work.knowledge.called
    region = work.knowledge.agencies[agency.id].region
    when: Condition = CategoryIs(category=CategoryTest(codes=(category,)))
    if region is not None:
        when = All(all=(when, RegionIs(region=(region,))))
    words = await _telling_words(work, complaint, agency)
    reason = f"Diputus pusat setelah {complaint.hops} kali dikembalikan: {called[category]} → {agency.short_name}"
    rule = Rule(
        code="USULAN",
        position=0,
        name=f"{called[category]} ke {agency.short_name}"[:NAME_MAX],
        reason=(f"{reason}; kata: {', '.join(words)}" if words else reason)[:_REASON_MAX],
        when=when,
        then=Outcome(queue=agency.code),
    )
    if fingerprint_of_proposal(rule) in {fingerprint_of_proposal(acting) for acting in work.knowledge.rules.rules}:
        return None
    return await _offer(work, rule, ProposalSource.ARBITRATION, complaint_id=complaint.id)


async def _telling_words(work: Work, complaint: Complaint, agency: Agency) -> list[str]:
    """The words by which the classifier saw this agency, else its category; none of what nobody else may read."""
    if complaint.is_secret or complaint.classification in SUPERVISION:
        return []
    suggestion = await latest_suggestion(work, complaint.id)
    if suggestion is None:
        return []
    ranked = _of_agency(suggestion, agency) or suggestion.categories
    return list(ranked[0]["words"][:_MOST_WORDS]) if ranked else []


def _of_agency(suggestion: Suggestion, agency: Agency) -> list[dict[str, Any]]:
    return [answer for answer in suggestion.agencies if answer["id"] == str(agency.id)]


async def _offer(
    work: Work,
    rule: Rule,
    source: ProposalSource,
    *,
    support: int | None = None,
    precision: float | None = None,
    complaint_id: UUID | None = None,
) -> RuleProposal | None:
    statement = (
        insert(RuleProposal)
        .values(
            id=work.new_id(),
            source=source,
            state=ProposalState.OPEN,
            rule=stored_proposal(rule),
            fingerprint=fingerprint_of_proposal(rule),
            reason=rule.reason,
            support=support,
            precision=precision,
            complaint_id=complaint_id,
            proposed_by_id=work.actor.id,
            proposed_at=work.now,
        )
        .on_conflict_do_nothing()
        .returning(RuleProposal)
    )
    return (await work.session.scalars(statement)).one_or_none()
