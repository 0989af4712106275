"""Who asks: an account by its bearer token, a guest by the token of their order or cart, or staff."""

from uuid import UUID

from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import queries as account_queries
from core.errors import NotFound
from core.http.permissions import IsStaff, caller_id
from orders import actors
from orders.carts.queries import Holder
from orders.history import access

GUEST_TOKEN = OpenApiParameter("X-Order-Token", str, "header", description="Of a guest's order.")
CART_TOKEN = OpenApiParameter("X-Cart-Token", str, "header", description="Of a guest's cart.")


def holder_of(request: Request | HttpRequest) -> Holder:
    """Whose cart it may be, as the view let them in."""
    return Holder(customer_id=request.user.pk, token=request.headers.get("X-Cart-Token") or None)


def reader_of(view: APIView, request: Request | HttpRequest) -> access.Reader:
    """Who reads an order, as the view let them in; staff are so by the database."""
    token = request.headers.get("X-Order-Token") or None
    return access.Reader(customer_id=request.user.pk, token=token, is_staff=is_staff(view, request))


def is_staff(view: APIView, request: Request | HttpRequest) -> bool:
    """Whether the caller is one of the staff now."""
    return IsStaff().has_permission(request, view)  # type: ignore[arg-type]


def staff_actor(request: Request) -> str:
    return actors.staff(account_queries.email_of(caller_id(request)) or "unknown")


def order_id_of(number: str) -> UUID:
    """The id of any order, for staff. Raises NotFound."""
    order_id = access.id_of(number)
    if order_id is None:
        raise NotFound(f"There is no order {number}")
    return order_id


def changeable(view: APIView, request: Request, number: str) -> tuple[UUID, str]:
    """The order's id, and who is at it. Raises NotFound for an order that is not theirs."""
    customer_id = request.user.pk if request.user.is_authenticated else None
    token = request.headers.get("X-Order-Token") or None
    own = access.find(number=number, reader=access.Reader(customer_id=customer_id, token=token))
    if own is not None:
        return own, actors.buyer(customer_id)
    if not is_staff(view, request):
        raise NotFound(f"There is no order {number} of yours")
    return order_id_of(number), staff_actor(request)
