"""The shared words as GraphQL enums, each with a sentence for those who read the schema."""

from enum import StrEnum

import strawberry

from complaints.learning.watching import FigureGroup, Head
from complaints.reading import Desk, QueueOrder
from rules.deadlines import LimitUnit
from rules.vocabulary import (
    Action,
    AgencyLevel,
    AlarmKind,
    Audience,
    Channel,
    Classification,
    Clock,
    Connection,
    DoubtOutcome,
    DoubtReason,
    JobState,
    ReleaseKind,
    ReportType,
    Role,
    RuleKind,
    Screening,
    Status,
    TermKind,
    Urgency,
)

strawberry.enum(Status, description="Where a complaint stands.")
strawberry.enum(Action, description="What can be done; the permission and the arrow of the lifecycle in one.")
strawberry.enum(AgencyLevel, description="Where an agency stands in the state; a UNIT works inside another agency.")
strawberry.enum(Audience, description="Who something is for: EVERYONE, the PARTIES of a case, or INTERNAL to handlers.")
strawberry.enum(Channel, description="Through which door a complaint came in.")
strawberry.enum(Classification, description="What the admin calls it; decides the completion clock.")
strawberry.enum(Clock, description="What is being waited for.")
strawberry.enum(Connection, description="Who verifies and who forwards for an agency.")
strawberry.enum(ReportType, description="What the citizen files.")
strawberry.enum(Role, description="Who somebody is.")
strawberry.enum(RuleKind, description="Why a complaint entered a queue.")
strawberry.enum(TermKind, description="The small reference lists.")
strawberry.enum(Urgency, description="How soon somebody should look.")
strawberry.enum(Desk, description="Which tray of a queue: all of it, what awaits verification, what is being handled.")
strawberry.enum(LimitUnit, description="What a time limit counts in.")
strawberry.enum(QueueOrder, description="How a queue is sorted; DUE_FIRST shows only what has a due date.")
strawberry.enum(Screening, description="Whether a text is a usable report at all, and if not, why.")
strawberry.enum(JobState, description="Where a job that a person asked for stands.")
strawberry.enum(ReleaseKind, description="How a version came to serve.")
strawberry.enum(AlarmKind, description="What about the classifier a person should look at.")
strawberry.enum(DoubtReason, description="Why a label is doubted.")
strawberry.enum(DoubtOutcome, description="What a person said to a doubt.")
strawberry.enum(FigureGroup, description="What figures are grouped by.")
strawberry.enum(Head, name="FigureHead", description="Whose answers are counted.")


@strawberry.enum(description="Where a classifier version stands; at most one is ACTIVE, and that one serves.")
class VersionState(StrEnum):
    """As `classifier_version.state` holds it."""

    CANDIDATE = "CANDIDATE"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"
