from django.db import models
from django.utils import timezone

from core.ids import uuid7
from orders.models.order import Order


class Return(models.Model):
    """Units of an order that came back, and whether they are for sale again. Money: see Refund."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="returns")
    lines = models.JSONField(help_text='What came back: [{"sku": "...", "quantity": 1}].')
    restock = models.BooleanField(help_text="On sale again; else written off.")
    reason = models.CharField(max_length=300)
    actor = models.CharField(max_length=300)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["-created_at"], name="return_newest")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.created_at:%Y-%m-%d}"
