"""The rule language: what an admin may ask of a complaint, and what may follow. Data only, never code."""

from collections.abc import Iterator, Mapping
from datetime import date, time
from enum import StrEnum
from typing import Annotated, Any, Self, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic.alias_generators import to_camel, to_snake

from rules.vocabulary import Channel, ReportType, RuleKind, Urgency

# Whose queue, when it is not simply an agency's code or a kind of local office ("PEMDA.PU").
ENTRY = "ENTRY"  # the agency through whose door the report came
LOCAL_GOVERNMENT = "LOCAL_GOVERNMENT"  # the government of the place
NATIONAL = "NATIONAL"  # the national desk

Code: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
RuleCode: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9_-]{0,59}$")]
Words: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Tagged: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class Head(StrEnum):
    """Which answer of the classifier a condition asks about."""

    CATEGORY = "category"
    AGENCY = "agency"


class Agreement(StrEnum):
    """Whether the classifier's first agency is the one this rule would choose."""

    AGREE = "AGREE"
    DISAGREE = "DISAGREE"


class Weekday(StrEnum):
    """A day of the week, in the order of `date.weekday`."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


class ReporterFlag(StrEnum):
    """What is known of the reporter without knowing who it is."""

    ANONYMOUS = "ANONYMOUS"
    SECRET = "SECRET"  # noqa: S105 - a wish of the reporter
    WITH_ACCOUNT = "WITH_ACCOUNT"
    ON_BEHALF = "ON_BEHALF"


class _Part(BaseModel):
    # Written in camelCase, as clients write it in GraphQL; read in both spellings.
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True, validate_by_name=True
    )


class TextTest(_Part):
    """Words that the text must contain, whole and in normalised spelling.

    Side by side in this order; with `within`, in any order inside that many words. Compared by their stems
    ("lampunya", "lampu"), with `as_written` by the words themselves.
    """

    words: Words
    within: Annotated[int, Field(ge=2, le=100)] | None = None
    as_written: bool = False


class CategoryTest(_Part):
    """The reporter's category is one of these or below; with `min_confidence`, the guessed one where none was given."""

    codes: Annotated[tuple[Code, ...], Field(min_length=1)]
    min_confidence: Share | None = None


class ClassifierTest(_Part):
    """The classifier's first answer is one of these labels or below, at least so sure."""

    head: Head
    labels: Annotated[tuple[Code, ...], Field(min_length=1)]
    min_confidence: Share


class Days(_Part):
    """Days of submission in Jakarta. `until` is the first day after."""

    since: date | None = None
    until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since is None and self.until is None:
            raise ValueError("one of since and until is needed")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("since must come before until")
        return self


class Hours(_Part):
    """Hours of submission in Jakarta, from `since` up to `until`; over midnight where `since` is the later one."""

    since: time
    until: time

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.since == self.until:
            raise ValueError("since and until must differ")
        return self


class All(_Part):
    """Every one of these holds."""

    all: Annotated[tuple["Condition", ...], Field(min_length=1)]


class AnyOf(_Part):
    """At least one of these holds."""

    any: Annotated[tuple["Condition", ...], Field(min_length=1)]


class NoneOf(_Part):
    """Not one of these holds."""

    none: Annotated[tuple["Condition", ...], Field(min_length=1)]


class Text(_Part):
    """The text contains words."""

    text: TextTest


class CategoryIs(_Part):
    """The category is one of these or below."""

    category: CategoryTest


class RegionIs(_Part):
    """The given or found place lies in one of these regions (Kemendagri codes)."""

    region: Annotated[tuple[Code, ...], Field(min_length=1)]


class ReportTypeIs(_Part):
    """What the citizen files is one of these."""

    report_type: Annotated[tuple[ReportType, ...], Field(min_length=1)]


class ChannelIs(_Part):
    """It came through one of these doors."""

    channel: Annotated[tuple[Channel, ...], Field(min_length=1)]


class ChosenAgencyIs(_Part):
    """The reporter chose one of these agencies."""

    chosen_agency: Annotated[tuple[Code, ...], Field(min_length=1)]


class ClassifierSays(_Part):
    """The classifier answers with one of these labels."""

    classifier: ClassifierTest


class AgreementIs(_Part):
    """Rule and classifier agree, or disagree, on the agency."""

    agreement: Agreement


class UrgencyIs(_Part):
    """The urgency before any rule is one of these."""

    urgency: Annotated[tuple[Urgency, ...], Field(min_length=1)]


class DayIs(_Part):
    """It was submitted on one of these days."""

    days: Days


class HourIs(_Part):
    """It was submitted at such an hour."""

    hours: Hours


class WeekdayIs(_Part):
    """It was submitted on such a day of the week."""

    weekday: Annotated[tuple[Weekday, ...], Field(min_length=1)]


