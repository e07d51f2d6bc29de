"""House rules that no tool knows: each looks at one parsed file and names the lines that break it."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("server", "graph", "complaints", "models", "ml", "rules")
LONGEST_FILE = 400
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
NAMES_THAT_ACCEPT_ANYTHING = frozenset({"utils", "util", "helpers", "helper", "common", "misc", "core", "services"})


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its path from the root, with slashes, and what is in it."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text)


def sources(*folders: str) -> Iterator[Source]:
    """All our Python files below these folders; what alembic wrote is not ours."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT).as_posix()
            if not relative.startswith("models/migrations/versions/"):
                yield Source(relative, path.read_text(encoding="utf-8"))


def only_work_commits(source: Source) -> Iterator[int]:
    """`commit` belongs to `Workshop.work`, and to migrations."""
    if source.path not in ("complaints/work.py", "models/schema.py"):
        yield from (call.lineno for call in _calls(source) if _attribute(call) == "commit")


def one_clock(source: Source) -> Iterator[int]:
    """The time of day is an argument everywhere else."""
    if source.path != "server/runtime.py":
        for call in _calls(source):
            if _dotted(call.func).rpartition(".")[0].split(".")[-1] in ("datetime", "date") and _attribute(call) in (
                "now",
                "utcnow",
                "today",
            ):
                yield call.lineno


def no_statements_at_the_door(source: Source) -> Iterator[int]:
    """GraphQL asks `complaints` for statements."""
    if source.path.startswith("graph/"):
        for call in _calls(source):
            library, _, name = _dotted(call.func).rpartition(".")
            if name in ("select", "insert", "update", "delete", "text") and library in ("", "sa", "sqlalchemy"):
                yield call.lineno


def no_silent_catch_all(source: Source) -> Iterator[int]:
    """Whoever catches everything raises it again or logs it."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and (
            node.type is None or _dotted(node.type).split(".")[-1] in ("Exception", "BaseException")
        ):
            inside = [part for statement in node.body for part in ast.walk(statement)]
            tells = any(isinstance(part, ast.Call) and _is_log(part) for part in inside)
            if not tells and not any(isinstance(part, ast.Raise) for part in inside):
                yield node.lineno


def events_have_fixed_names(source: Source) -> Iterator[int]:
    """Log lines are searched by name: data are keys, never part of it."""
    for call in _calls(source):
        if _is_log(call) and call.args and not isinstance(call.args[0], ast.Constant):
            yield call.lineno


def no_name_that_accepts_anything(source: Source) -> Iterator[int]:
    """A module says what it is for."""
    if NAMES_THAT_ACCEPT_ANYTHING.intersection(Path(source.path).with_suffix("").parts):
        yield 1


def short_enough_to_read(source: Source) -> Iterator[int]:
    """One file is one sitting."""
    if source.text.count("\n") > LONGEST_FILE:
        yield LONGEST_FILE + 1


def the_environment_is_read_by_the_server(source: Source) -> Iterator[int]:
    """Other rooms are given values."""
    if not source.path.startswith("server/"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and _dotted(node) in ("os.environ", "os.getenv"):
                yield node.lineno


RULES: Mapping[str, Callable[[Source], Iterator[int]]] = {
    rule.__name__: rule
    for rule in (
        only_work_commits,
        one_clock,
        no_statements_at_the_door,
        no_silent_catch_all,
        events_have_fixed_names,
        no_name_that_accepts_anything,
        short_enough_to_read,
        the_environment_is_read_by_the_server,
    )
}


def _calls(source: Source) -> Iterator[ast.Call]:
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))


def _attribute(call: ast.Call) -> str | None:
    return call.func.attr if isinstance(call.func, ast.Attribute) else None


def _is_log(call: ast.Call) -> bool:
    logger = _dotted(call.func).rpartition(".")[0].split(".")[-1]
    return _attribute(call) in LEVELS and logger in ("log", "logger", "_log", "logging", "get_logger()")


def _dotted(node: ast.expr) -> str:
    """`a.b.c` as it is written; a call in it keeps its parentheses."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{_dotted(node.func)}()"
    return node.id if isinstance(node, ast.Name) else ""
