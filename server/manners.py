"""What every HTTP answer has: safe headers, and errors of HTTP itself told like refusals instead of as plain text."""

from collections.abc import Mapping

import orjson
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.wording import HTTP_ERRORS, REFUSALS

HEADERS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}


class Manners:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass through; what the frameworks answer as plain text is an error, and gets words and a code."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told: bytes | None = None

        async def send_politely(message: Message) -> None:
            nonlocal told
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                if message["status"] >= 400 and headers.get("content-type", "").startswith("text/plain"):
                    told = self.told(message["status"])
                    headers["content-type"], headers["content-length"] = "application/json", str(len(told))
                for name, value in HEADERS.items():
                    # A file that is given out says more about itself than these.
                    headers.setdefault(name, value)
                await send({**message, "headers": headers.raw})
                if told is not None:
                    await send({"type": "http.response.body", "body": told})
            elif told is None:
                await send(message)

        await self._app(scope, receive, send_politely)

    def told(self, status: int) -> bytes:
        """The body for an HTTP status."""
        code = HTTP_ERRORS.get(status, "UNEXPECTED" if status >= 500 else "BAD_REQUEST")
        said = REFUSALS[code].said({"max": self._max_body_bytes, "request_id": "-"})
        error = {"message": said.indonesian, "extensions": {"code": code, "messageEn": said.english}}
        return orjson.dumps({"data": None, "errors": [error]})
