"""GET without DRF's machinery, for the reads that carry the traffic.

Negotiation, DRF's request and its response cost several times what a cached answer does. A view that mixes
`LeanReads` in answers GET and HEAD with a plain function of Django's request; its other methods, its
place in the schema and its permissions are those of any APIView, and errors are the same problems.
"""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException, AuthenticationFailed, NotAuthenticated
from rest_framework.views import APIView

from core.http import problems


class LeanReads(APIView):
    """`get(self, request, ...)` gets Django's HttpRequest and returns a finished HttpResponse.

    Permission classes and throttles are not run for it: `get` asks for what it needs, e.g. with
    `self.require_user(request)`.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return super().dispatch(request, *args, **kwargs)
        try:
            return self.get(request, *args, **kwargs)  # type: ignore[attr-defined, no-any-return]
        except Exception as error:
            answer = problems.answer(error)
            if answer is None:
                raise
            return answer

    def require_user(self, request: HttpRequest) -> Any:
        """The caller by the view's first authentication class; a 401 for nobody."""
        authenticator = self.get_authenticators()[0]
        try:
            found = authenticator.authenticate(request)  # type: ignore[arg-type] # it reads headers only
        except AuthenticationFailed as error:
            raise self._challenged(error, request) from error
        if found is None:
            raise self._challenged(NotAuthenticated(), request)
        return found[0]

    def _challenged(self, error: APIException, request: HttpRequest) -> APIException:
        """The 401 with its WWW-Authenticate, which RFC 9110 asks for."""
        error.auth_header = self.get_authenticate_header(request)  # type: ignore[attr-defined, arg-type]
        return error
