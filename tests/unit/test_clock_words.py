"""Why a due date is what it is, in one sentence of each language."""

from datetime import date, datetime

from rules.clock_words import Pause, due_after, explain
from rules.deadlines import JAKARTA, Limit, LimitUnit, WorkingCalendar, local_date

SEED = datetime(2020, 8, 7, 9, 30, tzinfo=JAKARTA)  # a Friday
CALENDAR = WorkingCalendar()


def on(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2020, month, day, hour, tzinfo=JAKARTA)


def test_ten_working_days_over_independence_day_and_new_year() -> None:
    said = explain(SEED, Limit(10), [], None, CALENDAR)

    assert said.sentence_id == "Jatuh tempo 26 Agustus 2020: 10 hari kerja, 17, 20 dan 21 Agustus libur."
    assert said.sentence_en == "Due 26 August 2020: 10 working days, 17, 20 and 21 August off."
    assert [(day.on.day, day.name_en) for day in said.days_off] == [
        (17, "Independence Day"),
        (20, "Islamic New Year"),
        (21, "Islamic New Year Joint Holiday"),
    ]


def test_a_pause_says_when_and_by_how_much() -> None:
    pause = Pause(on(8, 10), on(8, 12))

    said = explain(SEED, Limit(3), [pause], None, CALENDAR)

    assert said.sentence_id == (
        "Jatuh tempo 14 Agustus 2020: 3 hari kerja, berhenti 10 – 12 Agustus (mundur 2 hari kerja)."
    )
    assert said.sentence_en == (
        "Due 14 August 2020: 3 working days, stood still 10 – 12 August (2 working days later)."
    )
    assert local_date(due_after(SEED, Limit(3), [pause], CALENDAR)) == date(2020, 8, 14)


def test_a_clock_that_stands_still_says_so() -> None:
    said = explain(SEED, Limit(1), [], on(8, 10), CALENDAR)

    assert said.sentence_id == (
        "Jatuh tempo 10 Agustus 2020: 1 hari kerja. Sejak 10 Agustus jamnya berhenti; batasnya mundur bila berjalan"
        " lagi."
    )
    assert said.sentence_en == (
        "Due 10 August 2020: 1 working day. It has stood still since 10 August; the date moves when it goes on."
    )


def test_a_decree_without_a_name_and_a_working_saturday_are_named() -> None:
    calendar = WorkingCalendar({date(2020, 8, 11): False, date(2020, 8, 8): True})

    said = explain(SEED, Limit(3), [], None, calendar)

    assert said.sentence_en == "Due 12 August 2020: 3 working days, 11 August off, 8 August worked."
    assert [(day.on, day.name_id) for day in said.days_off] == [(date(2020, 8, 11), None)]


def test_calendar_days_and_hours_know_no_days_off() -> None:
    days = explain(SEED, Limit(30, LimitUnit.DAY), [], None, CALENDAR)
    hours = explain(SEED, Limit(72, LimitUnit.HOUR), [], None, CALENDAR)

    assert (days.sentence_en, days.days_off) == ("Due 6 September 2020: 30 calendar days.", ())
    assert hours.sentence_id == "Jatuh tempo 10 Agustus 2020: 72 jam."


def test_another_year_is_written_out() -> None:
    start = datetime(2020, 12, 30, 9, tzinfo=JAKARTA)

    said = explain(start, Limit(3), [], None, CALENDAR)

    assert said.sentence_en == "Due 6 January 2021: 3 working days, 31 December 2020 and 1 January off."
