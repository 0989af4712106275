"""Shipments and returns, as staff record them."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.http.bodies import read
from core.http.permissions import IsStaff
from core.idempotency.decorator import IDEMPOTENCY_KEY, idempotent
from orders.api.access import order_id_of, staff_actor
from orders.api.documents.orders import OrderDetailDocument
from orders.api.documents.shipments import ReturnDocument, SentShipmentDocument
from orders.api.requests.shipments import ReturnRequest, ShipmentRequest
from orders.history import detail
from orders.shipments import by_staff, returns


class ShipmentsView(APIView):
    permission_classes = [IsStaff]

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=ShipmentRequest,
        responses={201: SentShipmentDocument},
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Record a shipment that was sent: with some lines, or with all that is left."""
        body = read(ShipmentRequest, request)
        shipment = by_staff.send(
            order_id=order_id_of(number),
            units=body.lines,
            carrier=body.carrier,
            tracking_number=body.tracking_number,
            actor=staff_actor(request),
            now=timezone.now(),
        )
        return Response(SentShipmentDocument(shipment).data, status=201)


class ReturnsView(APIView):
    permission_classes = [IsStaff]

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=ReturnRequest,
        responses={201: ReturnDocument},
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Take goods back. A refund is another step."""
        body = read(ReturnRequest, request)
        taken = returns.receive(
            order_id=order_id_of(number),
            units=body.lines,
            restock=body.restock,
            reason=body.reason,
            actor=staff_actor(request),
            now=timezone.now(),
        )
        return Response(ReturnDocument(taken).data, status=201)


class DeliverView(APIView):
    permission_classes = [IsStaff]

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=None, responses=OrderDetailDocument)
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Record that the shipments on their way have arrived."""
        order_id = order_id_of(number)
        by_staff.deliver(order_id=order_id, actor=staff_actor(request), now=timezone.now())
        return Response(detail.order_with(order_id))
