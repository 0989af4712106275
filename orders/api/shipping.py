from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny

from core.http.conditional import PRIVATE, bytes_response, etag_of
from core.http.lean import LeanReads, Readers
from core.http.pagination import KeysetPagination
from core.json import dumps
from orders.api import shapes
from orders.pricing import rates


class ShippingMethodsView(LeanReads):
    readers = Readers.ANYBODY
    permission_classes = [AllowAny]
    pagination_class = KeysetPagination
    ordering_fields = {"position": "position", "price": "price"}
    ordering = "position"

    @extend_schema(parameters=[shapes.ShippingMethodFilters], responses=shapes.ShippingMethodShape(many=True))
    def get(self, request: HttpRequest) -> HttpResponse:
        """How an order can be sent; to `country` if given."""
        country = shapes.ShippingMethodFilters.parse(request.GET).get("country")
        pages = KeysetPagination()
        rows = pages.paginate_queryset(rates.shipping_methods(country=country), request, view=self)
        body = dumps(pages.envelope(shapes.ShippingMethodShape(rows, many=True).data))
        return bytes_response(request, body, etag=etag_of(body), cache_control=PRIVATE)
