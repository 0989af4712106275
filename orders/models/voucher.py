from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone

from catalog.models import Category
from core.money import TOO_FINE, fits_currency
from orders.models.order import Order

CODE = RegexValidator(r"\A[A-Za-z0-9_-]+\Z", "Letters, digits, - and _ only.")


class Voucher(models.Model):
    """A code that makes an order cheaper. docs/decisions/0006 says how its limits hold.

    `used` counts the orders that use it and have neither failed nor been cancelled; only
    checkout.voucher_uses writes it.
    """

    class Kind(models.TextChoices):
        PERCENTAGE = "percentage", "percentage"
        AMOUNT = "amount", "amount"
        FREE_SHIPPING = "free_shipping", "free shipping"

    code = models.CharField(max_length=40, validators=[CODE], help_text="In any case: save10 is SAVE10.")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    value = models.DecimalField(
        max_digits=12, decimal_places=2, default=0, help_text="Percent, or an amount; 0 for free shipping."
    )
    currency = models.CharField(
        max_length=3,
        blank=True,
        help_text="Of the amount and the minimum; orders in another one are refused.",
    )
    minimum = models.DecimalField(
        "minimum subtotal",
        max_digits=12,
        decimal_places=2,
        default=0,
        help_text="What all goods of the order have to be worth before any discount.",
    )
    categories: "models.ManyToManyField[Category, VoucherCategory]" = models.ManyToManyField(
        Category, through="VoucherCategory", related_name="+"
    )
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: any number.")
    max_uses_per_customer = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: any number. Guests are told apart by their e-mail address."
    )
    used = models.PositiveIntegerField(default=0, editable=False)
    is_active = models.BooleanField("active", default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(Upper("code"), name="voucher_code_once"),
            models.CheckConstraint(
                condition=Q(max_uses__isnull=True) | Q(used__lte=F("max_uses")),
                name="voucher_used_within_limit",
            ),
            models.CheckConstraint(
                condition=Q(kind="percentage", value__gt=0, value__lte=100)
                | Q(kind="amount", value__gt=0)
                | Q(kind="free_shipping", value=0),
                name="voucher_value_fits_kind",
                violation_error_message="A percentage is above 0 and at most 100, an amount above 0, "
                "free shipping has the value 0.",
            ),
            models.CheckConstraint(condition=Q(minimum__gte=0), name="voucher_minimum_not_negative"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$") | (Q(currency="", minimum=0) & ~Q(kind="amount")),
                name="voucher_money_has_currency",
                violation_error_message="An amount or a minimum needs a currency, e.g. EUR.",
            ),
            models.CheckConstraint(
                condition=fits_currency("minimum") & (~Q(kind="amount") | fits_currency("value")),
                name="voucher_amounts_fit_currency",
                violation_error_message=TOO_FINE,
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="voucher_window_not_empty",
                violation_error_message="A voucher ends after it starts.",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        if self.max_uses is not None and self.max_uses < self.used:
            raise ValidationError({"max_uses": f"It has been used {self.used} times already."})


class VoucherCategory(models.Model):
    """Goods of these categories, and of those below them, count; where a voucher names none, all goods do.

    A category that a voucher names cannot be deleted: the voucher would count everywhere.
    """

    voucher = models.ForeignKey(Voucher, models.CASCADE, db_index=False)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "categories that count"
        constraints = [
            models.UniqueConstraint(fields=["voucher", "category"], name="voucher_category_once"),
        ]

    def __str__(self) -> str:
        return str(self.category)


class VoucherUse(models.Model):
    """One order's use of a voucher; released (`released_at`) where the order fails or is cancelled.

    `customer_key` is "customer:<id>", or "guest:<hash of the e-mail address>". `address_key` is that of a
    guest with the account's address, for whom an account's use counts too; empty for guests.
    """

    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="uses")
    order = models.ForeignKey(Order, models.PROTECT, related_name="voucher_uses", db_index=False)
    customer_key = models.CharField(max_length=80)
    address_key = models.CharField(max_length=80, blank=True, default="", db_default="")
    used_at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order"], name="voucher_use_one_per_order")]

    def __str__(self) -> str:
        return f"{self.voucher_id} in {self.order_id}"


class VoucherCustomer(models.Model):
    """How many uses of a voucher one customer holds: the row that their limit is claimed from."""

    voucher = models.ForeignKey(Voucher, models.CASCADE, related_name="customers", db_index=False)
    customer_key = models.CharField(max_length=80)
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["voucher", "customer_key"], name="voucher_customer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.voucher_id} {self.customer_key}"
