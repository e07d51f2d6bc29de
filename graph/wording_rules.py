"""What is said about rules: what keeps one from being written, checked or activated."""

from collections.abc import Mapping
from typing import Any

from graph.bilingual import Wording
from rules.checking import RuleFault, RuleProblem
from rules.vocabulary import RuleAlarmKind

# What can be wrong with a wish about rule sets, proposals and mechanisms.
RULE_PROBLEMS: Mapping[str, Wording] = {
    "NOT_A_DRAFT": Wording(
        "Versi ini tidak dapat diubah (keadaan: {state}); buat rancangan baru.",
        "This version cannot be changed (state: {state}); make a new draft.",
    ),
    "CODE_TAKEN": Wording("Kode ini sudah dipakai; pilih kode lain.", "This code is taken; choose another one."),
    "REMOVED_MEANWHILE": Wording(
        "Aturan ini baru saja dihapus orang lain.", "Somebody else removed this rule meanwhile."
    ),
    "CHANGED_MEANWHILE": Wording(
        "Sudah diubah orang lain (versi {version}); muat ulang lalu ulangi perubahan Anda.",
        "Somebody else changed it meanwhile (version {version}); load it again and repeat your change.",
    ),
    "NOT_PROPOSED": Wording("Belum ada yang mengusulkan pengaktifan.", "Nobody proposed to activate it."),
    "BASE_OUTDATED": Wording(
        "Versi {active} menjadi aktif setelah rancangan ini dibuat dan mengubah: {rules}. Ambil dahulu perubahannya.",
        "Version {active} became active after this draft was made and changed: {rules}. Take its changes over first.",
    ),
    "NOT_YOUR_QUEUE": Wording(
        "Admin instansi hanya mengusulkan aturan untuk antrean instansinya dan unit kerjanya.",
        "An agency admin proposes rules for the queue of the own agency and its units only.",
    ),
    "BAD_MECHANISM_CODE": Wording(
        "Kode terdiri dari huruf besar, angka, dan garis bawah, diawali huruf, paling panjang 40.",
        "A code has capitals, digits and underscores, begins with a letter, and has at most 40 characters.",
    ),
    "DAY_OVER": Wording("Hari itu sudah lewat; paling awal {today}.", "That day is over; {today} is the earliest."),
    "TWICE": Wording("Disebut dua kali.", "It is named twice."),
}

# Why a replay failed.
RULE_FAILURES: Mapping[str, Wording] = {
    "BROKEN_RULES": Wording(
        "Aturan rancangan tidak terbaca; periksa rancangan dahulu.", "The draft cannot be read; check it first."
    ),
    "PROCESS_DIED": Wording(
        "Proses yang menghitung mati, mungkin kehabisan memori. Coba lagi.",
        "A process that counted died, perhaps for want of memory. Try again.",
    ),
}

