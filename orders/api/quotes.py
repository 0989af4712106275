from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.http.throttles import RateLimit
from orders.api import shapes
from orders.api.bodies import QuoteBody
from orders.api.cart_access import CART_TOKEN, holder_of
from orders.carts import ordering
from orders.checkout.guests import customer_key
from orders.pricing import offers
from orders.pricing.amounts import QuotedLine


class QuoteLimit(RateLimit):
    scope = "quotes"


class QuotesView(APIView):
    permission_classes = [AllowAny]
    throttle_classes = [QuoteLimit]

    @extend_schema(
        operation_id="quote",
        parameters=[CART_TOKEN],
        request=shapes.QuoteRequest,
        responses={200: shapes.QuoteShape},
    )
    def post(self, request: Request) -> Response:
        """What an order would cost now, computed as the order itself would be. Nothing is held or written."""
        body = QuoteBody(request.data)
        now = timezone.now()
        basket = body.basket
        if body.cart_id:
            basket = ordering.basket_of(
                cart_id=body.cart_id, holder=holder_of(request), basket=basket, now=now
            )
        offer = offers.price(basket=basket, customer_key=_customer_key(request), now=now)
        return Response(_document(offer))


def _customer_key(request: Request) -> str | None:
    """A guest who asks need not say who they are; the order will."""
    customer_id = request.user.pk if request.user.is_authenticated else None
    return customer_key(customer_id=customer_id, email=None)


def _document(offer: offers.Offer) -> dict[str, Any]:
    quote = offer.quote
    return {
        "currency": offer.currency,
        "subtotal": quote.subtotal,
        "discount": quote.discount,
        "shipping": quote.shipping,
        "shipping_method": offer.shipping_method,
        "tax": quote.tax,
        "tax_included": quote.tax_included,
        "total": quote.total,
        "voucher": offer.voucher.code if offer.voucher else None,
        "lines": [line_document(line, name=offers.name_of(offer.variants[line.sku])) for line in quote.lines],
    }


def line_document(line: QuotedLine, *, name: str) -> dict[str, Any]:
    """A priced line as quotes and orders show it."""
    return {
        "sku": line.sku,
        "name": name,
        "unit_price": line.unit_price,
        "quantity": line.quantity,
        "total": line.total,
        "discount": line.discount,
        "tax": line.tax,
    }
