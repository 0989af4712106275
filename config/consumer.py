"""The worker's side of the broker."""

from celery.worker.consumer import Consumer


class LeanConsumer(Consumer):
    """A consumer without the 28 quorum queues that Celery makes on RabbitMQ for tasks that are to run later.

    None of ours is: what is to run later waits in the outbox.
    """

    class Blueprint(Consumer.Blueprint):  # type: ignore[valid-type,misc]  # the stubs call it a variable
        default_steps = [step for step in Consumer.Blueprint.default_steps if "delayed_delivery" not in step]
