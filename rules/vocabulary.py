"""The words every room shares: statuses, actions, roles, channels. Labels people read live in the database."""

from enum import StrEnum


class Status(StrEnum):
    """Where a complaint stands. `docs/glossary.md` gives the Indonesian names."""

    UNVERIFIED = "UNVERIFIED"
    VERIFIED = "VERIFIED"
    DISPATCHED = "DISPATCHED"
    IN_PROGRESS = "IN_PROGRESS"
    CLOSED = "CLOSED"
    DEFERRED = "DEFERRED"
    ARCHIVED = "ARCHIVED"


class Action(StrEnum):
    """What can be done. One name serves as permission and as arrow of the lifecycle, so they cannot drift."""

    # arrows of the lifecycle
    SUBMIT = "complaint:submit"
    SUBMIT_ON_BEHALF = "complaint:submit_on_behalf"
    ROUTE = "complaint:route"
    SUGGEST = "complaint:suggest"
    VERIFY = "complaint:verify"
    DISPATCH = "complaint:dispatch"
    HANDLE = "complaint:handle"
    RETURN = "complaint:return"
    DEFER = "complaint:defer"
    ARCHIVE = "complaint:archive"
    RESTORE = "complaint:restore"
    FOLLOW_UP = "complaint:follow_up"
    REPLY = "complaint:reply"
    CLOSE = "complaint:close"
    AUTO_CLOSE = "complaint:auto_close"
    REOPEN = "complaint:reopen"
    RATE = "complaint:rate"
    ESCALATE = "complaint:escalate"
    MERGE = "complaint:merge"
    HAND_UP = "complaint:hand_up"
    ASK_REPORTER = "complaint:ask_reporter"
    WITHDRAW = "complaint:withdraw"
    DECIDE_REOPENING = "complaint:decide_reopening"
    # what is done to a case wherever it stands
    NOTE = "complaint:note"
    TAG = "complaint:tag"
    CONSENT = "complaint:consent"
    SUPPORT = "complaint:support"
    MANAGE_TEMPLATES = "template:manage"
    # files that hang on complaints
    ATTACH = "file:attach"
    MANAGE_FILES = "file:manage"
    PROCESS_FILE = "file:process"
    # reading
    READ_COMPLAINT = "complaint:read"
    READ_QUEUE = "complaint:read_queue"
    TRACK = "complaint:track"
    READ_REPORTER = "complaint:read_reporter"
    READ_FIGURES = "figures:read"
    EXPORT_FIGURES = "figures:export"
    # what decides about complaints
    READ_CATALOGUE = "catalogue:read"
    MANAGE_CATALOGUE = "catalogue:manage"
    READ_RULES = "rules:read"
    PROPOSE_RULES = "rules:propose"
    MANAGE_RULES = "rules:manage"
    ACTIVATE_RULES = "rules:activate"
    READ_CLASSIFIERS = "classifier:read"
    TRAIN_CLASSIFIER = "classifier:train"
    LABEL_EXAMPLES = "classifier:label"
    PROMOTE_CLASSIFIER = "classifier:promote"
    MANAGE_PEOPLE = "people:manage"
    READ_NOTIFICATIONS = "notification:read"
    MANAGE_WEBHOOKS = "webhook:manage"
    READ_AUDIT = "audit:read"
    LOG_IN = "session:log_in"
    ASK_ADVICE = "suggestion:ask"


class Role(StrEnum):
    """Who somebody is. `Role.PUBLIC` is anyone without an account; `Role.TICKET` knows a tracking code and PIN."""

    PUBLIC = "PUBLIC"
    TICKET = "TICKET"
    REPORTER = "REPORTER"
    CHANNEL_OFFICER = "CHANNEL_OFFICER"
    UNIT_OFFICER = "UNIT_OFFICER"
    AGENCY_ADMIN = "AGENCY_ADMIN"
    INSPECTORATE = "INSPECTORATE"
    HUB = "HUB"
    NATIONAL_ADMIN = "NATIONAL_ADMIN"
    OVERSEER = "OVERSEER"
    AUDITOR = "AUDITOR"
    DATA_STAFF = "DATA_STAFF"
    SERVICE = "SERVICE"
    SYSTEM = "SYSTEM"


