"""What tests of replays are given: a rule desk, a draft, and a replay that waits or was taken up."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from complaints.policy import SYSTEM
from complaints.rule_desk.replays import (
    Assignment,
    begin_replay,
    request_replay,
)
from models import RuleSet
from rules.vocabulary import Role
from tests.integration.rule_sets import RuleDesk, a_rule
from tests.support import ActorOf, WorkAs

LAMP = "Lampu jalan di depan pasar mati sejak minggu lalu, mohon diperbaiki"
# Nothing in it that a shipped rule knows.
VAGUE = "Mohon bantuannya, sudah lama menunggu tanpa kabar"
LAMPS: Mapping[str, Any] = a_rule("LAMPU", when={"text": {"words": "lampu jalan"}}, then={"queue": "PLN"})


@pytest.fixture
async def desk(work_as: WorkAs, an_actor: ActorOf) -> RuleDesk:
    return RuleDesk(work_as, await an_actor(Role.NATIONAL_ADMIN), await an_actor(Role.NATIONAL_ADMIN))


@pytest.fixture
async def draft(desk: RuleDesk) -> RuleSet:
    return await desk.draft(LAMPS)


@pytest.fixture
async def queued(work_as: WorkAs, desk: RuleDesk, draft: RuleSet) -> UUID:
    """A replay that waits."""
    async with work_as(desk.admin) as work:
        return (await request_replay(work, draft.id)).id


@pytest.fixture
async def running(work_as: WorkAs, queued: UUID) -> Assignment:
    """A replay that a worker took up."""
    async with work_as(SYSTEM) as work:
        assignment = await begin_replay(work, queued)
    assert assignment is not None
    return assignment
