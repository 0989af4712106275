"""Refunds, and the webhooks of payment providers."""

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import TooLarge
from core.http.bodies import read
from core.http.permissions import IsStaff
from core.idempotency.decorator import IDEMPOTENCY_KEY, idempotent
from orders.api.access import order_id_of, staff_actor
from orders.api.documents.payments import RefundDocument
from orders.api.requests.payments import RefundRequest
from orders.payments import refunds, webhooks


class RefundsView(APIView):
    permission_classes = [IsStaff]

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=RefundRequest,
        responses={201: RefundDocument},
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Refund a part or all of what was paid. The refund is made by a worker; never more than was paid."""
        body = read(RefundRequest, request)
        refund = refunds.request(
            order_id=order_id_of(number),
            amount=body.amount,
            units=body.lines,
            reason=body.reason,
            actor=staff_actor(request),
            now=timezone.now(),
        )
        return Response(RefundDocument(refund).data, status=201)


class PaymentWebhookView(APIView):
    """Open to all and not limited: the signature says who asks, and costs less than to count the limits."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    @extend_schema(operation_id="receive_payment_webhook", request=OpenApiTypes.OBJECT, responses={204: None})
    def post(self, request: Request, gateway: str) -> Response:
        """For payment providers: an event of a payment, signed by the provider's own scheme."""
        body = request._request.read(settings.PAYMENT_WEBHOOK_BODY_MAX + 1)
        if len(body) > settings.PAYMENT_WEBHOOK_BODY_MAX:
            raise TooLarge
        webhooks.receive(provider=gateway, headers=request.headers, body=body, now=timezone.now())
        return Response(status=204)
