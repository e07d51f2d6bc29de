"""Which role may ever use which field of Query and Mutation: every pair, from the one table of grants."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import strawberry
from graphql import GraphQLObjectType

from complaints.policy import ANYONE, GRANTS, Actor, granted
from models import new_id
from rules.vocabulary import Action, Role
from tests.graph.support import ARGUMENTS, Ask, Stock, gid, mutation

UNKNOWN = gid("Complaint", new_id())
UNKNOWN_RUN = gid("TrainingRun", new_id())
UNKNOWN_DATASET = gid("Dataset", new_id())
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

ACTORS = {role.name: Actor(role) for role in Role} | {
    "SERVICE with every scope": Actor(Role.SERVICE, scopes=GRANTS[Role.SERVICE]),
    "SERVICE that reads queues": Actor(Role.SERVICE, scopes=frozenset({Action.READ_QUEUE})),
    "SERVICE without scopes": Actor(Role.SERVICE, scopes=frozenset()),
    # A key that was given more than its role may have gets no more than its role.
    "SERVICE with a scope too many": Actor(Role.SERVICE, scopes=frozenset({Action.READ_REPORTER, Action.RESTORE})),
}


def test_every_root_field_is_in_the_table(schema: strawberry.Schema) -> None:
    types = schema._schema
    roots = (types.query_type, types.mutation_type)

    fields = {name for root in roots if isinstance(root, GraphQLObjectType) for name in root.fields}

    assert fields == FIELDS.keys()
    assert ARGUMENTS.keys() < fields


@pytest.mark.parametrize("actor", ACTORS.values(), ids=ACTORS.keys())
async def test_role_is_refused_exactly_what_it_was_not_granted(actor: Actor, ask: Ask, stock: Stock) -> None:
    before = await stock()

    refused = {}
    for name, root in FIELDS.items():
        answer = await ask(actor, root.document, **root.variables)
        if (refusal := refusal_in(name, answer.data, answer.errors)) is not None:
            refused[name] = refusal

    missing = {name: next((a for a in root.needs if a not in granted(actor)), None) for name, root in FIELDS.items()}
    code = "NOT_SIGNED_IN" if actor == ANYONE else "NOT_ALLOWED"
    assert refused == {name: (code, None if actor == ANYONE else a.name) for name, a in missing.items() if a}
    assert await stock() == before


def refusal_in(name: str, data: Any, errors: list[dict[str, Any]]) -> tuple[str, str | None] | None:
    """The code of a refused permission and the action it names, wherever the answer tells it."""
    told = data[name] if data and isinstance(data[name], dict) and "code" in data[name] else {}
    code = told.get("code") or next((error["extensions"]["code"] for error in errors), None)
    if code not in ("NOT_ALLOWED", "NOT_SIGNED_IN") or told.get("reason") == "WRONG_CREDENTIALS":
        return None
    # Queries tell the action in words only.
    action = told.get("action") or (FIELDS[name].needs[0].name if not told and code == "NOT_ALLOWED" else None)
    return code, action
