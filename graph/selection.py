"""What a document asks for below a field, so that one read can fetch all of it."""

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)

from graph.context import Info


def selected_names(info: Info) -> frozenset[str]:
    """The GraphQL names of all fields anywhere below the current one, fragments included.

    By name and not by path: a batch fetched for nothing costs a statement, one forgotten would be a wrong answer.
    """
    raw = info._raw_info
    names: set[str] = set()
    unseen = dict(raw.fragments)
    for node in raw.field_nodes:
        _collect(node.selection_set, unseen, names)
    return frozenset(names)


def _collect(selected: SelectionSetNode | None, unseen: dict[str, FragmentDefinitionNode], names: set[str]) -> None:
    for node in () if selected is None else selected.selections:
        match node:
            case FieldNode():
                names.add(node.name.value)
                _collect(node.selection_set, unseen, names)
            case InlineFragmentNode():
                _collect(node.selection_set, unseen, names)
            case FragmentSpreadNode():
                # Once is enough for a set of names, and keeps fragments within fragments from multiplying.
                fragment = unseen.pop(node.name.value, None)
                if fragment is not None:
                    _collect(fragment.selection_set, unseen, names)
