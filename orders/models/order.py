from decimal import Decimal
from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Upper
from django.utils import timezone

from core.ids import uuid7
from core.money import fits_currency

ZERO = Decimal("0.00")


class Status(models.TextChoices):
    """Where an order stands. orders.states holds which may follow which."""

    PENDING = "pending", "pending"
    PAID = "paid", "paid"
    SHIPPED = "shipped", "shipped"
    DELIVERED = "delivered", "delivered"
    CANCELLED = "cancelled", "cancelled"
    PAYMENT_FAILED = "payment_failed", "payment failed"
    PARTIALLY_REFUNDED = "partially_refunded", "partially refunded"
    REFUNDED = "refunded", "refunded"
    RETURNED = "returned", "returned"


class OrderQuerySet(models.QuerySet["Order"]):
    def for_customer(self, customer_id: UUID) -> Self:
        """The orders of one account; guests' orders belong to none."""
        return self.filter(customer_id=customer_id)


class Order(models.Model):
    """What was sold to whom, at which price. Amounts are fixed when it is placed and never change.

    `total` is what the customer pays. Where `tax_included`, the prices contain `tax`; else it is added.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=12, unique=True, editable=False)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        db_index=False,  # order_of_customer begins with it
    )
    email = models.EmailField(max_length=254)
    token_hash = models.CharField(max_length=64, blank=True, editable=False, help_text="Of a guest's token.")
    language = models.CharField(max_length=10, default="en")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    currency = models.CharField(max_length=3)
    subtotal = models.DecimalField(max_digits=14, decimal_places=2)
    discount = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)
    shipping = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)
    tax = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)
    tax_included = models.BooleanField(default=False)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    shipping_address = models.JSONField()
    shipping_method = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField("placed at", default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = OrderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(subtotal__gte=0, discount__gte=0, shipping__gte=0, tax__gte=0, total__gte=0),
                name="order_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(discount__lte=F("subtotal")), name="order_discount_within_subtotal"
            ),
            models.CheckConstraint(
                condition=Q(
                    total=F("subtotal")
                    - F("discount")
                    + F("shipping")
                    + Case(When(tax_included=True, then=Value(ZERO)), default=F("tax"))
                ),
                name="order_total_adds_up",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="order_status_known"),
            models.CheckConstraint(
                condition=fits_currency("subtotal", "discount", "shipping", "tax"),
                name="order_amounts_fit_currency",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-created_at", "-id"], name="order_of_customer"),
            models.Index(fields=["-created_at", "-id"], name="order_newest"),
            models.Index(fields=["status", "-created_at"], name="order_by_status"),
            # Serves istartswith, which is how staff search.
            models.Index(OpClass(Upper("email"), name="text_pattern_ops"), name="order_by_email"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """One variant in an order, as it was called and priced then.

    `total` is unit price times quantity; `discount` is this line's share of the order's, `tax` the tax on
    the rest.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", db_index=False)
    variant = models.ForeignKey("catalog.Variant", models.PROTECT, related_name="+")
    sku = models.CharField("SKU", max_length=80)
    name = models.CharField(max_length=410)  # of product and variant
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    quantity = models.PositiveIntegerField()
    total = models.DecimalField(max_digits=14, decimal_places=2)
    discount = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)
    tax = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "sku"], name="order_line_once_per_sku"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0, tax__gte=0, discount__gte=0, discount__lte=F("total")),
                name="order_line_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(total=F("unit_price") * F("quantity")), name="order_line_total_adds_up"
            ),
        ]
        indexes = [models.Index(Upper("sku"), "order", name="order_line_by_sku")]  # how staff find orders

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"


class OrderEvent(models.Model):
    """One entry of an order's timeline. Written with what it records, and never changed."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="timeline", db_index=False)
    from_status = models.CharField(max_length=20, choices=Status.choices, blank=True)
    to_status = models.CharField(max_length=20, choices=Status.choices)
    actor = models.CharField(max_length=300, help_text="customer, guest, system, or staff:<e-mail>.")
    reason = models.CharField(max_length=300, blank=True)
    data = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_status__in=Status.values), name="order_event_status_known"),
        ]
        indexes = [models.Index(fields=["order", "at", "id"], name="order_event_timeline")]

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} -> {self.to_status}"
