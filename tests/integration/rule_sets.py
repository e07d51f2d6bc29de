"""A rule desk for tests: small sets of rules as people write them, drafted, checked and activated through the verbs."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from complaints.policy import SYSTEM, Actor
from complaints.rule_desk.drafts import draft_rules, import_yaml
from complaints.rule_desk.rows import read_set
from complaints.rule_desk.sets import active_set
from complaints.rule_desk.states import activate_rules, check_rules, decide_activation
from models import RuleSet
from rules.documents import to_yaml
from rules.language import RuleDocument
from tests.support import WorkAs


def a_rule(code: str = "TOKEN", **given: Any) -> dict[str, Any]:
    """A rule that sends what mentions prepaid electricity to the state electricity company, but for what is given."""
    plain: Mapping[str, Any] = {
        "code": code,
        "position": 10,
        "name": "Token listrik",
        "reason": "PLN yang mengurus token listrik.",
        "when": {"text": {"words": "token listrik"}},
        "then": {"queue": "PLN"},
    }
    return {**plain, **given}


def a_file(*rules: Mapping[str, Any], **given: Any) -> str:
    """A rule set as somebody uploads it."""
    return to_yaml(RuleDocument.model_validate({"reason": "Aturan uji", "rules": list(rules) or [a_rule()], **given}))


class RuleDesk:
    """Brings a rule set to the state that a test needs."""

    def __init__(self, work_as: WorkAs, admin: Actor, second: Actor) -> None:
        self.work_as = work_as
        self.admin = admin
        self.second = second

    async def draft(self, *rules: Mapping[str, Any], **given: Any) -> RuleSet:
        """A draft that says these rules and no others."""
        async with self.work_as(self.admin) as work:
            row = await draft_rules(work, "Aturan uji")
        async with self.work_as(self.admin) as work:
            return await import_yaml(work, row.id, a_file(*rules, **given), seen_version=row.version)

    async def checked(self, *rules: Mapping[str, Any], **given: Any) -> RuleSet:
        """A draft that was checked."""
        row = await self.draft(*rules, **given)
        async with self.work_as(self.admin) as work:
            return await check_rules(work, row.id, seen_version=row.version)

    async def proposed(self, *rules: Mapping[str, Any], **given: Any) -> RuleSet:
        """A checked set that waits for a second person."""
        row = await self.checked(*rules, **given)
        async with self.work_as(self.admin) as work:
            return await activate_rules(work, row.id, "lebih baik", seen_version=row.version)

    async def active(self, *rules: Mapping[str, Any], **given: Any) -> RuleSet:
        """A set that two people made active."""
        row = await self.proposed(*rules, **given)
        async with self.work_as(self.second) as work:
            return await decide_activation(work, row.id, agrees=True, seen_version=row.version)

    async def number(self) -> int:
        """The number of the set that is active now."""
        async with self.work_as(SYSTEM) as work:
            return (await active_set(work)).number

    async def document(self, set_id: UUID) -> RuleDocument:
        """What a set says."""
        async with self.work_as(SYSTEM) as work:
            return await read_set(work, await work.session.get_one(RuleSet, set_id))