_FAULTS: Mapping[RuleFault, Wording] = {
    RuleFault.REQUIRED: Wording("Wajib diisi.", "This is required."),
    RuleFault.WRONG_TYPE: Wording(
        "Jenisnya salah; yang benar: {expected}.", "Of the wrong kind; right is: {expected}."
    ),
    RuleFault.UNKNOWN_FIELD: Wording("Tidak ada isian dengan nama ini.", "There is no field of this name."),
    RuleFault.UNKNOWN_TEST: Wording(
        "Syarat ditulis dengan tepat satu nama: {allowed}.", "A condition is written under exactly one name: {allowed}."
    ),
    RuleFault.UNKNOWN_CODE: Wording(
        "Kode tidak dikenal. Yang berlaku: {allowed}.", "Unknown code. Valid are: {allowed}."
    ),
    RuleFault.BAD_RULE_CODE: Wording(
        "Kode aturan terdiri dari huruf besar, angka, - dan _, paling panjang 60.",
        "A rule's code has capitals, digits, - and _, at most 60 characters.",
    ),
    RuleFault.TOO_LONG: Wording(
        "Terlalu panjang: {length} karakter, paling banyak {max}.",
        "Too long: {length} characters, at most {max} are allowed.",
    ),
    RuleFault.OUT_OF_RANGE: Wording("Harus antara {min} dan {max}.", "Must be between {min} and {max}."),
    RuleFault.CONTROL_CHARACTER: Wording(
        "Mengandung karakter kendali yang tidak dapat disimpan.",
        "Contains a control character that cannot be stored.",
    ),
    RuleFault.BEFORE_START: Wording("Akhir masa harus sesudah awalnya.", "The end must be after the start."),
    RuleFault.SAME_HOUR: Wording("Jam awal dan akhir harus berbeda.", "Both hours must differ."),
    RuleFault.WITH_TIME_ZONE: Wording(
        "Jam adalah jam Jakarta, tanpa zona waktu.", "Hours are those of Jakarta, without a time zone."
    ),
    RuleFault.CONTINUES_WITH_QUEUE: Wording(
        "Aturan yang meneruskan tidak memilih antrean atau mekanisme.",
        "A rule that continues chooses neither queue nor mechanism.",
    ),
    RuleFault.UNREADABLE: Wording("Berkas tidak terbaca di baris {line}.", "The file cannot be read at line {line}."),
    RuleFault.DUPLICATE_KEY: Wording(
        "“{given}” tertulis dua kali (baris {line}).", "“{given}” is written twice (line {line})."
    ),
    RuleFault.TOO_MANY: Wording("Terlalu banyak: {length}, paling banyak {max}.", "Too many: {length}, at most {max}."),
    RuleFault.TOO_MANY_RULES: Wording(
        "Terlalu banyak aturan: {length}, paling banyak {max}.", "Too many rules: {length}, at most {max}."
    ),
    RuleFault.TOO_MANY_CONDITIONS: Wording(
        "Terlalu banyak syarat: {length}, paling banyak {max}; pecah menjadi beberapa aturan.",
        "Too many conditions: {length}, at most {max}; split it into several rules.",
    ),
    RuleFault.TOO_MANY_WORDS: Wording(
        "Frasa terlalu panjang: {length} kata, paling banyak {max}.", "A phrase of {length} words, at most {max}."
    ),
    RuleFault.TOO_MANY_PHRASES: Wording(
        "Terlalu banyak frasa dalam satu versi: {length}, paling banyak {max}.",
        "Too many phrases in one version: {length}, at most {max}.",
    ),
    RuleFault.TOO_DEEP: Wording("Bersarang terlalu dalam, paling banyak {max}.", "Nested too deeply, at most {max}."),
    RuleFault.DUPLICATE_CODE: Wording("Kode {given} dipakai dua aturan.", "Two rules have the code {given}."),
    RuleFault.UNKNOWN_AGENCY: Wording(
        "Kode instansi {given} tidak dikenal; pakai kode dari daftar instansi.",
        "Unknown agency code {given}; use a code of the list of agencies.",
    ),
    RuleFault.UNKNOWN_OFFICE_KIND: Wording(
        "Jenis kantor {given} tidak dikenal; pakai kode dari daftar jenis kantor.",
        "Unknown kind of office {given}; use a code of the list of kinds.",
    ),
    RuleFault.UNKNOWN_CATEGORY: Wording(
        "Kode kategori {given} tidak dikenal; pakai kode dari daftar kategori.",
        "Unknown category code {given}; use a code of the list of categories.",
    ),
    RuleFault.UNKNOWN_REGION: Wording(
        "Kode wilayah {given} tidak dikenal; pakai kode Kemendagri, misalnya 33.74.",
        "Unknown region code {given}; use the Kemendagri code, for example 33.74.",
    ),
    RuleFault.UNKNOWN_MECHANISM: Wording(
        "Mekanisme {given} tidak dikenal; buat dahulu mekanismenya.",
        "Unknown mechanism {given}; make the mechanism first.",
    ),
    RuleFault.AGENCY_ENDED: Wording(
        "{given} sudah tidak ada sejak {on}. Penggantinya: {successors}.",
        "{given} no longer exists since {on}. Its successors: {successors}.",
    ),
    RuleFault.AGENCY_NOT_YET: Wording("{given} baru ada mulai {on}.", "{given} does not exist before {on}."),
    RuleFault.CATEGORY_ENDED: Wording(
        "Kategori {given} tidak berlaku sejak {on}. Yang terdekat: {successors}.",
        "The category {given} is not valid since {on}. The nearest: {successors}.",
    ),
    RuleFault.OUTSIDE_MECHANISM: Wording(
        "Mekanisme {mechanism} hanya berlaku dari {from} sampai sebelum {to}.",
        "The mechanism {mechanism} holds from {from} until before {to} only.",
    ),
    RuleFault.COPY_TO_ITSELF: Wording(
        "{given} sudah menjadi tujuan; tembusan ke diri sendiri tidak ada gunanya.",
        "{given} is the addressee already; a copy to itself says nothing.",
    ),
    RuleFault.COPY_TWICE: Wording("{given} mendapat tembusan dua kali.", "{given} is copied twice."),
    RuleFault.NO_WORDS: Wording(
        "“{given}” tidak berisi kata yang dapat dicari.", "“{given}” has no word that can be looked for."
    ),
    RuleFault.AGREEMENT_WITHOUT_AGENCY: Wording(
        "Syarat kesepakatan perlu aturan yang menuju suatu instansi.",
        "Agreement can only be asked of a rule that leads to an agency.",
    ),
    RuleFault.SHADOWED: Wording(
        "Tidak pernah menentukan: aturan {by} di atasnya mempunyai syarat yang sama.",
        "It never decides: the rule {by} above has the same condition.",
    ),
    RuleFault.BELOW_ALWAYS: Wording(
        "Tidak pernah menentukan: aturan {by} di atasnya selalu berlaku.",
        "It never decides: the rule {by} above always holds.",
    ),
}
FAULTS: Mapping[str, Wording] = {str(code): wording for code, wording in _FAULTS.items()}


def fault(problem: RuleProblem) -> Wording:
    """What is wrong, in words."""
    return _FAULTS[problem.code].said(problem.data)


_ALARMS: Mapping[RuleAlarmKind, Wording] = {
    RuleAlarmKind.AGREEMENT_FELL: Wording(
        "Aturan {rule} makin sering dikoreksi: {share} dari {cases} laporan terbaru sesuai, sebelumnya {before}.",
        "Rule {rule} is corrected more often: {share} of the newest {cases} agree, {before} before.",
    ),
    RuleAlarmKind.REFERENCE_ENDED: Wording(
        "Aturan {rule} menyebut yang sudah berakhir: {ended}.", "Rule {rule} speaks of what has ended: {ended}."
    ),
}


def alarm_words(kind: RuleAlarmKind, rule: str, data: Mapping[str, Any]) -> Wording:
    """What an alarm says, from the data that `complaints.rule_desk.watching` keeps."""
    if kind is RuleAlarmKind.AGREEMENT_FELL:
        shares = {name: f"{data[name]:.0%}" for name in ("share", "before")}
        return _ALARMS[kind].said({"rule": rule, "cases": data["cases"], **shares})
    ended = ", ".join(f"{one['given']} → {one['successors'] or '–'}" for one in data["references"])
    return _ALARMS[kind].said({"rule": rule, "ended": ended})
