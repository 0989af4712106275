"""What the shop has answered its customers, kept where no crash of the shop or of the test can lose it."""

import json
import os
import threading
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """An order as the shop answered 201 for it. `email` is used by no other test or run."""

    id: UUID
    number: str
    total: Decimal
    email: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer that arrived. `key` is the idempotency key it came for, `email` the buyer's."""

    key: str
    email: str
    status: int
    body: str
    is_replay: bool = False

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.body)


class AnswerLog:
    """Appends each answer to a file and has it on disk before the client goes on."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()
        self._stream = file.open("ab")

    def __enter__(self) -> "AnswerLog":
        return self

    def __exit__(self, *raised: object) -> None:
        self._stream.close()

    def write(self, answer: Answer) -> None:
        with self._lock:
            self._stream.write(json.dumps(asdict(answer)).encode() + b"\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())

    def read(self) -> list[Answer]:
        """Every answer, from the file."""
        return [Answer(**json.loads(line)) for line in self.file.read_text().splitlines()]

    def orders(self) -> list[Acknowledged]:
        """Each order that was acknowledged to somebody, once."""
        found = {a.document["id"]: a for a in self.read() if a.status == 201}
        return [
            Acknowledged(
                id=UUID(known),
                number=answer.document["number"],
                total=Decimal(answer.document["total"]),
                email=answer.email,
            )
            for known, answer in found.items()
        ]

    def contradictions(self) -> list[str]:
        """Keys whose answers differ, byte for byte."""
        bodies: dict[str, set[str]] = {}
        for answer in self.read():
            if answer.status == 201:
                bodies.setdefault(answer.key, set()).add(answer.body)
        return [f"{key}: {len(made)} different answers" for key, made in bodies.items() if len(made) > 1]
