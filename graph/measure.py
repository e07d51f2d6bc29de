"""How large a document is before anything of it runs: depth, aliases and cost, each fragment measured once."""

from collections.abc import Iterable
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NamedTypeNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

# What a list is taken to hold when nothing says how many: the regencies of a province, the steps of a complaint.
LIST_ROWS = 10
# What a page holds when the client leaves the size out, see `complaints.reader.window_of`.
PAGE_ROWS = 20


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
    """Levels of fields, aliases, and fields to answer, those below a page or a list once per row."""

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
            size = measured(context.schema, context.document, limits.page)
            for name, found, most in (
                ("levels deep", size.depth, limits.depth),
                ("aliases", size.aliases, limits.aliases),
                ("fields to answer", size.cost, limits.cost),
            ):
                if found > most:
                    message = f"The document has {found} {name}; at most {most} are allowed."
                    context.report_error(GraphQLError(message))

    return MeasuringRule


def measured(schema: GraphQLSchema, document: DocumentNode, page: int) -> Size:
    """The size of all operations of a document together; the depth is that of the deepest."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    ruler = _Ruler(schema, fragments, page)
    return _sum(
        ruler.size(node.selection_set, schema.get_root_type(node.operation))
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    )


class _Ruler:
    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode], page: int) -> None:
        self._schema = schema
        self._fragments = fragments
        self._page = page
        self._known: dict[str, Size] = {}

    def size(self, selected: SelectionSetNode | None, parent: GraphQLNamedType | None) -> Size:
        return Size() if selected is None else _sum(self._node(node, parent) for node in selected.selections)

    def _node(self, node: object, parent: GraphQLNamedType | None) -> Size:
        match node:
            case FragmentSpreadNode():
                return self._fragment(node.name.value)
            case InlineFragmentNode():
                return self.size(node.selection_set, self._named(node.type_condition, parent))
            case FieldNode():
                return self._field(node, parent)
        return Size()

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Size:
        fields = parent.fields if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else {}
        field = fields.get(node.name.value)
        inner = self.size(node.selection_set, None if field is None else get_named_type(field.type))
        rows = 1
        if field is not None and "first" in field.args:
            rows = self._page_size(node)
        elif field is not None and is_list_type(get_nullable_type(field.type)) and not _is_connection(parent):
            rows = LIST_ROWS
        return Size(inner.depth + 1, inner.aliases + (node.alias is not None), 1 + inner.cost * rows)

    def _fragment(self, name: str) -> Size:
        if name not in self._known:
            # Stands for itself while it is measured: a fragment that contains itself is refused by another rule.
            self._known[name] = Size()
            if name in self._fragments:
                fragment = self._fragments[name]
                self._known[name] = self.size(fragment.selection_set, self._named(fragment.type_condition, None))
        return self._known[name]

    def _named(self, condition: NamedTypeNode | None, otherwise: GraphQLNamedType | None) -> GraphQLNamedType | None:
        return otherwise if condition is None else self._schema.get_type(condition.name.value)

    def _page_size(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last"):
                if isinstance(argument.value, VariableNode):
                    return self._page
                if isinstance(argument.value, IntValueNode):
                    # A longer numeral is over every limit already, and slow to read.
                    return int(argument.value.value) if len(argument.value.value) <= 4 else 10_000
        return PAGE_ROWS


def _is_connection(parent: GraphQLNamedType | None) -> bool:
    """The rows of a connection were counted where its size was given."""
    return parent is not None and parent.name.endswith("Connection")


def _sum(sizes: Iterable[Size]) -> Size:
    depth = aliases = cost = 0
    for size in sizes:
        depth = max(depth, size.depth)
        aliases += size.aliases
        cost += size.cost
    return Size(depth, aliases, cost)
