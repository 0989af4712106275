"""Register, log in, refresh, log out, verify the address. Open to all, so each is limited."""

from django.utils import timezone
from django.utils.translation import get_language_from_request
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import throttles
from accounts.api.documents.auth import RegisteredDocument, TokenPairDocument
from accounts.api.requests.auth import (
    CredentialsRequest,
    RefreshRequest,
    RegistrationRequest,
    VerifyEmailRequest,
)
from accounts.services import registration, sessions, verification
from core.http.bodies import read
from core.limits.addresses import client_address

NO_STORE = {"Cache-Control": "no-store"}  # RFC 6749, 5.1


class OpenView(APIView):
    """A stale Authorization header must not stand in the way of getting a new token."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class RegisterView(OpenView):
    throttle_classes = (throttles.RegisterLimit,)

    @extend_schema(operation_id="register", request=RegistrationRequest, responses={201: RegisteredDocument})
    def post(self, request: Request) -> Response:
        """Make an account. A mail asks to verify the address; logging in need not wait for it."""
        body = read(RegistrationRequest, request)
        user = registration.register(
            email=body.email,
            password=body.password,
            name=body.name,
            language=get_language_from_request(request),
        )
        return Response(RegisteredDocument(user).data, status=201)


class LoginView(OpenView):
    throttle_classes = (throttles.LoginLimit, throttles.LoginAccountLimit)

    @extend_schema(operation_id="log_in", request=CredentialsRequest, responses=TokenPairDocument)
    def post(self, request: Request) -> Response:
        """Exchange e-mail and password for a short access token and a refresh token."""
        body = read(CredentialsRequest, request)
        pair = sessions.log_in(
            email=body.email, password=body.password, device=_device(request), now=timezone.now()
        )
        return Response(TokenPairDocument(pair).data, headers=NO_STORE)


class RefreshView(OpenView):
    throttle_classes = (throttles.RefreshLimit,)

    @extend_schema(operation_id="refresh", request=RefreshRequest, responses=TokenPairDocument)
    def post(self, request: Request) -> Response:
        """Exchange a refresh token, once, for a new pair. Sending an old one again ends its session."""
        body = read(RefreshRequest, request)
        pair = sessions.refresh(token=body.refresh, now=timezone.now())
        return Response(TokenPairDocument(pair).data, headers=NO_STORE)


class LogoutView(OpenView):
    throttle_classes = (throttles.RefreshLimit,)

    @extend_schema(operation_id="log_out", request=RefreshRequest, responses={204: None})
    def post(self, request: Request) -> Response:
        """End the refresh token's session. Its access token runs out by itself."""
        body = read(RefreshRequest, request)
        sessions.log_out(token=body.refresh, now=timezone.now())
        return Response(status=204)


class VerifyEmailView(OpenView):
    throttle_classes = (throttles.VerifyEmailLimit,)

    @extend_schema(operation_id="verify_email", request=VerifyEmailRequest, responses={204: None})
    def post(self, request: Request) -> Response:
        """Show that the mail arrived, with the token that it brought. A token works once."""
        body = read(VerifyEmailRequest, request)
        verification.verify_email(token=body.token, now=timezone.now())
        return Response(status=204)


def _device(request: Request) -> sessions.Device:
    return sessions.Device(
        user_agent=request.META.get("HTTP_USER_AGENT", ""), address=client_address(request)
    )
