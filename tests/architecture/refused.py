"""Which refusals a function can lead to, read from the code: what it makes, and what whatever it calls makes."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from tests.architecture.house import Source, sources

REFUSALS = frozenset({"NotFound", "NotAllowed", "NotSignedIn", "IllegalStep", "Stale", "Invalid", "TooMany", "Busy"})
# What a variable of this name is, everywhere in `complaints` and `graph`.
KINDS = {
    "work": "Work",
    "workshop": "Workshop",
    "problems": "Problems",
    "clocks": "Clocks",
    "context": "Context",
    "throttle": "Throttle",
}


# These do what they are given to many items and answer for each: what one is refused with is no refusal of the whole.
FOR_EACH = frozenset({"one_by_one", "_for_each"})


@dataclass(slots=True)
class Function:
    """One function: the refusals it makes, and the calls in it, each with the keywords it is called with."""

    makes: set[str] = field(default_factory=set)
    calls: list[tuple[str, frozenset[str]]] = field(default_factory=list)


@cache
def functions() -> Mapping[str, Function]:
    """Every function of `complaints` and `graph`: by its name, or `Kind.name` for a method."""
    found: dict[str, Function] = {}
    for source in sources("complaints", "graph"):
        for name, node in _definitions(source):
            _read(node, name.rpartition(".")[0], found.setdefault(name, Function()))
    # What no call shows: a session that waits for a lock, a throttle behind a protocol.
    found["Workshop.work"].makes.add("Busy")
    found["Throttle.count"].makes.add("TooMany")
    return found


def refusals_of(name: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """Everything a function can refuse with."""
    function = functions().get(name)
    if function is None or name in seen:
        return frozenset()
    found = set(function.makes)
    for called, keywords in function.calls:
        below = refusals_of(called, seen | {name})
        # Only who says what was seen can have seen something old.
        found |= below - {"Stale"} if called == "Work.complaint" and "seen_version" not in keywords else below
    return frozenset(found)


def _definitions(source: Source) -> Iterator[tuple[str, ast.AST]]:
    for node in source.tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{node.name}.{inner.name}", inner


def _read(node: ast.AST, own_kind: str, function: Function) -> None:
    for call in _walked(node):
        if isinstance(call, ast.Call):
            name = _called(call.func, own_kind)
            if name in REFUSALS:
                function.makes.add(name)
            function.calls.append((name, frozenset(keyword.arg or "" for keyword in call.keywords)))


def _walked(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    is_for_each = isinstance(node, ast.Call) and _called(node.func, "") in FOR_EACH
    for child in ast.iter_child_nodes(node):
        if not (is_for_each and isinstance(child, ast.Lambda)):
            yield from _walked(child)


def _called(target: ast.expr, own_kind: str) -> str:
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        owner = target.value
        variable = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
        return f"{own_kind if variable == 'self' else KINDS.get(variable, '')}.{target.attr}"
    return ""
