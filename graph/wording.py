"""What refusals say, by code: Indonesian first, English second. Codes never contain a sentence."""

from collections.abc import Mapping

from graph.bilingual import Wording
from graph.wording_casework import CASEWORK_ACTIONS, CASEWORK_PROBLEMS, CASEWORK_THINGS
from graph.wording_figures import FIGURE_ACTIONS, FIGURE_PROBLEMS, FIGURE_THINGS
from graph.wording_files import FILE_PROBLEMS
from graph.wording_finding import FINDING_ACTIONS, FINDING_PROBLEMS, FINDING_THINGS
from graph.wording_rules import RULE_FAILURES, RULE_PROBLEMS
from graph.wording_telling import TELLING_ACTIONS, TELLING_PROBLEMS, TELLING_THINGS
from rules.vocabulary import Action, AlarmKind, Status

# What people call what the codes mean; refusals speak to people.
STATUSES: Mapping[Status, Wording] = {
    Status.UNVERIFIED: Wording("Belum Terverifikasi", "not yet verified"),
    Status.VERIFIED: Wording("Terverifikasi", "verified"),
    Status.DISPATCHED: Wording("Terdisposisi – Belum Ditindaklanjuti", "dispatched, no follow-up yet"),
    Status.IN_PROGRESS: Wording("Terdisposisi – Sedang Diproses", "being processed"),
    Status.CLOSED: Wording("Terdisposisi – Selesai", "done"),
    Status.DEFERRED: Wording("Tertunda", "deferred"),
    Status.ARCHIVED: Wording("Arsip", "archived"),
}
ACTIONS: Mapping[Action, Wording] = {
    **FINDING_ACTIONS,
    **TELLING_ACTIONS,
    **FIGURE_ACTIONS,
    **CASEWORK_ACTIONS,
    Action.SUBMIT: Wording("menyampaikan laporan", "filing a report"),
    Action.SUBMIT_ON_BEHALF: Wording("menyampaikan laporan atas nama warga", "filing on behalf of a citizen"),
    Action.VERIFY: Wording("verifikasi", "verifying"),
    Action.DISPATCH: Wording("disposisi", "dispatching"),
    Action.HANDLE: Wording("kelola", "handling at one's own desk"),
    Action.RETURN: Wording("pengembalian (bukan wewenang)", "returning as not ours"),
    Action.DEFER: Wording("penundaan", "deferring"),
    Action.ARCHIVE: Wording("pengarsipan", "archiving"),
    Action.RESTORE: Wording("pemulihan dari arsip", "restoring from the archive"),
    Action.FOLLOW_UP: Wording("tindak lanjut", "following up"),
    Action.REPLY: Wording("tanggapan pelapor", "replying as the reporter"),
    Action.CLOSE: Wording("penutupan laporan", "closing"),
    Action.REOPEN: Wording("pembukaan kembali", "reopening"),
    Action.ATTACH: Wording("melampirkan berkas", "attaching files"),
    Action.MANAGE_FILES: Wording("mengatur lampiran", "managing attachments"),
    Action.RATE: Wording("penilaian", "rating"),
    Action.READ_COMPLAINT: Wording("membaca laporan", "reading complaints"),
    Action.READ_QUEUE: Wording("membaca antrean", "reading a queue"),
    Action.TRACK: Wording("pelacakan dengan kode dan PIN", "tracking by code and PIN"),
    Action.READ_REPORTER: Wording("membuka identitas pelapor", "opening a reporter's identity"),
    Action.ASK_ADVICE: Wording("meminta saran", "asking for suggestions"),
    Action.READ_RULES: Wording("melihat aturan", "reading rules"),
    Action.PROPOSE_RULES: Wording("mengusulkan aturan", "proposing rules"),
    Action.MANAGE_RULES: Wording("menulis aturan", "writing rules"),
    Action.ACTIVATE_RULES: Wording("mengaktifkan aturan", "activating rules"),
    Action.READ_CLASSIFIERS: Wording("melihat versi model", "reading classifier versions"),
    Action.TRAIN_CLASSIFIER: Wording("melatih model", "training the classifier"),
    Action.LABEL_EXAMPLES: Wording("memberi label data latih", "labelling training data"),
    Action.PROMOTE_CLASSIFIER: Wording("menetapkan versi model", "deciding which classifier version serves"),
}


