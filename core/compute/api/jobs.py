from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.compute import queries, services
from core.compute.api.documents import ComputeJobDocument
from core.compute.api.requests import ComputeRequest
from core.http.bodies import read
from core.http.permissions import caller_id
from core.idempotency.decorator import idempotent
from core.limits.throttles import UserRateLimit


class ComputeLimit(UserRateLimit):
    scope = "compute"


class ComputeView(APIView):
    """Counts primes in a worker: the request is answered at once, the result is fetched at `url`."""

    permission_classes = [IsAuthenticated]
    throttle_classes = [ComputeLimit]

    @extend_schema(request=ComputeRequest, responses={202: ComputeJobDocument})
    @idempotent
    def post(self, request: Request) -> Response:
        wanted = read(ComputeRequest, request)
        job = services.request_primes(user_id=caller_id(request), limit=wanted.primes_below)
        body = ComputeJobDocument(job, context={"request": request}).data
        return Response(body, status=status.HTTP_202_ACCEPTED, headers={"Location": body["url"]})


class ComputeJobView(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(responses=ComputeJobDocument)
    def get(self, request: Request, job_id: UUID) -> Response:
        job = queries.job_of(user_id=caller_id(request), job_id=job_id)
        return Response(ComputeJobDocument(job, context={"request": request}).data)
