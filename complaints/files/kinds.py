"""Which kinds of file are taken. The content decides; a name or a header of the sender never does."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import puremagic

# How many bytes at the beginning tell the kind.
HEAD_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind: how it is given out, and whether a browser may show it instead of saving it."""

    media_type: str
    extension: str
    is_image: bool = False
    is_shown: bool = False


KINDS: Mapping[str, FileKind] = MappingProxyType(
    {
        "image/jpeg": FileKind("image/jpeg", ".jpg", is_image=True, is_shown=True),
        "image/png": FileKind("image/png", ".png", is_image=True, is_shown=True),
        "image/webp": FileKind("image/webp", ".webp", is_image=True, is_shown=True),
        "image/gif": FileKind("image/gif", ".gif", is_image=True, is_shown=True),
        # Viewers of PDF run scripts of the file: it is saved, not shown on our pages.
        "application/pdf": FileKind("application/pdf", ".pdf"),
        "video/mp4": FileKind("video/mp4", ".mp4", is_shown=True),
        "video/3gpp": FileKind("video/3gpp", ".3gp", is_shown=True),
        "video/quicktime": FileKind("video/quicktime", ".mov", is_shown=True),
        "video/webm": FileKind("video/webm", ".webm", is_shown=True),
    }
)


def kind_of(head: bytes) -> FileKind | None:
    """The kind of a file by its first `HEAD_BYTES`, or None when it is none that is taken.

    Only the likeliest reading counts: what looks first like an archive or a page is not taken for the picture that it
    also might be.
    """
    if head[4:8] == b"ftyp" and head[8:11] in (b"3gp", b"3g2", b"3ge", b"3gg"):
        # The table of signatures calls these MP4 as well; players want to be told.
        return KINDS["video/3gpp"]
    try:
        likeliest = puremagic.magic_string(head[:HEAD_BYTES])[0]
    except (puremagic.PureError, ValueError, IndexError):
        return None
    return KINDS.get(likeliest.mime_type)
