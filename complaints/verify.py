"""An admin accepts or corrects what the classifier and the rules proposed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from complaints.clocks import Clocks
from complaints.dispatch import Destination, send
from complaints.events import Verified
from complaints.finding.vectors import keep_words
from complaints.inputs import Problems
from complaints.refusals import Invalid, Problem
from complaints.rule_desk.suggestions import offer_rule
from complaints.suggest import latest_suggestion, shadow_suggestions
from complaints.work import Work
from models import Agency, Category, Complaint, ComplaintText, Suggestion
from rules.codes import covers
from rules.places import region
from rules.vocabulary import Action, AgencyLevel, Audience, Classification, Clock, ReportType, Urgency

# What an admin calls a report when nothing else is said: the class the citizen's own choice implies.
USUAL_CLASS = {
    ReportType.COMPLAINT: Classification.ORDINARY,
    ReportType.ASPIRATION: Classification.ASPIRATION,
    ReportType.INFORMATION_REQUEST: Classification.INFORMATION_REQUEST,
}
# Supervision-grade reports are secret unless the admin could loosen it, which nobody can (domain notes, 8).
FORCED_SECRET = frozenset({Classification.SUPERVISION, Classification.WHISTLEBLOWING})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the admin decided. A field left out accepts what stands there or, failing that, the first proposal."""

    title: str | None = None
    category_id: UUID | None = None
    agency_id: UUID | None = None
    classification: Classification | None = None
    urgency: Urgency | None = None
    region_code: str | None = None
    place: str | None = None
    tags: Sequence[str] | None = None
    body: str | None = None
    is_secret: bool | None = None
    note: str | None = None


async def verify(
    work: Work,
    complaint_id: UUID,
    verdict: Verdict,
    *,
    seen_version: int,
    destination: Destination | None = None,
) -> Complaint:
    """Verify, and with a `destination` dispatch in the same transaction.

    Raises what `Work.complaint` raises, `IllegalStep`, `NotFound` for an unknown category or agency, and
    `Invalid` with every problem of the verdict.
    """
    complaint = await work.complaint(complaint_id, Action.VERIFY, seen_version=seen_version)
    text = await work.session.get_one(ComplaintText, complaint_id)
    suggestion = await latest_suggestion(work, complaint_id)
    checked = _checked(work, verdict, complaint, text, suggestion)
    category = await work.one(Category, checked.category_id, field="categoryId")
    chosen = await work.one(Agency, checked.agency_id, field="agencyId")
    # Somebody who names a work unit means its agency, and the unit as destination.
    unit_id = chosen.id if chosen.level is AgencyLevel.UNIT else None
    agency = chosen
    if unit_id is not None:
        agency = await work.one(Agency, work.knowledge.owner_id(unit_id), field="agencyId")
    if checked.classification in FORCED_SECRET:
        # To the inspectorate of the agency, not to the unit that it may be about.
        unit_id = None
    checked = replace(checked, agency_id=agency.id)
    if work.actor.agency_id is not None and agency.id != work.actor.agency_id:
        # Who works for one agency answers for that one; what belongs to another goes back with a reason.
        raise Invalid(Problem("agencyId", "NOT_YOUR_AGENCY"))
    work.move(complaint, Action.VERIFY)
    corrected = _adopt(work, complaint, text, checked)
    await keep_words(work, complaint, text)
    answers = await shadow_suggestions(work, complaint_id)
    for answer in answers if suggestion is None else [suggestion, *answers]:
        _keep_verdict(work, answer, checked, category, agency)
    clocks = await Clocks.of(work, complaint)
    clocks.govern_anew(Clock.VERIFICATION)
    complaint.verified_at = work.now
    note_id = None if checked.note is None else work.keep(complaint, checked.note, Audience.INTERNAL)
    work.record(complaint, Verified(corrected, note_id))
    # What the national desk had to settle after agencies passed it to and fro is worth a rule.
    await offer_rule(work, complaint, agency)
    if destination is not None:
        await send(work, complaint, clocks, replace(destination, unit_id=destination.unit_id or unit_id))
    return complaint


@dataclass(frozen=True, slots=True)
class _Checked:
    title: str
    category_id: UUID
    agency_id: UUID
    classification: Classification
    urgency: Urgency
    region_code: str | None
    place: str | None
    tags: list[str]
    body: str | None
    is_secret: bool
    note: str | None


