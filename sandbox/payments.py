"""What the sandbox's payment provider does: tokens decide. Amounts are in the currency's smallest unit."""

import sqlite3
from typing import Any

from sandbox.ledger import Answer, Ledger

REFUSALS = {"tok_declined": "card_declined", "tok_insufficient": "insufficient_funds"}
HANGING = "tok_timeout"  # commits, then hangs; a repeat of the key is answered at once
FLAKY, FLAKY_FAILURES = "tok_flaky", 2
DOWN = "tok_down"
UNAVAILABLE = Answer(503, {"code": "unavailable"})
MISSING = Answer(404, {"code": "not_found"})


def authorise(ledger: Ledger, key: str, body: dict[str, Any], fingerprint: str) -> Answer:
    """Hold `amount` on the means of payment behind `token`."""
    token = body["token"]
    if token == DOWN or (token == FLAKY and ledger.count_attempt(key) <= FLAKY_FAILURES):
        return UNAVAILABLE
    if token in REFUSALS:
        return ledger.once(key, fingerprint, lambda _: Answer(402, {"code": REFUSALS[token]}))
    if token not in {"tok_ok", HANGING, FLAKY}:
        return ledger.once(key, fingerprint, lambda _: Answer(402, {"code": "unknown_token"}))
    return ledger.once(key, fingerprint, lambda db: _insert(ledger, db, key, body))


def capture(ledger: Ledger, key: str, number: int, body: dict[str, Any], fingerprint: str) -> Answer:
    """Take `amount` of what is held."""
    sql = (
        "UPDATE payment SET status = 'captured', captured = :amount"
        " WHERE id = :id AND status = 'authorised' AND :amount BETWEEN 1 AND amount"
    )
    return _change(ledger, key, fingerprint, sql, {"id": number, "amount": body["amount"]})


def void(ledger: Ledger, key: str, number: int, fingerprint: str) -> Answer:
    """Let go of what is held; nothing may have been captured."""
    sql = "UPDATE payment SET status = 'voided' WHERE id = :id AND status = 'authorised'"
    return _change(ledger, key, fingerprint, sql, {"id": number})


def refund(ledger: Ledger, key: str, number: int, body: dict[str, Any], fingerprint: str) -> Answer:
    """Refund `amount` of what was captured."""
    sql = (
        "UPDATE payment SET refunded = refunded + :amount"
        " WHERE id = :id AND status = 'captured' AND :amount BETWEEN 1 AND captured - refunded"
    )
    return _change(ledger, key, fingerprint, sql, {"id": number, "amount": body["amount"]})


def fetch(ledger: Ledger, *, number: int | None = None, key: str = "") -> Answer:
    """One payment, by its number or by the key under which it was authorised."""
    rows = ledger.rows("SELECT * FROM payment WHERE id = ? OR key = ?", number, key)
    return Answer(200, _document(rows[0])) if rows else MISSING


def _insert(ledger: Ledger, db: sqlite3.Connection, key: str, body: dict[str, Any]) -> Answer:
    cursor = db.execute(
        "INSERT INTO payment (key, reference, token, currency, amount, status)"
        " VALUES (?, ?, ?, ?, ?, 'authorised')",
        [key, body["reference"], body["token"], body["currency"], body["amount"]],
    )
    row = db.execute("SELECT * FROM payment WHERE id = ?", [cursor.lastrowid]).fetchone()
    document = _document(dict(row))
    ledger.record_event(db, "payment.authorised", document)
    return Answer(201, document)


def _change(ledger: Ledger, key: str, fingerprint: str, sql: str, values: dict[str, int]) -> Answer:
    def effect(db: sqlite3.Connection) -> Answer:
        changed = db.execute(sql, values).rowcount
        row = db.execute("SELECT * FROM payment WHERE id = ?", [values["id"]]).fetchone()
        if row is None:
            return MISSING
        document = _document(dict(row))
        if not changed:
            return Answer(409, {"code": "not_possible", **document})
        ledger.record_event(
            db, "payment.refunded" if document["refunded"] else f"payment.{document['status']}", document
        )
        return Answer(200, document)

    return ledger.once(key, fingerprint, effect)


def _document(row: dict[str, Any]) -> dict[str, Any]:
    shown = ("key", "reference", "status", "currency", "amount", "captured", "refunded")
    return {"id": f"sandbox_{row['id']}", **{name: row[name] for name in shown}}
