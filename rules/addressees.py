"""Whom an outcome means: the office of the place, the successor of an agency, the queue of a unit."""

from dataclasses import dataclass
from datetime import date

from rules.codes import covers
from rules.directory import LOCAL_OFFICE, AgencyFacts, Directory
from rules.evidence import Evidence
from rules.language import ENTRY, LOCAL_GOVERNMENT, NATIONAL
from rules.reasons import Reason, ReasonCode
from rules.vocabulary import AgencyLevel, Connection

# The cities of Jakarta are administrative: the province is the only government there.
_JAKARTA = "31"


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whose queue, and who is proposed to mend it. `queue` is an agency's code, `None` the national desk."""

    queue: str | None
    agency: str | None
    unit: str | None
    because: tuple[Reason, ...]


def national_desk(*because: Reason) -> Addressee:
    """Nobody is proposed, for these reasons."""
    return Addressee(None, None, None, (*because, Reason(ReasonCode.NATIONAL_DESK)))


def addressee(queue: str, evidence: Evidence, directory: Directory) -> Addressee:
    """Whom an outcome's queue, a reporter's choice or a classifier's label means.

    The words of `rules.language` come first, everything else is a code. Leads to the national desk where that is
    nobody (no place, no connected government, several successors).
    """
    if queue == NATIONAL:
        return national_desk()
    if queue == LOCAL_GOVERNMENT:
        return _local(None, evidence, directory)
    code = evidence.entry_agency or queue if queue == ENTRY else queue
    if code.startswith(LOCAL_OFFICE):
        return _local(code, evidence, directory)
    return _named(code, evidence, directory)


def _local(office_kind: str | None, evidence: Evidence, directory: Directory) -> Addressee:
    """The government of the place, and its office of that kind or for that matter."""
    region = evidence.region
    if region is None:
        return national_desk(Reason(ReasonCode.NO_REGION))
    government = directory.government(region, evidence.on)
    if government is None:
        return national_desk(Reason(ReasonCode.NO_LOCAL_GOVERNMENT, {"region": region}))
    is_province = government.level is AgencyLevel.PROVINCE
    is_stand_in = is_province and government.region != region and not covers(_JAKARTA, region)
    reason = Reason(
        ReasonCode.PROVINCE_INSTEAD if is_stand_in else ReasonCode.LOCAL_GOVERNMENT,
        {"region": region, "agency": government.code},
    )
    unit = directory.unit(government.code, evidence.on, office_kind, evidence.matter)
    return _in_queue_of(government, unit, (reason,))


def _named(code: str, evidence: Evidence, directory: Directory) -> Addressee:
    """The agency of that code as of today; a unit stands for the agency above it."""
    owner = directory.owner(code)
    if owner is None:
        return national_desk(Reason(ReasonCode.UNKNOWN_AGENCY, {"agency": code}))
    heir = directory.heir(owner.code, evidence.on, evidence.matter)
    agency = None if heir is None else directory.get(heir)
    if agency is None:
        return national_desk(_why_no_heir(owner.code, evidence.on, directory))
    because: tuple[Reason, ...] = ()
    if agency.code != owner.code:
        data = {"agency": owner.code, "successor": agency.code, "on": evidence.on.isoformat()}
        because = (Reason(ReasonCode.SUCCESSOR, data),)
    is_unit_of_it = code != owner.code and agency.code == owner.code and code in directory.current(code, evidence.on)
    unit = code if is_unit_of_it else directory.unit(agency.code, evidence.on, category=evidence.matter)
    return _in_queue_of(agency, unit, because)


def _why_no_heir(code: str, on: date, directory: Directory) -> Reason:
    heirs = directory.current(code, on)
    if heirs:
        return Reason(ReasonCode.SEVERAL_SUCCESSORS, {"agency": code, "successors": heirs})
    return Reason(ReasonCode.NO_SUCCESSOR, {"agency": code, "on": on.isoformat()})


def _in_queue_of(agency: AgencyFacts, unit: str | None, because: tuple[Reason, ...]) -> Addressee:
    if unit is not None:
        because = (*because, Reason(ReasonCode.UNIT, {"unit": unit, "agency": agency.code}))
    if agency.connection is Connection.FULL:
        return Addressee(
            agency.code, agency.code, unit, (*because, Reason(ReasonCode.OWN_QUEUE, {"agency": agency.code}))
        )
    reason = Reason(ReasonCode.NATIONAL_VERIFIES, {"agency": agency.code})
    return Addressee(None, agency.code, unit, (*because, reason))
