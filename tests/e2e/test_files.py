"""Files over HTTP: one address takes bytes once, others give them for minutes, and kill -9 loses nothing."""

import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import psycopg
import pytest

from server.keys import vault_keys
from server.runtime import open_runtime
from server.settings import Settings
from tests.e2e.support import Client, House, Process, until
from tests.file_samples import HTML, MP4, PDF, SVG, archive, has_place, image, photo
from tests.support import PASSWORD

FILES = """query($code: String!, $pin: String!) { trackComplaint(code: $code, pin: $pin) { id version attachments {
  id state refusal refusalMessage fileName mediaType audience url thumbnails { url width height } } } }"""
SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-site",
}


async def asked(client: Client, content: bytes, name: str = "foto.jpg", **more: Any) -> dict[str, Any]:
    """An address for these bytes."""
    return await client.do("requestUpload", input={"fileName": name, "sizeBytes": len(content), **more})


async def filed(client: Client, *uploads: str) -> dict[str, str]:
    """A report with these uploads; gives code and PIN."""
    report = {"text": "Jalan di depan pasar rusak parah sekali", "attachments": list(uploads)}
    receipt = await client.do("submitComplaint", input=report)
    assert receipt["__typename"] == "SubmitComplaintPayload", receipt
    return {"code": receipt["trackingCode"], "pin": receipt["pin"]}


async def settled(house: House, proof: dict[str, str]) -> list[dict[str, Any]]:
    """The files of a report once the worker is done with them."""

    async def are_settled() -> list[dict[str, Any]] | None:
        # From a new address each time: one alone may not ask so often.
        async with house.client() as reader:
            found: list[dict[str, Any]] = (await reader.read(FILES, **proof))["trackComplaint"]["attachments"]
        return found if all(file["state"] in ("READY", "REFUSED") for file in found) else None

    answer: list[dict[str, Any]] = await until(are_settled)
    return answer


async def test_photo_travels_from_a_telephone_to_its_readers(house: House) -> None:
    taken = photo((1_600, 900))
    async with house.client() as client:
        upload = await asked(client, taken, "../IMG\u202e_1.exe")
        put = await client.http.put(upload["url"], content=taken)
        proof = await filed(client, upload["uploadId"])
        (file,) = await settled(house, proof)
        whole = await client.http.get(file["url"])
        small = await client.http.get(file["thumbnails"][0]["url"])

    assert (put.status_code, put.content, upload["method"], upload["headers"]) == (204, b"", "PUT", [])
    assert (file["state"], file["fileName"], file["audience"]) == ("READY", "IMG_1.jpg", "PARTIES")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "image/jpeg")
    assert whole.headers["content-disposition"] == "inline; filename=\"IMG_1.jpg\"; filename*=UTF-8''IMG_1.jpg"
    assert whole.headers["cache-control"] == "private, max-age=300"
    assert "sandbox" in whole.headers["content-security-policy"]
    assert {name: whole.headers[name] for name in SAFE} == SAFE
    assert (small.headers["content-type"], file["thumbnails"][0]["width"]) == ("image/webp", 320)
    assert not has_place(whole.content)
    assert not has_place(small.content)


async def test_film_is_given_in_parts(house: House) -> None:
    async with house.client() as client:
        upload = await asked(client, MP4, "bukti.mp4")
        await client.http.put(upload["url"], content=MP4)
        (file,) = await settled(house, await filed(client, upload["uploadId"]))
        part = await client.http.get(file["url"], headers={"range": "bytes=4-11"})
        beyond = await client.http.get(file["url"], headers={"range": "bytes=999999-"})

    assert (part.status_code, part.content, part.headers["content-range"]) == (
        206,
        b"ftypisom",
        f"bytes 4-11/{len(MP4)}",
    )
    assert beyond.status_code == 416


async def test_document_is_saved_and_not_shown(house: House) -> None:
    async with house.client() as client:
        upload = await asked(client, PDF, "surat é.pdf")
        await client.http.put(upload["url"], content=PDF)
        (file,) = await settled(house, await filed(client, upload["uploadId"]))
        given = await client.http.get(file["url"])

    assert given.headers["content-disposition"].startswith('attachment; filename="surat _.pdf"')
    assert (given.content, given.headers["content-type"]) == (PDF, "application/pdf")


def code_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize(
    ("declared", "sent", "answer"),
    [
        (len(PDF), PDF + b"x", (413, "UPLOAD_SIZE")),
        (len(PDF), PDF[:-1], (413, "UPLOAD_SIZE")),
        (len(PDF), b"", (413, "UPLOAD_SIZE")),
        (5 * 1024 * 1024, bytes(5 * 1024 * 1024 + 1), (413, "UPLOAD_SIZE")),
        (len(SVG), SVG, (415, "FILE_KIND")),
        (len(HTML), HTML, (415, "FILE_KIND")),
        (len(archive()), archive(), (415, "FILE_KIND")),
    ],
    ids=["a byte more", "a byte less", "nothing", "five megabytes and one", "svg", "html", "zip"],
)
async def test_bytes_that_were_not_announced_or_are_not_taken_are_refused_with_words(
    declared: int, sent: bytes, answer: tuple[int, str], house: House
) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for start in range(0, len(sent), 65_536):
            yield sent[start : start + 65_536]

    async with house.client() as client:
        upload = await client.do("requestUpload", input={"fileName": "foto.jpg", "sizeBytes": declared})
        at_once = await client.http.put(upload["url"], content=sent)
        without_length = await client.http.put(upload["url"], content=drip())

    assert (code_of(at_once), code_of(without_length)) == (answer, answer)
    assert all(response.json()["errors"][0]["message"] for response in (at_once, without_length))


