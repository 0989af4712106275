"""The sandbox's own truth, in a SQLite file that the shop never reads. Nothing here knows of Django.

Every change runs under an idempotency key: the answer is stored with its effect, a repeat of the key
gets the stored answer, another request under the key is refused.
"""

import json
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

SCHEMA = """
CREATE TABLE IF NOT EXISTS payment (
    id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, reference TEXT NOT NULL, token TEXT NOT NULL,
    currency TEXT NOT NULL, amount INTEGER NOT NULL, status TEXT NOT NULL,
    captured INTEGER NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
    refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND captured)
);
CREATE TABLE IF NOT EXISTS parcel (
    id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, reference TEXT NOT NULL, lines TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS cancelled_parcel (key TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS answer (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, body TEXT NOT NULL, due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS attempt (key TEXT PRIMARY KEY, count INTEGER NOT NULL);
"""


class Answer(NamedTuple):
    """An HTTP status and a JSON document; `is_replay` says that its effect is older than this request."""

    status: int
    body: dict[str, Any]
    is_replay: bool = False


class Ledger:
    """One SQLite file, shared by the threads and processes of the sandbox."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.on_event: Callable[[], None] | None = None  # called after each commit that recorded an event
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; {SCHEMA}")

    def close(self) -> None:
        self._db.close()

    def once(self, key: str, fingerprint: str, effect: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Run `effect` and store its answer, both or neither; or the answer that the key already has."""
        answer = self._once(key, fingerprint, effect)
        if self.on_event and not answer.is_replay:
            self.on_event()
        return answer

    def record_event(self, db: sqlite3.Connection, kind: str, document: dict[str, Any]) -> None:
        """Record an event in the transaction of what it reports, where somebody is to receive it."""
        if self.on_event:
            body = json.dumps({"type": kind, "data": document})
            db.execute(
                "INSERT INTO event (name, body, due) VALUES (?, ?, 0)", [f"evt_{uuid.uuid4().hex}", body]
            )

    def sent(self, event: int, *, again_at: float | None) -> None:
        """Record that the event was taken, or is to be sent again."""
        with self._write() as db:
            if again_at is None:
                db.execute("DELETE FROM event WHERE id = ?", [event])
            else:
                sql = "UPDATE event SET due = ?, attempts = attempts + 1 WHERE id = ?"
                db.execute(sql, [again_at, event])

    def _once(self, key: str, fingerprint: str, effect: Callable[[sqlite3.Connection], Answer]) -> Answer:
        with self._write() as db:
            row = db.execute("SELECT fingerprint, status, body FROM answer WHERE key = ?", [key]).fetchone()
            if row:
                return _replay(row, fingerprint)
            answer = effect(db)
            db.execute(
                "INSERT INTO answer VALUES (?, ?, ?, ?)",
                [key, fingerprint, answer.status, json.dumps(answer.body)],
            )
            return answer

    def count_attempt(self, key: str) -> int:
        """How often this key has been tried, this time included."""
        with self._write() as db:
            sql = "INSERT INTO attempt VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET count = count + 1"
            db.execute(sql, [key])
            return int(db.execute("SELECT count FROM attempt WHERE key = ?", [key]).fetchone()[0])

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(row) for row in self._db.execute(sql, values)]

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def _replay(row: sqlite3.Row, fingerprint: str) -> Answer:
    if row["fingerprint"] != fingerprint:
        return Answer(422, {"code": "idempotency_key_reused"})
    return Answer(row["status"], json.loads(row["body"]), is_replay=True)
