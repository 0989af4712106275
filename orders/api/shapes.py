"""The shapes of orders, for the schema. Bodies are read by `bodies` and rendered from plain dicts."""

from typing import Any

from rest_framework import serializers

from core.countries import COUNTRIES
from core.http.fields import AmountField
from core.http.filters import QueryFilters
from orders.api.reading import ADDRESS, LONGEST_SKU
from orders.models import Refund, ShippingMethod, Status
from orders.pricing.offers import MAX_ITEMS, MAX_UNITS


class Money(AmountField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=14, **kwargs)


AddressShape = type(
    "Address",
    (serializers.Serializer,),
    {
        name: serializers.CharField(max_length=longest, required=is_required)
        for name, (longest, is_required) in ADDRESS.items()
    },
)


class ItemShape(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=LONGEST_SKU)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_UNITS)

    class Meta:
        ref_name = "OrderItem"


class PaymentShape(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=255, help_text="The gateway's token of a means of payment.")

    class Meta:
        ref_name = "OrderPayment"


class PlaceShape(serializers.Serializer[Any]):
    country = serializers.CharField(max_length=2, help_text="ISO 3166 alpha-2.")
    region = serializers.CharField(required=False, max_length=50)

    class Meta:
        ref_name = "Place"


class QuoteRequest(serializers.Serializer[Any]):
    items = ItemShape(
        many=True, required=False, help_text=f"1 to {MAX_ITEMS}; repeated SKUs are added up. Or a cart."
    )
    cart = serializers.UUIDField(required=False, help_text="Instead of items; its voucher comes with it.")
    shipping_address = PlaceShape(
        required=False,
        help_text="Without it nothing is taxed, and only methods that go everywhere count.",
    )
    shipping_method = serializers.CharField(
        required=False, max_length=40, help_text="By default the first of /shipping-methods."
    )
    voucher = serializers.CharField(required=False, max_length=40)


class OrderRequest(serializers.Serializer[Any]):
    items = ItemShape(
        many=True, required=False, help_text=f"1 to {MAX_ITEMS}; repeated SKUs are added up. Or a cart."
    )
    cart = serializers.UUIDField(required=False, help_text="Instead of items; its voucher comes with it.")
    email = serializers.EmailField(required=False, help_text="Required of guests; accounts have theirs.")
    shipping_address = AddressShape()
    shipping_method = serializers.CharField(
        required=False, max_length=40, help_text="By default the first of /shipping-methods."
    )
    voucher = serializers.CharField(required=False, max_length=40)
    payment = PaymentShape()


class LineShape(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    unit_price = Money()
    quantity = serializers.IntegerField()
    total = Money(help_text="Unit price times quantity.")
    discount = Money()
    tax = Money(help_text="On the total after discount.")

    class Meta:
        ref_name = "OrderLine"


class QuoteShape(serializers.Serializer[Any]):
    currency = serializers.CharField()
    subtotal = Money()
    discount = Money()
    shipping = Money()
    shipping_method = serializers.CharField(allow_null=True, help_text="Null: not known without an address.")
    tax = Money()
    tax_included = serializers.BooleanField(help_text="Whether the prices contain the tax.")
    total = Money(help_text="What the customer would pay.")
    voucher = serializers.CharField(allow_null=True, help_text="The code that was applied.")
    lines = LineShape(many=True)

    class Meta:
        ref_name = "Quote"


class OrderSummary(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    currency = serializers.CharField()
    subtotal = Money()
    discount = Money()
    shipping = Money()
    tax = Money()
    tax_included = serializers.BooleanField(help_text="Whether the prices contain the tax.")
    total = Money(help_text="What the customer pays.")
    created_at = serializers.DateTimeField()


class PlacedOrderShape(OrderSummary):
    lines = LineShape(many=True)
    token = serializers.CharField(required=False, help_text="Guests only, once: sent later as X-Order-Token.")

    class Meta:
        ref_name = "PlacedOrder"


class ShipmentShape(serializers.Serializer[Any]):
    carrier = serializers.CharField()
    tracking_number = serializers.CharField(allow_blank=True)
    status = serializers.CharField()
    lines = ItemShape(many=True)
    shipped_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        ref_name = "OrderShipment"


class RefundedShape(serializers.Serializer[Any]):
    amount = Money()
    status = serializers.ChoiceField(choices=Refund.Status.choices)
    lines = ItemShape(many=True, help_text="What it is for, where staff said so.")
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True, help_text="When the provider made or refused it.")

    class Meta:
        ref_name = "OrderRefund"


class OrderDetail(OrderSummary):
    email = serializers.EmailField()
    shipping_address = AddressShape()
    shipping_method = serializers.CharField(allow_blank=True)
    updated_at = serializers.DateTimeField()
    lines = LineShape(many=True)
    shipments = ShipmentShape(many=True)
    voucher = serializers.CharField(allow_null=True, help_text="The code that was used.")
    refunded = Money(help_text="Given back so far, of a cancelled order too.")
    refunds = RefundedShape(many=True, help_text="In parts, by staff.")


class EventShape(serializers.Serializer[Any]):
    from_status = serializers.CharField(allow_blank=True, help_text="Empty for the first entry.")
    to_status = serializers.ChoiceField(choices=Status.choices)
    actor = serializers.CharField(help_text="customer, guest, system or staff.")
    reason = serializers.CharField(allow_blank=True)
    data = serializers.DictField()  # type: ignore[assignment] # DRF takes it off the class again
    at = serializers.DateTimeField()

    class Meta:
        ref_name = "OrderEvent"


class OrderFilters(QueryFilters):
    status = serializers.ChoiceField(choices=Status.choices, required=False)


class NoFilters(QueryFilters):
    """A list that can only be paged."""


class ShippingMethodFilters(QueryFilters):
    country = serializers.ChoiceField(required=False, choices=sorted(COUNTRIES), help_text="ISO alpha-2.")


class ShippingMethodShape(serializers.ModelSerializer[ShippingMethod]):
    class Meta:
        model = ShippingMethod
        fields = ["code", "name", "price", "currency", "free_over", "countries"]
        ref_name = "ShippingMethod"
