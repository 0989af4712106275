"""Amounts in a currency's smallest unit, as Stripe counts them (docs.stripe.com/currencies).

That is ISO 4217 but for ISK and UGX, whose whole amounts are sent with two decimals. Others have two.
"""

from decimal import Decimal

CENT = Decimal("0.01")
ZERO_DECIMALS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})  # the third is always 0


def to_minor_units(amount: Decimal, currency: str) -> int:
    """Raises ValueError for an amount that the currency cannot express, such as half a yen."""
    scaled = amount.scaleb(_decimals(currency))
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{amount} is finer than {currency} is counted")
    return whole


def from_minor_units(units: int, currency: str) -> Decimal:
    """With two decimals, as all amounts of the shop."""
    return Decimal(units).scaleb(-_decimals(currency)).quantize(CENT)


def _decimals(currency: str) -> int:
    if currency in ZERO_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2
