"""What can have happened to an attached file, beyond that it came with its message."""

from dataclasses import dataclass
from uuid import UUID

from complaints.events import Event
from rules.vocabulary import Audience


@dataclass(frozen=True, slots=True)
class FileRefused(Event):
    """A file of the reporter was not kept; its bytes are gone."""

    attachment_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class StaffFileRefused(Event):
    """A file of a handler was not kept; the reporter never saw it."""

    audience = Audience.INTERNAL
    attachment_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class PlaceTaken(Event):
    """The place of the report was read from a picture, because the reporter wished it."""

    attachment_id: UUID


@dataclass(frozen=True, slots=True)
class FileRemoved(Event):
    """A handler removed a file that the reporter could see; why is in the note, for handlers."""

    attachment_id: UUID
    note_id: UUID


@dataclass(frozen=True, slots=True)
class StaffFileRemoved(Event):
    """A handler removed a file of a note."""

    audience = Audience.INTERNAL
    attachment_id: UUID
    note_id: UUID


@dataclass(frozen=True, slots=True)
class FileAudienceSet(Event):
    """A file was opened to more people, or to fewer."""

    audience = Audience.INTERNAL
    attachment_id: UUID
    before: str
    after: str
