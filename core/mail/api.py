from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.http.bodies import valid_body
from core.http.permissions import IsStaff
from core.idempotency.decorator import idempotent
from core.limits.throttles import UserRateLimit
from core.mail import services
from core.mail.models import Mail


class EmailRequestSerializer(serializers.Serializer[Mail]):
    to = serializers.EmailField(max_length=254)
    subject = serializers.CharField(max_length=200)
    body = serializers.CharField(max_length=100_000)


class EmailSerializer(serializers.ModelSerializer[Mail]):
    class Meta:
        model = Mail
        fields = ["id", "status"]


class EmailLimit(UserRateLimit):
    scope = "emails"


class EmailsView(APIView):
    """Queues a mail; a worker sends it, later where the mail server is away."""

    permission_classes = [IsStaff]
    throttle_classes = [EmailLimit]

    @extend_schema(request=EmailRequestSerializer, responses={202: EmailSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        fields = valid_body(EmailRequestSerializer, request)
        mail = services.queue(to=fields["to"], subject=fields["subject"], text=fields["body"])
        return Response(EmailSerializer(mail).data, status=status.HTTP_202_ACCEPTED)
