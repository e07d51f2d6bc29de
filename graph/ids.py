"""Global ids in, row ids out."""

from uuid import UUID

from strawberry import relay

from complaints.refusals import Invalid, Problem


def row_id(global_id: relay.GlobalID, type_name: str, field: str = "id") -> UUID:
    """The row behind a global id. Raises `Invalid` for the id of another type or one we did not make."""
    try:
        if global_id.type_name == type_name:
            return UUID(global_id.node_id)
    except ValueError:
        pass
    raise Invalid(Problem(field, "BAD_ID", {"type": type_name}))


def optional_row_id(global_id: relay.GlobalID | None, type_name: str, field: str) -> UUID | None:
    """The same for an id that may be left out."""
    return None if global_id is None else row_id(global_id, type_name, field)
