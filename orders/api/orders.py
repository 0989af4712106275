"""Placing and reading orders."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language_from_request
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import queries as account_queries
from core.errors import NotFound
from core.http.conditional import PRIVATE, bytes_response, etag_of
from core.http.lean import LeanReads
from core.http.pagination import KeysetPagination
from core.http.renderers import dumps
from core.http.throttles import RateLimit
from core.idempotency.decorator import IDEMPOTENCY_KEY, idempotent
from orders import actors
from orders.api import shapes
from orders.api.bodies import OrderBody
from orders.api.cart_access import CART_TOKEN, holder_of
from orders.api.quotes import line_document
from orders.carts import ordering
from orders.checkout import guests, place
from orders.history import access, detail, lists

GUEST_TOKEN = OpenApiParameter("X-Order-Token", str, "header", description="Of a guest's order.")


class OrderLimit(RateLimit):
    scope = "orders"


class OrdersView(LeanReads):
    permission_classes = [AllowAny]
    throttle_classes = [OrderLimit]
    pagination_class = KeysetPagination
    ordering_fields = {"created_at": "created_at"}
    ordering = "-created_at"

    @extend_schema(parameters=[shapes.OrderFilters], responses=shapes.OrderSummary(many=True))
    def get(self, request: HttpRequest) -> HttpResponse:
        """One's own orders, newest first."""
        customer = self.require_user(request)
        filters = shapes.OrderFilters.parse(request.GET)
        return _page(self, request, lists.orders_of(customer.pk, status=filters.get("status")), lists.SUMMARY)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY, CART_TOKEN],
        request=shapes.OrderRequest,
        responses={201: shapes.PlacedOrderShape},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Place an order. It is priced here and its stock is held; payment and shipping follow."""
        body = OrderBody(request.data, is_guest=not request.user.is_authenticated)
        placed = _place(request, body)
        return Response(
            _placed(placed), status=201, headers={"Location": reverse("order", args=[placed.number])}
        )


class OrderView(LeanReads):
    permission_classes = [AllowAny]

    @extend_schema(parameters=[GUEST_TOKEN], responses=shapes.OrderDetail)
    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        """One's own order, or a guest's with its token. Anybody else's is not there."""
        order = detail.order_of(number=number, **_access(self, request))
        if order is None:
            raise NotFound(f"There is no order {number} of yours")
        body = dumps(order)
        return bytes_response(request, body, etag=etag_of(body), cache_control=PRIVATE)


class OrderEventsView(LeanReads):
    permission_classes = [AllowAny]
    pagination_class = KeysetPagination
    ordering_fields = {"at": "at"}
    ordering = "at"

    @extend_schema(parameters=[GUEST_TOKEN], responses=shapes.EventShape(many=True))
    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        """The order's timeline, from the first entry on."""
        order_id = access.find(number=number, **_access(self, request))
        if order_id is None:
            raise NotFound(f"There is no order {number} of yours")
        shapes.NoFilters.parse(request.GET)
        return _page(self, request, lists.timeline(order_id), lists.EVENT)


def _access(view: LeanReads, request: HttpRequest) -> dict[str, Any]:
    """Who asks: the signed-in customer, and the guest token that came along."""
    found = view.get_authenticators()[0].authenticate(request)  # type: ignore[arg-type] # reads headers only
    customer_id: UUID | None = found[0].pk if found else None
    return {"customer_id": customer_id, "token": request.headers.get("X-Order-Token", "")}


def _page(view: Any, request: HttpRequest, rows: Any, fields: tuple[str, ...]) -> HttpResponse:
    pages = KeysetPagination()
    found = pages.paginate_queryset(rows, request, view=view)
    shown = [_shown(row, fields) for row in found]
    body = dumps(pages.envelope(shown))
    return bytes_response(request, body, etag=etag_of(body), cache_control=PRIVATE)


def _shown(row: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    shown = {name: row[name] for name in fields}
    return {**shown, "actor": actors.as_customers_see(shown["actor"])} if "actor" in shown else shown


def _place(request: Request, body: OrderBody) -> place.PlacedOrder:
    buyer, now = _buyer(request, body), timezone.now()
    if body.cart_id is None:
        return place.place_order(buyer=buyer, basket=body.basket, payment_token=body.payment_token, now=now)
    return ordering.place_order(
        cart_id=body.cart_id,
        holder=holder_of(request),
        buyer=buyer,
        basket=body.basket,
        payment_token=body.payment_token,
        now=now,
    )


def _buyer(request: Request, body: OrderBody) -> guests.Buyer:
    language = get_language_from_request(request)
    if not request.user.is_authenticated:
        return guests.Buyer(customer_id=None, email=body.email, language=language)
    email = account_queries.email_of(request.user.pk)
    if email is None:
        raise AuthenticationFailed("This account is no longer active")
    return guests.Buyer(customer_id=request.user.pk, email=email, language=language)


def _placed(placed: place.PlacedOrder) -> dict[str, Any]:
    order, quote = placed.order, placed.order.quote
    document = {
        "id": order.id,
        "number": placed.number,
        "status": "pending",
        "currency": order.currency,
        "subtotal": quote.subtotal,
        "discount": quote.discount,
        "shipping": quote.shipping,
        "tax": quote.tax,
        "tax_included": quote.tax_included,
        "total": quote.total,
        "lines": [line_document(line.priced, name=line.name) for line in order.lines],
        "created_at": order.now,
    }
    return {**document, "token": placed.token} if placed.token else document
