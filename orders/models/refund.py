from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.ids import uuid7
from orders.models.order import Order
from orders.models.payment import Payment


class Refund(models.Model):
    """Money of a payment that staff refund: committed before the gateway is called, and what came of it.

    Its amount is counted in the payment's `promised` until it fails.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "pending"
        SUCCEEDED = "succeeded", "succeeded"
        FAILED = "failed", "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    idempotency_key = models.CharField(max_length=80, unique=True)
    lines = models.JSONField(default=list, blank=True, help_text='For what: [{"sku": "...", "quantity": 1}].')
    reason = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=300)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(status="pending", settled_at__isnull=True)
                | Q(status__in=["succeeded", "failed"], settled_at__isnull=False),
                name="refund_settled_has_time",
            ),
        ]
        indexes = [models.Index(fields=["-created_at"], name="refund_newest")]

    def __str__(self) -> str:
        return f"{self.amount} {self.status}"
