"""Figures and files at the door: definitions, tables with names, cases behind numbers, and one download."""

from datetime import timedelta

import pytest
from strawberry import relay

from complaints.figures.exporting import ExportFolder
from complaints.figures.jobs import ExportDesk, write_export
from complaints.policy import ANYONE, SYSTEM
from complaints.reader import Reader
from graph.ids import row_id
from models import Person
from rules.figure_table import FIGURES
from rules.vocabulary import Role, Status
from server.runtime import Runtime
from tests.graph.support import Ask, Cases, Cast, Do, case_id, problems_in
from tests.support import ActorOf, Clock

TABLE = """query($input: FiguresInput!) { figures(input: $input) {
  dayFrom dayTo lineCount definitions { code name nameEn unit }
  lines { keys { group code name } values { figure value cases valueBefore isHidden } }
  total { values { value cases } }
} }"""
CASES = """query($input: FiguresInput!, $part: CasesPart!) {
  figureCases(input: $input, part: $part) { totalCount edges { node { id } } } }"""
APRIL = {"from": "2026-04-01", "to": "2026-05-01"}


async def test_every_figure_is_defined_in_both_languages(ask: Ask) -> None:
    answer = await ask(
        ANYONE,
        """{ figureDefinitions { code name nameEn definition definitionEn countedAt countedAtEn unit
             appliesToAll appliesToAllEn } }""",
    )

    defined = answer.data["figureDefinitions"]
    assert [one["code"] for one in defined] == list(FIGURES)
    assert all(all(one.values()) for one in defined)


async def test_a_table_names_its_groups(a_case: Cases, cast: Cast, ask: Ask) -> None:
    await a_case(Status.DISPATCHED, region_code="33.74.01")
    await a_case()

    question = APRIL | {
        "figures": ["RECEIVED", "BACKLOG"],
        "groupBy": ["REGION", "CATEGORY"],
        "regionDepth": 2,
        "filter": {"regionCode": "33.74"},
    }
    answer = await ask(cast.national, TABLE, input=question)

    table = answer.data["figures"]
    assert [one["code"] for one in table["definitions"]] == ["RECEIVED", "BACKLOG"]
    (line,) = [line for line in table["lines"] if line["keys"][1]["code"] == "PUPR"]
    assert line["keys"][0]["code"] == "33.74"
    assert "Semarang" in line["keys"][0]["name"]
    assert line["values"][0]["value"] >= 1


async def test_the_cases_behind_a_number_are_as_many(a_case: Cases, cast: Cast, ask: Ask) -> None:
    waiting, sent = await a_case(), await a_case(Status.DISPATCHED)
    asked = APRIL | {"figures": ["NOT_FOLLOWED_UP"]}

    number = (await ask(cast.national, TABLE, input=asked)).data["figures"]["total"]["values"][0]["cases"]
    page = (await ask(cast.national, CASES, input=asked, part="COUNTED")).data["figureCases"]
    others = (await ask(cast.national, CASES, input=asked, part="MISSES")).data["figureCases"]

    assert [edge["node"]["id"] for edge in page["edges"]] == [case_id(sent)]
    assert number == page["totalCount"] == 1
    assert [edge["node"]["id"] for edge in others["edges"]] == [case_id(waiting)]


async def test_another_agency_is_not_in_the_table(a_case: Cases, cast: Cast, ask: Ask) -> None:
    await a_case(Status.DISPATCHED)
    asked = APRIL | {"figures": ["RECEIVED"], "groupBy": ["AGENCY"]}

    own = (await ask(cast.admin, TABLE, input=asked)).data["figures"]
    other = (await ask(cast.other_admin, TABLE, input=asked)).data["figures"]

    assert [line["keys"][0]["code"] for line in own["lines"]] == ["KOTA_SEMARANG"]
    assert other["lines"] == []
    assert other["total"]["values"][0]["value"] == 0


