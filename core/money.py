"""How finely an amount is counted in each currency: ISO 4217, as far as it is not the usual hundredths.

All amounts of the shop have two decimals. Those of a currency without cents end in .00; those of one with
thousandths are counted in tens of them (10 fils), as card networks do: Stripe takes no other.
"""

from decimal import ROUND_HALF_UP, Decimal

from django.db.models import F, Q
from django.db.models.functions import Round

# Without cents, or (MGA) with a part that is not a tenth and that nobody uses.
WHOLE = frozenset(
    """
    BIF CLP DJF GNF ISK JPY KMF KRW MGA PYG RWF UGX UYI VND VUV XAF XOF XPF
    """.split()
)
THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})

TOO_FINE = "The currency has no such amount: there is no half yen."

CENT, ONE = Decimal("0.01"), Decimal("1.00")


def unit(currency: str) -> Decimal:
    """The smallest amount there is, with two decimals."""
    return ONE if currency in WHOLE else CENT


def digits(currency: str) -> int:
    """How many decimals people write."""
    if currency in WHOLE:
        return 0
    return 3 if currency in THOUSANDTHS else 2


def rounded(amount: Decimal, unit: Decimal) -> Decimal:
    """`amount` in whole units, half up, with the decimals of `unit`."""
    return (amount / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit


def fits(amount: Decimal, currency: str) -> bool:
    """Whether the currency can express `amount`: there is no half yen."""
    return amount % unit(currency) == 0


def fits_currency(*amounts: str) -> Q:
    """A check constraint's condition: the columns `amounts` are such as the column `currency` can express."""
    whole = Q(*((name, Round(F(name))) for name in amounts))
    return ~Q(currency__in=sorted(WHOLE)) | whole
