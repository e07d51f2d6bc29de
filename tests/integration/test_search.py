"""Search: everyday spelling meets, order makes sense, pages are the unpaged list, nobody finds more than they see."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol
from uuid import UUID

import pytest

from complaints import reading
from complaints.desk import archive
from complaints.finding.jobs import count_words
from complaints.finding.query import Wanted, read_query
from complaints.finding.search import Found, Scope, Search, count, cursor_of, find, usual_scope
from complaints.knowledge import Knowledge
from complaints.policy import ANYONE, Actor
from complaints.reader import Reader, Window, read_page
from complaints.reading import QueueFilter
from complaints.refusals import Invalid
from complaints.vault import Contact
from complaints.verify import Verdict, verify
from models import Complaint
from rules.vocabulary import Classification, Role, Status
from server.runtime import Runtime
from tests.integration.given import Staff
from tests.support import MONDAY, NATIONAL, ActorOf, Clock, Complaints, WorkAs


class Finds(Protocol):
    """What somebody finds: `await finds(actor, "jln rusak")` gives the ids, best first."""

    async def __call__(self, actor: Actor, text: str, scope: Scope | None = None, **conditions: Any) -> list[str]: ...


@pytest.fixture
def search_of(runtime: Runtime, knowledge: Knowledge) -> Callable[..., Search]:
    def make(actor: Actor, text: str, scope: Scope | None = None, *, ranked: int = 1_000, **conditions: Any) -> Search:
        now = runtime.workshop.clock()
        where = scope or usual_scope(actor)
        return Search(actor, where, read_query(text), QueueFilter(**conditions), knowledge, ranked, now)

    return make


@pytest.fixture
def page_of(runtime: Runtime) -> Callable[[Search, Window], Awaitable[Found]]:
    async def read(search: Search, window: Window) -> Found:
        reader = Reader(runtime.database.read)
        try:
            return await find(reader, search, window)
        finally:
            await reader.close()

    return read


@pytest.fixture
def finds(search_of: Callable[..., Search], page_of: Callable[..., Awaitable[Found]], runtime: Runtime) -> Finds:
    async def ids(actor: Actor, text: str, scope: Scope | None = None, **conditions: Any) -> list[str]:
        search = search_of(actor, text, scope, **conditions)
        found = [str(row.id) for row in (await page_of(search, Window(100))).page.rows]
        reader = Reader(runtime.database.read)
        assert await count(reader, search, 10_000) == len(found)
        await reader.close()
        return found

    return ids


ROAD = "Jalan di depan pasar rusak parah dan sering menimbulkan kecelakaan"
LAMP = "Lampu penerangan tidak menyala sejak kemarin malam di perempatan"


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("jln rusak", ROAD),
        ("jalanan yg rusak", ROAD),
        ("kerusakan jalan", ROAD),
        ("gak nyala", LAMP),
        ("lampu", "Lampunya padam, tlg diperbaiki segera ya"),
        ("menyala", "Ga nyala2 lampu tamannya, gelap sekali di sini"),
        ("PERBAIKAN", "Mohon diperbaiki pipa bocor di gang mawar"),
        ("anak anak", "Anak-anak menyeberang tanpa zebra cross di sini"),
        ("pelayanan puskesmas", "Pelayanannya lambat di puskesmas kecamatan ini"),
    ],
)
async def test_everyday_spelling_meets(asked: str, text: str, a_complaint: Complaints, finds: Finds) -> None:
    wanted = await a_complaint(text=text)
    await a_complaint(text="Pohon tumbang menutup sungai di belakang balai")

    assert await finds(NATIONAL, asked) == [str(wanted.id)]


async def test_phrases_minus_and_alternatives_mean_what_people_expect(a_complaint: Complaints, finds: Finds) -> None:
    road = await a_complaint(text=ROAD)
    lamp = await a_complaint(text="Lampu di jalan raya padam, depan pasar gelap")
    pipe = await a_complaint(text="Pipa air bocor di dekat pasar sejak Senin")

    assert await finds(NATIONAL, '"lampu di jalan"') == [str(lamp.id)]
    assert await finds(NATIONAL, '"jalan lampu"') == []
    assert set(await finds(NATIONAL, "pasar -lampu")) == {str(road.id), str(pipe.id)}
    assert set(await finds(NATIONAL, "pipa OR kecelakaan")) == {str(pipe.id), str(road.id)}


@pytest.mark.parametrize("asked", ["yang di", "-jalan", "...", "081234567890", '""'])
def test_a_question_without_words_is_refused(asked: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_query(asked)

    assert [problem.code for problem in refusal.value.problems] == ["NO_SEARCH_WORDS"]


def test_what_people_type_cannot_break_out_of_the_question() -> None:
    assert read_query("jalan' | !'x") == Wanted("(('jalan') & ('x'))", frozenset({"jalan", "x"}), (("jalan", "x"),))


async def test_a_title_weighs_more_than_the_text(a_complaint: Complaints, finds: Finds) -> None:
    in_text = await a_complaint(text="Kami warga menunggu sekian lama dan halte itu tetap saja kotor")
    in_title = await a_complaint(text="Tempat duduk patah dan atap bocor sejak lama sekali", title="Halte kota rusak")

    assert await finds(NATIONAL, "halte") == [str(in_title.id), str(in_text.id)]


async def test_of_two_equal_answers_the_newer_comes_first(a_complaint: Complaints, finds: Finds, clock: Clock) -> None:
    older = await a_complaint(text=ROAD)
    clock.forward(days=200)
    newer = await a_complaint(text=ROAD)

    assert await finds(NATIONAL, "jalan rusak") == [str(newer.id), str(older.id)]


async def test_pages_put_together_are_the_whole_list(
    a_complaint: Complaints, search_of: Callable[..., Search], page_of: Callable[..., Awaitable[Found]]
) -> None:
    for number in range(7):
        await a_complaint(text=f"Jalan rusak {'parah ' * (number % 3)}di gang nomor {number}")
    search = search_of(NATIONAL, "jalan rusak OR parah")
    whole = [row.id for row in (await page_of(search, Window(100))).page.rows]

    forwards: list[UUID] = []
    backwards: list[UUID] = []
    window = Window(2)
    while True:
        page = (await page_of(search, window)).page
        forwards += [row.id for row in page.rows]
        if not page.has_next:
            break
        window = Window(2, cursor_of(page.rows[-1]))
    last = (await page_of(search, Window(100))).page.rows[-1]
    window = Window(2, cursor_of(last), backwards=True)
    while True:
        page = (await page_of(search, window)).page
        backwards = [row.id for row in page.rows] + backwards
        if not page.has_previous:
            break
        window = Window(2, cursor_of(page.rows[0]), backwards=True)

    assert len(whole) == 7
    assert forwards == whole
    assert [*backwards, last.id] == whole


async def test_only_the_newest_answers_are_ranked_and_it_says_so(
    a_complaint: Complaints,
    search_of: Callable[..., Search],
    page_of: Callable[..., Awaitable[Found]],
    clock: Clock,
) -> None:
    filed = []
    for _ in range(4):
        filed.append((await a_complaint(text=ROAD)).id)
        clock.forward(days=1)

    capped = await page_of(search_of(NATIONAL, "jalan rusak", ranked=3), Window(10))
    whole = await page_of(search_of(NATIONAL, "jalan rusak", ranked=5), Window(10))

    assert ([row.id for row in capped.page.rows], capped.is_capped) == (filed[:0:-1], True)
    assert ([row.id for row in whole.page.rows], whole.is_capped) == (filed[::-1], False)


@pytest.mark.parametrize(
    "cursor", ["", "x", "WyJ4IiwgInkiXQ==", "WyJuYW4iLCAiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIl0="]
)
async def test_a_cursor_of_somebody_else_is_refused(
    cursor: str, search_of: Callable[..., Search], page_of: Callable[..., Awaitable[Found]]
) -> None:
    with pytest.raises(Invalid):
        await page_of(search_of(NATIONAL, "jalan"), Window(2, cursor))


async def test_what_was_masked_is_found_by_its_desk_and_by_nobody_else(
    a_complaint: Complaints, finds: Finds, staff: Staff
) -> None:
    text = "Nama saya Wagimin Kartosuwiryo, lampu jalan padam, hubungi 0812 3456 7890"
    case = await a_complaint(Status.DISPATCHED, text=text, contact=Contact("Sulastri", "sulastri@contoh.id"))
    desk = staff(Role.AGENCY_ADMIN, "PLN")

    assert await finds(ANYONE, "lampu padam") == [str(case.id)]
    assert await finds(ANYONE, "wagimin") == []
    assert await finds(desk, "wagimin", Scope.PUBLIC) == []
    assert await finds(desk, "wagimin") == [str(case.id)]
    assert await finds(NATIONAL, "sulastri") == []


async def test_reporters_search_what_they_filed(a_complaint: Complaints, finds: Finds, an_actor: ActorOf) -> None:
    citizen = await an_actor(Role.REPORTER)
    mine = await a_complaint(text=ROAD, by=citizen)
    other = await a_complaint(text=ROAD)

    assert await finds(citizen, "jalan rusak", Scope.OWN) == [str(mine.id)]
    assert await finds(a_complaint.ticket(other), "jalan rusak", Scope.OWN) == [str(other.id)]
    assert await finds(citizen, "jalan rusak") == []
    assert await finds(ANYONE, "jalan rusak", Scope.OWN) == []
    assert await finds(ANYONE, "jalan rusak", Scope.DESK) == []


async def test_filters_narrow_and_statuses_keep_up(
    a_complaint: Complaints, finds: Finds, knowledge: Knowledge, work_as: WorkAs
) -> None:
    waiting = await a_complaint(text=ROAD, region_code="33.74.01")
    sent = await a_complaint(Status.DISPATCHED, text=ROAD, region_code="33.74")

    assert await finds(NATIONAL, "jalan", statuses=(Status.DISPATCHED,)) == [str(sent.id)]
    assert await finds(NATIONAL, "jalan", region_code="33.74.01") == [str(waiting.id)]
    assert set(await finds(NATIONAL, "jalan", region_code="33")) == {str(waiting.id), str(sent.id)}
    assert await finds(NATIONAL, "jalan", agency_id=knowledge.agency_ids["PLN"]) == [str(sent.id)]
    assert await finds(NATIONAL, "jalan", category_id=knowledge.category_ids["ESDM"]) == [str(sent.id)]
    assert await finds(NATIONAL, "jalan", submitted_to=MONDAY) == []
    async with work_as(NATIONAL) as work:
        await archive(work, waiting.id, "TIDAK_JELAS", None, seen_version=waiting.version)
    assert await finds(NATIONAL, "jalan", statuses=(Status.ARCHIVED,)) == [str(waiting.id)]


async def test_a_corrected_text_is_found_as_corrected(a_complaint: Complaints, finds: Finds, work_as: WorkAs) -> None:
    case = await a_complaint(text=ROAD)

    async with work_as(NATIONAL) as work:
        verdict = Verdict(
            "Jembatan putus",
            a_complaint.knowledge.category_ids["ESDM.LISTRIK"],
            a_complaint.knowledge.agency_ids["PLN"],
            body="Jembatan gantung putus setelah banjir",
        )
        await verify(work, case.id, verdict, seen_version=case.version)

    assert await finds(NATIONAL, "jembatan") == [str(case.id)]
    assert await finds(NATIONAL, "kecelakaan") == []


async def test_a_code_finds_its_case_for_whoever_works_on_it(
    a_complaint: Complaints, finds: Finds, staff: Staff
) -> None:
    case = await a_complaint(Status.DISPATCHED)

    assert await finds(NATIONAL, case.tracking_code.lower()) == [str(case.id)]
    assert await finds(a_complaint.ticket(case), case.tracking_code, Scope.OWN) == [str(case.id)]
    assert await finds(ANYONE, case.tracking_code) == []
    assert await finds(staff(Role.AGENCY_ADMIN, "KY"), case.tracking_code) == []


@pytest.mark.parametrize(
    ("role", "agency"),
    [
        (Role.NATIONAL_ADMIN, None),
        (Role.OVERSEER, None),
        (Role.AGENCY_ADMIN, "PLN"),
        (Role.AGENCY_ADMIN, "KOTA_SEMARANG"),
        (Role.AGENCY_ADMIN, "KY"),
        (Role.UNIT_OFFICER, "KOTA_SEMARANG.DPU"),
        (Role.UNIT_OFFICER, "KOTA_SEMARANG.DLH"),
        (Role.INSPECTORATE, "KOTA_SEMARANG"),
        (Role.HUB, "PROV_JATENG"),
        (Role.SERVICE, "KOTA_SEMARANG"),
        (Role.DATA_STAFF, None),
    ],
)
async def test_a_desk_finds_exactly_what_its_queue_lists(
    role: Role, agency: str | None, every_kind: Sequence[Complaint], finds: Finds, staff: Staff, listed: Any
) -> None:
    actor = staff(role, agency)

    found = await finds(actor, "jalan rusak", Scope.DESK)

    assert sorted(found) == sorted(await listed(actor))


async def test_the_public_finds_exactly_what_is_public(
    every_kind: Sequence[Complaint], finds: Finds, public_ids: Any
) -> None:
    found = await finds(ANYONE, "jalan rusak")

    assert found != []
    assert sorted(found) == sorted(await public_ids())


@pytest.fixture
def listed(runtime: Runtime, knowledge: Knowledge) -> Callable[[Actor], Awaitable[list[str]]]:
    """The ids of somebody's whole queue."""

    async def read(actor: Actor) -> list[str]:
        reader = Reader(runtime.database.read)
        listing = reading.queue(actor, QueueFilter(), reading.QueueOrder.NEWEST, knowledge)
        rows = (await read_page(reader, listing, Window(100))).rows
        await reader.close()
        return [str(row.id) for row in rows]

    return read


