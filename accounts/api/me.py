"""The caller's own profile."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import queries
from accounts.api.fields import NameField
from accounts.authentication import signed_in
from accounts.permissions import IsCustomer
from accounts.services import profile
from core.http.bodies import valid_body


class ProfileSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    is_email_verified = serializers.BooleanField()
    name = serializers.CharField()
    is_staff = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class ProfileChangeSerializer(serializers.Serializer[object]):
    name = NameField(required=False)


class MeView(APIView):
    permission_classes = (IsCustomer,)

    @extend_schema(operation_id="get_me", responses=ProfileSerializer)
    def get(self, request: Request) -> Response:
        """One's own profile."""
        return Response(ProfileSerializer(queries.active_user(signed_in(request).pk)).data)

    @extend_schema(operation_id="change_me", request=ProfileChangeSerializer, responses=ProfileSerializer)
    def patch(self, request: Request) -> Response:
        """Change what is given. Fields that are not one's own to change are ignored."""
        body = valid_body(ProfileChangeSerializer, request)
        user = profile.change(user_id=signed_in(request).pk, **body)
        return Response(ProfileSerializer(user).data)
