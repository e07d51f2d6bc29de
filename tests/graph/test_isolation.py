"""Whose eyes reach which complaint: one complaint, its node, the queue with its count, the public list, the ticket."""

from dataclasses import dataclass

import pytest

from complaints.dispatch import Destination
from complaints.knowledge import Knowledge
from complaints.policy import ANYONE, Actor
from complaints.vault import Contact
from complaints.verify import Verdict, verify
from models import Complaint, ComplaintCopy, new_id
from rules.vocabulary import Classification, Role, Status
from tests.graph.support import Ask, Cases, Cast, case_id, gid, names_of
from tests.support import NATIONAL, ActorOf, WorkAs

# What each complaint is, in the order of filing.
ALL = ["waiting", "elsewhere", "sent", "secret", "supervised", "copied", "closed", "archived"]
PUBLIC = ["sent", "closed"]


@dataclass
class Town:
    """Eight complaints and everybody who might look at them."""

    complaints: dict[str, Complaint]
    actors: dict[str, Actor]


@pytest.fixture
async def town(a_case: Cases, cast: Cast, a_person: ActorOf, work_as: WorkAs, knowledge: Knowledge) -> Town:
    citizen, other_citizen = await a_person(Role.REPORTER), await a_person(Role.REPORTER)
    clerk = await a_person(Role.CHANNEL_OFFICER, "KOTA_SEMARANG")
    other_clerk = await a_person(Role.CHANNEL_OFFICER, "KOTA_SEMARANG")
    made = {
        # In the verification queue of the city.
        "waiting": await a_case(by=citizen),
        # In the queue of the national desk.
        "elsewhere": await a_case.a_complaint(by=clerk, contact=Contact("Sari")),
        # Dispatched to the city's DPU, public.
        "sent": await a_case(Status.DISPATCHED),
        "secret": await a_case(Status.DISPATCHED, is_secret=True, by=citizen),
        # About the conduct of officials: from dispatch on for the city's inspectorate, and for nobody else there.
        "supervised": await a_case(),
        # PLN and the DLH read along.
        "copied": await a_case(Status.DISPATCHED, is_secret=True),
        "closed": await a_case(Status.CLOSED, by=citizen),
        "archived": await a_case(Status.ARCHIVED),
    }
    async with work_as(NATIONAL) as work:
        verdict = Verdict("Pungutan liar", classification=Classification.SUPERVISION)
        case = made["supervised"]
        made["supervised"] = await verify(work, case.id, verdict, seen_version=case.version, destination=Destination())
        for reader in (cast.other_admin.agency_id, cast.other_officer.unit_id):
            work.session.add(ComplaintCopy(complaint_id=made["copied"].id, agency_id=reader))
    people = {
        "anonymous": ANYONE,
        "ticket": a_case.ticket(made["waiting"]),
        "ticket of another": a_case.ticket(made["sent"]),
        "citizen": citizen,
        "other citizen": other_citizen,
        "clerk": clerk,
        "other clerk": other_clerk,
    }
    staff = {name.replace("_", " "): actor for name, actor in vars(cast).items()}
    return Town(made, people | staff)


# What a queue holds, in the order of filing. Roles that have none are refused.
QUEUES = {
    "clerk": ["elsewhere"],
    "other clerk": [],
    "officer": ["sent", "secret", "copied", "closed"],
    "other officer": ["copied"],
    "admin": ["waiting", "sent", "secret", "copied", "closed", "archived"],
    "other admin": ["copied"],
    "inspectorate": ["supervised"],
    "other inspectorate": [],
    "hub": ["sent", "secret", "copied", "closed"],
    "other hub": [],
    "national": ALL,
    "overseer": ALL,
    "auditor": ALL,
    "service": ALL,
    "city service": ["waiting", "sent", "secret", "copied", "closed", "archived"],
    "other service": ["copied"],
}
OWN = {"ticket": ["waiting"], "ticket of another": ["sent"], "citizen": ["waiting", "secret", "closed"]}
WITHOUT_COMPLAINTS = ["narrow service"]


def readable(name: str) -> list[str]:
    """What somebody may open one by one: the queue, what they filed, and what everybody may read."""
    if name in WITHOUT_COMPLAINTS:
        return []
    return [case for case in ALL if case in {*QUEUES.get(name, []), *OWN.get(name, []), *PUBLIC}]


@pytest.mark.parametrize("field", ["complaint", "node"])
async def test_everybody_opens_exactly_what_they_may_read(field: str, town: Town, ask: Ask) -> None:
    document = f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}"

    opened = {
        name: [
            case
            for case, complaint in town.complaints.items()
            if (await ask(actor, document, id=case_id(complaint))).data[field] == {"id": case_id(complaint)}
        ]
        for name, actor in town.actors.items()
    }

    assert opened == {name: readable(name) for name in town.actors}


