"""Somebody with an account, as they see themselves."""

from typing import Protocol, Self
from uuid import UUID

import strawberry
from strawberry import relay

from complaints.policy import Actor, granted
from graph.context import Context
from graph.types.catalogue import Agency, agency_of
from rules.vocabulary import Action, Role


class Account(Protocol):
    """What is shown of an account; a mapped row and a row of a listing both have it."""

    @property
    def id(self) -> UUID: ...
    @property
    def login(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def agency_id(self) -> UUID | None: ...


@strawberry.type(description="Yourself.")
class Person(relay.Node):
    """A row of `person`; nobody sees anybody else's."""

    id: relay.NodeID[UUID]
    login: str
    name: str
    role: Role
    agency: Agency | None = strawberry.field(description="The agency or unit you work for.")
    actions: list[Action] = strawberry.field(description="What your role may do.")

    @classmethod
    def of(cls, context: Context, row: Account) -> Self:
        """The row as its owner sees it."""
        return cls(
            id=row.id,
            login=row.login,
            name=row.name,
            role=row.role,
            agency=agency_of(context, row.agency_id),
            actions=sorted(granted(Actor(row.role))),
        )
