"""The root fields of tiers, conversation and ends, with the permissions they ask for."""

from models import new_id
from rules.vocabulary import Action
from tests.graph.root_fields import OWN, SEEN, UNKNOWN, change, query
from tests.graph.support import gid

ITEMS = [{"id": UNKNOWN, "seenVersion": 1}]
UNKNOWN_TEMPLATE = gid("AnswerTemplate", new_id())

FIELDS = {
    "casePresence": query(Action.READ_QUEUE, f'casePresence(id: "{UNKNOWN}") {{ role }}'),
    "answerTemplates": query(Action.READ_QUEUE, "answerTemplates { id }"),
    "templateVariables": query(Action.READ_QUEUE, "templateVariables { name }"),
    "filledTemplate": query(Action.READ_QUEUE, f'filledTemplate(id: "{UNKNOWN_TEMPLATE}", complaintId: "{UNKNOWN}")'),
    "askReporter": change("askReporter", Action.ASK_REPORTER, input={**SEEN, "question": "Di mana?"}),
    "addNote": change("addNote", Action.NOTE, id=UNKNOWN, text="Perhatikan."),
    "decideReopening": change(
        "decideReopening", Action.DECIDE_REOPENING, input={**SEEN, "grants": True, "reason": "Belum tuntas."}
    ),
    "openCase": change("openCase", Action.READ_QUEUE, id=UNKNOWN),
    "leaveCase": change("leaveCase", Action.READ_QUEUE, id=UNKNOWN),
    "putTemplate": change("putTemplate", Action.MANAGE_TEMPLATES, input={"name": "", "body": ""}),
    "retireTemplate": change("retireTemplate", Action.MANAGE_TEMPLATES, id=UNKNOWN_TEMPLATE),
    "withdrawComplaint": change("withdrawComplaint", Action.TRACK, Action.WITHDRAW, **OWN, reason="Sudah beres."),
    "requestReopening": change("requestReopening", Action.TRACK, Action.REOPEN, **OWN, reason="Mati lagi."),
    "consentToOmbudsman": change("consentToOmbudsman", Action.TRACK, Action.CONSENT, **OWN, consents=True),
    "supportComplaint": change("supportComplaint", Action.SUPPORT, id=UNKNOWN, browserToken="x" * 32),
    "bulkVerify": change("bulkVerify", Action.VERIFY, items=ITEMS, verdict={}),
    "bulkDispatch": change("bulkDispatch", Action.DISPATCH, items=ITEMS, destination={}),
    "bulkArchive": change("bulkArchive", Action.ARCHIVE, items=ITEMS, reason="TIDAK_JELAS"),
    "bulkTag": change("bulkTag", Action.TAG, items=ITEMS, add=["banjir"]),
}
