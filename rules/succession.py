"""Who an agency is today: ministries are renamed, split and abolished, complaints outlive them."""

from collections.abc import Mapping
from datetime import date
from typing import Protocol


class Lasting(Protocol):
    """Something with a time of life and successors.

    `valid_from` is its first day, `valid_to` the first day on which it no longer exists; `None` is open.
    """

    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...
    @property
    def successors(self) -> tuple[str, ...]: ...


def holds_on(day: date, valid_from: date | None, valid_to: date | None) -> bool:
    """Whether `day` lies in a validity; `valid_to` is the first day after it."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day < valid_to)


def current(code: str, on: date, agencies: Mapping[str, Lasting]) -> tuple[str, ...]:
    """The codes that stand for `code` on that day: itself, its successors, before its time its predecessors.

    Empty when the code is unknown, or nobody took over.
    """
    seen: set[str] = set()
    found: list[str] = []

    def follow(code: str) -> None:
        agency = agencies.get(code)
        if agency is None or code in seen:
            return
        seen.add(code)
        if holds_on(on, agency.valid_from, agency.valid_to):
            found.append(code)
        elif agency.valid_to is not None and agency.valid_to <= on:
            for successor in agency.successors:
                follow(successor)
        else:
            for predecessor, before in agencies.items():
                if code in before.successors:
                    follow(predecessor)

    follow(code)
    return tuple(found)
