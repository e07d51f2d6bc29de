"""Which decisions become lessons, and what each of them teaches."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime

import pytest

from complaints.desk import archive
from complaints.knowledge import Knowledge
from complaints.learning.labels import Lesson, give_label
from complaints.learning.recipes import (
    NOISE_OF_REASON,
    Recipe,
    agency_label,
    example_of_history,
    example_of_work,
    history_statement,
    label_counts,
    work_statement,
)
from complaints.policy import SYSTEM
from complaints.verify import Verdict, verify
from ml.dataset import TARGETS, Example
from models import HistoryExample, new_id
from rules.vocabulary import Classification, Status
from tests.support import MONDAY, NATIONAL, Clock, Complaints, WorkAs

ExamplesOf = Callable[[Recipe], Awaitable[Sequence[Example]]]


@pytest.fixture
def examples_of(work_as: WorkAs) -> ExamplesOf:
    """The lessons of a recipe, own ones first, not masked."""

    async def read(recipe: Recipe) -> Sequence[Example]:
        async with work_as(SYSTEM) as work:
            own = await work.session.execute(work_statement(recipe, work.knowledge))
            examples = [example_of_work(row, work.knowledge) for row in own]
            return [*examples, *map(example_of_history, await work.session.execute(history_statement(recipe)))]

    return read


@pytest.fixture
async def history(work_as: WorkAs) -> None:
    """Three rows of two other systems, one of them without a date."""
    rows = (
        ("kota", "7", "PUPR.INFRASTRUKTUR_JALAN", "PEMDA.PU", date(2025, 3, 1)),
        ("kota", "8", "PUPR", None, date(2025, 3, 31)),
        ("pusat", "1", "DUKCAPIL", "KEMENDAGRI", None),
    )
    async with work_as(SYSTEM) as work:
        for source, external_id, category, agency, day in rows:
            work.session.add(
                HistoryExample(
                    id=new_id(),
                    source=source,
                    external_id=external_id,
                    body=f"Isi {source} {external_id}",
                    title="Judul",
                    category=category,
                    agency=agency,
                    report_type="COMPLAINT",
                    place="Kota Semarang",
                    decided_on=day,
                    imported_at=MONDAY,
                )
            )


async def test_a_verified_complaint_teaches_what_was_decided(
    a_complaint: Complaints, work_as: WorkAs, examples_of: ExamplesOf
) -> None:
    text = "Lampu jalan mati sejak kemarin"
    complaint = await a_complaint(text=text, title="Kata warga", place="Jl. Mawar 3", region_code="33.74.01")
    ids = a_complaint.knowledge
    said = Verdict("Lampu Mati", ids.category_ids["ESDM.LISTRIK.PEMADAMAN_LISTRIK"], ids.agency_ids["PLN"], body="Lain")
    async with work_as(NATIONAL) as work:
        await verify(work, complaint.id, said, seen_version=complaint.version)

    assert await examples_of(Recipe()) == [
        Example(
            id=str(complaint.id),
            text=text,
            title="Lampu Mati",
            category_main="ESDM",
            category="ESDM.LISTRIK.PEMADAMAN_LISTRIK",
            agency="PLN",
            location="Kec. Semarang Tengah, Kota Semarang, Jawa Tengah",
            date="2026-04-13",
            report_type="COMPLAINT",
            urgency="NORMAL",
            noise="GENUINE",
            source="salur",
        )
    ]


@pytest.mark.parametrize(
    ("status", "goes_in"),
    [
        (Status.UNVERIFIED, False),
        (Status.DEFERRED, False),
        (Status.VERIFIED, True),
        (Status.DISPATCHED, True),
        (Status.IN_PROGRESS, True),
        (Status.CLOSED, True),
    ],
)
async def test_only_what_was_decided_goes_in(
    status: Status, goes_in: bool, a_complaint: Complaints, examples_of: ExamplesOf
) -> None:
    complaint = await a_complaint(status)

    assert [example.id for example in await examples_of(Recipe())] == [str(complaint.id)] * goes_in


@pytest.mark.parametrize(
    ("reason", "noise"),
    [
        ("TIDAK_JELAS", "EMPTY"),
        ("ISENG_SPAM", "EMPTY"),
        ("SARA_KASAR", "ABUSIVE"),
        ("KESALAHAN_FORMAT", "REPLY"),
        ("SWASTA_PRIBADI", "WRONG_ADDRESSEE"),
        ("TIDAK_RELEVAN", "WRONG_ADDRESSEE"),
        ("DUPLIKAT", None),
        ("DICABUT", None),
        ("TIDAK_DILENGKAPI", None),
    ],
)
async def test_an_archived_report_teaches_noise_by_its_reason(
    reason: str, noise: str | None, a_complaint: Complaints, work_as: WorkAs, examples_of: ExamplesOf
) -> None:
    category_id = a_complaint.knowledge.category_ids["ESDM.LISTRIK"]
    complaint = await a_complaint(text="Halo apa kabar semua", title="Halo", category_id=category_id)
    async with work_as(NATIONAL) as work:
        await archive(work, complaint.id, reason, None, seen_version=complaint.version)

    taught = Example(str(complaint.id), "Halo apa kabar semua", date="2026-04-13", source="salur", noise=noise)
    assert await examples_of(Recipe()) == ([] if noise is None else [taught])


@pytest.mark.parametrize(("reason", "teaches"), [("ISENG_SPAM", (None, None, "EMPTY")), ("DUPLIKAT", ("ESDM", "PLN"))])
async def test_what_was_archived_as_noise_after_all_teaches_only_that(
    reason: str,
    teaches: tuple[str | None, ...],
    a_complaint: Complaints,
    work_as: WorkAs,
    examples_of: ExamplesOf,
) -> None:
    complaint = await a_complaint(Status.VERIFIED)
    async with work_as(NATIONAL) as work:
        await archive(work, complaint.id, reason, None, seen_version=complaint.version)

    (example,) = await examples_of(Recipe())
    assert (example.category_main, example.agency, example.noise)[: len(teaches)] == teaches


async def test_reasons_that_teach_noise_are_reasons_of_the_desk(knowledge: Knowledge) -> None:
    assert {row.code for row in knowledge.term_rows if row.kind == "ARCHIVE_REASON"} >= set(NOISE_OF_REASON)


async def test_the_newest_label_replaces_the_decision(
    a_complaint: Complaints, work_as: WorkAs, examples_of: ExamplesOf
) -> None:
    complaint = await a_complaint(Status.DISPATCHED, agency="KOTA_SEMARANG", unit="KOTA_SEMARANG.DPU")
    ids = a_complaint.knowledge
    for lesson in (
        Lesson(category_id=ids.category_ids["TIK"], agency_id=ids.agency_ids["KOMDIGI"]),
        Lesson(agency_id=ids.agency_ids["KOTA_SEMARANG.DISHUB"]),
    ):
        async with work_as(SYSTEM) as work:
            await give_label(work, complaint.id, lesson)

    (example,) = await examples_of(Recipe())
    assert (example.category, example.agency, example.title) == ("ESDM.LISTRIK", "PEMDA.HUB", "Lampu Jalan Mati")


async def test_a_label_teaches_about_a_complaint_that_nobody_decided(
    a_complaint: Complaints, work_as: WorkAs, examples_of: ExamplesOf
) -> None:
    complaint = await a_complaint(title="Kata warga")
    async with work_as(SYSTEM) as work:
        await give_label(work, complaint.id, Lesson(category_id=work.knowledge.category_ids["TIK"]))

    (example,) = await examples_of(Recipe())
    assert (example.category_main, example.category, example.agency) == ("TIK", "TIK", None)
    assert (example.title, example.report_type, example.urgency, example.noise) == (None, None, None, "GENUINE")


async def test_an_excluded_complaint_stays_out_until_a_newer_label(
    a_complaint: Complaints, work_as: WorkAs, examples_of: ExamplesOf
) -> None:
    complaint = await a_complaint(Status.VERIFIED)
    async with work_as(SYSTEM) as work:
        await give_label(work, complaint.id, Lesson(is_excluded=True, reason="kalimat uji coba"))
    excluded = await examples_of(Recipe())
    async with work_as(SYSTEM) as work:
        await give_label(work, complaint.id, Lesson(category_id=work.knowledge.category_ids["TIK"]))

    assert excluded == []
    assert [example.category for example in await examples_of(Recipe())] == ["TIK"]


async def test_secret_and_supervision_never_go_in(
    a_complaint: Complaints, work_as: WorkAs, examples_of: ExamplesOf
) -> None:
    await a_complaint(Status.VERIFIED, is_secret=True)
    ids = a_complaint.knowledge
    for classification in (Classification.SUPERVISION, Classification.WHISTLEBLOWING):
        complaint = await a_complaint()
        async with work_as(SYSTEM) as work:
            await give_label(work, complaint.id, Lesson(category_id=ids.category_ids["TIK"]))
        said = Verdict("Pungli", ids.category_ids["TIK"], ids.agency_ids["PLN"], classification)
        async with work_as(NATIONAL) as work:
            await verify(work, complaint.id, said, seen_version=complaint.version)

    assert await examples_of(Recipe()) == []


@pytest.mark.parametrize(
    ("classification", "report_type"),
    [
        (Classification.ORDINARY, "COMPLAINT"),
        (Classification.ASPIRATION, "ASPIRATION"),
        (Classification.INFORMATION_REQUEST, "INFORMATION_REQUEST"),
    ],
)
async def test_the_report_type_is_what_the_admin_called_it(
    classification: Classification,
    report_type: str,
    a_complaint: Complaints,
    work_as: WorkAs,
    examples_of: ExamplesOf,
) -> None:
    complaint = await a_complaint()
    ids = a_complaint.knowledge
    said = Verdict("Judul", ids.category_ids["TIK"], ids.agency_ids["KOMDIGI"], classification)
    async with work_as(NATIONAL) as work:
        await verify(work, complaint.id, said, seen_version=complaint.version)

    assert [example.report_type for example in await examples_of(Recipe())] == [report_type]


async def test_a_period_is_of_days_in_jakarta(a_complaint: Complaints, clock: Clock, examples_of: ExamplesOf) -> None:
    for moment in (
        datetime(2026, 4, 12, 16, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 4, 12, 17, tzinfo=UTC),
        datetime(2026, 4, 13, 16, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 4, 13, 17, tzinfo=UTC),
    ):
        clock.now = moment
        await a_complaint(Status.VERIFIED)

    recipes = {
        "day": Recipe(day_from=date(2026, 4, 13), day_to=date(2026, 4, 14)),
        "from": Recipe(day_from=date(2026, 4, 14)),
        "to": Recipe(day_to=date(2026, 4, 13)),
        "all": Recipe(),
    }
    assert {name: [example.date for example in await examples_of(recipe)] for name, recipe in recipes.items()} == {
        "day": ["2026-04-13", "2026-04-13"],
        "from": ["2026-04-14"],
        "to": ["2026-04-12"],
        "all": ["2026-04-12", "2026-04-13", "2026-04-13", "2026-04-14"],
    }


async def test_agencies_choose_by_what_was_decided_in_the_end(
    a_complaint: Complaints, work_as: WorkAs, examples_of: ExamplesOf
) -> None:
    await a_complaint(Status.VERIFIED, agency="PLN")
    await a_complaint(Status.VERIFIED, agency="KEMENKES")
    await a_complaint(Status.DISPATCHED, agency="KOTA_SEMARANG", unit="KOTA_SEMARANG.DPU")
    moved = await a_complaint(Status.VERIFIED, agency="PLN")
    async with work_as(SYSTEM) as work:
        await give_label(work, moved.id, Lesson(agency_id=work.knowledge.agency_ids["KOMDIGI"]))

    chosen = [("PLN",), ("KOMDIGI", "KEMENKES"), ("KOTA_SEMARANG",), ("KOTA_SEMARANG.DPU",), ("KOTA_SEMARANG.DLH",)]
    assert [[example.agency for example in await examples_of(Recipe(agencies=codes))] for codes in chosen] == [
        ["PLN"],
        ["KEMENKES", "KOMDIGI"],
        ["PEMDA.PU"],
        ["PEMDA.PU"],
        [],
    ]


async def test_an_excluded_category_stays_out_with_all_below_it(
    a_complaint: Complaints, work_as: WorkAs, history: None, examples_of: ExamplesOf
) -> None:
    for category in ("ESDM", "ESDM.LISTRIK", "ESDM.LISTRIK.PEMADAMAN_LISTRIK", "ESDM.LAYANAN_AIR_MINUM", "TIK"):
        await a_complaint(Status.VERIFIED, category=category)
    relabelled = await a_complaint(Status.VERIFIED, category="TIK")
    async with work_as(SYSTEM) as work:
        await give_label(work, relabelled.id, Lesson(category_id=work.knowledge.category_ids["ESDM.LISTRIK"]))

    found = await examples_of(
        Recipe(excluded_categories=("ESDM.LISTRIK", "PUPR.INFRASTRUKTUR_JALAN"), history=("kota", "pusat"))
    )

    assert [example.category for example in found] == ["ESDM", "ESDM.LAYANAN_AIR_MINUM", "TIK", "PUPR", "DUKCAPIL"]


async def test_a_named_complaint_stays_out(a_complaint: Complaints, examples_of: ExamplesOf) -> None:
    first, second = await a_complaint(Status.VERIFIED), await a_complaint(Status.VERIFIED)

    found = await examples_of(Recipe(excluded_complaints=(first.id,)))

    assert [example.id for example in found] == [str(second.id)]


async def test_history_comes_by_source_and_day(history: None, examples_of: ExamplesOf) -> None:
    march = Recipe(history=("kota", "pusat"), day_from=date(2025, 3, 1), day_to=date(2025, 3, 31))

    assert [example.id for example in await examples_of(Recipe())] == []
    assert [example.id for example in await examples_of(Recipe(history=("pusat", "kota")))] == [
        "kota:7", "kota:8", "pusat:1",
    ]  # fmt: skip
    assert await examples_of(march) == [
        Example(
            id="kota:7",
            text="Isi kota 7",
            title="Judul",
            category_main="PUPR",
            category="PUPR.INFRASTRUKTUR_JALAN",
            agency="PEMDA.PU",
            location="Kota Semarang",
            date="2025-03-01",
            report_type="COMPLAINT",
            source="kota",
        )
    ]


@pytest.mark.parametrize(
    ("agency", "unit", "label"),
    [
        ("PLN", None, "PLN"),
        ("KEMENKES", "KEMENKES.NAKES", "KEMENKES"),
        ("KEMENKES.NAKES", None, "KEMENKES"),
        ("KOTA_SEMARANG", "KOTA_SEMARANG.DPU", "PEMDA.PU"),
        ("KOTA_SEMARANG.DPU", None, "PEMDA.PU"),
        ("KOTA_SEMARANG", None, None),
        ("KAB_BANDUNG", None, None),
        (None, None, None),
    ],
)
async def test_an_agency_is_learned_by_kind_where_the_place_decides(
    agency: str | None, unit: str | None, label: str | None, knowledge: Knowledge
) -> None:
    agency_id = None if agency is None else knowledge.agency_ids[agency]
    unit_id = None if unit is None else knowledge.agency_ids[unit]

    assert agency_label(knowledge, agency_id, unit_id) == label


def test_a_recipe_is_read_as_it_was_stored() -> None:
    recipe = Recipe(
        day_from=date(2026, 1, 1),
        day_to=date(2026, 4, 1),
        agencies=("PLN",),
        with_work=False,
        history=("kota",),
        excluded_categories=("TIK",),
        excluded_complaints=(new_id(),),
    )

    assert (Recipe.of(recipe.data()), Recipe.of(Recipe().data())) == (recipe, Recipe())


def test_labels_are_counted_for_each_target_that_has_any() -> None:
    examples = [
        Example("1", "a", category="B", agency="PLN"),
        Example("2", "b", category="A"),
        Example("3", "c", category="B"),
        Example("4", "d"),
    ]

    assert label_counts(examples, TARGETS) == {"category": {"A": 1, "B": 2}, "agency": {"PLN": 1}}
