"""Images written anew: upright, without anything but the picture, in two smaller sizes; for a process of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Any

from PIL import ExifTags, Image, ImageOps

# Longest side of each smaller size, in pixels: a list of reports, and a screen.
SMALLER: Mapping[str, int] = MappingProxyType({"small": 320, "large": 1280})
# What is read as what, and what is written for it. A moving picture keeps its first frame.
_FORMATS: Mapping[str, tuple[str, str, dict[str, Any]]] = MappingProxyType(
    {
        "image/jpeg": ("JPEG", "image/jpeg", {"quality": 85}),
        "image/png": ("PNG", "image/png", {}),
        "image/webp": ("WEBP", "image/webp", {"quality": 85}),
        "image/gif": ("GIF", "image/png", {}),
    }
)
_WRITERS = MappingProxyType({"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"})


class TooManyPixels(Exception):
    """A small file that would fill the memory when it is unpacked."""


class BrokenImage(Exception):
    """No picture can be read from it."""


@dataclass(frozen=True, slots=True)
class Smaller:
    """A smaller size of a picture, as WebP."""

    variant: str
    width: int
    height: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept. `place` is (latitude, longitude) in degrees when the camera noted it."""

    media_type: str
    width: int
    height: int
    content: bytes
    smaller: tuple[Smaller, ...]
    place: tuple[float, float] | None


def rewrite(content: bytes, media_type: str, max_pixels: int) -> Picture:
    """The picture in `content`, which is read as `media_type` and as nothing else.

    Raises `TooManyPixels` before anything is unpacked, and `BrokenImage`.
    """
    reader, written_as, options = _FORMATS[media_type]
    # Our own limit stands below; Pillow's would warn at half of its own.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(BytesIO(content), formats=[reader]) as picture:
            _check_size(picture.width * picture.height, max_pixels)
            place = _place(picture)
            picture.load()
            # In place, here and below: a large picture fills a hundred megabytes, and once is enough.
            ImageOps.exif_transpose(picture, in_place=True)
            _strip(picture)
            smaller = tuple(_smaller(picture, variant, side) for variant, side in SMALLER.items())
            needs_colours = written_as == "image/jpeg" and picture.mode not in ("RGB", "L")
            upright = picture.convert("RGB") if needs_colours else picture
            kept = _written(upright, _WRITERS[written_as], options)
            size = upright.size
    except TooManyPixels:
        raise
    except Exception as error:
        # Decoders fail in a hundred ways on bytes that somebody made up.
        raise BrokenImage from error
    return Picture(written_as, *size, kept, smaller, place)


def _check_size(pixels: int, most: int) -> None:
    if pixels > most:
        raise TooManyPixels


def _strip(picture: Image.Image) -> None:
    """Forget comments, profiles, thumbnails of the camera and whatever else a file can carry along."""
    picture.info = {key: value for key, value in picture.info.items() if key == "transparency"}


def _smaller(picture: Image.Image, variant: str, side: int) -> Smaller:
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    source = picture if picture.mode in ("RGB", "RGBA", "L") else picture.convert("RGBA" if has_alpha else "RGB")
    share = min(1.0, side / max(source.size))
    width, height = (max(1, round(length * share)) for length in source.size)
    scaled = source.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    content = _written(scaled.convert("RGBA" if has_alpha else "RGB"), "WEBP", {"quality": 80})
    return Smaller(variant, width, height, content)


def _written(picture: Image.Image, format_: str, options: Mapping[str, Any]) -> bytes:
    file = BytesIO()
    picture.save(file, format_, **options)
    return file.getvalue()


def _place(picture: Image.Image) -> tuple[float, float] | None:
    noted = picture.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    try:
        latitude = _degrees(noted[ExifTags.GPS.GPSLatitude], noted[ExifTags.GPS.GPSLatitudeRef] == "S")
        longitude = _degrees(noted[ExifTags.GPS.GPSLongitude], noted[ExifTags.GPS.GPSLongitudeRef] == "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180) or (latitude, longitude) == (0, 0):
        # Cameras without a fix write zeros.
        return None
    return latitude, longitude


def _degrees(parts: Any, is_negative: bool) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    total = round(degrees + minutes / 60 + seconds / 3600, 6)
    return -total if is_negative else total
