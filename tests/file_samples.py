"""Real bytes of every kind that people attach, and of kinds that are made to deceive; nothing of them is a fixture."""

import io
import zipfile
import zlib

from PIL import ExifTags, Image

# 6° 58' 12" S, 110° 25' 12" E: a street in Semarang.
PLACE = (-6.97, 110.42)
SECRET_WORDS = b"Kamera milik Sari, Jalan Melati 7"


def image(format_: str = "JPEG", size: tuple[int, int] = (640, 480), mode: str = "RGB") -> bytes:
    """A picture with a gradient, so that it does not compress to nothing."""
    picture = Image.linear_gradient("L").resize(size).convert(mode)
    file = io.BytesIO()
    picture.save(file, format_)
    return file.getvalue()


def photo(size: tuple[int, int] = (640, 480), orientation: int = 1) -> bytes:
    """A JPEG as a telephone makes it: place, name of its owner, comment, orientation."""
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = SECRET_WORDS.decode()
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "S", (6.0, 58.0, 12.0)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E", (110.0, 25.0, 12.0)
    file = io.BytesIO()
    picture.save(file, "JPEG", exif=exif, comment=SECRET_WORDS)
    return file.getvalue()


def has_place(content: bytes) -> bool:
    """Whether a camera's coordinates, or the name of its owner, are anywhere in these bytes."""
    with Image.open(io.BytesIO(content)) as picture:
        return bool(picture.getexif()) or SECRET_WORDS in content


def bomb(side: int = 30_000) -> bytes:
    """A PNG of a few bytes that says it is 30,000 by 30,000."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = side.to_bytes(4, "big") * 2 + bytes((8, 2, 0, 0, 0))
    rows = zlib.compress(bytes(side * 3 + 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def archive() -> bytes:
    """A zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("isi.txt", "isi")
    return file.getvalue()


PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
MP4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + b"\x00\x00\x00\x08mdat" + bytes(2_000)
MOV = b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  " + b"\x00\x00\x00\x08mdat" + bytes(500)
THREE_GP = b"\x00\x00\x00\x1cftyp3gp4\x00\x00\x02\x003gp43gp5isom" + b"\x00\x00\x00\x08mdat" + bytes(500)
WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm" + bytes(
    99
)
MATROSKA = b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x88matroska"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
# The harmless file on which every scanner agrees, as its inventors ask not to be stored whole anywhere.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
