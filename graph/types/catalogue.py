"""Agencies, categories, regions and the small reference lists."""

from datetime import date
from typing import Self
from uuid import UUID

import strawberry
from strawberry import relay

from complaints.knowledge import AgencyRow, CategoryRow
from graph.context import Context, Info
from rules.places import Region as Place
from rules.places import RegionKind, ancestors, children
from rules.vocabulary import AgencyLevel, Connection, TermKind

strawberry.enum(RegionKind, description="Province, regency, city or district.")


@strawberry.type(description="A body that answers complaints. A work unit is an agency of level UNIT with a parent.")
class Agency(relay.Node):
    """An `AgencyRow`."""

    id: relay.NodeID[UUID]
    code: str
    name: str
    short_name: str
    level: AgencyLevel
    connection: Connection
    region_code: str | None
    aliases: list[str]
    valid_from: date | None
    valid_to: date | None = strawberry.field(description="The first day on which it no longer exists.")
    parent_id: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, row: AgencyRow) -> Self:
        """The row as clients see it."""
        return cls(
            id=row.id,
            code=row.code,
            name=row.name,
            short_name=row.short_name,
            level=row.level,
            connection=row.connection,
            region_code=row.region_code,
            aliases=list(row.aliases),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            parent_id=row.parent_id,
        )

    @strawberry.field(description="The agency above: of a unit the agency it works in.")
    def parent(self, info: Info) -> "Agency | None":
        """From the snapshot."""
        return agency_of(info.context, self.parent_id)

    @strawberry.field(description="Work units and agencies below this one.")
    def units(self, info: Info) -> list["Agency"]:
        """From the snapshot."""
        return [Agency.of(row) for row in info.context.knowledge.agencies_below(self.id)]

    @strawberry.field(description="Who took over when it ended.")
    def successors(self, info: Info) -> list["Agency"]:
        """From the snapshot."""
        knowledge = info.context.knowledge
        return [Agency.of(knowledge.agency_rows[row_id]) for row_id in knowledge.agency_rows[self.id].successor_ids]


def agency_of(context: Context, agency_id: UUID | None) -> Agency | None:
    """An agency from the snapshot; a complaint newer than the snapshot may name one it does not know yet."""
    row = None if agency_id is None else context.knowledge.agency_rows.get(agency_id)
    return None if row is None else Agency.of(row)


@strawberry.type(description="An entry of the category menu.")
class Category(relay.Node):
    """A `CategoryRow`."""

    id: relay.NodeID[UUID]
    code: str
    label: str = strawberry.field(description="Indonesian.")
    label_en: str | None
    level: int
    keywords: list[str]
    valid_from: date | None
    valid_to: date | None
    parent_id: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, row: CategoryRow) -> Self:
        """The row as clients see it."""
        return cls(
            id=row.id,
            code=row.code,
            label=row.label_id,
            label_en=row.label_en,
            level=row.level,
            keywords=list(row.keywords),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            parent_id=row.parent_id,
        )

    @strawberry.field
    def parent(self, info: Info) -> "Category | None":
        """From the snapshot."""
        return category_of(info.context, self.parent_id)

    @strawberry.field
    def children(self, info: Info) -> list["Category"]:
        """From the snapshot."""
        return [Category.of(row) for row in info.context.knowledge.categories_below(self.id)]


def category_of(context: Context, category_id: UUID | None) -> Category | None:
    """A category from the snapshot, like `agency_of`."""
    row = None if category_id is None else context.knowledge.category_rows.get(category_id)
    return None if row is None else Category.of(row)


@strawberry.type(
    description="A region by its Kemendagri code: 33 Jawa Tengah, 33.74 Kota Semarang, 33.74.01 a district."
)
class Region:
    """A `rules.places.Region`."""

    code: str
    name: str
    kind: RegionKind

    @classmethod
    def of(cls, place: Place) -> Self:
        """The place as clients see it."""
        return cls(code=place.code, name=place.name, kind=place.kind)

    @strawberry.field(description="The regions it lies in, the largest first.")
    def ancestors(self) -> list["Region"]:
        """From the package."""
        return [Region.of(place) for place in reversed(ancestors(self.code))]

    @strawberry.field(description="The regions right below.")
    def children(self) -> list["Region"]:
        """From the package."""
        return [Region.of(place) for place in children(self.code)]


@strawberry.type(description="One word of a reference list: statuses, roles, channels, reasons.")
class Term:
    """A `TermRow`."""

    kind: TermKind
    code: str
    label: str = strawberry.field(description="Indonesian.")
    label_en: str
