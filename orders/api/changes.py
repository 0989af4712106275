"""What happens to an order after it was placed, by its customer or by staff."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import queries as account_queries
from core.errors import NotFound
from core.http.bodies import valid_body
from core.http.permissions import IsStaff, caller_id
from core.idempotency.decorator import IDEMPOTENCY_KEY, idempotent
from orders import actors, cancellation
from orders.api import change_shapes, shapes
from orders.api.orders import GUEST_TOKEN, OrderLimit
from orders.history import access, detail
from orders.payments import refunds
from orders.shipments import by_staff, returns


class CancelView(APIView):
    permission_classes = [AllowAny]
    throttle_classes = [OrderLimit]

    @extend_schema(
        parameters=[GUEST_TOKEN], request=change_shapes.CancelRequest, responses=shapes.OrderDetail
    )
    def post(self, request: Request, number: str) -> Response:
        """Cancel one's own order, a guest's with its token, or as staff anybody's, before it is sent.

        What was held is let go and what was paid is refunded, shortly after. A repeat answers the same.
        """
        order_id, actor = _changeable(self, request, number)
        body = valid_body(change_shapes.CancelRequest, request)
        cancellation.cancel(order_id=order_id, actor=actor, reason=body["reason"], now=timezone.now())
        return Response(detail.order_with(order_id))


class RefundsView(APIView):
    permission_classes = [IsStaff]

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=change_shapes.RefundRequest,
        responses={201: change_shapes.RefundShape},
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Refund a part or all of what was paid. The refund is made by a worker; never more than was paid."""
        body = valid_body(change_shapes.RefundRequest, request)
        refund = refunds.request(
            order_id=_order_id(number),
            amount=body["amount"],
            units=change_shapes.units(body["lines"]),
            reason=body["reason"],
            actor=staff_actor(request),
            now=timezone.now(),
        )
        return Response(change_shapes.RefundShape(refund).data, status=201)


class ShipmentsView(APIView):
    permission_classes = [IsStaff]

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=change_shapes.ShipmentRequest,
        responses={201: change_shapes.SentShipment},
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Record a shipment that was sent: with some lines, or with all that is left."""
        body = valid_body(change_shapes.ShipmentRequest, request)
        shipment = by_staff.send(
            order_id=_order_id(number),
            units=change_shapes.units(body["lines"]) if "lines" in body else None,
            carrier=body["carrier"],
            tracking_number=body["tracking_number"],
            actor=staff_actor(request),
            now=timezone.now(),
        )
        return Response(change_shapes.SentShipment(shipment).data, status=201)


class ReturnsView(APIView):
    permission_classes = [IsStaff]

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=change_shapes.ReturnRequest,
        responses={201: change_shapes.ReturnShape},
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Take goods back. A refund is another step."""
        body = valid_body(change_shapes.ReturnRequest, request)
        taken = returns.receive(
            order_id=_order_id(number),
            units=change_shapes.units(body["lines"]),
            restock=body["restock"],
            reason=body["reason"],
            actor=staff_actor(request),
            now=timezone.now(),
        )
        return Response(change_shapes.ReturnShape(taken).data, status=201)


class DeliverView(APIView):
    permission_classes = [IsStaff]

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=None, responses=shapes.OrderDetail)
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Record that the shipments on their way have arrived."""
        order_id = _order_id(number)
        by_staff.deliver(order_id=order_id, actor=staff_actor(request), now=timezone.now())
        return Response(detail.order_with(order_id))


def staff_actor(request: Request) -> str:
    return actors.staff(account_queries.email_of(caller_id(request)) or "unknown")


def _order_id(number: str) -> UUID:
    order_id = access.id_of(number)
    if order_id is None:
        raise NotFound(f"There is no order {number}")
    return order_id


def _changeable(view: APIView, request: Request, number: str) -> tuple[UUID, str]:
    """The order's id, and who is at it. Raises NotFound for an order that is not theirs."""
    customer_id = request.user.pk if request.user.is_authenticated else None
    token = request.headers.get("X-Order-Token", "")
    own = access.find(number=number, customer_id=customer_id, token=token)
    if own is not None:
        return own, actors.buyer(customer_id)
    if not IsStaff().has_permission(request, view):
        raise NotFound(f"There is no order {number} of yours")
    return _order_id(number), staff_actor(request)