async def test_what_is_not_there_and_what_is_not_yours_look_the_same(town: Town, ask: Ask) -> None:
    document = "query($id: ID!) { complaint(id: $id) { id } }"
    unknown = case_id(Complaint(id=new_id()))

    for name in ("anonymous", "other citizen", "other admin", "officer", "ticket of another"):
        hidden = await ask(town.actors[name], document, id=case_id(town.complaints["waiting"]))
        absent = await ask(town.actors[name], document, id=unknown)
        assert hidden == absent


async def test_every_queue_and_its_count_hold_exactly_what_is_worked_on_or_watched(town: Town, ask: Ask) -> None:
    document = "{ complaints(order: OLDEST) { totalCount edges { node { id } } } }"

    queues, refused = {}, []
    for name, actor in town.actors.items():
        answer = await ask(actor, document)
        if answer.errors:
            refused.append(name)
            continue
        page = answer.data["complaints"]
        queues[name] = names_of([edge["node"] for edge in page["edges"]], town.complaints)
        assert page["totalCount"] == len(queues[name])

    assert queues == QUEUES
    assert sorted(refused) == sorted(town.actors.keys() - QUEUES.keys())


async def test_public_list_and_its_count_are_the_same_for_everybody(town: Town, ask: Ask) -> None:
    document = "{ publicComplaints { totalCount edges { node { id } } } }"

    for name in town.actors.keys() - WITHOUT_COMPLAINTS:
        page = (await ask(town.actors[name], document)).data["publicComplaints"]
        shown = names_of([edge["node"] for edge in page["edges"]], town.complaints)
        assert (name, sorted(shown), page["totalCount"]) == (name, sorted(PUBLIC), len(PUBLIC))


async def test_filter_narrows_a_queue_and_never_widens_it(town: Town, ask: Ask, knowledge: Knowledge) -> None:
    document = (
        "query($filter: ComplaintFilter) { complaints(filter: $filter, order: OLDEST) { edges { node { id } } } }"
    )
    city = gid("Agency", knowledge.agency_ids["KOTA_SEMARANG"])
    unit = gid("Agency", knowledge.agency_ids["KOTA_SEMARANG.DPU"])

    found = {}
    for name in ("officer", "other officer", "other admin", "other hub"):
        for said, wanted in {"agency": {"agencyId": city}, "unit": {"unitId": unit}}.items():
            answer = await ask(town.actors[name], document, filter=wanted)
            rows = [edge["node"] for edge in answer.data["complaints"]["edges"]]
            found[name, said] = names_of(rows, town.complaints)

    assert found == {
        ("officer", "agency"): ["sent", "secret", "copied", "closed"],
        ("officer", "unit"): ["sent", "secret", "copied", "closed"],
        ("other officer", "agency"): ["copied"],
        ("other officer", "unit"): ["copied"],
        ("other admin", "agency"): ["copied"],
        ("other admin", "unit"): ["copied"],
        ("other hub", "agency"): [],
        ("other hub", "unit"): [],
    }


async def test_ticket_opens_its_own_complaint_and_no_other(town: Town, a_case: Cases, ask: Ask) -> None:
    document = "query($code: String!, $pin: String!) { trackComplaint(code: $code, pin: $pin) { id isMine } }"
    proofs = {name: a_case.access(complaint) for name, complaint in town.complaints.items()}

    opened = {
        (code, pin): (await ask(ANYONE, document, code=proofs[code]["trackingCode"], pin=proofs[pin]["pin"])).data
        for code, pin in [("waiting", "waiting"), ("secret", "secret"), ("secret", "sent"), ("archived", "archived")]
    }

    assert opened == {
        ("waiting", "waiting"): {"trackComplaint": {"id": case_id(town.complaints["waiting"]), "isMine": True}},
        ("secret", "secret"): {"trackComplaint": {"id": case_id(town.complaints["secret"]), "isMine": True}},
        ("secret", "sent"): {"trackComplaint": None},
        ("archived", "archived"): {"trackComplaint": {"id": case_id(town.complaints["archived"]), "isMine": True}},
    }


async def test_allowed_actions_are_those_of_the_own_desk(town: Town, ask: Ask) -> None:
    document = "query($id: ID!) { complaint(id: $id) { allowedActions } }"
    sent = case_id(town.complaints["sent"])

    allowed = {}
    for name in town.actors.keys() - WITHOUT_COMPLAINTS:
        answer = await ask(town.actors[name], document, id=sent)
        if actions := answer.data["complaint"]["allowedActions"]:
            allowed[name] = actions

    desk = ["DISPATCH", "RETURN", "FOLLOW_UP"]
    assert allowed == {
        "admin": desk,
        "city service": desk,
        "national": desk,
        "service": desk,
        "officer": desk,
        "ticket of another": ["REPLY", "WITHDRAW"],
    }
