"""How a citizen's words become tokens and stems, the same way everywhere."""

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

# Longer texts are cut: the longest real complaints have about 12,000 characters, and every step here is
# linear in this number, so one request cannot occupy a core.
MAX_CHARS = 20_000
# A longer "word" is noise or an attack: the stemmer needs 0.2 s for one of 50,000 letters.
MAX_STEMMED_WORD = 40
# 20,000 words cover 98 % of the tokens of 25,000 complaints; the rest of the room is for live traffic.
MAX_TABLE = 200_000

# Masks are ordinary lower-case words, so that they survive tokenising and mean the same to every reader.
MASKS: Mapping[str, str] = {
    "nik": "masknik",
    "tel": "masktelepon",
    "email": "maskemail",
    "no": "masknomor",
    "nama": "masknama",
    "user": "maskakun",
    "url": "masktautan",
    # What Salur writes in the place of personal data: most versions are trained on masked texts.
    "kk": "masknomor",
    "telepon": "masktelepon",
    "surel": "maskemail",
    "pelat": "masknomor",
    "rekening": "masknomor",
    "nomor": "masknomor",
    "tanggal lahir": "masknomor",
}
MASK_WORDS = frozenset(MASKS.values())

# How people write everyday words in a hurry. Short on purpose: a long slang list brought nothing measurable
# to classification, these help titles, search and rules, where "jln" and "jalan" must meet.
ABBREVIATIONS: Mapping[str, str] = {
    "yg": "yang", "dgn": "dengan", "dg": "dengan", "utk": "untuk", "tuk": "untuk", "krn": "karena",
    "krna": "karena", "karna": "karena", "dr": "dari", "dri": "dari", "pd": "pada", "kpd": "kepada",
    "dlm": "dalam", "ttg": "tentang", "sdh": "sudah", "udh": "sudah", "udah": "sudah", "uda": "sudah",
    "blm": "belum", "blum": "belum", "belom": "belum", "tdk": "tidak", "gak": "tidak", "ga": "tidak",
    "gk": "tidak", "nggak": "tidak", "ngga": "tidak", "enggak": "tidak", "tak": "tidak", "bs": "bisa",
    "bsa": "bisa", "gmn": "bagaimana", "gimana": "bagaimana", "bgmn": "bagaimana", "knp": "kenapa",
    "kpn": "kapan", "dmn": "dimana", "org": "orang", "orng": "orang", "sy": "saya", "sya": "saya",
    "aq": "aku", "kmi": "kami", "tlg": "tolong", "tlng": "tolong", "mhn": "mohon",
    "trs": "terus", "trus": "terus", "jg": "juga", "jga": "juga", "lg": "lagi", "lgi": "lagi",
    "sm": "sama", "bnyk": "banyak", "byk": "banyak", "bgt": "banget", "skrg": "sekarang",
    "skr": "sekarang", "sblm": "sebelum", "stlh": "setelah", "tgl": "tanggal", "thn": "tahun",
    "bln": "bulan", "hr": "hari", "jl": "jalan", "jln": "jalan", "jlan": "jalan", "gg": "gang",
    "kec": "kecamatan", "kel": "kelurahan", "kab": "kabupaten", "ds": "desa", "dsn": "dusun",
    "prov": "provinsi", "rmh": "rumah", "sklh": "sekolah", "msh": "masih", "hrs": "harus",
    "spt": "seperti", "sprti": "seperti", "trmksh": "terima kasih", "trims": "terima kasih",
    "tks": "terima kasih", "makasih": "terima kasih", "dll": "dan lain-lain",
    "pak": "bapak", "bpk": "bapak", "bu": "ibu", "klo": "kalau", "kalo": "kalau", "kl": "kalau",
    "sbg": "sebagai", "shg": "sehingga", "tsb": "tersebut", "dpt": "dapat",
}  # fmt: skip

# Stems the Sastrawi dictionary gets wrong in complaints: "kerusakan" is not about deer ("rusa"), and names of
# places and kinds of office must stay whole.
STEM_OVERRIDES: Mapping[str, str] = {
    "kerusakan": "rusak", "pemadaman": "padam", "perantingan": "ranting", "pemangkasan": "pangkas",
    "perempatan": "perempatan", "pertigaan": "pertigaan", "kelurahan": "kelurahan",
    "kecamatan": "kecamatan", "bekasi": "bekasi", "keputih": "keputih", "berikan": "beri",
    "menikah": "nikah", "belom": "belum", "kementrian": "menteri", "pengecekan": "cek",
    "silahkan": "sila", "silakan": "sila", "meninggal": "meninggal",
}  # fmt: skip

