"""Every root field with the permissions it asks for, and a question that finds and changes nothing."""

from dataclasses import dataclass, field
from typing import Any

from models import new_id
from rules.vocabulary import Action
from tests.graph.support import gid, mutation

UNKNOWN = gid("Complaint", new_id())
UNKNOWN_RUN = gid("TrainingRun", new_id())
UNKNOWN_DATASET = gid("Dataset", new_id())
UNKNOWN_FILE = gid("Attachment", new_id())
SEEN = {"id": UNKNOWN, "seenVersion": 1}
OWN = {"complaint": {"id": UNKNOWN}}


@dataclass(frozen=True)
class Field:
    """A root field: the permissions it asks for in this order, and a question that finds and changes nothing."""

    needs: tuple[Action, ...]
    document: str
    variables: dict[str, Any] = field(default_factory=dict)


def query(needs: Action, document: str) -> Field:
    return Field((needs,), f"{{ {document} }}")


def change(name: str, *needs: Action, **variables: Any) -> Field:
    return Field(needs, mutation(name), variables)


FIELDS = {
    "complaints": query(Action.READ_QUEUE, "complaints { totalCount edges { node { id } } }"),
    "publicComplaints": query(Action.READ_COMPLAINT, "publicComplaints { totalCount edges { node { id } } }"),
    "myComplaints": query(Action.REPLY, "myComplaints(first: 0) { totalCount }"),
    "complaint": query(Action.READ_COMPLAINT, f'complaint(id: "{UNKNOWN}") {{ id }}'),
    "node": query(Action.READ_COMPLAINT, f'node(id: "{UNKNOWN}") {{ id }}'),
    "trackComplaint": query(Action.TRACK, 'trackComplaint(code: "TIDAKADA", pin: "000000") { id }'),
    "suggest": query(Action.ASK_ADVICE, 'suggest(text: "Jalan rusak") { titles }'),
    "agencies": query(Action.READ_CATALOGUE, "agencies(first: 1) { totalCount }"),
    "categories": query(Action.READ_CATALOGUE, "categories(first: 1) { totalCount }"),
    "regions": query(Action.READ_CATALOGUE, "regions { code }"),
    "terms": query(Action.READ_CATALOGUE, "terms(kind: STATUS) { code }"),
    "me": query(Action.READ_CATALOGUE, "me { login }"),
    "classifierVersions": query(Action.READ_CLASSIFIERS, "classifierVersions { edges { node { id } } }"),
    "classifierVersion": query(Action.READ_CLASSIFIERS, 'classifierVersion(version: "tidak-ada") { id }'),
    "servingVersion": query(Action.READ_CLASSIFIERS, "servingVersion { id }"),
    "releases": query(Action.READ_CLASSIFIERS, "releases { version }"),
    "releaseProposals": query(Action.READ_CLASSIFIERS, "releaseProposals { id }"),
    "classifierFigures": query(Action.READ_CLASSIFIERS, "classifierFigures(head: AGENCY, by: MONTH) { key }"),
    "classifierDrift": query(Action.READ_CLASSIFIERS, "classifierDrift { index }"),
    "classifierAlarms": query(Action.READ_CLASSIFIERS, "classifierAlarms { id }"),
    "trainingRuns": query(Action.READ_CLASSIFIERS, "trainingRuns { edges { node { id } } }"),
    "trainingRun": query(Action.READ_CLASSIFIERS, f'trainingRun(id: "{UNKNOWN_RUN}") {{ id }}'),
    "datasets": query(Action.READ_CLASSIFIERS, "datasets { edges { node { id } } }"),
    "dataset": query(Action.READ_CLASSIFIERS, f'dataset(id: "{UNKNOWN_DATASET}") {{ id }}'),
    "labelDoubts": query(Action.LABEL_EXAMPLES, f'labelDoubts(datasetId: "{UNKNOWN_DATASET}") {{ id }}'),
    "uncertainComplaints": query(Action.LABEL_EXAMPLES, "uncertainComplaints { text }"),
    "figureDefinitions": query(Action.READ_FIGURES, "figureDefinitions { code }"),
    "figures": query(
        Action.READ_FIGURES, 'figures(input: { from: "2026-01-01", to: "2026-02-01", figures: ["DONE"] }) { lineCount }'
    ),
    "figureCases": query(
        Action.READ_QUEUE,
        'figureCases(input: { from: "2026-01-01", to: "2026-02-01", figures: ["DONE"] }) { totalCount }',
    ),
    "exports": query(Action.EXPORT_FIGURES, "exports { id }"),
    "requestExport": change(
        "requestExport",
        Action.EXPORT_FIGURES,
        input={"kind": "CASES", "format": "CSV", "question": {"from": "2026-01-02", "to": "2026-01-01"}},
    ),
    "openExport": change("openExport", Action.EXPORT_FIGURES, id=gid("Export", new_id())),
    "submitComplaint": change("submitComplaint", Action.SUBMIT, input={"text": "pendek"}),
    "verifyComplaint": change("verifyComplaint", Action.VERIFY, input=SEEN),
    "dispatchComplaint": change("dispatchComplaint", Action.DISPATCH, **SEEN, destination={}),
    "handleComplaint": change("handleComplaint", Action.HANDLE, **SEEN),
    "returnComplaint": change("returnComplaint", Action.RETURN, input={**SEEN, "reason": "BUKAN_WEWENANG"}),
    "deferComplaint": change(
        "deferComplaint", Action.DEFER, input={**SEEN, "reason": "BUTUH_KETERANGAN", "question": "Di mana?"}
    ),
    "archiveComplaint": change("archiveComplaint", Action.ARCHIVE, input={**SEEN, "reason": "TIDAK_JELAS"}),
    "restoreComplaint": change("restoreComplaint", Action.RESTORE, input={**SEEN, "note": "Lengkap."}),
    "addFollowUp": change("addFollowUp", Action.FOLLOW_UP, input={**SEEN, "text": "Sedang dikerjakan."}),
    "closeComplaint": change("closeComplaint", Action.CLOSE, input={**SEEN, "outcome": "Selesai."}),
    "discloseReporter": change(
        "discloseReporter", Action.READ_REPORTER, input={"id": UNKNOWN, "reason": "Permintaan penyidik"}
    ),
    # The door of reporters is open to whoever may track; by id, the verb asks for the right of the account.
    "replyAsReporter": change("replyAsReporter", Action.TRACK, Action.REPLY, **OWN, text="Halo"),
    "reopenComplaint": change("reopenComplaint", Action.READ_COMPLAINT, Action.REOPEN, **OWN, reason="Lagi"),
    "rateComplaint": change("rateComplaint", Action.TRACK, Action.RATE, **OWN, rating=5, isSolved=True),
    "requestUpload": change("requestUpload", Action.ATTACH, input={"fileName": "a.pdf", "sizeBytes": 0}),
    "discardUpload": change("discardUpload", Action.ATTACH, uploadId="tebakan"),
    "describeAttachment": change("describeAttachment", Action.ATTACH, id=UNKNOWN_FILE, altText="Surat"),
    "setAttachmentAudience": change("setAttachmentAudience", Action.MANAGE_FILES, id=UNKNOWN_FILE, audience="PARTIES"),
    "removeAttachment": change("removeAttachment", Action.MANAGE_FILES, id=UNKNOWN_FILE, reason="Salah unggah."),
    "login": change("login", Action.LOG_IN, login="siapa", password="tebakan", kind="BEARER"),
    "logout": change("logout", Action.LOG_IN),
    "promoteClassifier": change(
        "promoteClassifier", Action.PROMOTE_CLASSIFIER, input={"version": "tidak-ada", "reason": "Lebih baik."}
    ),
    "proposeRelease": change(
        "proposeRelease", Action.PROMOTE_CLASSIFIER, input={"version": "tidak-ada", "reason": "Lebih baik."}
    ),
    "decideRelease": change(
        "decideRelease", Action.PROMOTE_CLASSIFIER, input={"id": gid("ReleaseProposal", new_id()), "agrees": True}
    ),
    "rollBackClassifier": change("rollBackClassifier", Action.PROMOTE_CLASSIFIER, reason="Lebih buruk."),
    "startShadow": change("startShadow", Action.PROMOTE_CLASSIFIER, version="tidak-ada"),
    "stopShadow": change("stopShadow", Action.PROMOTE_CLASSIFIER),
    "acknowledgeAlarm": change("acknowledgeAlarm", Action.PROMOTE_CLASSIFIER, id=gid("ClassifierAlarm", new_id())),
    "buildDataset": change("buildDataset", Action.TRAIN_CLASSIFIER, input={"withWork": False}),
    "startTraining": change("startTraining", Action.TRAIN_CLASSIFIER, input={"datasetId": UNKNOWN_DATASET}),
    "cancelTraining": change("cancelTraining", Action.TRAIN_CLASSIFIER, id=UNKNOWN_RUN),
    "giveLabel": change("giveLabel", Action.LABEL_EXAMPLES, input={"complaintId": UNKNOWN, "isExcluded": True}),
    "checkLabels": change("checkLabels", Action.LABEL_EXAMPLES, datasetId=UNKNOWN_DATASET),
    "settleDoubt": change(
        "settleDoubt", Action.LABEL_EXAMPLES, input={"id": gid("LabelDoubt", new_id()), "outcome": "KEPT"}
    ),
    "importHistory": change("importHistory", Action.LABEL_EXAMPLES, input={"source": "lama", "csv": "", "columns": []}),
}
