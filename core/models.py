"""Django finds models here; each lives beside the code that it belongs to."""

from core.idempotency.models import IdempotencyRecord
from core.mail.models import Mail
from core.outbox.models import OutboxMessage

__all__ = ["IdempotencyRecord", "Mail", "OutboxMessage"]
