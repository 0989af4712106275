from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models import Variant
from core.ids import uuid7
from orders.models.order import Order
from orders.models.voucher import Voucher


class CartQuerySet(models.QuerySet["Cart"]):
    def live(self, *, now: datetime) -> Self:
        """Carts that have not expired, ordered or not. What has expired is deleted in the following night."""
        return self.filter(expires_at__gt=now)


class Cart(models.Model):
    """What somebody means to buy. A customer has one open cart; a guest's belongs to whoever has its token.

    `currency` is that of its first item, empty before. It is ordered once: a trigger of migration 0005 lets
    nobody change an `order` that is set.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="carts"
    )
    token_hash = models.CharField(max_length=64, blank=True, editable=False, help_text="Of a guest's token.")
    currency = models.CharField(max_length=3, blank=True)
    voucher = models.ForeignKey(Voucher, models.SET_NULL, null=True, blank=True, related_name="+")
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ordered_at = models.DateTimeField(null=True, blank=True)

    objects = CartQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=True) | Q(token_hash=""), name="cart_of_customer_or_guest"
            ),
            models.UniqueConstraint(
                fields=["customer"], condition=Q(ordered_at__isnull=True), name="cart_one_open_per_customer"
            ),
            models.UniqueConstraint(
                fields=["token_hash"], condition=~Q(token_hash=""), name="cart_token_once"
            ),
            models.UniqueConstraint(fields=["order"], name="cart_one_per_order"),
            models.CheckConstraint(
                condition=Q(order__isnull=True, ordered_at__isnull=True)
                | Q(order__isnull=False, ordered_at__isnull=False),
                name="cart_ordered_has_order",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="cart_expiry"),
            models.Index(fields=["-created_at"], name="cart_newest"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class CartItem(models.Model):
    """Units of one variant in a cart. Its price is always the present one; the other shows a change."""

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="items", db_index=False)
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField()
    price_when_added = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="cart_item_once_per_variant"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="cart_item_quantity_positive"),
            models.CheckConstraint(condition=Q(price_when_added__gte=0), name="cart_item_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant_id}"
