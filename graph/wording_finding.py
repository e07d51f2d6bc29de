"""What refusals of search and merging say."""

from collections.abc import Mapping

from graph.bilingual import Wording
from rules.vocabulary import Action

FINDING_ACTIONS: Mapping[Action, Wording] = {
    Action.MERGE: Wording("penggabungan laporan", "merging complaints"),
}
FINDING_THINGS: Mapping[str, Wording] = {
    "SavedView": Wording("Tampilan tersimpan", "The saved view"),
}
FINDING_PROBLEMS: Mapping[str, Wording] = {
    "NO_SEARCH_WORDS": Wording(
        "Tulis sedikitnya satu kata yang dicari, selain kata sehari-hari seperti “yang” atau “dan”.",
        "Write at least one word to look for, other than everyday words such as “yang” or “dan”.",
    ),
    "NOT_IN_SCOPE": Wording(
        "Syarat ini tidak tersedia di cakupan pencarian tersebut.",
        "This condition is not available in that scope of search.",
    ),
    "MERGE_CIRCLE": Wording(
        "Laporan tidak dapat mengikuti dirinya sendiri atau laporan yang mengikutinya.",
        "A complaint cannot follow itself, or one that follows it.",
    ),
    "MERGED_ALREADY": Wording(
        "Laporan ini sudah digabungkan; lepaskan dulu.", "This complaint follows another one already; unmerge it first."
    ),
    "NOT_MERGED": Wording("Laporan ini tidak digabungkan.", "This complaint follows none."),
    "MERGE_INTO_ARCHIVED": Wording(
        "Laporan tujuan ada di arsip; pulihkan dulu.", "The other complaint is archived; restore it first."
    ),
    "MERGE_INTO_SECRET": Wording(
        "Laporan terbuka tidak dapat digabungkan ke laporan rahasia; gabungkan sebaliknya.",
        "An open complaint cannot follow a secret one; merge them the other way round.",
    ),
}
