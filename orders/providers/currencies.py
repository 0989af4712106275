"""Amounts in the smallest unit that providers count, as Stripe has it (docs.stripe.com/currencies).

That is core.money's, but for ISK and UGX, whose whole amounts are sent with two decimals.
"""

from decimal import Decimal

from core import money

WITH_TWO_DECIMALS = frozenset({"ISK", "UGX"})


def to_minor_units(amount: Decimal, currency: str) -> int:
    """The amount in the currency's smallest units.

    Raises ValueError for an amount that the currency cannot express, such as half a yen.
    """
    if not money.fits(amount, currency):
        raise ValueError(f"{amount} is finer than {currency} is counted")
    return int(amount.scaleb(_digits(currency)))


def from_minor_units(units: int, currency: str) -> Decimal:
    """The amount with two decimals, as all amounts of the shop.

    Raises TypeError for what is not a whole number: a provider counts units, and `true` or "1_0" is none.
    """
    if type(units) is not int:
        raise TypeError(f"{units!r} is no whole number of units")
    return Decimal(units).scaleb(-_digits(currency)).quantize(money.CENT)


def _digits(currency: str) -> int:
    return 2 if currency in WITH_TWO_DECIMALS else money.digits(currency)
