"""Who asks for a cart: the account of the bearer token, the guest of X-Cart-Token, or both."""

from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from orders.carts.queries import Holder

CART_TOKEN = OpenApiParameter("X-Cart-Token", str, "header", description="Of a guest's cart.")


def holder_of(request: Request | HttpRequest) -> Holder:
    """As the view let them in. Raises AuthenticationFailed for a bad bearer token."""
    return Holder(customer_id=request.user.pk, token=request.headers.get("X-Cart-Token", ""))