# What people call the things that ids and refusals are about.
THINGS: Mapping[str, Wording] = {
    **FINDING_THINGS,
    **TELLING_THINGS,
    **FIGURE_THINGS,
    **CASEWORK_THINGS,
    "RuleSet": Wording("Versi aturan", "The version of the rules"),
    "RoutingRule": Wording("Aturan", "The rule"),
    "RuleProposal": Wording("Usulan aturan", "The proposed rule"),
    "RuleReplay": Wording("Putar ulang", "The replay"),
    "RuleAlarm": Wording("Alarm aturan", "The rule alarm"),
    "SpecialMechanism": Wording("Mekanisme khusus", "The special mechanism"),
    "Attachment": Wording("Lampiran", "The attachment"),
    "Upload": Wording("Unggahan", "The upload"),
    "Complaint": Wording("Laporan", "The complaint"),
    "Agency": Wording("Instansi", "The agency"),
    "Category": Wording("Kategori", "The category"),
    "Person": Wording("Akun", "The account"),
    "ServiceKey": Wording("Kunci layanan", "The service key"),
    "ClassifierVersion": Wording("Versi model", "The classifier version"),
    "ClassifierAlarm": Wording("Alarm model", "The classifier alarm"),
    "ReleaseProposal": Wording("Usulan penetapan", "The release proposal"),
    "TrainingRun": Wording("Pelatihan", "The training run"),
    "Dataset": Wording("Kumpulan data", "The data set"),
    "LabelDoubt": Wording("Label yang diragukan", "The doubtful label"),
}


def called(action: Action) -> Wording:
    """What people call an action; one without words of its own keeps its code."""
    return ACTIONS.get(action, Wording(action, action))


REFUSALS: Mapping[str, Wording] = {
    "NOT_FOUND": Wording(
        "{what} tidak ditemukan, atau bukan untuk Anda.",
        "{what} was not found, or is not yours to see.",
    ),
    "NOT_ALLOWED": Wording(
        "Peran Anda tidak mengizinkan {action} di sini.",
        "Your role does not allow {action} here.",
    ),
    "NOT_SIGNED_IN": Wording("Silakan masuk terlebih dahulu.", "Please sign in first."),
    "ILLEGAL_STEP": Wording(
        "Tindakan {action} tidak dapat dilakukan pada status “{status}”. Yang dapat Anda lakukan: {allowed}.",
        "While the status is “{status}”, {action} is not possible. You can do: {allowed}.",
    ),
    "STALE": Wording(
        "Laporan ini sudah diubah orang lain (versi {current}). Muat ulang, lalu coba lagi.",
        "Somebody else changed this complaint (version {current}). Reload it, then try again.",
    ),
    "INVALID": Wording("Isian belum benar: {fields}.", "The input is not right yet: {fields}."),
    "TOO_MANY": Wording(
        "Terlalu banyak permintaan. Coba lagi dalam {seconds} detik.",
        "Too many requests. Try again in {seconds} seconds.",
    ),
    "BUSY": Wording(
        "Laporan sedang dikerjakan orang lain. Coba lagi sebentar lagi.",
        "Somebody else is working on this complaint. Try again in a moment.",
    ),
    "BAD_REQUEST": Wording(
        "Permintaan tidak dapat dibaca; kirim JSON dengan kunci query dan variables.",
        "The request cannot be read; send JSON with the keys query and variables.",
    ),
    "NO_SUCH_PAGE": Wording("Halaman ini tidak ada; GraphQL ada di /graphql.", "No such page; GraphQL is at /graphql."),
    "POST_ONLY": Wording("GraphQL hanya menerima POST.", "GraphQL takes POST only."),
    "TOO_LARGE": Wording(
        "Permintaan terlalu besar; paling banyak {max} bita.", "The request is too large; at most {max} bytes."
    ),
    "UNAVAILABLE": Wording(
        "Layanan sedang tidak tersedia. Laporan Anda belum tersimpan; coba lagi sebentar lagi.",
        "The service is not available right now. Nothing was stored; try again in a moment.",
    ),
    "TOO_SLOW": Wording(
        "Permintaan terlalu lama dikerjakan. Persempit permintaan, lalu coba lagi.",
        "The request took too long. Ask for less, then try again.",
    ),
    "UNEXPECTED": Wording(
        "Terjadi kesalahan pada sistem. Sebutkan nomor {request_id} bila menghubungi kami.",
        "Something went wrong on our side. Please mention {request_id} when you contact us.",
    ),
}

