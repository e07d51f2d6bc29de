"""A letter leaves over TLS with a certificate that holds, or it does not leave."""

import datetime
import ipaddress
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from complaints.telling.outlets import Outlets
from complaints.vault import Contact
from models import Delivery
from rules.telling import DeliveryState
from tests.integration.given import Rows
from tests.integration.telling_given import DeliverAll, TellAll, with_mail
from tests.outside import MailSink
from tests.support import Complaints

CONTACT = Contact(email="siti@contoh.id")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine that nobody signed but itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink.test")])
    begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "sink.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def over_tls(port: int, **server: Any) -> Outlets:
    outlets = with_mail(port)
    assert outlets.mail is not None
    return replace(outlets, mail=replace(outlets.mail, tls="starttls", **server))


async def test_the_letter_and_the_password_travel_encrypted(
    certificate: Path,
    tls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    a_complaint: Complaints,
    tell_all: TellAll,
    deliver_all: DeliverAll,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    seen = []

    def authenticate(*given: Any) -> AuthResult:
        login = given[-1]
        assert isinstance(login, LoginPassword)
        seen.append((login.login, login.password))
        return AuthResult(success=True)

    options = {"tls_context": tls, "require_starttls": True, "auth_required": True, "authenticator": authenticate}
    async with MailSink.open(**options) as sink:
        outlets = over_tls(sink.port, user="salur", password="rahasia")
        await a_complaint(contact=CONTACT)

        await tell_all(outlets)
        await deliver_all(outlets)

    assert [letter["To"] for letter in sink.letters] == ["siti@contoh.id"]
    assert seen == [(b"salur", b"rahasia")]


@pytest.mark.parametrize(
    ("offers_tls", "error"), [(True, "SMTP_SSLCERTVERIFICATIONERROR"), (False, "SMTP_NOT_SUPPORTED")]
)
async def test_without_a_certificate_that_holds_nothing_leaves(
    offers_tls: bool,
    error: str,
    tls: ssl.SSLContext,
    a_complaint: Complaints,
    tell_all: TellAll,
    deliver_all: DeliverAll,
    rows: Rows,
) -> None:
    async with MailSink.open(**({"tls_context": tls} if offers_tls else {})) as sink:
        outlets = over_tls(sink.port)
        await a_complaint(contact=CONTACT)
        await tell_all(outlets)

        await deliver_all(outlets)

    (row,) = await rows(Delivery)
    assert (row.state, row.last_error, sink.letters) == (DeliveryState.FAILED, error, [])
