from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.compute import queries, services
from core.compute.models import ComputeJob
from core.http.bodies import valid_body
from core.http.permissions import caller_id
from core.idempotency.decorator import idempotent
from core.limits.throttles import UserRateLimit


class ComputeRequestSerializer(serializers.Serializer[ComputeJob]):
    primes_below = serializers.IntegerField(min_value=2, max_value=services.MOST)


class ComputeJobSerializer(serializers.ModelSerializer[ComputeJob]):
    url = serializers.SerializerMethodField()
    result = serializers.JSONField(
        allow_null=True, help_text='Once done: `{"count", "largest"}`; once failed: `{"error"}`.'
    )

    class Meta:
        model = ComputeJob
        fields = ["id", "status", "primes_below", "result", "url", "created_at", "finished_at"]

    def get_url(self, job: ComputeJob) -> str:
        path = reverse("compute-job", args=[job.pk])
        return str(self.context["request"].build_absolute_uri(path))


class ComputeLimit(UserRateLimit):
    scope = "compute"


class ComputeView(APIView):
    """Counts primes in a worker: the request is answered at once, the result is fetched at `url`."""

    permission_classes = [IsAuthenticated]
    throttle_classes = [ComputeLimit]

    @extend_schema(request=ComputeRequestSerializer, responses={202: ComputeJobSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        wanted = valid_body(ComputeRequestSerializer, request)
        job = services.request_primes(user_id=caller_id(request), limit=wanted["primes_below"])
        body = ComputeJobSerializer(job, context={"request": request}).data
        return Response(body, status=status.HTTP_202_ACCEPTED, headers={"Location": body["url"]})


class ComputeJobView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(responses=ComputeJobSerializer)
    def get(self, request: Request, job_id: UUID) -> Response:
        job = queries.job_of(user_id=caller_id(request), job_id=job_id)
        return Response(ComputeJobSerializer(job, context={"request": request}).data)
