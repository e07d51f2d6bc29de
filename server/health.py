"""Whether a process can do its work, in words an operator can act on."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from complaints.knowledge import NotSeeded
from models.schema import current_revision, newest_revision
from server.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found. A missing classifier is told, not fatal: complaints are taken without advice."""

    database: str
    reference_data: str
    schema_revision: str | None
    schema_expected: str
    classifier: str

    @property
    def is_ready(self) -> bool:
        """Whether requests can be served."""
        parts_are_ready = self.database == "ok" and self.reference_data == "ok"
        return parts_are_ready and self.schema_revision == self.schema_expected

    def data(self) -> dict[str, Any]:
        """The report as JSON."""
        return {"status": "ready" if self.is_ready else "not ready", **asdict(self)}


async def is_ready(runtime: Runtime) -> Readiness:
    """Ask the database and the classifier."""
    expected, classifier = newest_revision(), runtime.adviser.version or "none"
    try:
        async with runtime.database.read.connect() as connection:
            await connection.execute(text("select 1"))
            revision = await connection.run_sync(current_revision)
    except (SQLAlchemyError, OSError) as error:
        return Readiness(type(error).__name__, "unknown", None, expected, classifier)
    try:
        await runtime.knowledge.current(runtime.workshop.clock())
    except (NotSeeded, SQLAlchemyError) as error:
        return Readiness("ok", type(error).__name__, revision, expected, classifier)
    return Readiness("ok", "ok", revision, expected, classifier)
