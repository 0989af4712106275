from typing import Annotated

from pydantic import Field

from core.http.bodies import RequestBody
from core.http.fields import NOT_GIVEN, text
from orders.api.requests.orders import MAX_REASON
from orders.api.requests.pricing import Items

MAX_CARRIER, MAX_TRACKING_NUMBER = 40, 80  # characters


class ShipmentRequest(RequestBody):
    lines: Annotated[Items, Field(description="Without them, all that was not sent yet.")] = NOT_GIVEN
    carrier: Annotated[str, text(MAX_CARRIER)]
    tracking_number: Annotated[str, text(MAX_TRACKING_NUMBER, is_blank_taken=True)] = ""


class ReturnRequest(RequestBody):
    lines: Items
    restock: Annotated[bool, Field(description="For sale again; else written off.")]
    reason: Annotated[str, text(MAX_REASON)]