class ReporterIs(_Part):
    """One of these is true of the reporter."""

    reporter: Annotated[tuple[ReporterFlag, ...], Field(min_length=1)]


Leaf: TypeAlias = (
    Text
    | CategoryIs
    | RegionIs
    | ReportTypeIs
    | ChannelIs
    | ChosenAgencyIs
    | ClassifierSays
    | AgreementIs
    | UrgencyIs
    | DayIs
    | HourIs
    | WeekdayIs
    | ReporterIs
)


def test_of(node: Any) -> str | None:
    """The one name under which a condition is written: `all`, `text`, `region` and so on; `None` when it is unclear."""
    keys = list(node) if isinstance(node, Mapping) else list(getattr(type(node), "model_fields", ()))
    return to_snake(str(keys[0])) if len(keys) == 1 else None


Condition: TypeAlias = Annotated[
    Annotated[All, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[NoneOf, Tag("none")]
    | Annotated[Text, Tag("text")]
    | Annotated[CategoryIs, Tag("category")]
    | Annotated[RegionIs, Tag("region")]
    | Annotated[ReportTypeIs, Tag("report_type")]
    | Annotated[ChannelIs, Tag("channel")]
    | Annotated[ChosenAgencyIs, Tag("chosen_agency")]
    | Annotated[ClassifierSays, Tag("classifier")]
    | Annotated[AgreementIs, Tag("agreement")]
    | Annotated[UrgencyIs, Tag("urgency")]
    | Annotated[DayIs, Tag("days")]
    | Annotated[HourIs, Tag("hours")]
    | Annotated[WeekdayIs, Tag("weekday")]
    | Annotated[ReporterIs, Tag("reporter")],
    Discriminator(test_of),
]


class Outcome(_Part):
    """What follows. `queue` is one of the words above, an agency's code or a kind of local office.

    With `continues`, a rule adds urgency, tags and copies, chooses no queue, and the rules below it are asked as well.
    """

    queue: Code | None = None
    mechanism: Code | None = None
    urgency: Urgency = Urgency.NORMAL
    tags: tuple[Tagged, ...] = ()
    copies: tuple[Code, ...] = ()
    continues: bool = Field(default=False, alias="continue")

    @model_validator(mode="after")
    def _stops_or_continues(self) -> Self:
        if self.continues and (self.queue is not None or self.mechanism is not None):
            raise ValueError("a rule that continues chooses neither queue nor mechanism")
        if not self.continues and self.queue is None:
            raise ValueError("a rule that does not continue needs a queue")
        return self


class Rule(_Part):
    """A condition and what follows from it. `valid_to` is the first day after it; `when` left out: always."""

    code: RuleCode
    position: Annotated[int, Field(ge=0, le=1_000_000)]
    name: Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
    when: Condition | None = None
    then: Outcome
    valid_from: date | None = None
    valid_to: date | None = None

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.valid_from is not None and self.valid_to is not None and self.valid_from >= self.valid_to:
            raise ValueError("valid_from must come before valid_to")
        return self

    @property
    def kind(self) -> RuleKind:
        """What the rule mostly goes by, for lists and figures."""
        if self.then.mechanism is not None:
            return RuleKind.SPECIAL_CATEGORY
        if self.then.queue == ENTRY:
            return RuleKind.CHANNEL
        tests = {test_of(leaf) for leaf in leaves(self.when)}
        if "text" in tests:
            return RuleKind.KEYWORD_TAG
        return RuleKind.LOCATION if "region" in tests else RuleKind.OTHER


class ClassifierPolicy(_Part):
    """What the classifier may do beside the rules, as part of their version.

    `min_confidence` is the confidence from which its agency is followed, `agencies` says it for single labels; below
    its own threshold, or before people decided enough, it never is. A chosen agency whose chance is below
    `unlikely_below` is flagged, never overruled.
    """

    min_confidence: Share | None = None
    agencies: Mapping[Code, Share] = Field(default_factory=dict)
    unlikely_below: Share = 0.02

    def threshold(self, label: str) -> float:
        """The confidence from which this label is followed, beside the classifier's own threshold."""
        return self.agencies.get(label, self.min_confidence or 0.0)


class RuleDocument(_Part):
    """A whole rule set as it is exported, reviewed and imported."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
    classifier: ClassifierPolicy = ClassifierPolicy()
    rules: tuple[Rule, ...]


def leaves(node: Any) -> Iterator[Leaf]:
    """The single tests of a condition, from left to right; none for `None`."""
    if node is None:
        return
    below = below_of(node)
    if below is None:
        yield node
    for child in below or ():
        yield from leaves(child)


def below_of(node: Any) -> tuple[Any, ...] | None:
    """The conditions that one combines; `None` for a single test."""
    match node:
        case All(all=below) | AnyOf(any=below) | NoneOf(none=below):
            return below
        case _:
            return None
