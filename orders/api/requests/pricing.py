"""What is to be priced: items or a cart, and where they go."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema
from rest_framework import serializers

from core.countries import COUNTRIES
from core.http.bodies import RequestBody
from core.http.fields import Country, Id, Line, Nested, Sku, Whole, fault, missing_or
from core.http.filters import QueryFilters
from orders.pricing.offers import MAX_ITEMS, MAX_UNITS, Basket

MAX_LINES = 1_000  # as sent, before those of one SKU are added up
MAX_CODE, MAX_METHOD = 40, 40  # characters
_ITEM, _ITEMS = "Give an object with sku and quantity", f"Give 1 to {MAX_ITEMS} items"

Quantity = Annotated[int, Whole(1, MAX_UNITS)]


class OrderItemRequest(RequestBody):
    sku: Sku
    quantity: Quantity


@dataclass(frozen=True)
class _Items:
    """Lines of SKU and quantity, read as units by SKU; a SKU that is named again is added up."""

    minimum: int = 1
    takes_null: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        lines = handler.generate_schema(list[Annotated[OrderItemRequest, Nested(_ITEM, is_part=True)]])
        listed = core_schema.no_info_before_validator_function(self.check, lines)
        return core_schema.no_info_after_validator_function(_add_up, listed)

    def check(self, lines: Any) -> Any:
        if lines is None and self.takes_null:
            return []
        if not isinstance(lines, list) or not self.minimum <= len(lines) <= MAX_LINES:
            raise missing_or(lines, "invalid", _ITEMS)
        return lines


Items = Annotated[dict[str, int], _Items()]
AnyItems = Annotated[dict[str, int], _Items(minimum=0)]
AnyItemsOrNull = Annotated[dict[str, int], _Items(minimum=0, takes_null=True)]


def _add_up(lines: list[OrderItemRequest]) -> dict[str, int]:
    quantities: dict[str, int] = {}
    for index, line in enumerate(lines):
        units = quantities.get(line.sku, 0) + line.quantity
        if units > MAX_UNITS:
            detail = f"At most {MAX_UNITS} of {line.sku} in one order"
            raise fault("invalid", detail, below=(index, "quantity"))
        quantities[line.sku] = units
    if len(quantities) > MAX_ITEMS:
        raise fault("invalid", _ITEMS)
    return quantities


class PlaceRequest(RequestBody):
    """The address to which an order would go, as far as it is known: the country will do."""

    name: Annotated[str | None, Line(100, is_required=False)] = None
    line1: Annotated[str | None, Line(200, is_required=False)] = None
    line2: Annotated[str | None, Line(200, is_required=False)] = None
    city: Annotated[str | None, Line(100, is_required=False)] = None
    region: Annotated[str | None, Line(50, is_required=False)] = None
    postal_code: Annotated[str | None, Line(20, is_required=False)] = None
    country: Country
    phone: Annotated[str | None, Line(30, is_required=False)] = None

    def texts(self) -> dict[str, str]:
        """What was said of it."""
        return {name: text for name, text in self.__dict__.items() if text is not None}


def _either(cart: UUID | None, info: ValidationInfo) -> UUID | None:
    """Items or a cart: one of them, and not both. Items that do not fit are items all the same."""
    has_items = info.data.get("items", True) is not None
    if has_items and cart is not None:
        raise fault("invalid", "Give items or a cart, not both")
    if not has_items and cart is None:
        raise fault("required", _ITEMS, beside="items")
    return cart


_ADDRESS = Nested("Give an object with the address")


class QuoteRequest(RequestBody):
    """What is to be priced. An order may be sent as it is: `email` and `payment` are ignored."""

    items: Annotated[
        Items | None, Field(description=f"1 to {MAX_ITEMS}; repeated SKUs are added up. Or a cart.")
    ] = None
    cart: Annotated[
        Annotated[UUID, Id("Give the id of a cart")] | None,
        AfterValidator(_either),
        Field(validate_default=True, description="Instead of items; its voucher comes with it."),
    ] = None
    shipping_address: Annotated[
        Annotated[PlaceRequest, _ADDRESS] | None,
        Field(description="Without it nothing is taxed, and only methods that go everywhere count."),
    ] = None
    shipping_method: Annotated[
        str | None,
        Line(MAX_METHOD, is_required=False),
        Field(description="By default the first of /shipping-methods."),
    ] = None
    voucher: Annotated[str | None, Line(MAX_CODE, is_required=False)] = None
    email: Any = None
    payment: Any = None

    def basket(self) -> Basket:
        """What is to be priced; of a cart, all but what is in it."""
        return Basket(
            quantities=self.items or {},
            shipping_address=self.shipping_address.texts() if self.shipping_address else {},
            shipping_method=self.shipping_method,
            voucher=self.voucher,
        )


class ShippingMethodFilters(QueryFilters):
    country = serializers.ChoiceField(required=False, choices=sorted(COUNTRIES), help_text="ISO alpha-2.")
