"""The body of POST /orders, checked by hand in one pass: nested serializers cost more than the order itself.

`shapes.OrderRequest` describes the same shape in the schema.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.countries import COUNTRIES
from core.errors import FieldError, Invalid
from orders.services.checkout import Basket

MOST_ITEMS, MOST_UNITS = 100, 10_000
LONGEST_EMAIL, LONGEST_SKU = 254, 64
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


class VoucherUnknown(Invalid):
    code = "voucher_unknown"
    title = "No such voucher"


class OrderBody:
    """What was asked for. Reading raises Invalid with every field at fault."""

    def __init__(self, data: Any, *, is_guest: bool) -> None:
        self._errors: list[FieldError] = []
        if not isinstance(data, dict):
            raise Invalid("Give a JSON object")
        self._refuse_what_is_not_offered(data)
        quantities = self._items(data.get("items"), has_cart=data.get("cart") is not None)
        address = self._address(data.get("shipping_address"))
        method = self._text(data, "shipping_method", "shipping_method", 40, is_required=False)
        self.email = self._email(data) if is_guest else ""
        self.payment_token = self._payment(data.get("payment"))
        if self._errors:
            raise Invalid("; ".join(f"{e.field}: {e.detail}" for e in self._errors[:3]), errors=self._errors)
        self.basket = Basket(quantities=quantities, shipping_address=address, shipping_method=method)

    def _refuse_what_is_not_offered(self, data: Mapping[str, Any]) -> None:
        if data.get("voucher") not in (None, ""):
            detail = "There is no such voucher"
            error = FieldError(field="voucher", code="voucher_unknown", detail=detail)
            raise VoucherUnknown(detail, errors=[error])
        if data.get("cart") is not None:
            self._fail("cart", "unknown", "There is no such cart")

    def _items(self, items: Any, *, has_cart: bool) -> dict[str, int]:
        if has_cart and items is None:
            return {}
        if not isinstance(items, list) or not 1 <= len(items) <= MOST_ITEMS:
            self._fail("items", "required" if items is None else "invalid", f"Give 1 to {MOST_ITEMS} items")
            return {}
        quantities: dict[str, int] = {}
        for index, item in enumerate(items):
            self._add(quantities, item, f"items[{index}]")
        return quantities

    def _add(self, quantities: dict[str, int], item: Any, path: str) -> None:
        if not isinstance(item, dict):
            self._fail(path, "invalid", "Give an object with sku and quantity")
            return
        sku = self._text(item, "sku", f"{path}.sku", LONGEST_SKU)
        units = item.get("quantity")
        if not isinstance(units, int) or isinstance(units, bool) or not 1 <= units <= MOST_UNITS:
            code = "required" if units is None else "invalid"
            self._fail(f"{path}.quantity", code, f"Give a whole number from 1 to {MOST_UNITS}")
        elif quantities.get(sku, 0) + units > MOST_UNITS:
            self._fail(f"{path}.quantity", "invalid", f"At most {MOST_UNITS} of {sku} in one order")
        elif sku:
            quantities[sku] = quantities.get(sku, 0) + units

    def _address(self, address: Any) -> dict[str, str]:
        if not isinstance(address, dict):
            code = "required" if address is None else "invalid"
            self._fail("shipping_address", code, "Give an object with the address")
            return {}
        texts = {
            name: self._text(address, name, f"shipping_address.{name}", longest, is_required=is_required)
            for name, (longest, is_required) in ADDRESS.items()
        }
        if texts["country"] and texts["country"] not in COUNTRIES:
            self._fail("shipping_address.country", "invalid", "Give an ISO 3166 alpha-2 code, e.g. DE")
        return {name: text for name, text in texts.items() if text}

    def _email(self, data: Mapping[str, Any]) -> str:
        email = self._text(data, "email", "email", LONGEST_EMAIL)
        try:
            if email:
                validate_email(email)
        except ValidationError:
            self._fail("email", "invalid", "Give a valid e-mail address")
        return email

    def _payment(self, payment: Any) -> str:
        if not isinstance(payment, dict):
            code = "required" if payment is None else "invalid"
            self._fail("payment", code, "Give an object with the token of the payment")
            return ""
        return self._text(payment, "token", "payment.token", 255)

    def _text(
        self, source: Mapping[str, Any], name: str, path: str, longest: int, *, is_required: bool = True
    ) -> str:
        """The stripped text, or an empty one where an error was noted or nothing was given."""
        value = source.get(name)
        if value is None or value == "":
            if is_required:
                self._fail(path, "required", "This is required")
            return ""
        text = value.strip() if isinstance(value, str) else ""
        if not text or not text.isprintable():
            self._fail(path, "invalid", "Give a line of text")
        elif len(text) > longest:
            self._fail(path, "max_length", f"At most {longest} characters")
        else:
            return text
        return ""

    def _fail(self, field: str, code: str, detail: str) -> None:
        self._errors.append(FieldError(field=field, code=code, detail=detail))
