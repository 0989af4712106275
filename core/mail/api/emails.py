from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.http.bodies import read
from core.http.permissions import IsStaff
from core.idempotency.decorator import idempotent
from core.limits.throttles import UserRateLimit
from core.mail import services
from core.mail.api.documents import EmailDocument
from core.mail.api.requests import EmailRequest


class EmailLimit(UserRateLimit):
    scope = "emails"


class EmailsView(APIView):
    """Queues a mail; a worker sends it, later where the mail server is away."""

    permission_classes = [IsStaff]
    throttle_classes = [EmailLimit]

    @extend_schema(request=EmailRequest, responses={202: EmailDocument})
    @idempotent
    def post(self, request: Request) -> Response:
        letter = read(EmailRequest, request)
        mail = services.queue(to=letter.to, subject=letter.subject, text=letter.body)
        return Response(EmailDocument(mail).data, status=status.HTTP_202_ACCEPTED)