# What the frameworks answer by themselves, by HTTP status.
HTTP_ERRORS: Mapping[int, str] = {
    404: "NO_SUCH_PAGE",
    405: "POST_ONLY",
    413: "TOO_LARGE",
    503: "UNAVAILABLE",
    504: "TOO_SLOW",
}

SIGN_IN: Mapping[str, Wording] = {
    "REQUIRED": REFUSALS["NOT_SIGNED_IN"],
    "WRONG_CREDENTIALS": Wording("Nama pengguna atau kata sandi salah.", "The login or the password is wrong."),
    "EXPIRED": Wording(
        "Sesi Anda sudah berakhir. Silakan masuk lagi.", "Your session has ended. Please sign in again."
    ),
    "CSRF": Wording(
        "Permintaan ditolak: kepala X-CSRF-Token tidak cocok dengan sesi.",
        "Refused: the X-CSRF-Token header does not match the session.",
    ),
}

PROBLEMS: Mapping[str, Wording] = {
    **FILE_PROBLEMS,
    **RULE_PROBLEMS,
    **FINDING_PROBLEMS,
    **TELLING_PROBLEMS,
    **FIGURE_PROBLEMS,
    **CASEWORK_PROBLEMS,
    "REQUIRED": Wording("Wajib diisi.", "This is required."),
    "TOO_SHORT": Wording(
        "Terlalu pendek: {length} karakter, paling sedikit {min}.",
        "Too short: {length} characters, at least {min} are needed.",
    ),
    "TOO_LONG": Wording(
        "Terlalu panjang: {length} karakter, paling banyak {max}.",
        "Too long: {length} characters, at most {max} are allowed.",
    ),
    "TOO_MANY": Wording("Terlalu banyak: {length}, paling banyak {max}.", "Too many: {length}, at most {max}."),
    "OUT_OF_RANGE": Wording("Harus antara {min} dan {max}.", "Must be between {min} and {max}."),
    "CONTROL_CHARACTER": Wording(
        "Mengandung karakter kendali (misalnya NUL) yang tidak dapat disimpan.",
        "Contains a control character (such as NUL) that cannot be stored.",
    ),
    "NOT_AN_EMAIL": Wording(
        "Bukan alamat surel; contoh yang benar: nama@contoh.id.",
        "Not an e-mail address; right would be: name@example.id.",
    ),
    "UNKNOWN_REGION": Wording(
        "Kode wilayah tidak dikenal; pakai kode Kemendagri, misalnya 33.74.",
        "Unknown region code; use the Kemendagri code, for example 33.74.",
    ),
    "UNKNOWN_CODE": Wording("Kode tidak dikenal. Yang berlaku: {allowed}.", "Unknown code. Valid are: {allowed}."),
    "POINT_INCOMPLETE": Wording(
        "Isi lintang dan bujur, atau kosongkan keduanya.", "Give both latitude and longitude, or neither."
    ),
    "IN_FUTURE": Wording("Tanggal kejadian belum terjadi.", "The date of the incident lies in the future."),
    "KEY_LENGTH": Wording(
        "Kunci idempotensi harus acak dan panjangnya {min} sampai {max} karakter.",
        "The idempotency key must be random and {min} to {max} characters long.",
    ),
    "KEY_REUSED": Wording(
        "Kunci idempotensi ini sudah dipakai untuk laporan lain. Buat kunci baru.",
        "This idempotency key was used for another report. Make a new one.",
    ),
    "ENDED": Wording("Sudah tidak berlaku sejak {on}.", "No longer valid since {on}."),
    "NOT_YET": Wording("Baru berlaku mulai {on}.", "Not valid before {on}."),
    "NOT_YOUR_AGENCY": Wording(
        "Admin instansi hanya memverifikasi untuk instansinya. Kembalikan laporan dan usulkan instansi lain.",
        "An agency admin verifies for the own agency only. Return the complaint and propose another agency.",
    ),
    "NOT_A_UNIT_OF_AGENCY": Wording(
        "Bukan unit kerja dari instansi tujuan.", "Not a work unit of the agency in charge."
    ),
    "CANNOT_LOOSEN": Wording(
        "Kerahasiaan dapat diperketat, tidak dapat dilonggarkan.", "Secrecy can be tightened, not loosened."
    ),
    "REOPEN_WINDOW_PASSED": Wording(
        "Batas {days} hari untuk membuka kembali sudah lewat. Silakan buat laporan baru.",
        "The {days} days for reopening have passed. Please file a new report.",
    ),
    "UNKNOWN_AGENCY": Wording(
        "Kode instansi {given} tidak dikenal; pakai kode dari daftar instansi.",
        "Unknown agency code {given}; use a code of the list of agencies.",
    ),
    "UNKNOWN_CATEGORY": Wording(
        "Kode kategori {given} tidak dikenal; pakai kode dari daftar kategori.",
        "Unknown category code {given}; use a code of the list of categories.",
    ),
    "BEFORE_START": Wording("Akhir masa harus sesudah awalnya.", "The end must be after the start."),
    "NOTHING_CHOSEN": Wording(
        "Pilih laporan sendiri, riwayat impor, atau keduanya.", "Choose own complaints, imported history, or both."
    ),
    "NOT_READY": Wording(
        "Kumpulan data belum siap (keadaan: {state}); tunggu sampai selesai dibuat.",
        "The data set is not ready (state: {state}); wait until it is built.",
    ),
    "ALREADY_ENDED": Wording("Sudah berakhir (keadaan: {state}).", "It has ended already (state: {state})."),
    "ALREADY_DECIDED": Wording("Sudah diputuskan sebelumnya.", "It was decided before."),
    "ALREADY_PROPOSED": Wording(
        "Sudah diusulkan; orang kedua tinggal menyetujui atau menolaknya.",
        "It was proposed already; a second person can agree or refuse.",
    ),
    "TWO_PEOPLE": Wording(
        "Perlu dua orang, masing-masing dengan akunnya sendiri.", "It takes two people, each with an account."
    ),
    "SERVES_ALREADY": Wording("Versi ini sedang dipakai.", "This version serves already."),
    "NOT_COMPARED": Wording(
        "Versi ini belum dibandingkan dengan versi yang dipakai ({serving}); latih ulang agar dinilai.",
        "This version was not compared with the one in use ({serving}); train again to have it judged.",
    ),
    "GATE_REFUSED": Wording(
        "Penilaian otomatis menolak versi ini: {reasons}. Dua orang dapat menetapkannya dengan alasan tertulis.",
        "The gate refused this version: {reasons}. Two people can overrule it with a written reason.",
    ),
    "NOTHING_BEFORE": Wording(
        "Tidak ada versi sebelumnya yang dapat dipakai kembali.", "There is no version before to go back to."
    ),
    "ONLY_OWN_COMPLAINTS": Wording(
        "Baris riwayat impor hanya dapat dibiarkan; perbaiki di berkas asal lalu impor dengan nama sumber baru.",
        "A row of imported history can only be kept; mend its file and import it under a new source name.",
    ),
    "UNKNOWN_COLUMN": Wording(
        "Kolom {column} tidak ada di berkas. Yang ada: {allowed}.",
        "The file has no column {column}. It has: {allowed}.",
    ),
    "MISSING_FIELD": Wording("Tentukan kolom untuk {missing}.", "Say which column holds {missing}."),
    "ONE_DIRECTION": Wording("Pakai first atau last, tidak keduanya.", "Use first or last, not both."),
    "BAD_CURSOR": Wording(
        "Kursor tidak dikenal; pakai nilai cursor dari halaman sebelumnya.",
        "Unknown cursor; use a cursor value of an earlier page.",
    ),
    "BAD_ID": Wording(
        "Bukan id yang dikenal di sini; pakai nilai id dari jawaban API.",
        "Not an id that fits here; use the value of an id from an answer.",
    ),
    "REPORTER_ACCESS": Wording(
        "Isi id (bila masuk dengan akun) atau trackingCode beserta pin.",
        "Give the id (when signed in) or trackingCode together with pin.",
    ),
    "TAKEN": Wording("Sudah dipakai.", "Already taken."),
    "PASSWORD_LENGTH": Wording(
        "Kata sandi harus {min} sampai {max} karakter.", "The password must have {min} to {max} characters."
    ),
    "NOT_A_PERSONS_ROLE": Wording("Peran ini bukan untuk orang.", "This role is not for people."),
}

