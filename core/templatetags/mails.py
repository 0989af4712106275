"""Filters for mails, in whose language left-to-right and right-to-left texts meet.

A mail asks for the language many times, so what follows from it is kept.
"""

from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django import template
from django.utils.formats import get_format
from django.utils.translation import get_language, get_language_info

from core import money

register = template.Library()

# Unicode's isolates: what stands between them is laid out by itself, whatever stands around it.
LEFT_TO_RIGHT, BY_ITS_LETTERS, END = "\u2066", "\u2068", "\u2069"


class Style(NamedTuple):
    """How a language writes: marks to put for those of 1,234.50, and its direction."""

    marks: dict[int, str]
    is_rtl: bool


@register.filter
def amount(value: Decimal | str, currency: str) -> str:
    """`order.total|amount:order.currency` is 1,234.50 EUR, by the active language and the currency."""
    style = _style(get_language() or "en")
    number = f"{Decimal(value):,.{money.digits(currency)}f}".translate(style.marks)
    text = f"{number} {currency}"
    return f"{LEFT_TO_RIGHT}{text}{END}" if style.is_rtl else text


@register.filter
def taken_off(value: Decimal) -> Decimal:
    return -value


@register.filter
def isolated(value: Any) -> str:
    """Somebody's own words inside ours: neither side's brackets and numbers move to the other."""
    text = str(value)
    is_plain = text.isascii() and not _style(get_language() or "en").is_rtl
    return text if is_plain else f"{BY_ITS_LETTERS}{text}{END}"


@cache
def _style(language: str) -> Style:
    marks = {",": get_format("THOUSAND_SEPARATOR", language), ".": get_format("DECIMAL_SEPARATOR", language)}
    return Style(marks=str.maketrans(marks), is_rtl=get_language_info(language)["bidi"])
