"""What data staff do through the door: data sets, trainings, labels and doubts."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import select

from complaints.knowledge import Knowledge
from complaints.learning.datasets import build_dataset
from complaints.learning.runs import begin_run, end_run, note_progress
from complaints.policy import SYSTEM
from models import Complaint, Dataset, TrainingLabel, new_id
from rules.vocabulary import JobState, Status
from server.runtime import Runtime
from tests.graph.support import Ask, Cases, Cast, DatasetOf, Do, Stock, case_id, gid, problems_in, row_id_of
from tests.support import WorkAs

NOW = "2026-04-13T02:00:00+00:00"


async def test_data_set_is_asked_for_and_built_by_the_worker(
    ask: Ask, do: Do, cast: Cast, a_case: Cases, runtime: Runtime
) -> None:
    for _ in range(5):
        await a_case(Status.DISPATCHED)
    await a_case.a_complaint(Status.DISPATCHED)
    excluded = await a_case(Status.DISPATCHED)
    wanted = {
        "dayFrom": "2026-04-01",
        "dayTo": "2026-05-01",
        "agencies": [],
        "history": [" kota "],
        "excludedCategories": ["PUPR.PASAR"],
        "excludedComplaints": [case_id(excluded)],
    }

    asked = await do(cast.data_staff, "buildDataset", input=wanted)
    dataset_id = asked["dataset"]["id"]
    listed = await ask(cast.data_staff, "{ datasets { edges { node { id } } } }")
    async with runtime.workshop.work(SYSTEM) as work:
        row = (await work.session.scalars(select(Dataset))).one()
    await build_dataset(runtime.workshop, runtime.datasets, row.id)

    built = await ask(
        cast.overseer,
        """query($id: ID!) { dataset(id: $id) {
             recipe { dayFrom dayTo agencies withWork history excludedCategories excludedComplaints }
             state rows labels { target labels { label rows isTooFew } } fingerprint requestedAt finishedAt
             failure failureText checkRequestedAt checkedAt } }""",
        id=dataset_id,
    )
    assert asked["dataset"] == {"id": gid("Dataset", row.id), "state": "QUEUED", "rows": None}
    assert listed.data["datasets"]["edges"] == [{"node": {"id": dataset_id}}]
    told = built.data["dataset"]
    labels = {found["target"]: found["labels"] for found in told.pop("labels")}
    assert labels["category"] == [
        {"label": "ESDM.LISTRIK", "rows": 1, "isTooFew": True},
        {"label": "PUPR.INFRASTRUKTUR_JALAN", "rows": 5, "isTooFew": False},
    ]
    assert len(told.pop("fingerprint")) == 64
    assert told == {
        "recipe": {**wanted, "withWork": True, "history": ["kota"]},
        "state": "DONE",
        "rows": 6,
        "requestedAt": NOW,
        "finishedAt": NOW,
        "failure": None,
        "failureText": None,
        "checkRequestedAt": None,
        "checkedAt": None,
    }


async def test_data_set_without_rows_says_what_to_do(ask: Ask, cast: Cast, a_dataset: DatasetOf) -> None:
    row = await a_dataset(state=JobState.FAILED, failure="NO_ROWS", rows=0, fingerprint=None, sha256=None)

    answer = await ask(
        cast.data_staff,
        "query($id: ID!) { dataset(id: $id) { failure failureText failureTextEn labels { target } } }",
        id=gid("Dataset", row.id),
    )

    assert answer.data["dataset"] == {
        "failure": "NO_ROWS",
        "failureText": "Tidak ada laporan yang memenuhi pilihan ini. Perluas masa, instansi, atau sumbernya.",
        "failureTextEn": "No complaint fits this choice. Widen the period, the agencies or the sources.",
        "labels": [],
    }


@pytest.mark.parametrize(
    ("wanted", "problems"),
    [
        ({"agencies": ["TIDAK_ADA"]}, [("agencies", "UNKNOWN_AGENCY")]),
        ({"excludedCategories": ["TIDAK_ADA"]}, [("excludedCategories", "UNKNOWN_CATEGORY")]),
        ({"dayFrom": "2026-04-02", "dayTo": "2026-04-02"}, [("dayTo", "BEFORE_START")]),
        ({"withWork": False}, [("withWork", "NOTHING_CHOSEN")]),
        ({"withWork": False, "history": [" "]}, [("withWork", "NOTHING_CHOSEN")]),
        ({"history": ["a\x00"]}, [("history", "CONTROL_CHARACTER")]),
        ({"history": ["x" * 41]}, [("history", "TOO_LONG")]),
        ({"history": [str(n) for n in range(101)]}, [("history", "TOO_MANY")]),
        ({"excludedComplaints": [gid("Agency", new_id())]}, [("excludedComplaints", "BAD_ID")]),
    ],
)
async def test_recipe_that_cannot_be_followed_is_refused(
    wanted: dict[str, Any], problems: list[tuple[str, str]], do: Do, cast: Cast, stock: Stock
) -> None:
    before = await stock()

    answer = await do(cast.data_staff, "buildDataset", input=wanted)

    assert problems_in(answer) == problems
    assert await stock() == before


RUN = """query($id: ID!) { trainingRun(id: $id) {
  dataset { id } options { targets sourceIds withCorpus withTimeSplit threads } state fraction stage
  requestedAt startedAt finishedAt cancelRequestedAt version failure failureText failureTextEn report
  log { number text at }
} }"""


async def test_training_waits_and_is_cancelled(ask: Ask, do: Do, cast: Cast, a_dataset: DatasetOf) -> None:
    dataset, source = await a_dataset(), await a_dataset()
    wanted = {
        "datasetId": gid("Dataset", dataset.id),
        "targets": ["category"],
        "sourceIds": [gid("Dataset", source.id)],
        "withCorpus": False,
        "withTimeSplit": False,
    }

    started = await do(cast.data_staff, "startTraining", input=wanted)
    run_id = started["run"]["id"]
    waiting = await ask(cast.overseer, RUN, id=run_id)
    cancelled = await do(cast.data_staff, "cancelTraining", id=run_id)
    again = await do(cast.data_staff, "cancelTraining", id=run_id)

    listed = await ask(cast.overseer, "{ trainingRuns { edges { node { id state cancelRequestedAt } } } }")
    assert started["run"] == {"id": run_id, "state": "QUEUED", "fraction": 0.0}
    empty = dict.fromkeys(
        ("stage", "startedAt", "finishedAt", "cancelRequestedAt", "version", "failure", "failureText", "failureTextEn",
         "report")
    )  # fmt: skip
    assert waiting.data["trainingRun"] == {
        "dataset": {"id": wanted["datasetId"]},
        "options": {
            "targets": ["category"],
            "sourceIds": wanted["sourceIds"],
            "withCorpus": False,
            "withTimeSplit": False,
            "threads": 1,
        },
        "state": "QUEUED",
        "fraction": 0.0,
        "requestedAt": NOW,
        "log": [],
        **empty,
    }
    assert cancelled["run"] == {"id": run_id, "state": "CANCELLED", "fraction": 0.0}
    assert problems_in(again) == [("id", "ALREADY_ENDED")]
    assert listed.data["trainingRuns"]["edges"] == [
        {"node": {"id": run_id, "state": "CANCELLED", "cancelRequestedAt": NOW}}
    ]


@pytest.mark.parametrize(
    ("wanted", "problems"),
    [
        ({"targets": ["semuanya"]}, [("targets", "UNKNOWN_CODE")]),
        ({"threads": 2}, [("threads", "OUT_OF_RANGE")]),
        ({"threads": 0, "targets": ["a\x00"]}, [("targets", "UNKNOWN_CODE"), ("threads", "OUT_OF_RANGE")]),
        ({"datasetId": gid("Complaint", new_id())}, [("datasetId", "BAD_ID")]),
        ({"sourceIds": [gid("Complaint", new_id())]}, [("sourceIds", "BAD_ID")]),
    ],
)
async def test_training_that_cannot_begin_is_refused(
    wanted: dict[str, Any],
    problems: list[tuple[str, str]],
    do: Do,
    cast: Cast,
    a_dataset: DatasetOf,
    stock: Stock,
) -> None:
    dataset = await a_dataset()
    before = await stock()

    answer = await do(cast.data_staff, "startTraining", input={"datasetId": gid("Dataset", dataset.id), **wanted})

    assert problems_in(answer) == problems
    assert await stock() == before


@pytest.mark.parametrize("field", ["datasetId", "sourceIds"])
async def test_data_set_that_is_not_there_or_not_ready_is_not_trained_on(
    field: str, do: Do, cast: Cast, a_dataset: DatasetOf
) -> None:
    ready, building = await a_dataset(), await a_dataset(state=JobState.RUNNING)

    answers = []
    for row_id in (new_id(), building.id):
        other = gid("Dataset", row_id)
        wanted = {"datasetId": gid("Dataset", ready.id)} | {field: other if field == "datasetId" else [other]}
        answers.append(await do(cast.data_staff, "startTraining", input=wanted))

    assert (answers[0]["__typename"], answers[0]["field"]) == ("NotFoundError", field)
    assert answers[0]["message"] == "Kumpulan data tidak ditemukan, atau bukan untuk Anda."
    assert problems_in(answers[1]) == [(field, "NOT_READY")]


async def test_training_that_is_not_there_is_neither_shown_nor_cancelled(ask: Ask, do: Do, cast: Cast) -> None:
    unknown = gid("TrainingRun", new_id())

    shown = await ask(cast.data_staff, RUN, id=unknown)
    cancelled = await do(cast.data_staff, "cancelTraining", id=unknown)
    other = await do(cast.data_staff, "cancelTraining", id=gid("Dataset", new_id()))

    assert (shown.data, shown.errors) == ({"trainingRun": None}, [])
    assert (cancelled["__typename"], cancelled["field"]) == ("NotFoundError", "id")
    assert problems_in(other) == [("id", "BAD_ID")]


@pytest.fixture
async def running(do: Do, cast: Cast, a_dataset: DatasetOf, work_as: WorkAs) -> str:
    """The global id of a training that wrote five lines."""
    dataset = await a_dataset()
    started = await do(cast.data_staff, "startTraining", input={"datasetId": gid("Dataset", dataset.id)})
    async with work_as(SYSTEM) as work:
        run_id = row_id_of(started["run"]["id"])
        await begin_run(work, run_id)
        await note_progress(work, run_id, 0.4, [f"langkah {n}" for n in range(1, 6)])
    return str(started["run"]["id"])


async def test_log_is_read_on_from_where_one_stopped(ask: Ask, cast: Cast, running: str) -> None:
    document = """query($id: ID!, $after: Int!) { trainingRun(id: $id) {
      state fraction stage log(after: $after, first: 2) { number text } } }"""

    first = (await ask(cast.overseer, document, id=running, after=0)).data["trainingRun"]
    last = (await ask(cast.overseer, document, id=running, after=4)).data["trainingRun"]

    assert (first["state"], first["fraction"], first["stage"]) == ("RUNNING", 0.4, "langkah 5")
    assert first["log"] == [{"number": 1, "text": "langkah 1"}, {"number": 2, "text": "langkah 2"}]
    assert last["log"] == [{"number": 5, "text": "langkah 5"}]


@pytest.mark.parametrize(
    ("code", "english"),
    [
        ("DATASET_LOST", "The file of the data set is gone or was changed. Build a new data set."),
        ("BROKEN_RESULT", "The result of the training could not be read and was not registered. Try again."),
        ("WORKER_STOPPED", "It ended because the service was stopped. Start it again."),
        ("WORKER_LOST", "The worker vanished without a word. Start it again."),
        ("NOT_TRAINABLE", "This data cannot be trained on; the log of the run says why."),
        ("PROCESS_DIED", "The training process died; read its log, then try again."),
    ],
)
async def test_training_that_failed_says_why(
    code: str, english: str, ask: Ask, cast: Cast, running: str, work_as: WorkAs
) -> None:
    async with work_as(SYSTEM) as work:
        await end_run(work, row_id_of(running), JobState.FAILED, code)

    run = (await ask(cast.overseer, RUN, id=running)).data["trainingRun"]

    assert (run["state"], run["failure"], run["failureTextEn"]) == ("FAILED", code, english)
    assert run["failureText"] not in (None, code, english)


async def test_label_is_given_and_the_complaint_stays_as_it_is(
    ask: Ask, do: Do, cast: Cast, a_case: Cases, knowledge: Knowledge, work_as: WorkAs
) -> None:
    complaint = await a_case()
    wanted = {
        "complaintId": case_id(complaint),
        "categoryId": gid("Category", knowledge.category_ids["PUPR.PASAR"]),
        "agencyId": gid("Agency", knowledge.agency_ids["PLN"]),
        "reason": "Tentang pasarnya.",
    }

    answer = await do(cast.data_staff, "giveLabel", input=wanted)

    async with work_as(SYSTEM) as work:
        label = (await work.session.scalars(select(TrainingLabel))).one()
        row = await work.session.get_one(Complaint, complaint.id)
    assert answer == {
        "__typename": "GiveLabelPayload",
        "complaintId": case_id(complaint),
        "category": {"code": "PUPR.PASAR"},
        "agency": {"code": "PLN"},
        "isExcluded": False,
    }
    assert (label.complaint_id, label.reason, label.is_excluded) == (complaint.id, "Tentang pasarnya.", False)
    assert (row.version, row.category_id) == (complaint.version, complaint.category_id)


async def test_label_that_says_nothing_or_nothing_valid_is_refused(
    do: Do, cast: Cast, a_case: Cases, stock: Stock
) -> None:
    complaint, secret = await a_case(), await a_case(is_secret=True)
    before = await stock()

    answers = {
        "nothing": await do(cast.data_staff, "giveLabel", input={"complaintId": case_id(complaint)}),
        "no complaint": await do(
            cast.data_staff, "giveLabel", input={"complaintId": gid("Agency", new_id()), "isExcluded": True}
        ),
        "secret": await do(cast.data_staff, "giveLabel", input={"complaintId": case_id(secret), "isExcluded": True}),
        "unknown category": await do(
            cast.data_staff,
            "giveLabel",
            input={"complaintId": case_id(complaint), "categoryId": gid("Category", new_id())},
        ),
        "unknown agency": await do(
            cast.data_staff, "giveLabel", input={"complaintId": case_id(complaint), "agencyId": gid("Agency", new_id())}
        ),
    }

    assert problems_in(answers["nothing"]) == [("categoryId", "REQUIRED")]
    assert problems_in(answers["no complaint"]) == [("complaintId", "BAD_ID")]
    not_found = {name: answer["field"] for name, answer in answers.items() if answer["code"] == "NOT_FOUND"}
    assert not_found == {"secret": "id", "unknown category": "categoryId", "unknown agency": "agencyId"}
    assert await stock() == before


@pytest.mark.parametrize("first", [0, 101])
async def test_more_texts_than_a_page_are_refused(first: int, ask: Ask, cast: Cast, running: str) -> None:
    doubts = "query($id: ID!, $first: Int!) { labelDoubts(datasetId: $id, first: $first) { id } }"
    documents = {
        "doubts": ask(cast.data_staff, doubts, id=gid("Dataset", new_id()), first=first),
        "uncertain": ask(cast.data_staff, f"{{ uncertainComplaints(first: {first}) {{ text }} }}"),
        "log": ask(
            cast.data_staff,
            f"query($id: ID!) {{ trainingRun(id: $id) {{ log(first: {first}) {{ text }} }} }}",
            id=running,
        ),
    }

    problems = {name: (await answer).errors[0]["extensions"]["problems"] for name, answer in documents.items()}

    assert {name: (said[0]["field"], said[0]["code"]) for name, said in problems.items()} == dict.fromkeys(
        documents, ("first", "OUT_OF_RANGE")
    )


async def test_lock_that_somebody_holds_is_told(
    do: Do,
    cast: Cast,
    a_case: Cases,
    a_dataset: DatasetOf,
    rows_held: Callable[[], AbstractContextManager[None]],
) -> None:
    dataset, complaint = await a_dataset(), await a_case()
    dataset_id = gid("Dataset", dataset.id)
    file = {"source": "kota", "csv": "isi,unit\nJalan rusak,PLN\n", "dryRun": False}
    columns = [{"field": "text", "column": "isi"}, {"field": "agency", "column": "unit"}]

    with rows_held():
        answers = [
            await do(cast.data_staff, "buildDataset", input={}),
            await do(cast.data_staff, "startTraining", input={"datasetId": dataset_id}),
            await do(cast.data_staff, "cancelTraining", id=gid("TrainingRun", new_id())),
            await do(cast.data_staff, "giveLabel", input={"complaintId": case_id(complaint), "isExcluded": True}),
            await do(cast.data_staff, "checkLabels", datasetId=dataset_id),
            await do(cast.data_staff, "settleDoubt", input={"id": gid("LabelDoubt", new_id()), "outcome": "KEPT"}),
            await do(cast.data_staff, "importHistory", input={**file, "columns": columns}),
        ]

    assert [answer["__typename"] for answer in answers] == ["BusyError"] * 7
