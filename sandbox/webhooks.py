"""The sandbox's webhooks about payments, signed by the Standard Webhooks specification.

Each is repeated until it is taken. The ledger keeps what is still to be sent, so that it survives a restart.
"""

import base64
import hashlib
import hmac
import threading
import time
from http import HTTPStatus
from typing import Any

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from sandbox.ledger import Ledger

PREFIX = "whsec_"
TIMEOUT = Timeout(connect=1, read=5)  # seconds
MAX_PAUSE = 60  # seconds between two attempts
POLL = 1.0  # seconds; other processes write to the ledger too


class Sender(threading.Thread):
    """Posts to `url` the events of the ledger. Each process may run one: then some are sent twice."""

    def __init__(self, ledger: Ledger, *, url: str, secret: str) -> None:
        super().__init__(name="webhooks", daemon=True)
        self._ledger, self._url = ledger, url
        self._key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        self._has_events = threading.Event()
        self._http = PoolManager(retries=False)

    def wake(self) -> None:
        """Send at once: an event was recorded."""
        self._has_events.set()

    def run(self) -> None:
        while True:
            self._has_events.wait(POLL)
            self._has_events.clear()
            for event in self._due():
                self._send(event)

    def _due(self) -> list[dict[str, Any]]:
        sql = "SELECT id, name, body, attempts FROM event WHERE due <= ? ORDER BY id LIMIT 100"
        return self._ledger.rows(sql, time.time())

    def _send(self, event: dict[str, Any]) -> None:
        name, now = event["name"], int(time.time())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(now),
            "webhook-signature": self._signature(f"{name}.{now}.{event['body']}"),
        }
        try:
            answer = self._http.request(
                "POST", self._url, body=event["body"], headers=headers, timeout=TIMEOUT, redirect=False
            )
            is_taken = answer.status < HTTPStatus.BAD_REQUEST
        except HTTPError:
            is_taken = False
        pause = min(2 ** event["attempts"], MAX_PAUSE)
        self._ledger.sent(event["id"], again_at=None if is_taken else now + pause)

    def _signature(self, signed: str) -> str:
        return "v1," + base64.b64encode(hmac.digest(self._key, signed.encode(), hashlib.sha256)).decode()
