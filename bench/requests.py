"""What is asked of the server, as a client would ask it."""

import http.client
import json
import time
from typing import Any

TEXT = "Lampu penerangan jalan di depan pasar mati sejak minggu lalu, warga takut lewat kalau malam. Mohon diperbaiki."

_IDLE_SECONDS = 2.0

QUEUE = """query Queue {
  complaints(first: 50, filter: {desk: VERIFICATION}, order: OLDEST) {
    pageInfo { hasNextPage endCursor }
    edges { cursor node {
      id trackingCode status version title text urgency submittedAt dueAt
      category { id label parent { id label } } agency { id name shortName }
      suggestion { version titles isSureOfCategory categories { label confidence category { label } } }
      clocks { clock dueAt pausedAt }
    } }
  }
}"""
ONE = """query One($id: ID!) {
  complaint(id: $id) {
    id trackingCode status version title text urgency submittedAt dueAt
    category { id label } agency { id name } clocks { clock dueAt } events { seq kind at } messages { body at }
    suggestion { version titles categories { label confidence } }
  }
}"""
SUBMIT = """mutation Submit($text: String!, $key: String!) {
  submitComplaint(input: {text: $text, idempotencyKey: $key}) {
    __typename ... on SubmitComplaintPayload { trackingCode pin }
  }
}"""
SUGGEST = """query Suggest($text: String!) {
  suggest(text: $text) { titles categories { label confidence words } agencies { label confidence } }
}"""


class Refused(Exception):
    """The server said no; a bench of refusals means nothing."""


class Client:
    """One kept connection to the server under test."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._used_at = time.monotonic()
        self._headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer; an error in it ends the run, a bench of refusals means nothing."""
        if time.monotonic() - self._used_at > _IDLE_SECONDS:
            # The server ends connections that rest; the next request opens another one.
            self._connection.close()
        self._connection.request(
            "POST", "/graphql", json.dumps({"query": query, "variables": variables}), self._headers
        )
        answer: dict[str, Any] = json.loads(self._connection.getresponse().read())
        self._used_at = time.monotonic()
        if answer.get("errors"):
            raise Refused(f"the server refused: {answer['errors'][0]}")
        data: dict[str, Any] = answer["data"]
        return data