async def test_largest_file_is_taken(house: House) -> None:
    film = MP4 + bytes(5 * 1024 * 1024 - len(MP4))
    async with house.client() as client:
        upload = await asked(client, film, "bukti.mp4")
        put = await client.http.put(upload["url"], content=film)

    assert put.status_code == 204


async def test_address_takes_bytes_once_and_others_take_none(house: House) -> None:
    async with house.client() as client:
        upload = await asked(client, PDF)
        answers = [(await client.http.put(upload["url"], content=PDF)).status_code for _ in range(2)]
        guessed = await client.http.put("/files/uploads/tebakan", content=PDF)
        by_its_secret = await client.http.put(f"/files/uploads/{upload['uploadId']}", content=PDF)
        posted = await client.http.post(upload["url"], content=PDF)

    assert answers == [204, 410]
    assert code_of(guessed) == code_of(by_its_secret) == (410, "UPLOAD_OVER")
    assert posted.status_code == 405


async def test_two_that_bring_bytes_at_once_leave_one_whole_file(house: House, data_dir: Path) -> None:
    films = [MP4 + bytes([number]) * 400_000 for number in range(4)]
    codes: list[int] = []
    async with house.client() as client:
        upload = await asked(client, films[0], "bukti.mp4")

        async def bring(film: bytes) -> None:
            codes.append((await client.http.put(upload["url"], content=film)).status_code)

        async with anyio.create_task_group() as tasks:
            for film in films:
                tasks.start_soon(bring, film)
        (file,) = await settled(house, await filed(client, upload["uploadId"]))
        given = await client.http.get(file["url"])

    assert sorted(codes) == [204, 410, 410, 410]
    assert given.content in films


async def test_cookies_and_tokens_mean_nothing_to_an_upload_address(house: House) -> None:
    async with house.client() as client:
        upload = await asked(client, PDF)
        nonsense = {
            "authorization": "Bearer tidak-berlaku",
            "cookie": "salur_session=curian",
            "origin": "https://lain.test",
        }
        put = await client.http.put(upload["url"], content=PDF, headers=nonsense)

    assert (put.status_code, "set-cookie" in put.headers, "access-control-allow-origin" in put.headers) == (
        204,
        False,
        False,
    )


@pytest.mark.parametrize("token", ["tebakan", "A" * 52, "%2e%2e%2fvault.key", "é"])
async def test_address_that_nobody_made_gives_nothing(token: str, house: House) -> None:
    async with house.client() as client:
        answer = await client.http.get(f"/files/{token}")

    assert code_of(answer) in ((404, "FILE_GONE"), (404, "NO_SUCH_PAGE"))


async def test_removed_file_is_gone_at_once_whatever_address_somebody_kept(house: House) -> None:
    async with house.client() as client, house.client() as desk:
        upload = await asked(client, PDF)
        await client.http.put(upload["url"], content=PDF)
        (file,) = await settled(house, await filed(client, upload["uploadId"]))
        before = (await client.http.get(file["url"])).status_code
        await desk.sign_in("pusat", PASSWORD)
        removed = await desk.do("removeAttachment", id=file["id"], reason="Memuat data orang lain.")
        after = await client.http.get(file["url"])

    assert (before, removed["attachment"]) == (200, {"id": file["id"], "state": "GONE", "url": None})
    assert code_of(after) == (404, "FILE_GONE")


async def test_broken_photo_is_refused_and_the_reporter_reads_why(house: House) -> None:
    half = photo()[:3_000]
    async with house.client() as client:
        upload = await asked(client, half)
        await client.http.put(upload["url"], content=half)
        (file,) = await settled(house, await filed(client, upload["uploadId"]))

    assert (file["state"], file["refusal"], file["url"]) == ("REFUSED", "BROKEN", None)
    assert "rusak" in file["refusalMessage"]


async def test_nothing_of_a_file_is_in_the_logs(house: House) -> None:
    async with house.client() as client:
        upload = await asked(client, PDF, "Surat Sari Dewi.pdf")
        await client.http.put(upload["url"], content=PDF)
        (file,) = await settled(house, await filed(client, upload["uploadId"]))
        await client.http.get(file["url"])

    for told in ("Sari Dewi", upload["uploadId"], upload["url"].rsplit("/", 1)[1], file["url"].rsplit("/", 1)[1]):
        assert told not in house.logs


