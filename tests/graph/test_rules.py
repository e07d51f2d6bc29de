"""The rule desk through the door: written, tried, checked, activated by two, and what each may see of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from complaints.policy import ANYONE, Actor
from rules.vocabulary import Role
from server.runtime import Runtime
from tests.graph.support import Ask, Cast, Do, Stock, problems_in
from tests.support import ActorOf, Clock

TOKEN = {
    "code": "TOKEN-HABIS",
    "position": 5,
    "name": "Token listrik",
    "reason": "Token listrik dijual PLN.",
    "when": {"all": [{"text": {"words": "token listrik", "within": 6}}, {"none": [{"region": ["31"]}]}]},
    "then": {"queue": "PLN", "tags": ["token"], "copies": ["ESDM"]},
}
TRY = """
query($input: TryRulesInput!) {
  tryRules(input: $input) {
    ruleSetNumber
    regionCode
    route { kind ruleCode queueAgency { code } proposedAgency { code } tags reasons path { stage taken } }
    hearings { rule { code sentence } verdict instead conditions { depth test isTrue words sentence } }
  }
}
"""


@pytest.fixture(autouse=True)
def forgotten(runtime: Runtime) -> Iterator[None]:
    """What a test activates here is unknown to the next one."""
    runtime.knowledge.forget()
    yield
    runtime.knowledge.forget()


@pytest.fixture
async def budi(a_person: ActorOf) -> Actor:
    return await a_person(Role.NATIONAL_ADMIN, login="budi")


@pytest.fixture
async def sari(a_person: ActorOf) -> Actor:
    return await a_person(Role.NATIONAL_ADMIN, login="sari")


@pytest.fixture
async def draft(do: Do, budi: Actor) -> dict[str, Any]:
    """A draft of the shipped rules."""
    member = await do(budi, "draftRules", input={"reason": "Token listrik sering salah alamat."})
    rule_set: dict[str, Any] = member["ruleSet"]
    return rule_set


async def activated(do: Do, budi: Actor, sari: Actor, draft: dict[str, Any], version: int) -> dict[str, Any]:
    """The draft, checked by one and agreed on by the other."""
    seen = {"ruleSetId": draft["id"], "seenVersion": version}
    await do(budi, "checkRules", input=seen)
    await do(budi, "activateRules", input={**seen, "reason": "Sudah dicoba."})
    return await do(sari, "decideActivation", input={**seen, "agrees": True})


async def test_a_rule_is_written_as_it_is_stored_and_read_as_a_sentence(
    do: Do, budi: Actor, draft: dict[str, Any]
) -> None:
    member = await do(budi, "putRule", input={"ruleSetId": draft["id"], "rule": TOKEN})

    assert member["rule"] == {
        "code": "TOKEN-HABIS",
        "version": 1,
        "when": TOKEN["when"],
        "then": {"queue": "PLN", "tags": ["token"], "copies": ["ESDM"]},
        "sentence": member["rule"]["sentence"],
        "sentenceEn": member["rule"]["sentenceEn"],
    }
    assert member["rule"]["sentence"].startswith("JIKA ")
    assert " MAKA " in member["rule"]["sentence"]
    assert "“token listrik”" in member["rule"]["sentence"]
    assert "Jakarta" in member["rule"]["sentence"]
    assert member["rule"]["sentenceEn"].startswith("IF ")


async def test_a_draft_acts_once_two_people_let_it(
    ask: Ask, do: Do, budi: Actor, sari: Actor, draft: dict[str, Any], clock: Clock
) -> None:
    put = await do(budi, "putRule", input={"ruleSetId": draft["id"], "rule": TOKEN})
    report = {"input": {"text": "Token saya untuk listrik tidak bisa dimasukkan", "regionCode": "33.74"}}
    before = await ask(budi, TRY, **report)

    alone = await do(
        budi,
        "activateRules",
        input={"ruleSetId": draft["id"], "seenVersion": put["ruleSet"]["version"], "reason": "Langsung saja."},
    )
    member = await activated(do, budi, sari, draft, put["ruleSet"]["version"])
    clock.forward(minutes=10)
    after = await ask(budi, TRY, **report)

    assert problems_in(alone) == [("id", "NOT_A_DRAFT")]
    assert member["ruleSet"]["state"] == "ACTIVE"
    assert before.data["tryRules"]["route"]["ruleCode"] is None
    assert after.data["tryRules"]["route"]["ruleCode"] == "TOKEN-HABIS"
    assert after.data["tryRules"]["ruleSetNumber"] == draft["number"]


async def test_whoever_proposed_the_activation_does_not_agree_to_it(do: Do, budi: Actor, draft: dict[str, Any]) -> None:
    seen = {"ruleSetId": draft["id"], "seenVersion": 0}
    await do(budi, "checkRules", input=seen)
    await do(budi, "activateRules", input={**seen, "reason": "Sudah dicoba."})

    member = await do(budi, "decideActivation", input={**seen, "agrees": True})

    assert problems_in(member) == [("id", "TWO_PEOPLE")]


async def test_a_trial_tells_every_condition_the_winner_and_who_lost(
    ask: Ask, do: Do, budi: Actor, draft: dict[str, Any]
) -> None:
    await do(budi, "putRule", input={"ruleSetId": draft["id"], "rule": TOKEN})

    answer = await ask(
        budi,
        TRY,
        input={
            "ruleSetId": draft["id"],
            "text": "Token untuk listrik di rumah saya habis, listrik padam dan PLN diam saja",
            "regionCode": "33.74",
        },
    )

    trial = answer.data["tryRules"]
    heard = {hearing["rule"]["code"]: hearing for hearing in trial["hearings"]}
    assert trial["route"]["ruleCode"] == "TOKEN-HABIS"
    assert trial["route"]["queueAgency"] is None or trial["route"]["queueAgency"]["code"] == "PLN"
    assert trial["route"]["proposedAgency"]["code"] == "PLN"
    assert [(step["stage"], step["taken"]) for step in trial["route"]["path"]][-1] == ("KEYWORD_TAG", True)
    assert heard["TOKEN-HABIS"]["verdict"] == "WINS"
    assert [(c["depth"], c["test"], c["isTrue"]) for c in heard["TOKEN-HABIS"]["conditions"]] == [
        (0, "all", True), (1, "text", True), (1, "none", True), (2, "region", False),
    ]  # fmt: skip
    assert heard["TOKEN-HABIS"]["conditions"][1]["words"] == ["token", "listrik"]
    assert (heard["LISTRIK"]["verdict"], heard["LISTRIK"]["instead"]) == ("BELOW", "TOKEN-HABIS")


async def test_bad_rules_are_refused_by_name_and_field_and_nothing_is_written(
    do: Do, budi: Actor, draft: dict[str, Any], stock: Stock
) -> None:
    before = await stock()
    bad: list[tuple[dict[str, Any], str, str]] = [
        ({"when": {"text": {"words": "a" * 10_000}}}, "rules.TOKEN-HABIS.when.text.words", "TOO_LONG"),
        (
            {"when": {"any": [{"text": {"words": f"kata {n}"}} for n in range(3_000)]}},
            "rules.TOKEN-HABIS.when.any",
            "TOO_MANY_CONDITIONS",
        ),
        ({"then": {"queue": "PLN", "continue": True}}, "rules.TOKEN-HABIS.then.continue", "CONTINUES_WITH_QUEUE"),
        ({"then": {}}, "rules.TOKEN-HABIS.then.queue", "REQUIRED"),
        ({"code": "token habis"}, "rules.token habis.code", "BAD_RULE_CODE"),
    ]

    refused = [
        problems_in(await do(budi, "putRule", input={"ruleSetId": draft["id"], "rule": {**TOKEN, **change}}))
        for change, _, _ in bad
    ]

    assert refused == [[(field, code)] for _, field, code in bad]
    assert await stock() == before


async def test_what_does_not_exist_is_refused_when_the_draft_is_checked(
    ask: Ask, do: Do, budi: Actor, draft: dict[str, Any]
) -> None:
    rule = {**TOKEN, "then": {"queue": "KOMINFO", "copies": ["KOMINFO", "TIDAK_ADA"]}}
    put = await do(budi, "putRule", input={"ruleSetId": draft["id"], "rule": rule})
    seen = {"ruleSetId": draft["id"], "seenVersion": put["ruleSet"]["version"]}

    member = await do(budi, "checkRules", input=seen)
    told = await ask(
        budi,
        "query($id: ID!) { ruleFindings(ruleSetId: $id) { field code message messageEn isWarning } }",
        id=draft["id"],
    )

    assert ("rules.TOKEN-HABIS.then.queue", "AGENCY_ENDED") in problems_in(member)
    assert ("rules.TOKEN-HABIS.then.copies.1", "UNKNOWN_AGENCY") in problems_in(member)
    ended = next(one for one in told.data["ruleFindings"] if one["code"] == "AGENCY_ENDED")
    assert "KOMDIGI" in ended["message"]
    assert not ended["isWarning"]


async def test_a_change_of_the_same_rule_meanwhile_is_refused_and_of_another_is_not(
    do: Do, budi: Actor, sari: Actor, draft: dict[str, Any]
) -> None:
    await do(budi, "putRule", input={"ruleSetId": draft["id"], "rule": TOKEN})
    renamed = {**TOKEN, "name": "Token"}
    await do(sari, "putRule", input={"ruleSetId": draft["id"], "rule": renamed, "seenVersion": 1})

    same = await do(budi, "putRule", input={"ruleSetId": draft["id"], "rule": TOKEN, "seenVersion": 1})
    other = await do(budi, "putRule", input={"ruleSetId": draft["id"], "rule": {**TOKEN, "code": "TOKEN-LAIN"}})

    assert problems_in(same) == [("rules.TOKEN-HABIS", "CHANGED_MEANWHILE")]
    assert other["rule"]["code"] == "TOKEN-LAIN"


async def test_versions_are_compared_and_travel_as_yaml(ask: Ask, do: Do, budi: Actor, draft: dict[str, Any]) -> None:
    put = await do(budi, "putRule", input={"ruleSetId": draft["id"], "rule": TOKEN})
    written = await ask(budi, "query($id: ID!) { ruleSetYaml(id: $id) }", id=draft["id"])
    copy = await do(budi, "draftRules", input={"reason": "Salinan."})

    taken = await do(
        budi,
        "importRules",
        input={"ruleSetId": copy["ruleSet"]["id"], "yaml": written.data["ruleSetYaml"], "seenVersion": 0},
    )
    changes = "query($a: Int!, $b: Int!) { ruleSetChanges(from: $a, to: $b) { added removed changed { code } moved } }"
    from_active = await ask(budi, changes, a=1, b=draft["number"])
    from_draft = await ask(budi, changes, a=draft["number"], b=taken["ruleSet"]["number"])

    assert put["rule"]["code"] in written.data["ruleSetYaml"]
    assert from_active.data["ruleSetChanges"] == {"added": ["TOKEN-HABIS"], "removed": [], "changed": [], "moved": []}
    assert from_draft.data["ruleSetChanges"] == {"added": [], "removed": [], "changed": [], "moved": []}


async def test_an_agency_proposes_for_itself_and_sees_no_draft(
    ask: Ask, do: Do, cast: Cast, budi: Actor, draft: dict[str, Any], a_person: ActorOf
) -> None:
    pln = await a_person(Role.AGENCY_ADMIN, "PLN", login="pln")
    wish = {"name": "Token", "reason": "Selalu untuk kami.", "when": TOKEN["when"]}

    own = await do(pln, "proposeRule", input={**wish, "then": {"queue": "PLN"}})
    foreign = await do(pln, "proposeRule", input={**wish, "then": {"queue": "BNN"}})
    others = await ask(cast.admin, "{ ruleProposals { edges { node { reason } } } }")
    unseen = await ask(pln, "query($id: ID!) { ruleSet(id: $id) { number } ruleSetYaml(id: $id) }", id=draft["id"])
    adopted = await do(
        budi,
        "adoptProposal",
        input={"id": own["proposal"]["id"], "ruleSetId": draft["id"], "code": "TOKEN-PLN", "position": 6},
    )

    assert (own["proposal"]["state"], own["proposal"]["agency"]) == ("OPEN", {"code": "PLN"})
    assert problems_in(foreign) == [("then.queue", "NOT_YOUR_QUEUE")]
    assert others.data["ruleProposals"]["edges"] == []
    assert unseen.data == {"ruleSet": None, "ruleSetYaml": None}
    assert adopted["rule"]["code"] == "TOKEN-PLN"


async def test_a_second_mechanism_is_made_through_the_api_alone(
    ask: Ask, do: Do, budi: Actor, sari: Actor, draft: dict[str, Any], clock: Clock
) -> None:
    made = await do(
        budi,
        "createMechanism",
        input={
            "code": "BANJIR",
            "labelId": "Tanggap darurat banjir",
            "labelEn": "Flood emergency",
            "basis": "SE contoh",
            "validFrom": "2026-04-01",
            "validTo": "2026-07-01",
            "limits": [{"clock": "VERIFICATION", "value": 4, "unit": "HOUR"}],
        },
    )
    rule = {
        "code": "BANJIR",
        "position": 1,
        "name": "Banjir",
        "reason": "Laporan banjir langsung ke daerah.",
        "when": {"text": {"words": "banjir"}},
        "then": {"queue": "LOCAL_GOVERNMENT", "mechanism": "BANJIR", "urgency": "HIGH"},
        "validFrom": "2026-04-01",
        "validTo": "2026-07-01",
    }
    put = await do(budi, "putRule", input={"ruleSetId": draft["id"], "rule": rule})
    await activated(do, budi, sari, draft, put["ruleSet"]["version"])
    clock.forward(minutes=10)

    filed = await do(
        ANYONE,
        "submitComplaint",
        "complaint { dueAt }",
        input={"text": "Banjir setinggi lutut masuk ke rumah kami sejak semalam", "regionCode": "33.74"},
    )
    known = await ask(budi, "{ specialMechanisms { code } }")

    assert made["mechanism"]["code"] == "BANJIR"
    assert known.data["specialMechanisms"][0] == {"code": "BANJIR"}
    assert filed["complaint"]["dueAt"] == "2026-04-13T06:10:00+00:00"
