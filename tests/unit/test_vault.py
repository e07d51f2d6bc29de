"""PINs that nobody stores, contact data that nobody reads without a key, and keys that can be renewed."""

from uuid import UUID

import pytest
from cryptography.fernet import Fernet, InvalidToken

from complaints.vault import NO_CONTACT, Contact, Vault
from tests.support import VAULT_KEY

OTHER_KEY = Fernet.generate_key().decode()
CASE = UUID("01890000-0000-7000-8000-000000000001")
SITI = Contact("Siti Rahayu", "siti@contoh.id", "081234567890")


@pytest.fixture
def vault() -> Vault:
    return Vault((VAULT_KEY,))


def test_a_pin_is_always_the_same_for_one_complaint(vault: Vault) -> None:
    assert vault.pin(CASE) == Vault((VAULT_KEY,)).pin(CASE)


def test_a_pin_has_six_digits(vault: Vault) -> None:
    pins = [vault.pin(UUID(int=number)) for number in range(2_000)]

    assert all(len(pin) == 6 and pin.isascii() and pin.isdigit() for pin in pins)
    # Leading zeros are kept, and the PINs spread over the whole range.
    assert any(pin.startswith("0") for pin in pins)
    assert len(set(pins)) > 1_950


def test_a_pin_differs_with_the_key(vault: Vault) -> None:
    other = Vault((OTHER_KEY,))

    assert [vault.pin(UUID(int=n)) for n in range(5)] != [other.pin(UUID(int=n)) for n in range(5)]


def test_a_new_key_leaves_printed_pins_as_they_are(vault: Vault) -> None:
    rotated = Vault((OTHER_KEY, VAULT_KEY))

    assert rotated.pin(CASE) == vault.pin(CASE)


def test_only_its_own_pin_opens_a_complaint(vault: Vault) -> None:
    pin = vault.pin(CASE)

    assert vault.is_pin(CASE, f" {pin}\n")
    assert not vault.is_pin(CASE, f"{(int(pin) + 1) % 10**6:06d}")
    assert not vault.is_pin(UUID(int=7), pin)
    assert not vault.is_pin(CASE, "")


@pytest.mark.parametrize("contact", [SITI, Contact(phone="0812"), Contact(name="Ñandú 你好 🙂"), NO_CONTACT])
def test_what_is_sealed_can_be_opened(contact: Contact, vault: Vault) -> None:
    assert vault.open(vault.seal(contact)) == contact


def test_what_is_sealed_shows_nothing(vault: Vault) -> None:
    sealed = vault.seal(SITI)

    assert not any(word in sealed for word in (b"Siti", b"contoh", b"0812"))
    # The same contact twice cannot be recognised either.
    assert vault.seal(SITI) != sealed


def test_another_key_does_not_open_it(vault: Vault) -> None:
    sealed = vault.seal(SITI)

    with pytest.raises(InvalidToken):
        Vault((OTHER_KEY,)).open(sealed)


def test_a_changed_byte_does_not_open_it(vault: Vault) -> None:
    sealed = bytearray(vault.seal(SITI))
    sealed[40] ^= 1

    with pytest.raises(InvalidToken):
        vault.open(bytes(sealed))


def test_after_a_rotation_the_new_key_writes_and_both_read(vault: Vault) -> None:
    rotated = Vault((OTHER_KEY, VAULT_KEY))

    assert rotated.open(vault.seal(SITI)) == SITI
    assert Vault((OTHER_KEY,)).open(rotated.seal(SITI)) == SITI
    with pytest.raises(InvalidToken):
        vault.open(rotated.seal(SITI))


@pytest.mark.parametrize("keys", [(), ("",), ("terlalu pendek",), (VAULT_KEY, "bukan kunci")])
def test_a_vault_without_a_proper_key_is_not_built(keys: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Vault(keys)


@pytest.mark.parametrize(
    ("contact", "is_empty"),
    [(NO_CONTACT, True), (Contact("", "", ""), True), (Contact(phone="0"), False), (SITI, False)],
)
def test_an_empty_contact_is_nothing_to_keep(contact: Contact, is_empty: bool) -> None:
    assert contact.is_empty is is_empty
