"""Log lines as data: fixed event names, keys that say what is meant, and nothing about people."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

# Keys that could carry what a citizen wrote or who they are. Dropping them here is the last line of defence; the
# first is not to log them.
FORBIDDEN = frozenset(
    {"text", "body", "title", "name", "email", "phone", "nik", "token", "pin", "password", "contact", "place"}
)


def drop_personal(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: forbidden keys leave, and a mark says that they did."""
    for key in FORBIDDEN & event.keys():
        event[key] = "[dropped]"
    return event


def tell_exception(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: where an exception came from and of what kind, never what it says.

    Messages of databases and parsers quote the very values that a citizen sent, and so do local variables.
    """
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = "\n".join(_frames(error))
    return event


def _frames(error: BaseException) -> list[str]:
    state = getattr(error, "sqlstate", None)
    lines = [f"{type(error).__module__}.{type(error).__qualname__}" + (f" (SQLSTATE {state})" if state else "")]
    lines += [
        f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    cause = error.__cause__ or error.__context__
    return lines if cause is None else [*lines, "caused by", *_frames(cause)]


def set_up_logs(form: Literal["console", "json"]) -> None:
    """Configure structlog and the standard library's loggers alike."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        drop_personal,
        tell_exception,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(processors=[*shared, renderer], logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_drop_meta, renderer])
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _drop_meta(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event
