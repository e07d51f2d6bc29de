"""A real storage service that speaks S3, for as long as a block lasts: SeaweedFS, one process, a folder of its own."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from complaints.files.s3 import Bucket

PROGRAM = Path(sys.executable).with_name("weed")
NAME, ACCESS_KEY, SECRET_KEY = "salur-uji", "kunci-uji", "rahasia-uji"


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            # Above each of them another is taken, 10,000 higher, for the talk of its parts with each other.
            probe.bind(("127.0.0.1", 0))
        return [20_000 + probe.getsockname()[1] % 10_000 for probe in probes]
    finally:
        for probe in probes:
            probe.close()


@contextmanager
def s3_service(folder: Path) -> Iterator[Bucket]:
    """An empty bucket and the keys to it."""
    may = ["Admin", "Read", "Write", "List"]
    credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [{"name": "salur", "credentials": credentials, "actions": may}]}))
    master, volume, filer, port = _free_ports(4)
    command = [
        str(PROGRAM), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-master.port={master}",
        f"-volume.port={volume}", "-filer", f"-filer.port={filer}", "-s3", f"-s3.port={port}", f"-s3.config={config}",
        "-volume.max=8", "-master.volumeSizeLimitMB=32", "-s3.port.iceberg=0", "-master.telemetry=false",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    bucket = Bucket(NAME, "id-uji-1", ACCESS_KEY, SECRET_KEY, f"http://127.0.0.1:{port}")
    try:
        _make_bucket(bucket, process, folder / "log")
        yield bucket
    finally:
        process.kill()
        process.wait()


def _make_bucket(bucket: Bucket, process: "subprocess.Popen[bytes]", log: Path) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=bucket.endpoint,
        region_name=bucket.region,
        aws_access_key_id=bucket.access_key,
        aws_secret_access_key=bucket.secret_key,
    )
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(log.read_text()[-2_000:])
        try:
            client.create_bucket(Bucket=bucket.name)
            client.put_object(Bucket=bucket.name, Key="siap", Body=b"siap")
            client.delete_object(Bucket=bucket.name, Key="siap")
        except (BotoCoreError, ClientError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(log.read_text()[-2_000:])
