"""Doubtful labels and uncertain complaints: masked, ordered, answered once."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from complaints.knowledge import Knowledge
from complaints.learning.labels import keep_doubts
from complaints.policy import SYSTEM
from complaints.suggest import Advice
from ml.predictor import Choice, Ranking, Suggestion
from ml.quality import Doubt, Neighbour, Reason
from models import Complaint, Dataset, HistoryExample, LabelDoubt, TrainingLabel, new_id
from rules.vocabulary import JobState
from tests.graph.support import Ask, Cases, Cast, DatasetOf, Do, Stock, case_id, gid, problems_in
from tests.support import WorkAs

NOW = "2026-04-13T02:00:00+00:00"
PHONE = "081234567890"
SPOKEN = f"Jalan di depan pasar berlubang, hubungi saya di {PHONE}"
WRITTEN = "Jalan di depan pasar berlubang, hubungi saya di <TELEPON>"

Doubts = Callable[..., Awaitable[list[str]]]


@pytest.fixture
def some_doubts(work_as: WorkAs) -> Doubts:
    """Keeps doubts about examples of a data set, the first the most doubtful; gives their global ids."""

    async def make(dataset: Dataset, *examples: str, target: str = "agency", near: str | None = None) -> list[str]:
        neighbours = () if near is None else (Neighbour(near, "PEMDA.PU", 0.91),)
        found = [
            (target, Doubt(example, "PLN", "PEMDA.PU", 0.9 - place / 10, Reason.MODEL_DISAGREES, neighbours))
            for place, example in enumerate(examples)
        ]
        async with work_as(SYSTEM) as work:
            await keep_doubts(work, dataset.id, found)
        async with work_as(SYSTEM) as work:
            rows = await work.session.scalars(select(LabelDoubt).where(LabelDoubt.target == target))
            ids = {row.example_id: row.id for row in rows}
        return [gid("LabelDoubt", ids[example]) for example in examples]

    return make


@pytest.fixture
async def a_row_of_history(work_as: WorkAs) -> HistoryExample:
    """Imported, with colons in its source and in its id; masked when it came in."""
    async with work_as(SYSTEM) as work:
        row = HistoryExample(
            id=new_id(), source="kota: 2019", external_id="a:7", body=WRITTEN, agency="PLN", imported_at=work.now
        )  # fmt: skip
        work.session.add(row)
    return row


DOUBTS = """query($id: ID!, $target: String, $first: Int! = 20) {
  labelDoubts(datasetId: $id, target: $target, first: $first) {
    id complaintId target givenLabel likelyLabel score reason text neighbours { label similarity text }
    settledAt outcome
  }
}"""


async def test_doubts_show_masked_texts_the_most_doubtful_first(
    ask: Ask,
    cast: Cast,
    a_case: Cases,
    a_dataset: DatasetOf,
    some_doubts: Doubts,
    a_row_of_history: HistoryExample,
) -> None:
    dataset = await a_dataset()
    complaint, near = await a_case(text=SPOKEN), await a_case(text=SPOKEN)
    first, second = await some_doubts(dataset, str(complaint.id), "kota: 2019:a:7", near=str(near.id))

    answer = await ask(cast.data_staff, DOUBTS, id=gid("Dataset", dataset.id))

    told = {
        "target": "agency",
        "givenLabel": "PLN",
        "likelyLabel": "PEMDA.PU",
        "reason": "MODEL_DISAGREES",
        "text": WRITTEN,
        "neighbours": [{"label": "PEMDA.PU", "similarity": 0.91, "text": WRITTEN}],
        "settledAt": None,
        "outcome": None,
    }
    assert answer.data["labelDoubts"] == [
        {"id": first, "complaintId": case_id(complaint), "score": 0.9, **told},
        {"id": second, "complaintId": None, "score": 0.8, **told},
    ]
    assert PHONE not in str(answer)


async def test_doubt_about_what_became_secret_has_no_text(
    ask: Ask, cast: Cast, a_case: Cases, a_dataset: DatasetOf, some_doubts: Doubts, work_as: WorkAs
) -> None:
    dataset, complaint = await a_dataset(), await a_case()
    await some_doubts(dataset, str(complaint.id))
    async with work_as(SYSTEM) as work:
        (await work.session.get_one(Complaint, complaint.id)).is_secret = True

    answer = await ask(cast.data_staff, DOUBTS, id=gid("Dataset", dataset.id))

    assert [doubt["text"] for doubt in answer.data["labelDoubts"]] == [None]


async def test_doubts_are_narrowed_to_a_target(ask: Ask, cast: Cast, a_dataset: DatasetOf, some_doubts: Doubts) -> None:
    dataset = await a_dataset()
    await some_doubts(dataset, "a:1", "a:2")
    (wanted,) = await some_doubts(dataset, "a:3", target="category_main")

    answer = await ask(cast.data_staff, DOUBTS, id=gid("Dataset", dataset.id), target="category_main")
    unknown = await ask(cast.data_staff, DOUBTS, id=gid("Dataset", dataset.id), target="apa saja")

    assert [doubt["id"] for doubt in answer.data["labelDoubts"]] == [wanted]
    problem = unknown.errors[0]["extensions"]["problems"][0]
    assert (problem["field"], problem["code"]) == ("target", "UNKNOWN_CODE")


@pytest.mark.parametrize("outcome", ["KEPT", "CORRECTED", "EXCLUDED"])
async def test_doubt_is_answered_once(
    outcome: str,
    ask: Ask,
    do: Do,
    cast: Cast,
    a_case: Cases,
    a_dataset: DatasetOf,
    some_doubts: Doubts,
    knowledge: Knowledge,
    work_as: WorkAs,
) -> None:
    dataset, complaint = await a_dataset(), await a_case(text=SPOKEN)
    (doubt,) = await some_doubts(dataset, str(complaint.id))
    agency_id = knowledge.agency_ids["PLN"]
    wanted = {"id": doubt, "outcome": outcome, "agencyId": gid("Agency", agency_id), "reason": "Sudah dibaca."}

    answer = await do(cast.data_staff, "settleDoubt", "doubt { id outcome settledAt text }", input=wanted)
    again = await do(cast.data_staff, "settleDoubt", input=wanted)

    async with work_as(SYSTEM) as work:
        labels = [(row.agency_id, row.is_excluded) for row in await work.session.scalars(select(TrainingLabel))]
    left = await ask(cast.data_staff, DOUBTS, id=gid("Dataset", dataset.id))
    assert answer["doubt"] == {"id": doubt, "outcome": outcome, "settledAt": NOW, "text": WRITTEN}
    assert labels == {"KEPT": [], "CORRECTED": [(agency_id, False)], "EXCLUDED": [(None, True)]}[outcome]
    assert problems_in(again) == [("id", "ALREADY_DECIDED")]
    assert left.data == {"labelDoubts": []}


async def test_answer_to_a_doubt_that_cannot_be_followed_is_refused(
    do: Do, cast: Cast, a_case: Cases, a_dataset: DatasetOf, some_doubts: Doubts, stock: Stock
) -> None:
    dataset, complaint = await a_dataset(), await a_case()
    own, foreign = await some_doubts(dataset, str(complaint.id), "kota:7")
    before = await stock()

    nothing = await do(cast.data_staff, "settleDoubt", input={"id": own, "outcome": "CORRECTED"})
    history = await do(cast.data_staff, "settleDoubt", input={"id": foreign, "outcome": "EXCLUDED"})
    unknown = await do(cast.data_staff, "settleDoubt", input={"id": gid("LabelDoubt", new_id()), "outcome": "KEPT"})
    other = await do(cast.data_staff, "settleDoubt", input={"id": case_id(complaint), "outcome": "KEPT"})

    assert problems_in(nothing) == [("categoryId", "REQUIRED")]
    assert problems_in(history) == [("outcome", "ONLY_OWN_COMPLAINTS")]
    assert (unknown["__typename"], unknown["field"]) == ("NotFoundError", "id")
    assert problems_in(other) == [("id", "BAD_ID")]
    assert await stock() == before


async def test_uncertain_complaints_come_first_and_masked(ask: Ask, cast: Cast, a_case: Cases, advice: Advice) -> None:
    def unsure(confidence: float) -> Advice:
        heads = {"category_main": Ranking((Choice("PUPR", confidence),), abstained=True, threshold=0.9)}
        return Advice(advice.version_id, advice.version, Suggestion(("A", "B", "C"), heads))

    little = await a_case(text=SPOKEN, place="Jalan Mawar 3", advice=unsure(0.4))
    least = await a_case(text=SPOKEN, advice=unsure(0.2))
    await a_case(text=SPOKEN, advice=advice)

    answer = await ask(cast.data_staff, "{ uncertainComplaints { complaintId text label confidence at } }")

    told = {"text": WRITTEN, "label": "PUPR", "at": NOW}
    assert answer.data["uncertainComplaints"] == [
        {"complaintId": case_id(least), "confidence": 0.2, **told},
        {"complaintId": case_id(little), "confidence": 0.4, **told},
    ]
    assert PHONE not in str(answer)


async def test_labels_of_a_data_set_are_checked_by_the_worker(
    ask: Ask, do: Do, cast: Cast, a_dataset: DatasetOf, some_doubts: Doubts
) -> None:
    dataset, building = await a_dataset(), await a_dataset(state=JobState.QUEUED)

    asked = await do(cast.data_staff, "checkLabels", datasetId=gid("Dataset", dataset.id))
    unready = await do(cast.data_staff, "checkLabels", datasetId=gid("Dataset", building.id))
    unknown = await do(cast.data_staff, "checkLabels", datasetId=gid("Dataset", new_id()))
    await some_doubts(dataset)

    after = await ask(
        cast.data_staff, "query($id: ID!) { dataset(id: $id) { checkedAt } }", id=gid("Dataset", dataset.id)
    )
    assert asked["dataset"] == {"id": gid("Dataset", dataset.id), "checkRequestedAt": NOW, "checkedAt": None}
    assert problems_in(unready) == [("datasetId", "NOT_READY")]
    assert (unknown["__typename"], unknown["field"]) == ("NotFoundError", "datasetId")
    assert after.data == {"dataset": {"checkedAt": NOW}}
