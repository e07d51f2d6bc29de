"""Addresses of files: for one file, one size, one standing, some minutes, and made by nobody else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from complaints.files.links import Permit, Signer, Variant, end_of, incoming_key, object_key
from rules.vocabulary import Audience

NOW = datetime(2026, 4, 13, 2, 0, 30, tzinfo=UTC)
KEY, OTHER = "kunci pertama", "kunci kedua"
PERMIT = Permit(UUID(int=7), Variant.LARGE, Audience.PARTIES, NOW + timedelta(seconds=300))


def test_a_permit_comes_back_as_it_was_signed() -> None:
    signer = Signer([KEY])

    token = signer.sign(PERMIT)

    assert signer.read(token, NOW) == Permit(
        PERMIT.attachment_id, PERMIT.variant, PERMIT.standing, PERMIT.expires_at.replace(microsecond=0)
    )


def test_token_ends_at_its_moment() -> None:
    token = Signer([KEY]).sign(PERMIT)

    assert Signer([KEY]).read(token, PERMIT.expires_at - timedelta(seconds=1)) is not None
    assert Signer([KEY]).read(token, PERMIT.expires_at) is None


def test_keys_can_be_rotated_and_a_foreign_one_makes_nothing() -> None:
    token = Signer([KEY]).sign(PERMIT)

    assert Signer([OTHER, KEY]).read(token, NOW) is not None
    assert Signer([OTHER]).read(token, NOW) is None


def test_every_changed_character_is_noticed() -> None:
    signer = Signer([KEY])
    token = signer.sign(PERMIT)

    # The last one holds two bits that belong to nothing.
    changed = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token) - 1)]

    assert {signer.read(one, NOW) for one in changed} == {None}


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 52, "../../etc/passwd", "=" * 40, "A" * 10_000])
def test_what_is_no_token_is_none(token: str) -> None:
    assert Signer([KEY]).read(token, NOW) is None


def test_page_asked_twice_in_a_minute_gives_the_same_addresses() -> None:
    first, second = end_of(NOW, 300), end_of(NOW + timedelta(seconds=29), 300)

    assert first == second == datetime(2026, 4, 13, 2, 6, tzinfo=UTC)


def test_keys_do_not_tell_the_secret_and_divide_the_folders() -> None:
    assert "rahasia" not in incoming_key("rahasia")
    assert incoming_key("rahasia") != incoming_key("rahasib")
    assert object_key(UUID(int=255), Variant.SMALL) == f"objects/ff/{255:032x}/small"