class Audience(StrEnum):
    """Who a field, an event or a message is for. Each value includes those above it in this list."""

    INTERNAL = "INTERNAL"
    PARTIES = "PARTIES"
    EVERYONE = "EVERYONE"


class ReportType(StrEnum):
    """What the citizen files."""

    COMPLAINT = "COMPLAINT"
    ASPIRATION = "ASPIRATION"
    INFORMATION_REQUEST = "INFORMATION_REQUEST"


class Classification(StrEnum):
    """What the admin calls it; decides the completion clock."""

    ORDINARY = "ORDINARY"
    SUPERVISION = "SUPERVISION"
    ASPIRATION = "ASPIRATION"
    INFORMATION_REQUEST = "INFORMATION_REQUEST"
    WHISTLEBLOWING = "WHISTLEBLOWING"


class Urgency(StrEnum):
    """How soon somebody should look."""

    NORMAL = "NORMAL"
    HIGH = "HIGH"
    EMERGENCY = "EMERGENCY"


class Channel(StrEnum):
    """Through which door a complaint came in."""

    WEB = "WEB"
    SUBDOMAIN = "SUBDOMAIN"
    ANDROID = "ANDROID"
    IOS = "IOS"
    SMS = "SMS"
    SOCIAL = "SOCIAL"
    WHATSAPP = "WHATSAPP"
    WALK_IN = "WALK_IN"
    LETTER = "LETTER"
    EMAIL = "EMAIL"
    API = "API"


class Connection(StrEnum):
    """How an agency is connected: who verifies and who forwards (domain notes, section 1.6)."""

    CENTRAL = "CENTRAL"
    SEMI = "SEMI"
    FULL = "FULL"


class AgencyLevel(StrEnum):
    """Where an agency stands in the state."""

    NATIONAL = "NATIONAL"
    STATE_ENTERPRISE = "STATE_ENTERPRISE"
    PROVINCE = "PROVINCE"
    REGENCY = "REGENCY"
    CITY = "CITY"
    UNIT = "UNIT"


class Clock(StrEnum):
    """What is being waited for."""

    VERIFICATION = "VERIFICATION"
    FIRST_RESPONSE = "FIRST_RESPONSE"
    COMPLETION = "COMPLETION"
    REPLY_WINDOW = "REPLY_WINDOW"
    REPORTER_COMPLETION = "REPORTER_COMPLETION"


class RuleKind(StrEnum):
    """Why a complaint enters a queue, in the order in which they usually stand (domain notes, section 4)."""

    REPORTER_CHOICE = "REPORTER_CHOICE"
    SPECIAL_CATEGORY = "SPECIAL_CATEGORY"
    CHANNEL = "CHANNEL"
    KEYWORD_TAG = "KEYWORD_TAG"
    LOCATION = "LOCATION"
    OTHER = "OTHER"
    CLASSIFIER = "CLASSIFIER"
    PLACE = "PLACE"
    NATIONAL_DESK = "NATIONAL_DESK"


class TermKind(StrEnum):
    """The small reference lists whose labels people read."""

    STATUS = "STATUS"
    ROLE = "ROLE"
    CHANNEL = "CHANNEL"
    REPORT_TYPE = "REPORT_TYPE"
    CLASSIFICATION = "CLASSIFICATION"
    ARCHIVE_REASON = "ARCHIVE_REASON"
    DEFER_REASON = "DEFER_REASON"
    RETURN_REASON = "RETURN_REASON"
    OFFICE_KIND = "OFFICE_KIND"


class Screening(StrEnum):
    """Whether a text is a usable report at all, and if not, why."""

    GENUINE = "GENUINE"
    EMPTY = "EMPTY"
    ABUSIVE = "ABUSIVE"
    REPLY = "REPLY"
    WRONG_ADDRESSEE = "WRONG_ADDRESSEE"


