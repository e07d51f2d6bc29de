"""The root fields of the rule desk."""

from models import new_id
from rules.vocabulary import Action
from tests.graph.root_fields import change, query
from tests.graph.support import gid

UNKNOWN_SET = gid("RuleSet", new_id())
UNKNOWN_PROPOSAL = gid("RuleProposal", new_id())
UNKNOWN_REPLAY = gid("RuleReplay", new_id())
SEEN = {"ruleSetId": UNKNOWN_SET, "seenVersion": 1}
THEN = {"queue": "PLN"}
RULE = {"code": "LISTRIK-2", "position": 1, "name": "Listrik", "reason": "Urusan PLN.", "then": THEN}

FIELDS = {
    "ruleSets": query(Action.READ_RULES, "ruleSets { edges { node { id } } }"),
    "ruleSet": query(Action.READ_RULES, f'ruleSet(id: "{UNKNOWN_SET}") {{ id }}'),
    "activeRuleSet": query(Action.READ_RULES, "activeRuleSet { number }"),
    "ruleSetChanges": query(Action.READ_RULES, "ruleSetChanges(from: 1, to: 1) { added }"),
    "ruleSetYaml": query(Action.READ_RULES, f'ruleSetYaml(id: "{UNKNOWN_SET}")'),
    "ruleSchema": query(Action.READ_RULES, "ruleSchema"),
    "ruleFindings": query(Action.MANAGE_RULES, f'ruleFindings(ruleSetId: "{UNKNOWN_SET}") {{ code }}'),
    "tryRules": query(Action.READ_RULES, 'tryRules(input: {text: "Jalan rusak"}) { ruleSetNumber }'),
    "ruleReplays": query(Action.MANAGE_RULES, "ruleReplays { id }"),
    "ruleReplay": query(Action.MANAGE_RULES, f'ruleReplay(id: "{UNKNOWN_REPLAY}") {{ id }}'),
    "ruleReplayMoves": query(Action.MANAGE_RULES, f'ruleReplayMoves(id: "{UNKNOWN_REPLAY}") {{ toAgency }}'),
    "ruleProposals": query(Action.PROPOSE_RULES, "ruleProposals { edges { node { id } } }"),
    "ruleFigures": query(Action.READ_RULES, "ruleFigures { code fires }"),
    "ruleAlarms": query(Action.READ_RULES, "ruleAlarms { ruleCode }"),
    "acknowledgeRuleAlarm": change("acknowledgeRuleAlarm", Action.MANAGE_RULES, id=gid("RuleAlarm", new_id())),
    "specialMechanisms": query(Action.READ_RULES, "specialMechanisms { code }"),
    "draftRules": change("draftRules", Action.MANAGE_RULES, input={"reason": " "}),
    "putRule": change("putRule", Action.MANAGE_RULES, input={"ruleSetId": UNKNOWN_SET, "rule": RULE}),
    "removeRule": change("removeRule", Action.MANAGE_RULES, input={**SEEN, "code": "LISTRIK"}),
    "setClassifierPolicy": change("setClassifierPolicy", Action.MANAGE_RULES, input={**SEEN, "policy": {}}),
    "importRules": change("importRules", Action.MANAGE_RULES, input={**SEEN, "yaml": "{"}),
    "discardRules": change("discardRules", Action.MANAGE_RULES, input={**SEEN, "reason": "Keliru."}),
    "rebaseRules": change("rebaseRules", Action.MANAGE_RULES, input=SEEN),
    "checkRules": change("checkRules", Action.MANAGE_RULES, input=SEEN),
    "reopenRules": change("reopenRules", Action.MANAGE_RULES, input=SEEN),
    "activateRules": change("activateRules", Action.ACTIVATE_RULES, input={**SEEN, "reason": "Lebih baik."}),
    "decideActivation": change("decideActivation", Action.ACTIVATE_RULES, input={**SEEN, "agrees": True}),
    "proposeRule": change("proposeRule", Action.PROPOSE_RULES, input={"name": "x", "reason": " ", "then": THEN}),
    "adoptProposal": change(
        "adoptProposal",
        Action.MANAGE_RULES,
        input={"id": UNKNOWN_PROPOSAL, "ruleSetId": UNKNOWN_SET, "code": "X", "position": 1},
    ),
    "dismissProposal": change(
        "dismissProposal", Action.MANAGE_RULES, input={"id": UNKNOWN_PROPOSAL, "reason": "Tidak."}
    ),
    "replayRules": change("replayRules", Action.MANAGE_RULES, input={"ruleSetId": UNKNOWN_SET}),
    "cancelReplay": change("cancelReplay", Action.MANAGE_RULES, id=UNKNOWN_REPLAY),
    "suggestRules": change("suggestRules", Action.MANAGE_RULES, input={"support": 0}),
    "createMechanism": change(
        "createMechanism",
        Action.MANAGE_RULES,
        input={
            "code": "x", "labelId": "x", "labelEn": "x", "basis": "x", "validFrom": "2026-01-01", "limits": [],
        },
    ),
    "endMechanism": change("endMechanism", Action.MANAGE_RULES, code="TIDAK_ADA", validTo="2026-12-31"),
}  # fmt: skip
