"""GET without DRF's machinery, for the reads that carry the traffic.

Negotiation, DRF's request and its response cost several times what a cached answer does. A view that mixes
`LeanReads` in answers GET and HEAD with a plain function of Django's request; its other methods, its
place in the schema and its permissions are those of any APIView, and errors are the same problems.
"""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import NotAuthenticated
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
            return self.get(request, *args, **kwargs)  # type: ignore[attr-defined]
        except Exception as error:
            answer = problems.answer(error)
            if answer is None:
                raise
            return answer

    def require_user(self, request: HttpRequest) -> Any:
        """The caller by the view's first authentication class; a 401 for nobody."""
        found = self.get_authenticators()[0].authenticate(request)  # type: ignore[arg-type] # reads headers only
        if found is None:
            raise NotAuthenticated
        return found[0]
