"""Who filed a complaint is nowhere: not in any field, for any role, whatever is asked or done."""

import json
from typing import Any

import pytest
import strawberry
from sqlalchemy import func, select

from complaints.policy import ANYONE, Actor
from complaints.vault import Contact
from models import AccessEvent, Complaint
from rules.vocabulary import Role, Status
from tests.graph.support import Ask, Cases, Cast, Do, case_id, complaint_type, everything
from tests.support import ActorOf, WorkAs

MARK = "zamrudwati"
PHONE = "081299991234"
CONTACT = Contact("Zamrudwati Kencana", "zamrudwati@rahasia.test", PHONE)


def is_marked(answer: Any) -> bool:
    said = json.dumps(answer, default=str).lower()
    return MARK in said or PHONE in said


@pytest.fixture
async def citizen(a_person: ActorOf) -> Actor:
    """Somebody whose login and name carry the mark."""
    return await a_person(Role.REPORTER, login="zamrudwati@rahasia.test")


@pytest.fixture
async def filed(a_case: Cases, citizen: Actor, a_person: ActorOf) -> dict[str, Complaint]:
    """Complaints of every way to file and every stage."""
    clerk = await a_person(Role.CHANNEL_OFFICER, "KOTA_SEMARANG")
    return {
        "stranger, waiting": await a_case(contact=CONTACT),
        "stranger, closed": await a_case(Status.CLOSED, contact=CONTACT),
        "account, public": await a_case(Status.IN_PROGRESS, by=citizen),
        "account, anonymous": await a_case(Status.DISPATCHED, by=citizen, is_anonymous=True),
        "account, secret": await a_case(Status.DISPATCHED, by=citizen, is_secret=True),
        "account, deferred": await a_case(Status.DEFERRED, by=citizen),
        "clerk, archived": await a_case(Status.ARCHIVED, by=clerk, contact=CONTACT),
    }


async def test_no_role_reads_who_filed(
    filed: dict[str, Complaint],
    citizen: Actor,
    a_case: Cases,
    cast: Cast,
    a_person: ActorOf,
    ask: Ask,
    schema: strawberry.Schema,
) -> None:
    case = everything(complaint_type(schema), 4)
    lists = ["complaints", "publicComplaints"]
    documents = [f"{{ {name}(first: 100) {{ totalCount edges {{ node {{ {case} }} }} }} }}" for name in lists]
    singly = " ".join(
        f'c{n}: complaint(id: "{at}") {{ ...Case }} n{n}: node(id: "{at}") {{ ...Case }}'
        for n, at in enumerate(map(case_id, filed.values()))
    )
    documents.append(f"{{ {singly} }} fragment Case on Complaint {{ {case} }}")
    everybody = [*vars(cast).values(), ANYONE, await a_person(Role.REPORTER), await a_person(Role.AUDITOR)]
    everybody.append(await a_person(Role.CHANNEL_OFFICER, "KOTA_SEMARANG"))
    everybody += [a_case.ticket(filed[name]) for name in ("stranger, waiting", "stranger, closed")]

    own = f"{{ myComplaints(first: 100) {{ totalCount edges {{ node {{ {case} }} }} }} }}"
    answers = [await ask(citizen, document) for document in [*documents[1:], own]]
    for actor in everybody:
        answers += [await ask(actor, document) for document in [*documents, "{ me { login name } }"]]

    assert not any(is_marked([answer.data, answer.errors]) for answer in answers)


async def test_no_answer_to_a_change_tells_who_filed(
    citizen: Actor, cast: Cast, do: Do, ask: Ask, schema: strawberry.Schema
) -> None:
    case = everything(complaint_type(schema), 4)
    payload = f"complaint {{ {case} }}"
    contact = {"name": CONTACT.name, "email": CONTACT.email, "phone": CONTACT.phone}
    text = "Jalan di depan pasar berlubang besar sejak minggu lalu"

    answers = []
    for reporter in (ANYONE, citizen):
        wanted = {"text": text, "title": "Jalan rusak", "contact": contact}
        receipt = await do(reporter, "submitComplaint", f"trackingCode pin {payload}", input=wanted)
        answers.append(receipt)
        found = await ask(
            ANYONE,
            """{ categories(level: 2, first: 1) { edges { node { id } } }
                 agencies(search: "PLN") { edges { node { id } } } }""",
        )
        seen = {"id": receipt["complaint"]["id"], "seenVersion": receipt["complaint"]["version"]}
        verdict = {
            "categoryId": found.data["categories"]["edges"][0]["node"]["id"],
            "agencyId": found.data["agencies"]["edges"][0]["node"]["id"],
            "andDispatch": {},
        }
        access = (
            {"trackingCode": receipt["trackingCode"], "pin": receipt["pin"]}
            if reporter is ANYONE
            else {"id": seen["id"]}
        )
        steps: list[tuple[Actor, str, dict[str, Any]]] = [
            (cast.national, "verifyComplaint", {"input": {**seen, **verdict}}),
            (
                cast.national,
                "addFollowUp",
                {"input": {**seen, "seenVersion": seen["seenVersion"] + 2, "text": "Baik."}},
            ),
            (reporter, "replyAsReporter", {"complaint": access, "text": "Terima kasih."}),
            (
                cast.national,
                "closeComplaint",
                {"input": {**seen, "seenVersion": seen["seenVersion"] + 4, "outcome": "Beres."}},
            ),
            (reporter, "rateComplaint", {"complaint": access, "rating": 5, "isSolved": True}),
            (reporter, "reopenComplaint", {"complaint": access, "reason": "Muncul lagi."}),
        ]
        for actor, field, arguments in steps:
            answers.append(await do(actor, field, payload, **arguments))

    assert [answer["__typename"].endswith("Payload") for answer in answers] == [True] * 14
    assert not any(map(is_marked, answers))


async def test_disclosing_is_the_one_place_and_leaves_a_trace(
    filed: dict[str, Complaint], cast: Cast, do: Do, work_as: WorkAs
) -> None:
    told = {}
    for name, complaint in filed.items():
        wanted = {"id": case_id(complaint), "reason": "Permintaan penyidik"}
        told[name] = is_marked(await do(cast.national, "discloseReporter", input=wanted))

    assert told == dict.fromkeys(filed, True)
    async with work_as(cast.national) as work:
        looks = await work.session.scalar(select(func.count()).select_from(AccessEvent))
    assert looks == len(filed)


@pytest.mark.parametrize("who", ["admin", "officer", "inspectorate", "hub", "overseer", "data_staff", "city_service"])
async def test_role_without_the_right_learns_nothing_from_being_refused(
    who: str, filed: dict[str, Complaint], cast: Cast, do: Do
) -> None:
    for complaint in filed.values():
        wanted = {"id": case_id(complaint), "reason": "Ingin tahu"}
        answer = await do(getattr(cast, who), "discloseReporter", input=wanted)

        assert answer["__typename"] == "NotAllowedError"
        assert not is_marked(answer)
