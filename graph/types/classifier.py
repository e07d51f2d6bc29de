"""Versions of the classifier, how they came to serve, and what somebody should look at."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import anyio
import anyio.to_process
import strawberry
from sqlalchemy import Row
from strawberry import relay
from strawberry.scalars import JSON

from graph.bilingual import Wording, listed
from graph.enums import VersionState
from graph.types.figures import GateVerdict, ShadowFigures, TargetMetrics
from graph.types.learning import TrainingRun
from graph.wording import ALARMS, RETRAIN_REASONS
from ml.card import CARD, FORMAT, render
from rules.vocabulary import AlarmKind, ReleaseKind

# Pictures are drawn one card at a time: a page of cards may take one core and no more.
_DRAWING = anyio.CapacityLimiter(1)
_EVERYTHING = Wording("semua topik", "all topics")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+\.svg)\)")


@strawberry.type(description="A picture of a model card.")
class CardPicture:
    """One file beside the card."""

    name: str = strawberry.field(description="As the Markdown names it.")
    alt: str = strawberry.field(description="What it shows, for those who cannot see it.")
    svg: str


@strawberry.type(description="What a version is, how it was judged and where its limits are: for people.")
class ModelCard:
    """The card of `ml.card`."""

    markdown: str
    pictures: list[CardPicture]


@strawberry.type(description="A trained version of the classifier, by the address of its content.")
class ClassifierVersion(relay.Node):
    """A row of `classifier_version` with the run that left it."""

    id: relay.NodeID[UUID]
    version: str
    state: VersionState
    is_shadow: bool = strawberry.field(description="It answers beside the version in use, and nobody sees it.")
    shadow_since: datetime | None
    metrics: list[TargetMetrics]
    gate: GateVerdict | None = strawberry.field(description="Null: it was compared with nothing.")
    registered_at: datetime
    promoted_at: datetime | None
    reason: str | None = strawberry.field(description="Why it was promoted.")
    run: TrainingRun | None = strawberry.field(description="The newest training that left it; null: the command line.")
    shadow_figures: ShadowFigures | None = strawberry.field(description="Null: it never was a shadow.")

    @classmethod
    def of(cls, row: Row[Any], run: TrainingRun | None, figures: ShadowFigures | None) -> Self:
        """The row as clients see it."""
        return cls(
            id=row.id,
            version=row.version,
            state=VersionState(row.state),
            is_shadow=row.is_shadow,
            shadow_since=row.shadow_since,
            metrics=[TargetMetrics.of(target, stored) for target, stored in sorted(row.metrics.items())],
            gate=None if row.gate is None else GateVerdict.of(row.gate),
            registered_at=row.registered_at,
            promoted_at=row.promoted_at,
            reason=row.reason,
            run=run,
            shadow_figures=figures,
        )

    @strawberry.field(description="Everything that was measured, as `python -m ml.train --report` writes it.")
    def report(self) -> JSON | None:
        """Of the run that left it."""
        return None if self.run is None else self.run.report

    @strawberry.field(description="The model card; null without a report that this release can read.")
    async def card(self) -> ModelCard | None:
        """Drawn in a process of its own: pictures take a second of computing."""
        report: Any = None if self.run is None else self.run.report
        if not isinstance(report, dict) or report.get("format") != FORMAT:
            return None
        return _card(await anyio.to_process.run_sync(render, report, limiter=_DRAWING, cancellable=True))


def _card(files: Mapping[str, str]) -> ModelCard:
    markdown = files[CARD]
    alternatives = {name: alt for alt, name in _PICTURE.findall(markdown)}
    return ModelCard(
        markdown=markdown,
        pictures=[
            CardPicture(name=name, alt=alternatives.get(name, ""), svg=svg)
            for name, svg in files.items()
            if name != CARD
        ],
    )


def person_id(row_id: UUID | None) -> relay.GlobalID | None:
    """The global id of somebody who answers for something, where it was somebody with an account."""
    return None if row_id is None else relay.GlobalID("Person", str(row_id))


@strawberry.type(description="One change of the serving version. Without a person it was done from the command line.")
class Release:
    """A row of `classifier_release`."""

    kind: ReleaseKind
    version: str
    previous_version: str | None
    reason: str
    decided_by_id: relay.GlobalID | None
    decided_by_name: str | None
    proposed_by_id: relay.GlobalID | None = strawberry.field(description="The first of the two who overruled the gate.")
    proposed_by_name: str | None
    at: datetime

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """The row as clients see it."""
        return cls(
            kind=row.kind,
            version=row.version,
            previous_version=row.previous_version,
            reason=row.reason,
            decided_by_id=person_id(row.decided_by_id),
            decided_by_name=row.decided_by_name,
            proposed_by_id=person_id(row.proposed_by_id),
            proposed_by_name=row.proposed_by_name,
            at=row.at,
        )


@strawberry.type(description="Somebody wants a version to serve that the gate refused; a second person has to agree.")
class ReleaseProposal(relay.Node):
    """A row of `release_proposal`."""

    id: relay.NodeID[UUID]
    version: str
    reason: str
    proposed_by_id: relay.GlobalID
    proposed_by_name: str
    proposed_at: datetime
    is_agreed: bool | None = strawberry.field(description="Null while nobody decided.")
    decided_by_id: relay.GlobalID | None
    decided_by_name: str | None
    decided_at: datetime | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """The row as clients see it."""
        return cls(
            id=row.id,
            version=row.version,
            reason=row.reason,
            proposed_by_id=relay.GlobalID("Person", str(row.proposed_by_id)),
            proposed_by_name=row.proposed_by_name,
            proposed_at=row.proposed_at,
            is_agreed=row.is_agreed,
            decided_by_id=person_id(row.decided_by_id),
            decided_by_name=row.decided_by_name,
            decided_at=row.decided_at,
        )


@strawberry.type(description="Something about the classifier that a person should look at.")
class ClassifierAlarm(relay.Node):
    """A row of `classifier_alarm`."""

    id: relay.NodeID[UUID]
    kind: AlarmKind
    subject: str = strawberry.field(description="A version, or the code of a category.")
    data: JSON
    raised_at: datetime
    acknowledged_at: datetime | None
    sentence: str = strawberry.field(description="Indonesian.")
    sentence_en: str

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """The row, worded."""
        said = alarm_sentence(row.kind, row.subject, row.data)
        return cls(
            id=row.id,
            kind=row.kind,
            subject=row.subject,
            data=row.data,
            raised_at=row.raised_at,
            acknowledged_at=row.acknowledged_at,
            sentence=said.indonesian,
            sentence_en=said.english,
        )


def alarm_sentence(kind: AlarmKind, subject: str, data: Mapping[str, Any]) -> Wording:
    """What an alarm says to people; `data` is what `complaints.learning.watching` and the server keep of it."""
    words: dict[str, str | int | Wording] = {name: _spoken(name, value) for name, value in data.items()}
    if kind is AlarmKind.RETRAIN_PROPOSED:
        why = [
            said.said({"found": _spoken(name, data[name])}) for name, said in RETRAIN_REASONS.items() if name in data
        ]
        words["reasons"] = Wording("; ".join(w.indonesian for w in why), "; ".join(w.english for w in why))
    return ALARMS[kind].said({**words, "subject": subject})


def _spoken(name: str, value: object) -> str | Wording:
    if name in ("share", "before") and isinstance(value, int | float):
        return f"{value:.0%}".replace("%", " %")
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return listed(_EVERYTHING if one == "*" else Wording(str(one), str(one)) for one in value)
    return str(value)
