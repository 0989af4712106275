"""JSON bodies checked by hand in one pass: nested serializers cost more than the order itself."""

from collections.abc import Mapping
from typing import Any

from core.countries import COUNTRIES
from core.errors import FieldError, Invalid
from orders.pricing.offers import MAX_ITEMS, MAX_UNITS

LONGEST_SKU, LONGEST_METHOD = 64, 40
MOST_LINES = 1_000  # as sent, before those of one SKU are added up
# Field of an address: its longest text, and whether it must be given.
ADDRESS = {
    "name": (100, True),
    "line1": (200, True),
    "line2": (200, False),
    "city": (100, True),
    "region": (50, False),
    "postal_code": (20, True),
    "country": (2, True),
    "phone": (30, False),
}


_SPACES = dict.fromkeys(
    map(ord, "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))), " "
)
_MARKS = dict.fromkeys(map(ord, "\u061c\u200c\u200d\u200e\u200f"))  # joiners and directions inside names


class Body:
    """A JSON object being read. Faults are noted as they are met; `check` raises Invalid with all of them."""

    def __init__(self, data: Any) -> None:
        self._errors: list[FieldError] = []
        if not isinstance(data, dict):
            raise Invalid("Give a JSON object")
        self.data: Mapping[str, Any] = data

    def check(self) -> None:
        if self._errors:
            raise Invalid("; ".join(f"{e.field}: {e.detail}" for e in self._errors[:3]), errors=self._errors)

    def fail(self, field: str, code: str, detail: str) -> None:
        self._errors.append(FieldError(field=field, code=code, detail=detail))

    def text(
        self, source: Mapping[str, Any], name: str, path: str, longest: int, *, is_required: bool = True
    ) -> str:
        """The stripped text, or an empty one where an error was noted or nothing was given."""
        value = source.get(name)
        if value is None or value == "":
            if is_required:
                self.fail(path, "required", "This is required")
            return ""
        text = _plain(value) if isinstance(value, str) else ""
        if not text:
            self.fail(path, "invalid", "Give a line of text")
        elif len(text) > longest:
            self.fail(path, "max_length", f"At most {longest} characters")
        else:
            return text
        return ""

    def items(self) -> dict[str, int]:
        """Units by SKU; a SKU that is named again is added up."""
        items = self.data.get("items")
        if not isinstance(items, list) or not 1 <= len(items) <= MOST_LINES:
            self.fail("items", "required" if items is None else "invalid", f"Give 1 to {MAX_ITEMS} items")
            return {}
        quantities: dict[str, int] = {}
        for index, item in enumerate(items):
            self._add(quantities, item, f"items[{index}]")
        if len(quantities) > MAX_ITEMS:
            self.fail("items", "invalid", f"Give 1 to {MAX_ITEMS} items")
        return quantities

    def _add(self, quantities: dict[str, int], item: Any, path: str) -> None:
        if not isinstance(item, dict):
            self.fail(path, "invalid", "Give an object with sku and quantity")
            return
        sku = self.text(item, "sku", f"{path}.sku", LONGEST_SKU)
        units = self.units(item, f"{path}.quantity")
        if units and quantities.get(sku, 0) + units > MAX_UNITS:
            self.fail(f"{path}.quantity", "invalid", f"At most {MAX_UNITS} of {sku} in one order")
        elif units and sku:
            quantities[sku] = quantities.get(sku, 0) + units

    def units(self, source: Mapping[str, Any], path: str) -> int:
        """`quantity`, or 0 where an error was noted."""
        units = source.get("quantity")
        if isinstance(units, int) and not isinstance(units, bool) and 1 <= units <= MAX_UNITS:
            return units
        code = "required" if units is None else "invalid"
        self.fail(path, code, f"Give a whole number from 1 to {MAX_UNITS}")
        return 0

    def address(self, *, is_whole: bool = True) -> dict[str, str]:
        """The fields that were given. Where it need not be whole, the country will do, or nothing at all."""
        address = self.data.get("shipping_address")
        if address is None and not is_whole:
            return {}
        if not isinstance(address, dict):
            code = "required" if address is None else "invalid"
            self.fail("shipping_address", code, "Give an object with the address")
            return {}
        texts = {
            name: self.text(
                address,
                name,
                f"shipping_address.{name}",
                longest,
                is_required=is_required and (is_whole or name == "country"),
            )
            for name, (longest, is_required) in ADDRESS.items()
        }
        if texts["country"] and texts["country"] not in COUNTRIES:
            self.fail("shipping_address.country", "invalid", "Give an ISO 3166 alpha-2 code, e.g. DE")
        return {name: text for name, text in texts.items() if text}

    def method(self) -> str:
        return self.text(self.data, "shipping_method", "shipping_method", LONGEST_METHOD, is_required=False)


def _plain(text: str) -> str:
    """Stripped, with the spaces of any script as plain ones; empty where it is not a line of text."""
    if not text.isascii():
        text = text.translate(_SPACES)
    text = text.strip()
    shown = text if text.isascii() else text.translate(_MARKS)
    return text if shown.strip() and shown.isprintable() else ""
