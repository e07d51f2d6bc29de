"""What GraphQL tests are given to work with: people, cases, versions, data sets."""

from datetime import date
from itertools import count
from typing import Any

import pytest

from complaints.classifiers import Gate, Trained, register
from complaints.close import close, rate
from complaints.follow_up import follow_up, reply
from complaints.knowledge import Knowledge
from complaints.learning.recipes import Recipe
from complaints.policy import SYSTEM, Actor
from complaints.suggest import Advice
from complaints.vault import Contact
from ml.predictor import Choice, Ranking, Suggestion
from models import Attachment, ClassifierVersion, Complaint, ComplaintCopy, Dataset, Person, new_id
from rules.vocabulary import AttachmentState, Audience, JobState, Role, Status
from tests.graph.support import (
    METRICS,
    Cases,
    Cast,
    DatasetOf,
    VersionOf,
)
from tests.support import ActorOf, Complaints, WorkAs


@pytest.fixture
def a_person(work_as: WorkAs, knowledge: Knowledge) -> ActorOf:
    """Somebody with an account but no password, which costs a tenth of a second: `await a_person(Role.REPORTER)`."""
    numbers = count()

    async def make(role: Role, agency: str | None = None, login: str | None = None) -> Actor:
        chosen = login or f"{role.lower()}.{next(numbers)}"
        agency_id = None if agency is None else knowledge.agency_ids[agency]
        async with work_as(SYSTEM) as work:
            person = Person(
                id=new_id(), login=chosen, name=f"Nama {chosen}", password_hash="-", role=role, agency_id=agency_id,
                is_active=True, created_at=work.now,
            )  # fmt: skip
            work.session.add(person)
        return Actor(role, id=person.id, agency_id=agency_id)

    return make


@pytest.fixture
def cast(knowledge: Knowledge) -> Cast:
    return Cast(knowledge.agency_ids)


@pytest.fixture
def a_case(a_complaint: Complaints, knowledge: Knowledge) -> Cases:
    """Makes complaints about a street in Semarang."""
    street = knowledge.category_ids["PUPR.INFRASTRUKTUR_JALAN"]
    return Cases(a_complaint, knowledge.agency_ids["KOTA_SEMARANG"], street)


@pytest.fixture
def a_version(work_as: WorkAs) -> VersionOf:
    """Registers a version as training does; `gate` is what the comparison with the version in use said."""

    async def make(version: str, gate: Gate | None = None) -> ClassifierVersion:
        async with work_as(SYSTEM) as work:
            return await register(work, Trained(version, "0" * 64, {"category": METRICS}, gate))

    return make


@pytest.fixture
def a_dataset(work_as: WorkAs) -> DatasetOf:
    """A data set as the worker leaves it, without its file."""

    async def make(**columns: Any) -> Dataset:
        async with work_as(SYSTEM) as work:
            row = Dataset(
                id=new_id(),
                recipe=Recipe(agencies=("PLN",)).data(),
                requested_at=work.now,
                **{"state": JobState.DONE, "rows": 6, "fingerprint": "f" * 64, "sha256": "0" * 64} | columns,
            )
            work.session.add(row)
        return row

    return make


@pytest.fixture
async def advice(work_as: WorkAs) -> Advice:
    """What a registered version answers: sure of the category, unsure of the agency."""
    async with work_as(SYSTEM) as work:
        version = await register(work, Trained("0123456789abcdef", "0" * 64, {}))
    street = (Choice("PUPR.INFRASTRUKTUR_JALAN", 0.81, ("jalan", "berlubang")), Choice("PUPR.PASAR", 0.1))
    office = (Choice("PEMDA.PU", 0.4, ("jalan",)), Choice("PLN", 0.2))
    heads = {
        "category": Ranking(street, abstained=False, threshold=0.5),
        "agency": Ranking(office, abstained=True, threshold=0.6),
        "report_type": Ranking((Choice("COMPLAINT", 0.9),), abstained=False, threshold=0.5),
        "urgency": Ranking((Choice("NORMAL", 0.7), Choice("HIGH", 0.3, ("besar",))), abstained=False, threshold=0.5),
        "noise": Ranking((Choice("GENUINE", 0.98),), abstained=False, threshold=0.5),
    }
    return Advice(version.id, version.version, Suggestion(("Jalan Rusak", "Jalan Berlubang", "Lubang Jalan"), heads))


@pytest.fixture
async def a_full_case(a_case: Cases, cast: Cast, advice: Advice, work_as: WorkAs) -> Complaint:
    """A public complaint with a value in every column and rows on every edge; no real one has all of them at once."""
    complaint = await a_case(
        Status.DISPATCHED,
        title="Lubang di jalan",
        place="Pasar Johar, RT 3",
        region_code="33.74.01",
        latitude=-6.97,
        longitude=110.42,
        incident_on=date(2026, 4, 12),
        contact=Contact("Sari", "sari@contoh.id", "081234567890"),
        advice=advice,
    )
    for audience in Audience:
        async with work_as(cast.officer) as work:
            await follow_up(work, complaint.id, f"Untuk {audience}.", audience, seen_version=None)
    async with work_as(a_case.ticket(complaint)) as work:
        await reply(work, complaint.id, "Terima kasih.")
    async with work_as(cast.officer) as work:
        await close(work, complaint.id, "Jalan sudah ditambal.", seen_version=complaint.version + 4)
    async with work_as(a_case.ticket(complaint)) as work:
        await rate(work, complaint.id, 4, is_solved=True)
    async with work_as(SYSTEM) as work:
        row = await work.session.get_one(Complaint, complaint.id)
        row.mechanism, row.archive_reason, row.defer_reason = "COVID", "TIDAK_JELAS", "KOORDINASI"
        row.due_at, row.tags = work.now, ["jalan"]
        work.session.add(ComplaintCopy(complaint_id=complaint.id, agency_id=cast.other_hub.agency_id))
        work.session.add(
            Attachment(
                id=new_id(),
                complaint_id=complaint.id,
                file_name="lubang.jpg",
                media_type="image/jpeg",
                size_bytes=1,
                sha256=b"",
                storage_key="objects/tidak/ada",
                state=AttachmentState.READY,
                audience=Audience.EVERYONE,
                uploader_role=Role.TICKET,
                created_at=work.now,
            )
        )
    return row
