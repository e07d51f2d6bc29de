"""Search, similar reports, merging and saved views through the door: who sees what of whom."""

from typing import Any

import pytest

from complaints.close import close
from complaints.follow_up import follow_up, reply
from complaints.merge import merge
from complaints.policy import ANYONE
from models import Complaint
from rules.vocabulary import Audience, Role, Status
from tests.graph.support import Ask, Cases, Cast, Do, Stock, case_id
from tests.support import NATIONAL, ActorOf, Clock, WorkAs

HOLE = "Lubang besar di Jalan Pandanaran dekat halte, dua pengendara motor terjatuh kemarin malam"
ALSO = "Ada lubang di Jln Pandanaran dkt halte, kemarin malam pengendara motor jatuh"
SEARCH = """query($text: String!, $scope: SearchScope, $filter: ComplaintFilter) {
  search(text: $text, scope: $scope, filter: $filter) {
    totalCount isTotalExact rankedCount isCapped
    edges { score node { id title text } snippet { text isMatch } }
  }
}"""
RELATED = """query($id: ID!) { complaint(id: $id) {
  status isMerged mergedInto { id title trackingCode } children { id trackingCode }
  events { kind ofParent data } messages { body } allowedActions
} }"""


async def merged(work_as: WorkAs, child: Complaint, parent: Complaint) -> None:
    async with work_as(NATIONAL) as work:
        await merge(work, child.id, parent.id, "Sama.", seen_version=child.version)


async def test_the_public_finds_masked_texts_with_the_words_marked(a_case: Cases, ask: Ask) -> None:
    case = await a_case(Status.DISPATCHED, text=f"{HOLE}. Hubungi 0812 3456 7890.")
    await a_case(text=HOLE)

    answer = await ask(ANYONE, SEARCH, text="lobang OR pandanaran")

    found = answer.data["search"]
    assert (found["totalCount"], found["isTotalExact"], found["rankedCount"], found["isCapped"]) == (1, True, 1, False)
    (edge,) = found["edges"]
    assert edge["node"]["id"] == case_id(case)
    assert [piece["text"] for piece in edge["snippet"] if piece["isMatch"]] == ["Pandanaran"]
    assert "".join(piece["text"] for piece in edge["snippet"]).startswith("Lubang besar di Jalan")
    assert "0812" not in str(answer.data)


async def test_staff_look_on_their_desk_unless_they_say_otherwise(a_case: Cases, cast: Cast, ask: Ask) -> None:
    waiting, sent = await a_case(text=HOLE), await a_case(Status.DISPATCHED, text=HOLE)

    own = await ask(cast.admin, SEARCH, text="lubang")
    public = await ask(cast.admin, SEARCH, text="lubang", scope="PUBLIC")
    other = await ask(cast.other_admin, SEARCH, text="lubang")

    assert {edge["node"]["id"] for edge in own.data["search"]["edges"]} == {case_id(waiting), case_id(sent)}
    assert [edge["node"]["id"] for edge in public.data["search"]["edges"]] == [case_id(sent)]
    assert other.data["search"]["totalCount"] == 0


@pytest.mark.parametrize(
    "condition", [{"urgency": "HIGH"}, {"classification": "SUPERVISION"}, {"isOverdue": True}, {"desk": "HANDLING"}]
)
async def test_nobody_narrows_by_what_they_may_not_see(condition: dict[str, Any], ask: Ask) -> None:
    answer = await ask(ANYONE, SEARCH, text="lubang", filter=condition)

    assert answer.codes == ["INVALID"]
    assert [p["code"] for p in answer.errors[0]["extensions"]["problems"]] == ["NOT_IN_SCOPE"]


async def test_while_writing_only_public_reports_are_shown(a_case: Cases, cast: Cast, ask: Ask) -> None:
    document = """query($text: String!) { similarReports(text: $text, regionCode: "33.74") {
      score complaint { id title trackingCode } reason { sharedWords isSamePlace isSameCategory daysApart } } }"""
    sent = await a_case(Status.DISPATCHED, text=HOLE, region_code="33.74.01")
    await a_case(text=HOLE)
    await a_case(Status.DISPATCHED, text=HOLE, is_secret=True)

    for actor in (ANYONE, cast.national):
        answer = await ask(actor, document, text=ALSO)

        (found,) = answer.data["similarReports"]
        assert found["complaint"]["id"] == case_id(sent)
        assert (found["complaint"]["trackingCode"] is None) is (actor is ANYONE)
        assert 0.4 < found["score"] <= 1
        assert found["reason"] | {"sharedWords": []} == {
            "sharedWords": [],
            "isSamePlace": True,
            "isSameCategory": False,
            "daysApart": 0,
        }
        assert {"lubang", "pandanaran", "halte"} & set(found["reason"]["sharedWords"])


