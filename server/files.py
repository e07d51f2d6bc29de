"""Files over HTTP, where they lie in a folder of ours: one address takes bytes once, another gives them for minutes."""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import anyio
import anyio.to_thread
import orjson
import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from complaints.files.desk import Files, LocalLinks
from complaints.files.fetching import fetched
from complaints.files.kinds import HEAD_BYTES, kind_of
from complaints.files.links import Variant, file_headers, object_key
from complaints.files.store import Arrival, LocalStore
from complaints.files.uploads import open_address
from complaints.policy import ANYONE
from complaints.refusals import Busy
from graph.wording_files import FILE_ERRORS
from server.runtime import Runtime
from server.settings import Settings

log = structlog.get_logger()

# Whatever a file says it is: no script of it runs, and no page of ours is its origin.
_SANDBOX: Mapping[str, str] = MappingProxyType(
    {
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self';"
        " sandbox; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-site",
    }
)


# An exabyte.
_NO_LIMIT_OF_DOCUMENTS = 2**60


def file_routes(settings: Settings) -> list[Route]:
    """The routes; none where a storage service of its own takes and gives the bytes."""
    chosen = settings.files
    if chosen.kind != "local":
        return []
    # Wide: the bytes of an upload are counted against what its own address allows, not against the limit of documents.
    limit = Middleware(RequestBodyLimitMiddleware, max_body_size=_NO_LIMIT_OF_DOCUMENTS)

    async def put(request: Request) -> Response:
        return await receive(request, chosen.receive_seconds)

    return [
        Route("/files/uploads/{address}", put, methods=["PUT"], middleware=[limit]),
        Route("/files/{token}", give, methods=["GET"]),
    ]


def _local(runtime: Runtime) -> tuple[LocalStore, LocalLinks]:
    store, links = runtime.files.store, runtime.files.links
    if not isinstance(store, LocalStore) or not isinstance(links, LocalLinks):
        raise TypeError("files do not lie here")
    return store, links


async def receive(request: Request, seconds: float) -> Response:
    """Take the bytes of an upload: exactly as many as were declared, and only a kind that is taken.

    Only the address is asked for; cookies and other proofs mean nothing here, so that no other page can use them.
    """
    runtime: Runtime = request.app.state.runtime
    store, _ = _local(runtime)
    address = request.path_params["address"]
    try:
        async with runtime.workshop.work(ANYONE) as work:
            row = await open_address(work, address)
            declared = None if row is None else row.declared_bytes
        if declared is None:
            return _refused("UPLOAD_OVER")
        if int(request.headers.get("content-length") or declared) != declared:
            return _refused("UPLOAD_SIZE", size=declared)
        async with store.receiving() as arrival:
            with anyio.move_on_after(seconds) as limit:
                code = await _arrived(request, arrival, declared)
            if limit.cancelled_caught:
                return _refused("UPLOAD_SLOW")
            if code is not None:
                return _refused(code, size=declared)
            # Its place and the word of the row belong together: of two that bring bytes at once, one is too late.
            async with runtime.workshop.work(ANYONE) as work:
                row = await open_address(work, address)
                if row is None:
                    return _refused("UPLOAD_OVER")
                await store.put(arrival, row.storage_key)
                row.received_at = work.now
    except ClientDisconnect:
        return Response(status_code=400)
    except (Busy, SQLAlchemyError, OSError):
        log.exception("file.not_received")
        return _refused("STORAGE_DOWN")
    return Response(status_code=204)


async def _arrived(request: Request, arrival: Arrival, declared: int) -> str | None:
    """Write what comes, never more than was declared; gives what is wrong with it."""
    async for chunk in request.stream():
        if arrival.size + len(chunk) > declared:
            return "UPLOAD_SIZE"
        if chunk:
            await arrival.add(chunk)
    if arrival.size != declared:
        return "UPLOAD_SIZE"
    return None if kind_of(await arrival.finished(HEAD_BYTES)) is not None else "FILE_KIND"


async def give(request: Request) -> Response:
    """Give a file to whoever has an address that is still good, in parts when parts are asked for."""
    runtime: Runtime = request.app.state.runtime
    files: Files = runtime.files
    store, links = _local(runtime)
    permit = links.signer.read(request.path_params["token"], runtime.workshop.clock())
    if permit is None:
        return _refused("FILE_GONE")
    try:
        found = await fetched(runtime.database.read, permit)
    except (SQLAlchemyError, OSError):
        log.exception("file.not_given")
        return _refused("STORAGE_DOWN")
    if found is None:
        return _refused("FILE_GONE")
    path = store.path(object_key(permit.attachment_id, permit.variant))
    try:
        about = await anyio.to_thread.run_sync(os.stat, path)
    except FileNotFoundError:
        return _refused("FILE_GONE")
    headers = file_headers(found.file_name, found.media_type, Variant(permit.variant), files.limits.download_seconds)
    media_type = headers.pop("content-type")
    return FileResponse(path, headers={**headers, **_SANDBOX}, media_type=media_type, stat_result=about)


def _refused(code: str, **data: Any) -> Response:
    status, wording = FILE_ERRORS[code]
    said = wording.said(data)
    error = {"message": said.indonesian, "extensions": {"code": code, "messageEn": said.english}}
    body = orjson.dumps({"data": None, "errors": [error]})
    return Response(body, status_code=status, media_type="application/json")
