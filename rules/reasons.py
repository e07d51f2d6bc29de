"""Why a complaint went where it went: reasons as data, and as sentences a clerk understands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from rules.places import full_name

Language = Literal["id", "en"]


class ReasonCode(StrEnum):
    """What a reason is about. `SENTENCES` has one sentence for each, in each language."""

    # what the rule saw
    RULE = "RULE"
    REPORTER_CHOICE = "REPORTER_CHOICE"
    ENTRY = "ENTRY"
    CHANNEL = "CHANNEL"
    CATEGORY = "CATEGORY"
    CATEGORY_GUESS = "CATEGORY_GUESS"
    PHRASES = "PHRASES"
    REGION = "REGION"
    CLASSIFIER = "CLASSIFIER"
    MECHANISM = "MECHANISM"
    TAGGED_BY = "TAGGED_BY"
    # what the classifier said
    CHOICE_UNLIKELY = "CHOICE_UNLIKELY"
    CLASSIFIER_UNSURE = "CLASSIFIER_UNSURE"
    CLASSIFIER_BELOW = "CLASSIFIER_BELOW"
    PLACE = "PLACE"
    # whom that means
    SUCCESSOR = "SUCCESSOR"
    SEVERAL_SUCCESSORS = "SEVERAL_SUCCESSORS"
    NO_SUCCESSOR = "NO_SUCCESSOR"
    UNKNOWN_AGENCY = "UNKNOWN_AGENCY"
    LOCAL_GOVERNMENT = "LOCAL_GOVERNMENT"
    PROVINCE_INSTEAD = "PROVINCE_INSTEAD"
    NO_REGION = "NO_REGION"
    NO_LOCAL_GOVERNMENT = "NO_LOCAL_GOVERNMENT"
    UNIT = "UNIT"
    # whose queue that is
    OWN_QUEUE = "OWN_QUEUE"
    NATIONAL_VERIFIES = "NATIONAL_VERIFIES"
    NATIONAL_DESK = "NATIONAL_DESK"
    NO_RULE = "NO_RULE"


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of a decision: its code, and the codes and words it speaks of, ready to be stored as JSON."""

    code: ReasonCode
    data: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