async def test_the_public_reads_months_without_a_sum(a_case: Cases, ask: Ask, clock: Clock) -> None:
    for _ in range(5):
        await a_case(Status.DISPATCHED)
    clock.now += timedelta(days=30)
    asked = APRIL | {"figures": ["RECEIVED", "DONE"], "groupBy": ["AGENCY", "MONTH"]}

    table = (await ask(ANYONE, TABLE, input=asked)).data["figures"]
    refused = await ask(ANYONE, TABLE, input=asked | {"groupBy": ["UNIT"]})

    assert table["total"] is None
    assert [line["values"][0]["value"] for line in table["lines"]] == [5.0]
    assert refused.codes == ["INVALID"]


async def test_a_file_is_asked_for_written_and_opened(
    a_case: Cases, a_person: ActorOf, do: Do, ask: Ask, runtime: Runtime
) -> None:
    await a_case(Status.DISPATCHED)
    admin = await a_person(Role.AGENCY_ADMIN, "KOTA_SEMARANG")
    wanted = {"kind": "CASES", "format": "XLSX", "question": APRIL | {"figures": ["RECEIVED"]}}

    asked = await do(admin, "requestExport", input=wanted)
    early = await do(admin, "openExport", id=asked["export"]["id"])
    export_id = row_id(relay.GlobalID.from_id(asked["export"]["id"]), "Export")
    folder = ExportFolder(runtime.settings.export_dir)
    await write_export(ExportDesk(runtime.workshop, folder, lambda: Reader(runtime.database.read)), export_id)
    listed = await ask(admin, "{ exports { id state rows rowsExpected sizeBytes failure } }")
    opened = await do(admin, "openExport", id=asked["export"]["id"])
    others = await do(await a_person(Role.OVERSEER), "openExport", id=asked["export"]["id"])

    assert asked["export"]["state"] == "QUEUED"
    assert problems_in(early) == [("id", "EXPORT_NOT_THERE")]
    (file,) = listed.data["exports"]
    assert (file["state"], file["rows"], file["rowsExpected"], file["failure"]) == ("DONE", 1, 1, None)
    assert opened["path"].startswith("/exports/")
    assert others["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        ({"figures": ["NOTHING"]}, ("figures", "UNKNOWN_CODE")),
        ({"to": "2026-04-01"}, ("to", "OUT_OF_RANGE")),
        ({"figures": ["RECEIVED"], "groupBy": ["MODEL_VERSION"]}, ("figures", "NOT_BY_VERSION")),
        ({"groupBy": ["DAY", "WEEK"]}, ("groupBy", "ONE_TIME_GROUP")),
        ({"figures": ["DONE", "RECEIVED"]}, ("figures", "ONE_FIGURE")),
    ],
)
async def test_a_question_is_refused_in_words(
    question: dict[str, object], problem: tuple[str, str], a_person: ActorOf, do: Do
) -> None:
    admin = await a_person(Role.NATIONAL_ADMIN)

    member = await do(
        admin, "requestExport", input={"kind": "CASES", "format": "CSV", "question": {**APRIL, **question}}
    )

    assert problems_in(member) == [problem]


async def test_a_file_that_failed_says_why_in_words(
    a_case: Cases, a_person: ActorOf, do: Do, ask: Ask, runtime: Runtime
) -> None:
    await a_case()
    admin = await a_person(Role.NATIONAL_ADMIN)
    wanted = {"kind": "CASES", "format": "CSV", "question": APRIL | {"figures": ["RECEIVED"]}}
    asked = await do(admin, "requestExport", input=wanted)
    async with runtime.workshop.work(SYSTEM) as work:
        (await work.session.get_one(Person, admin.id)).is_active = False
    export_id = row_id(relay.GlobalID.from_id(asked["export"]["id"]), "Export")
    folder = ExportFolder(runtime.settings.export_dir)

    await write_export(ExportDesk(runtime.workshop, folder, lambda: Reader(runtime.database.read)), export_id)
    listed = await ask(admin, "{ exports { state failure failureText failureTextEn } }")

    (file,) = listed.data["exports"]
    assert (file["state"], file["failure"]) == ("FAILED", "NO_LONGER_ALLOWED")
    assert file["failureText"] != file["failureTextEn"]
