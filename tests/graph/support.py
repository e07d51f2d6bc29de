"""What GraphQL tests speak with: documents, global ids, and the answers."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from graphql import GraphQLObjectType, GraphQLOutputType, get_named_type, is_leaf_type, is_required_argument
from strawberry import Schema, relay

from complaints.classifiers import Gate
from complaints.close import close
from complaints.desk import archive, defer
from complaints.policy import GRANTS, Actor
from graph.context import Context
from graph.measure import DocumentLimits
from graph.schema import build_schema
from models import ClassifierVersion, Complaint, Dataset
from rules.vocabulary import Action, Role, Status
from tests.support import NATIONAL, Complaints

ROOMY = DocumentLimits(depth=40, tokens=50_000, aliases=500, cost=10**9, page=100, allow_introspection=True)

# Everything a refusal can tell.
REFUSAL = """
fragment Refusal on UserError {
  code message messageEn field
  ... on NotAllowedError { action }
  ... on NotSignedInError { reason }
  ... on IllegalStepError { status action allowed }
  ... on StaleError { currentVersion }
  ... on InvalidError { problems { field code message messageEn } }
  ... on TooManyError { retryAfterSeconds }
}
"""


def _arguments() -> Mapping[str, Mapping[str, str]]:
    mutations = build_schema(ROOMY)._schema.mutation_type
    assert mutations is not None
    return {
        field: {name: str(argument.type) for name, argument in found.args.items()}
        for field, found in mutations.fields.items()
    }


# Every mutation: its arguments and their types, as the schema says.
ARGUMENTS = _arguments()
_RULE_SET = "ruleSet { id number state version }"
PAYLOADS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "draftRules",
            "removeRule",
            "setClassifierPolicy",
            "importRules",
            "discardRules",
            "rebaseRules",
            "checkRules",
            "reopenRules",
            "activateRules",
            "decideActivation",
        ),
        _RULE_SET,
    ),
    "putRule": f"rule {{ code version sentence sentenceEn when then }} {_RULE_SET}",
    "adoptProposal": f"rule {{ code version sentence }} {_RULE_SET}",
    "proposeRule": "proposal { id state sentence reason agency { code } }",
    "dismissProposal": "proposal { id state settledReason }",
    "replayRules": "replay { id state fraction ruleSetNumber }",
    "cancelReplay": "replay { id state }",
    "suggestRules": "requested",
    "acknowledgeRuleAlarm": "alarm { id acknowledgedAt }",
    "createMechanism": "mechanism { code labelId validFrom validTo }",
    "endMechanism": "mechanism { code labelId validFrom validTo }",
    "submitComplaint": "trackingCode pin isRepeat complaint { id version status }",
    "discloseReporter": "name email phone",
    "requestUpload": "uploadId url method headers { name value } urlExpiresAt expiresAt",
    "discardUpload": "discarded",
    "describeAttachment": "attachment { id altText }",
    "setAttachmentAudience": "attachment { id audience }",
    "removeAttachment": "attachment { id state url }",
    "login": "token csrfToken me { login name role }",
    "logout": "signedOut",
    "saveView": "view { id name order text count filter { desk statuses category { code } isOverdue } }",
    "deleteView": "id",
    "followUpMany": "outcomes { id version }",
    "markNotificationsRead": "marked unreadCount",
    "setNotificationPreference": "preferences { kinds { kind medium isOn isDefault } }",
    "setNotificationAddress": "preferences { email language }",
    "createWebhook": "secret webhook { id url types isActive agency { code } }",
    "rotateWebhookSecret": "secret webhook { id rotatedAt }",
    "disableWebhook": "webhook { id isActive disabledReason }",
    "enableWebhook": "webhook { id isActive disabledReason }",
    "testWebhook": "delivery { id kind medium state webhookId }",
    "replayDelivery": "delivery { id state attempts }",
    "replayDeliveries": "replayed",
    "promoteClassifier": "version { version state reason }",
    "proposeRelease": "proposal { id version reason proposedByName isAgreed decidedByName }",
    "decideRelease": "proposal { id version reason proposedByName isAgreed decidedByName }",
    "rollBackClassifier": "version { version state reason }",
    "startShadow": "version { version state isShadow }",
    "stopShadow": "stopped",
    "acknowledgeAlarm": "alarm { id acknowledgedAt }",
    "buildDataset": "dataset { id state rows }",
    "startTraining": "run { id state fraction }",
    "cancelTraining": "run { id state fraction }",
    "giveLabel": "complaintId category { code } agency { code } isExcluded",
    "checkLabels": "dataset { id checkRequestedAt checkedAt }",
    "settleDoubt": "doubt { id outcome settledAt }",
    "requestExport": "export { id kind format state rows rowsExpected }",
    "openExport": "path expiresInSeconds",
    "openCase": "expiresAt present { role name isMe agency { code } }",
    "leaveCase": "left",
    "putTemplate": "template { id name body agency { code } }",
    "retireTemplate": "template { id name body }",
    "supportComplaint": "supportCount",
    **dict.fromkeys(
        ("bulkVerify", "bulkDispatch", "bulkArchive", "bulkTag"),
        """outcomes { id version refusal { code message ... on StaleError { currentVersion changes { kind role } }
          ... on IllegalStepError { status } ... on InvalidError { problems { field code } } } }""",
    ),
    "importHistory": """report {
      rows usable added known problemCount problems { row code text textEn }
      unknownLabels { field label rows nearest } labels { target labels { label rows isTooFew } }
    }""",
}


def mutation(field: str, payload: str | None = None) -> str:
    """The document of one mutation with every refusal spelled out, its arguments as variables."""
    arguments = ARGUMENTS[field]
    declared = ", ".join(f"${name}: {kind}" for name, kind in arguments.items())
    passed = ", ".join(f"{name}: ${name}" for name in arguments)
    selected = payload or PAYLOADS.get(field, "complaint { id version status }")
    name = f"{field[0].upper()}{field[1:]}Payload"
    return (
        f"mutation{f'({declared})' if declared else ''} {{ {field}{f'({passed})' if passed else ''} {{"
        f" __typename ...Refusal ... on {name} {{ {selected} }} }} }}{REFUSAL}"
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `data` is what was asked for, `errors` what clients read under that name."""

    data: Any
    errors: list[dict[str, Any]]

    @property
    def codes(self) -> list[str]:
        """The codes of the errors, in order."""
        return [error["extensions"]["code"] for error in self.errors]