# Why a training or the building of a data set failed.
FAILURES: Mapping[str, Wording] = {
    **RULE_FAILURES,
    "NO_ROWS": Wording(
        "Tidak ada laporan yang memenuhi pilihan ini. Perluas masa, instansi, atau sumbernya.",
        "No complaint fits this choice. Widen the period, the agencies or the sources.",
    ),
    "DATASET_LOST": Wording(
        "Berkas kumpulan data hilang atau berubah. Buat kumpulan data baru.",
        "The file of the data set is gone or was changed. Build a new data set.",
    ),
    "NOT_TRAINABLE": Wording(
        "Data ini tidak dapat dilatih; catatan pelatihan menyebutkan sebabnya.",
        "This data cannot be trained on; the log of the run says why.",
    ),
    "PROCESS_DIED": Wording(
        "Proses pelatihan berhenti tiba-tiba; lihat catatannya, lalu coba lagi.",
        "The training process died; read its log, then try again.",
    ),
    "BROKEN_RESULT": Wording(
        "Hasil pelatihan tidak dapat dibaca, jadi tidak didaftarkan. Coba lagi.",
        "The result of the training could not be read and was not registered. Try again.",
    ),
    "WORKER_STOPPED": Wording(
        "Terhenti karena layanan dimatikan. Mulai lagi.",
        "It ended because the service was stopped. Start it again.",
    ),
    "WORKER_LOST": Wording(
        "Proses yang mengerjakannya hilang tanpa kabar. Mulai lagi.",
        "The worker vanished without a word. Start it again.",
    ),
}

