from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from core.money import TOO_FINE, fits_currency

COUNTRY = RegexValidator(r"\A[A-Z]{2}\Z", "Give an ISO 3166 alpha-2 code, e.g. DE.")


class ShippingMethod(models.Model):
    """A way to send an order, and its price."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    countries = ArrayField(
        models.CharField(max_length=2, validators=[COUNTRY]),
        default=list,
        blank=True,
        help_text="ISO codes separated by commas; empty means everywhere.",
    )
    free_over = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Free from this value of goods (after discount) on.",
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="The first that fits is the default.")
    is_active = models.BooleanField("active", default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="shipping_price_not_negative"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
                name="shipping_currency_is_iso_4217",
                violation_error_message="Give the currency as in ISO 4217, e.g. EUR.",
            ),
            models.CheckConstraint(
                condition=Q(free_over__isnull=True) | Q(free_over__gte=0),
                name="shipping_free_over_not_negative",
            ),
            models.CheckConstraint(
                condition=fits_currency("price", "free_over"),
                name="shipping_prices_fit_currency",
                violation_error_message=TOO_FINE,
            ),
        ]
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class TaxRule(models.Model):
    """The tax on goods and shipping for one country, or for one region of it (which then decides)."""

    country = models.CharField(max_length=2, validators=[COUNTRY])
    region = models.CharField(
        max_length=50, blank=True, help_text="Code as in addresses; empty: the country."
    )
    rate = models.DecimalField(max_digits=6, decimal_places=3, help_text="Percent.")
    inclusive = models.BooleanField(default=False, help_text="Prices contain the tax.")

    class Meta:
        constraints = [
            models.UniqueConstraint("country", Upper("region"), name="tax_rule_one_per_place"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=100), name="tax_rate_is_percent"),
        ]
        ordering = ["country", "region"]

    def __str__(self) -> str:
        return f"{self.country} {self.region} {self.rate} %".replace("  ", " ")
