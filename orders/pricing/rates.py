"""How an order to one place is sent and taxed."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from core import rows
from orders.models import ShippingMethod
from orders.pricing.amounts import ShippingRate, TaxRate


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """How an order is sent and taxed.

    `method` is None where nothing, or not the method asked for, goes there in that currency.
    """

    method: str | None
    shipping: ShippingRate
    tax: TaxRate


_RATES = """
SELECT m.code, m.price, m.free_over, t.rate, t.inclusive
FROM (SELECT) AS always
LEFT JOIN LATERAL (
    SELECT code, price, free_over FROM orders_shippingmethod
    WHERE is_active AND currency = %(currency)s AND (%(method)s::text IS NULL OR code = %(method)s)
      AND (countries = '{}' OR countries @> ARRAY[%(country)s]::varchar[])
    ORDER BY position, id LIMIT 1
) AS m ON true
LEFT JOIN LATERAL (
    SELECT rate, inclusive FROM orders_taxrule
    WHERE country = %(country)s AND upper(region) IN ('', upper(%(region)s))
    ORDER BY region <> '' DESC LIMIT 1
) AS t ON true
"""


def rates_for(*, country: str | None, region: str | None, currency: str, method: str | None) -> Rates:
    """The shipping method asked for, or the first that fits, and the tax of the place. One query.

    Without a country nothing is taxed, and only methods that go everywhere fit.
    """
    asked = {"country": country, "region": region, "currency": currency, "method": method}
    ((code, price, free_over, percent, is_inclusive),) = rows.fetch(_RATES, asked)
    return Rates(
        method=code,
        shipping=ShippingRate() if code is None else ShippingRate(price=price, free_over=free_over),
        tax=TaxRate() if percent is None else TaxRate(percent=percent, inclusive=is_inclusive),
    )


def shipping_methods(*, country: str | None) -> QuerySet[ShippingMethod]:
    """The shipping methods that can be chosen for `country`, or anywhere."""
    methods = ShippingMethod.objects.filter(is_active=True)
    return methods.filter(Q(countries=[]) | Q(countries__contains=[country])) if country else methods
