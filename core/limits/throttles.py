"""Rate limits as DRF's throttles: whom they count, and by which entry of settings.RATE_LIMITS."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from core.limits.addresses import client_address, client_key
from core.limits.counting import count


class RateLimit(BaseThrottle):
    """Limit by client address. Subclass with `scope`, a name in settings.RATE_LIMITS."""

    scope: str = ""
    wait_seconds: int | None = None

    def key(self, request: Request) -> str:
        """Whom the limit counts; the client's address as nginx saw it unless overridden."""
        return client_key(client_address(request))

    def allow_request(self, request: Request, view: APIView) -> bool:
        limit, period = settings.RATE_LIMITS[self.scope]
        limit *= settings.THROTTLE_SCALE
        usage = count(request, scope=self.scope, key=self.key(request), limit=limit, period=period)
        self.wait_seconds = usage.seconds_left
        return not usage.is_exceeded

    def wait(self) -> float | None:
        return self.wait_seconds


class UserRateLimit(RateLimit):
    """Limit by user, whatever address they come from; by address where nobody is signed in."""

    def key(self, request: Request) -> str:
        user = request.user
        return f"user:{user.pk}" if user and user.is_authenticated else client_address(request)
