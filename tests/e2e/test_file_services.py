"""Server and worker beside a storage service and a scanner of their own, both real sockets."""

from pathlib import Path

import httpx
import psycopg

from tests.clamd import clamd
from tests.e2e.support import House, until
from tests.e2e.test_files import FILES, asked, filed, settled
from tests.file_samples import EICAR, PDF, has_place, photo
from tests.s3_service import s3_service


async def test_bytes_go_to_the_storage_service_and_come_from_it(database_url: str, tmp_path: Path) -> None:
    taken = photo()
    (tmp_path / "s3").mkdir()
    with s3_service(tmp_path / "s3") as bucket:
        chosen = {
            "SALUR_FILES__KIND": "s3",
            "SALUR_FILES__BUCKET": bucket.name,
            "SALUR_FILES__ENDPOINT": str(bucket.endpoint),
            "SALUR_FILES__REGION": bucket.region,
            "SALUR_FILES__ACCESS_KEY": bucket.access_key,
            "SALUR_FILES__SECRET_KEY": bucket.secret_key,
        }
        async with (
            House.open(database_url, tmp_path, **chosen) as house,
            house.client() as client,
            httpx.AsyncClient() as browser,
        ):
            upload = await asked(client, taken)
            headers = {header["name"]: header["value"] for header in upload["headers"]}
            put = await browser.put(upload["url"], content=taken, headers=headers)
            (file,) = await settled(house, await filed(client, upload["uploadId"]))
            given = await browser.get(file["url"])
            ours = await client.http.get("/files/tebakan")

    assert upload["url"].startswith(str(bucket.endpoint))
    assert (put.status_code, file["state"], given.status_code) == (200, "READY", 200)
    assert given.headers["content-disposition"].startswith('inline; filename="foto.jpg"')
    assert not has_place(given.content)
    assert ours.status_code == 404
    assert not (tmp_path / "files").exists()


async def test_scanner_decides_and_while_it_is_away_files_wait_in_quarantine(database_url: str, tmp_path: Path) -> None:
    path = str(tmp_path / "clamd.sock")
    async with (
        House.open(database_url, tmp_path, SALUR_FILES__CLAMAV=path, SALUR_FILES__CLAMAV_SECONDS="5") as house,
        house.client() as client,
    ):
        uploads = []
        for content in (PDF, PDF + EICAR):
            upload = await asked(client, content, "surat.pdf")
            await client.http.put(upload["url"], content=content)
            uploads.append(upload["uploadId"])
        proof = await filed(client, *uploads)

        async def were_tried() -> bool:
            async with await psycopg.AsyncConnection.connect(database_url) as connection:
                found = await connection.execute(
                    "select count(*) from procrastinate_jobs where task_name = 'files.process' and attempts > 0"
                )
                return await found.fetchone() == (2,)

        await until(were_tried)
        waiting = (await client.read(FILES, **proof))["trackComplaint"]["attachments"]
        async with clamd(path):
            clean, infected = await settled(house, proof)

    assert [(file["state"], file["url"]) for file in waiting] == [("QUARANTINED", None)] * 2
    assert clean["state"] == "READY"
    assert (infected["state"], infected["refusal"], infected["url"]) == ("REFUSED", "INFECTED", None)
