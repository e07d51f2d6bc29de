"""Loading the reference data changes what differs from the files, says so, and nothing else."""

from collections.abc import Awaitable, Callable, Mapping

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from complaints.catalogue import Changes, load_reference, read_file
from complaints.knowledge import rule_of
from complaints.policy import SYSTEM
from models import Agency, AgencyCategory, AgencySuccessor, Category, RoutingRule, RuleSet, Term, new_id
from rules.language import RuleDocument
from rules.vocabulary import AgencyLevel, Connection
from tests.integration.given import Rows
from tests.support import MONDAY, WorkAs

Load = Callable[[], Awaitable[Mapping[str, Changes]]]
LISTS = {"terms", "clocks", "categories", "agencies", "special mechanisms", "routing rules"}


@pytest.fixture
def load(work_as: WorkAs) -> Load:
    async def run() -> Mapping[str, Changes]:
        async with work_as(SYSTEM) as work:
            return await load_reference(work.session, MONDAY)

    return run


async def test_loading_again_changes_nothing(load: Load, rows: Rows) -> None:
    report = await load()

    assert {name: (changes.added, changes.changed) for name, changes in report.items()} == dict.fromkeys(
        LISTS, ([], [])
    )
    assert report["agencies"].unchanged == len(read_file("agencies")) == len(await rows(Agency))
    assert report["categories"].unchanged == len(read_file("categories")) == len(await rows(Category))
    assert report["clocks"].unchanged == len(read_file("clocks"))


async def test_a_row_that_was_changed_is_brought_back_and_named(load: Load, work_as: WorkAs, rows: Rows) -> None:
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(Agency).where(Agency.code == "PLN").values(name="Salah"))
        await work.session.execute(update(Term).where(Term.code == "UNVERIFIED").values(label_id="Salah"))
        await work.session.execute(update(Category).where(Category.code == "TIK").values(keywords=["salah"]))

    report = await load()

    assert report["agencies"].changed == ["PLN"]
    assert report["terms"].changed == ["STATUS.UNVERIFIED"]
    assert report["categories"].changed == ["TIK"]
    assert [row.name for row in await rows(Agency, Agency.code == "PLN")] == ["PT PLN (Persero)"]
    assert report["agencies"].unchanged == len(read_file("agencies")) - 1


async def test_a_row_that_was_lost_is_added(load: Load, work_as: WorkAs, rows: Rows) -> None:
    async with work_as(SYSTEM) as work:
        await work.session.execute(delete(Term).where(Term.code == "ISENG_SPAM"))

    report = await load()

    assert report["terms"].added == ["ARCHIVE_REASON.ISENG_SPAM"]
    assert len(await rows(Term, Term.code == "ISENG_SPAM")) == 1


async def test_links_that_differ_are_replaced_and_their_agency_named_once(
    load: Load, work_as: WorkAs, rows: Rows
) -> None:
    async with work_as(SYSTEM) as work:
        ids = dict((await work.session.execute(select(Agency.code, Agency.id))).all())
        health = (await work.session.scalars(select(Category.id).where(Category.code == "KESEHATAN"))).one()
        await work.session.execute(delete(AgencyCategory).where(AgencyCategory.agency_id == ids["PLN"]))
        await work.session.execute(delete(AgencySuccessor).where(AgencySuccessor.agency_id == ids["KOMINFO"]))
        work.session.add(AgencyCategory(agency_id=ids["PLN"], category_id=health))

    report = await load()

    assert sorted(report["agencies"].changed) == ["KOMINFO", "PLN"]
    assert report["agencies"].unchanged == len(read_file("agencies")) - 2
    assert len(await rows(AgencyCategory, AgencyCategory.agency_id == ids["PLN"])) == 1
    assert [row.successor_id for row in await rows(AgencySuccessor, AgencySuccessor.agency_id == ids["KOMINFO"])] == [
        ids["KOMDIGI"]
    ]


async def test_what_somebody_added_is_left_alone(load: Load, work_as: WorkAs, rows: Rows) -> None:
    async with work_as(SYSTEM) as work:
        health = (await work.session.scalars(select(Category.id).where(Category.code == "KESEHATAN"))).one()
        own = Agency(
            id=new_id(),
            code="KOTA_CONTOH",
            name="Pemerintah Kota Contoh",
            short_name="Pemkot Contoh",
            level=AgencyLevel.CITY,
            connection=Connection.FULL,
            aliases=[],
        )
        work.session.add_all([own, AgencyCategory(agency_id=own.id, category_id=health)])

    report = await load()

    assert (report["agencies"].added, report["agencies"].changed) == ([], [])
    assert len(await rows(AgencyCategory, AgencyCategory.agency_id == own.id)) == 1


async def test_rules_of_an_admin_stay_active(load: Load, work_as: WorkAs, rows: Rows) -> None:
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(RuleSet).values(state="RETIRED", fingerprint="an older release"))
        own = RuleSet(
            id=new_id(),
            number=2,
            state="ACTIVE",
            reason="aturan kami sendiri",
            fingerprint="own",
            created_at=MONDAY,
            activated_at=MONDAY,
        )
        work.session.add(own)

    report = await load()

    assert (report["routing rules"].added, report["routing rules"].changed) == ([], [])
    assert [(row.number, row.state) for row in await rows(RuleSet)] == [(1, "RETIRED"), (2, "ACTIVE")]


async def test_new_shipped_rules_replace_older_shipped_ones(load: Load, work_as: WorkAs, rows: Rows) -> None:
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(RuleSet).values(fingerprint="an older release"))

    report = await load()

    sets = await rows(RuleSet)
    codes = [entry["code"] for entry in read_file("routing")["rules"]]
    assert report["routing rules"].added == codes
    assert [(row.number, row.state) for row in sets] == [(1, "RETIRED"), (2, "ACTIVE")]
    fresh = await rows(RoutingRule, RoutingRule.rule_set_id == sets[1].id)
    assert {rule.code for rule in fresh} == set(codes)
    shipped = {rule.code: rule for rule in RuleDocument.model_validate(read_file("routing")).rules}
    assert {row.code: rule_of(row) for row in fresh} == shipped


async def test_only_one_set_of_rules_can_be_active(work_as: WorkAs, rows: Rows) -> None:
    with pytest.raises(IntegrityError, match="uq_rule_set_active"):
        async with work_as(SYSTEM) as work:
            work.session.add(
                RuleSet(id=new_id(), number=2, state="ACTIVE", reason="dua", fingerprint="two", created_at=MONDAY)
            )

    assert len(await rows(RuleSet)) == 1
