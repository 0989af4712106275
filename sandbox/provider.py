"""The outside world of the local stack: a payment provider and a carrier, with real latency and failures.

`gunicorn sandbox.provider:app`. Environment: SANDBOX_LEDGER (path of its SQLite file),
SANDBOX_LATENCY_MS (5), SANDBOX_HANG_SECONDS (30, how long `tok_timeout` hangs), SANDBOX_WEBHOOK_URL (none)
and SANDBOX_WEBHOOK_SECRET, or SANDBOX_WEBHOOK_SECRET_FILE, for webhooks about payments. It imports nothing
of the shop, so that its ledger is a second opinion on what was paid and shipped.
"""

import os
from pathlib import Path

from sandbox.application import Provider
from sandbox.ledger import Ledger
from sandbox.webhooks import Sender

DEFAULT_LEDGER = Path(__file__).resolve().parents[1] / ".local" / "sandbox.sqlite3"

ledger = Ledger(Path(os.environ.get("SANDBOX_LEDGER", DEFAULT_LEDGER)))
app = Provider(
    ledger,
    latency=int(os.environ.get("SANDBOX_LATENCY_MS", "5")) / 1000,
    hang=float(os.environ.get("SANDBOX_HANG_SECONDS", "30")),
)

if url := os.environ.get("SANDBOX_WEBHOOK_URL"):
    file = os.environ.get("SANDBOX_WEBHOOK_SECRET_FILE")
    secret = Path(file).read_text().strip() if file else os.environ["SANDBOX_WEBHOOK_SECRET"]
    sender = Sender(ledger, url=url, secret=secret)
    ledger.on_event = sender.wake
    sender.start()