class Ask(Protocol):
    async def __call__(self, actor: Actor, document: str, /, **variables: Any) -> Answer:
        """Execute a document as somebody."""


class Do(Protocol):
    async def __call__(
        self, actor: Actor, field: str, payload: str | None = None, /, **arguments: Any
    ) -> dict[str, Any]:
        """One mutation as somebody; gives the member of its union."""


class ContextOf(Protocol):
    async def __call__(self, actor: Actor, /, **more: Any) -> Context: ...


def problems_in(member: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Field and code of everything wrong that an `InvalidError` names."""
    return [(problem["field"], problem["code"]) for problem in member["problems"]]


# The next message of a subscription, the codes of its errors instead, or None at its end.
Hear = Callable[[], Awaitable[Any]]


class Listen(Protocol):
    def __call__(self, actor: Actor, document: str, **variables: Any) -> AbstractAsyncContextManager[Hear]:
        """`async with listen(actor, document, id=...) as hear`; `context` is what the operation knows besides."""


class VersionOf(Protocol):
    async def __call__(self, version: str, gate: Gate | None = None) -> ClassifierVersion:
        """A registered candidate."""


class DatasetOf(Protocol):
    async def __call__(self, **columns: Any) -> Dataset:
        """A data set that is built."""


# What training measured of a target.
METRICS = {
    "rows": 120, "labels": 4, "accuracy": 0.81, "macro_f1": 0.7, "top3": 0.95, "coverage_at_95": 0.55, "ece": 0.03,
}  # fmt: skip

Stock = Callable[[], Awaitable[dict[str, str]]]


def gid(kind: str, row_id: UUID) -> str:
    """The global id of a row."""
    return relay.to_base64(kind, row_id)


def row_id_of(global_id: str) -> UUID:
    """The row behind a global id."""
    return UUID(relay.from_base64(global_id)[1])


def case_id(complaint: Complaint) -> str:
    """The global id of a complaint."""
    return gid("Complaint", complaint.id)


def camel(name: str) -> str:
    """A Python name as the schema spells it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def names(actions: tuple[Action, ...] | list[Action]) -> list[str]:
    """Actions as the schema spells them."""
    return [action.name for action in actions]


def names_of(rows: list[dict[str, Any]], known: Mapping[str, Complaint]) -> list[str]:
    """What a test calls the complaints with these ids, in order."""
    called = {case_id(complaint): name for name, complaint in known.items()}
    return [called[row["id"]] for row in rows]


@dataclass(frozen=True, slots=True)
class Step:
    """A mutation on a complaint at a desk: from where it works, from where not, what it takes, what it leads to."""

    field: str
    action: Action
    legal: Status
    illegal: Status
    leads_to: Status
    event: str
    takes: Mapping[str, Any]

    def arguments(self, complaint: Complaint, **other: Any) -> dict[str, Any]:
        """The variables for one complaint as it was last seen; `other` takes the place of what the step takes."""
        wanted = {"id": case_id(complaint), "seenVersion": complaint.version, **self.takes, **other}
        return {"input": wanted} if "input" in ARGUMENTS[self.field] else wanted


STEPS = (
    Step(
        "verifyComplaint", Action.VERIFY, Status.UNVERIFIED, Status.DISPATCHED, Status.VERIFIED, "Verified",
        {"title": "Jalan Rusak"},
    ),
    Step(
        "dispatchComplaint", Action.DISPATCH, Status.VERIFIED, Status.UNVERIFIED, Status.DISPATCHED, "Dispatched",
        {"destination": {}},
    ),
    Step("handleComplaint", Action.HANDLE, Status.VERIFIED, Status.DISPATCHED, Status.IN_PROGRESS, "Handled", {}),
    Step(
        "returnComplaint", Action.RETURN, Status.DISPATCHED, Status.IN_PROGRESS, Status.UNVERIFIED, "Returned",
        {"reason": "BUKAN_WEWENANG"},
    ),
    Step(
        "deferComplaint", Action.DEFER, Status.VERIFIED, Status.DISPATCHED, Status.DEFERRED, "Deferred",
        {"reason": "BUTUH_KETERANGAN", "question": "Di ruas mana tepatnya?"},
    ),
    Step(
        "archiveComplaint", Action.ARCHIVE, Status.UNVERIFIED, Status.DISPATCHED, Status.ARCHIVED, "Archived",
        {"reason": "TIDAK_JELAS"},
    ),
    Step(
        "restoreComplaint", Action.RESTORE, Status.ARCHIVED, Status.UNVERIFIED, Status.UNVERIFIED, "Restored",
        {"note": "Pelapor melengkapi data lewat telepon."},
    ),
    Step(
        "addFollowUp", Action.FOLLOW_UP, Status.DISPATCHED, Status.VERIFIED, Status.IN_PROGRESS, "FollowedUp",
        {"text": "Petugas sudah ke lokasi."},
    ),
    Step(
        "closeComplaint", Action.CLOSE, Status.IN_PROGRESS, Status.DISPATCHED, Status.CLOSED, "Closed",
        {"outcome": "Jalan sudah ditambal."},
    ),
)  # fmt: skip


class Cast:
    """Somebody of every role, without an account: what they may do follows from the role and the agency alone."""

    def __init__(self, agency_ids: Mapping[str, UUID]) -> None:
        city, works, waste = (agency_ids[f"KOTA_SEMARANG{unit}"] for unit in ("", ".DPU", ".DLH"))
        self.admin = Actor(Role.AGENCY_ADMIN, agency_id=city)
        self.other_admin = Actor(Role.AGENCY_ADMIN, agency_id=agency_ids["PLN"])
        self.officer = Actor(Role.UNIT_OFFICER, agency_id=city, unit_id=works)
        self.other_officer = Actor(Role.UNIT_OFFICER, agency_id=city, unit_id=waste)
        self.inspectorate = Actor(Role.INSPECTORATE, agency_id=city)
        self.other_inspectorate = Actor(Role.INSPECTORATE, agency_id=agency_ids["PLN"])
        self.hub = Actor(Role.HUB, agency_id=agency_ids["PROV_JATENG"])
        self.other_hub = Actor(Role.HUB, agency_id=agency_ids["KEM_BUMN"])
        self.national = Actor(Role.NATIONAL_ADMIN)
        self.overseer = Actor(Role.OVERSEER)
        self.auditor = Actor(Role.AUDITOR)
        self.data_staff = Actor(Role.DATA_STAFF)
        every = GRANTS[Role.SERVICE]
        self.service = Actor(Role.SERVICE, scopes=every)
        self.city_service = Actor(Role.SERVICE, agency_id=city, scopes=every)
        self.other_service = Actor(Role.SERVICE, agency_id=agency_ids["PLN"], scopes=every)
        self.narrow_service = Actor(Role.SERVICE, scopes=frozenset({Action.READ_CATALOGUE}))


@dataclass
class Cases:
    """Complaints about a street in Semarang: the city verifies for itself, its DPU mends streets."""

    a_complaint: Complaints
    city: UUID
    street: UUID

    async def __call__(
        self, status: Status = Status.UNVERIFIED, *, unit: str | None = "KOTA_SEMARANG.DPU", **draft: Any
    ) -> Complaint:
        """One in any status; in queue and hands of the city, dispatched to `unit`."""
        before = {Status.CLOSED: Status.IN_PROGRESS, Status.DEFERRED: Status.VERIFIED, Status.ARCHIVED: Status.VERIFIED}
        wanted = {"text": "Jalan di depan pasar berlubang besar sejak minggu lalu, mohon diperbaiki"} | draft
        complaint = await self.a_complaint(
            before.get(status, status),
            agency="KOTA_SEMARANG",
            unit=unit,
            category="PUPR.INFRASTRUKTUR_JALAN",
            agency_id=self.city,
            category_id=self.street,
            **wanted,
        )
        seen = {"seen_version": complaint.version}
        async with self.a_complaint.runtime.workshop.work(NATIONAL) as work:
            match status:
                case Status.CLOSED:
                    return await close(work, complaint.id, "Jalan sudah ditambal.", **seen)
                case Status.DEFERRED:
                    return await defer(work, complaint.id, "BUTUH_KETERANGAN", "Di ruas mana tepatnya?", **seen)
                case Status.ARCHIVED:
                    return await archive(work, complaint.id, "TIDAK_JELAS", None, **seen)
                case _:
                    return complaint

    def ticket(self, complaint: Complaint) -> Actor:
        """Who holds its tracking code and PIN."""
        return self.a_complaint.ticket(complaint)

    def access(self, complaint: Complaint, **other: Any) -> dict[str, Any]:
        """Its tracking code and PIN as mutations of reporters take them."""
        receipt = self.a_complaint.receipts[complaint.id]
        return {"trackingCode": complaint.tracking_code, "pin": receipt.pin, **other}


# Reference data hangs together by parents and children: asked for in full it would be most of the catalogue.
CATALOGUE = frozenset({"Agency", "Category", "Region"})


def everything(kind: GraphQLOutputType, levels: int) -> str:
    """A selection of every field that needs no argument, so many levels of objects deep; the catalogue is one level."""
    named = get_named_type(kind)
    assert isinstance(named, GraphQLObjectType)
    levels = 1 if named.name in CATALOGUE else levels
    chosen = []
    for name, field in named.fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        if is_leaf_type(get_named_type(field.type)):
            chosen.append(name)
        elif levels > 1:
            chosen.append(f"{name} {{ {everything(field.type, levels - 1)} }}")
    return " ".join(chosen)


def complaint_type(schema: Schema) -> GraphQLObjectType:
    """The type `Complaint` as graphql-core knows it."""
    kind = schema._schema.type_map["Complaint"]
    assert isinstance(kind, GraphQLObjectType)
    return kind
