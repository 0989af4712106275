from decimal import Decimal

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from core.ids import uuid7
from core.money import fits_currency
from orders.models.order import Order


class Payment(models.Model):
    """The intent to take `amount` for an order, and what the gateway made of it.

    The row is committed before the gateway is called; each step calls under a key made of
    `idempotency_key`, so that a step repeated after a crash or a lost answer is the same step.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "pending"
        AUTHORISED = "authorised", "authorised"
        CAPTURED = "captured", "captured"
        DECLINED = "declined", "declined"
        ABANDONED = "abandoned", "abandoned"  # given up; the provider may still hold the money
        VOIDED = "voided", "voided"
        REFUNDED = "refunded", "refunded"

    # What may still bring the order its money.
    LIVE = (Status.PENDING, Status.AUTHORISED, Status.CAPTURED)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="payments")
    gateway = models.CharField(max_length=40)
    token = models.CharField(max_length=255, help_text="The gateway's reference to the means of payment.")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    idempotency_key = models.CharField(max_length=80, unique=True)
    provider_reference = models.CharField(max_length=255, blank=True)
    captured = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal("0.00"))
    refunded = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal("0.00"))
    promised = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        default=Decimal("0.00"),
        db_default=Decimal("0.00"),
        help_text="The sum of our refunds that are pending or succeeded.",
    )
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("captured"), captured__lte=F("amount")),
                name="payment_refunded_within_captured_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(promised__gte=0, promised__lte=F("captured")),
                name="payment_promised_within_captured",
            ),
            models.CheckConstraint(
                condition=fits_currency("amount", "captured", "refunded", "promised"),
                name="payment_amounts_fit_currency",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(status__in=["pending", "authorised", "captured"]),
                name="payment_one_live_per_order",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="payment_newest"),
            models.Index(
                fields=["provider_reference"],
                name="payment_by_reference",
                condition=~Q(provider_reference=""),
            ),
            # For the nightly comparison with the providers. A few pages that cost a sale nothing: payments
            # change in their first second, and the newest lie together.
            BrinIndex(fields=["updated_at"], name="payment_changed", pages_per_range=32, autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.status}"
