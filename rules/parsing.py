"""Reading rules that somebody wrote down: every mistake named, by rule and field, and nothing too large looked into."""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, get_args

from pydantic import ValidationError

from rules.language import (
    ClassifierPolicy,
    Condition,
    HourIs,
    Leaf,
    Rule,
    RuleDocument,
    Text,
    below_of,
    leaves,
)

GROUPS = frozenset({"all", "any", "none"})
# Controls except tab, line feed and carriage return, and halves of pairs: no database stores the first of them, nobody
# types them.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class RuleFault(StrEnum):
    """What can be wrong with a rule. The door has words for each."""

    # how it is written
    REQUIRED = "REQUIRED"
    WRONG_TYPE = "WRONG_TYPE"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    UNKNOWN_TEST = "UNKNOWN_TEST"
    UNKNOWN_CODE = "UNKNOWN_CODE"
    BAD_RULE_CODE = "BAD_RULE_CODE"
    TOO_LONG = "TOO_LONG"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    CONTROL_CHARACTER = "CONTROL_CHARACTER"
    BEFORE_START = "BEFORE_START"
    SAME_HOUR = "SAME_HOUR"
    WITH_TIME_ZONE = "WITH_TIME_ZONE"
    CONTINUES_WITH_QUEUE = "CONTINUES_WITH_QUEUE"
    UNREADABLE = "UNREADABLE"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    # how much it is
    TOO_MANY = "TOO_MANY"
    TOO_MANY_RULES = "TOO_MANY_RULES"
    TOO_MANY_CONDITIONS = "TOO_MANY_CONDITIONS"
    TOO_MANY_WORDS = "TOO_MANY_WORDS"
    TOO_MANY_PHRASES = "TOO_MANY_PHRASES"
    TOO_DEEP = "TOO_DEEP"
    # what it speaks of
    DUPLICATE_CODE = "DUPLICATE_CODE"
    UNKNOWN_AGENCY = "UNKNOWN_AGENCY"
    UNKNOWN_OFFICE_KIND = "UNKNOWN_OFFICE_KIND"
    UNKNOWN_CATEGORY = "UNKNOWN_CATEGORY"
    UNKNOWN_REGION = "UNKNOWN_REGION"
    UNKNOWN_MECHANISM = "UNKNOWN_MECHANISM"
    AGENCY_ENDED = "AGENCY_ENDED"
    AGENCY_NOT_YET = "AGENCY_NOT_YET"
    CATEGORY_ENDED = "CATEGORY_ENDED"
    OUTSIDE_MECHANISM = "OUTSIDE_MECHANISM"
    COPY_TO_ITSELF = "COPY_TO_ITSELF"
    COPY_TWICE = "COPY_TWICE"
    NO_WORDS = "NO_WORDS"
    AGREEMENT_WITHOUT_AGENCY = "AGREEMENT_WITHOUT_AGENCY"
    # what it does not do
    SHADOWED = "SHADOWED"
    BELOW_ALWAYS = "BELOW_ALWAYS"


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One thing wrong: which rule (empty: the set itself), which field ("when.all.0.text.words"), what, its numbers."""

    rule: str
    field: str
    code: RuleFault
    data: Mapping[str, str | int] = dataclasses.field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class RuleLimits:
    """How large rules may become. A phrase is counted in characters and in words, depth in conditions within others."""

    rules: int = 5_000
    conditions: int = 200
    depth: int = 8
    # Of the codes that one test lists.
    values: int = 1_000
    phrase_length: int = 200
    phrase_words: int = 12
    phrases: int = 20_000
    tags: int = 10
    copies: int = 10


class BadRules(ValueError):
    """What was given are no rules; every problem found is named."""

    def __init__(self, problems: Sequence[RuleProblem]) -> None:
        super().__init__("; ".join(f"{problem.rule}.{problem.field}: {problem.code}" for problem in problems[:10]))
        self.problems = tuple(problems)


def read_rule(data: Any, limits: RuleLimits, *, called: str = "") -> Rule:
    """The rule that `data` (from JSON, YAML or an input) says. `called` names one without a code of its own.

    Raises `BadRules`; what is too large or nested too deep is refused before anything walks it.
    """
    if not isinstance(data, Mapping):
        raise BadRules([RuleProblem(called, "", RuleFault.WRONG_TYPE, {"expected": "mapping"})])
    name = data.get("code")
    rule = name[:60] if isinstance(name, str) and name else called
    problems = list(_oversize(rule, data, limits))
    if problems:
        raise BadRules(problems)
    try:
        read = Rule.model_validate(data)
    except ValidationError as error:
        raise BadRules(_translated(rule, error)) from None
    zoned = list(_zoned(read))
    if zoned:
        raise BadRules(zoned)
    return read


def read_policy(data: Any, limits: RuleLimits) -> ClassifierPolicy:
    """What the classifier may do beside the rules. Raises `BadRules`, its fields below "classifier"."""
    if not isinstance(data, Mapping):
        raise BadRules([RuleProblem("", "classifier", RuleFault.WRONG_TYPE, {"expected": "mapping"})])
    agencies = data.get("agencies")
    if isinstance(agencies, Mapping) and len(agencies) > limits.values:
        told = {"max": limits.values, "length": len(agencies)}
        raise BadRules([RuleProblem("", "classifier.agencies", RuleFault.TOO_MANY, told)])
    try:
        return ClassifierPolicy.model_validate(data)
    except ValidationError as error:
        raise BadRules(_translated("", error, below=("classifier",))) from None


def read_document(data: Any, limits: RuleLimits) -> RuleDocument:
    """The whole rule set that `data` says; raises `BadRules` with what is wrong in all of its rules."""
    if not isinstance(data, Mapping):
        raise BadRules([RuleProblem("", "", RuleFault.WRONG_TYPE, {"expected": "mapping"})])
    given = data.get("rules")
    if not isinstance(given, list | tuple):
        told = {"expected": "list"}
        code = RuleFault.REQUIRED if given is None else RuleFault.WRONG_TYPE
        raise BadRules([RuleProblem("", "rules", code, {} if given is None else told)])
    if len(given) > limits.rules:
        told_rules = {"max": limits.rules, "length": len(given)}
        raise BadRules([RuleProblem("", "rules", RuleFault.TOO_MANY_RULES, told_rules)])
    problems: list[RuleProblem] = []
    rules: list[Rule] = []
    for number, entry in enumerate(given, start=1):
        try:
            rules.append(read_rule(entry, limits, called=f"#{number}"))
        except BadRules as bad:
            problems += bad.problems
    policy = ClassifierPolicy()
    try:
        policy = read_policy(data.get("classifier") or {}, limits)
    except BadRules as bad:
        problems += bad.problems
    problems += duplicates(rules)
    problems += crowd(rules, limits)
    problems += _oversize("", {"reason": data.get("reason")}, limits)
    rest = {key: value for key, value in data.items() if key not in ("rules", "classifier")}
    try:
        document = RuleDocument.model_validate({**rest, "rules": ()})
    except ValidationError as error:
        raise BadRules([*problems, *_translated("", error)]) from None
    if problems:
        raise BadRules(problems)
    return document.model_copy(update={"rules": tuple(rules), "classifier": policy})


def duplicates(rules: Sequence[Rule]) -> Iterator[RuleProblem]:
    """One problem for each rule whose code another one before it has."""
    seen: set[str] = set()
    for rule in rules:
        if rule.code in seen:
            yield RuleProblem(rule.code, "code", RuleFault.DUPLICATE_CODE, {"given": rule.code})
        seen.add(rule.code)


def crowd(rules: Sequence[Rule], limits: RuleLimits) -> Iterator[RuleProblem]:
    """What is too much of all rules together."""
    if len(rules) > limits.rules:
        yield RuleProblem("", "rules", RuleFault.TOO_MANY_RULES, {"max": limits.rules, "length": len(rules)})
    phrases = sum(isinstance(leaf, Text) for rule in rules for leaf in leaves(rule.when))
    if phrases > limits.phrases:
        yield RuleProblem("", "rules", RuleFault.TOO_MANY_PHRASES, {"max": limits.phrases, "length": phrases})


def single_tests(rule: Rule) -> Iterator[tuple[str, Leaf]]:
    """The single tests of a rule from left to right, each with its path ("when.all.0.text")."""
    open_ones: list[tuple[str, Any]] = [] if rule.when is None else [("when", rule.when)]
    while open_ones:
        path, node = open_ones.pop()
        below = below_of(node)
        path = f"{path}.{TEST_NAMES[type(node)]}"
        if below is None:
            yield path, node
        else:
            open_ones += [(f"{path}.{at}", child) for at, child in reversed(list(enumerate(below)))]


def _zoned(rule: Rule) -> Iterator[RuleProblem]:
    """Hours are hours of Jakarta; one of another zone could not even be compared."""
    for path, test in single_tests(rule):
        if isinstance(test, HourIs):
            for name, hour in (("since", test.hours.since), ("until", test.hours.until)):
                if hour.tzinfo is not None:
                    yield RuleProblem(rule.code, f"{path}.{name}", RuleFault.WITH_TIME_ZONE)


def _oversize(rule: str, data: Mapping[Any, Any], limits: RuleLimits) -> Iterator[RuleProblem]:
    """What is too much of one rule, without recursion and without looking into what is too much already."""
    conditions = 0
    # A value, its path, what it is: a condition, the list in a group, or anything else; and how deep conditions nest.
    open_ones: list[tuple[Any, str, str, int]] = [(data, "", "rule", 0)]
    while open_ones:
        value, path, role, depth = open_ones.pop()
        if isinstance(value, str):
            yield from _oversize_text(rule, value, path, limits)
        elif isinstance(value, Mapping | list | tuple):
            if role == "condition":
                conditions, depth = conditions + 1, depth + 1
            if depth > limits.depth:
                yield RuleProblem(rule, path, RuleFault.TOO_DEEP, {"max": limits.depth})
                return
            most, code = _most(path, role, limits)
            together = len(value) + (conditions if role == "group" else 0)
            if together > most:
                yield RuleProblem(rule, path, code, {"max": most, "length": together})
                return
            open_ones += [(below, *place, depth) for below, *place in _inside(value, path, role)]
    if conditions > limits.conditions:
        told = {"max": limits.conditions, "length": conditions}
        yield RuleProblem(rule, "when", RuleFault.TOO_MANY_CONDITIONS, told)


def _inside(value: Any, path: str, role: str) -> Iterator[tuple[Any, str, str]]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield below, _path(path, key), _role(role, key)
        return
    for at, below in enumerate(value):
        yield below, _path(path, at), "condition" if role == "group" else "value"


def _role(around: str, key: Any) -> str:
    if around == "rule":
        return "condition" if key == "when" else "value"
    return "group" if around == "condition" and key in GROUPS else "value"


def _most(path: str, role: str, limits: RuleLimits) -> tuple[int, RuleFault]:
    if role == "group":
        return limits.conditions, RuleFault.TOO_MANY_CONDITIONS
    return {"then.tags": limits.tags, "then.copies": limits.copies}.get(path, limits.values), RuleFault.TOO_MANY


def _oversize_text(rule: str, value: str, path: str, limits: RuleLimits) -> Iterator[RuleProblem]:
    if path.endswith("text.words"):
        if len(value) > limits.phrase_length:
            told = {"max": limits.phrase_length, "length": len(value)}
            yield RuleProblem(rule, path, RuleFault.TOO_LONG, told)
            return
        words = len(value.split())
        if words > limits.phrase_words:
            told = {"max": limits.phrase_words, "length": words}
            yield RuleProblem(rule, path, RuleFault.TOO_MANY_WORDS, told)
    if _UNPRINTABLE.search(value):
        yield RuleProblem(rule, path, RuleFault.CONTROL_CHARACTER)


def _path(around: str, below: Any) -> str:
    # A key that somebody made up does not make the path as long as it pleases.
    return f"{around}.{str(below)[:60]}" if around else str(below)[:60]


# What the language itself objects to, by its words: the field it is about, below the one that is named, and the fault.
_OBJECTIONS: Mapping[str, tuple[tuple[str, ...], RuleFault]] = MappingProxyType(
    {
        "one of since and until is needed": ((), RuleFault.REQUIRED),
        "since must come before until": (("until",), RuleFault.BEFORE_START),
        "since and until must differ": (("until",), RuleFault.SAME_HOUR),
        "a rule that continues chooses neither queue nor mechanism": (("continue",), RuleFault.CONTINUES_WITH_QUEUE),
        "a rule that does not continue needs a queue": (("queue",), RuleFault.REQUIRED),
        "valid_from must come before valid_to": (("validTo",), RuleFault.BEFORE_START),
    }
)
_FAULTS: Mapping[str, RuleFault] = MappingProxyType(
    {
        "missing": RuleFault.REQUIRED,
        "too_short": RuleFault.REQUIRED,
        "string_too_short": RuleFault.REQUIRED,
        "extra_forbidden": RuleFault.UNKNOWN_FIELD,
        "union_tag_not_found": RuleFault.UNKNOWN_TEST,
        "union_tag_invalid": RuleFault.UNKNOWN_TEST,
        "enum": RuleFault.UNKNOWN_CODE,
        "string_pattern_mismatch": RuleFault.BAD_RULE_CODE,
        "string_too_long": RuleFault.TOO_LONG,
        "greater_than_equal": RuleFault.OUT_OF_RANGE,
        "less_than_equal": RuleFault.OUT_OF_RANGE,
        "finite_number": RuleFault.OUT_OF_RANGE,
        "string_unicode": RuleFault.CONTROL_CHARACTER,
    }
)
_RANGES: Mapping[str, tuple[int, int]] = MappingProxyType({"position": (0, 1_000_000), "within": (2, 100)})
_EXPECTED = (
    ("date", "date"), ("time", "time"), ("int", "number"), ("float", "number"), ("bool", "boolean"),
    ("string", "text"), ("tuple", "list"), ("iter", "list"), ("mapping", "mapping"), ("dict", "mapping"),
    ("model", "mapping"),
)  # fmt: skip


def _translated(rule: str, error: ValidationError, below: tuple[str, ...] = ()) -> list[RuleProblem]:
    details = error.errors(include_url=False)
    paths = [(*below, *_without_tags(detail["loc"])) for detail in details]
    found = []
    for detail, path in zip(details, paths, strict=True):
        # A list of which nothing could be read is called too short as well.
        is_echo = detail["type"] == "too_short" and any(other != path and other[: len(path)] == path for other in paths)
        if not is_echo:
            found.append(_problem(rule, path, detail))
    return found


def _without_tags(loc: tuple[int | str, ...]) -> tuple[str, ...]:
    """Pydantic names the kind of a condition before its field, which has the same name."""
    path: list[str] = []
    is_condition, skips = False, False
    for step in loc:
        if skips:
            skips = False
            continue
        path.append(str(step)[:60])
        before = path[-2] if len(path) > 1 else ""
        is_condition = (len(path) == 1 and step == "when") or (isinstance(step, int) and before in GROUPS)
        skips = is_condition
    return tuple(path)


def _problem(rule: str, path: tuple[str, ...], detail: Mapping[str, Any]) -> RuleProblem:
    kind, told = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        below, code = _OBJECTIONS[str(told["error"])]
        return RuleProblem(rule, ".".join((*path, *below)), code)
    code = _FAULTS.get(kind, RuleFault.WRONG_TYPE)
    return RuleProblem(rule, ".".join(path), code, _data(code, path, detail))


def _data(code: RuleFault, path: tuple[str, ...], detail: Mapping[str, Any]) -> dict[str, str | int]:
    kind, told = detail["type"], detail.get("ctx", {})
    match code:
        case RuleFault.UNKNOWN_TEST:
            return {"allowed": ", ".join(TEST_NAMES.values())}
        case RuleFault.UNKNOWN_CODE:
            return {"allowed": str(told["expected"]).replace("'", "").replace(" or ", ", ")}
        case RuleFault.TOO_LONG:
            return {"max": int(told["max_length"]), "length": len(detail["input"])}
        case RuleFault.OUT_OF_RANGE:
            least, most = _RANGES.get(path[-1] if path else "", (0, 1))
            return {"min": least, "max": most}
        case RuleFault.WRONG_TYPE:
            return {"expected": next((word for start, word in _EXPECTED if kind.startswith(start)), "mapping")}
        case _:
            return {}


def _names() -> Iterator[tuple[type, str]]:
    for annotated in get_args(get_args(Condition)[0]):
        kind = get_args(annotated)[0]
        ((name, field_info),) = kind.model_fields.items()
        yield kind, str(field_info.alias or name)


# How each kind of condition is written.
TEST_NAMES: Mapping[type, str] = MappingProxyType(dict(_names()))
