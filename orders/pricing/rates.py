"""How an order to one place is sent and taxed."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from orders.models import ShippingMethod
from orders.pricing.amounts import ShippingRate, TaxRate


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """`method` is None where nothing, or not the method asked for, goes there in that currency."""

    method: str | None
    shipping: ShippingRate
    tax: TaxRate


_RATES = """
SELECT m.code, m.price, m.free_over, t.rate, t.inclusive
FROM (SELECT) AS always
LEFT JOIN LATERAL (
    SELECT code, price, free_over FROM orders_shippingmethod
    WHERE is_active AND currency = %(currency)s AND (%(method)s = '' OR code = %(method)s)
      AND (countries = '{}' OR countries @> ARRAY[%(country)s]::varchar[])
    ORDER BY position, id LIMIT 1
) AS m ON true
LEFT JOIN LATERAL (
    SELECT rate, inclusive FROM orders_taxrule
    WHERE country = %(country)s AND upper(region) IN ('', upper(%(region)s))
    ORDER BY region <> '' DESC LIMIT 1
) AS t ON true
"""


def rates_for(*, country: str, region: str, currency: str, method: str = "") -> Rates:
    """The shipping method asked for, or the first that fits, and the tax of the place. One query."""
    asked = {"country": country, "region": region, "currency": currency, "method": method}
    with connection.cursor() as cursor:
        cursor.execute(_RATES, asked)
        code, price, free_over, percent, is_inclusive = cursor.fetchone()
    return Rates(
        method=code,
        shipping=ShippingRate() if code is None else ShippingRate(price=price, free_over=free_over),
        tax=TaxRate() if percent is None else TaxRate(percent=percent, inclusive=is_inclusive),
    )


def shipping_methods(*, country: str | None) -> QuerySet[ShippingMethod]:
    """What can be chosen for `country`, or anywhere."""
    methods = ShippingMethod.objects.filter(is_active=True)
    return methods.filter(Q(countries=[]) | Q(countries__contains=[country])) if country else methods
