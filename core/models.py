"""Django finds models here; each lives beside the code that it belongs to."""

from core.compute.models import ComputeJob
from core.idempotency.models import IdempotencyRecord
from core.mail.models import Mail
from core.outbox.models import OutboxMessage

__all__ = ["ComputeJob", "IdempotencyRecord", "Mail", "OutboxMessage"]