async def test_in_the_queue_everything_is_compared_that_one_may_see(a_case: Cases, cast: Cast, ask: Ask) -> None:
    document = "query($id: ID!) { complaint(id: $id) { similar { complaint { id } } } }"
    case, waiting = await a_case(text=HOLE), await a_case(text=ALSO)
    secret = await a_case(Status.DISPATCHED, text=ALSO, is_secret=True)
    elsewhere = await a_case.a_complaint(text=ALSO)

    async def seen(actor: Any) -> set[str]:
        answer = await ask(actor, document, id=case_id(case))
        return {each["complaint"]["id"] for each in answer.data["complaint"]["similar"]}

    assert await seen(cast.admin) == {case_id(waiting), case_id(secret)}
    assert await seen(cast.national) == {case_id(waiting), case_id(secret), case_id(elsewhere)}


async def test_a_followers_reporter_sees_the_parents_public_life_and_no_more(
    a_case: Cases, cast: Cast, ask: Ask, work_as: WorkAs, clock: Clock
) -> None:
    child, parent = await a_case(text=ALSO), await a_case(Status.DISPATCHED, text=HOLE)
    await merged(work_as, child, parent)
    clock.forward(hours=1)
    for audience, text in (
        (Audience.EVERYONE, "Ditambal besok, hubungi 0812 3456 7890."),
        (Audience.PARTIES, "Untuk pelapor induk."),
        (Audience.INTERNAL, "Catatan."),
    ):
        async with work_as(cast.officer) as work:
            await follow_up(work, parent.id, text, audience, seen_version=None)
    async with work_as(a_case.ticket(parent)) as work:
        await reply(work, parent.id, "Rahasia kami.")

    answer = await ask(a_case.ticket(child), RELATED, id=case_id(child))

    seen = answer.data["complaint"]
    assert (seen["status"], seen["isMerged"]) == ("IN_PROGRESS", True)
    assert seen["mergedInto"]["id"] == case_id(parent)
    assert seen["mergedInto"]["trackingCode"] is None
    assert [message["body"] for message in seen["messages"]] == ["Ditambal besok, hubungi <TELEPON>."]
    assert [event["kind"] for event in seen["events"] if not event["ofParent"]] == ["Submitted", "Merged"]
    assert [event["kind"] for event in seen["events"] if event["ofParent"]] == [
        "Submitted",
        "Dispatched",
        "FollowedUp",
        "FollowedUp",
    ]
    assert {str(event["data"]) for event in seen["events"]} == {"None"}
    assert seen["allowedActions"] == ["REPLY"]
    assert seen["children"] is None


async def test_the_parents_reporter_and_the_public_learn_nothing_of_a_follower(
    a_case: Cases, cast: Cast, ask: Ask, work_as: WorkAs
) -> None:
    secret, parent = await a_case(text=ALSO, is_secret=True), await a_case(Status.DISPATCHED, text=HOLE)
    before = {actor: await ask(actor, RELATED, id=case_id(parent)) for actor in (a_case.ticket(parent), ANYONE)}

    await merged(work_as, secret, parent)

    for actor, answer in before.items():
        assert await ask(actor, RELATED, id=case_id(parent)) == answer
        assert (await ask(actor, RELATED, id=case_id(secret))).data["complaint"] is None
    handled = await ask(cast.admin, RELATED, id=case_id(parent))
    assert [child["id"] for child in handled.data["complaint"]["children"]] == [case_id(secret)]
    other = await ask(cast.other_admin, RELATED, id=case_id(parent))
    assert other.data["complaint"]["children"] is None
    own = await ask(a_case.ticket(secret), RELATED, id=case_id(secret))
    assert own.data["complaint"]["status"] == "DISPATCHED"


async def test_children_of_other_agencies_are_not_listed(a_case: Cases, cast: Cast, ask: Ask, work_as: WorkAs) -> None:
    parent = await a_case(Status.DISPATCHED, text=HOLE)
    own, foreign = await a_case(text=ALSO), await a_case.a_complaint(text=ALSO)
    for child in (own, foreign):
        await merged(work_as, child, parent)

    admin = await ask(cast.admin, RELATED, id=case_id(parent))
    national = await ask(cast.national, RELATED, id=case_id(parent))

    assert [child["id"] for child in admin.data["complaint"]["children"]] == [case_id(own)]
    assert {child["id"] for child in national.data["complaint"]["children"]} == {case_id(own), case_id(foreign)}


async def test_closing_the_parent_answers_every_follower(a_case: Cases, cast: Cast, ask: Ask, work_as: WorkAs) -> None:
    child, parent = await a_case(text=ALSO), await a_case(Status.IN_PROGRESS, text=HOLE)
    await merged(work_as, child, parent)
    async with work_as(cast.officer) as work:
        await close(work, parent.id, "Sudah ditambal.", seen_version=parent.version + 1)

    seen = (await ask(a_case.ticket(child), RELATED, id=case_id(child))).data["complaint"]

    assert seen["status"] == "CLOSED"
    assert [message["body"] for message in seen["messages"]][-1] == "Sudah ditambal."


