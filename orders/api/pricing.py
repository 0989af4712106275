"""What an order would cost, and how it can be sent."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.http.bodies import read
from core.http.conditional import PRIVATE, bytes_response, etag_of
from core.http.drf_pagination import KeysetPagination
from core.http.lean import LeanReads, Readers
from core.http.pagination import Ordering, page
from core.json import dumps
from core.limits.throttles import RateLimit
from orders.api.access import CART_TOKEN, holder_of
from orders.api.documents.pricing import QuoteDocument, ShippingMethodDocument, quote_document
from orders.api.requests.pricing import QuoteRequest, ShippingMethodFilters
from orders.carts import ordering
from orders.checkout.guests import customer_key
from orders.pricing import offers, rates


class QuoteLimit(RateLimit):
    scope = "quotes"


class QuotesView(APIView):
    permission_classes = [AllowAny]
    throttle_classes = [QuoteLimit]

    @extend_schema(
        operation_id="quote",
        parameters=[CART_TOKEN],
        request=QuoteRequest,
        responses={200: QuoteDocument},
    )
    def post(self, request: Request) -> Response:
        """What an order would cost now, computed as the order itself would be. Nothing is held or written."""
        body = read(QuoteRequest, request)
        now = timezone.now()
        basket = body.basket()
        if body.cart:
            holder = holder_of(request)
            basket = ordering.basket_of(cart_id=body.cart, holder=holder, basket=basket, now=now)
        offer = offers.price(basket=basket, customer_key=_customer_key(request), now=now)
        return Response(quote_document(offer))


class ShippingMethodsView(LeanReads):
    readers = Readers.ANYBODY
    permission_classes = [AllowAny]
    pagination_class = KeysetPagination
    ordering = Ordering({"position": "position", "price": "price"}, default="position")

    @extend_schema(parameters=[ShippingMethodFilters], responses=ShippingMethodDocument(many=True))
    def get(self, request: HttpRequest) -> HttpResponse:
        """How an order can be sent; to `country` if given."""
        country = ShippingMethodFilters.parse(request.GET).get("country")
        methods = rates.shipping_methods(country=country)
        shown = page(methods, request.GET, ordering=self.ordering, url=request.build_absolute_uri())
        body = dumps(shown.document(ShippingMethodDocument(shown.rows, many=True).data))
        return bytes_response(request, body, etag=etag_of(body), cache_control=PRIVATE)


def _customer_key(request: Request) -> str | None:
    """A guest who asks need not say who they are; the order will."""
    customer_id = request.user.pk if request.user.is_authenticated else None
    return customer_key(customer_id=customer_id, email=None)
