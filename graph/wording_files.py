"""What is said about files: why one is not taken, and what its addresses answer."""

from collections.abc import Mapping

from graph.bilingual import Wording
from rules.vocabulary import FileRefusal

_KINDS = "JPEG, PNG, WebP, GIF, PDF, MP4, WebM, MOV, 3GP"

FILE_PROBLEMS: Mapping[str, Wording] = {
    "UPLOAD_UNKNOWN": Wording(
        "Unggahan ini tidak dikenal, sudah kedaluwarsa, atau sudah dilampirkan. Unggah lagi.",
        "This upload is unknown, has expired, or was attached already. Upload it again.",
    ),
    "NOT_UPLOADED": Wording(
        "Berkasnya belum sampai. Kirim isinya ke alamat unggahan, lalu coba lagi.",
        "The file has not arrived. Send its bytes to the address of the upload, then try again.",
    ),
    "FILE_SIZE": Wording(
        "Ukurannya {length} bita, padahal disebutkan {declared}. Unggah lagi.",
        "It has {length} bytes although {declared} were declared. Upload it again.",
    ),
    "FILE_KIND": Wording(
        f"Jenis berkas ini tidak diterima. Yang diterima: {_KINDS}.",
        f"This kind of file is not taken. Taken are: {_KINDS}.",
    ),
    "REPORTERS_FILE": Wording(
        "Berkas dari pelapor tidak dapat disembunyikan dari pelapor; hapus dengan alasan bila perlu.",
        "A file of the reporter cannot be hidden from the reporter; remove it with a reason if you must.",
    ),
}

# Why a file that was attached is not kept; the uploader reads it beside the file.
FILE_REFUSALS: Mapping[FileRefusal, Wording] = {
    FileRefusal.TYPE: FILE_PROBLEMS["FILE_KIND"],
    FileRefusal.SIZE: Wording("Berkas terlalu besar.", "The file is too large."),
    FileRefusal.PIXELS: Wording(
        "Gambar terlalu besar bila dibuka. Kirim gambar yang lebih kecil.",
        "The picture has too many pixels. Send a smaller one.",
    ),
    FileRefusal.BROKEN: Wording(
        "Isi berkas rusak atau tidak dapat dibaca. Kirim ulang dari berkas aslinya.",
        "The file is damaged or cannot be read. Send it again from the original.",
    ),
    FileRefusal.INFECTED: Wording(
        "Pemindai menemukan program berbahaya, jadi berkas dihapus. Periksa perangkat Anda.",
        "The scanner found malware, so the file was removed. Check your device.",
    ),
    FileRefusal.LOST: Wording("Isi berkas tidak pernah sampai.", "The bytes of the file never arrived."),
}

# What the addresses of files answer instead of a file: status and words.
FILE_ERRORS: Mapping[str, tuple[int, Wording]] = {
    "UPLOAD_OVER": (
        410,
        Wording(
            "Alamat unggahan ini sudah dipakai atau kedaluwarsa. Minta alamat baru.",
            "This upload address was used or has expired. Ask for a new one.",
        ),
    ),
    "UPLOAD_SIZE": (
        413,
        Wording(
            "Ukuran berkas tidak sama dengan {size} bita yang disebutkan.",
            "The file does not have the {size} bytes that were declared.",
        ),
    ),
    "UPLOAD_SLOW": (
        408,
        Wording("Pengiriman terlalu lama. Coba lagi.", "Sending took too long. Try again."),
    ),
    "FILE_KIND": (415, FILE_PROBLEMS["FILE_KIND"]),
    "FILE_GONE": (
        404,
        Wording(
            "Berkas tidak ada, atau alamatnya sudah tidak berlaku. Muat ulang laporan.",
            "There is no such file, or its address has expired. Load the complaint again.",
        ),
    ),
    "STORAGE_DOWN": (
        503,
        Wording(
            "Penyimpanan berkas sedang tidak tersedia. Coba lagi sebentar lagi.",
            "The file storage is not available right now. Try again in a moment.",
        ),
    ),
}
