"""Questions about figures as JSON, so that a worker can answer them later."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from complaints.figures.asking import FigureFilter, FigureGrouping, FigureQuestion, Period
from complaints.figures.cases import CasesPart
from rules.vocabulary import Channel, ReportType


def stored_question(question: FigureQuestion, part: CasesPart) -> dict[str, Any]:
    """The question as `question_of` reads it."""
    wanted = question.wanted
    return {
        "figures": list(question.figures),
        "from": question.period.day_from.isoformat(),
        "to": question.period.day_to.isoformat(),
        "groups": [group.value for group in question.group_by],
        "agencies": [str(one) for one in wanted.agency_ids],
        "is_in_seed": wanted.is_in_seed,
        "unit": _text_of_id(wanted.unit_id),
        "category": _text_of_id(wanted.category_id),
        "region": wanted.region_code,
        "channels": [one.value for one in wanted.channels],
        "report_types": [one.value for one in wanted.report_types],
        "region_depth": question.region_depth,
        "category_depth": question.category_depth,
        "compares": question.compares,
        "order_by": question.order_by,
        "descending": question.descending,
        "part": part.value,
    }


def question_of(data: Mapping[str, Any]) -> tuple[FigureQuestion, CasesPart]:
    """The question and the part of its cases."""
    wanted = FigureFilter(
        agency_ids=tuple(UUID(one) for one in data["agencies"]),
        is_in_seed=data["is_in_seed"],
        unit_id=_id_of_text(data["unit"]),
        category_id=_id_of_text(data["category"]),
        region_code=data["region"],
        channels=tuple(Channel(one) for one in data["channels"]),
        report_types=tuple(ReportType(one) for one in data["report_types"]),
    )
    question = FigureQuestion(
        figures=tuple(data["figures"]),
        period=Period(date.fromisoformat(data["from"]), date.fromisoformat(data["to"])),
        group_by=tuple(FigureGrouping(one) for one in data["groups"]),
        wanted=wanted,
        region_depth=data["region_depth"],
        category_depth=data["category_depth"],
        compares=data["compares"],
        order_by=data["order_by"],
        descending=data["descending"],
    )
    return question, CasesPart(data["part"])


def _text_of_id(row_id: UUID | None) -> str | None:
    return None if row_id is None else str(row_id)


def _id_of_text(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
