"""The caller's own profile."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import queries
from accounts.api.documents.me import ProfileDocument
from accounts.api.requests.me import ProfileChangeRequest
from accounts.authentication import signed_in
from accounts.permissions import IsCustomer
from accounts.services import profile
from core.http.bodies import read


class MeView(APIView):
    permission_classes = (IsCustomer,)

    @extend_schema(operation_id="get_me", responses=ProfileDocument)
    def get(self, request: Request) -> Response:
        """One's own profile."""
        return Response(ProfileDocument(queries.active_user(signed_in(request).pk)).data)

    @extend_schema(operation_id="change_me", request=ProfileChangeRequest, responses=ProfileDocument)
    def patch(self, request: Request) -> Response:
        """Change what is given. Fields that are not one's own to change are refused."""
        body = read(ProfileChangeRequest, request)
        user = profile.change(user_id=signed_in(request).pk, **body.given())
        return Response(ProfileDocument(user).data)
