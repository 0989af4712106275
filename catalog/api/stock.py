from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.documents.stock import StockEntryDocument
from catalog.api.requests.stock import StockChangeRequest
from catalog.services import stock
from core.http.bodies import read
from core.http.permissions import IsStaff
from core.idempotency.decorator import IDEMPOTENCY_KEY, idempotent


class StockView(APIView):
    permission_classes = (IsStaff,)

    @extend_schema(
        operation_id="change_stock",
        parameters=[IDEMPOTENCY_KEY],
        request=StockChangeRequest,
        responses={201: StockEntryDocument},
    )
    @idempotent
    def post(self, request: Request, sku: str) -> Response:
        body = read(StockChangeRequest, request)
        entry = stock.adjust(sku=sku, actor=f"user:{request.user.pk}", now=timezone.now(), **body.given())
        return Response(StockEntryDocument(entry).data, status=201)
