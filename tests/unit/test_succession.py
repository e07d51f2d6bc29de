"""Who stands for an agency on a day, before, during and after its life."""

from datetime import date

from rules.directory import AgencyFacts
from rules.succession import current, holds_on
from rules.vocabulary import AgencyLevel, Connection

SPLIT = date(2024, 10, 21)
EARLIER, LATER = date(2020, 8, 7), date(2026, 11, 24)
AGENCIES = {
    facts.code: facts
    for facts in (
        AgencyFacts("OLD", Connection.FULL, AgencyLevel.NATIONAL, valid_to=SPLIT, successors=("A", "B")),
        AgencyFacts("A", Connection.FULL, AgencyLevel.NATIONAL, valid_from=SPLIT),
        AgencyFacts("B", Connection.FULL, AgencyLevel.NATIONAL, valid_from=SPLIT),
        AgencyFacts("GONE", Connection.FULL, AgencyLevel.NATIONAL, valid_to=SPLIT),
        AgencyFacts("ROUND", Connection.FULL, AgencyLevel.NATIONAL, valid_to=SPLIT, successors=("TRIP",)),
        AgencyFacts("TRIP", Connection.FULL, AgencyLevel.NATIONAL, valid_to=SPLIT, successors=("ROUND",)),
    )
}


def test_valid_to_is_the_first_day_after() -> None:
    assert holds_on(SPLIT, SPLIT, None)
    assert not holds_on(SPLIT, None, SPLIT)
    assert holds_on(SPLIT, None, None)


def test_an_agency_stands_for_itself_while_it_lives() -> None:
    assert current("OLD", date(2024, 10, 20), AGENCIES) == ("OLD",)


def test_successors_stand_for_it_from_the_day_it_is_gone() -> None:
    assert current("OLD", SPLIT, AGENCIES) == ("A", "B")


def test_before_its_time_its_predecessor_stands_for_it() -> None:
    assert current("A", EARLIER, AGENCIES) == ("OLD",)


def test_nobody_stands_for_an_agency_without_successor_or_for_an_unknown_one() -> None:
    assert current("GONE", LATER, AGENCIES) == ()
    assert current("NONE", LATER, AGENCIES) == ()


def test_a_circle_of_successors_ends() -> None:
    assert current("ROUND", LATER, AGENCIES) == ()
