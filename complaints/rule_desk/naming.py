"""What people call the codes that rules speak of."""

from collections.abc import Iterable, Mapping

from complaints.knowledge import Knowledge
from rules.language import RegionIs, Rule, leaves
from rules.places import full_name
from rules.reasons import Language
from rules.vocabulary import TermKind

_SPOKEN_OF = frozenset({TermKind.CHANNEL, TermKind.REPORT_TYPE, TermKind.OFFICE_KIND})


def names_of(knowledge: Knowledge, rules: Iterable[Rule], language: Language) -> Mapping[str, str]:
    """Names by code: agencies, categories, kinds of office, channels, report types, and the regions of these rules."""
    is_english = language == "en"
    regions = {
        code for rule in rules for leaf in leaves(rule.when) if isinstance(leaf, RegionIs) for code in leaf.region
    }
    return {
        **{
            row.code: (row.label_en or row.label_id) if is_english else row.label_id
            for row in knowledge.category_rows.values()
        },
        **{
            row.code: row.label_en if is_english else row.label_id
            for row in knowledge.term_rows
            if row.kind in _SPOKEN_OF
        },
        **{row.code: row.short_name for row in knowledge.agency_rows.values()},
        **{code: name for code in regions if (name := full_name(code)) is not None},
    }
