"""How many statements a read costs: the same for five rows and for twenty, and none for what is not asked."""

import pytest

from complaints.learning.labels import keep_doubts
from complaints.learning.runs import TrainingOptions, request_run
from complaints.policy import ANYONE, SYSTEM
from complaints.suggest import Advice
from ml.quality import Doubt, Neighbour, Reason
from rules.vocabulary import JobState, Status
from tests.graph.support import Ask, Cases, Cast, DatasetOf, Do, VersionOf, case_id, gid
from tests.support import Clock, WorkAs

QUEUE = """query($first: Int!) {
  complaints(first: $first) {
    edges { node {
      id trackingCode status category { label parent { label } } agency { name units { name } } queueAgency { name }
      region { name } title text suggestion { titles categories { category { code } } agencies { agency { code } } }
      clocks { clock dueAt } allowedActions
    } }
  }
}"""


@pytest.mark.parametrize("rows", [5, 20])
async def test_page_of_a_queue_costs_one_statement_and_one_per_edge(
    rows: int, a_case: Cases, cast: Cast, advice: Advice, ask: Ask, statements: list[str]
) -> None:
    for _ in range(rows):
        await a_case(advice=advice)
    statements.clear()

    answer = await ask(cast.national, QUEUE, first=rows)

    edges = answer.data["complaints"]["edges"]
    assert len(edges) == rows
    assert all(edge["node"]["suggestion"]["titles"][0] == "Jalan Rusak" for edge in edges)
    # The page, its texts, suggestions and clocks.
    assert len(statements) == 4


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("id status category { label } agency { name units { name parent { name } } } region { name }", 1),
        ("id title", 2),
        ("title text originalText place", 2),
        ("events { kind agency { name } }", 2),
        ("messages { body } events { kind }", 3),
        ("route { reasons } copies { name } attachments { fileName }", 4),
        ("title suggestion { titles } route { kind } clocks { clock } copies { code } attachments { fileName }"
         " events { kind } messages { body }", 9),
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["complaint", "node"])
async def test_single_read_costs_one_statement_and_one_per_edge(
    field: str, selection: str, expected: int, a_case: Cases, cast: Cast, ask: Ask, statements: list[str]
) -> None:
    complaint = await a_case(Status.DISPATCHED)
    statements.clear()

    chosen = selection if field == "complaint" else f"... on Complaint {{ {selection} }}"
    answer = await ask(cast.national, f"query($id: ID!) {{ {field}(id: $id) {{ {chosen} }} }}", id=case_id(complaint))

    assert answer.data[field]
    assert len(statements) == expected


async def test_count_is_one_statement_and_only_when_asked(
    a_case: Cases, cast: Cast, ask: Ask, statements: list[str]
) -> None:
    await a_case()
    statements.clear()

    await ask(cast.national, "{ complaints { edges { node { id } } } }")
    without = len(statements)
    await ask(cast.national, "{ complaints { totalCount edges { node { id } } } }")

    assert (without, len(statements) - without) == (1, 2)


async def test_reference_data_costs_no_statement(ask: Ask, statements: list[str]) -> None:
    statements.clear()

    answer = await ask(
        ANYONE,
        """{ agencies(first: 100) {
               totalCount edges { node { name parent { name } units { name } successors { name } } } }
             categories(first: 100) { edges { node { label parent { label } children { label } } } }
             regions { name children { name } } terms(kind: STATUS) { label } }""",
    )

    assert answer.data["agencies"]["totalCount"] > 100
    assert statements == []


async def test_all_of_a_document_is_read_in_one_moment(
    a_case: Cases, cast: Cast, ask: Ask, statements: list[str]
) -> None:
    await a_case()
    statements.clear()

    answer = await ask(
        cast.national,
        """{ a: complaints { totalCount edges { node { title } } } b: complaints { totalCount }
             publicComplaints { totalCount } }""",
    )

    assert answer.data["a"]["totalCount"] == answer.data["b"]["totalCount"] == 1
    assert all(statement.lstrip().upper().startswith(("SELECT", "WITH")) for statement in statements)


async def test_payload_of_a_change_reads_as_little_as_a_query(
    a_case: Cases, cast: Cast, do: Do, statements: list[str], clock: Clock
) -> None:
    complaint = await a_case(Status.DISPATCHED)
    clock.forward(minutes=1)
    seen = {"id": case_id(complaint), "seenVersion": complaint.version, "text": "Alat berat datang besok."}
    statements.clear()

    await do(cast.officer, "addFollowUp", "complaint { id status category { label } }", input=seen)

    after = statements[max(n for n, sent in enumerate(statements) if sent.startswith("INSERT")) + 1 :]
    assert len([sent for sent in after if sent.startswith("SELECT complaint.")]) == 1


@pytest.mark.parametrize("rows", [1, 4])
async def test_page_of_versions_costs_one_statement_and_two_for_their_trainings(
    rows: int, cast: Cast, ask: Ask, a_version: VersionOf, a_dataset: DatasetOf, work_as: WorkAs, statements: list[str]
) -> None:
    for number in range(rows):
        version, dataset = await a_version(f"versi{number}"), await a_dataset()
        async with work_as(SYSTEM) as work:
            run = await request_run(work, dataset.id, TrainingOptions(), most_threads=1)
            run.version_id, run.report, run.state = version.id, {}, JobState.DONE
    statements.clear()

    bare = await ask(cast.overseer, "{ classifierVersions { edges { node { version metrics { target } } } } }")
    without = len(statements)
    full = await ask(
        cast.overseer, "{ classifierVersions { edges { node { report run { state dataset { rows } } } } } }"
    )

    assert len(bare.data["classifierVersions"]["edges"]) == rows
    assert [edge["node"] for edge in full.data["classifierVersions"]["edges"]] == [
        {"report": {}, "run": {"state": "DONE", "dataset": {"rows": 6}}}
    ] * rows
    assert (without, len(statements) - without) == (1, 3)


@pytest.mark.parametrize("rows", [1, 4])
async def test_doubts_cost_one_statement_and_one_for_the_texts_of_each_kind(
    rows: int, cast: Cast, ask: Ask, a_case: Cases, a_dataset: DatasetOf, work_as: WorkAs, statements: list[str]
) -> None:
    dataset = await a_dataset()
    own = [str((await a_case()).id) for _ in range(rows)]
    near = Neighbour("kota:7", "PLN", 0.9)
    doubts = [("agency", Doubt(name, "PLN", "KAI", 0.9, Reason.MODEL_DISAGREES, (near,))) for name in own]
    async with work_as(SYSTEM) as work:
        await keep_doubts(work, dataset.id, doubts)
    statements.clear()

    answer = await ask(
        cast.data_staff,
        "query($id: ID!) { labelDoubts(datasetId: $id) { text neighbours { text } } }",
        id=gid("Dataset", dataset.id),
    )

    assert len(answer.data["labelDoubts"]) == rows
    assert len(statements) == 3