@pytest.fixture
async def own_house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A server and a worker that may be killed."""
    async with House.open(database_url, tmp_path, SALUR_FILES__RECEIVE_SECONDS="2") as house:
        yield house


def half_sent(url: str, address: str, content: bytes) -> socket.socket:
    """A connection over which half of an upload came."""
    there = urlsplit(url)
    connection = socket.create_connection((str(there.hostname), int(there.port or 80)))
    head = f"PUT {address} HTTP/1.1\r\nhost: {there.netloc}\r\ncontent-length: {len(content)}\r\n\r\n"
    connection.sendall(head.encode() + content[: len(content) // 2])
    return connection


def arriving(folder: Path) -> list[Path]:
    return list((folder / "files" / "arriving").glob("*"))


async def test_slow_upload_is_cut_off_and_may_be_tried_again(own_house: House, tmp_path: Path) -> None:
    film = MP4 + bytes(500_000)
    async with own_house.client() as client:
        upload = await asked(client, film, "bukti.mp4")
        with half_sent(own_house.url, upload["url"], film) as connection:
            answer = await anyio.to_thread.run_sync(connection.recv, 65_536)
        left = arriving(tmp_path)
        again = await client.http.put(upload["url"], content=film)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert (left, again.status_code) == ([], 204)


async def test_upload_whose_sender_goes_away_leaves_nothing(own_house: House, tmp_path: Path) -> None:
    film = MP4 + bytes(500_000)

    async def is_arriving() -> bool:
        return bool(arriving(tmp_path))

    async def is_gone() -> bool:
        return not arriving(tmp_path)

    async with own_house.client() as client:
        upload = await asked(client, film, "bukti.mp4")
        half_sent_ = half_sent(own_house.url, upload["url"], film)
        await until(is_arriving)
        half_sent_.close()
        await until(is_gone)
        again = await client.http.put(upload["url"], content=film)

    assert again.status_code == 204


async def test_server_killed_during_an_upload_takes_it_again(own_house: House, tmp_path: Path) -> None:
    film = MP4 + bytes(500_000)

    async def is_arriving() -> bool:
        return bool(arriving(tmp_path))

    async with own_house.client() as client:
        upload = await asked(client, film, "bukti.mp4")
        with half_sent(own_house.url, upload["url"], film):
            await until(is_arriving)
            restarted(own_house, "serve", tmp_path)
        await own_house.ready()
        again = await client.http.put(upload["url"], content=film)
        (file,) = await settled(own_house, await filed(client, upload["uploadId"]))
        given = await client.http.get(file["url"])

    assert (again.status_code, given.content == film) == (204, True)


def restarted(house: House, name: str, folder: Path) -> None:
    """Kill a process without a word and start another in its place."""
    (old,) = [process for process in house.processes if process.name == name]
    old.child.send_signal(signal.SIGKILL)
    old.child.wait()
    house.processes[house.processes.index(old)] = Process.start(name, house.env, folder / f"{name}.again.log")


async def test_worker_killed_while_it_reads_a_picture_loses_and_doubles_nothing(
    own_house: House, database_url: str, tmp_path: Path
) -> None:
    # Large enough to be at work for seconds, small enough to be brought.
    large = image("PNG", (7_000, 7_000), "RGB")
    async with own_house.client() as client:
        upload = await asked(client, large, "peta.png")
        await client.http.put(upload["url"], content=large)
        proof = await filed(client, upload["uploadId"])

        async def is_being_read() -> bool:
            async with await psycopg.AsyncConnection.connect(database_url) as connection:
                found = await connection.execute("select attempts from attachment where state = 'UPLOADED'")
                return await found.fetchone() == (1,)

        await until(is_being_read)
        restarted(own_house, "worker", tmp_path)
        between = (await client.read(FILES, **proof))["trackComplaint"]["attachments"]
        await an_hour_passes_for_dead_workers(database_url)
        await mend(database_url, tmp_path)
        (file,) = await settled(own_house, proof)
        given = await client.http.get(file["url"])

    assert [one["state"] for one in between] == ["UPLOADED"]
    assert (file["state"], given.headers["content-type"], len(file["thumbnails"])) == ("READY", "image/png", 2)
    stored = sorted(path.name for path in (tmp_path / "files").rglob("*") if path.is_file())
    assert stored == ["file", "large", "small"]


async def an_hour_passes_for_dead_workers(database_url: str) -> None:
    """Let the worker that was killed look as old as it would be in an hour."""
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        await connection.execute(
            "update procrastinate_workers set last_heartbeat = now() - interval '1 hour' where id in"
            " (select worker_id from procrastinate_jobs where status = 'doing' and task_name = 'files.process')"
        )


async def mend(database_url: str, data_dir: Path) -> None:
    """What the worker does every minute, now."""
    settings = Settings(database_url=database_url, data_dir=data_dir)
    async with open_runtime(settings, database_url, vault_keys(settings)) as runtime:
        await runtime.jobs.configure_task("files.mend").defer_async(timestamp=0)


def test_the_folder_is_open_to_its_owner_alone(house: House, data_dir: Path) -> None:
    folders = [path for path in (data_dir / "files").rglob("*") if path.is_dir()]

    assert folders
    assert {oct(path.stat().st_mode & 0o077) for path in folders} == {"0o0"}
