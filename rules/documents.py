"""Rule sets as files: written so that people can review them, read back exactly, compared field by field."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel

from rules.language import ClassifierPolicy, Rule, RuleDocument
from rules.parsing import BadRules, RuleFault, RuleLimits, RuleProblem, read_document

_DEEPEST = 60
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def plain(part: BaseModel) -> dict[str, Any]:
    """A part of the language as it is stored and written: only what differs from what goes without saying."""
    return part.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def ordered(document: RuleDocument) -> RuleDocument:
    """The same document with its rules in the order in which they are asked."""
    rules = tuple(sorted(document.rules, key=lambda rule: (rule.position, rule.code)))
    return document.model_copy(update={"rules": rules})


def to_yaml(document: RuleDocument) -> str:
    """The document as YAML in an order that stays, so that two versions differ only in what changed."""
    data = plain(ordered(document))
    if "agencies" in data.get("classifier", {}):
        data["classifier"]["agencies"] = dict(sorted(data["classifier"]["agencies"].items()))
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def from_yaml(text: str, limits: RuleLimits) -> RuleDocument:
    """What `to_yaml` wrote, or somebody by hand. Raises `BadRules`.

    Every value is read as it is written: 22:00 is an hour, 33.10 a region, NO a word. Anchors, tags and keys that
    stand twice are refused: what a reviewer sees is what acts.
    """
    try:
        problem = _look_through(text)
        if problem is not None:
            raise BadRules([problem])
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a loader of texts, lists and mappings only
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = 0 if mark is None else mark.line + 1
        raise BadRules([RuleProblem("", "", RuleFault.UNREADABLE, {"line": line})]) from None
    return read_document(data, limits)


def schema() -> dict[str, Any]:
    """The JSON Schema of a document, for editors and for whoever writes rules with a program."""
    described = RuleDocument.model_json_schema(by_alias=True)
    return {"$schema": _DIALECT, "title": "Rules of Salur", **{k: v for k, v in described.items() if k != "title"}}


def schema_text() -> str:
    """The JSON Schema as it is committed in `docs/rules.schema.json`."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: its path ("then.urgency"), and both values as they are written; None where it is not."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What is different about one rule."""

    code: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """What differs between two documents, rules by code. `moved` are those whose position is another."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[RuleChange, ...] = ()
    moved: tuple[str, ...] = ()
    policy: tuple[FieldChange, ...] = ()

    @property
    def codes(self) -> frozenset[str]:
        """Every rule that differs in anything."""
        changed = {change.code for change in self.changed}
        return frozenset({*self.added, *self.removed, *self.moved, *changed})

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.codes or self.policy)


def diff(before: RuleDocument, after: RuleDocument) -> RuleChanges:
    """What `after` does otherwise than `before`."""
    old = {rule.code: rule for rule in before.rules}
    new = {rule.code: rule for rule in after.rules}
    both = [code for code in new if code in old]
    changes = ((code, tuple(_rule_fields(old[code], new[code]))) for code in both)
    return RuleChanges(
        added=tuple(code for code in new if code not in old),
        removed=tuple(code for code in old if code not in new),
        changed=tuple(RuleChange(code, fields) for code, fields in changes if fields),
        moved=tuple(code for code in both if old[code].position != new[code].position),
        policy=tuple(_policy_fields(before.classifier, after.classifier)),
    )


def _rule_fields(before: Rule, after: Rule) -> Iterator[FieldChange]:
    if before == after:
        return
    old, new = plain(before), plain(after)
    for moved in (old, new):
        del moved["position"]
    yield from _fields("", old, new)


def _policy_fields(before: ClassifierPolicy, after: ClassifierPolicy) -> Iterator[FieldChange]:
    return _fields("", plain(before), plain(after))


def _fields(path: str, before: Any, after: Any) -> Iterator[FieldChange]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            below = f"{path}.{key}" if path else str(key)
            yield from _fields(below, before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for at, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _fields(f"{path}.{at}", one, other)
    else:
        yield FieldChange(path, before, after)


class _Dumper(yaml.SafeDumper):
    """Writes lists indented below their key, and nothing twice by reference."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


class _Loader(yaml.CSafeLoader):
    """Reads every plain value as a text, but for nothing: what it means, the language decides."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML declares it as an instance variable


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null)?$"), ["~", "n", ""])


def _look_through(text: str) -> RuleProblem | None:
    """What must be refused before a tree is built of it: depth, anchors, tags, keys that stand twice."""
    # For each open collection: the keys seen, None for a list; and whether a key comes next.
    open_ones: list[set[str] | None] = []
    key_is_next: list[bool] = []
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        is_more_than_it_says = getattr(event, "anchor", None) is not None or getattr(event, "tag", None) is not None
        if isinstance(event, yaml.AliasEvent) or is_more_than_it_says:
            return _at(event, RuleFault.UNREADABLE)
        if isinstance(event, yaml.CollectionEndEvent):
            open_ones.pop()
            key_is_next.pop()
            continue
        is_value = isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        if is_value and open_ones and (seen := open_ones[-1]) is not None:
            if key_is_next[-1] and isinstance(event, yaml.ScalarEvent):
                if event.value in seen:
                    return _at(event, RuleFault.DUPLICATE_KEY, given=event.value[:60])
                seen.add(event.value)
            key_is_next[-1] = not key_is_next[-1]
        if isinstance(event, yaml.CollectionStartEvent):
            open_ones.append(set() if isinstance(event, yaml.MappingStartEvent) else None)
            key_is_next.append(True)
            if len(open_ones) > _DEEPEST:
                return _at(event, RuleFault.TOO_DEEP, max=_DEEPEST)
    return None


def _at(event: Any, code: RuleFault, **data: str | int) -> RuleProblem:
    return RuleProblem("", "", code, {"line": event.start_mark.line + 1, **data})
