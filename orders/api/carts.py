"""Carts. A guest's is reached with its token, a customer's with theirs; anybody else's is not there."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.http.bodies import read
from core.http.conditional import PRIVATE, bytes_response, etag_of
from core.http.lean import LeanReads, Readers
from core.idempotency.decorator import IDEMPOTENCY_KEY, idempotent
from core.json import dumps
from core.limits.throttles import RateLimit
from orders.api.access import CART_TOKEN, holder_of
from orders.api.documents.carts import (
    CartDocument,
    OpenedCartDocument,
    cart_document,
    opened_cart_document,
)
from orders.api.requests.carts import (
    CartItemRequest,
    CartQuantityRequest,
    CartRequest,
    CartVoucherRequest,
)
from orders.carts import changes, contents, opening, queries


class CartLimit(RateLimit):
    scope = "carts"


class CartReadLimit(RateLimit):
    """Apart from the limit of changes: a page that reads often must not hold up its own customer."""

    scope = "cart_reads"


class CartsView(APIView):
    permission_classes = [AllowAny]
    throttle_classes = [CartLimit]
    fingerprint_headers = ["X-Cart-Token"]

    @extend_schema(
        operation_id="open_cart",
        parameters=[IDEMPOTENCY_KEY, CART_TOKEN],
        request=CartRequest,
        responses={200: OpenedCartDocument, 201: OpenedCartDocument},
    )
    def post(self, request: Request) -> HttpResponse:
        """Start a cart. A customer has one: where it is there already, it answers 200, with the items put in.

        At log-in, send the bearer token and the guest's X-Cart-Token: what is in the guest's cart goes into
        the customer's (quantities add up, as far as there is stock), and the guest's cart is gone. Where it
        does not fit, as in another currency, it stays as it is, and `kept_cart` says so. A guest's repeat is
        another cart, whatever its key.
        """
        return self._put_in(request) if request.user.is_authenticated else self._open(request)

    @idempotent
    def _put_in(self, request: Request) -> Response:
        return self._open(request)

    def _open(self, request: Request) -> Response:
        body = read(CartRequest, request)
        opened = opening.open_cart(holder=holder_of(request), quantities=body.items, now=timezone.now())
        shown = _shown(opened.cart_id, _holder_after(request, opened))
        answer = opened_cart_document(shown, opened)
        if not opened.is_new:
            return Response(answer)
        return Response(answer, status=201, headers={"Location": reverse("cart", args=[opened.cart_id])})


class CartView(LeanReads):
    readers = Readers.GUESTS
    permission_classes = [AllowAny]
    throttle_classes = [CartLimit]
    read_throttle_classes = [CartReadLimit]

    @extend_schema(operation_id="get_cart", parameters=[CART_TOKEN], responses=CartDocument)
    def get(self, request: HttpRequest, cart_id: UUID) -> HttpResponse:
        """The cart at the prices of now, with notices of what has changed."""
        body = dumps(_shown(cart_id, holder_of(request)))
        return bytes_response(request, body, etag=etag_of(body), cache_control=PRIVATE)

    @extend_schema(operation_id="discard_cart", parameters=[CART_TOKEN], responses={204: None})
    def delete(self, request: Request, cart_id: UUID) -> Response:
        """Throw the cart away."""
        changes.discard(cart_id=cart_id, holder=holder_of(request), now=timezone.now())
        return Response(status=204)


class CartItemsView(APIView):
    permission_classes = [AllowAny]
    throttle_classes = [CartLimit]
    fingerprint_headers = ["X-Cart-Token"]

    @extend_schema(
        operation_id="add_to_cart",
        parameters=[IDEMPOTENCY_KEY, CART_TOKEN],
        request=CartItemRequest,
        responses={201: CartDocument},
    )
    @idempotent
    def post(self, request: Request, cart_id: UUID) -> Response:
        """Put units in, on top of what is there of the SKU."""
        body, holder = read(CartItemRequest, request), holder_of(request)
        quantities = {body.sku: body.quantity}
        changes.add(cart_id=cart_id, holder=holder, quantities=quantities, now=timezone.now())
        return Response(_shown(cart_id, holder), status=201)


class CartItemView(APIView):
    permission_classes = [AllowAny]
    throttle_classes = [CartLimit]

    @extend_schema(
        operation_id="change_cart_item",
        parameters=[CART_TOKEN],
        request=CartQuantityRequest,
        responses=CartDocument,
    )
    def patch(self, request: Request, cart_id: UUID, sku: str) -> Response:
        """Say how many units there are to be; safe to repeat."""
        body, holder = read(CartQuantityRequest, request), holder_of(request)
        changes.set_quantity(
            cart_id=cart_id, holder=holder, sku=sku, quantity=body.quantity, now=timezone.now()
        )
        return Response(_shown(cart_id, holder))

    @extend_schema(operation_id="take_out_of_cart", parameters=[CART_TOKEN], responses={204: None})
    def delete(self, request: Request, cart_id: UUID, sku: str) -> Response:
        """Take the SKU out."""
        changes.take_out(cart_id=cart_id, holder=holder_of(request), sku=sku, now=timezone.now())
        return Response(status=204)


class CartVoucherView(APIView):
    permission_classes = [AllowAny]
    throttle_classes = [CartLimit]

    @extend_schema(
        operation_id="set_cart_voucher",
        parameters=[CART_TOKEN],
        request=CartVoucherRequest,
        responses=CartDocument,
    )
    def post(self, request: Request, cart_id: UUID) -> Response:
        """Take the voucher for this cart, if it fits now. It is used up by the order, not before."""
        body, holder = read(CartVoucherRequest, request), holder_of(request)
        changes.set_voucher(cart_id=cart_id, holder=holder, code=body.code, now=timezone.now())
        return Response(_shown(cart_id, holder))

    @extend_schema(operation_id="clear_cart_voucher", parameters=[CART_TOKEN], responses={204: None})
    def delete(self, request: Request, cart_id: UUID) -> Response:
        """Take the voucher off again."""
        changes.set_voucher(cart_id=cart_id, holder=holder_of(request), code=None, now=timezone.now())
        return Response(status=204)


def _shown(cart_id: UUID, holder: queries.Holder) -> dict[str, Any]:
    now = timezone.now()
    cart = queries.find(cart_id=cart_id, holder=holder, now=now)
    return cart_document(cart, contents.inspect(cart=cart, now=now))


def _holder_after(request: Request, opened: opening.OpenedCart) -> queries.Holder:
    return queries.Holder(customer_id=holder_of(request).customer_id, token=opened.token)
