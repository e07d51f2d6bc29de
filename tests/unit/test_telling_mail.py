"""A letter as it leaves: both languages, nothing that runs or loads, nobody else addressed."""

from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from uuid import UUID

import pytest

from complaints.telling.mail import Letter, compose, usable_address
from complaints.telling.outlets import MailServer
from complaints.telling.wording import day_of
from rules.telling import Language

SERVER = MailServer(host="mail.test", port=25, tls="none", sender="Salur <salur@lapor.test>")
DELIVERY = UUID("018f3c1e-0000-7000-8000-000000000001")
AT = datetime(2026, 4, 13, 2, 0, tzinfo=UTC)
LETTER = Letter(
    to="warga@contoh.id",
    language=Language.INDONESIAN,
    subject="[KODE] Instansi menjawab laporan Anda.",
    sentence="Instansi menjawab laporan Anda.",
    facts=(("Kode", "KODE"), ("Judul", '<script>alert(1)</script> & "kutip"')),
    link="https://lapor.test/lacak?kode=KODE",
    link_label="Buka laporan",
    automatic="Surel ini dikirim otomatis oleh Salur.",
    quote='<img src="https://jahat.test/x.png" onerror=alert(1)>\nBaris kedua',
    quote_label="Jawaban instansi",
)


HARMLESS = {
    "html", "head", "meta", "title", "body", "p", "table", "tr", "th", "td", "blockquote", "a", "hr",
}  # fmt: skip


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """What the parser calls."""
        self.found.append((tag, dict(attrs)))


def body(message: EmailMessage, form: str) -> str:
    part = message.get_body((form,))
    assert isinstance(part, EmailMessage)
    content: str = part.get_content()
    return content


def test_what_people_wrote_is_escaped_in_html() -> None:
    html = body(compose(LETTER, SERVER, DELIVERY, AT), "html")

    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;kutip&#34;" in html
    assert "<script" not in html
    assert "<img" not in html


def test_what_people_wrote_stays_as_it_is_in_text() -> None:
    text = body(compose(LETTER, SERVER, DELIVERY, AT), "plain")

    assert 'Judul: <script>alert(1)</script> & "kutip"' in text
    assert "Baris kedua" in text


def test_html_loads_nothing_and_links_only_to_our_pages() -> None:
    letter = replace(LETTER, preferences_link="https://lapor.test/pemberitahuan", preferences_label="Atur")

    tags = Tags()
    tags.feed(body(compose(letter, SERVER, DELIVERY, AT), "html"))

    assert {tag for tag, _ in tags.found} <= HARMLESS
    links = [attributes["href"] for _, attributes in tags.found if "href" in attributes]
    assert links == [letter.link, letter.preferences_link]
    assert not any("src" in attributes or "url(" in (attributes.get("style") or "") for _, attributes in tags.found)


@pytest.mark.parametrize("language", list(Language))
def test_the_language_is_said_to_programs_too(language: Language) -> None:
    message = compose(replace(LETTER, language=language), SERVER, DELIVERY, AT)

    assert message["Content-Language"] == language
    assert f'<html lang="{language}">' in body(message, "html")


def test_every_attempt_has_the_same_message_id() -> None:
    first, second = (compose(LETTER, SERVER, DELIVERY, at) for at in (AT, AT.replace(hour=5)))

    assert first["Message-ID"] == second["Message-ID"] == f"<{DELIVERY}@lapor.test>"
    assert first["Auto-Submitted"] == "auto-generated"


def test_a_mailing_programme_is_told_where_to_unsubscribe() -> None:
    link = "https://lapor.test/pemberitahuan"

    assert compose(replace(LETTER, preferences_link=link), SERVER, DELIVERY, AT)["List-Unsubscribe"] == f"<{link}>"
    assert compose(LETTER, SERVER, DELIVERY, AT)["List-Unsubscribe"] is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "tanpa-tanda",
        "dua@contoh.id, tiga@contoh.id",
        "dua@contoh.id tiga@contoh.id",
        "a@b@contoh.id",
        "Nama <dua@contoh.id>",
        "dua@contoh.id\nBcc: tiga@contoh.id",
        "dua@contoh.id\r\nSubject: lain",
        '"dua tiga"@contoh.id',
        "dua@[127.0.0.1]",
        "dua@contoh.id>",
        "düa@contoh.id",
    ],
)
def test_no_mail_goes_where_a_second_recipient_could_hide(address: str) -> None:
    assert usable_address(address) is None


@pytest.mark.parametrize("address", ["warga@contoh.id", " warga+lapor@sub.contoh.go.id ", "o'brien@example.com"])
def test_an_ordinary_address_is_usable(address: str) -> None:
    assert usable_address(address) == address.strip()


def test_a_day_is_written_as_people_write_it() -> None:
    # 16:59:59 UTC is the end of the day in Jakarta.
    moment = datetime(2026, 8, 26, 16, 59, 59, tzinfo=UTC)

    assert day_of(moment, Language.INDONESIAN) == "26 Agustus 2026"
    assert day_of(moment, Language.ENGLISH) == "26 August 2026"
