"""How long what is open may have to wait before somebody takes it up again."""

from datetime import timedelta

from core.mail.services import CLAIM
from core.outbox.claims import MAX_LEASE_SECONDS
from core.outbox.work import MAX_RETRY_SECONDS

# A retry is put off by up to a fifth more.
MAX_WAIT = max(timedelta(seconds=MAX_LEASE_SECONDS), timedelta(seconds=MAX_RETRY_SECONDS) * 1.2, CLAIM)
