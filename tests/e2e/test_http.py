"""HTTP at its edges: what is not a request of ours is refused politely, and every answer has the same headers."""

import base64
from typing import Any

import pytest

from tests.e2e.support import House

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
JSON = {"content-type": "application/json"}


async def test_process_lives_and_is_ready(house: House) -> None:
    async with house.client() as client:
        live, ready = await client.http.get("/health/live"), await client.http.get("/health/ready")

    assert (live.status_code, live.json()) == (200, {"status": "ok"})
    report = ready.json()
    assert (ready.status_code, report["status"], report["database"]) == (200, "ready", "ok")
    assert report["schema_revision"] == report["schema_expected"]
    assert report["classifier"] == "none"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/graphql?query={me{login}}", 405, "POST_ONLY"),
        ("PUT", "/graphql", 405, "POST_ONLY"),
        ("OPTIONS", "/graphql", 405, "POST_ONLY"),
        ("GET", "/", 404, "NO_SUCH_PAGE"),
        ("POST", "/..%2f..%2fetc/passwd", 404, "NO_SUCH_PAGE"),
    ],
)
async def test_other_requests_are_refused_with_words(
    method: str, path: str, status: int, code: str, house: House
) -> None:
    async with house.client() as client:
        response = await client.http.request(method, path)

    assert (response.status_code, response.headers["content-type"]) == (status, "application/json")
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == [code]


@pytest.mark.parametrize("path", ["/graphql", "/health/live", "/health/ready", "/tidak-ada"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_every_answer_has_the_safe_headers_and_does_not_name_the_server(
    method: str, path: str, house: House
) -> None:
    async with house.client() as client:
        response = await client.http.request(method, path, json={"query": "{ me { login } }"})

    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
    assert "server" not in response.headers


async def test_body_of_six_megabytes_is_too_large(house: House) -> None:
    async with house.client() as client:
        response = await client.http.post("/graphql", content=b"x" * 6_000_000, headers=JSON)

    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (413, "TOO_LARGE")
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS


async def test_body_without_a_length_is_counted_as_it_comes(house: House) -> None:
    async def drip() -> Any:
        for _ in range(60):
            yield b"x" * 100_000

    async with house.client() as client:
        response = await client.http.post("/graphql", content=drip(), headers=JSON)

    assert response.status_code == 413


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", JSON),
        (b"{", JSON),
        (b"[]", JSON),
        (b'[{"query": "{ me { login } }"}]', JSON),
        (b"{}", JSON),
        (b'{"query": null}', JSON),
        (b'{"query": 1}', JSON),
        (b'{"query": ""}', JSON),
        (b'{"query": "{ me { login } }", "variables": []}', JSON),
        (b'{"query": "{ me { login } }", "variables": "x"}', JSON),
        (b"\x00", JSON),
        (b'{"query": "\xff\xfe"}', JSON),
        (b"[" * 100_000, JSON),
        (b'{"query": "{ me { login } }", "operationName": 1}', JSON),
        (b'{"query": "{ me { login } }", "extensions": []}', JSON),
        (b'{"query": "{ me { login } }", "variables": {"a": "\\ud800"}}', JSON),
        (b'{"query": "{ me { login } }"}', {"content-type": "text/plain"}),
        (b'{"query": "{ me { login } }"}', {}),
        (b"query=%7Bme%7Blogin%7D%7D", {"content-type": "application/x-www-form-urlencoded"}),
        (b"--x--", {"content-type": "multipart/form-data; boundary=x"}),
    ],
)
async def test_body_that_is_no_request_is_a_bad_request(body: bytes, headers: dict[str, str], house: House) -> None:
    async with house.client() as client:
        response = await client.http.post("/graphql", content=body, headers=headers)

    assert 400 <= response.status_code < 500
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ("{ me { login ", 200),
        ("{ tidakAda }", 200),
        (f"{{ agencies(first: 1) {{ edges {{ node {{ {'parent { ' * 20}code{' }' * 20} }} }} }} }}", 200),
        (f"{{ me {{ {'login ' * 3_000} }} }}", 200),
        (f"{{ {' '.join(f'a{n}: me {{ login }}' for n in range(50))} }}", 200),
    ],
    ids=["half", "unknown field", "too deep", "too long", "too many aliases"],
)
async def test_document_that_asks_too_much_is_refused_with_words(document: str, status: int, house: House) -> None:
    async with house.client() as client:
        response = await client.http.post("/graphql", json={"query": document})

    assert response.status_code == status
    assert {error["extensions"]["code"] for error in response.json()["errors"]} == {"BAD_REQUEST"}


async def test_nul_bytes_are_a_problem_of_the_input(house: House) -> None:
    async with house.client() as client:
        answer = await client.do("submitComplaint", input={"text": "Jalan rusak\x00 di depan pasar", "title": "\x00"})

    assert [(p["field"], p["code"]) for p in answer["problems"]] == [
        ("text", "CONTROL_CHARACTER"),
        ("title", "CONTROL_CHARACTER"),
    ]


@pytest.mark.parametrize("wanted", ["Complaint:01a20c54-bc1a-7215-9404-0e775b68401f", "Complaint:x", "x", "\x00"])
async def test_unknown_id_is_null_or_named(wanted: str, house: House) -> None:
    async with house.client() as client:
        answer = await client.ask(
            "query($id: ID!) { complaint(id: $id) { id } }", id=base64.b64encode(wanted.encode()).decode()
        )

    assert answer["data"] == {"complaint": None}
    assert [error["extensions"]["code"] for error in answer.get("errors", [])] in ([], ["INVALID"])


async def test_only_the_proxy_we_trust_names_the_address(house: House) -> None:
    """What a client writes before the proxy's own entry does not make it somebody else."""
    async with house.client() as client:
        for number in range(5):
            client.http.headers["x-forwarded-for"] = f"203.0.113.{number}, 198.51.250.1"
            await client.do("login", login="siapa", password="tebakan saja", kind="BEARER")
        client.http.headers["x-forwarded-for"] = "203.0.113.99, 198.51.250.1"
        answer = await client.do("login", login="siapa", password="tebakan saja", kind="BEARER")

    assert answer["__typename"] == "TooManyError"


async def test_log_knows_nothing_about_people(house: House) -> None:
    marks = ["zamrudwati", "081299991234", "rahasia@contoh.test", "kata sandi zamrudwati"]
    name, phone, email, password = marks
    async with house.client() as client:
        contact = {"name": name, "phone": phone, "email": email}
        text = f"Saya {name}, telepon {phone}, melapor jalan rusak"
        receipt = await client.do("submitComplaint", input={"text": text, "title": name, "contact": contact})
        await client.do("submitComplaint", input={"text": f"{text}\x00", "contact": contact})
        await client.do("login", login=email, password=password, kind="BEARER")
        access = {"trackingCode": receipt["trackingCode"], "pin": receipt["pin"]}
        await client.do("replyAsReporter", complaint=access, text=f"Saya {name} lagi")
        await client.ask(f'{{ agencies(search: "{name}") {{ tidakAda }} }}')
        await client.http.post("/graphql", content=f'{{"query": "{name}'.encode(), headers=JSON)

    said = house.logs.lower()
    assert [mark for mark in [*marks, receipt["trackingCode"].lower(), receipt["pin"]] if mark in said] == []
