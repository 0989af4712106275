"""Work that would hold a web process for seconds: asked for in a request, done by a worker, fetched later."""

from datetime import datetime
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import timezone

from core.compute.models import ComputeJob
from core.compute.primes import primes_below
from core.outbox import Event
from core.outbox.publishing import publish

MAX_PRIMES_BELOW = 5_000_000  # about six seconds of one core


class ComputeRequested(Event, name="core.compute_requested"):
    job_id: UUID

    def aggregate(self) -> str:
        return str(self.job_id)


@transaction.atomic
def request_primes(*, user_id: UUID, limit: int) -> ComputeJob:
    """A queued job to count the primes below `limit`."""
    job = ComputeJob.objects.create(user_id=user_id, primes_below=limit)
    publish(ComputeRequested(job_id=job.pk))
    return job


def run(*, job_id: UUID) -> None:
    """Do the job and keep its result. Safe to repeat: a finished job is left alone."""
    job = _unfinished(job_id)
    if job is None:
        return
    ComputeJob.objects.filter(pk=job_id).update(status=ComputeJob.Status.RUNNING)
    try:
        result = primes_below(job.primes_below)
    except SoftTimeLimitExceeded:
        _finish(job_id, ComputeJob.Status.FAILED, {"error": "took too long"}, now=timezone.now())
    else:
        _finish(job_id, ComputeJob.Status.DONE, {**result}, now=timezone.now())


def _unfinished(job_id: UUID) -> ComputeJob | None:
    open_states = (ComputeJob.Status.QUEUED, ComputeJob.Status.RUNNING)
    return ComputeJob.objects.filter(pk=job_id, status__in=open_states).first()


def _finish(job_id: UUID, status: ComputeJob.Status, result: dict[str, object], *, now: datetime) -> None:
    ComputeJob.objects.filter(pk=job_id).update(status=status, result=result, finished_at=now)
