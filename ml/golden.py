"""Twenty sentences every version must still answer as on the day it was made."""

from collections.abc import Mapping, Sequence
from typing import Any

from ml.predictor import Draft, Predictor

# Written for this purpose: a version folder must not carry a citizen's words.
SENTENCES = (
    "Jalan di depan SD rusak parah dan berlubang, sudah banyak pengendara motor jatuh.",
    "Lampu penerangan jalan umum mati sejak minggu lalu, gang kami gelap gulita.",
    "air pdam gak ngalir 3 hari, tlg dicek pak",
    "Sampah menumpuk di TPS dan baunya sampai ke rumah warga.",
    "Bagaimana cara mengurus KTP yang hilang, apa saja syaratnya?",
    "Bantuan sosial saya belum cair padahal tetangga sudah menerima.",
    "Mohon pohon di pinggir jalan dipangkas karena menyentuh kabel listrik.",
    "Selokan mampet, setiap hujan deras kampung kami banjir.",
    "Parkir liar di trotoar membuat pejalan kaki harus turun ke jalan.",
    "BPJS saya nonaktif, ingin berobat ditolak rumah sakit.",
    "Guru meminta pungutan uang perpisahan kepada orang tua murid.",
    "Gaji karyawan pabrik tidak dibayar selama dua bulan.",
    "Pedagang kaki lima menutup bahu jalan setiap sore.",
    "Listrik sering padam tanpa pemberitahuan di desa kami.",
    "Petugas kelurahan meminta uang untuk surat pengantar.",
    "Lampu merah di perempatan pasar tidak menyala, lalu lintas semrawut.",
    "Usul agar taman kota diberi tempat bermain anak.",
    "Harga pupuk bersubsidi naik dan sulit didapat petani.",
    "Ada kabel menjuntai di tengah jalan, sangat berbahaya!",
    "banjir",
)
# Confidence may differ by rounding between machines.
TOLERANCE = 1e-4


def answers(predictor: Predictor) -> list[dict[str, Any]]:
    """What a version answers to the sentences, as plain data."""
    rows = []
    for text, suggestion in zip(SENTENCES, predictor.suggest([Draft(text) for text in SENTENCES]), strict=True):
        heads = {
            target: [ranking.choices[0].label, round(ranking.choices[0].confidence, 6)]
            for target, ranking in sorted(suggestion.heads.items())
        }
        rows.append({"text": text, "titles": list(suggestion.titles), "heads": heads})
    return rows


def difference(expected: Sequence[Mapping[str, Any]], predictor: Predictor) -> str | None:
    """The first sentence that is answered otherwise than expected, in words; None when all agree.

    Titles are kept for people to compare, not checked: their wording belongs to the program, and a better rule
    for greetings must not make every stored version useless.
    """
    drafts = [Draft(row["text"]) for row in expected]
    for row, suggestion in zip(expected, predictor.suggest(drafts), strict=True):
        if sorted(suggestion.heads) != sorted(row["heads"]):
            return f"targets {sorted(suggestion.heads)} instead of {sorted(row['heads'])}"
        for target, (label, confidence) in row["heads"].items():
            first = suggestion.heads[target].choices[0]
            if abs(first.confidence - confidence) > TOLERANCE:
                return f"{target} of {row['text']!r}: {first.confidence} instead of {confidence}"
            # Two labels with equal chances may change places by rounding; then the confidence is small.
            if first.label != label and confidence > 0.5:
                return f"{target} of {row['text']!r}: {first.label!r} instead of {label!r}"
    return None
