"""Django's middleware where it is needed and nowhere else.

Sessions, CSRF, messages and languages serve the pages that staff see; an API call with a token has no use
for them, and together they cost as much as a hot read. Each class here is Django's own, bound to the
staff pages, to HTML, or to an installation that allows other origins.
"""

from typing import Any

from corsheaders.middleware import CorsMiddleware
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware


class _StaffPages:
    """Mixed in front of a middleware: other paths pass it by."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(settings.STAFF_PAGES):
            return super().__call__(request)  # type: ignore[misc]
        return self.get_response(request)


class StaffSession(_StaffPages, SessionMiddleware):
    pass


class StaffLocale(_StaffPages, LocaleMiddleware):
    pass


class StaffCommon(_StaffPages, CommonMiddleware):
    pass


class StaffCsrf(_StaffPages, CsrfViewMiddleware):
    def process_view(self, request: HttpRequest, *args: Any) -> Any:
        if request.path_info.startswith(settings.STAFF_PAGES):
            return super().process_view(request, *args)
        return None


class StaffAuthentication(_StaffPages, AuthenticationMiddleware):
    pass


class StaffMessages(_StaffPages, MessageMiddleware):
    pass


class StaffFrameOptions(_StaffPages, XFrameOptionsMiddleware):
    pass


class HtmlPolicy(CSPMiddleware):
    """Content-Security-Policy on documents that a browser renders; the admin's theme needs a wider one."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        if request.path_info.startswith("/admin"):
            response._csp_update = settings.ADMIN_POLICY  # type: ignore[attr-defined]
        return super().process_response(request, response)


class AllowedOrigins(CorsMiddleware):
    """CORS, where the installation allows any other origin."""

    def __init__(self, get_response: Any) -> None:
        if not settings.CORS_ALLOWED_ORIGINS:
            raise MiddlewareNotUsed
        super().__init__(get_response)
