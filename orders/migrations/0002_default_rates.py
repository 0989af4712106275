"""What a fresh shop needs to take an order: ways to send it, and standard tax rates to start from.

Staff change them in the admin. Rates of November 2026: standard VAT of the EU (inclusive, as prices are shown
to consumers there), of some other countries, and state sales tax, without local additions, of some US states.
"""

from decimal import Decimal

from django.conf import settings
from django.db import migrations

# Code, name, price, free from.
METHODS = [
    ("standard", "Standard", "4.90", "50.00"),
    ("express", "Express", "12.90", None),
    ("same-day", "Same day", "19.90", None),
]
INCLUSIVE = {
    "AT": "20", "BE": "21", "BG": "20", "CY": "19", "CZ": "21", "DE": "19", "DK": "25", "EE": "24", "ES": "21",
    "FI": "25.5", "FR": "20", "GR": "24", "HR": "25", "HU": "27", "IE": "23", "IT": "22", "LT": "21", "LU": "17",
    "LV": "21", "MT": "18", "NL": "21", "PL": "23", "PT": "23", "RO": "21", "SE": "25", "SI": "22", "SK": "23",
    "GB": "20", "CH": "8.1", "NO": "25", "IL": "18", "AU": "10", "NZ": "15", "JP": "10",
}  # fmt: skip
ON_TOP = {"CA": "5"}
US_STATES = {
    "CA": "7.25", "FL": "6", "IL": "6.25", "MA": "6.25", "MI": "6", "NJ": "6.625", "NY": "4", "OH": "5.75",
    "PA": "6", "TX": "6.25", "WA": "6.5",
}  # fmt: skip


def add_rates(apps, schema_editor):
    method, rule = apps.get_model("orders", "ShippingMethod"), apps.get_model("orders", "TaxRule")
    method.objects.bulk_create(
        method(
            code=code,
            name=name,
            price=Decimal(price),
            free_over=free_over and Decimal(free_over),
            currency=settings.DEFAULT_CURRENCY,
            position=position,
        )
        for position, (code, name, price, free_over) in enumerate(METHODS, start=1)
    )
    rule.objects.bulk_create(
        [
            *(rule(country=c, rate=Decimal(rate), inclusive=True) for c, rate in INCLUSIVE.items()),
            *(rule(country=c, rate=Decimal(rate)) for c, rate in ON_TOP.items()),
            *(rule(country="US", region=r, rate=Decimal(rate)) for r, rate in US_STATES.items()),
        ]
    )


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [migrations.RunPython(add_rates, migrations.RunPython.noop)]
