"""Requests that are sent over and over, each time with a text of its own in them."""

import json
from dataclasses import dataclass, field

MARK = "UNIQUEPERREQUEST__"  # requests.lua puts a text of the same length in its place


@dataclass(frozen=True)
class Request:
    """MARK in headers and body becomes a new text each time that it is sent."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def as_text(self) -> str:
        """As requests.lua reads it."""
        head = [f"{self.method} {self.path}", *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\n".join(head) + "\n\n" + self.body

    def marked(self, text: str) -> "Request":
        """The same with `text` for MARK."""
        headers = {name: value.replace(MARK, text) for name, value in self.headers.items()}
        return Request(self.path, self.method, headers, self.body.replace(MARK, text))


def post(path: str, body: object, headers: dict[str, str] | None = None) -> Request:
    return Request(path, "POST", {"Content-Type": "application/json"} | (headers or {}), json.dumps(body))
