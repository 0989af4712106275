"""Register, log in, refresh, log out, verify the address. Open to all, so each is limited."""

from django.utils import timezone
from django.utils.translation import get_language_from_request
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import throttles
from accounts.api.fields import NameField, PasswordField
from accounts.services import registration, sessions, verification
from core.http.bodies import valid_body
from core.limits.addresses import client_address

NO_STORE = {"Cache-Control": "no-store"}  # RFC 6749, 5.1


class RegistrationSerializer(serializers.Serializer[object]):
    email = serializers.EmailField(max_length=254)
    password = PasswordField()
    name = NameField(required=False, default="")


class RegisteredSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()


class CredentialsSerializer(serializers.Serializer[object]):
    email = serializers.CharField(max_length=254)
    password = PasswordField()


class RefreshSerializer(serializers.Serializer[object]):
    refresh = serializers.CharField(max_length=4096)


class VerifyEmailSerializer(serializers.Serializer[object]):
    token = serializers.CharField(max_length=1024)


class TokenPairSerializer(serializers.Serializer[object]):
    access = serializers.CharField(help_text="Sent as `Authorization: Bearer ...`.")
    refresh = serializers.CharField(help_text="Good for one refresh.")
    token_type = serializers.ChoiceField(choices=["Bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds that the access token is good for.")


class OpenView(APIView):
    """A stale Authorization header must not stand in the way of getting a new token."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class RegisterView(OpenView):
    throttle_classes = (throttles.RegisterLimit,)

    @extend_schema(
        operation_id="register", request=RegistrationSerializer, responses={201: RegisteredSerializer}
    )
    def post(self, request: Request) -> Response:
        """Make an account. A mail asks to verify the address; logging in need not wait for it."""
        body = valid_body(RegistrationSerializer, request)
        user = registration.register(**body, language=get_language_from_request(request))
        return Response(RegisteredSerializer(user).data, status=201)


class LoginView(OpenView):
    throttle_classes = (throttles.LoginLimit, throttles.LoginAccountLimit)

    @extend_schema(operation_id="log_in", request=CredentialsSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        """Exchange e-mail and password for a short access token and a refresh token."""
        body = valid_body(CredentialsSerializer, request)
        pair = sessions.log_in(**body, device=_device(request), now=timezone.now())
        return Response(TokenPairSerializer(pair).data, headers=NO_STORE)


class RefreshView(OpenView):
    throttle_classes = (throttles.RefreshLimit,)

    @extend_schema(operation_id="refresh", request=RefreshSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        """Exchange a refresh token, once, for a new pair. Sending an old one again ends its session."""
        body = valid_body(RefreshSerializer, request)
        pair = sessions.refresh(token=body["refresh"], now=timezone.now())
        return Response(TokenPairSerializer(pair).data, headers=NO_STORE)


class LogoutView(OpenView):
    throttle_classes = (throttles.RefreshLimit,)

    @extend_schema(operation_id="log_out", request=RefreshSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """End the refresh token's session. Its access token runs out by itself."""
        body = valid_body(RefreshSerializer, request)
        sessions.log_out(token=body["refresh"], now=timezone.now())
        return Response(status=204)


class VerifyEmailView(OpenView):
    throttle_classes = (throttles.VerifyEmailLimit,)

    @extend_schema(operation_id="verify_email", request=VerifyEmailSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Show that the mail arrived, with the token that it brought. A token works once."""
        body = valid_body(VerifyEmailSerializer, request)
        verification.verify_email(token=body["token"], now=timezone.now())
        return Response(status=204)


def _device(request: Request) -> sessions.Device:
    return sessions.Device(
        user_agent=request.META.get("HTTP_USER_AGENT", ""), address=client_address(request)
    )
