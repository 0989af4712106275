"""Placing and reading orders."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language_from_request
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import queries as account_queries
from core.errors import NotFound
from core.http.bodies import read
from core.http.conditional import PRIVATE, bytes_response, etag_of
from core.http.drf_pagination import KeysetPagination
from core.http.lean import LeanReads, Readers
from core.http.pagination import Ordering, page
from core.http.permissions import caller_id
from core.idempotency.decorator import IDEMPOTENCY_KEY, idempotent
from core.json import dumps
from core.limits.throttles import RateLimit
from orders import actors, cancellation
from orders.api.access import CART_TOKEN, GUEST_TOKEN, changeable, holder_of, is_staff, reader_of
from orders.api.documents.orders import (
    OrderDetailDocument,
    OrderEventDocument,
    OrderSummaryDocument,
    PlacedOrderDocument,
    placed_order_document,
)
from orders.api.requests.orders import (
    CancelRequest,
    GuestOrderRequest,
    NoFilters,
    OrderFilters,
    OrderRequest,
    StaffOrderFilters,
)
from orders.carts import ordering
from orders.checkout import guests, place
from orders.history import access, detail, lists


class OrderLimit(RateLimit):
    scope = "orders"


class OrdersView(LeanReads):
    readers = Readers.CUSTOMERS
    permission_classes = [AllowAny]
    throttle_classes = [OrderLimit]  # of placing orders: looking at them does not count
    read_throttle_classes = ()
    fingerprint_headers = ["X-Cart-Token"]
    pagination_class = KeysetPagination
    ordering = Ordering({"created_at": "created_at"}, default="-created_at")

    @extend_schema(parameters=[StaffOrderFilters], responses=OrderSummaryDocument(many=True))
    def get(self, request: HttpRequest) -> HttpResponse:
        """One's own orders, newest first; for staff everybody's."""
        if is_staff(self, request):
            orders = lists.all_orders(**StaffOrderFilters.parse(request.GET))
        else:
            status = OrderFilters.parse(request.GET).get("status")
            orders = lists.orders_of(caller_id(request), status=status)
        return _page(request, orders, lists.SUMMARY, self.ordering)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY, CART_TOKEN],
        request=OrderRequest,
        responses={201: PlacedOrderDocument},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Place an order. It is priced here and its stock is held; payment and shipping follow."""
        body = read(OrderRequest if request.user.is_authenticated else GuestOrderRequest, request)
        placed = _place(request, body)
        location = reverse("order", args=[placed.number])
        return Response(placed_order_document(placed), status=201, headers={"Location": location})


class OrderView(LeanReads):
    readers = Readers.GUESTS
    permission_classes = [AllowAny]

    @extend_schema(parameters=[GUEST_TOKEN], responses=OrderDetailDocument)
    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        """One's own order, or a guest's with its token; for staff anybody's. Else it is not there."""
        order = detail.order_of(number=number, reader=reader_of(self, request))
        if order is None:
            raise NotFound(f"There is no order {number} of yours")
        body = dumps(order)
        return bytes_response(request, body, etag=etag_of(body), cache_control=PRIVATE)


class OrderEventsView(LeanReads):
    readers = Readers.GUESTS
    permission_classes = [AllowAny]
    pagination_class = KeysetPagination
    ordering = Ordering({"at": "at"}, default="at")

    @extend_schema(parameters=[GUEST_TOKEN], responses=OrderEventDocument(many=True))
    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        """The order's timeline, from the first entry on. Staff are named to staff alone."""
        reader = reader_of(self, request)
        order_id = access.find(number=number, reader=reader)
        if order_id is None:
            raise NotFound(f"There is no order {number} of yours")
        NoFilters.parse(request.GET)
        shown = _as_staff_see if reader.is_staff else _as_customers_see
        return _page(request, lists.timeline(order_id), lists.EVENT, self.ordering, shown=shown)


class CancelView(APIView):
    permission_classes = [AllowAny]
    throttle_classes = [OrderLimit]

    @extend_schema(parameters=[GUEST_TOKEN], request=CancelRequest, responses=OrderDetailDocument)
    def post(self, request: Request, number: str) -> Response:
        """Cancel one's own order, a guest's with its token, or as staff anybody's, before it is sent.

        What was held is let go and what was paid is refunded, shortly after. A repeat answers the same.
        """
        order_id, actor = changeable(self, request, number)
        body = read(CancelRequest, request)
        cancellation.cancel(order_id=order_id, actor=actor, reason=body.reason, now=timezone.now())
        return Response(detail.order_with(order_id))


def _as_staff_see(row: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in fields}


def _as_customers_see(row: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {**_as_staff_see(row, fields), "actor": actors.as_customers_see(row["actor"])}


def _page(
    request: HttpRequest,
    rows: Any,
    fields: tuple[str, ...],
    ordering: Ordering,
    *,
    shown: Callable[[dict[str, Any], tuple[str, ...]], dict[str, Any]] = _as_staff_see,
) -> HttpResponse:
    found = page(rows, request.GET, ordering=ordering, url=request.build_absolute_uri())
    body = dumps(found.document([shown(row, fields) for row in found.rows]))
    return bytes_response(request, body, etag=etag_of(body), cache_control=PRIVATE)


def _place(request: Request, body: OrderRequest) -> place.PlacedOrder:
    buyer, now = _buyer(request, body), timezone.now()
    basket, details = body.basket(), body.details()
    if body.cart is None:
        return place.place_order(buyer=buyer, basket=basket, details=details, now=now)
    return ordering.place_order(
        cart_id=body.cart,
        holder=holder_of(request),
        buyer=buyer,
        basket=basket,
        details=details,
        now=now,
    )


def _buyer(request: Request, body: OrderRequest) -> guests.Buyer:
    language = get_language_from_request(request)
    if not request.user.is_authenticated:
        return guests.Buyer(customer_id=None, email=body.email, language=language)
    email = account_queries.email_of(request.user.pk)
    if email is None:
        raise AuthenticationFailed("This account is no longer active")
    return guests.Buyer(customer_id=request.user.pk, email=email, language=language)
