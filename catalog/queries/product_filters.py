"""The query string of the product list, validated and brought into one normal form.

Two query strings that ask for the same page have the same normal form, so they share a cache entry.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from core import grammar
from core.errors import FieldError, Invalid
from core.http.pagination import DEFAULT_SIZE, SIZE_EXPECTED, Ordering, page_size

ORDERING = Ordering(
    {"created_at": "created_at", "price": "price", "name": "name"},
    default="-created_at",
)
NAMES = ("q", "category", "min_price", "max_price", "in_stock", "ordering", "cursor", "page_size")
MAX_PARAMETERS, MAX_VALUE_LENGTH = 40, 500

PRICE = r"[0-9]{1,10}(\.[0-9]{1,2})?"
WORDS = ("q", "category")  # of which spaces around them are no part

_PRICE = re.compile(PRICE)
_ATTRIBUTE = re.compile(r"attr\.[^\x00]{1,50}")


@dataclass(frozen=True, slots=True)
class ProductFilters:
    """Filters of a list.

    `values` holds what was asked for, by name, without defaults; `normal` is its query string.
    """

    values: dict[str, str]
    normal: str

    @property
    def attributes(self) -> dict[str, list[str]]:
        return {name[5:]: [value] for name, value in self.values.items() if name.startswith("attr.")}


@lru_cache(maxsize=2048)
def parse(query_string: str) -> ProductFilters:
    """Read a query string.

    Raises Invalid naming every parameter that does not exist, is given twice or has a bad value.
    """
    try:
        pairs = parse_qsl(query_string, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError as error:
        raise Invalid(f"At most {MAX_PARAMETERS} parameters") from error
    values: dict[str, str] = {}
    errors: list[FieldError] = []
    for name, raw in pairs:
        value = raw.strip() if name in WORDS or name.startswith("attr.") else raw
        fault = _fault(name, value) if name not in values else ("repeated", "Give it once")
        if fault:
            errors.append(FieldError(field=name[:100], code=fault[0], detail=fault[1]))
        values[name] = _normal(name, value)
    if errors:
        raise Invalid("; ".join(f"{e.field}: {e.detail}" for e in errors[:3]), errors=errors)
    kept = {name: values[name] for name in sorted(values) if not _says_nothing(name, values[name])}
    return ProductFilters(kept, urlencode(kept))


def _fault(name: str, value: str) -> tuple[str, str] | None:
    if name not in NAMES and not _ATTRIBUTE.fullmatch(name):
        return "unknown", f"There is no such filter; there are {', '.join(NAMES)} and attr.<name>"
    if "\x00" in value or len(value) > MAX_VALUE_LENGTH:
        return "invalid", f"Give at most {MAX_VALUE_LENGTH} characters, and no NUL"
    return _fault_of_value(name, value) if value else None


def _fault_of_value(name: str, value: str) -> tuple[str, str] | None:
    is_fit, expected = True, ""
    match name:
        case "min_price" | "max_price":
            is_fit, expected = bool(_PRICE.fullmatch(value)), "Give a price such as 19.90"
        case "in_stock":
            is_fit, expected = value in ("true", "false"), "Give true or false"
        case "ordering":
            is_fit = value.removeprefix("-") in ORDERING.fields
            expected = f"Order by one of: {', '.join(ORDERING.fields)}; a leading - reverses"
        case "page_size":
            is_fit, expected = _is_page_size(value), SIZE_EXPECTED
    return None if is_fit else ("invalid", expected)


def _is_page_size(text: str) -> bool:
    try:
        return page_size(text) > 0
    except grammar.Unreadable:
        return False


def _normal(name: str, value: str) -> str:
    if name in ("min_price", "max_price") and _PRICE.fullmatch(value):
        return f"{Decimal(value):.2f}"
    if name == "page_size" and value.isascii():
        return value.lstrip("0")
    return value


def _says_nothing(name: str, value: str) -> bool:
    return not value or (name, value) in (("ordering", ORDERING.default), ("page_size", str(DEFAULT_SIZE)))
