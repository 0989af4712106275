"""GET without DRF's machinery, for the reads that carry the traffic.

Negotiation, DRF's request and its response cost several times what a cached answer does. A view that mixes
`LeanReads` in answers GET and HEAD with a plain function of Django's request; its other methods and its
place in the schema are those of any APIView, and errors are the same problems.

DRF's `permission_classes` and `throttle_classes` are for the other methods. Who may read, and how often, is
declared beside them and enforced before `get` runs; a class that leaves it open cannot be imported.
"""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any, ClassVar

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import NotAuthenticated, PermissionDenied, Throttled
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from core.http import problems
from core.http.permissions import IsStaff


class Readers(Enum):
    """Whom a lean read lets in."""

    ANYBODY = auto()  # credentials are not even read, so a bad token does no harm
    GUESTS = auto()  # anybody, known by their token if they send one; what they find is up to the query
    CUSTOMERS = auto()  # whoever is signed in
    STAFF = auto()  # staff, by the database


ANYBODY = Readers.ANYBODY  # read from the enum once, not at each of the hottest reads


class LeanReads(APIView):
    """`get(self, request, ...)` gets Django's HttpRequest and returns a finished HttpResponse.

    In `get`, `request.user` is who asks: an AnonymousUser where nobody is known, or `readers` is ANYBODY.
    `read_throttle_classes` limit reads as `throttle_classes` limit writes, and one does not count for the
    other; who has throttles for writes says which there are for reads, `()` for none.
    """

    readers: ClassVar[Readers]
    read_throttle_classes: ClassVar[Sequence[type[BaseThrottle]] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "get"):
            return
        if not isinstance(getattr(cls, "readers", None), Readers):
            raise TypeError(f"{cls.__name__} must say who its readers are, e.g. Readers.CUSTOMERS")
        if cls.throttle_classes and cls.read_throttle_classes is None:
            raise TypeError(f"{cls.__name__} limits writes, so it must state its read_throttle_classes")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return super().dispatch(request, *args, **kwargs)
        try:
            self._admit(request)
            return self.get(request, *args, **kwargs)  # type: ignore[attr-defined]
        except Exception as error:
            answer = problems.answer(error)
            if answer is None:
                raise
            return answer

    def _admit(self, request: HttpRequest) -> None:
        """Let the caller in. Raises NotAuthenticated, PermissionDenied, Throttled, AuthenticationFailed."""
        if self.readers is ANYBODY:
            request.user = AnonymousUser()
        else:
            self._identify(request)
        if self.read_throttle_classes:
            self._count(request)

    def _identify(self, request: HttpRequest) -> None:
        request.user = self._caller(request)
        if self.readers is Readers.GUESTS:
            return
        if not request.user.is_authenticated:
            raise NotAuthenticated
        if self.readers is Readers.STAFF and not IsStaff().has_permission(request, self):  # type: ignore[arg-type]
            raise PermissionDenied

    def _caller(self, request: HttpRequest) -> Any:
        """Who the view's authentication classes, which read nothing but headers, say it is."""
        for authenticator in self.get_authenticators():
            found = authenticator.authenticate(request)  # type: ignore[arg-type]
            if found is not None:
                return found[0]
        return AnonymousUser()

    def _count(self, request: HttpRequest) -> None:
        for throttle in [made() for made in self.read_throttle_classes or ()]:
            if not throttle.allow_request(request, self):  # type: ignore[arg-type]
                raise Throttled(throttle.wait())
