"""What notifications say, by kind: Indonesian and English, for mails and for the list in Salur."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from rules.deadlines import local_date
from rules.telling import Language, NotificationKind


class Told(NamedTuple):
    """A sentence in both languages."""

    indonesian: str
    english: str

    def in_(self, language: Language) -> str:
        """The sentence in one of them."""
        return self.indonesian if language is Language.INDONESIAN else self.english


_KIND = NotificationKind

SENTENCES: Mapping[NotificationKind, Told] = MappingProxyType(
    {
        _KIND.RECEIVED: Told("Laporan Anda sudah kami terima.", "We have received your report."),
        _KIND.ACCEPTED: Told(
            "Laporan Anda sudah diverifikasi dan diteruskan ke instansi yang menangani.",
            "Your report was verified and passed on to the agency in charge.",
        ),
        _KIND.QUESTION: Told(
            "Kami perlu keterangan tambahan dari Anda. Laporan menunggu jawaban Anda.",
            "We need more information from you. Your report waits for your answer.",
        ),
        _KIND.ANSWERED: Told("Instansi menjawab laporan Anda.", "The agency answered your report."),
        _KIND.CLOSED: Told(
            "Laporan Anda dinyatakan selesai. Anda dapat memberi nilai, atau membukanya kembali bila belum beres.",
            "Your report was closed. You can rate it, or reopen it if the matter is not settled.",
        ),
        _KIND.REOPENED: Told("Laporan Anda dibuka kembali.", "Your report was reopened."),
        _KIND.ARCHIVED: Told(
            "Laporan Anda diarsipkan. Alasannya dapat Anda baca di halaman laporan.",
            "Your report was archived. The page of your report says why.",
        ),
        _KIND.RESTORED: Told("Laporan Anda diperiksa kembali.", "Your report is being looked at again."),
        _KIND.MERGED: Told(
            "Laporan Anda digabungkan dengan laporan lain tentang hal yang sama. Kode Anda tetap berlaku.",
            "Your report was joined with another one about the same matter. Your code stays valid.",
        ),
        _KIND.UNMERGED: Told(
            "Laporan Anda ditangani tersendiri lagi.", "Your report is being handled on its own again."
        ),
        _KIND.REPLY_AWAITED: Told(
            "Tanpa tanggapan Anda, laporan ini segera ditutup otomatis.",
            "Without a reply from you this report will soon be closed automatically.",
        ),
        _KIND.COMPLETION_AWAITED: Told(
            "Tanpa keterangan dari Anda, laporan ini segera diarsipkan.",
            "Without your information this report will soon be archived.",
        ),
        _KIND.REOPENING_REFUSED: Told(
            "Permintaan membuka kembali laporan tidak disetujui. Alasannya dapat Anda baca di halaman laporan.",
            "Your report was not reopened. The page of your report says why.",
        ),
        _KIND.CONSENT_ASKED: Told(
            "Laporan Anda belum selesai juga. Setujukah Anda bila Ombudsman mengambil alih?",
            "Your report is still not settled. Do you agree that the Ombudsman takes it over?",
        ),
        _KIND.FILE_REFUSED: Told(
            "Sebuah berkas Anda tidak dapat disimpan. Alasannya dapat Anda baca di halaman laporan.",
            "One of your files could not be kept. The page of your report says why.",
        ),
        _KIND.NEW_IN_QUEUE: Told("Laporan baru di antrean Anda.", "A new report is in your queue."),
        _KIND.DISPATCHED_TO_YOU: Told("Laporan didisposisikan kepada Anda.", "A report was dispatched to you."),
        _KIND.COPIED: Told("Anda mendapat tembusan laporan.", "You were copied on a report."),
        _KIND.RETURNED: Told(
            "Laporan dikembalikan ke antrean Anda (bukan wewenang).",
            "A report was returned to your queue (not theirs).",
        ),
        _KIND.REPORTER_REPLIED: Told("Pelapor menanggapi.", "The reporter replied."),
        _KIND.CASE_REOPENED: Told("Laporan yang sudah selesai dibuka kembali.", "A closed report was reopened."),
        _KIND.REOPENING_ASKED: Told(
            "Pelapor meminta laporan dibuka kembali; perlu persetujuan.",
            "A reporter asks to reopen a report; somebody has to agree.",
        ),
        _KIND.TAKEOVER_AGREED: Told(
            "Pelapor setuju laporan diambil alih Ombudsman.", "A reporter agreed that the Ombudsman takes over."
        ),
        _KIND.REMINDER: Told("Laporan mendekati batas waktunya.", "A report comes near its due date."),
        _KIND.ESCALATED: Told("Laporan melewati batas waktunya.", "A report is overdue."),
        _KIND.WEBHOOK_DISABLED: Told(
            "Webhook dimatikan karena berulang kali gagal.", "A webhook was switched off after failing again and again."
        ),
    }
)

# Of secret and supervision-grade cases a mail does not even say what happened.
NEWS = Told("Ada perkembangan pada laporan ini.", "There is news about this report.")

LABELS: Mapping[str, Told] = MappingProxyType(
    {
        "code": Told("Kode", "Code"),
        "title": Told("Judul", "Title"),
        "status": Told("Status", "Status"),
        "agency": Told("Instansi", "Agency"),
        "category": Told("Kategori", "Category"),
        "due": Told("Batas waktu", "Due"),
        "link": Told("Buka laporan", "Open the report"),
        "quote": Told("Jawaban instansi", "The agency's answer"),
        "pin": Told(
            "Gunakan kode dan PIN dari tanda terima Anda. Kami tidak pernah meminta PIN lewat surel.",
            "Use the code and the PIN of your receipt. We never ask for the PIN by e-mail.",
        ),
        "automatic": Told("Surel ini dikirim otomatis oleh Salur.", "This e-mail was sent automatically by Salur."),
        "preferences": Told("Atur pemberitahuan", "Choose your notifications"),
    }
)

_MONTHS = {
    Language.INDONESIAN: (
        "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November",
        "Desember",
    ),
    Language.ENGLISH: (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
}  # fmt: skip


def day_of(moment: datetime, language: Language) -> str:
    """The day in Jakarta as people write it: 26 Agustus 2026."""
    day = local_date(moment)
    return f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}"
