"""File names as they are kept and offered for saving: nothing that a path, a terminal or a reader could fall for."""

import re
import unicodedata

_LONGEST = 120
_NAMELESS = "berkas"
# What Windows does not take, and what means something to a shell or a header.
_FORBIDDEN = re.compile(r'[<>:"|?*;`$&\'\\/]')
# Controls, surrogates, unassigned and format characters: the last turn the direction of reading around.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe_name(name: str, extension: str | None = None) -> str:
    """The last part of a given name without anything treacherous; `extension` (with its dot) replaces another one.

    Never empty, never hidden, at most 120 characters.
    """
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c) not in _UNSEEN)
    tidy = re.sub(r"\s+", " ", _FORBIDDEN.sub("_", seen)).strip(" .")
    stem, dot, ending = tidy.rpartition(".")
    if not dot or not ending.isalnum() or len(ending) > 5:
        stem, ending = tidy, ""
    kept = extension if extension is not None else f".{ending.lower()}" if ending else ""
    return f"{stem[: _LONGEST - len(kept)].strip(' .') or _NAMELESS}{kept}"
