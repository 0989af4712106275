"""The worker's side of the broker."""

from typing import Any

from celery.worker.consumer import Consumer

from core.checks import refuse_unsafe_settings


class LeanConsumer(Consumer):
    """A consumer without the 28 quorum queues that Celery makes on RabbitMQ for tasks that are to run later.

    None of ours is: what is to run later waits in the outbox.
    """

    class Blueprint(Consumer.Blueprint):  # type: ignore[valid-type,misc]  # the stubs call it a variable
        default_steps = [step for step in Consumer.Blueprint.default_steps if "delayed_delivery" not in step]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        refuse_unsafe_settings()  # Celery makes the system checks, and goes on whatever they say
        super().__init__(*args, **kwargs)
