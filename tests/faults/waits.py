"""How long what is open may have to wait before somebody takes it up again."""

from datetime import timedelta

from core.mail.services import CLAIM
from core.outbox.handling import LONGEST_RETRY
from core.outbox.relay import LONGEST_LEASE

# A retry is put off by up to a fifth more.
MAX_WAIT = max(timedelta(seconds=LONGEST_LEASE), timedelta(seconds=LONGEST_RETRY) * 1.2, CLAIM)