_NESTED_ENTITY = re.compile(r"&(?:(?:amp|#0*38|#x0*26);?)+", re.IGNORECASE)
_MASK_TAG = re.compile(rf"<\s*({'|'.join(MASKS)})\s*>", re.IGNORECASE)
_BREAK_TAG = re.compile(r"<\s*/?\s*(?:br|p|div|li|tr)\b[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"<[a-z/!?][^<>]{0,500}>", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"]{1,2000}", re.IGNORECASE)
_PHONE = re.compile(r"(?<!\d)(?:\+?62|0)[ .-]?8\d(?:[ .-]?\d){6,11}(?!\d)")
_LONG_NUMBER = re.compile(r"\d{7,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff\ud800-\udfff]")
_TOKEN = re.compile(r"[a-z]+(?:-[a-z]+)*|\d+")
_ACCENT = re.compile(r"[\u0300-\u036f]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


class Word(NamedTuple):
    """One token of a text: as it was written (lower case), and as every reader of the text understands it."""

    surface: str
    token: str


def readable(text: str) -> str:
    """The text as a person would like to read it: no markup or control characters, private numbers masked.

    Case, punctuation and line breaks stay. At most MAX_CHARS characters of `text` are looked at. Phone
    numbers, e-mail addresses, links and numbers of seven or more digits become words of MASK_WORDS.
    """
    text = _without_markup(text)
    text = _PHONE.sub(f" {MASKS['tel']} ", text)
    return _LONG_NUMBER.sub(lambda digits: f" {_number_mask(digits[0])} ", text)


def words(text: str) -> list[Word]:
    """Tokens of a text in order: letters with inner hyphens, or digits; abbreviations spelled out."""
    lowered = _without_markup(text)
    if _NOT_ASCII.search(lowered):
        lowered = _ACCENT.sub("", unicodedata.normalize("NFKD", lowered))
    lowered = lowered.lower()
    found: list[Word] = []
    for surface in _TOKEN.findall(lowered):
        meaning = ABBREVIATIONS.get(surface)
        if meaning is None:
            found.append(Word(surface, surface))
        else:
            found.extend(Word(surface, token) for token in meaning.split())
    return _with_masked_numbers(found)


def tokens(text: str) -> list[str]:
    """The tokens of `words`, without how they were written."""
    return [word.token for word in words(text)]


def normalise(text: str) -> str:
    """One line of tokens, at most MAX_CHARS characters; applying it again changes nothing."""
    line = " ".join(tokens(text))
    if len(line) <= MAX_CHARS:
        return line
    return line[:MAX_CHARS].rpartition(" ")[0] or line[:MAX_CHARS]


def _without_markup(text: str) -> str:
    text = text[:MAX_CHARS]
    if _NOT_ASCII.search(text):
        # Mathematical and full-width letters are a common way to look loud; one sign can become 18.
        text = unicodedata.normalize("NFKC", text)[:MAX_CHARS]
    if "&" in text:
        text = html.unescape(_NESTED_ENTITY.sub("&", text))
    if "<" in text:
        text = _MASK_TAG.sub(lambda tag: f" {MASKS[tag[1].lower()]} ", text)
        text = _TAG.sub(" ", _BREAK_TAG.sub("\n", text))
    text = _CONTROL.sub("", text)
    if "@" in text:
        text = _EMAIL.sub(f" {MASKS['email']} ", text)
    return _URL.sub(f" {MASKS['url']} ", text)


def _number_mask(digits: str) -> str:
    if len(digits) == 16:
        return MASKS["nik"]
    if digits.startswith(("08", "628")) and 9 <= len(digits) <= 15:
        return MASKS["tel"]
    return MASKS["no"]


def _with_masked_numbers(found: list[Word]) -> list[Word]:
    # On tokens, not on characters: "0812/345/678" and "0812 345 678" must read alike, also the second time.
    masked: list[Word] = []
    position = 0
    while position < len(found):
        word = found[position]
        if word.token[0].isdigit():
            end = _end_of_phone(found, position)
            if end:
                # The number itself is not kept: surfaces are shown as explanations.
                masked.append(Word(MASKS["tel"], MASKS["tel"]))
                position = end
                continue
            if len(word.token) >= 7:
                word = Word(_number_mask(word.token), _number_mask(word.token))
        masked.append(word)
        position += 1
    return masked


def _end_of_phone(found: Sequence[Word], start: int) -> int:
    if not found[start].token.startswith(("08", "628")) and found[start].token not in ("0", "62"):
        return 0
    digits, end = "", 0
    for position in range(start, min(start + 8, len(found))):
        token = found[position].token
        if not token[0].isdigit() or len(digits) + len(token) > 15:
            break
        digits += token
        if len(digits) >= 9 and digits.startswith(("08", "628")):
            end = position + 1
    return end


class Stemmer:
    """Indonesian stems of tokens, through a table that is saved with the model.

    A token missing from the table is stemmed live (about 0.1 ms) and remembered while the table has room.
    """

    def __init__(self, table: Mapping[str, str] | None = None) -> None:
        self._table: dict[str, str] = {**(table or {}), **STEM_OVERRIDES}

    def stem(self, token: str) -> str:
        """The stem of one token; numbers, masks and words over MAX_STEMMED_WORD stay as they are."""
        known = self._table.get(token)
        if known is not None:
            return known
        if len(token) > MAX_STEMMED_WORD or not token[0].isalpha() or token in MASK_WORDS:
            return token
        stem = str(_sastrawi().stem_word(token)) or token
        if len(self._table) < MAX_TABLE:
            self._table[token] = stem
        return stem

    def stems(self, text_tokens: Iterable[str]) -> list[str]:
        """Stems in the order of the tokens."""
        return [self.stem(token) for token in text_tokens]

    def table(self) -> dict[str, str]:
        """What was learned so far, sorted, to be saved and given to the next Stemmer."""
        return dict(sorted(self._table.items()))


@cache
def _sastrawi() -> Any:
    # Imported at the first unknown word: reading the dictionary takes longer than loading a whole model.
    import Sastrawi
    from Sastrawi.Dictionary.ArrayDictionary import ArrayDictionary
    from Sastrawi.Stemmer.Stemmer import Stemmer as SastrawiStemmer

    dictionary = Path(Sastrawi.__file__).parent / "Stemmer" / "data" / "kata-dasar.txt"
    return SastrawiStemmer(ArrayDictionary(dictionary.read_text(encoding="utf-8").split()))
