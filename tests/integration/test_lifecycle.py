"""A complaint from the citizen's words to the rating, through the verbs."""

from complaints.verify import Verdict, verify
from rules.vocabulary import Role
from tests.support import ActorOf, Complaints, EventsOf, WorkAs


async def test_corrected_category_is_kept_in_the_event(
    work_as: WorkAs, a_complaint: Complaints, an_actor: ActorOf, events_of: EventsOf
) -> None:
    admin = await an_actor(Role.NATIONAL_ADMIN)
    complaint = await a_complaint()
    knowledge = a_complaint.knowledge

    async with work_as(admin) as work:
        verdict = Verdict(
            title="Lampu Jalan Mati",
            category_id=knowledge.category_ids["ESDM.LISTRIK"],
            agency_id=knowledge.agency_ids["PLN"],
        )
        await verify(work, complaint.id, verdict, seen_version=complaint.version)

    last = (await events_of(complaint))[-1]
    assert last.kind == "Verified"
    assert last.data["corrected"]["category"] == [None, "ESDM.LISTRIK"]
