"""What is said about figures and files of them."""

from collections.abc import Mapping

from graph.bilingual import Wording
from rules.vocabulary import Action

FIGURE_PROBLEMS: Mapping[str, Wording] = {
    "ONE_TIME_GROUP": Wording("Hanya satu dari hari, pekan, atau bulan.", "Only one of day, week and month."),
    "NOT_BY_VERSION": Wording(
        "Hanya angka tentang saran yang dapat dirinci menurut versi model.",
        "Only figures about suggestions can be told apart by model version.",
    ),
    "NOT_PUBLIC": Wording(
        "Tidak tersedia untuk umum. Yang tersedia: {allowed}.", "Not available to the public. Available: {allowed}."
    ),
    "WHOLE_MONTHS": Wording(
        "Untuk umum: bulan penuh yang sudah selesai; lebih dari satu bulan dirinci per bulan.",
        "For the public: whole, finished months; more than one month told apart by month.",
    ),
    "ONE_FIGURE": Wording("Pilih tepat satu angka.", "Choose exactly one figure."),
    "EXPORT_NOT_THERE": Wording(
        "Berkas belum selesai atau sudah dihapus.", "The file is not finished yet, or was removed."
    ),
}

EXPORT_FAILURES: Mapping[str, Wording] = {
    "TOO_MANY_ROWS": Wording(
        "Terlalu banyak baris untuk satu berkas; persempit pertanyaannya.",
        "Too many rows for one file; narrow the question.",
    ),
    "NO_LONGER_ALLOWED": Wording(
        "Hak pemohon berubah sebelum berkas ditulis.", "The asker's rights changed before the file was written."
    ),
    "NOT_WRITTEN": Wording(
        "Berkas tidak dapat ditulis; mintalah sekali lagi.", "The file could not be written; please ask again."
    ),
}

FIGURE_ACTIONS: Mapping[Action, Wording] = {
    Action.READ_FIGURES: Wording("membaca angka kinerja", "reading figures"),
    Action.EXPORT_FIGURES: Wording("mengunduh angka dan daftar laporan", "downloading figures and lists of cases"),
}

FIGURE_THINGS: Mapping[str, Wording] = {"Export": Wording("Berkas", "File")}
