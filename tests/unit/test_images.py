"""Pictures written anew: the same picture, and nothing but the picture."""

import io

import pytest
from PIL import Image

from complaints.files.images import BrokenImage, TooManyPixels, rewrite
from tests.file_samples import HTML, PDF, PLACE, archive, bomb, has_place, image, photo

PIXELS = 1_000_000


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_place_owner_and_comment_are_not_in_what_is_kept() -> None:
    taken = photo()
    assert has_place(taken)

    kept = rewrite(taken, "image/jpeg", PIXELS)

    assert kept.place == PLACE
    assert not any(has_place(content) for content in (kept.content, *(one.content for one in kept.smaller)))


def test_picture_stands_upright_without_a_note_to_turn_it() -> None:
    kept = rewrite(photo((640, 480), orientation=6), "image/jpeg", PIXELS)

    assert (kept.width, kept.height) == opened(kept.content).size == (480, 640)


@pytest.mark.parametrize(
    ("format_", "mode", "written"),
    [
        ("JPEG", "RGB", "image/jpeg"),
        ("JPEG", "L", "image/jpeg"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("PNG", "RGB", "image/png"),
        ("PNG", "RGBA", "image/png"),
        ("PNG", "P", "image/png"),
        ("PNG", "I;16", "image/png"),
        ("PNG", "1", "image/png"),
        ("WEBP", "RGBA", "image/webp"),
        ("GIF", "P", "image/png"),
    ],
)
def test_every_kind_and_colour_becomes_one_that_browsers_show(format_: str, mode: str, written: str) -> None:
    taken = image(format_, (200, 100), "L" if mode == "I;16" else mode)
    if mode == "I;16":
        file = io.BytesIO()
        Image.new("I;16", (200, 100), 40_000).save(file, "PNG")
        taken = file.getvalue()

    kept = rewrite(taken, f"image/{format_.lower()}", PIXELS)

    assert kept.media_type == written
    assert opened(kept.content).size == (200, 100)
    assert [(opened(one.content).format, one.width, one.height) for one in kept.smaller] == [("WEBP", 200, 100)] * 2


def test_smaller_sizes_fit_a_list_and_a_screen() -> None:
    kept = rewrite(image("JPEG", (3_000, 1_500)), "image/jpeg", 5_000_000)

    assert [(one.variant, one.width, one.height) for one in kept.smaller] == [("small", 320, 160), ("large", 1280, 640)]


def test_moving_picture_keeps_its_first_frame() -> None:
    frames = [Image.new("P", (20, 20), color) for color in (1, 2, 3)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])

    kept = rewrite(file.getvalue(), "image/gif", PIXELS)

    assert getattr(opened(kept.content), "n_frames", 1) == 1


def test_what_would_fill_the_memory_is_refused_by_its_header() -> None:
    with pytest.raises(TooManyPixels):
        rewrite(bomb(30_000), "image/png", 50_000_000)


@pytest.mark.parametrize("tail", [HTML, PDF, archive()])
def test_what_follows_a_picture_is_not_kept(tail: bytes) -> None:
    kept = rewrite(image("PNG") + tail, "image/png", PIXELS)

    assert tail not in kept.content


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (photo()[:3_000], "image/jpeg"),
        (b"\xff\xd8\xff\xe0" + bytes(5_000), "image/jpeg"),
        (image("PNG")[:100], "image/png"),
        (image("PNG"), "image/jpeg"),
        (b"", "image/png"),
    ],
    ids=["cut off", "only a beginning", "only a header", "another kind", "nothing"],
)
def test_broken_picture_is_refused(content: bytes, media_type: str) -> None:
    with pytest.raises(BrokenImage):
        rewrite(content, media_type, 50_000_000)


def test_camera_without_a_fix_gives_no_place() -> None:
    assert rewrite(image(), "image/jpeg", PIXELS).place is None
