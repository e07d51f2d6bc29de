"""Answers kept ready: which variables a template may have, and how a case fills them in."""

import re
from collections.abc import Mapping

# What each variable is, for those who write templates: Indonesian, English.
VARIABLES: Mapping[str, tuple[str, str]] = {
    "kode": ("kode pelacakan laporan", "the tracking code of the report"),
    "judul": ("judul laporan", "the title of the report"),
    "nama_instansi": ("nama instansi", "the name of the agency"),
    "nama_unit": ("nama unit kerja", "the name of the work unit"),
    "status": ("status laporan", "the status of the report"),
    "tanggal_lapor": ("tanggal laporan masuk", "the day on which the report was filed"),
    "batas_waktu": ("batas waktu berikutnya", "the next due date"),
}
ABSENT = "–"
_VARIABLE = re.compile(r"\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}")


def unknown_variables(body: str) -> list[str]:
    """The variables of a template that nothing fills in, in order, each once."""
    return list(dict.fromkeys(name for name in _VARIABLE.findall(body) if name not in VARIABLES))


def filled(body: str, values: Mapping[str, str | None]) -> str:
    """The template with its variables filled in; what a case does not have is a dash.

    Values are put in as they are: braces inside them stay braces, and nothing of a template is ever evaluated.
    """
    return _VARIABLE.sub(lambda found: _value(found, values), body)


def _value(found: re.Match[str], values: Mapping[str, str | None]) -> str:
    name = found[1]
    return (values.get(name) or ABSENT) if name in VARIABLES else found[0]
