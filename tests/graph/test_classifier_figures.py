"""A candidate beside the version in use, and the figures, drift and alarms of daily work."""

from typing import Any

import pytest

from complaints.classifiers import promote, start_shadow
from complaints.learning.watching import raise_alarm
from complaints.policy import SYSTEM, Actor
from complaints.suggest import Advice, keep_shadow
from models import ClassifierVersion, new_id
from rules.vocabulary import AlarmKind, Role, Status
from tests.graph.support import Ask, Cases, Cast, Do, VersionOf, case_id, gid, problems_in
from tests.support import ActorOf, WorkAs

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


@pytest.mark.parametrize("first", [0, 101])
@pytest.mark.parametrize("field", ["releases { at }", "releaseProposals { id }", "classifierAlarms { id }"])
async def test_list_that_is_too_long_is_refused(field: str, first: int, ask: Ask, cast: Cast) -> None:
    name, _, selection = field.partition(" ")

    answer = await ask(cast.overseer, f"{{ {name}(first: {first}) {selection} }}")

    problem = answer.errors[0]["extensions"]["problems"][0]
    assert (problem["field"], problem["code"]) == ("first", "OUT_OF_RANGE")
