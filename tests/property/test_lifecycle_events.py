"""Random histories of verbs against a real database: the events tell all there is to know about the status."""

from collections.abc import Mapping, Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from complaints.policy import SYSTEM
from complaints.refusals import IllegalStep, Invalid
from models import Complaint, ComplaintClock, ComplaintEvent
from rules.lifecycle import OPEN, PUBLISHED, STEPS
from rules.vocabulary import Action, Clock, Role, Status
from tests.integration.verbs import VERBS, Verb
from tests.support import Clock as WallClock
from tests.support import Complaints, EventsOf, WorkAs

# Which arrow an event stands for; the others happen without moving the complaint.
ARROW: Mapping[str, Action] = {
    "Verified": Action.VERIFY,
    "Dispatched": Action.DISPATCH,
    "Handled": Action.HANDLE,
    "Returned": Action.RETURN,
    "Deferred": Action.DEFER,
    "Archived": Action.ARCHIVE,
    "Restored": Action.RESTORE,
    "FollowedUp": Action.FOLLOW_UP,
    "Replied": Action.REPLY,
    "Closed": Action.CLOSE,
    "Reopened": Action.REOPEN,
    "Rated": Action.RATE,
    "Asked": Action.ASK_REPORTER,
}
# One event, two roads: who it was tells which.
BY_REPORTER = {"Archived": Action.WITHDRAW}
BY_DESK = {"Reopened": Action.DECIDE_REOPENING}
# The clocks that wait for the reporter; a queue is not sorted by them.
REPORTERS = frozenset({Clock.REPLY_WINDOW, Clock.REPORTER_COMPLETION})


def arrow_of(event: ComplaintEvent) -> Action:
    """Which arrow of the table an event followed."""
    by = BY_REPORTER if event.actor_role is Role.TICKET else BY_DESK if event.actor_role is Role.NATIONAL_ADMIN else {}
    return by.get(event.kind, ARROW[event.kind])


@given(choices=st.lists(st.integers(0, 99), min_size=1, max_size=12))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_status_is_what_the_events_say(
    choices: list[int], work_as: WorkAs, a_complaint: Complaints, events_of: EventsOf, clock: WallClock
) -> None:
    complaint = await a_complaint(text="Token listrik tidak bisa diisi")
    done: list[Action] = []

    for choice in choices:
        # Mostly something that can be done, so that histories get somewhere; every tenth try is anything.
        able = [verb for verb in VERBS if (complaint.status, verb.action) in STEPS]
        tried: Sequence[Verb] = able if choice % 10 else VERBS
        verb = tried[choice // 10 % len(tried)]
        clock.forward(minutes=1)
        try:
            async with work_as(verb.actor(complaint)) as work:
                complaint = await verb.run(work, complaint, "Keterangan singkat")
        except Invalid as no:
            # A second time its reporter has to ask.
            assert verb.action is Action.REOPEN
            assert no.problems[0].code == "REOPENING_NEEDS_APPROVAL"  # noqa: PT017
            assert Action.REOPEN in done
        except IllegalStep as no:
            assert (no.status, no.action) not in STEPS  # noqa: PT017 - whether it is refused is what is asked
        else:
            done.append(verb.action)

    async with work_as(SYSTEM) as work:
        stored = await work.session.get_one(Complaint, complaint.id)
        mine = ComplaintClock.complaint_id == complaint.id
        clocks = list(await work.session.scalars(select(ComplaintClock).where(mine)))
    events = await events_of(complaint)
    arrows = [arrow_of(event) for event in events if event.kind in ARROW]

    # Numbered without a gap, the last number is the version, the last status the status.
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert (stored.version, stored.status) == (events[-1].seq, events[-1].status)
    assert arrows == [Action.CLOSE if action is Action.AUTO_CLOSE else action for action in done]
    folded = Status.UNVERIFIED
    for event in events:
        if event.kind in ARROW:
            folded = STEPS[folded, arrow_of(event)]
        assert event.status is folded

    # What the row says beside its status agrees with it.
    running = {row.clock: row for row in clocks if row.stopped_at is None}
    staff = [row.due_at for row in running.values() if row.paused_at is None and row.clock not in REPORTERS]
    assert stored.due_at == min(staff, default=None)
    assert bool(running) is (stored.status in OPEN)
    assert (stored.archive_reason is not None) is (stored.status is Status.ARCHIVED)
    assert (stored.defer_reason is not None) is (stored.status is Status.DEFERRED)
    assert (stored.closed_at is not None) is (stored.status is Status.CLOSED)
    assert (stored.published_at is not None) is (stored.status in PUBLISHED)
