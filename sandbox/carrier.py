"""What the sandbox's carrier does: it takes parcels and numbers them."""

import json
import sqlite3
from typing import Any

from sandbox.ledger import Answer, Ledger


def create_parcel(ledger: Ledger, key: str, body: dict[str, Any], fingerprint: str) -> Answer:
    """Accept a parcel, unless it was cancelled before it came; its tracking number is final."""

    def effect(db: sqlite3.Connection) -> Answer:
        if db.execute("SELECT 1 FROM cancelled_parcel WHERE key = ?", [key]).fetchone():
            return Answer(409, {"code": "cancelled"})
        cursor = db.execute(
            "INSERT INTO parcel (key, reference, lines) VALUES (?, ?, ?)",
            [key, body["reference"], json.dumps(body["lines"])],
        )
        return Answer(201, {"carrier": "sandbox", "tracking_number": tracking_number(cursor.lastrowid or 0)})

    return ledger.once(key, fingerprint, effect)


def cancel_parcel(ledger: Ledger, key: str, body: dict[str, Any], fingerprint: str) -> Answer:
    """The parcel created under `body["key"]` stays here, whether it has come yet or not."""

    def effect(db: sqlite3.Connection) -> Answer:
        db.execute("DELETE FROM parcel WHERE key = ?", [body["key"]])
        db.execute("INSERT INTO cancelled_parcel VALUES (?)", [body["key"]])
        return Answer(200, {"status": "cancelled"})

    return ledger.once(key, fingerprint, effect)


def tracking_number(parcel: int) -> str:
    return f"SBX{parcel:010d}"
