"""What a basket costs now: the one way to a price, for whoever only asks and for whoever orders."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from catalog.queries.sale import VariantForSale, variants_for_sale
from core import money
from core.errors import FieldError, Invalid
from orders.pricing import amounts, vouchers
from orders.pricing.rates import Rates, rates_for

MAX_ITEMS, MAX_UNITS = 100, 10_000  # SKUs in one order, units of each
MAX_TOTAL = Decimal(10) ** 10  # far above any order, below what the columns hold


class UnknownSku(Invalid):
    code = "unknown_sku"
    title = "Not for sale"


class MixedCurrencies(Invalid):
    code = "mixed_currencies"
    title = "One order has one currency"


class ShippingUnavailable(Invalid):
    code = "shipping_unavailable"
    title = "This cannot be sent there"


class OrderTooLarge(Invalid):
    code = "order_too_large"
    title = "The order is too large"


@dataclass(frozen=True, kw_only=True, slots=True)
class Basket:
    """What is to be priced: units by SKU. Without a `shipping_method` it is the first that fits the address.

    `withdrawn` are SKUs of what was chosen and is not on offer any more, whatever has them by now. A
    `currency` is that in which the SKUs were offered; what is sold in another by now is not for sale.
    Without an address nothing is taxed, and only methods that go everywhere are known.
    """

    quantities: Mapping[str, int]
    shipping_address: Mapping[str, str]
    shipping_method: str | None = None
    voucher: str | None = None
    currency: str | None = None
    withdrawn: Collection[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A basket with its price. `shipping_method` is None where none is known without an address."""

    variants: Mapping[str, VariantForSale]
    currency: str
    shipping_method: str | None
    voucher: vouchers.Applied | None
    quote: amounts.Quote


def price(*, basket: Basket, customer_key: str | None, now: datetime) -> Offer:
    """What an order of `basket` costs now, whether or not its units are there. Writes nothing.

    `customer_key` is whom a voucher's limit counts, None where that is not known. Raises UnknownSku,
    MixedCurrencies, ShippingUnavailable, VoucherRejected, OrderTooLarge.
    """
    variants = variants_of(basket.quantities.keys(), currency=basket.currency, withdrawn=basket.withdrawn)
    currency = _currency(variants)
    rates = _rates(basket, currency)
    items = items_of(basket.quantities, variants)
    voucher = None
    if basket.voucher is not None:
        voucher = vouchers.apply(
            code=basket.voucher,
            items=items,
            variants=variants,
            currency=currency,
            customer_key=customer_key,
            now=now,
        )
    discount = voucher.discount if voucher else amounts.NO_DISCOUNT
    quote = amounts.quote(
        items, shipping=rates.shipping, tax=rates.tax, discount=discount, unit=money.unit(currency)
    )
    _refuse_too_large(quote)
    return Offer(
        variants=variants,
        currency=currency,
        shipping_method=rates.method,
        voucher=voucher,
        quote=quote,
    )


def variants_of(
    skus: Collection[str], *, currency: str | None = None, withdrawn: Collection[str] = ()
) -> dict[str, VariantForSale]:
    """The variants by SKU, in `currency` where one is given.

    Raises UnknownSku, which names `withdrawn` too.
    """
    found = variants_for_sale(skus)
    missing = [sku for sku in skus if sku not in found or currency not in (None, found[sku].currency)]
    missing = list(dict.fromkeys([*missing, *withdrawn]))
    if missing:
        raise UnknownSku(
            f"Not for sale: {', '.join(missing)}",
            errors=[
                FieldError(field=f"items[sku={sku}]", code="unknown_sku", detail=f"{sku} is not for sale")
                for sku in missing
            ],
        )
    return found


def items_of(quantities: Mapping[str, int], variants: Mapping[str, VariantForSale]) -> list[amounts.Item]:
    """The quantities at the prices of the day."""
    return [
        amounts.Item(sku=sku, unit_price=variants[sku].price, quantity=units)
        for sku, units in quantities.items()
    ]


def name_of(variant: VariantForSale) -> str:
    """What a line is called, of product and variant."""
    name = variant.product_name
    return f"{name}, {variant.variant_name}" if variant.variant_name else name


def _currency(variants: Mapping[str, VariantForSale]) -> str:
    currencies = sorted({variant.currency for variant in variants.values()})
    if len(currencies) > 1:
        names = " and ".join(currencies)
        raise MixedCurrencies.at("items", f"The items are priced in {names}: order them apart")
    return currencies[0]


def _rates(basket: Basket, currency: str) -> Rates:
    country, asked = basket.shipping_address.get("country"), basket.shipping_method
    rates = rates_for(
        country=country, region=basket.shipping_address.get("region"), currency=currency, method=asked
    )
    if rates.method is None and (country or asked):
        where = f"to {country or 'every place'} in {currency}"
        detail = f"{asked} does not ship {where}" if asked else f"Nothing ships {where}"
        raise ShippingUnavailable.at("shipping_method", detail)
    return rates


def _refuse_too_large(quote: amounts.Quote) -> None:
    if quote.subtotal + quote.shipping + quote.tax >= MAX_TOTAL:
        raise OrderTooLarge.at("items", f"An order may be worth less than {MAX_TOTAL:f}")
