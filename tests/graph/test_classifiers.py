"""Versions through the door: who lets which serve, what is told about them, and what raises an alarm."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from complaints.classifiers import Gate, Trained, promote, start_shadow
from complaints.learning.runs import TrainingOptions, begin_run, finish_run, request_run
from complaints.learning.watching import raise_alarm
from complaints.policy import SYSTEM, Actor
from complaints.suggest import Advice, keep_shadow
from ml.dataset import Example
from ml.figures import figures
from ml.metrics import Judged
from models import ClassifierVersion, TrainingRun, new_id
from rules.vocabulary import AlarmKind, Role, Status
from tests.graph.support import Ask, Cases, Cast, DatasetOf, Do, Stock, VersionOf, case_id, gid, problems_in
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


async def test_candidate_shadows_until_it_is_stopped(
    ask: Ask, do: Do, staff: Actor, active: ClassifierVersion, a_version: VersionOf
) -> None:
    await a_version("calon")
    document = '{ classifierVersion(version: "calon") { isShadow shadowSince } }'

    started = await do(staff, "startShadow", version="calon")
    during = await ask(staff, document)
    stopped = await do(staff, "stopShadow")
    after = await ask(staff, document)

    assert started["version"] == {"version": "calon", "state": "CANDIDATE", "isShadow": True}
    assert during.data["classifierVersion"] == {"isShadow": True, "shadowSince": NOW}
    assert stopped == {"__typename": "StopShadowPayload", "stopped": True}
    assert after.data["classifierVersion"] == {"isShadow": False, "shadowSince": NOW}


async def test_version_in_use_is_no_shadow(do: Do, staff: Actor, active: ClassifierVersion) -> None:
    serving = await do(staff, "startShadow", version="aktif")
    unknown = await do(staff, "startShadow", version="tidak-ada")

    assert problems_in(serving) == [("version", "SERVES_ALREADY")]
    assert (unknown["__typename"], unknown["field"]) == ("NotFoundError", "version")


async def test_shadow_is_measured_on_what_people_decided(
    ask: Ask, do: Do, a_case: Cases, cast: Cast, advice: Advice, a_version: VersionOf, work_as: WorkAs
) -> None:
    candidate = await a_version("calon")
    async with work_as(SYSTEM) as work:
        await start_shadow(work, "calon")
    complaint = await a_case(advice=advice)
    async with work_as(SYSTEM) as work:
        keep_shadow(work, complaint, Advice(candidate.id, "calon", advice.suggestion))
    wanted = {"id": case_id(complaint), "seenVersion": complaint.version, "title": "Jalan Rusak"}
    await do(cast.admin, "verifyComplaint", input=wanted)

    answer = await ask(
        cast.overseer,
        """{ classifierVersion(version: "calon") { shadowFigures {
               agreedOnCategory { cases hits share } categoryRight { cases hits } categoryRightInUse { cases hits }
             } } }""",
    )

    assert answer.data["classifierVersion"]["shadowFigures"] == {
        "agreedOnCategory": {"cases": 1, "hits": 1, "share": 1.0},
        "categoryRight": {"cases": 1, "hits": 1},
        "categoryRightInUse": {"cases": 1, "hits": 1},
    }


FIGURES = """query($head: FigureHead!, $by: FigureGroup!, $from: DateTime, $to: DateTime, $version: String) {
  classifierFigures(head: $head, by: $by, from: $from, to: $to, version: $version) {
    key name accepted { cases hits share low high } amongThree { hits } corrected { hits } abstained { hits }
  }
}"""


@pytest.mark.parametrize(
    ("by", "key", "name"),
    [
        ("CATEGORY", "PUPR.INFRASTRUKTUR_JALAN", "Infrastruktur Jalan"),
        ("AGENCY", "KOTA_SEMARANG", "Pemerintah Kota Semarang"),
        ("VERSION", "0123456789abcdef", None),
        ("MONTH", "2026-04", None),
    ],
)
async def test_figures_tell_what_people_took_of_the_suggestions(
    by: str, key: str, name: str | None, ask: Ask, a_case: Cases, cast: Cast, advice: Advice
) -> None:
    await a_case(Status.VERIFIED, advice=advice)

    answer = await ask(cast.overseer, FIGURES, head="CATEGORY", by=by)

    figure = answer.data["classifierFigures"][0]
    low = figure["accepted"].pop("low")
    assert figure == {
        "key": key,
        "name": name,
        "accepted": {"cases": 1, "hits": 1, "share": 1.0, "high": 1.0},
        "amongThree": {"hits": 1},
        "corrected": {"hits": 0},
        "abstained": {"hits": 0},
    }
    assert 0.2 < low < 0.21


@pytest.mark.parametrize(
    "narrower", [{"from": "2026-04-14T00:00:00Z"}, {"to": "2026-04-13T02:00:00Z"}, {"version": "lain"}]
)
async def test_figures_hold_only_what_was_asked_for(
    narrower: dict[str, str], ask: Ask, a_case: Cases, cast: Cast, advice: Advice
) -> None:
    await a_case(Status.VERIFIED, advice=advice)

    answer = await ask(cast.overseer, FIGURES, head="CATEGORY", by="MONTH", **narrower)

    assert (answer.data, answer.errors) == ({"classifierFigures": []}, [])


async def test_drift_of_a_few_answers_is_not_told(ask: Ask, a_case: Cases, cast: Cast, advice: Advice) -> None:
    await a_case(advice=advice)

    answer = await ask(cast.overseer, "{ classifierDrift { since answers answersBefore index alarm } }")

    assert answer.data["classifierDrift"] == {
        "since": "2026-04-06T02:00:00+00:00", "answers": 1, "answersBefore": 0, "index": None, "alarm": None,
    }  # fmt: skip


ALARM = "{ classifierAlarms { id kind subject data raisedAt acknowledgedAt sentence sentenceEn } }"


@pytest.mark.parametrize(
    ("kind", "subject", "data", "sentence", "english"),
    [
        (
            AlarmKind.VERSION_REFUSED, "calon", {"error": "Tampered", "detail": "…"},
            "Versi calon ditolak saat dimuat (Tampered). Versi yang dimuat sebelumnya tetap dipakai.",
            "Version calon was refused when it was loaded (Tampered). What was loaded before still serves.",
        ),
        (
            AlarmKind.DRIFT_WARNING, "aktif", {"index": 0.0712, "answers": 400},
            "Laporan minggu ini mulai berbeda dari delapan minggu sebelumnya (indeks 0.07).",
            "The complaints of this week begin to differ from the eight weeks before (index 0.07).",
        ),
        (
            AlarmKind.DRIFT, "aktif", {"index": 0.25, "answers": 400},
            "Laporan minggu ini jauh berbeda dari delapan minggu sebelumnya (indeks 0.25).",
            "The complaints of this week differ much from the eight weeks before (index 0.25).",
        ),
        (
            AlarmKind.CORRECTIONS_RISE, "PUPR", {"share": 0.423, "before": 0.2, "decided": 80},
            "Saran untuk PUPR lebih sering dikoreksi: 42 % minggu ini, 20 % sebelumnya.",
            "Suggestions for PUPR are corrected more often: 42 % this week, 20 % before.",
        ),
        (
            AlarmKind.RETRAIN_PROPOSED, "aktif",
            {"drift": 0.25, "corrections": ["*", "PUPR"], "age_days": 91, "new_lessons": 300},
            "Sebaiknya latih model baru: laporan berubah (indeks 0.25); koreksi bertambah untuk semua topik, PUPR;"
            " versi ini sudah 91 hari; 300 keputusan baru untuk dipelajari.",
            "It is time to train a new version: complaints changed (index 0.25); corrections rose for all topics, PUPR;"
            " this version is 91 days old; 300 new decisions to learn from.",
        ),
    ],
)  # fmt: skip
async def test_alarm_is_worded_for_people(
    kind: AlarmKind,
    subject: str,
    data: dict[str, Any],
    sentence: str,
    english: str,
    ask: Ask,
    cast: Cast,
    work_as: WorkAs,
) -> None:
    async with work_as(SYSTEM) as work:
        await raise_alarm(work, kind, subject, data)

    alarm = (await ask(cast.overseer, ALARM)).data["classifierAlarms"][0]

    assert (alarm["kind"], alarm["subject"], alarm["data"]) == (kind, subject, data)
    assert (alarm["sentence"], alarm["sentenceEn"]) == (sentence, english)


async def test_alarm_that_somebody_looked_at_is_closed(ask: Ask, do: Do, staff: Actor, work_as: WorkAs) -> None:
    async with work_as(SYSTEM) as work:
        await raise_alarm(work, AlarmKind.DRIFT, "aktif", {"index": 0.25, "answers": 400})
    alarm = (await ask(staff, ALARM)).data["classifierAlarms"][0]

    first = await do(staff, "acknowledgeAlarm", id=alarm["id"])
    again = await do(staff, "acknowledgeAlarm", id=alarm["id"])
    unknown = await do(staff, "acknowledgeAlarm", id=gid("ClassifierAlarm", new_id()))

    listed = await ask(staff, "{ classifierAlarms { id } all: classifierAlarms(onlyOpen: false) { acknowledgedAt } }")
    assert first["alarm"] == {"id": alarm["id"], "acknowledgedAt": NOW}
    assert problems_in(again) == [("id", "ALREADY_DECIDED")]
    assert (unknown["__typename"], unknown["field"]) == ("NotFoundError", "id")
    assert listed.data == {"classifierAlarms": [], "all": [{"acknowledgedAt": NOW}]}


@pytest.mark.parametrize("first", [0, 101])
@pytest.mark.parametrize("field", ["releases { at }", "releaseProposals { id }", "classifierAlarms { id }"])
async def test_list_that_is_too_long_is_refused(field: str, first: int, ask: Ask, cast: Cast) -> None:
    name, _, selection = field.partition(" ")

    answer = await ask(cast.overseer, f"{{ {name}(first: {first}) {selection} }}")

    problem = answer.errors[0]["extensions"]["problems"][0]
    assert (problem["field"], problem["code"]) == ("first", "OUT_OF_RANGE")


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