# Why a row of imported history stays out.
ROW_PROBLEMS: Mapping[str, Wording] = {
    "BROKEN_ROW": Wording("Jumlah kolomnya tidak cocok dengan kepala tabel.", "Its cells do not fit the header."),
    "NO_TEXT": Wording("Tidak ada teksnya.", "It has no text."),
    "TEXT_TOO_LONG": Wording("Teksnya terlalu panjang.", "Its text is too long."),
    "BAD_DATE": Wording("Tanggalnya bukan YYYY-MM-DD.", "Its date is not YYYY-MM-DD."),
    "NO_KNOWN_LABEL": Wording("Tidak ada label yang dikenal.", "It has no label that is known."),
}

ALARMS: Mapping[AlarmKind, Wording] = {
    AlarmKind.VERSION_REFUSED: Wording(
        "Versi {subject} ditolak saat dimuat ({error}). Versi yang dimuat sebelumnya tetap dipakai.",
        "Version {subject} was refused when it was loaded ({error}). What was loaded before still serves.",
    ),
    AlarmKind.DRIFT_WARNING: Wording(
        "Laporan minggu ini mulai berbeda dari delapan minggu sebelumnya (indeks {index}).",
        "The complaints of this week begin to differ from the eight weeks before (index {index}).",
    ),
    AlarmKind.DRIFT: Wording(
        "Laporan minggu ini jauh berbeda dari delapan minggu sebelumnya (indeks {index}).",
        "The complaints of this week differ much from the eight weeks before (index {index}).",
    ),
    AlarmKind.CORRECTIONS_RISE: Wording(
        "Saran untuk {subject} lebih sering dikoreksi: {share} minggu ini, {before} sebelumnya.",
        "Suggestions for {subject} are corrected more often: {share} this week, {before} before.",
    ),
    AlarmKind.RETRAIN_PROPOSED: Wording(
        "Sebaiknya latih model baru: {reasons}.", "It is time to train a new version: {reasons}."
    ),
}
# Why a new training is worth it, by what `complaints.learning.watching` found.
RETRAIN_REASONS: Mapping[str, Wording] = {
    "drift": Wording("laporan berubah (indeks {found})", "complaints changed (index {found})"),
    "corrections": Wording("koreksi bertambah untuk {found}", "corrections rose for {found}"),
    "age_days": Wording("versi ini sudah {found} hari", "this version is {found} days old"),
    "new_lessons": Wording("{found} keputusan baru untuk dipelajari", "{found} new decisions to learn from"),
}
