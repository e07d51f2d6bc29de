"""Loading the reference data that the project ships: run it as often as you like, it says what it changed."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from typing import Any
from uuid import UUID

import yaml
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from complaints.rule_desk.rows import columns_of
from models import (
    Agency,
    AgencyCategory,
    AgencySuccessor,
    Base,
    Category,
    ClockRule,
    RoutingRule,
    RuleSet,
    SpecialMechanism,
    Term,
    new_id,
)
from rules.documents import plain
from rules.language import RuleDocument
from rules.vocabulary import AgencyLevel, Clock, Connection, RuleSetState, TermKind

_FILES = files("complaints") / "reference"
SHIPPED = "shipped with Salur"


@dataclass(slots=True)
class Changes:
    """What loading one list did, by code."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0


def read_file(name: str) -> Any:
    """A reference file as data."""
    return yaml.safe_load((_FILES / f"{name}.yaml").read_text(encoding="utf-8"))


async def load_reference(session: AsyncSession, now: datetime) -> Mapping[str, Changes]:
    """Bring every list to what the files say. Nothing is deleted: what ended has a date in its file."""
    report = {
        "terms": await _load_terms(session),
        "clocks": await _load_clocks(session),
        "categories": await _load_categories(session),
        "agencies": await _load_agencies(session),
    }
    await session.flush()  # the links are compared with the rows in the database
    await _load_links(session, report["agencies"])
    report["special mechanisms"] = await _load_mechanisms(session, now)
    report["routing rules"] = await _load_rules(session, now)
    return report


async def _load_terms(session: AsyncSession) -> Changes:
    wanted = [
        Term(
            kind=TermKind(kind),
            code=entry["code"],
            label_id=entry["label_id"],
            label_en=entry["label_en"],
            position=position,
            details={key: value for key, value in entry.items() if key not in ("code", "label_id", "label_en")},
        )
        for kind, entries in [*read_file("terms").items(), ("OFFICE_KIND", read_file("office_kinds"))]
        for position, entry in enumerate(entries)
    ]
    known = {(row.kind, row.code): row for row in await session.scalars(select(Term))}
    return _merge(
        session,
        wanted,
        known,
        key=lambda row: (row.kind, row.code),
        name=lambda row: f"{row.kind}.{row.code}",
    )


async def _load_clocks(session: AsyncSession) -> Changes:
    wanted = [
        ClockRule(
            code=entry["code"],
            valid_from=entry["valid_from"],
            valid_to=entry.get("valid_to"),
            clock=Clock(entry["clock"]) if entry.get("clock") else None,
            value=entry["value"],
            unit=entry["unit"],
            classifications=entry.get("classifications", []),
            mechanism=entry.get("mechanism"),
            label_id=entry["label_id"],
            label_en=entry["label_en"],
        )
        for entry in read_file("clocks")
    ]
    known = {(row.code, row.valid_from): row for row in await session.scalars(select(ClockRule))}
    return _merge(session, wanted, known, key=lambda row: (row.code, row.valid_from), name=lambda row: row.code)


async def _load_categories(session: AsyncSession) -> Changes:
    known = {row.code: row for row in await session.scalars(select(Category))}
    entries = read_file("categories")
    ids = {entry["code"]: known[entry["code"]].id if entry["code"] in known else new_id() for entry in entries}
    wanted = [
        Category(
            id=ids[entry["code"]],
            code=entry["code"],
            label_id=entry["label_id"],
            label_en=entry.get("label_en"),
            parent_id=ids[entry["parent"]] if entry.get("parent") else None,
            level=entry["code"].count(".") + 1,
            keywords=[str(word) for word in entry.get("keywords", [])],
            share=entry.get("share"),
            valid_from=entry.get("valid_from"),
            valid_to=entry.get("valid_to"),
        )
        for entry in entries
    ]
    return _merge(session, wanted, known, key=lambda row: row.code, name=lambda row: row.code)


async def _load_agencies(session: AsyncSession) -> Changes:
    known = {row.code: row for row in await session.scalars(select(Agency))}
    entries = read_file("agencies")
    ids = {entry["code"]: known[entry["code"]].id if entry["code"] in known else new_id() for entry in entries}
    wanted = [
        Agency(
            id=ids[entry["code"]],
            code=entry["code"],
            name=entry["name"],
            short_name=entry["short_name"],
            level=AgencyLevel(entry["level"]),
            connection=Connection(entry["connection"]),
            parent_id=ids[entry["parent"]] if entry.get("parent") else None,
            region_code=entry.get("region"),
            office_kind=entry.get("office_kind"),
            aliases=[str(alias) for alias in entry.get("aliases", [])],
            valid_from=entry.get("valid_from"),
            valid_to=entry.get("valid_to"),
            is_in_seed=entry.get("seed_2020", False),
        )
        for entry in entries
    ]
    return _merge(session, wanted, known, key=lambda row: row.code, name=lambda row: row.code)