class JobState(StrEnum):
    """Where a job that a person asked for stands."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class ExportKind(StrEnum):
    """What a file holds: a table of figures, or the cases behind one."""

    FIGURES = "FIGURES"
    CASES = "CASES"


class ExportFormat(StrEnum):
    """How a file is written."""

    CSV = "CSV"
    XLSX = "XLSX"


class ReleaseKind(StrEnum):
    """How a version came to serve: the gate passed it, two people overruled the gate, or it came back."""

    PROMOTED = "PROMOTED"
    OVERRULED = "OVERRULED"
    ROLLED_BACK = "ROLLED_BACK"


class AlarmKind(StrEnum):
    """What about the classifier a person should look at."""

    VERSION_REFUSED = "VERSION_REFUSED"
    DRIFT_WARNING = "DRIFT_WARNING"
    DRIFT = "DRIFT"
    CORRECTIONS_RISE = "CORRECTIONS_RISE"
    RETRAIN_PROPOSED = "RETRAIN_PROPOSED"


class DoubtReason(StrEnum):
    """Why a label is doubted."""

    MODEL_DISAGREES = "MODEL_DISAGREES"
    NEAR_DUPLICATE_DISAGREES = "NEAR_DUPLICATE_DISAGREES"
    PEOPLE_DISAGREE = "PEOPLE_DISAGREE"


class DoubtOutcome(StrEnum):
    """What a person said to a doubt."""

    KEPT = "KEPT"
    CORRECTED = "CORRECTED"
    EXCLUDED = "EXCLUDED"


class RuleSetState(StrEnum):
    """Where a version of the routing rules stands. From ACTIVE on, nothing of it changes."""

    DRAFT = "DRAFT"
    CHECKED = "CHECKED"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"
    DISCARDED = "DISCARDED"


class RuleStep(StrEnum):
    """What somebody did to a version of the rules."""

    DRAFTED = "DRAFTED"
    RULE_PUT = "RULE_PUT"
    RULE_REMOVED = "RULE_REMOVED"
    POLICY_SET = "POLICY_SET"
    IMPORTED = "IMPORTED"
    CHECKED = "CHECKED"
    REOPENED = "REOPENED"
    ACTIVATION_PROPOSED = "ACTIVATION_PROPOSED"
    ACTIVATION_DECLINED = "ACTIVATION_DECLINED"
    ACTIVATED = "ACTIVATED"
    RETIRED = "RETIRED"
    DISCARDED = "DISCARDED"


class ProposalSource(StrEnum):
    """Where a proposed rule comes from."""

    PERSON = "PERSON"
    PAST_DECISIONS = "PAST_DECISIONS"
    ARBITRATION = "ARBITRATION"


class ProposalState(StrEnum):
    """What became of a proposed rule."""

    OPEN = "OPEN"
    ADOPTED = "ADOPTED"
    DISMISSED = "DISMISSED"


class RuleAlarmKind(StrEnum):
    """What about an active rule a person should look at."""

    AGREEMENT_FELL = "AGREEMENT_FELL"
    REFERENCE_ENDED = "REFERENCE_ENDED"


class RouteFlag(StrEnum):
    """What about a decision a person should look at."""

    CHOICE_UNLIKELY = "CHOICE_UNLIKELY"


class AttachmentState(StrEnum):
    """Where an attached file stands. Its bytes are shown to nobody before READY."""

    UPLOADED = "UPLOADED"
    QUARANTINED = "QUARANTINED"
    READY = "READY"
    REFUSED = "REFUSED"
    GONE = "GONE"


class FileRefusal(StrEnum):
    """Why an attached file was not kept."""

    TYPE = "TYPE"
    SIZE = "SIZE"
    PIXELS = "PIXELS"
    BROKEN = "BROKEN"
    INFECTED = "INFECTED"
    LOST = "LOST"
