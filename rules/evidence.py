"""What is known of a complaint when it is routed, and nothing of who filed it."""

from dataclasses import dataclass
from datetime import date, datetime

from rules.deadlines import JAKARTA, local_date
from rules.language import ReporterFlag
from rules.vocabulary import Channel, ReportType, Urgency


@dataclass(frozen=True, slots=True)
class Ranked:
    """One answer of the classifier: a code, and how sure it is, from 0 to 1."""

    code: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that routing may look at. `None` and empty mean that nobody said so.

    `words` are the normalised tokens of the text. `chosen_agency` is the reporter's choice, `entry_agency` the one
    whose subdomain or desk the report came through; `at` is the moment of submission, with a time zone; `urgency` the
    one before any rule. `categories` and `agencies` are the classifier's answers, best first; an agency may be a kind
    of local office (`PEMDA.PU`), and `meant_agency` is whom the first one means at this place. `agency_is_sure` says
    that it passed the classifier's own threshold and may act, the two `..._is_proven` that the answers rest on enough
    decisions of people for a condition to count on them. `chosen_chance` is the classifier's chance (0 to 1) for the
    chosen agency, `None` when it does not know it.
    """

    words: tuple[str, ...]
    category: str | None
    chosen_agency: str | None
    entry_agency: str | None
    region: str | None
    channel: Channel
    report_type: ReportType
    at: datetime
    urgency: Urgency = Urgency.NORMAL
    reporter: frozenset[ReporterFlag] = frozenset()
    categories: tuple[Ranked, ...] = ()
    agencies: tuple[Ranked, ...] = ()
    meant_agency: str | None = None
    agency_is_sure: bool = False
    agency_is_proven: bool = False
    category_is_proven: bool = False
    chosen_chance: float | None = None

    @property
    def on(self) -> date:
        """The day of submission in Jakarta; raises `ValueError` when `at` has no time zone."""
        return local_date(self.at)

    @property
    def local_at(self) -> datetime:
        """The moment of submission on a clock in Jakarta."""
        return self.at.astimezone(JAKARTA)

    @property
    def matter(self) -> str | None:
        """What it is about, for choosing among offices: the category, else the classifier's first guess."""
        return self.category or (self.categories[0].code if self.categories else None)
