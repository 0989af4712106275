from typing import Annotated

from pydantic import Field

from core.http.bodies import RequestBody
from core.http.fields import Line, Sku
from orders.api.requests.pricing import MAX_CODE, AnyItemsOrNull, Quantity


class CartRequest(RequestBody):
    """A new cart, with or without items."""

    items: AnyItemsOrNull = Field(default_factory=dict)


class CartItemRequest(RequestBody):
    sku: Sku
    quantity: Annotated[Quantity, Field(description="Added to what is there.")]


class CartQuantityRequest(RequestBody):
    quantity: Quantity


class CartVoucherRequest(RequestBody):
    code: Annotated[str, Line(MAX_CODE)]
