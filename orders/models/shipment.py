from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.ids import uuid7
from orders.models.order import Order


class Shipment(models.Model):
    """One shipment of an order. Committed before the carrier is called, then completed with its tracking.

    `location` is the code of the one that packs it; empty where staff have packed it, who do not say.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "pending"
        SHIPPED = "shipped", "shipped"
        DELIVERED = "delivered", "delivered"
        CANCELLED = "cancelled", "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="shipments")
    carrier = models.CharField(max_length=40)
    tracking_number = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    lines = models.JSONField(help_text='What is in the shipment: [{"sku": "...", "quantity": 1}].')
    location = models.CharField(max_length=40, blank=True, default="", db_default="")
    idempotency_key = models.CharField(max_length=80, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    shipped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=["shipped", "delivered"]) | Q(shipped_at__isnull=False),
                name="shipment_shipped_has_time",
            ),
        ]
        indexes = [models.Index(fields=["-created_at"], name="shipment_newest")]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number or self.status}"