async def _load_links(session: AsyncSession, report: Changes) -> None:
    """Successors and handled categories of the shipped agencies, replaced where they differ."""
    agency_ids = dict((await session.execute(select(Agency.code, Agency.id))).all())
    category_ids = dict((await session.execute(select(Category.code, Category.id))).all())
    codes = {row_id: code for code, row_id in agency_ids.items()}
    entries = read_file("agencies")
    links: tuple[tuple[Any, str, Mapping[str, UUID]], ...] = (
        (AgencySuccessor, "successors", agency_ids),
        (AgencyCategory, "handles", category_ids),
    )
    for model, key, ids in links:
        target = model.__mapper__.primary_key[1]
        wanted = {(agency_ids[entry["code"]], ids[code]) for entry in entries for code in entry.get(key, [])}
        shipped = {agency_ids[entry["code"]] for entry in entries}
        known = set((await session.execute(select(model.agency_id, target))).all())
        for agency_id, other_id in sorted(known - wanted):
            if agency_id in shipped:
                await session.execute(delete(model).where(model.agency_id == agency_id, target == other_id))
                _note_change(report, codes[agency_id])
        for agency_id, other_id in sorted(wanted - known):
            session.add(model(**{"agency_id": agency_id, target.name: other_id}))
            _note_change(report, codes[agency_id])


def _note_change(report: Changes, code: str) -> None:
    if code not in report.added and code not in report.changed:
        report.changed.append(code)
        report.unchanged -= 1


async def _load_mechanisms(session: AsyncSession, now: datetime) -> Changes:
    known = {row.code: row for row in await session.scalars(select(SpecialMechanism))}
    wanted = []
    for entry in read_file("mechanisms"):
        before = known.get(entry["code"])
        wanted.append(
            SpecialMechanism(
                id=new_id() if before is None else before.id,
                code=entry["code"],
                label_id=entry["label_id"],
                label_en=entry["label_en"],
                basis=entry["basis"],
                valid_from=entry["valid_from"],
                valid_to=entry.get("valid_to"),
                created_by_id=None if before is None else before.created_by_id,
                created_at=now if before is None else before.created_at,
            )
        )
    return _merge(session, wanted, known, key=lambda row: row.code, name=lambda row: row.code)


async def _load_rules(session: AsyncSession, now: datetime) -> Changes:
    """A new version of the shipped rules becomes active only where nobody has written rules of their own."""
    data = read_file("routing")
    document = RuleDocument.model_validate(data)  # raises ValidationError before anything is written
    fingerprint = hashlib.sha256(yaml.safe_dump(data["rules"], sort_keys=True).encode()).hexdigest()
    sets = list(await session.scalars(select(RuleSet).order_by(RuleSet.number)))
    active = next((row for row in sets if row.state is RuleSetState.ACTIVE), None)
    is_known = any(row.fingerprint == fingerprint for row in sets)
    is_ours = active is None or (active.reason == SHIPPED and active.created_by_id is None)
    if is_known or not is_ours:
        return Changes(unchanged=len(document.rules))
    if active is not None:
        active.state = RuleSetState.RETIRED
        active.retired_at = now
        await session.flush()  # one active set at a time: the old one must step back first
    number = sets[-1].number + 1 if sets else 1
    fresh = RuleSet(
        id=new_id(),
        number=number,
        state=RuleSetState.ACTIVE,
        base_id=None if active is None else active.id,
        reason=SHIPPED,
        classifier=plain(document.classifier),
        fingerprint=fingerprint,
        created_at=now,
        activated_at=now,
    )
    session.add(fresh)
    session.add_all(RoutingRule(id=new_id(), rule_set_id=fresh.id, **columns_of(rule)) for rule in document.rules)
    return Changes(added=[rule.code for rule in document.rules])


def _merge(
    session: AsyncSession,
    wanted: Iterable[Any],
    known: Mapping[Any, Base],
    *,
    key: Callable[[Any], Any],
    name: Callable[[Any], str],
) -> Changes:
    """Add what is new, change what differs, count the rest."""
    report = Changes()
    for row in wanted:
        existing = known.get(key(row))
        if existing is None:
            session.add(row)
            report.added.append(name(row))
            continue
        columns = [column.key for column in type(row).__mapper__.column_attrs]
        differing = [column for column in columns if getattr(existing, column) != getattr(row, column)]
        for column in differing:
            setattr(existing, column, getattr(row, column))
        if differing:
            report.changed.append(name(row))
        else:
            report.unchanged += 1
    return report
