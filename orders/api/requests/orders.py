from typing import Annotated, Any

from pydantic import Field, WithJsonSchema
from rest_framework import serializers

from core.http.bodies import RequestBody
from core.http.fields import MAX_EMAIL, Email, Line, Nested, text
from core.http.filters import QueryFilters
from orders.api.requests.pricing import PlaceRequest, QuoteRequest
from orders.checkout.recording import OrderDetails
from orders.models import Status

MAX_REASON, MAX_TOKEN, MAX_ORDERED_SKU = 300, 255, 80  # characters


class AddressRequest(PlaceRequest):
    """The address to which an order goes, with all that a label needs."""

    name: Annotated[str, Line(100)]
    line1: Annotated[str, Line(200)]
    city: Annotated[str, Line(100)]
    postal_code: Annotated[str, Line(20)]


class PaymentRequest(RequestBody):
    token: Annotated[str, Line(MAX_TOKEN), Field(description="The gateway's token of a means of payment.")]


class OrderRequest(QuoteRequest):
    """What is ordered, where it goes, how it is paid. The `email` of who is signed in is ignored."""

    shipping_address: Annotated[AddressRequest, Nested("Give an object with the address")]
    email: Annotated[
        Any,
        WithJsonSchema({"type": "string", "format": "email", "maxLength": MAX_EMAIL}),
        Field(description="Required of guests; accounts have theirs."),
    ] = None
    payment: Annotated[PaymentRequest, Nested("Give an object with the token of the payment")]

    def details(self) -> OrderDetails:
        return OrderDetails(payment_token=self.payment.token)


class GuestOrderRequest(OrderRequest):
    """A guest's order: who orders is known by the address."""

    email: Email


class CancelRequest(RequestBody):
    reason: Annotated[str, text(MAX_REASON, is_blank_taken=True)] = ""


class OrderFilters(QueryFilters):
    status = serializers.ChoiceField(choices=Status.choices, required=False)


class StaffOrderFilters(OrderFilters):
    """What staff may ask for, too; of customers these are filters that do not exist."""

    email = serializers.EmailField(required=False, max_length=MAX_EMAIL, help_text="Staff only.")
    sku = serializers.CharField(required=False, max_length=MAX_ORDERED_SKU, help_text="Staff only.")
    placed_after = serializers.DateTimeField(required=False, help_text="Staff only. From this moment on.")
    placed_before = serializers.DateTimeField(required=False, help_text="Staff only. Before this moment.")


class NoFilters(QueryFilters):
    """A list that can only be paged."""
