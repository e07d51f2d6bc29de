"""What is known about the labels before anybody labelled anything: names, keywords and published shares."""

from collections.abc import Sequence
from typing import Any

import orjson

from complaints.knowledge import Knowledge
from rules.vocabulary import TermKind


def label_descriptions(knowledge: Knowledge) -> bytes:
    """One line of JSON per label, as `python -m ml.train --labels` reads it.

    Categories by code with their names and keywords; kinds of local office and agencies by name.
    """
    categories = [
        _line("category_main" if row.parent_id is None else "category", row.code, row.label_id, row.keywords, row.share)
        for row in knowledge.category_rows.values()
    ]
    kinds = [_line("agency", row.code, row.label_id) for row in knowledge.term_rows if row.kind is TermKind.OFFICE_KIND]
    # Local governments are not told apart by words but by place.
    agencies = [
        _line("agency", row.code, row.name, (row.short_name, *row.aliases))
        for row in knowledge.agency_rows.values()
        if row.region_code is None and row.parent_id is None
    ]
    return b"".join(orjson.dumps(line) + b"\n" for line in (*categories, *kinds, *agencies))


def _line(
    target: str, label: str, name: str, keywords: Sequence[str] = (), share: float | None = None
) -> dict[str, Any]:
    return {"target": target, "label": label, "name": name, "keywords": list(keywords), "share": share}
