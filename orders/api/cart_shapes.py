"""The shapes of carts, for the schema; `cart_documents` makes what they describe."""

from typing import Any

from rest_framework import serializers

from orders.api.bodies import LONGEST_CODE
from orders.api.reading import LONGEST_SKU
from orders.api.shapes import ItemShape, Money
from orders.pricing.offers import MAX_UNITS

AVAILABILITY = ("in_stock", "short", "sold_out", "not_for_sale")


class CartRequest(serializers.Serializer[Any]):
    items = ItemShape(many=True, required=False)


class CartItemRequest(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=LONGEST_SKU)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_UNITS, help_text="Added to what is there.")


class QuantityRequest(serializers.Serializer[Any]):
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_UNITS)

    class Meta:
        ref_name = "CartQuantity"


class VoucherRequest(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=LONGEST_CODE)

    class Meta:
        ref_name = "CartVoucherCode"


PriceChangeShape = type(
    "PriceChange",
    (serializers.Serializer,),
    {"from": Money(), "to": Money()},
)


class CartLineShape(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    product = serializers.CharField(help_text="Slug.")
    quantity = serializers.IntegerField()
    unit_price = Money(allow_null=True, help_text="Of now; null where it is not for sale.")
    total = Money(help_text="0.00 where it is not for sale.")
    discount = Money()
    availability = serializers.ChoiceField(choices=AVAILABILITY)
    available = serializers.IntegerField(help_text="Units that could be bought now.")
    price_changed = PriceChangeShape(allow_null=True, help_text="Since it was put in; null where it has not.")


class VoucherProblemShape(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="E.g. voucher_expired.")
    detail = serializers.CharField()


class CartVoucherShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    problem = VoucherProblemShape(allow_null=True, help_text="Why it takes nothing off; an order would fail.")


class CartShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    currency = serializers.CharField(allow_null=True, help_text="Null before there are items.")
    items = CartLineShape(many=True)
    subtotal = Money(help_text="Of what is for sale, at the prices of now.")
    discount = Money()
    total = Money(help_text="Before shipping and tax: POST /quotes with the cart tells those.")
    voucher = CartVoucherShape(allow_null=True)
    order = serializers.CharField(allow_null=True, help_text="The number of the order that was made of it.")
    expires_at = serializers.DateTimeField()

    class Meta:
        ref_name = "Cart"


class OpenedCartShape(CartShape):
    token = serializers.CharField(required=False, help_text="Guests only, once: sent later as X-Cart-Token.")

    class Meta:
        ref_name = "OpenedCart"
