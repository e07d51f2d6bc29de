"""Both storages keep the one promise: a folder, and a real service that speaks S3 (SeaweedFS)."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import httpx
import pytest

from complaints.files.desk import FileLimits, Files
from complaints.files.links import Variant, file_headers, incoming_key, object_key
from complaints.files.processing import process_file
from complaints.files.s3 import Bucket, S3Links, S3Store
from complaints.files.store import FileStore, LocalStore, StorageDown, Stored
from complaints.files.tidying import Tidied, tidy_files
from complaints.files.uploads import UploadWish, look_at, request_upload
from complaints.policy import ANYONE
from complaints.submit import Draft, submit
from models import Attachment
from rules.vocabulary import AttachmentState, Audience
from server.runtime import Runtime
from tests.file_samples import PDF, has_place, photo
from tests.integration.given import Rows
from tests.s3_service import s3_service
from tests.support import Clock, WorkAs

KEY = "objects/ff/00ff/file"


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with s3_service(tmp_path_factory.mktemp("s3")) as made:
        yield made


@pytest.fixture
async def s3(bucket: Bucket) -> AsyncIterator[S3Store]:
    """The bucket; emptied afterwards."""
    store = S3Store(bucket)
    yield store
    for stored in await everything(store):
        await store.remove(stored.key)


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    found: FileStore = LocalStore(tmp_path / "berkas") if request.param == "local" else request.getfixturevalue("s3")
    return found


async def everything(store: FileStore) -> list[Stored]:
    return [stored async for batch in store.listed() for stored in batch]


async def test_what_was_written_is_read_whole_in_part_and_by_size(store: FileStore) -> None:
    await store.write(KEY, PDF, "application/pdf")

    assert (await store.read(KEY), await store.head(KEY, 4), await store.size(KEY)) == (PDF, b"%PDF", len(PDF))


async def test_what_is_not_there_is_none_and_can_be_removed(store: FileStore) -> None:
    await store.remove(KEY)

    assert (await store.read(KEY), await store.head(KEY, 4), await store.size(KEY)) == (None, None, None)


async def test_same_key_again_replaces_and_removing_twice_is_once(store: FileStore) -> None:
    await store.write(KEY, PDF, "application/pdf")
    await store.write(KEY, b"lain", "application/pdf")
    replaced = await store.read(KEY)

    await store.remove(KEY)
    await store.remove(KEY)

    assert (replaced, await store.size(KEY), await everything(store)) == (b"lain", None, [])


async def test_everything_is_listed_with_its_moment(store: FileStore) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    for number in range(3):
        await store.write(f"incoming/{number}", PDF, "application/pdf")

    found = await everything(store)

    assert sorted(stored.key for stored in found) == [f"incoming/{number}" for number in range(3)]
    assert all(before < stored.modified_at < datetime.now(UTC) + timedelta(seconds=2) for stored in found)


async def test_two_hundred_writers_of_one_key_leave_one_whole_file(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    async with anyio.create_task_group() as tasks:
        for number in range(200):
            tasks.start_soon(store.write, KEY, bytes([number]) * 10_000, "image/png")

    content = await store.read(KEY)

    assert content is not None
    assert content == content[:1] * 10_000
    assert [stored.key for stored in await everything(store)] == [KEY]


@pytest.mark.parametrize("key", ["../luar", "a", "a/../b", "/etc/passwd", "A/B", "a//b", "a/b\n", ""])
def test_key_that_is_none_of_ours_is_no_path(key: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^"):
        LocalStore(tmp_path).path(key)


async def test_folder_that_cannot_be_written_is_a_storage_that_is_down(tmp_path: Path) -> None:
    (tmp_path / "berkas").write_text("bukan folder")
    store = LocalStore(tmp_path / "berkas")

    with pytest.raises(StorageDown):
        await store.write(KEY, PDF, "application/pdf")


async def test_service_that_does_not_answer_is_down_and_not_empty(bucket: Bucket) -> None:
    store = S3Store(Bucket(bucket.name, bucket.region, "kunci", "rahasia", "http://127.0.0.1:9"))

    with pytest.raises(StorageDown):
        await store.size(KEY)


async def test_wrong_keys_are_a_storage_that_is_down(bucket: Bucket) -> None:
    store = S3Store(Bucket(bucket.name, bucket.region, "kunci", "salah", bucket.endpoint))

    with pytest.raises(StorageDown):
        await store.read(KEY)


async def test_service_takes_an_upload_of_the_declared_size_once(s3: S3Store) -> None:
    link = s3.upload_link("incoming/1", len(PDF), 60)
    headers = dict(link.headers)
    async with httpx.AsyncClient() as browser:
        longer = (await browser.put(link.url, content=PDF + b"x", headers=headers)).status_code
        right = (await browser.put(link.url, content=PDF, headers=headers)).status_code
        again = (await browser.put(link.url, content=PDF[::-1], headers=headers)).status_code
        without = (await browser.put(link.url, content=PDF[::-1])).status_code

    assert (longer, right, again, without) == (403, 200, 412, 403)
    assert await s3.read("incoming/1") == PDF


async def test_service_gives_a_file_under_its_safe_name_and_in_parts(s3: S3Store) -> None:
    await s3.write(KEY, PDF, "application/octet-stream")
    headers = file_headers("laporan é.pdf", "application/pdf", Variant.FILE, 300)

    url = s3.download_link(KEY, 300, headers)
    async with httpx.AsyncClient() as browser:
        whole = await browser.get(url)
        part = await browser.get(url, headers={"range": "bytes=1-3"})
        forged = await browser.get(url.replace("file", "fine", 1))

    assert {name: whole.headers[name] for name in headers} == headers
    assert (whole.content, part.status_code, part.content, forged.status_code) == (PDF, 206, b"PDF", 403)


@pytest.fixture
def s3_files(s3: S3Store) -> Files:
    return Files(s3, S3Links(s3, 300), FileLimits())


async def test_whole_way_of_a_photo_through_the_service(
    s3: S3Store, s3_files: Files, runtime: Runtime, work_as: WorkAs, rows: Rows, clock: Clock
) -> None:
    taken = photo()
    async with work_as(ANYONE) as work:
        ticket = await request_upload(work, UploadWish("jalan.jpg", len(taken)), None)
    link = s3_files.links.upload(incoming_key(ticket.secret), ticket.address, len(taken), 60)
    async with httpx.AsyncClient() as browser:
        await browser.put(link.url, content=taken, headers=dict(link.headers))
    brought = await look_at(s3_files, [ticket.secret], 5)

    receipt = await submit(runtime.workshop, ANYONE, Draft("Jalan rusak parah", attachments=brought), None, None)
    (waiting,) = await rows(Attachment)
    await process_file(runtime.workshop, s3_files, waiting.id)

    (ready,) = await rows(Attachment)
    assert (ready.complaint_id, waiting.state, ready.state) == (
        receipt.complaint.id, AttachmentState.UPLOADED, AttachmentState.READY,
    )  # fmt: skip
    assert sorted(stored.key for stored in await everything(s3)) == sorted(
        object_key(ready.id, variant) for variant in Variant
    )
    async with httpx.AsyncClient() as browser:
        given = [
            await browser.get(s3_files.links.download(ready, variant, Audience.PARTIES, clock())) for variant in Variant
        ]
    assert [one.headers["content-type"] for one in given] == ["image/jpeg", "image/webp", "image/webp"]
    assert not any(has_place(one.content) for one in given)


async def test_clean_up_leaves_what_is_not_ours_in_the_bucket(
    s3: S3Store, s3_files: Files, runtime: Runtime, clock: Clock
) -> None:
    for key in ("incoming/takbertuan", "objects/aa/bukan/file", "cadangan/basis-data"):
        await s3.write(key, PDF, "application/pdf")
    clock.now = datetime.now(UTC) + timedelta(days=1)

    done = await tidy_files(runtime.workshop, s3_files)

    assert (done, [stored.key for stored in await everything(s3)]) == (Tidied(0, 2), ["cadangan/basis-data"])
