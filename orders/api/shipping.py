from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny

from core.http.conditional import PRIVATE, bytes_response, etag_of
from core.http.drf_pagination import KeysetPagination
from core.http.lean import LeanReads, Readers
from core.http.pagination import Ordering, page
from core.json import dumps
from orders.api import shapes
from orders.pricing import rates


class ShippingMethodsView(LeanReads):
    readers = Readers.ANYBODY
    permission_classes = [AllowAny]
    pagination_class = KeysetPagination
    ordering = Ordering({"position": "position", "price": "price"}, default="position")

    @extend_schema(parameters=[shapes.ShippingMethodFilters], responses=shapes.ShippingMethodShape(many=True))
    def get(self, request: HttpRequest) -> HttpResponse:
        """How an order can be sent; to `country` if given."""
        country = shapes.ShippingMethodFilters.parse(request.GET).get("country")
        methods = rates.shipping_methods(country=country)
        shown = page(methods, request.GET, ordering=self.ordering, url=request.build_absolute_uri())
        body = dumps(shown.document(shapes.ShippingMethodShape(shown.rows, many=True).data))
        return bytes_response(request, body, etag=etag_of(body), cache_control=PRIVATE)