SENTENCES: Mapping[Language, Mapping[ReasonCode, str]] = MappingProxyType(
    {
        "id": {
            ReasonCode.RULE: "Aturan “{rule}” berlaku: {why}",
            ReasonCode.REPORTER_CHOICE: "Pelapor memilih {agency}.",
            ReasonCode.ENTRY: "Laporan masuk melalui pintu {agency}.",
            ReasonCode.CHANNEL: "Laporan masuk melalui kanal {channel}.",
            ReasonCode.CATEGORY: "Kategori laporan adalah {category}.",
            ReasonCode.CATEGORY_GUESS: "Kategori laporan diduga {category} (keyakinan {percent}%).",
            ReasonCode.PHRASES: "Laporan menyebut: {phrases}.",
            ReasonCode.REGION: "Lokasi laporan ada di {region}.",
            ReasonCode.CLASSIFIER: "Menurut isi laporan, tujuannya {agency} (keyakinan {percent}%).",
            ReasonCode.MECHANISM: "Batas waktu mengikuti mekanisme khusus {mechanism}.",
            ReasonCode.TAGGED_BY: "Ditambahkan oleh aturan “{rule}”: {why}",
            ReasonCode.CHOICE_UNLIKELY: (
                "Menurut isi laporan, tujuannya hampir pasti bukan itu; "
                "yang paling mungkin {agency} (keyakinan {percent}%)."
            ),
            ReasonCode.CLASSIFIER_UNSURE: (
                "Menurut isi laporan, tujuannya mungkin {agency} (keyakinan {percent}%), tetapi itu belum cukup pasti."
            ),
            ReasonCode.CLASSIFIER_BELOW: (
                "Menurut isi laporan, tujuannya {agency}, tetapi keyakinan {percent}% di bawah batas {needed}%."
            ),
            ReasonCode.PLACE: (
                "Menurut isi laporan, ini urusan daerah ({agency}, keyakinan {percent}%), dan lokasinya diketahui."
            ),
            ReasonCode.SUCCESSOR: "Pada {on}, urusan {agency} ada pada {successor}.",
            ReasonCode.SEVERAL_SUCCESSORS: (
                "Urusan {agency} terbagi kepada {successors}, dan kategori laporan belum menentukan yang mana."
            ),
            ReasonCode.NO_SUCCESSOR: "{agency} tidak ada pada {on}, dan penggantinya tidak tercatat.",
            ReasonCode.UNKNOWN_AGENCY: "{agency} tidak ada dalam daftar instansi.",
            ReasonCode.LOCAL_GOVERNMENT: "Urusan daerah: {region} dilayani oleh {agency}.",
            ReasonCode.PROVINCE_INSTEAD: (
                "Pemerintah kabupaten/kota untuk {region} belum terhubung, jadi diusulkan {agency}."
            ),
            ReasonCode.NO_REGION: "Ini urusan daerah, tetapi lokasinya belum diketahui.",
            ReasonCode.NO_LOCAL_GOVERNMENT: (
                "Ini urusan daerah, tetapi belum ada pemerintah daerah yang terhubung untuk {region}."
            ),
            ReasonCode.UNIT: "Unit yang menangani hal seperti ini: {unit}.",
            ReasonCode.OWN_QUEUE: "{agency} memverifikasi sendiri, jadi laporan masuk ke antrean {agency}.",
            ReasonCode.NATIONAL_VERIFIES: (
                "{agency} belum memverifikasi sendiri, jadi Admin Nasional yang memverifikasi; "
                "{agency} diusulkan sebagai tujuan."
            ),
            ReasonCode.NATIONAL_DESK: "Laporan diverifikasi oleh Admin Nasional.",
            ReasonCode.NO_RULE: "Tidak ada aturan yang cocok.",
        },
        "en": {
            ReasonCode.RULE: "The rule “{rule}” applies: {why}",
            ReasonCode.REPORTER_CHOICE: "The reporter chose {agency}.",
            ReasonCode.ENTRY: "The report came in through the door of {agency}.",
            ReasonCode.CHANNEL: "The report came in through the channel {channel}.",
            ReasonCode.CATEGORY: "The category of the report is {category}.",
            ReasonCode.CATEGORY_GUESS: "The category of the report is probably {category} ({percent}% sure).",
            ReasonCode.PHRASES: "The report mentions: {phrases}.",
            ReasonCode.REGION: "The place of the report is in {region}.",
            ReasonCode.CLASSIFIER: "By its text, the report is for {agency} ({percent}% sure).",
            ReasonCode.MECHANISM: "Time limits follow the special mechanism {mechanism}.",
            ReasonCode.TAGGED_BY: "Added by the rule “{rule}”: {why}",
            ReasonCode.CHOICE_UNLIKELY: (
                "By its text, the report is almost certainly not for them, most likely for {agency} ({percent}% sure)."
            ),
            ReasonCode.CLASSIFIER_UNSURE: (
                "By its text, the report may be for {agency} ({percent}% sure), but that is not sure enough."
            ),
            ReasonCode.CLASSIFIER_BELOW: (
                "By its text, the report is for {agency}, but {percent}% is below the limit of {needed}%."
            ),
            ReasonCode.PLACE: (
                "By its text, this is a local matter ({agency}, {percent}% sure), and the place is known."
            ),
            ReasonCode.SUCCESSOR: "On {on}, the tasks of {agency} are with {successor}.",
            ReasonCode.SEVERAL_SUCCESSORS: (
                "The tasks of {agency} were divided among {successors}, "
                "and the category does not yet say which of them."
            ),
            ReasonCode.NO_SUCCESSOR: "{agency} does not exist on {on}, and no successor is recorded.",
            ReasonCode.UNKNOWN_AGENCY: "{agency} is not in the list of agencies.",
            ReasonCode.LOCAL_GOVERNMENT: "A local matter: {region} is served by {agency}.",
            ReasonCode.PROVINCE_INSTEAD: (
                "The regency or city government for {region} is not connected yet, so {agency} is proposed."
            ),
            ReasonCode.NO_REGION: "This is a local matter, but the place is not known yet.",
            ReasonCode.NO_LOCAL_GOVERNMENT: (
                "This is a local matter, but no local government is connected for {region} yet."
            ),
            ReasonCode.UNIT: "The unit that handles such matters: {unit}.",
            ReasonCode.OWN_QUEUE: "{agency} verifies for itself, so the report enters the queue of {agency}.",
            ReasonCode.NATIONAL_VERIFIES: (
                "{agency} does not verify for itself yet, so the national desk does; "
                "{agency} is proposed as the addressee."
            ),
            ReasonCode.NATIONAL_DESK: "The national desk verifies the report.",
            ReasonCode.NO_RULE: "No rule applies.",
        },
    }
)


def sentence(reason: Reason, language: Language, names: Mapping[str, str] | None = None) -> str:
    """The reason as one sentence. `names` translates codes into what people call them; others stay codes."""
    called = names or {}
    words = {
        key: _named(key, value, called) if isinstance(value, str) else ", ".join(called.get(v, v) for v in value)
        for key, value in reason.data.items()
    }
    return SENTENCES[language][reason.code].format_map(words)


def _named(key: str, value: str, called: Mapping[str, str]) -> str:
    # Every place of the country has a name here; agencies and categories have theirs in the database.
    return called.get(value) or (full_name(value) if key == "region" else None) or value
