from core.compute import services
from core.compute.services import ComputeRequested
from core.outbox import handles


@handles(ComputeRequested, name="core.run_compute", transactional=False, max_attempts=3, is_heavy=True)
def run_compute(event: ComputeRequested) -> None:
    services.run(job_id=event.job_id)
