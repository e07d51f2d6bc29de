"""Words for what has none yet: after an upgrade, after a new way of reading, and how frequent each word is."""

import anyio
import pytest
from sqlalchemy import delete, update

from complaints.finding.jobs import count_words, fill
from complaints.finding.vectors import METHOD
from complaints.policy import SYSTEM
from models import ComplaintWords, WordFrequency
from rules.vocabulary import Status
from server.runtime import Runtime
from tests.integration.given import Rows
from tests.support import Complaints, WorkAs


async def test_what_was_filed_before_gets_the_words_the_verbs_would_have_written(
    a_complaint: Complaints, work_as: WorkAs, rows: Rows, runtime: Runtime
) -> None:
    for status in Status:
        await a_complaint(status)
    await a_complaint(Status.DISPATCHED, is_secret=True)
    before = [(row.complaint_id, row.words, row.public_words, row.keys) for row in await rows(ComplaintWords)]
    async with work_as(SYSTEM) as work:
        await work.session.execute(delete(ComplaintWords))

    made = await fill(runtime.workshop)

    assert made == len(before)
    after = [(row.complaint_id, row.words, row.public_words, row.keys) for row in await rows(ComplaintWords)]
    assert after == before
    assert await fill(runtime.workshop) == 0


async def test_words_of_an_older_method_are_made_again(
    a_complaint: Complaints, work_as: WorkAs, rows: Rows, runtime: Runtime
) -> None:
    await a_complaint()
    await a_complaint()
    async with work_as(SYSTEM) as work:
        await work.session.execute(update(ComplaintWords).values(method=METHOD - 1, words="'lama'"))

    assert await fill(runtime.workshop) == 2
    assert {row.method for row in await rows(ComplaintWords)} == {METHOD}
    assert all("lampu" in row.words for row in await rows(ComplaintWords))


async def test_frequencies_are_shares_of_the_newest_complaints(
    a_complaint: Complaints, rows: Rows, runtime: Runtime
) -> None:
    for number in range(4):
        await a_complaint(text=f"Jalan rusak parah {'di pasar' if number else 'di kampung'} kami ini")

    await count_words(runtime.workshop)
    await count_words(runtime.workshop)

    shares = {row.stem: row.share for row in await rows(WordFrequency)}
    assert shares["jalan"] == pytest.approx(1)
    assert shares["pasar"] == pytest.approx(0.75)
    assert "kampung" not in shares
    assert shares["s:UNVERIFIED"] == pytest.approx(1)
    assert {stem: share for stem, share in shares.items() if stem.startswith("@")} == {"@": 4}


async def test_two_who_count_words_at_once_take_turns(a_complaint: Complaints, rows: Rows, runtime: Runtime) -> None:
    for _ in range(4):
        await a_complaint(text="Jalan rusak parah di pasar kami ini")
    await count_words(runtime.workshop)
    before = {row.stem: row.share for row in await rows(WordFrequency)}

    async with anyio.create_task_group() as both:
        for _ in range(4):
            both.start_soon(count_words, runtime.workshop)

    assert {row.stem: row.share for row in await rows(WordFrequency)} == before
