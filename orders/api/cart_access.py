"""Who asks for a cart: the account of the bearer token, the guest of X-Cart-Token, or both."""

from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounts.authentication import TokenAuthentication
from orders.carts.queries import Holder

CART_TOKEN = OpenApiParameter("X-Cart-Token", str, "header", description="Of a guest's cart.")


def holder_of(request: Request | HttpRequest) -> Holder:
    """Raises AuthenticationFailed for a bad bearer token."""
    found = TokenAuthentication().authenticate(request)  # type: ignore[arg-type] # reads headers only
    token = request.headers.get("X-Cart-Token") or None
    return Holder(customer_id=found[0].pk if found else None, token=token)
