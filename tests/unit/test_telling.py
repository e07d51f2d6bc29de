"""Who hears what, what of an event may leave the house, and how patiently it is tried."""

import pytest

from complaints import events
from complaints.files import events as file_events  # noqa: F401 - its events count among all
from complaints.telling.wording import LABELS, NEWS, SENTENCES
from rules.telling import (
    ESCALATED,
    INSTEAD,
    OMBUDSMAN,
    REPORTER_KINDS,
    TELLINGS,
    WEBHOOK_TYPES,
    Medium,
    NotificationKind,
    Recipient,
    RetryPolicy,
    codes_of,
    is_on,
    is_sensitive,
    is_told,
    kinds_for,
    tellings,
)
from rules.vocabulary import Classification, Clock, Role

EVENTS = {kind.__name__ for kind in events.Event.__subclasses__()}


def test_every_told_event_exists() -> None:
    told = TELLINGS.keys() | WEBHOOK_TYPES.keys()

    assert told <= EVENTS


@pytest.mark.parametrize("kind", ["Suggested", "Noted"])
def test_what_happens_between_handlers_is_told_to_nobody(kind: str) -> None:
    assert not is_told(kind)
    assert tellings(kind, {}) == ()


@pytest.mark.parametrize(
    ("clock", "level", "to", "kind"),
    [
        (Clock.REPLY_WINDOW, -1, Recipient.REPORTER, NotificationKind.REPLY_AWAITED),
        (Clock.REPORTER_COMPLETION, -1, Recipient.REPORTER, NotificationKind.COMPLETION_AWAITED),
        (Clock.VERIFICATION, -1, Recipient.HANDLERS, NotificationKind.REMINDER),
        (Clock.COMPLETION, -2, Recipient.HANDLERS, NotificationKind.REMINDER),
        (Clock.FIRST_RESPONSE, -1, Recipient.HANDLERS, NotificationKind.REMINDER),
        (Clock.VERIFICATION, 1, Recipient.HANDLERS, NotificationKind.ESCALATED),
        (Clock.VERIFICATION, 2, Recipient.NATIONAL, NotificationKind.ESCALATED),
        (Clock.COMPLETION, 1, Recipient.HANDLERS, NotificationKind.ESCALATED),
        (Clock.COMPLETION, 2, Recipient.AGENCY, NotificationKind.ESCALATED),
        (Clock.COMPLETION, 3, Recipient.NATIONAL, NotificationKind.ESCALATED),
    ],
)
def test_an_alarm_of_a_clock_goes_up_with_its_level(
    clock: Clock, level: int, to: Recipient, kind: NotificationKind
) -> None:
    (telling,) = tellings(ESCALATED, {"clock": clock.value, "level": level})

    assert (telling.to, telling.kind) == (to, kind)


@pytest.mark.parametrize("level", [-2, 1, 2, 3])
def test_a_clock_of_the_reporter_escalates_to_nobody(level: int) -> None:
    assert tellings(ESCALATED, {"clock": Clock.REPLY_WINDOW.value, "level": level}) == ()


def test_a_consent_to_a_take_over_is_told_to_the_overseers() -> None:
    (telling,) = tellings(ESCALATED, {"clock": OMBUDSMAN, "level": 4})

    assert (telling.to, telling.kind) == (Recipient.OVERSEERS, NotificationKind.TAKEOVER_AGREED)


def test_everybody_with_work_is_stood_in_for_by_the_national_desk() -> None:
    for recipient in INSTEAD:
        last = recipient
        while last in INSTEAD:
            last = INSTEAD[last]

        assert last is Recipient.NATIONAL


def test_only_codes_ids_and_numbers_of_an_event_leave_the_house() -> None:
    data = {
        "reason": "BUKAN_WEWENANG",
        "agency_id": "018f3c1e-0000-7000-8000-000000000001",
        "level": 2,
        "by_silence": True,
        "clock": "Kata-kata warga, 0812",
        "message_id": "018f3c1e-0000-7000-8000-000000000002",
        "corrected": {"title": [None, None]},
        "unit_id": ["A"],
    }

    assert codes_of(data) == {
        "agency_id": "018f3c1e-0000-7000-8000-000000000001",
        "reason": "BUKAN_WEWENANG",
        "level": 2,
        "by_silence": True,
    }


@pytest.mark.parametrize("classification", [Classification.SUPERVISION, Classification.WHISTLEBLOWING])
def test_supervision_is_sensitive_whoever_may_read_it(classification: Classification) -> None:
    assert is_sensitive(classification, is_secret=False)


def test_an_ordinary_case_is_sensitive_only_when_it_is_secret() -> None:
    assert not is_sensitive(Classification.ORDINARY, is_secret=False)
    assert is_sensitive(None, is_secret=True)


def test_every_kind_is_for_reporters_or_for_staff() -> None:
    assert set(kinds_for(Role.REPORTER)) == REPORTER_KINDS
    assert set(kinds_for(Role.UNIT_OFFICER)) == set(NotificationKind) - REPORTER_KINDS


def test_a_busy_queue_fills_no_mailbox_unless_it_is_wanted() -> None:
    kind = NotificationKind.NEW_IN_QUEUE

    assert is_on(kind, Medium.IN_APP, None)
    assert not is_on(kind, Medium.EMAIL, None)
    assert is_on(kind, Medium.EMAIL, True)
    assert not is_on(kind, Medium.IN_APP, False)


def test_waits_grow_up_to_the_longest() -> None:
    policy = RetryPolicy(first_wait_seconds=30, factor=4, longest_wait_seconds=600)

    waits = [policy.wait_seconds(attempt, 0.5) for attempt in range(1, 6)]

    assert waits == [30, 120, 480, 600, 600]


def test_waits_are_spread_by_a_fifth() -> None:
    policy = RetryPolicy(first_wait_seconds=100)

    assert [policy.wait_seconds(1, chance) for chance in (0, 1)] == pytest.approx([80, 120])


def test_every_kind_has_words_in_both_languages() -> None:
    assert SENTENCES.keys() == set(NotificationKind)
    for told in (*SENTENCES.values(), *LABELS.values(), NEWS):
        assert told.indonesian
        assert told.english