async def test_merged_complaints_leave_the_desks(a_case: Cases, cast: Cast, ask: Ask, work_as: WorkAs) -> None:
    document = "{ complaints(filter: {desk: VERIFICATION}) { totalCount edges { node { id } } } }"
    child, parent = await a_case(text=ALSO), await a_case(text=HOLE)
    await merged(work_as, child, parent)

    answer = await ask(cast.admin, document)

    assert answer.data["complaints"] == {"totalCount": 1, "edges": [{"node": {"id": case_id(parent)}}]}


async def test_merging_and_unmerging_through_the_door(a_case: Cases, cast: Cast, do: Do) -> None:
    child, parent = await a_case(text=ALSO), await a_case(text=HOLE)
    wanted = {"id": case_id(child), "parentId": case_id(parent), "reason": "Lubang yang sama."}

    stale = await do(cast.admin, "mergeComplaints", input={**wanted, "seenVersion": child.version + 5})
    circle = await do(
        cast.admin, "mergeComplaints", input={**wanted, "parentId": case_id(child), "seenVersion": child.version}
    )
    done = await do(cast.admin, "mergeComplaints", input={**wanted, "seenVersion": child.version})
    back = await do(
        cast.admin,
        "unmergeComplaints",
        input={"id": case_id(child), "seenVersion": child.version + 1, "reason": "Lubang lain."},
    )

    assert (stale["code"], circle["problems"][0]["code"]) == ("STALE", "MERGE_CIRCLE")
    assert done["complaint"]["version"] == child.version + 1
    assert back["complaint"]["version"] == child.version + 2


async def test_views_are_kept_for_their_owner_alone(
    a_case: Cases, a_person: ActorOf, ask: Ask, do: Do, stock: Stock
) -> None:
    one, other = [await a_person(Role.AGENCY_ADMIN, "KOTA_SEMARANG") for _ in range(2)]
    await a_case(text=HOLE)
    await a_case(Status.DISPATCHED, text=HOLE)
    document = "{ savedViews { id name text order count filter { statuses } } }"

    saved = await do(
        one, "saveView", input={"name": "Lubang", "text": "lubang", "filter": {"statuses": ["DISPATCHED"]}}
    )
    plain = await do(one, "saveView", input={"name": "Semua", "order": "OLDEST"})

    assert (saved["view"]["count"], plain["view"]["count"]) == (1, 2)
    assert [view["name"] for view in (await ask(one, document)).data["savedViews"]] == ["Lubang", "Semua"]
    assert (await ask(other, document)).data["savedViews"] == []
    before = await stock()
    assert (await do(other, "deleteView", id=saved["view"]["id"]))["code"] == "NOT_FOUND"
    assert await stock() == before
    again = await do(one, "saveView", input={"name": "Lubang", "filter": {"isOverdue": True}})
    assert again["view"]["id"] == saved["view"]["id"]
    assert again["view"]["filter"]["isOverdue"] is True
    assert (await do(one, "deleteView", id=saved["view"]["id"]))["id"] == saved["view"]["id"]
    assert [view["name"] for view in (await ask(one, document)).data["savedViews"]] == ["Semua"]


async def test_clusters_put_open_complaints_about_one_thing_together(
    a_case: Cases, cast: Cast, ask: Ask, clock: Clock
) -> None:
    document = "{ similarClusters { complaints { id } sharedWords } }"
    hole = [await a_case(text=text, region_code="33.74") for text in (HOLE, ALSO)]
    hole.append(await a_case(Status.DISPATCHED, text=f"{ALSO}, tolong ditambal", region_code="33.74.01"))
    await a_case(text=HOLE, region_code="33.73")
    await a_case(Status.CLOSED, text=HOLE, region_code="33.74")
    await a_case(text="Sampah menumpuk di belakang pasar sejak seminggu", region_code="33.74")
    await a_case.a_complaint(text=HOLE, region_code="33.74")

    answer = await ask(cast.admin, document)

    (cluster,) = answer.data["similarClusters"]
    assert {each["id"] for each in cluster["complaints"]} == {case_id(case) for case in hole}
    assert {"pandanaran", "halte"} <= set(cluster["sharedWords"])
    clock.forward(days=40)
    assert (await ask(cast.admin, document)).data["similarClusters"] == []


async def test_one_answer_goes_to_many_and_each_tells_what_became_of_it(a_case: Cases, cast: Cast, do: Do) -> None:
    one, other = [await a_case(Status.DISPATCHED, text=HOLE) for _ in range(2)]
    items = [{"id": case_id(one), "seenVersion": one.version}, {"id": case_id(other), "seenVersion": other.version - 1}]

    answer = await do(cast.officer, "followUpMany", items=items, text="Ditambal malam ini.", audience="EVERYONE")

    assert answer["outcomes"] == [
        {"id": case_id(one), "version": one.version + 1},
        {"id": case_id(other), "version": None},
    ]
