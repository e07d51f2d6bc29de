"""Versions through the door: who lets which serve, what is told about them, and what raises an alarm."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from complaints.classifiers import Gate, Trained, promote
from complaints.learning.runs import TrainingOptions, begin_run, finish_run, request_run
from complaints.policy import SYSTEM, Actor
from ml.dataset import Example
from ml.figures import figures
from ml.metrics import Judged
from models import ClassifierVersion, TrainingRun, new_id
from rules.vocabulary import Role
from tests.graph.support import Ask, Cast, DatasetOf, Do, Stock, VersionOf, gid, problems_in
from tests.support import ActorOf, Clock, WorkAs

PASSED = Gate(passed=True, needs_human=False, reasons=(), against="aktif")
FAILED = Gate(passed=False, needs_human=True, reasons=("category: 3 points worse",), against="aktif")
NOW = "2026-04-13T02:00:00+00:00"


@pytest.fixture
async def active(a_version: VersionOf, work_as: WorkAs) -> ClassifierVersion:
    """The version that serves."""
    await a_version("aktif")
    async with work_as(SYSTEM) as work:
        return await promote(work, "aktif", "Yang pertama.")


@pytest.fixture
async def staff(a_person: ActorOf) -> Actor:
    return await a_person(Role.DATA_STAFF, login="dewi")


@pytest.fixture
async def chief(a_person: ActorOf) -> Actor:
    return await a_person(Role.NATIONAL_ADMIN, login="budi")


def a_report() -> dict[str, Any]:
    """What a training says, with the figures of twelve rows."""
    judged = [Judged("PLN", ("PLN" if n % 3 else "PUPR",), n / 12) for n in range(12)]
    examples = [Example(str(n), f"laporan {n}", location="Kota Semarang") for n in range(12)]
    facts = {
        "labels": 1,
        "too_few": {},
        "low_data": True,
        "threshold": 1.0,
        "out_of_fold": {"rows": 12, "candidate": figures(judged, examples, {}), "shared": None},
        "recent": None,
        "gate": None,
    }
    data = {"fingerprint": "f", "rows": 12, "dated": 0, "from": None, "to": None, "sources": {"salur": 12}}
    return {
        "format": 1, "version": "calon", "active": None, "options": {}, "data": data, "targets": {"category": facts},
    }  # fmt: skip


@pytest.fixture
async def trained(a_version: VersionOf, a_dataset: DatasetOf, work_as: WorkAs) -> TrainingRun:
    """A finished run that left the version "calon"."""
    candidate, dataset = await a_version("calon", PASSED), await a_dataset()
    async with work_as(SYSTEM) as work:
        run = await request_run(work, dataset.id, TrainingOptions(), most_threads=1)
    async with work_as(SYSTEM) as work:
        await begin_run(work, run.id)
    async with work_as(SYSTEM) as work:
        await finish_run(work, run.id, Trained("calon", "0" * 64, candidate.metrics, PASSED), a_report())
    return run


async def test_versions_are_listed_newest_first_by_page(
    ask: Ask, cast: Cast, a_version: VersionOf, clock: Clock
) -> None:
    for name in ("satu", "dua", "tiga"):
        await a_version(name)
        clock.forward(hours=1)
    document = """query($after: String) { classifierVersions(first: 2, after: $after) {
      edges { node { version state } } pageInfo { hasNextPage endCursor } } }"""

    first = (await ask(cast.overseer, document)).data["classifierVersions"]
    second = (await ask(cast.overseer, document, after=first["pageInfo"]["endCursor"])).data["classifierVersions"]

    assert [edge["node"]["version"] for edge in first["edges"]] == ["tiga", "dua"]
    assert [edge["node"] for edge in second["edges"]] == [{"version": "satu", "state": "CANDIDATE"}]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)


async def test_version_tells_what_was_measured_and_what_the_gate_said(
    ask: Ask, cast: Cast, active: ClassifierVersion, a_version: VersionOf
) -> None:
    await a_version("calon", FAILED)

    answer = await ask(
        cast.data_staff,
        """{ servingVersion { version state promotedAt reason gate { passed } }
             classifierVersion(version: "calon") {
               version state isShadow shadowSince registeredAt promotedAt reason
               metrics { target rows labels accuracy macroF1 top3 coverageAt95 ece }
               gate { passed needsHuman reasons against } run { id } report card { markdown } shadowFigures {
                 agreedOnCategory { cases } } } }""",
    )

    assert answer.data == {
        "servingVersion": {
            "version": "aktif", "state": "ACTIVE", "promotedAt": NOW, "reason": "Yang pertama.", "gate": None,
        },
        "classifierVersion": {
            "version": "calon",
            "state": "CANDIDATE",
            "isShadow": False,
            "shadowSince": None,
            "registeredAt": NOW,
            "promotedAt": None,
            "reason": None,
            "metrics": [
                {
                    "target": "category", "rows": 120, "labels": 4, "accuracy": 0.81, "macroF1": 0.7, "top3": 0.95,
                    "coverageAt95": 0.55, "ece": 0.03,
                }
            ],
            "gate": {
                "passed": False, "needsHuman": True, "reasons": ["category: 3 points worse"], "against": "aktif",
            },
            "run": None,
            "report": None,
            "card": None,
            "shadowFigures": None,
        },
    }  # fmt: skip


async def test_version_of_a_training_shows_its_run_its_report_and_its_card(
    ask: Ask, cast: Cast, trained: TrainingRun
) -> None:
    answer = await ask(
        cast.overseer,
        """{ classifierVersion(version: "calon") {
               run { id state version dataset { rows } } report card { markdown pictures { name alt svg } } } }""",
    )

    told = answer.data["classifierVersion"]
    assert told["run"] == {
        "id": gid("TrainingRun", trained.id), "state": "DONE", "version": "calon", "dataset": {"rows": 6},
    }  # fmt: skip
    assert told["report"] == a_report()
    assert told["card"]["markdown"].startswith("# Model card: version `calon`")
    assert [picture["name"] for picture in told["card"]["pictures"]] == [
        f"category-{what}.svg" for what in ("reliability", "coverage", "recall", "confusion", "fairness")
    ]
    for picture in told["card"]["pictures"]:
        assert f"![{picture['alt']}]({picture['name']})" in told["card"]["markdown"]
        assert picture["alt"].startswith("category. ")
        assert "<svg" in picture["svg"]


async def test_report_is_read_only_where_it_is_shown(
    ask: Ask, cast: Cast, trained: TrainingRun, statements: list[str]
) -> None:
    run_id = gid("TrainingRun", trained.id)
    statements.clear()

    hidden = await ask(
        cast.overseer,
        """query($id: ID!) { trainingRun(id: $id) { state } trainingRuns { edges { node { state } } }
             classifierVersion(version: "calon") { run { state } } }""",
        id=run_id,
    )
    without = list(statements)
    shown = await ask(
        cast.overseer,
        "query($id: ID!) { trainingRun(id: $id) { report } trainingRuns { edges { node { report } } } }",
        id=run_id,
    )

    assert hidden.errors == []
    assert [statement for statement in without if "training_run.report" in statement] == []
    assert shown.data["trainingRun"] == shown.data["trainingRuns"]["edges"][0]["node"] == {"report": a_report()}


async def test_report_of_another_release_has_no_card(
    ask: Ask, cast: Cast, trained: TrainingRun, work_as: WorkAs
) -> None:
    async with work_as(SYSTEM) as work:
        row = await work.session.get_one(TrainingRun, trained.id)
        row.report = {**a_report(), "format": 0}

    answer = await ask(cast.overseer, '{ classifierVersion(version: "calon") { report card { markdown } } }')

    assert (answer.data["classifierVersion"]["card"], answer.errors) == (None, [])
    assert answer.data["classifierVersion"]["report"]["format"] == 0


@pytest.mark.parametrize("version", ["", "a\x00", "x" * 101])
async def test_what_can_be_no_version_is_refused(version: str, ask: Ask, do: Do, cast: Cast) -> None:
    document = "query($version: String!) { classifierVersion(version: $version) { id } }"

    answer = await ask(cast.overseer, document, version=version)
    refused = await do(cast.data_staff, "startShadow", version=version)

    assert answer.codes == ["INVALID"]
    assert [field for field, _ in problems_in(refused)] == ["version"]


async def test_version_that_passed_the_gate_is_promoted_and_rolled_back(
    ask: Ask, do: Do, staff: Actor, active: ClassifierVersion, a_version: VersionOf, clock: Clock
) -> None:
    await a_version("calon", PASSED)
    clock.forward(hours=1)
    promoted = await do(staff, "promoteClassifier", input={"version": "calon", "reason": "Lebih baik di semua kelas."})
    clock.forward(hours=1)

    back = await do(staff, "rollBackClassifier", reason="Keliru untuk laporan air.")

    listed = await ask(
        staff,
        """{ releases {
             kind version previousVersion reason decidedById decidedByName proposedById proposedByName at } }""",
    )
    assert promoted["version"] == {"version": "calon", "state": "ACTIVE", "reason": "Lebih baik di semua kelas."}
    assert back["version"] == {"version": "aktif", "state": "ACTIVE", "reason": "Keliru untuk laporan air."}
    assert staff.id is not None
    by_staff = {
        "decidedById": gid("Person", staff.id),
        "decidedByName": "Nama dewi",
        "proposedById": None,
        "proposedByName": None,
    }
    assert listed.data["releases"] == [
        {
            "kind": "ROLLED_BACK", "version": "aktif", "previousVersion": "calon",
            "reason": "Keliru untuk laporan air.", **by_staff, "at": "2026-04-13T04:00:00+00:00",
        },
        {
            "kind": "PROMOTED", "version": "calon", "previousVersion": "aktif",
            "reason": "Lebih baik di semua kelas.", **by_staff, "at": "2026-04-13T03:00:00+00:00",
        },
        {
            "kind": "PROMOTED", "version": "aktif", "previousVersion": None, "reason": "Yang pertama.",
            "decidedById": None, "decidedByName": None, "proposedById": None, "proposedByName": None, "at": NOW,
        },
    ]  # fmt: skip


async def test_two_people_overrule_the_gate(
    ask: Ask, do: Do, staff: Actor, chief: Actor, active: ClassifierVersion, a_version: VersionOf
) -> None:
    await a_version("calon", FAILED)
    proposed = await do(staff, "proposeRelease", input={"version": "calon", "reason": "Kelas baru lebih penting."})
    open_ones = await ask(chief, "{ releaseProposals { id version reason proposedById proposedByName decidedAt } }")

    decided = await do(chief, "decideRelease", input={"id": proposed["proposal"]["id"], "agrees": True})

    after = await ask(
        chief,
        """{ servingVersion { version } releaseProposals { id }
             all: releaseProposals(onlyOpen: false) { isAgreed decidedById decidedAt }
             releases(first: 1) { kind decidedByName proposedByName } }""",
    )
    assert staff.id is not None
    assert chief.id is not None
    waiting = {
        "version": "calon",
        "reason": "Kelas baru lebih penting.",
        "proposedByName": "Nama dewi",
    }
    assert proposed["proposal"].items() >= {**waiting, "isAgreed": None, "decidedByName": None}.items()
    assert open_ones.data["releaseProposals"] == [
        {
            "id": proposed["proposal"]["id"],
            **waiting,
            "proposedById": gid("Person", staff.id),
            "decidedAt": None,
        }
    ]
    assert decided["proposal"].items() >= {**waiting, "isAgreed": True, "decidedByName": "Nama budi"}.items()
    assert after.data == {
        "servingVersion": {"version": "calon"},
        "releaseProposals": [],
        "all": [{"isAgreed": True, "decidedById": gid("Person", chief.id), "decidedAt": NOW}],
        "releases": [{"kind": "OVERRULED", "decidedByName": "Nama budi", "proposedByName": "Nama dewi"}],
    }


async def test_second_person_may_say_no(
    ask: Ask, do: Do, staff: Actor, chief: Actor, active: ClassifierVersion, a_version: VersionOf
) -> None:
    await a_version("calon", FAILED)
    proposed = await do(staff, "proposeRelease", input={"version": "calon", "reason": "Coba saja."})

    decided = await do(chief, "decideRelease", input={"id": proposed["proposal"]["id"], "agrees": False})
    again = await do(chief, "decideRelease", input={"id": proposed["proposal"]["id"], "agrees": True})

    serving = await ask(chief, "{ servingVersion { version } }")
    assert (decided["proposal"]["isAgreed"], problems_in(again)) == (False, [("id", "ALREADY_DECIDED")])
    assert serving.data == {"servingVersion": {"version": "aktif"}}


@pytest.mark.parametrize(
    ("version", "gate", "reason", "problem"),
    [
        ("calon", PASSED, " ", ("reason", "REQUIRED")),
        ("calon", PASSED, "a\x00", ("reason", "CONTROL_CHARACTER")),
        ("aktif", None, "Lagi.", ("version", "SERVES_ALREADY")),
        ("calon", FAILED, "Lebih baik.", ("version", "GATE_REFUSED")),
        ("calon", None, "Lebih baik.", ("version", "NOT_COMPARED")),
    ],
)
async def test_promotion_that_is_not_due_is_refused(
    version: str,
    gate: Gate | None,
    reason: str,
    problem: tuple[str, str],
    do: Do,
    staff: Actor,
    active: ClassifierVersion,
    a_version: VersionOf,
    stock: Stock,
) -> None:
    await a_version("calon", gate)
    before = await stock()

    answer = await do(staff, "promoteClassifier", input={"version": version, "reason": reason})

    assert (answer["__typename"], problems_in(answer)) == ("InvalidError", [problem])
    assert await stock() == before


async def test_gate_that_refused_says_why_in_the_message(
    do: Do, staff: Actor, active: ClassifierVersion, a_version: VersionOf
) -> None:
    await a_version("calon", FAILED)

    answer = await do(staff, "promoteClassifier", input={"version": "calon", "reason": "Lebih baik."})

    assert answer["problems"][0]["messageEn"] == (
        "The gate refused this version: category: 3 points worse. Two people can overrule it with a written reason."
    )


async def test_proposal_that_is_not_due_is_refused(
    do: Do, cast: Cast, staff: Actor, active: ClassifierVersion, a_version: VersionOf, stock: Stock
) -> None:
    await a_version("calon", FAILED)
    wanted = {"version": "calon", "reason": "Kelas baru."}
    first = await do(staff, "proposeRelease", input=wanted)
    before = await stock()

    twice = await do(staff, "proposeRelease", input=wanted)
    serving = await do(staff, "proposeRelease", input={**wanted, "version": "aktif"})
    nobody = await do(cast.data_staff, "proposeRelease", input=wanted)
    alone = await do(staff, "decideRelease", input={"id": first["proposal"]["id"], "agrees": True})
    unknown = await do(staff, "decideRelease", input={"id": gid("ReleaseProposal", new_id()), "agrees": True})
    other = await do(staff, "decideRelease", input={"id": gid("Dataset", new_id()), "agrees": True})

    assert problems_in(twice) == [("version", "ALREADY_PROPOSED")]
    assert problems_in(serving) == [("version", "SERVES_ALREADY")]
    assert problems_in(nobody) == [("version", "TWO_PEOPLE")]
    assert problems_in(alone) == [("id", "TWO_PEOPLE")]
    assert (unknown["__typename"], unknown["field"]) == ("NotFoundError", "id")
    assert problems_in(other) == [("id", "BAD_ID")]
    assert await stock() == before


async def test_without_a_version_before_there_is_no_way_back(do: Do, staff: Actor, active: ClassifierVersion) -> None:
    answer = await do(staff, "rollBackClassifier", reason="Lebih buruk.")

    assert problems_in(answer) == [("version", "NOTHING_BEFORE")]


@pytest.mark.parametrize("field", ["promoteClassifier", "proposeRelease"])
async def test_version_that_was_never_registered_is_not_found(field: str, do: Do, staff: Actor) -> None:
    answer = await do(staff, field, input={"version": "tidak-ada", "reason": "Lebih baik."})

    assert (answer["__typename"], answer["field"]) == ("NotFoundError", "version")
    assert answer["message"] == "Versi model tidak ditemukan, atau bukan untuk Anda."


async def test_lock_that_somebody_holds_is_told(
    do: Do, staff: Actor, a_version: VersionOf, rows_held: Callable[[], AbstractContextManager[None]]
) -> None:
    await a_version("calon")
    wanted = {"version": "calon", "reason": "Lebih baik."}

    with rows_held():
        answers = [
            await do(staff, "promoteClassifier", input=wanted),
            await do(staff, "proposeRelease", input=wanted),
            await do(staff, "decideRelease", input={"id": gid("ReleaseProposal", new_id()), "agrees": True}),
            await do(staff, "rollBackClassifier", reason="Lebih buruk."),
            await do(staff, "startShadow", version="calon"),
            await do(staff, "stopShadow"),
            await do(staff, "acknowledgeAlarm", id=gid("ClassifierAlarm", new_id())),
        ]

    assert [answer["__typename"] for answer in answers] == ["BusyError"] * 7
