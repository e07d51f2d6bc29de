"""The agencies as routing sees them: who verifies for whom, who serves which place, who took over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rules import succession
from rules.codes import covers
from rules.vocabulary import AgencyLevel, Connection

# Labels of the classifier that name a kind of local office; the place decides which office it is.
LOCAL_OFFICE = "PEMDA."

_LOCAL_LEVELS = frozenset({AgencyLevel.PROVINCE, AgencyLevel.REGENCY, AgencyLevel.CITY})


@dataclass(frozen=True, slots=True)
class AgencyFacts:
    """What routing needs to know of an agency or unit. `valid_to` is the first day on which it is gone.

    `region` is the Kemendagri code of a local government, `office_kind` what kind of local office a unit is,
    `handles` are codes of categories; each stands for everything below it.
    """

    code: str
    connection: Connection
    level: AgencyLevel
    region: str | None = None
    office_kind: str | None = None
    parent: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    successors: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()

    def is_valid_on(self, day: date) -> bool:
        """Whether it exists on that day."""
        return succession.holds_on(day, self.valid_from, self.valid_to)

    @property
    def is_local(self) -> bool:
        """Whether it is the government of a place."""
        return self.level in _LOCAL_LEVELS

    def affinity(self, category: str | None) -> int:
        """How precisely it handles a category: the length of its longest code that covers it, else 0."""
        if category is None:
            return 0
        return max((len(code) for code in self.handles if covers(code, category)), default=0)


class Directory:
    """All agencies by code, with the look-ups that a route needs. Never changes once built."""

    def __init__(self, agencies: Iterable[AgencyFacts]) -> None:
        self._agencies = {agency.code: agency for agency in sorted(agencies, key=lambda a: a.code)}
        self._governments: dict[str, list[AgencyFacts]] = {}
        self._units: dict[str, list[AgencyFacts]] = {}
        for agency in self._agencies.values():
            if agency.level in _LOCAL_LEVELS and agency.region is not None:
                self._governments.setdefault(agency.region, []).append(agency)
            if agency.level is AgencyLevel.UNIT and agency.parent is not None:
                self._units.setdefault(agency.parent, []).append(agency)

    def get(self, code: str) -> AgencyFacts | None:
        """The agency with this code."""
        return self._agencies.get(code)

    def current(self, code: str, on: date) -> tuple[str, ...]:
        """Who stands for `code` on that day; see `succession.current`."""
        return succession.current(code, on, self._agencies)

    def heir(self, code: str, on: date, category: str | None = None) -> str | None:
        """The one agency that stands for `code`; of several successors, who handles the category best.

        `None` when the code is unknown, nobody took over, or the category does not decide.
        """
        heirs = self.current(code, on)
        return heirs[0] if len(heirs) == 1 else self._best(heirs, category)

    def owner(self, code: str) -> AgencyFacts | None:
        """The agency itself, or the one above a unit; `None` for an unknown code or a unit in the void."""
        agency = self.get(code)
        steps = 0
        while agency is not None and agency.level is AgencyLevel.UNIT and steps < len(self._agencies):
            agency = None if agency.parent is None else self.get(agency.parent)
            steps += 1
        return agency if agency is not None and agency.level is not AgencyLevel.UNIT else None

    def government(self, region: str, on: date) -> AgencyFacts | None:
        """The government of the regency or city around a place, else that of its province, else `None`."""
        parts = region.split(".")
        for level in (2, 1):
            for agency in self._governments.get(".".join(parts[:level]), []):
                if len(parts) >= level and agency.is_valid_on(on):
                    return agency
        return None

    def unit(self, agency: str, on: date, office_kind: str | None = None, category: str | None = None) -> str | None:
        """The unit of an agency that is of that kind of office, or that handles the category best."""
        units = [unit for unit in self._units.get(agency, []) if unit.is_valid_on(on)]
        if office_kind is not None:
            units = [unit for unit in units if unit.office_kind == office_kind]
            if len(units) == 1:
                return units[0].code
        return self._best([unit.code for unit in units], category)

    def resolve(self, label: str, *, region: str | None, on: date, category: str | None = None) -> str | None:
        """The code of the agency or office that a classifier's label means at a place on a day.

        A kind of local office becomes the unit of the government there, or that government when it has no
        such unit. `None` when nothing in the directory is meant.
        """
        if not label.startswith(LOCAL_OFFICE):
            return self.heir(label, on, category)
        government = None if region is None else self.government(region, on)
        if government is None:
            return None
        return self.unit(government.code, on, office_kind=label, category=category) or government.code

    def _best(self, codes: Sequence[str], category: str | None) -> str | None:
        ranked = sorted(((self._agencies[code].affinity(category), code) for code in codes), reverse=True)
        if not ranked or ranked[0][0] == 0 or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
            return None
        return ranked[0][1]
