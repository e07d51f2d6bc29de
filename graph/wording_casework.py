"""What the door says about tiers, conversation and ends, by code; merged into `graph.wording`."""

from collections.abc import Mapping

from graph.bilingual import Wording
from rules.vocabulary import Action

CASEWORK_ACTIONS: Mapping[Action, Wording] = {
    Action.HAND_UP: Wording("pengembalian ke unit di atas", "passing back up"),
    Action.ASK_REPORTER: Wording("pertanyaan kepada pelapor", "asking the reporter"),
    Action.WITHDRAW: Wording("pencabutan laporan", "withdrawing"),
    Action.DECIDE_REOPENING: Wording("persetujuan pembukaan kembali", "deciding on reopening"),
    Action.NOTE: Wording("catatan internal", "noting"),
    Action.TAG: Wording("pemberian tag", "tagging"),
    Action.CONSENT: Wording("persetujuan kepada Ombudsman", "consenting to the Ombudsman"),
    Action.SUPPORT: Wording("dukungan", "supporting"),
    Action.MANAGE_TEMPLATES: Wording("mengelola templat jawaban", "managing answer templates"),
}
CASEWORK_THINGS: Mapping[str, Wording] = {
    "AnswerTemplate": Wording("Templat jawaban", "The answer template"),
    "ReopeningRequest": Wording("Permintaan pembukaan kembali", "The request to reopen"),
}
CASEWORK_PROBLEMS: Mapping[str, Wording] = {
    "NOT_BELOW_YOUR_UNIT": Wording(
        "Anda hanya dapat meneruskan ke unit di bawah unit Anda.",
        "You can pass it on to units below yours only.",
    ),
    "INSPECTORATE_ONLY": Wording(
        "Laporan berkadar pengawasan hanya untuk inspektorat: tanpa unit dan tanpa tembusan.",
        "A supervision-grade report is for the inspectorate only: no unit and no copies.",
    ),
    "CONSENT_NOT_ASKED": Wording(
        "Persetujuan untuk Ombudsman belum diminta, atau laporan ini sudah berakhir.",
        "Your consent for the Ombudsman was not asked for, or this report has ended.",
    ),
    "CONSENT_GIVEN": Wording(
        "Anda sudah menyetujui; pengawas sudah memegang laporan ini.",
        "You agreed already; the overseers have this report.",
    ),
    "REOPENING_NEEDS_APPROVAL": Wording(
        "Laporan ini sudah pernah dibuka kembali. Ajukan permintaan; admin yang memutuskan.",
        "This report was reopened before. Ask for it; an admin decides.",
    ),
    "REOPENING_IS_FREE": Wording(
        "Laporan ini masih dapat dibuka kembali tanpa persetujuan.",
        "This report can still be reopened without approval.",
    ),
    "REOPENING_ASKED": Wording(
        "Permintaan Anda sudah diterima dan sedang menunggu keputusan.",
        "Your request was received and waits for a decision.",
    ),
    "NO_OPEN_REQUEST": Wording(
        "Tidak ada permintaan pembukaan kembali yang menunggu.",
        "No request to reopen is waiting.",
    ),
    "UNKNOWN_VARIABLE": Wording(
        "Isian ini tidak dikenal: {unknown}. Yang dikenal: {known}.",
        "These variables are unknown: {unknown}. Known are: {known}.",
    ),
    "NAME_TAKEN": Wording("Nama ini sudah dipakai.", "This name is taken."),
    "OWN_REPORT": Wording("Ini laporan Anda sendiri.", "This is your own report."),
    "BROWSER_TOKEN": Wording(
        "Panjang penanda peramban harus {min}–{max} karakter acak.",
        "The browser's token must be {min} to {max} random characters.",
    ),
}
