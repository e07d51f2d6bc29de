"""Fetching a finished file: one address, one download, gone after minutes."""

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from complaints.figures.exporting import ExportFolder, redeem
from complaints.policy import SYSTEM
from rules.vocabulary import ExportFormat
from server.runtime import Runtime

_MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def download_routes() -> list[Route]:
    """The route."""
    return [Route("/exports/{ticket}", fetch, methods=["GET"])]


async def fetch(request: Request) -> Response:
    """The file behind a ticket, streamed. The ticket is the proof: cookies mean nothing here, HEAD uses it up too."""
    runtime: Runtime = request.app.state.runtime
    folder = ExportFolder(runtime.settings.export_dir)
    async with runtime.workshop.work(SYSTEM) as work:
        opened = await redeem(work, folder, request.path_params["ticket"])
    if opened is None or not opened.path.is_file():
        return PlainTextResponse("", status_code=404)
    return FileResponse(opened.path, media_type=_MEDIA_TYPES[opened.format], filename=opened.name)
