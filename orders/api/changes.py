"""What happens to an order after it was placed, by its customer or by staff."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import NotFound
from core.http.permissions import IsStaff, caller_id
from orders.api import shapes
from orders.api.orders import GUEST_TOKEN, OrderLimit
from orders.queries import history
from orders.services import cancelling


class CancelRequest(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=300)


class CancelView(APIView):
    permission_classes = [AllowAny]
    throttle_classes = [OrderLimit]

    @extend_schema(parameters=[GUEST_TOKEN], request=CancelRequest, responses=shapes.OrderDetail)
    def post(self, request: Request, number: str) -> Response:
        """Cancel one's own order, a guest's with its token, or as staff anybody's, before it is sent.

        What was held is let go and what was paid is refunded, shortly after. A repeat answers the same.
        """
        order_id, actor = _changeable(self, request, number)
        body = CancelRequest(data=request.data)
        body.is_valid(raise_exception=True)
        cancelling.cancel(
            order_id=order_id, actor=actor, reason=body.validated_data["reason"], now=timezone.now()
        )
        return Response(history.order_with(order_id))


def staff_actor(request: Request) -> str:
    return f"staff:{history.email_of(caller_id(request))}"


def _changeable(view: APIView, request: Request, number: str) -> tuple[UUID, str]:
    """The order's id, and who is at it. Raises NotFound for an order that is not theirs."""
    customer_id = request.user.pk if request.user.is_authenticated else None
    token = request.headers.get("X-Order-Token", "")
    own = history.find(number=number, customer_id=customer_id, token=token)
    if own is not None:
        return own["id"], "customer" if customer_id else "guest"
    order_id = history.id_of(number) if IsStaff().has_permission(request, view) else None
    if order_id is None:
        raise NotFound(f"There is no order {number} of yours")
    return order_id, staff_actor(request)
