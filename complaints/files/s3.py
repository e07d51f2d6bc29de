"""Files in a bucket of any service that speaks S3; this module is loaded only where one is configured."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from complaints.files.links import Fetchable, UploadLink, Variant, file_headers, object_key
from complaints.files.store import StorageDown, Stored
from rules.vocabulary import Audience

Answer = TypeVar("Answer")

_NOT_THERE = frozenset({"404", "NoSuchKey", "NotFound"})


@dataclass(frozen=True, slots=True)
class Bucket:
    """Which bucket, and how to reach it. `public_endpoint` is the address that browsers use, when it is another."""

    name: str
    region: str
    access_key: str
    secret_key: str
    endpoint: str | None = None
    public_endpoint: str | None = None
    path_style: bool = True


class S3Store:
    """A bucket. boto3 is synchronous: each call runs in a thread, a few at a time."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket.name
        self._client = _client(bucket, bucket.endpoint)
        self._signer = _client(bucket, bucket.public_endpoint or bucket.endpoint)
        self._turns = anyio.CapacityLimiter(8)

    async def size(self, key: str) -> int | None:
        found = await self._found(partial(self._client.head_object, Bucket=self._bucket, Key=key))
        return None if found is None else int(found["ContentLength"])

    async def head(self, key: str, length: int) -> bytes | None:
        return await self._found(partial(self._bytes, key, Range=f"bytes=0-{length - 1}"))

    async def read(self, key: str) -> bytes | None:
        return await self._found(partial(self._bytes, key))

    def _bytes(self, key: str, **part: str) -> bytes:
        content: bytes = self._client.get_object(Bucket=self._bucket, Key=key, **part)["Body"].read()
        return content

    async def write(self, key: str, content: bytes, media_type: str) -> None:
        put = partial(self._client.put_object, Bucket=self._bucket, Key=key, Body=content, ContentType=media_type)
        await self._asked(put)

    async def remove(self, key: str) -> None:
        await self._asked(partial(self._client.delete_object, Bucket=self._bucket, Key=key))

    async def listed(self) -> AsyncIterator[list[Stored]]:
        more: dict[str, str] = {}
        while True:
            page = await self._asked(partial(self._client.list_objects_v2, Bucket=self._bucket, **more))
            yield [Stored(file["Key"], _utc(file["LastModified"])) for file in page.get("Contents", ())]
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def upload_link(self, key: str, size: int, seconds: int) -> UploadLink:
        """An address that takes exactly `size` bytes, once: both are part of the signature."""
        url = self._signed("put_object", key, seconds, ContentLength=size, IfNoneMatch="*")
        return UploadLink(url, {"If-None-Match": "*"})

    def download_link(self, key: str, seconds: int, headers: Mapping[str, str]) -> str:
        """An address that gives the file with these headers: `content-type`, `content-disposition`, `cache-control`."""
        return self._signed(
            "get_object",
            key,
            seconds,
            ResponseContentType=headers["content-type"],
            ResponseContentDisposition=headers["content-disposition"],
            ResponseCacheControl=headers["cache-control"],
        )

    def _signed(self, operation: str, key: str, seconds: int, **conditions: str | int) -> str:
        asked = {"Bucket": self._bucket, "Key": key, **conditions}
        url: str = self._signer.generate_presigned_url(operation, Params=asked, ExpiresIn=seconds)
        return url

    async def _found(self, ask: Callable[[], Answer]) -> Answer | None:
        try:
            return await self._asked(ask)
        except StorageDown as error:
            if isinstance(error.__cause__, ClientError) and error.__cause__.response["Error"]["Code"] in _NOT_THERE:
                return None
            raise

    async def _asked(self, ask: Callable[[], Answer]) -> Answer:
        try:
            return await anyio.to_thread.run_sync(ask, limiter=self._turns)
        except (BotoCoreError, ClientError, OSError) as error:
            raise StorageDown from error


@dataclass(frozen=True, slots=True)
class S3Links:
    """Addresses of the storage service itself: bytes do not pass our server."""

    store: S3Store
    seconds: int

    def upload(self, key: str, address: str, size: int, seconds: int) -> UploadLink:
        del address
        return self.store.upload_link(key, size, seconds)

    def download(self, file: Fetchable, variant: Variant, standing: Audience, now: datetime) -> str:
        # The right to read was asked where the address is made; the service asks only for its own signature.
        del standing, now
        headers = file_headers(file.file_name, file.media_type, variant, self.seconds)
        return self.store.download_link(object_key(file.id, variant), self.seconds, headers)


def _client(bucket: Bucket, endpoint: str | None) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=bucket.region,
        aws_access_key_id=bucket.access_key,
        aws_secret_access_key=bucket.secret_key,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if bucket.path_style else "virtual"},
            connect_timeout=3,
            read_timeout=10,
            retries={"total_max_attempts": 2},
            # Newer checksums are not understood by all services that speak S3.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
