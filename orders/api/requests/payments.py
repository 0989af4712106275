from decimal import Decimal
from typing import Annotated

from pydantic import Field

from core.http.bodies import RequestBody
from core.http.fields import Amount, text
from orders.api.requests.orders import MAX_REASON
from orders.api.requests.pricing import AnyItems

MAX_AMOUNT_DIGITS = 14


class RefundRequest(RequestBody):
    amount: Annotated[
        Decimal,
        Amount(MAX_AMOUNT_DIGITS, minimum=Decimal("0.01")),
        Field(description="In the order's currency."),
    ]
    reason: Annotated[str, text(MAX_REASON, is_blank_taken=True)] = ""
    lines: Annotated[AnyItems, Field(description="What it is for.")] = Field(default_factory=dict)
