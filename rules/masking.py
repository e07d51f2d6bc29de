"""What an audience may see of free text: everything except what points at a private person."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from lokal import PiiType, detect_pii

# What the detectors of lokal-id find, and what stands in its place. Their other types stay readable: an
# address or a pair of coordinates is mostly where the road is broken, not where somebody lives.
MARKS: Mapping[PiiType, str] = MappingProxyType(
    {
        "NIK": "<NIK>",
        "KK": "<KK>",
        "PHONE": "<TELEPON>",
        "EMAIL": "<SUREL>",
        "PLATE": "<PELAT>",
        "BANK_ACCOUNT": "<REKENING>",
        "CARD": "<NOMOR>",
        "NPWP": "<NOMOR>",
        "PASSPORT": "<NOMOR>",
        "SIM": "<NOMOR>",
        "NIP": "<NOMOR>",
        "BPJS": "<NOMOR>",
        "NISN": "<NOMOR>",
        "AKTA": "<NOMOR>",
        "NAME": "<NAMA>",
        "BIRTH_DATE": "<TANGGAL LAHIR>",
    }
)
# Instead of the whole text when it cannot be masked with certainty.
HIDDEN = "<DISEMBUNYIKAN>"

# Each round masks at least one more thing; ordinary texts need one. A text that still changes after these
# many was built to do so.
_ROUNDS = 8

_PIECES = re.compile("(" + "|".join(sorted({*MARKS.values(), HIDDEN})) + r"|\s{8,})")

# Titles before a name. What follows is a name only when it is written like one and is neither an office nor
# the start of a sentence: "Bapak Suprapto", not "bapak petani" or "Bapak Bupati".
_TITLE = r"\b(?:[Pp]ak|[Bb]pk\.?|[Bb]apak|[Bb]u|[Ii]bu|[Mm]as|[Mm]bak|[Ss]dri?\.?|[Ss]audar[ai])"
_AFTER_TITLE = re.compile(rf"(?:{_TITLE}|\bsaya)\s+$", re.IGNORECASE)
_TITLED = re.compile(rf"{_TITLE} (?P<name>[A-Z][a-z]{{2,20}}(?: [A-Z][a-z]{{1,20}}){{0,3}})")
_NO_NAMES = frozenset({
    "ada", "admin", "apakah", "bapak", "berikut", "bup", "bupati", "camat", "dan", "daya", "desa", "dinas",
    "dinsos", "direktur", "dirjen", "dishub", "dokter", "dosen", "gub", "gubernur", "guru", "hampir", "hanya",
    "harap", "ibu", "imigrasi", "instansi", "jalan", "jika", "kabupaten", "kades", "kadis", "kadus", "kami",
    "kandung", "kapolres", "kapolri", "kapolsek", "karena", "kecamatan", "kelurahan", "kenapa", "kepala",
    "kepsek", "ketua", "kita", "kota", "lurah", "mau", "melaporkan", "menteri", "mohon", "nama", "negara",
    "ogah", "parkir", "pegawai", "pemkot", "pertiwi", "petugas", "pihak", "pimpinan", "pkk", "polisi",
    "presiden", "provinsi", "rumah", "salam", "satpam", "satpol", "saya", "security", "sekda", "sekeluarga",
    "semoga", "sopir", "staf", "staff", "supaya", "tapi", "terhormat", "terima", "terimakasih", "tidak",
    "tolong", "untuk", "wakil", "wali", "walikota", "wapres", "warga", "wawali", "yang", "yth",
})  # fmt: skip

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
# Numbers that stay: dates, hours, money.
_DATE = r"\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d\d(?!\d)|(?:19|20)\d\d-\d\d-\d\d(?!\d)"
_MONEY = r"\brp\.?\s{0,3}\d[\d.,]*|[1-9]\d{0,2}(?:\.\d{3})+(?![.\d])(?:,\d{1,2})?"
_HOURS = r"\d{1,2}[.:]\d\d ?[-–] ?\d{1,2}[.:]\d\d(?!\d)"
_PHONE = r"(?:\+?62|\b0)[ .()/-]{0,3}8(?:[ .()/-]{0,2}\d){7,12}(?!\d)|\b0\d{2,3}[ .-]\d{5,8}(?!\d)"
_RUN = r"\d(?:[ .-]{0,2}\d){7,}"
_NUMBERS = re.compile(
    rf"(?<!\d)(?:{_DATE}|{_HOURS})|(?<![\d.])(?:{_MONEY})|(?<!\d)(?P<phone>{_PHONE})|(?P<run>{_RUN})",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"[ .-]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NIK_CUE = re.compile(r"\b(?:nik|ktp|e-ktp)\b[^\d<>]{0,20}$", re.IGNORECASE)
_KK_CUE = re.compile(r"\b(?:kk|kartu keluarga)\b[^\d<>]{0,20}$", re.IGNORECASE)
_ACCOUNT_CUE = re.compile(r"\b(?:norek|rek|rekening|va|virtual account)\b[^\d<>]{0,20}$", re.IGNORECASE)
_NUMBER_CUE = re.compile(
    r"\b(?:no|nomor|nomer|hp|wa|telp|tlp|telepon|kartu|id|idpel|pelanggan|meter|meteran|peserta|kpj|nip|paspor|sim)"
    r"\b[^\d<>]{0,12}$",
    re.IGNORECASE,
)
_NIK_LENGTH = 16


def masked(text: str) -> str:
    """The text with marks such as `<NIK>` or `<TELEPON>` in the place of personal data.

    Numbers of identity, family, tax and insurance cards, telephone and account numbers, e-mail addresses,
    number plates, dates of birth, and names behind a cue ("nama saya", "a.n.", "Pak"). Names without a cue
    stay: that would hide half of all streets. Places, dates and amounts of money stay readable. Masking a
    masked text changes nothing. Never raises; a text that defies masking comes back as `HIDDEN` only.
    """
    for _ in range(_ROUNDS):
        try:
            after = "".join(_without_personal_data(piece) for piece in _PIECES.split(text))
        except (ArithmeticError, LookupError, TypeError, ValueError):
            # The detectors are two thousand lines of patterns from elsewhere. If they stumble over a text,
            # nobody outside the office sees it.
            return HIDDEN
        if after == text:
            return text
        text = after
    return HIDDEN


def _without_personal_data(piece: str) -> str:
    if _PIECES.fullmatch(piece):
        return piece
    found = _replaced(piece, _by_detectors(_comparable(piece)))
    return "".join(
        part if _PIECES.fullmatch(part) else _replaced(part, _by_shape(_comparable(part)))
        for part in _PIECES.split(found)
    )


def _comparable(text: str) -> str:
    """The same characters at the same places, with foreign digits, dashes and spaces written in ASCII."""
    return text if text.isascii() else "".join(map(_ascii_twin, text))


def _ascii_twin(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    match unicodedata.category(character):
        case "Pd":
            return "-"
        case "Zs":
            return " "
    return character


def _by_detectors(text: str) -> Iterator[tuple[int, int, str]]:
    for match in detect_pii(text, types=MARKS):
        end = match.end
        if match.type == "NAME" and match.confidence != "high":
            is_titled = _AFTER_TITLE.search(text, max(0, match.start - 16), match.start)
            end = match.start + (_length_of_name(match.value) if is_titled else 0)
        if end > match.start:
            yield match.start, end, MARKS[match.type]


def _length_of_name(words: str) -> int:
    """How many of the first characters certainly are a name."""
    length = 0
    for word in re.finditer(r"\S+", words):
        bare = word[0].strip(".,")
        # Three capitals are an abbreviation (SMK, RT), in a text that is not all capitals and in one that is.
        if not bare[:1].isupper() or bare.lower() in _NO_NAMES or (len(bare) <= 3 and bare.isupper()):
            break
        length = word.end()
    return length


def _by_shape(text: str) -> Iterator[tuple[int, int, str]]:
    """What the detectors leave: long numbers of no known format, reserved e-mail domains, rare names."""
    spans = [(match.start(), match.end(), MARKS["EMAIL"]) for match in _EMAIL.finditer(text)]
    for match in _NUMBERS.finditer(text):
        mark = _mark_of(match, text)
        if mark is not None:
            spans.append((match.start(), match.end(), mark))
    for match in _TITLED.finditer(text):
        length = _length_of_name(match["name"])
        if length:
            spans.append((match.start("name"), match.start("name") + length, MARKS["NAME"]))
    end_of_last = 0
    for start, end, mark in sorted(spans):
        if start >= end_of_last:
            yield start, end, mark
            end_of_last = end


def _mark_of(match: re.Match[str], text: str) -> str | None:
    if match["phone"] is not None:
        return MARKS["PHONE"]
    if match["run"] is None:
        return None
    groups = _SEPARATOR.split(match["run"])
    digits = "".join(groups)
    before = text[max(0, match.start() - 30) : match.start()]
    if len(digits) == _NIK_LENGTH and _KK_CUE.search(before):
        return MARKS["KK"]
    if len(digits) == _NIK_LENGTH and (_NIK_CUE.search(before) or _is_one_number(groups, match["run"])):
        return MARKS["NIK"]
    if _ACCOUNT_CUE.search(before):
        return MARKS["BANK_ACCOUNT"]
    if _NUMBER_CUE.search(before) or _is_one_number(groups, match["run"]):
        return MARKS["CARD"]
    return None


def _is_one_number(groups: list[str], run: str) -> bool:
    """Whether these digits belong together without a word that says so, and are no list of years or hours."""
    if any(len(group) > 8 for group in groups):
        return True  # eight digits may be a date written together, nine are none
    if all(_YEAR.fullmatch(group) for group in groups):
        return False
    is_even = len(set(_SEPARATOR.findall(run))) == 1
    is_grouped = len({len(group) for group in groups}) == 1 or any(len(group) > 3 for group in groups)
    return is_even and is_grouped and sum(map(len, groups)) >= 12


def _replaced(text: str, spans: Iterator[tuple[int, int, str]]) -> str:
    parts, end_of_last = [], 0
    for start, end, mark in spans:
        parts += [text[end_of_last:start], mark]
        end_of_last = end
    return "".join([*parts, text[end_of_last:]])