def _checked(
    work: Work, verdict: Verdict, complaint: Complaint, text: ComplaintText, suggestion: Suggestion | None
) -> _Checked:
    allowed, problems = work.allowances, Problems()
    title = problems.text(verdict.title, "title", longest=allowed.title_max)
    title = title or text.title or (suggestion.titles[0] if suggestion and suggestion.titles else None)
    category_id = verdict.category_id or complaint.category_id or _first(suggestion, "categories")
    agency_id = verdict.agency_id or complaint.agency_id or complaint.queue_agency_id or _first(suggestion, "agencies")
    for field, value in (("title", title), ("categoryId", category_id), ("agencyId", agency_id)):
        if value is None and not problems.has(field):
            problems.add(field, "REQUIRED")
    if verdict.region_code is not None and region(verdict.region_code) is None:
        problems.add("regionCode", "UNKNOWN_REGION")
    if verdict.is_secret is False and complaint.is_secret:
        problems.add("isSecret", "CANNOT_LOOSEN")
    tags = complaint.tags if verdict.tags is None else verdict.tags
    checked = _Checked(
        title=title or "",
        category_id=category_id or complaint.id,
        agency_id=agency_id or complaint.id,
        classification=verdict.classification or complaint.classification or USUAL_CLASS[complaint.report_type],
        urgency=verdict.urgency or complaint.urgency,
        region_code=verdict.region_code or complaint.region_code,
        place=problems.text(verdict.place, "place", longest=allowed.title_max * 2) or text.place,
        tags=problems.words(tags, "tags", most=allowed.tags_max, longest=allowed.tag_max),
        body=problems.text(verdict.body, "body", shortest=1, longest=allowed.text_max) or text.edited_body,
        is_secret=complaint.is_secret or bool(verdict.is_secret),
        note=problems.text(verdict.note, "note", longest=allowed.message_max),
    )
    problems.settle()
    return checked


def _first(suggestion: Suggestion | None, head: str) -> UUID | None:
    """The first proposal of a head that was sure of itself; an unsure one is never accepted silently."""
    if suggestion is None:
        return None
    sure = suggestion.is_sure_of_category if head == "categories" else suggestion.is_sure_of_agency
    ranked = getattr(suggestion, head)
    return UUID(ranked[0]["id"]) if sure and ranked and ranked[0]["id"] else None


def _adopt(
    work: Work, complaint: Complaint, text: ComplaintText, checked: _Checked
) -> dict[str, tuple[str | None, str | None]]:
    """Write the verdict into the rows; gives what changed as (before, after), free text named but not quoted."""
    knowledge = work.knowledge

    def agency_code(agency_id: UUID | None) -> str | None:
        return None if agency_id is None else knowledge.agencies[agency_id].code

    before = {
        "category": None if complaint.category_id is None else knowledge.category_codes[complaint.category_id],
        "agency": agency_code(complaint.agency_id),
        "classification": complaint.classification,
        "urgency": complaint.urgency,
        "region": complaint.region_code,
        "secret": str(complaint.is_secret),
    }
    retitled, rewritten, moved = (
        text.title != checked.title,
        text.edited_body != checked.body,
        text.place != checked.place,
    )
    complaint.category_id, complaint.agency_id = checked.category_id, checked.agency_id
    complaint.classification, complaint.urgency = checked.classification, checked.urgency
    complaint.region_code, complaint.tags = checked.region_code, checked.tags
    complaint.is_secret = checked.is_secret or checked.classification in FORCED_SECRET
    text.title, text.edited_body, text.place = checked.title, checked.body, checked.place
    after = {
        "category": knowledge.category_codes[checked.category_id],
        "agency": agency_code(checked.agency_id),
        "classification": complaint.classification,
        "urgency": complaint.urgency,
        "region": complaint.region_code,
        "secret": str(complaint.is_secret),
    }
    changed = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    texts = {"title": retitled, "body": rewritten, "place": moved}
    return changed | {name: (None, None) for name, differs in texts.items() if differs}


def _keep_verdict(work: Work, suggestion: Suggestion, checked: _Checked, category: Category, agency: Agency) -> None:
    """Write the human answer beside the machine's: the label that the next training learns from."""
    suggestion.decided_at = work.now
    suggestion.chosen_category_id, suggestion.chosen_agency_id = category.id, agency.id
    suggestion.title_rank = _first_place(checked.title == title for title in suggestion.titles)
    # A finer category below the proposed one takes the proposal up, and so does the agency of a proposed unit.
    suggestion.category_rank = _first_place(covers(ranked["label"], category.code) for ranked in suggestion.categories)
    suggestion.agency_rank = _first_place(
        ranked["id"] is not None and _owner_id(work, UUID(ranked["id"])) == agency.id for ranked in suggestion.agencies
    )


def _first_place(taken: Iterable[bool]) -> int | None:
    return next((place for place, is_taken in enumerate(taken, start=1) if is_taken), None)


def _owner_id(work: Work, agency_id: UUID) -> UUID | None:
    facts = work.knowledge.agencies.get(agency_id)
    owner = None if facts is None else work.knowledge.directory.owner(facts.code)
    return None if owner is None else work.knowledge.agency_ids[owner.code]
