"""Filters for mails, in whose language left-to-right and right-to-left texts meet."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import get_format
from django.utils.numberformat import format as format_number
from django.utils.translation import get_language_bidi

from core import money

register = template.Library()

# Unicode's isolates: what stands between them is laid out by itself, whatever stands around it.
LEFT_TO_RIGHT, BY_ITS_LETTERS, END = "\u2066", "\u2068", "\u2069"


@register.filter
def amount(value: Decimal | str, currency: str) -> str:
    """`order.total|amount:order.currency` is 1,234.50 EUR, by the active language and the currency."""
    number = format_number(
        Decimal(value),
        get_format("DECIMAL_SEPARATOR"),
        decimal_pos=money.digits(currency),
        grouping=3,
        thousand_sep=get_format("THOUSAND_SEPARATOR"),
        force_grouping=True,
        use_l10n=False,
    )
    text = f"{number} {currency}"
    return f"{LEFT_TO_RIGHT}{text}{END}" if get_language_bidi() else text


@register.filter
def taken_off(value: Decimal) -> Decimal:
    return -value


@register.filter
def isolated(value: Any) -> str:
    """Somebody's own words inside ours: neither side's brackets and numbers move to the other."""
    text = str(value)
    is_plain = text.isascii() and not get_language_bidi()
    return text if is_plain else f"{BY_ITS_LETTERS}{text}{END}"
