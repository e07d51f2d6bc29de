"""What every figure counts, written down once: its names, its definition, and when an entry counts."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from rules.figures import AGES, OPEN_STATUSES, Entry, Figure, Unit, counted, every, mean, quantile, share
from rules.vocabulary import Status


def _list(figures: Iterable[Figure]) -> Mapping[str, Figure]:
    return MappingProxyType({figure.code: figure for figure in figures})


def _flow(code: str, entry: Entry, names: tuple[str, str], texts: tuple[str, str], when: tuple[str, str]) -> Figure:
    return Figure(code, *names, *texts, Unit.COUNT, entry, *when, counted(every), every)


_AT_THE_END = ("keadaan pada akhir periode", "the state at the end of the period")


def _stock(code: str, holds: Callable[[int], bool], names: tuple[str, str], texts: tuple[str, str]) -> Figure:
    return Figure(code, *names, *texts, Unit.COUNT, Entry.OPEN, *_AT_THE_END, counted(holds), holds)


def _share_of(
    code: str,
    entry: Entry,
    holds: Callable[[int], bool],
    names: tuple[str, str],
    texts: tuple[str, str],
    when: tuple[str, str],
) -> Figure:
    return Figure(code, *names, *texts, Unit.SHARE, entry, *when, share(holds), holds)


def _is_one(value: int) -> bool:
    return value == 1


def _is_above_zero(value: int) -> bool:
    return value > 0


def _in_status(status: Status) -> Callable[[int], bool]:
    place = OPEN_STATUSES.index(status)
    return lambda value: value // 10 == place


def _of_age(place: int) -> Callable[[int], bool]:
    return lambda value: value % 10 == place


def _took(bit: int) -> Callable[[int], bool]:
    return lambda value: bool(value & bit)


_STAGES = (
    (
        "VERIFICATION",
        Entry.VERIFICATION_JUDGED,
        Entry.VERIFICATION_ENDED,
        ("verifikasi", "verification"),
        (
            "sejak laporan masuk ke antrean verifikasi sampai diteruskan, dikelola sendiri, atau diarsipkan",
            "from entering the verification queue until it is sent on, handled at the desk, or archived",
        ),
    ),
    (
        "RESPONSE",
        Entry.RESPONSE_JUDGED,
        Entry.RESPONSE_ENDED,
        ("tanggapan pertama", "first answer"),
        (
            "sejak laporan diteruskan sampai jawaban pertama yang dapat dibaca pelapor",
            "from being sent on until the first answer that the reporter can read",
        ),
    ),
    (
        "COMPLETION",
        Entry.COMPLETION_JUDGED,
        Entry.COMPLETION_ENDED,
        ("penyelesaian", "completion"),
        ("sejak laporan diteruskan atau dibuka kembali sampai ditutup", "from being sent on or reopened until closed"),
    ),
)


def _of_stages() -> Iterable[Figure]:
    for code, judged, ended, (name_id, name_en), (span_id, span_en) in _STAGES:
        yield _share_of(
            f"{code}_ON_TIME",
            judged,
            _is_one,
            (f"Tepat waktu: {name_id}", f"On time: {name_en}"),
            (
                f"Bagian langkah {name_id} yang selesai sampai batas waktunya, dari semua yang selesai atau yang batas"
                " waktunya lewat dalam periode. Yang belum dikerjakan dan sudah lewat ikut dihitung sebagai terlambat;"
                " yang dikembalikan atau dialihkan sebelum batas waktunya tidak dihitung. Langkah yang terjadi lebih"
                " dari sekali dihitung yang terakhir.",
                f"The share of {name_en} steps taken by their due moment, of all that were taken or whose due moment"
                " passed in the period. What was never taken and is past due counts as late; what was returned before"
                " it was due does not count. Of a step that came up several times the last one counts.",
            ),
            (
                "saat langkah selesai atau batas waktunya lewat, mana yang lebih dahulu",
                "when the step was taken or its due moment passed, whichever came first",
            ),
        )
        for percent, called_id, called_en, suffix in (
            (50, "Median hari kerja", "Median working days", "MEDIAN"),
            (90, "Persentil ke-90 hari kerja", "90th percentile of working days", "P90"),
        ):
            yield Figure(
                f"{code}_DAYS_{suffix}",
                f"{called_id}: {name_id}",
                f"{called_en}: {name_en}",
                f"Hari kerja setelah hari mulai, {span_id}; waktu menunggu pelapor ikut dihitung. Nilai terkecil yang"
                f" tidak dilampaui oleh {percent} dari 100 laporan. Langkah yang berulang dihitung yang terakhir.",
                f"Working days after the first day, {span_en}; waiting for the reporter is counted in. The smallest"
                f" value that {percent} of 100 reports do not exceed. Of repeated steps the last one counts.",
                Unit.WORKING_DAYS,
                ended,
                "saat langkah selesai",
                "when the step was taken",
                quantile(percent),
                every,
            )


def _of_backlog() -> Iterable[Figure]:
    yield _stock(
        "BACKLOG",
        every,
        ("Belum selesai", "Open"),
        (
            "Laporan yang pada akhir periode belum ditutup dan tidak diarsipkan.",
            "Reports that at the end of the period are neither closed nor archived.",
        ),
    )
    named = {
        "WAITING_VERIFICATION": (
            Status.UNVERIFIED,
            ("Belum terverifikasi", "Not yet verified"),
            ("menunggu verifikasi", "wait for verification"),
        ),
        "WAITING_DISPATCH": (
            Status.VERIFIED,
            ("Terverifikasi, belum diteruskan", "Verified, not yet sent on"),
            ("sudah diverifikasi tetapi belum diteruskan", "are verified but not sent on"),
        ),
        "NOT_FOLLOWED_UP": (
            Status.DISPATCHED,
            ("Terdisposisi, belum ditindaklanjuti", "Dispatched, no follow-up yet"),
            ("sudah diteruskan tetapi belum dijawab", "are sent on but not answered"),
        ),
        "IN_PROCESS": (
            Status.IN_PROGRESS,
            ("Sedang diproses", "In process"),
            ("sedang dikerjakan", "are being worked on"),
        ),
        "DEFERRED_OPEN": (
            Status.DEFERRED,
            ("Tertunda", "Deferred, open"),
            ("menunggu kelengkapan dari pelapor", "wait for the reporter to complete them"),
        ),
    }
    for code, (status, names, (text_id, text_en)) in named.items():
        yield _stock(
            code,
            _in_status(status),
            names,
            (f"Laporan yang pada akhir periode {text_id}.", f"Reports that at the end of the period {text_en}."),
        )
    for place in range(len(AGES) + 1):
        low = 0 if place == 0 else AGES[place - 1] + 1
        is_last = place == len(AGES)
        span = f"> {AGES[-1]}" if is_last else f"{low}-{AGES[place]}"
        said_id = f"lebih dari {AGES[-1]}" if is_last else f"{low} sampai {AGES[place]}"
        said_en = f"more than {AGES[-1]}" if is_last else f"{low} to {AGES[place]}"
        yield _stock(
            f"BACKLOG_OVER_{AGES[-1]}_DAYS" if is_last else f"BACKLOG_{low}_TO_{AGES[place]}_DAYS",
            _of_age(place),
            (f"Belum selesai, umur {span} hari kerja", f"Open, {span} working days old"),
            (
                f"Laporan yang belum selesai pada akhir periode dan diterima {said_id} hari kerja sebelumnya.",
                f"Reports open at the end of the period that were received {said_en} working days before.",
            ),
        )


FIGURES: Mapping[str, Figure] = _list(
    [
        _flow(
            "RECEIVED",
            Entry.RECEIVED,
            ("Laporan masuk", "Received"),
            ("Laporan yang disampaikan dalam periode.", "Reports that came in during the period."),
            ("saat laporan disampaikan", "when the report came in"),
        ),
        _flow(
            "VERIFIED",
            Entry.VERIFIED,
            ("Terverifikasi", "Verified"),
            (
                "Laporan yang pertama kali diverifikasi dalam periode; verifikasi ulang tidak dihitung lagi.",
                "Reports verified for the first time in the period; verifying again is not counted again.",
            ),
            ("saat verifikasi pertama", "at the first verification"),
        ),
        _flow(
            "DISPATCHED",
            Entry.SENT,
            ("Terdisposisi", "Dispatched"),
            (
                "Laporan yang pertama kali diteruskan ke instansi atau unit, atau dikelola sendiri, dalam periode.",
                "Reports sent on to an agency or unit, or taken on at the desk, for the first time in the period.",
            ),
            ("saat pertama kali diteruskan", "when first sent on"),
        ),
        _flow(
            "DONE",
            Entry.DONE,
            ("Selesai", "Done"),
            (
                "Laporan yang ditutup dalam periode dan sejak itu tidak dibuka kembali; ditutup lagi berarti dihitung"
                " pada penutupan terakhir.",
                "Reports closed in the period and not reopened since; a report closed again counts at its last"
                " closing.",
            ),
            ("saat penutupan terakhir", "at the last closing"),
        ),
        _flow(
            "DEFERRED",
            Entry.DEFERRED,
            ("Ditunda", "Deferred"),
            (
                "Laporan yang ditunda dalam periode, dihitung sekali pada penundaan terakhirnya.",
                "Reports deferred in the period, counted once, at their last deferral.",
            ),
            ("saat penundaan terakhir", "at the last deferral"),
        ),
        _flow(
            "ARCHIVED",
            Entry.ARCHIVED,
            ("Diarsipkan", "Archived"),
            (
                "Laporan yang diarsipkan dalam periode dan sejak itu tidak dipulihkan.",
                "Reports archived in the period and not restored since.",
            ),
            ("saat pengarsipan terakhir", "at the last archiving"),
        ),
        *_of_backlog(),
        *_of_stages(),
        _flow(
            "RETURNED",
            Entry.RETURNED,
            ("Dikembalikan", "Returned"),
            (
                "Laporan yang dikembalikan sebagai bukan wewenang dalam periode; dihitung sekali, pada pengembalian"
                " terakhir, untuk instansi dan unit yang mengembalikan.",
                "Reports sent back as not ours in the period; counted once, at the last return, for the agency and"
                " unit that sent it back.",
            ),
            ("saat pengembalian terakhir", "at the last return"),
        ),
        _share_of(
            "MISROUTED",
            Entry.RECEIVED,
            _is_above_zero,
            ("Salah alamat", "Misrouted"),
            (
                "Bagian laporan masuk yang pernah dikembalikan paling sedikit sekali.",
                "The share of reports received that were sent back at least once.",
            ),
            ("saat laporan disampaikan", "when the report came in"),
        ),
        Figure(
            "HOPS_MEAN",
            "Rata-rata perpindahan",
            "Mean hops",
            "Berapa kali rata-rata laporan masuk dikembalikan.",
            "How often the reports received were sent back, on average.",
            Unit.TIMES,
            Entry.RECEIVED,
            "saat laporan disampaikan",
            "when the report came in",
            mean(lambda value: value),
            every,
        ),
        _flow(
            "REOPENED",
            Entry.REOPENED,
            ("Dibuka kembali", "Reopened"),
            (
                "Laporan yang pertama kali dibuka kembali dalam periode.",
                "Reports reopened for the first time in the period.",
            ),
            ("saat pertama kali dibuka kembali", "when first reopened"),
        ),
        _share_of(
            "REOPEN_RATE",
            Entry.CLOSED_FIRST,
            _is_one,
            ("Tingkat buka kembali", "Reopen rate"),
            (
                "Bagian laporan yang pertama kali ditutup dalam periode dan kemudian dibuka kembali.",
                "The share of reports closed for the first time in the period that were reopened later.",
            ),
            ("saat penutupan pertama", "at the first closing"),
        ),
        _share_of(
            "AUTO_CLOSED",
            Entry.DONE,
            _is_one,
            ("Ditutup otomatis", "Closed automatically"),
            (
                "Bagian laporan selesai yang ditutup karena pelapor tidak menanggapi, bukan oleh petugas.",
                "The share of reports done that were closed because the reporter stayed silent, not by staff.",
            ),
            ("saat penutupan terakhir", "at the last closing"),
        ),
        _flow(
            "RATINGS",
            Entry.RATED,
            ("Jumlah penilaian", "Ratings"),
            (
                "Laporan yang dinilai pelapornya dalam periode dan tidak dibuka kembali sesudahnya.",
                "Reports rated by their reporters in the period and not reopened since.",
            ),
            ("saat penilaian terakhir", "at the last rating"),
        ),
        Figure(
            "RATING_MEAN",
            "Rata-rata penilaian",
            "Mean rating",
            "Rata-rata nilai pelapor, dari 1 sampai 5.",
            "The mean of the reporters' ratings, from 1 to 5.",
            Unit.POINTS,
            Entry.RATED,
            "saat penilaian terakhir",
            "at the last rating",
            mean(lambda value: value // 2),
            every,
        ),
        _share_of(
            "SOLVED",
            Entry.RATED,
            lambda value: value % 2 == 1,
            ("Masalah teratasi", "Solved"),
            (
                "Bagian penilaian yang menyatakan masalahnya teratasi.",
                "The share of ratings that say the problem is solved.",
            ),
            ("saat penilaian terakhir", "at the last rating"),
        ),
        _flow(
            "SUGGESTIONS_DECIDED",
            Entry.DECIDED,
            ("Saran yang diputuskan", "Suggestions decided"),
            (
                "Laporan yang usulan sistemnya diterima atau diganti orang dalam periode.",
                "Reports whose suggestion a person took or replaced in the period.",
            ),
            ("saat keputusan terakhir", "at the last decision"),
        ),
        *(
            _share_of(
                f"{code}_ACCEPTED",
                Entry.DECIDED,
                _took(bit),
                (f"Saran diterima: {name_id}", f"Suggestion taken: {name_en}"),
                (
                    f"Bagian keputusan yang mengambil usulan {name_id} yang pertama.",
                    f"The share of decisions that took the first proposal of the {name_en}.",
                ),
                ("saat keputusan terakhir", "at the last decision"),
            )
            for code, bit, name_id, name_en in (
                ("CATEGORY", 1, "kategori", "category"),
                ("AGENCY", 2, "instansi", "agency"),
                ("TITLE", 4, "judul", "title"),
            )
        ),
    ]
)

# True of all of them; the API shows it with every definition.
GENERAL_ID = (
    "Periode dihitung per hari waktu Jakarta, hari terakhir tidak termasuk. Setiap laporan dihitung untuk instansi,"
    " unit, kategori, dan wilayah tempat laporan itu berada sekarang; sebelum diteruskan, untuk antrean verifikasinya"
    " (tanpa instansi: meja nasional)."
)
GENERAL_EN = (
    "Periods are days in Jakarta, the end exclusive. A report counts for the agency, unit, category and region that it"
    " has now; before it was sent on, for the verification queue it stands in (no agency: the national desk)."
)
