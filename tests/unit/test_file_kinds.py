"""Which kind a file is of, by its bytes alone."""

import pytest

from complaints.files.kinds import kind_of
from tests.file_samples import HTML, MATROSKA, MOV, MP4, PDF, SVG, THREE_GP, WEBM, archive, bomb, image, photo


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (image("JPEG"), "image/jpeg"),
        (photo(), "image/jpeg"),
        (image("PNG"), "image/png"),
        (image("WEBP"), "image/webp"),
        (image("GIF", mode="P"), "image/gif"),
        (bomb(), "image/png"),
        (PDF, "application/pdf"),
        (MP4, "video/mp4"),
        (MOV, "video/quicktime"),
        (THREE_GP, "video/3gpp"),
        (WEBM, "video/webm"),
    ],
)
def test_a_kind_that_is_taken_is_recognised(content: bytes, media_type: str) -> None:
    kind = kind_of(content[:8_192])

    assert kind is not None
    assert kind.media_type == media_type


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"halo",
        bytes(8_192),
        SVG,
        HTML,
        archive(),
        MATROSKA,
        image("TIFF"),
        image("BMP"),
        image("AVIF"),
        b"MZ" + bytes(200),
        b"\x7fELF" + bytes(200),
        b"#!/bin/sh\nrm -rf /\n",
        # A page that a PDF begins in, and an archive that a picture follows.
        HTML + PDF,
        archive() + image("JPEG"),
    ],
)
def test_everything_else_is_of_no_kind(content: bytes) -> None:
    assert kind_of(content[:8_192]) is None
