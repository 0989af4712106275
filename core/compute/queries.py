from uuid import UUID

from core.compute.models import ComputeJob
from core.errors import NotFound


def job_of(*, user_id: UUID, job_id: UUID) -> ComputeJob:
    """The user's own job; raises NotFound for any other."""
    job = ComputeJob.objects.filter(pk=job_id, user_id=user_id).first()
    if job is None:
        raise NotFound
    return job
