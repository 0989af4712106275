"""The broker: Redis, or RabbitMQ where BROKER_URL begins with amqp. Nothing else distinguishes them.

A broker that is away or frozen is noticed within seconds by everyone who speaks to it, and connected to again
every second (config/broker.py), so that little time is lost once it is back.
"""

from kombu import Queue

from config.settings.cache import redis_url

BROKER_URL = redis_url("BROKER_URL", 2)
IS_RABBITMQ = BROKER_URL.startswith(("amqp://", "amqps://"))

ANSWER_SECONDS = 5  # what a broker may take to answer before its connection is given up

_REDIS_OPTIONS = {
    "visibility_timeout": 300,  # seconds; above the longest task
    "socket_connect_timeout": 1,
    "socket_timeout": ANSWER_SECONDS,
    "socket_keepalive": True,
    # A worker waits for messages on a connection that has no time-out: it is dropped once it has been silent
    # for this long (seconds), and checked as often.
    "health_check_interval": ANSWER_SECONDS,
}
_RABBITMQ_OPTIONS = {
    "confirm_publish": True,  # sent is what RabbitMQ has on disk
    "read_timeout": ANSWER_SECONDS,
    "write_timeout": ANSWER_SECONDS,
}
# Quorum queues survive the loss of a node. A message that has killed so many workers is dropped by RabbitMQ
# (its own default since 4.0); the outbox brings it back less and less often.
_RABBITMQ_QUEUE = {"x-queue-type": "quorum", "x-delivery-limit": 20}

CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
    **(_RABBITMQ_OPTIONS if IS_RABBITMQ else _REDIS_OPTIONS),
    "max_retries": 0,  # whoever publishes gets the error at once; the relay goes round again by itself
}
CELERY_BROKER_CONNECTION_TIMEOUT = 2  # seconds; of RabbitMQ, hand-shake included
CELERY_BROKER_HEARTBEAT = 6  # seconds; a worker gives RabbitMQ up after two silent ones
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = False
# `webhooks` is for those that the shop will send to others: workers read it, and nothing is sent there yet.
CELERY_TASK_QUEUES = [
    Queue(name, queue_arguments=_RABBITMQ_QUEUE if IS_RABBITMQ else None)
    for name in ("default", "orders", "mail", "webhooks")
]
