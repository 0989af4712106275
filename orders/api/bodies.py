"""The bodies of POST /quotes and POST /orders; `shapes` describes them in the schema."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from orders.api.reading import Body
from orders.services.quoting import Basket

LONGEST_EMAIL, LONGEST_TOKEN, LONGEST_CODE = 254, 255, 40


class QuoteBody(Body):
    """What is to be priced. Reading raises Invalid with every field at fault."""

    is_address_whole = False

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self._refuse_what_is_not_offered()
        self.basket = Basket(
            quantities={} if self._names_cart_only() else self.items(),
            shipping_address=self.address(is_whole=self.is_address_whole),
            shipping_method=self.method(),
            voucher=self.text(self.data, "voucher", "voucher", LONGEST_CODE, is_required=False),
        )
        self._read_more()
        self.check()

    def _read_more(self) -> None:
        """What else belongs to the body, before faults are told."""

    def _names_cart_only(self) -> bool:
        return self.data.get("cart") is not None and self.data.get("items") is None

    def _refuse_what_is_not_offered(self) -> None:
        if self.data.get("cart") is not None:
            self.fail("cart", "unknown", "There is no such cart")


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
