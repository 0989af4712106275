"""Django finds admin pages here; each lives beside the code that it belongs to."""

from core.compute.admin import ComputeJobAdmin
from core.idempotency.admin import IdempotencyRecordAdmin
from core.mail.admin import MailAdmin
from core.outbox.admin import OutboxMessageAdmin

__all__ = ["ComputeJobAdmin", "IdempotencyRecordAdmin", "MailAdmin", "OutboxMessageAdmin"]
