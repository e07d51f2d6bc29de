"""Routing rules as clients write them: the same form that is stored and exported, typed."""

import dataclasses
from collections.abc import Mapping
from datetime import date, time
from enum import Enum
from typing import Any

import strawberry
from pydantic.alias_generators import to_camel
from strawberry import UNSET

from rules.language import Agreement, Head, ReporterFlag, Weekday
from rules.vocabulary import Channel, ReportType, Urgency

strawberry.enum(Agreement, description="Whether the classifier's first agency is the one the rule would choose.")
strawberry.enum(Head, name="ClassifierHead", description="Which answer of the classifier is asked about.")
strawberry.enum(ReporterFlag, description="What is known of a reporter without knowing who it is.")
strawberry.enum(Weekday, description="A day of the week.")


@strawberry.input(
    description="Words that the text must contain: whole, in normalised spelling, compared by their stems."
)
class TextTestInput:
    """A `rules.language.TextTest`."""

    words: str
    within: int | None = strawberry.field(
        default=UNSET, description="In any order inside so many words; left out: side by side, in this order."
    )
    as_written: bool = strawberry.field(default=False, description="Compare the words themselves, not their stems.")


@strawberry.input(description="One of these categories or below.")
class CategoryTestInput:
    """A `rules.language.CategoryTest`."""

    codes: list[str]
    min_confidence: float | None = strawberry.field(
        default=UNSET, description="Where the reporter gave none, the guessed one counts from this confidence, 0 to 1."
    )


@strawberry.input(description="The classifier's first answer is one of these labels or below, at least so sure.")
class ClassifierTestInput:
    """A `rules.language.ClassifierTest`."""

    head: Head
    labels: list[str]
    min_confidence: float


@strawberry.input(description="Days of submission in Jakarta; `until` is the first day after.")
class DaysInput:
    """A `rules.language.Days`."""

    since: date | None = UNSET
    until: date | None = UNSET


@strawberry.input(description="Hours of submission in Jakarta; over midnight where `since` is the later one.")
class HoursInput:
    """A `rules.language.Hours`."""

    since: time
    until: time


@strawberry.input(one_of=True, description="One condition. `all`, `any` and `none` combine others.")
class RuleConditionInput:
    """A `rules.language.Condition`."""

    all: list["RuleConditionInput"] | None = UNSET
    any: list["RuleConditionInput"] | None = UNSET
    none: list["RuleConditionInput"] | None = UNSET
    text: TextTestInput | None = UNSET
    category: CategoryTestInput | None = UNSET
    region: list[str] | None = strawberry.field(default=UNSET, description="Codes of the home ministry.")
    report_type: list[ReportType] | None = UNSET
    channel: list[Channel] | None = UNSET
    chosen_agency: list[str] | None = strawberry.field(default=UNSET, description="Codes.")
    classifier: ClassifierTestInput | None = UNSET
    agreement: Agreement | None = UNSET
    urgency: list[Urgency] | None = UNSET
    days: DaysInput | None = UNSET
    hours: HoursInput | None = UNSET
    weekday: list[Weekday] | None = UNSET
    reporter: list[ReporterFlag] | None = UNSET


@strawberry.input(description="What follows when a rule holds.")
class RuleOutcomeInput:
    """A `rules.language.Outcome`."""

    queue: str | None = strawberry.field(
        default=UNSET,
        description="An agency's code, a kind of local office (PEMDA.PU), ENTRY, LOCAL_GOVERNMENT or NATIONAL.",
    )
    mechanism: str | None = strawberry.field(default=UNSET, description="The code of a special mechanism.")
    urgency: Urgency = Urgency.NORMAL
    tags: list[str] = strawberry.field(default_factory=list)
    copies: list[str] = strawberry.field(default_factory=list, description="Codes of agencies that read along.")
    continue_: bool = strawberry.field(
        name="continue", default=False, description="Choose no queue, and ask the rules below as well."
    )


@strawberry.input(description="A routing rule.")
class RuleInput:
    """A `rules.language.Rule`."""

    code: str = strawberry.field(description="Capitals, digits, - and _; it stays the same over all versions.")
    position: int = strawberry.field(description="The lower one is asked first.")
    name: str
    reason: str = strawberry.field(description="Why it exists; stands in every decision it makes.")
    when: RuleConditionInput | None = strawberry.field(default=UNSET, description="Left out: always.")
    then: RuleOutcomeInput
    valid_from: date | None = UNSET
    valid_to: date | None = strawberry.field(default=UNSET, description="The first day after.")

    def data(self) -> dict[str, Any]:
        """The rule as `rules.checking` reads it."""
        written: dict[str, Any] = as_written(self)
        return written


@strawberry.input(description="What the classifier may do beside the rules.")
class ClassifierPolicyInput:
    """A `rules.language.ClassifierPolicy`."""

    min_confidence: float | None = UNSET
    agencies: list["AgencyConfidenceInput"] = strawberry.field(default_factory=list)
    unlikely_below: float = 0.02

    def data(self) -> dict[str, Any]:
        """The policy as `rules.checking` reads it."""
        written: dict[str, Any] = as_written(self)
        return written | {"agencies": {one.agency: one.min_confidence for one in self.agencies}}


@strawberry.input(description="From which confidence the classifier is followed to one agency.")
class AgencyConfidenceInput:
    """One entry of a policy."""

    agency: str
    min_confidence: float


def as_written(value: Any) -> Any:
    """An input as plain data: what was left out is left out, names are those of the schema, words their values."""
    if dataclasses.is_dataclass(value):
        given = {entry.name: getattr(value, entry.name) for entry in dataclasses.fields(value)}
        return {to_camel(name).rstrip("_"): as_written(one) for name, one in given.items() if _is_said(one)}
    if isinstance(value, Mapping):
        return {key: as_written(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_written(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date | time) else value


def _is_said(value: Any) -> bool:
    return value is not UNSET and value is not None
