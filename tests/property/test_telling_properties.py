"""Whatever an event carries, no sentence leaves the house; whatever fails, the waits stay in their bounds."""

import string
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from complaints.telling.mail import usable_address
from complaints.telling.webhooks import new_secret, signature
from rules.telling import RetryPolicy, codes_of

NAMES = st.sampled_from(["reason", "clock", "agency_id", "unit_id", "level", "message_id", "text", "name"])
VALUES = st.one_of(
    st.text(), st.integers(), st.booleans(), st.none(), st.lists(st.text()), st.dictionaries(NAMES, st.text())
)
# What codes and ids are written with.
LETTERS = set(string.ascii_uppercase + string.digits + "abcdef" + "_.-")


@given(st.dictionaries(NAMES, VALUES))
def test_only_codes_leave(data: dict[str, Any]) -> None:
    told = codes_of(data)

    assert told == {name: data[name] for name in told}
    assert not told.keys() & {"message_id", "text", "name"}
    assert all(isinstance(value, int) or set(value) <= LETTERS for value in told.values())


@given(st.integers(1, 50), st.floats(0, 1), st.floats(1, 10), st.floats(0.1, 1_000), st.floats(1, 100_000))
def test_a_wait_is_positive_and_never_much_longer_than_the_longest(
    attempt: int, chance: float, factor: float, first: float, longest: float
) -> None:
    policy = RetryPolicy(factor=factor, first_wait_seconds=first, longest_wait_seconds=longest)

    wait = policy.wait_seconds(attempt, chance)

    assert 0 < wait <= longest * 1.2 + 1e-6


@given(st.text(min_size=1), st.integers(0, 2**40), st.binary(), st.binary(min_size=1))
def test_a_signature_holds_for_its_bytes_only(webhook_id: str, timestamp: int, body: bytes, more: bytes) -> None:
    secret, encoded = new_secret(), webhook_id.encode("utf-8", "replace").decode()

    signed = signature(secret, encoded, timestamp, body)

    assert signed == signature(secret, encoded, timestamp, body)
    assert signed != signature(secret, encoded, timestamp, body + more)
    assert signed != signature(new_secret(), encoded, timestamp, body)


@given(st.text())
def test_what_is_usable_is_one_address(text: str) -> None:
    usable = usable_address(text)

    assert usable is None or (usable.count("@") == 1 and usable.isascii() and not set(usable) & set(' ,;<>\r\n"()'))
