"""Views that misbehave in the ways a test asks for; used through `settings.ROOT_URLCONF`."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.urls import path
from pydantic import Field, model_validator
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import Conflict, FieldError
from core.http.bodies import RequestBody, read
from core.http.fields import NOT_GIVEN, Amount, Id, fault, text
from core.http.lean import LeanReads, Readers
from core.http.parsers import JSONParser

CANARY = "canary-4711"
ERRORS = {
    "crash": lambda: RuntimeError(f"postgres://shop:{CANARY}@db"),
    "conflict": lambda: Conflict(
        "Sold out", errors=[FieldError(field="items[0].sku", code="out_of_stock", detail="None left")]
    ),
    "missing": Http404,
    "forbidden": PermissionDenied,
    "suspicious": lambda: SuspiciousOperation(CANARY),
    "throttled": lambda: Throttled(wait=1.2),
    "database": lambda: OperationalError(f"connection to {CANARY} refused"),
}


class Line(serializers.Serializer):
    sku = serializers.CharField(max_length=5)
    quantity = serializers.IntegerField(min_value=1)


class Document(serializers.Serializer):
    lines = Line(many=True, required=False)
    address = Line(required=False)
    ids = serializers.ListField(child=serializers.UUIDField(), required=False)
    amount = serializers.DecimalField(max_digits=9, decimal_places=2, required=False)
    extra = serializers.JSONField(required=False)

    def validate(self, attrs):
        if "address" in attrs and "lines" not in attrs:
            raise serializers.ValidationError("An address without lines", code="odd")
        return attrs


class LineRequest(RequestBody):
    sku: Annotated[str, text(5)]
    quantity: Annotated[int, Field(ge=1)]


class DocumentRequest(RequestBody):
    lines: list[LineRequest] = NOT_GIVEN
    address: LineRequest = NOT_GIVEN
    ids: list[Annotated[UUID, Id()]] = NOT_GIVEN
    amount: Annotated[Decimal, Amount(9)] = NOT_GIVEN
    extra: Any = None

    @model_validator(mode="after")
    def _address_has_lines(self):
        if "address" in self.given() and "lines" not in self.given():
            raise fault("odd", "An address without lines")
        return self


class TypedEcho(APIView):
    """As `Echo`, its body described with pydantic."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def post(self, request):
        return Response({name: str(value) for name, value in read(DocumentRequest, request).given().items()})


class Echo(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def post(self, request):
        document = Document(data=request.data)
        document.is_valid(raise_exception=True)
        return Response(document.validated_data)


class Upload(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]
    parser_classes = [MultiPartParser, JSONParser]

    def post(self, request):
        return Response({"names": sorted(request.data)})


class Raising(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def post(self, request, error):
        raise ERRORS[error]()


class RaisingLean(LeanReads):
    readers = Readers.ANYBODY
    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request, error):
        raise ERRORS[error]()


def plain(request, error):
    raise ERRORS[error]()


def read_body(request):
    return HttpResponse(str(len(request.body)))


urlpatterns = [
    path("echo", Echo.as_view()),
    path("typed", TypedEcho.as_view()),
    path("upload", Upload.as_view()),
    path("drf/<str:error>", Raising.as_view()),
    path("lean/<str:error>", RaisingLean.as_view()),
    path("plain/<str:error>", plain),
    path("body", read_body),
]
handler400 = "core.http.problems.bad_request"
handler403 = "core.http.problems.permission_denied"
handler404 = "core.http.problems.page_not_found"
handler500 = "core.http.problems.server_error"