@pytest.fixture
def public_ids(runtime: Runtime) -> Callable[[], Awaitable[list[str]]]:
    """The ids of the public list."""

    async def read() -> list[str]:
        reader = Reader(runtime.database.read)
        rows = (await read_page(reader, reading.public(ANYONE), Window(100))).rows
        await reader.close()
        return [str(row.id) for row in rows]

    return read


@pytest.fixture
async def every_kind(a_complaint: Complaints, work_as: WorkAs) -> Sequence[Complaint]:
    """One complaint about a bad road in every state, at two agencies, secret and about officials."""
    street: dict[str, Any] = {"text": ROAD, "category": "PUPR.INFRASTRUKTUR_JALAN"}
    made = [await a_complaint(status, **street) for status in Status]
    city: dict[str, Any] = {**street, "agency": "KOTA_SEMARANG", "unit": "KOTA_SEMARANG.DPU"}
    made += [await a_complaint(status, **city) for status in (Status.DISPATCHED, Status.IN_PROGRESS, Status.CLOSED)]
    made.append(await a_complaint(Status.DISPATCHED, is_secret=True, **city))
    watched = await a_complaint(Status.UNVERIFIED, **city)
    async with work_as(NATIONAL) as work:
        ids = a_complaint.knowledge
        verdict = Verdict(
            "Pungli di jalan rusak",
            ids.category_ids["PUPR.INFRASTRUKTUR_JALAN"],
            ids.agency_ids["KOTA_SEMARANG"],
            classification=Classification.SUPERVISION,
        )
        made.append(await verify(work, watched.id, verdict, seen_version=watched.version))
    return made


async def test_frequent_words_are_looked_for_in_the_newest_months_first(
    a_complaint: Complaints,
    search_of: Callable[..., Search],
    page_of: Callable[..., Awaitable[Found]],
    clock: Clock,
    runtime: Runtime,
) -> None:
    filed = []
    for _ in range(6):
        filed.append((await a_complaint(text=ROAD)).id)
        clock.forward(days=31)
    await count_words(runtime.workshop)

    found = await page_of(search_of(NATIONAL, "jalan rusak", ranked=2), Window(10))
    whole = await page_of(search_of(NATIONAL, "jalan rusak", ranked=100), Window(10))

    assert ([row.id for row in found.page.rows], found.is_capped) == (filed[:-3:-1], True)
    assert ([row.id for row in whole.page.rows], whole.is_capped) == (filed[::-1], False)
