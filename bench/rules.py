"""A rule desk with 2,000 rules, ours against asking each rule in turn: `python -m bench.rules`.

Made-up rules over made-up words: 5,000 phrases, categories, regions, channels, joined as people join them. Both sides
read the same complaints in one run and must find the same rules.
"""

import gc
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from rules.deadlines import JAKARTA
from rules.directory import AgencyFacts, Directory
from rules.evidence import Evidence, Ranked
from rules.language import Rule
from rules.routing import route
from rules.rule_set import RuleSet
from rules.vocabulary import AgencyLevel, Channel, Connection, ReportType

WORDS = 4_000
AGENCIES = 200
# The longer half of real complaints.
TEXT = 120
ROUNDS = 5


def main(
    rules: Annotated[int, typer.Option(help="how many rules")] = 2_000,
    phrases: Annotated[int, typer.Option(help="how many phrases in all of them together")] = 5_000,
    complaints: Annotated[int, typer.Option(help="how many complaints are asked about")] = 100,
) -> None:
    """Print milliseconds of CPU per complaint, both ways, and the ratio."""
    chance = random.Random(1)  # noqa: S311 - the same bench every time, no secret
    words = [_word(chance) for _ in range(WORDS)]
    book = [_rule(chance, words, number, phrases / rules) for number in range(rules)]
    evidences = [_evidence(chance, words) for _ in range(complaints)]
    directory = Directory(
        AgencyFacts(f"AGENCY{number}", Connection.FULL, AgencyLevel.NATIONAL) for number in range(AGENCIES)
    )
    started = time.process_time()
    rule_set = RuleSet(1, book)
    compiled_ms = 1_000 * (time.process_time() - started)

    def one_by_one(evidence: Evidence) -> Sequence[Rule]:
        seen = rule_set.see(evidence)
        return [rule for rule in rule_set.rules if rule_set.trace(rule, seen).is_true]

    def together(evidence: Evidence) -> Sequence[Rule]:
        return rule_set.holding(evidence)

    def decided(evidence: Evidence) -> object:
        return route(evidence, rule_set, directory)

    held = [together(evidence) for evidence in evidences]
    if held != [tuple(one_by_one(evidence)) for evidence in evidences]:
        raise typer.Exit(1)
    # Interleaved, so that a busy machine is busy for all.
    sides: dict[str, Callable[[Evidence], object]] = {"each rule": one_by_one, "holding": together, "route": decided}
    measured: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, side in sides.items():
            measured[name].append(_milliseconds(side, evidences))
    found = statistics.fmean(map(len, held))
    print(f"{rules} rules, {_phrases(book)} phrases, compiled in {compiled_ms:.0f} ms; {found:.1f} hold per complaint")
    slow = statistics.median(measured["each rule"])
    for name, times in measured.items():
        middle = statistics.median(times)
        print(f"{name:10} {middle:8.3f} ms per complaint   1/{slow / middle:.0f} of asking each rule")


def _milliseconds(side: Callable[[Evidence], object], evidences: Sequence[Evidence]) -> float:
    gc.collect()
    started = time.process_time()
    for evidence in evidences:
        side(evidence)
    return 1_000 * (time.process_time() - started) / len(evidences)


def _word(chance: random.Random) -> str:
    return "".join(chance.choice("bcdgjklmnprst") + chance.choice("aeiou") for _ in range(chance.randint(2, 4)))


def _phrase(chance: random.Random, words: Sequence[str]) -> dict[str, Any]:
    asked: dict[str, Any] = {"words": " ".join(_said(chance, words) for _ in range(chance.choice([1, 2, 2, 3])))}
    kind = chance.random()
    if kind < 0.1:
        asked["within"] = chance.randint(5, 12)
    elif kind < 0.2:
        asked["as_written"] = True
    return {"text": asked}


def _said(chance: random.Random, words: Sequence[str]) -> str:
    # A few words are in every text, most are rare, as in a language.
    return words[int(len(words) * chance.random() ** 2)]


def _rule(chance: random.Random, words: Sequence[str], number: int, phrases: float) -> Rule:
    count = int(phrases) + (chance.random() < phrases % 1)
    asked: list[Any] = [_phrase(chance, words) for _ in range(count)]
    when: dict[str, Any] = {"any": asked} if asked else {"region": [_region(chance)]}
    kind = chance.random()
    if kind < 0.2:
        when = {"all": [when, {"channel": [chance.choice(list(Channel))]}]}
    elif kind < 0.4:
        when = {"all": [when, {"none": [{"region": [_region(chance)]}]}]}
    elif kind < 0.6:
        when = {"all": [when, {"category": {"codes": [_category(chance)], "min_confidence": 0.8}}]}
    return Rule.model_validate(
        {
            "code": f"RULE{number}",
            "position": number,
            "name": "Nama",
            "reason": "Alasan.",
            "when": when,
            "then": {"queue": f"AGENCY{chance.randrange(AGENCIES)}"},
        }
    )


def _category(chance: random.Random) -> str:
    return f"C{chance.randrange(20)}.D{chance.randrange(10)}"


def _region(chance: random.Random) -> str:
    return f"{chance.randrange(11, 95)}.{chance.randrange(1, 80):02}"


def _evidence(chance: random.Random, words: Sequence[str]) -> Evidence:
    return Evidence(
        words=tuple(_said(chance, words) for _ in range(chance.randint(TEXT // 2, 2 * TEXT))),
        category=None,
        chosen_agency=None,
        entry_agency=None,
        region=_region(chance),
        channel=chance.choice(list(Channel)),
        report_type=ReportType.COMPLAINT,
        at=datetime(2026, 11, 24, 9, tzinfo=JAKARTA),
        categories=(Ranked(_category(chance), chance.random()),),
        agencies=(Ranked(f"AGENCY{chance.randrange(AGENCIES)}", chance.random()),),
        agency_is_proven=True,
        category_is_proven=True,
    )


def _phrases(book: Sequence[Rule]) -> int:
    return sum(rule.model_dump_json().count('"words"') for rule in book)


if __name__ == "__main__":
    typer.run(main)
