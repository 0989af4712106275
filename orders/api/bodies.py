"""The bodies of requests; `shapes` and `cart_shapes` describe them in the schema."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from orders.api.reading import LONGEST_SKU, Body
from orders.pricing.offers import Basket

LONGEST_EMAIL, LONGEST_TOKEN, LONGEST_CODE = 254, 255, 40


class QuoteBody(Body):
    """What is to be priced: items, or a cart. Reading raises Invalid with every field at fault."""

    is_address_whole = False

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.cart_id = self._cart()
        self.basket = Basket(
            quantities={} if self._names_cart_only() else self.items(),
            shipping_address=self.address(is_whole=self.is_address_whole),
            shipping_method=self.method() or None,
            voucher=self.text(self.data, "voucher", "voucher", LONGEST_CODE, is_required=False) or None,
        )
        self._read_more()
        self.check()

    def _read_more(self) -> None:
        """What else belongs to the body, before faults are told."""

    def _names_cart_only(self) -> bool:
        return self.data.get("cart") is not None and self.data.get("items") is None

    def _cart(self) -> UUID | None:
        given = self.data.get("cart")
        if given is None:
            return None
        if self.data.get("items") is not None:
            self.fail("cart", "invalid", "Give items or a cart, not both")
            return None
        try:
            return UUID(given if isinstance(given, str) else "")
        except ValueError:
            self.fail("cart", "invalid", "Give the id of a cart")
            return None


class OrderBody(QuoteBody):
    """What was asked for. Guests name their e-mail address; accounts have theirs."""

    is_address_whole = True

    def __init__(self, data: Any, *, is_guest: bool) -> None:
        self._is_guest = is_guest
        super().__init__(data)

    def _read_more(self) -> None:
        self.email = self._email() if self._is_guest else ""
        self.payment_token = self._payment(self.data.get("payment"))

    def _email(self) -> str:
        email = self.text(self.data, "email", "email", LONGEST_EMAIL)
        try:
            if email:
                validate_email(email)
        except ValidationError:
            self.fail("email", "invalid", "Give a valid e-mail address")
        return email

    def _payment(self, payment: Any) -> str:
        if not isinstance(payment, dict):
            code = "required" if payment is None else "invalid"
            self.fail("payment", code, "Give an object with the token of the payment")
            return ""
        return self.text(payment, "token", "payment.token", LONGEST_TOKEN)


class CartBody(Body):
    """A new cart, with or without items."""

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.quantities = {} if self.data.get("items") in (None, []) else self.items()
        self.check()


class ItemBody(Body):
    """Something for a cart."""

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        sku = self.text(self.data, "sku", "sku", LONGEST_SKU)
        self.quantities = {sku: self.units(self.data, "quantity")}
        self.check()


class QuantityBody(Body):
    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.quantity = self.units(self.data, "quantity")
        self.check()


class CodeBody(Body):
    """The code of a voucher."""

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.code = self.text(self.data, "code", "code", LONGEST_CODE)
        self.check()
