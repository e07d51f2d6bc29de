"""How large a document is before anything of it runs: depth, aliases and cost, each fragment measured once."""

from collections.abc import Iterable
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
    VariableNode,
)


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """The settings that apply to one document. `page` is what a page size given by a variable counts as."""

    depth: int
    tokens: int
    aliases: int
    cost: int
    page: int
    allow_introspection: bool


@dataclass(frozen=True, slots=True)
class Size:
    """Levels of fields, aliases, and fields to answer, those below a page once per row."""

    depth: int = 0
    aliases: int = 0
    cost: int = 0


def measuring_rule(limits: DocumentLimits) -> type[ValidationRule]:
    """A validation rule that refuses documents over the limits.

    Strawberry's own limiters expand fragments again at every spread: thirty fragments that each spread the next
    one twice would keep a core busy for hours. Here every fragment is measured once.
    """

    class MeasuringRule(ValidationRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            size = measured(context.document, limits.page)
            for name, found, most in (
                ("levels deep", size.depth, limits.depth),
                ("aliases", size.aliases, limits.aliases),
                ("fields to answer", size.cost, limits.cost),
            ):
                if found > most:
                    message = f"The document has {found} {name}; at most {most} are allowed."
                    context.report_error(GraphQLError(message))

    return MeasuringRule


def measured(document: DocumentNode, page: int) -> Size:
    """The size of all operations of a document together; the depth is that of the deepest."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    ruler = _Ruler(fragments, page)
    return _sum(
        ruler.size(node.selection_set) for node in document.definitions if isinstance(node, OperationDefinitionNode)
    )


class _Ruler:
    def __init__(self, fragments: dict[str, FragmentDefinitionNode], page: int) -> None:
        self._fragments = fragments
        self._page = page
        self._known: dict[str, Size] = {}

    def size(self, selected: SelectionSetNode | None) -> Size:
        return Size() if selected is None else _sum(map(self._node, selected.selections))

    def _node(self, node: object) -> Size:
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        inner = self.size(getattr(node, "selection_set", None))
        if not isinstance(node, FieldNode):
            return inner
        return Size(
            depth=inner.depth + 1,
            aliases=inner.aliases + (node.alias is not None),
            cost=1 + inner.cost * self._rows(node),
        )

    def _fragment(self, name: str) -> Size:
        if name not in self._known:
            # Stands for itself while it is measured: a fragment that contains itself is refused by another rule.
            self._known[name] = Size()
            if name in self._fragments:
                self._known[name] = self.size(self._fragments[name].selection_set)
        return self._known[name]

    def _rows(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last"):
                if isinstance(argument.value, VariableNode):
                    return self._page
                if isinstance(argument.value, IntValueNode):
                    # A longer numeral is over every limit already, and slow to read.
                    return int(argument.value.value) if len(argument.value.value) <= 4 else 10_000
        return 1


def _sum(sizes: Iterable[Size]) -> Size:
    depth = aliases = cost = 0
    for size in sizes:
        depth = max(depth, size.depth)
        aliases += size.aliases
        cost += size.cost
    return Size(depth, aliases, cost)
