"""The shared words as GraphQL enums, each with a sentence for those who read the schema."""

import strawberry

from complaints.reading import Desk, QueueOrder
from rules.vocabulary import (
    Action,
    AgencyLevel,
    Audience,
    Channel,
    Classification,
    Clock,
    Connection,
    ReportType,
    Role,
    RuleKind,
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
strawberry.enum(QueueOrder, description="How a queue is sorted; DUE_FIRST shows only what has a due date.")
